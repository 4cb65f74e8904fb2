"""Each invariant holds in a healthy run, and each way of breaking it is found and named."""

import pytest
from in_memory import found
from spoilable_run import BASELINE, KILL, T0, Spoil, both, healthy
from spoils import (
    annul_and_sell_again,
    bury,
    cases,
    change,
    change_purchase,
    drop,
    erase_everywhere_but_on_the_page,
    hold,
    hold_and_release,
    refuse,
    repeat,
)
from tfbench.catalog import INVARIANTS as NAMES
from tfbench.checks.registry import INVARIANTS
from tfbench.checks.seat_model import HOLD_S
from tfbench.verdict import Verdict


def test_the_catalogue_names_what_the_registry_judges() -> None:
    assert set(INVARIANTS) == set(NAMES)


@pytest.mark.parametrize("name", INVARIANTS)
def test_a_healthy_run_keeps_every_invariant(name: str) -> None:
    finding = found(healthy(), name)
    assert (finding.verdict, finding.violation_count) == (Verdict.PASS, 0), finding.violations
    assert finding.checked >= 300


BROKEN: list[tuple[str, str, Spoil, int, str]] = [
    ("no-seat-sold-twice", "two sales of one seat", change("sales", 3, asiento_id=4), 1,
     "evento=EV001 asiento=4 ordenes=orden-0003,orden-0004"),
    ("no-seat-sold-twice", "two buyers told they have it", change_purchase(3, asientos=[4]), 1, "client"),
    ("no-seat-sold-twice", "two boletas for it", change("boletas", 3, asientos=[4]), 1, "boleta"),
    ("no-seat-sold-twice", "a failover erased the first sale", erase_everywhere_but_on_the_page, 1,
     "ordenes=orden-0000,orden-0005"),
    ("no-acked-purchase-lost", "not in orders", drop("orders", 7), 1, "orden=orden-0007 falta_en=orders"),
    ("no-acked-purchase-lost", "not in sales", drop("sales", 7), 1, "falta_en=sales"),
    ("no-acked-purchase-lost", "one of its seats is missing", change_purchase(7, asientos=[7, 350]), 1, "sales"),
    ("no-acked-purchase-lost", "no event", drop("outbox", 7), 1, "falta_en=outbox"),
    ("no-acked-purchase-lost", "no boleta", drop("boletas", 7), 1, "falta_en=boletas"),
    ("no-acked-purchase-lost", "no e-mail", drop("mails", 7), 1, "falta_en=mails"),
    ("no-acked-purchase-lost", "a confirmed page without an order", change_purchase(7, orden_id=None), 1,
     "clave=clave-7"),
    ("no-phantom-sale", "an order nobody asked for",
     repeat("orders", 7, orden_id="orden-x", clave_idem="clave-x"), 1, "orden=orden-x"),
    ("no-phantom-sale", "a refused purchase that sold", change_purchase(7, outcome="fail"), 1, "orden-0007"),
    ("no-phantom-sale", "a sale without an order", change("sales", 7, orden_id="orden-x"), 1, "venta_sin_orden"),
    ("order-event-durable", "never published", change("outbox", 7, publicado_en=None), 1, "sin_confirmar"),
    ("order-event-durable", "never confirmed", change("outbox", 7, confirmado_en=None), 1, "mensaje=msg-7"),
    ("order-event-durable", "sent transient", change("inbox", 7, modo_entrega=1), 1, "modo_entrega=1"),
    ("order-event-durable", "confirmed, then gone", drop("inbox", 7), 1, "mensaje=msg-7"),
    ("order-event-durable", "a classic queue",
     lambda run: next(r for r in run.journal if r["kind"] == "queue").update(type="classic"), 1, "tipo=classic"),
    ("order-event-durable", "a queue that a restart empties",
     lambda run: next(r for r in run.journal if r["kind"] == "queue").update(durable=False), 1, "durable=false"),
    ("order-event-durable", "given up on, nobody knows why", bury(7, motivo=None), 1,
     "orden=orden-0007 muerto sin motivo"),
    ("one-boleta-one-pdf-one-mail", "no boleta", drop("boletas", 7), 1, "orden=orden-0007 boletas=0"),
    ("one-boleta-one-pdf-one-mail", "two boletas", repeat("boletas", 7, folio=999), 1, "boletas=2"),
    ("one-boleta-one-pdf-one-mail", "two e-mails", repeat("mails", 7, n=999), 1, "correos=2"),
    ("one-boleta-one-pdf-one-mail", "no PDF", change("tickets", 7, pdf_creado_en=None), 1, "pdf=0"),
    ("one-boleta-one-pdf-one-mail", "an empty PDF", change("tickets", 7, pdf_bytes=0), 1, "pdf=1"),
    ("one-boleta-one-pdf-one-mail", "another PDF was sent", change("mails", 7, pdf_sha256="x"), 1,
     "pdf_enviado_distinto"),
    ("one-boleta-one-pdf-one-mail", "a page too many", change("mails", 7, pdf_pages=2), 1, "paginas=2"),
    ("one-boleta-one-pdf-one-mail", "an e-mail for no order", change("mails", 7, orden_id="orden-x"), 2, "orden-x"),
    ("one-boleta-one-pdf-one-mail", "a boleta for no order", repeat("boletas", 7, orden_id="orden-x"), 1,
     "boleta sin orden"),
    ("folios-unique-gapless", "a gap", change("boletas", 299, folio=302), 2, "tipo=39 faltan=300..301"),
    ("folios-unique-gapless", "a repeated folio", change("boletas", 7, folio=7), 2, "folio=7 ordenes="),
    ("folios-unique-gapless", "a folio taken and not used", lambda run: run.meta["folio"].update(siguiente=302), 1,
     "ultimo=300 siguiente=302"),
    ("one-answer-per-key", "two orders for a key", change_purchase(7, clave="clave-8"), 1, "clave=clave-8"),
    ("one-answer-per-key", "the store tells another", change("orders", 7, orden_id="orden-x"), 1, "orden-x"),
    ("seat-linearizable", "a sale that the database forgot", drop("sales", 7), 1, "asiento=7\n"),
    ("seat-linearizable", "a sale that nobody made", repeat("sales", 7, asiento_id=350, orden_id="orden-x"), 1,
     "orden=orden-x -> vendido"),
    ("seat-linearizable", "two holds at once", lambda run: hold(run, seat=7, t=run.ops("hold")[7]["t_end"] + 0.01), 1,
     "flow=9997 hold retencion=ret-otra -> ok"),
    ("seat-linearizable", "bought after it was given back",
     lambda run: run.operations.append(
         run.ops("hold")[7] | {"op": "release", "t_start": T0 + 6.9, "t_end": T0 + 6.94, "status": 303}), 1,
     "flow=7 release retencion=ret-7"),
    ("seat-linearizable", "refused while it was free", lambda run: refuse(run, seats=[350], t=KILL), 1,
     "+0.000..+0.020 s flow=9999 hold -> asiento_no_disponible"),
    ("seat-linearizable", "a hold that was lost",
     both(change_purchase(7, outcome="fail", status=409, orden_id=None, error="retencion_expirada"), drop("sales", 7)),
     1, "flow=7 purchase retencion=ret-7 -> retencion_expirada"),
    ("seat-linearizable", "one key, two orders",
     lambda run: run.operations.append(run.ops("purchase")[7] | {"orden_id": "orden-x"}), 1, "orden=orden-x"),
    ("seats-conserved", "a seat vanished", drop("seats", 350), 1, "asientos_al_final=399"),
    ("seats-conserved", "sold without a sale", change("seats", 350, estado="VENDIDO"), 1, "asiento=350 VENDIDO"),
    ("seats-conserved", "a sale of a free seat", change("seats", 7, estado="DISPONIBLE"), 1, "asiento_no_VENDIDO"),
    ("seats-conserved", "sold to another order", change("seats", 7, orden_id="orden-0008"), 2, "asiento=7"),
    ("seats-conserved", "a state nobody knows", change("seats", 350, estado="PERDIDO"), 1, "estado=PERDIDO"),
    ("refusals-justified", "a seat nobody ever touched", lambda run: refuse(run, seats=[350], t=BASELINE + 1), 1,
     "flow=9999 evento=EV001 asientos=[350]"),
    ("refusals-justified", "a seat that is held only later", lambda run: refuse(run, seats=[200], t=BASELINE), 1,
     "asientos=[200]"),
    ("refusals-justified", "a seat that was surely given back",
     both(lambda run: hold_and_release(run, seat=350, t=BASELINE), lambda run: refuse(run, seats=[350], t=KILL)), 1,
     "asientos=[350]"),
    ("refusals-justified", "a seat whose hold had expired",
     both(lambda run: hold(run, seat=350, t=BASELINE), lambda run: refuse(run, seats=[350], t=BASELINE + HOLD_S + 1)),
     1, "asientos=[350]"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "count", "example"), cases(BROKEN))
