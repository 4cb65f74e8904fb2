"""Pressing "buy": one purchase, from the first press until it is settled or given up.

    POST /compras -> 303 /mis-entradas/ORDER -> the page must read "Compra Exitosa"
         | 503, no answer, clave_en_curso: wait as told, press again (same form, same clave), RETRIES times
         '- any other answer: that is the answer

Pressing again is safe because the form's `clave` is the idempotency key. The operation is `fail` only when
every press surely failed; one press without an answer leaves it `unknown` unless a later one succeeds.
"""

import gevent

from tfbench.load import pages
from tfbench.load.browser import Browser, Reply
from tfbench.load.flow import Draft, what_went_wrong
from tfbench.load.people import Person

RETRIES = 3
RETRY_WAIT_S = 1.0
MAX_RETRY_WAIT_S = 5.0


def buy(session: Browser, op: Draft, retencion_id: str, form: pages.Checkout, buyer: Person) -> None:
    """Buy what is held, and settle `op`. `op.error` lists what went wrong before, also when it ends well."""
    op.retencion_id, op.clave, op.read_success = retencion_id, form.clave, False
    trouble: list[str] = []
    fields = [
        ("csrf_token", form.csrf_token),
        ("retencion_id", retencion_id),
        ("clave", form.clave),
        ("nombre", buyer.nombre),
        ("rut", buyer.rut),
        ("correo", buyer.correo),
    ]
    reply, may_have_happened = _press(session, fields, trouble)
    op.orden_id = pages.order_in(reply.location)
    if reply.location is None or op.orden_id is None:
        op.settle(reply, expect=303, missing="no order in the redirect", was_accepted=may_have_happened)
        op.error = "; ".join(trouble) or op.error
        return
    page = _read(session, reply.location, trouble)
    op.read_success = page.status == 200 and pages.PURCHASED in page.body
    op.ticket_state = pages.ticket_state(page.body, op.orden_id)
    op.settle(page, missing=None if op.read_success else "no Compra Exitosa", was_accepted=True)
    op.error = "; ".join(trouble) or op.error


def _press(session: Browser, fields: list[tuple[str, str]], trouble: list[str]) -> tuple[Reply, bool]:
    """Post the form until it is answered; the last reply, and whether an earlier press may have bought."""
    may_have_happened = False
    for left in range(RETRIES, -1, -1):
        reply = session.post("/compras", "purchase", fields)
        if reply.status == 303:
            break
        trouble.append(what_went_wrong(reply))
        in_progress = pages.error_code(reply.body) == "clave_en_curso"
        if not (reply.is_unknown or in_progress):
            break
        may_have_happened = True
        if left:
            _wait(reply)
    return reply, may_have_happened


def _read(session: Browser, path: str, trouble: list[str]) -> Reply:
    """Read the page of the order just bought; it is bought, so a bad answer is a page to load again."""
    for left in range(RETRIES, -1, -1):
        reply = session.get(path, "purchase")
        if not reply.is_unknown:
            break
        trouble.append(what_went_wrong(reply))
        if left:
            _wait(reply)
    return reply


def _wait(reply: Reply) -> None:
    told_s = RETRY_WAIT_S if reply.retry_after_s is None else reply.retry_after_s
    gevent.sleep(min(told_s, MAX_RETRY_WAIT_S))