def test_a_broken_invariant_is_found(name: str, spoil: Spoil, count: int, example: str) -> None:
    run = healthy()
    spoil(run)
    finding = found(run, name)
    assert finding.verdict is Verdict.FAIL, finding.reason
    assert finding.violation_count == count, finding.violations
    assert any(example in violation for violation in finding.violations), finding.violations


GOOD: list[tuple[str, str, Spoil]] = [
    ("no-seat-sold-twice", "annulled and sold again", annul_and_sell_again),
    ("no-phantom-sale", "bought without an answer", change_purchase(7, outcome="unknown", orden_id=None)),
    ("no-phantom-sale", "an order of an earlier run",
     repeat("orders", 7, orden_id="orden-x", clave_idem="clave-x", creada_en=T0 - 60)),
    ("order-event-durable", "confirmed and still in the queue",
     both(drop("inbox", 7), lambda run: run.meta["queue"].update(ready=1))),
    ("order-event-durable", "given up on with a reason", both(drop("inbox", 7), bury(7, motivo="rejected"))),
    ("seat-linearizable", "bought without an answer", change_purchase(7, outcome="unknown", orden_id=None)),
    ("seat-linearizable", "not bought, without an answer",
     both(change_purchase(7, outcome="unknown", orden_id=None), both(drop("sales", 7), drop("orders", 7)))),
    ("seat-linearizable", "one key, two tries", lambda run: run.operations.append(
        run.ops("purchase")[7] | {"outcome": "unknown", "orden_id": None, "t_start": T0 + 7.1, "t_end": T0 + 7.2})),
    ("seat-linearizable", "a refusal of several seats", lambda run: refuse(run, seats=[350, 351], t=KILL)),
    ("seat-linearizable", "refused while somebody else's hold had no answer",
     both(lambda run: hold(run, seat=350, t=BASELINE, outcome="unknown", retencion_id=None),
          lambda run: refuse(run, seats=[350], t=KILL))),
    ("seat-linearizable", "refused while it was held, then held again after that hold expired",
     both(both(lambda run: hold(run, seat=350, t=BASELINE), lambda run: refuse(run, seats=[350], t=KILL)),
          lambda run: hold(run, seat=350, t=BASELINE + HOLD_S + 1, retencion_id="ret-luego"))),
    ("seat-linearizable", "a hold that was in progress under the same key",
     lambda run: hold(run, seat=7, t=KILL, outcome="fail", status=409, error="clave_en_curso", retencion_id=None)),
    ("seat-linearizable", "sold in an earlier run",
     both(repeat("sales", 0, asiento_id=350, orden_id="orden-x", vendida_en=T0 - 60),
          lambda run: refuse(run, seats=[350], t=KILL))),
    ("seat-linearizable", "annulled, and held by somebody else",
     both(change("sales", 7, anulada=True), lambda run: hold(run, seat=7, t=KILL))),
    ("one-boleta-one-pdf-one-mail", "an e-mail delivered again with the same id",
     change("mails", 7, repeticiones=1)),
    ("one-answer-per-key", "a key sent again, one order", lambda run: run.operations.append(run.ops("purchase")[7])),
    ("refusals-justified", "a seat sold before", lambda run: refuse(run, seats=[0], t=KILL)),
    ("refusals-justified", "one of two seats was sold", lambda run: refuse(run, seats=[350, 0], t=KILL)),
    ("refusals-justified", "a race with a hold in flight",
     lambda run: refuse(run, seats=[200], t=run.ops("hold")[200]["t_start"] - 0.01)),
    ("refusals-justified", "held by one whose answer was lost",
     both(lambda run: run.ops("hold")[10].update(outcome="unknown", asientos=[350]),
          lambda run: refuse(run, seats=[350], t=KILL))),
    ("refusals-justified", "held until just before",
     both(lambda run: hold(run, seat=350, t=BASELINE), lambda run: refuse(run, seats=[350], t=BASELINE + HOLD_S - 1))),
    ("refusals-justified", "sold in an earlier run",
     both(repeat("sales", 0, asiento_id=350, vendida_en=T0 - 60), lambda run: refuse(run, seats=[350], t=KILL))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil"), cases(GOOD))
def test_what_only_looks_broken_is_not(name: str, spoil: Spoil) -> None:
    run = healthy()
    spoil(run)
    finding = found(run, name)
    assert finding.verdict is Verdict.PASS, finding.violations


def test_refusals_are_counted_by_how_sure_their_justification_is() -> None:
    run = healthy()
    refuse(run, seats=[0], t=KILL)
    refuse(run, seats=[200], t=run.ops("hold")[200]["t_start"] - 0.01)
    assert (
        found(run, "refusals-justified")
        .reason["en"]
        .startswith("2 refusals in 302 answered holds: in 1 the seat was surely taken")
    )


@pytest.mark.parametrize("name", [name for name, check in INVARIANTS.items() if check.needs])
def test_a_store_that_could_not_be_read_is_no_data(name: str) -> None:
    run = healthy()
    missing = INVARIANTS[name].needs[-1]
    del run.stores[missing]
    finding = found(run, name)
    assert finding.verdict is Verdict.NO_DATA
    assert missing in finding.reason["en"]


@pytest.mark.parametrize("name", INVARIANTS)
def test_an_empty_run_is_no_data(name: str) -> None:
    run = healthy()
    run.operations = []
    run.stores = {store: [] for store in run.stores}
    run.meta["initial_seats"] = {}
    assert found(run, name).verdict is Verdict.NO_DATA


def test_a_double_sale_that_half_the_stores_prove_is_a_failure() -> None:
    run = healthy()
    change("sales", 3, asiento_id=4)(run)
    del run.stores["boletas"]
    assert found(run, "no-seat-sold-twice").verdict is Verdict.FAIL


@pytest.mark.parametrize("value", [None, {}, {"ready": None, "unacked": 0, "dead_letters": 0}])
def test_a_queue_nobody_could_read_is_no_data(value: object) -> None:
    run = healthy()
    run.meta["queue"] = value
    assert found(run, "order-event-durable").verdict is Verdict.NO_DATA


def test_dead_letters_that_nobody_could_read_are_no_data() -> None:
    run = healthy()
    run.meta["queue"]["dead_letters"] = 1
    del run.stores["dead_letters"]
    finding = found(run, "order-event-durable")
    assert finding.verdict is Verdict.NO_DATA
    assert "dead_letters" in finding.reason["en"]


def test_a_run_older_than_the_dead_letters_store_is_judged_when_it_had_none() -> None:
    run = healthy()
    del run.stores["dead_letters"]
    assert found(run, "order-event-durable").verdict is Verdict.PASS


def test_a_seat_is_shown_by_the_fewest_of_its_operations() -> None:
    run = healthy()
    for number in range(20):  # all justified, and none of them needed
        refuse(run, seats=[7], t=KILL + number)
    drop("sales", 7)(run)
    (violation,) = found(run, "seat-linearizable").violations
    lines = violation.splitlines()
    assert [line.split(" -> ")[1] for line in lines[1:]] == ["ok;", "no vendido;"]
    assert lines[1].startswith("  +0.000..+0.049 s flow=7 purchase retencion=ret-7 orden=orden-0007")
    assert "base_de_datos lectura_final" in lines[2]


def test_a_seat_that_takes_too_long_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    run = healthy()
    monkeypatch.setattr("tfbench.checks.seat_history.explains", lambda *_: None)
    finding = found(run, "seat-linearizable")
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "300 of 300 seats" in finding.reason["en"]


def test_examples_are_few_and_the_count_is_all() -> None:
    run = healthy()
    run.stores["mails"] = run.stores["mails"][:200]
    finding = found(run, "no-acked-purchase-lost")
    assert (finding.violation_count, len(finding.violations)) == (100, 20)


def test_a_check_that_crashes_is_inconclusive_and_names_the_exception() -> None:
    run = healthy()
    run.meta["folio"] = {"siguiente": "treinta"}
    finding = found(run, "folios-unique-gapless")
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "ValueError" in finding.reason["en"]


def test_an_unknown_check_is_inconclusive() -> None:
    finding = found(healthy(), "no-such-check")
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "no-such-check" in finding.reason["es"]


def test_what_a_cut_run_left_unfinished_is_not_a_failure() -> None:
    run = healthy()
    run.drop_records(kind="drain")
    run.stores["mails"] = run.stores["mails"][:200]
    finding = found(run, "one-boleta-one-pdf-one-mail")
    assert (finding.verdict, finding.violation_count) == (Verdict.INCONCLUSIVE, 100)
