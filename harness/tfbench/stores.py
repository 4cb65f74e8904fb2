"""Reads what every store holds after the drain into the run folder (`stores/*.parquet`, docs/run-folder.md).

    PostgreSQL -> orders, sales, seats, outbox     MariaDB -> inbox, boletas, tickets
    mail sink -> mails, each PDF opened                  RabbitMQ -> dead_letters, left where they are

A store that cannot be read leaves no file and a line in `meta.json`, so that what depends on it has no data.
"""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pypdfium2
import requests
from psycopg.rows import dict_row

from tfbench.clock import Clock
from tfbench.observer import DEAD_QUEUE, primary_dsn
from tfbench.platforms.probes import BROKER_AUTH, QUEUE
from tfbench.platforms.servers import HOST, PORT, SERVER_ERRORS, Ports, Rows, mariadb
from tfbench.rundata import STORES

TIMEOUT_S = 30
PAGE = 500
FETCHERS = 4
PEEKED = 10_000  # dead letters read in one go: in a second one, those put back would come again

POSTGRES = {
    "orders": """SELECT id::text AS orden_id, clave_idem, retencion_id::text, evento_codigo AS evento, total,
        comprador->>'correo' AS correo, extract(epoch FROM creada_en)::float8 AS creada_en FROM reservas.orden""",
    "sales": """SELECT evento_codigo AS evento, asiento_id, orden_id::text, folio_ticket, precio,
        extract(epoch FROM vendida_en)::float8 AS vendida_en, anulada_en IS NOT NULL AS anulada
        FROM reservas.venta_asiento""",
    "seats": """SELECT evento_codigo AS evento, asiento_id, estado::text, orden_id::text
        FROM reservas.evento_asiento""",
    "outbox": """SELECT mensaje_id::text, orden_id::text, tipo, extract(epoch FROM creado_en)::float8 AS creado_en,
        extract(epoch FROM publicado_en)::float8 AS publicado_en,
        extract(epoch FROM confirmado_en)::float8 AS confirmado_en FROM reservas.bandeja_salida""",
}
_EPOCH = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {}) / 1e6"
MARIADB = {
    "inbox": f"""SELECT mensaje_id, orden_id, modo_entrega, reentregado, {_EPOCH.format("recibido_en")} AS recibido_en
        FROM mensaje_recibido""",
    "tickets": f"""SELECT orden_id, estado, OCTET_LENGTH(pdf) AS pdf_bytes, pdf_sha256,
        {_EPOCH.format("pdf_creado_en")} AS pdf_creado_en, {_EPOCH.format("creado_en")} AS creado_en FROM entrada""",
}
BOLETAS = f"""SELECT orden_id, tipo_dte, folio, total, {_EPOCH.format("emitida_en")} AS emitida_en, documento
    FROM boleta"""
PLACES = "SELECT evento_codigo AS evento, sector, fila, numero::text, id FROM reservas.asiento"


def collect(run_dir: Path, ports: Ports, clock: Clock, initial_seats: dict[str, int]) -> dict[str, str]:
    """Read every store into `run_dir/stores`; returns what could not be read, by store."""
    folder = run_dir / "stores"
    folder.mkdir(exist_ok=True)
    errors: dict[str, str] = {}
    folio: dict[str, Any] = {}

    def keep(name: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (*SERVER_ERRORS, requests.RequestException, ValueError, KeyError) as error:
            errors[name] = f"{type(error).__name__}: {error}"
            return None

    for name, query in POSTGRES.items():
        _write(folder, name, keep(name, partial(_postgres, ports, query)))
    for name, query in MARIADB.items():
        _write(folder, name, keep(name, partial(_mariadb, ports, query)))
    _write(folder, "boletas", keep("boletas", lambda: _boletas(ports)))
    folio = (keep("folio", lambda: _mariadb(ports, "SELECT siguiente FROM folio_contador LIMIT 1")) or [{}])[0]
    promised = keep("promised", lambda: _promised(ports)) or {}
    _write(folder, "mails", keep("mails", lambda: _mails(ports, promised)))
    _write(folder, "dead_letters", keep("dead_letters", lambda: dead_letters(ports)))
    queue = {name: keep(name, partial(_queue, ports, name)) or {} for name in (QUEUE, DEAD_QUEUE)}
    meta = {
        "collected_at": clock.now(),
        "queue": {
            "ready": queue[QUEUE].get("messages_ready"),
            "unacked": queue[QUEUE].get("messages_unacknowledged"),
            "dead_letters": queue[DEAD_QUEUE].get("messages"),
        },
        "folio": folio,
        "initial_seats": initial_seats,
        "errors": errors,
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
    return errors


def seats_by_event(ports: Ports) -> dict[str, int]:
    """How many seats each event has."""
    rows = _postgres(ports, "SELECT evento_codigo AS e, count(*) AS n FROM reservas.evento_asiento GROUP BY 1")
    return {row["e"]: row["n"] for row in rows}


def pending_orders(ports: Ports) -> tuple[int, int]:
    """Orders in PostgreSQL, and how many of them are not yet ENVIADO (or ERROR) in MariaDB or lack their mail."""
    orders = _postgres(ports, "SELECT count(*) AS n FROM reservas.orden")[0]["n"]
    sent = _mariadb(ports, "SELECT count(*) AS n FROM entrada WHERE estado IN ('ENVIADO', 'ERROR')")[0]["n"]
    return int(orders), int(orders) - int(sent)


def dead_letters(ports: Ports) -> Rows:
    """The orders' events that were given up on, each with its reason; looked at, and put back.

    `muerto_en` is known only of those that the broker itself gave up on, and `intentos` of those that say so.
    Raises requests.RequestException when the broker does not answer, ValueError when there are too many.
    """
    answer = requests.post(
        f"http://{HOST}:{ports['rabbitmq'][15672]}/api/queues/%2F/{DEAD_QUEUE}/get",
        json={"count": PEEKED, "ackmode": "ack_requeue_true", "encoding": "auto"},
        auth=BROKER_AUTH,
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    messages = answer.json()
    if messages and messages[-1]["message_count"]:
        raise ValueError(f"{DEAD_QUEUE} holds more than the {PEEKED} messages that are read at most")
    return [_dead_letter(message) for message in messages]


def _dead_letter(message: dict[str, Any]) -> dict[str, Any]:
    """app2 lays a message there with its `motivo`; of one that the broker gave up on, `x-death` tells why."""
    properties = message["properties"] or {}  # the broker writes no properties as an empty list
    headers = properties.get("headers") or {}
    death: dict[str, Any] = next(iter(headers.get("x-death") or []), {})
    return {
        "mensaje_id": properties.get("message_id"),
        "orden_id": headers.get("orden_id") or _order_in(message["payload"]),
        "motivo": headers.get("motivo") or death.get("reason"),
        "muerto_en": death.get("time"),
        "intentos": headers.get("intentos"),
    }


def _order_in(payload: str) -> str | None:
    """The order that an event is about, when it can be read: what was given up on may be anything."""
    try:
        event = json.loads(payload)
    except ValueError:
        return None
    order = event.get("orden_id") if isinstance(event, dict) else None
    return order if isinstance(order, str) else None


def _postgres(ports: Ports, query: str) -> Rows:
    with psycopg.connect(
        primary_dsn(ports), row_factory=dict_row, options=f"-c statement_timeout={TIMEOUT_S}s"
    ) as connection:
        return connection.execute(query.encode()).fetchall()


def _mariadb(ports: Ports, query: str) -> Rows:
    port = ports["mariadb1"][PORT["mariadb"]]
    with mariadb(port, database="emision", connect_timeout_s=5, timeout_s=TIMEOUT_S) as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _boletas(ports: Ports) -> Rows:
    """Amounts and seats as each fiscal document itself says them; a place that is no seat becomes -1."""
    seats = {(row["evento"], row["sector"], row["fila"], row["numero"]): row["id"] for row in _postgres(ports, PLACES)}
    return [_boleta(row, seats) for row in _mariadb(ports, BOLETAS)]


def _boleta(row: dict[str, Any], seats: dict[tuple[str, str, str, str], int]) -> dict[str, Any]:
    document = json.loads(row["documento"])
    totals = document["Encabezado"]["Totales"]
    tickets = [line["InfoTicket"] for line in document["Detalle"] if "InfoTicket" in line]
    places = [(t["CdgEvento"], t["UbicEvento"], t["FilaUbicEvento"], t["AsntoUbicEvento"]) for t in tickets]
    return {
        **row,
        "neto": totals.get("MntNeto"),
        "iva": totals.get("IVA"),
        "asientos": [seats.get(place, -1) for place in places],
    }


def _promised(ports: Ports) -> dict[str, dict[str, Any]]:
    """What each order's PDF must show: the event's name and every seat's sector, row and number."""
    rows = _postgres(ports, "SELECT orden_id::text, cuerpo FROM reservas.bandeja_salida WHERE tipo = 'OrdenCreada'")
    return {row["orden_id"]: row["cuerpo"] for row in rows}


def _queue(ports: Ports, name: str) -> dict[str, Any]:
    address = f"http://{HOST}:{ports['rabbitmq'][15672]}/api/queues/%2F/{name}"
    answer = requests.get(address, auth=BROKER_AUTH, timeout=5)
    answer.raise_for_status()
    return dict(answer.json())


def _mails(ports: Ports, expected: dict[str, dict[str, Any]]) -> Rows:
    base = f"http://{HOST}:{ports['correo'][8000]}"
    with requests.Session() as session, ThreadPoolExecutor(FETCHERS) as pool:
        listed: Rows = []
        while True:
            last = listed[-1]["n"] if listed else 0
            page = session.get(f"{base}/mensajes?desde={last}&limite={PAGE}", timeout=TIMEOUT_S).json()["mensajes"]
            listed += page
            if len(page) < PAGE:
                break
        attachments = pool.map(lambda mail: _attachment(session, base, mail), listed)
        # PDFium is not thread-safe: the documents are opened here, one after the other.
        return [
            {key: mail[key] for key in ("n", "message_id", "orden_id", "para", "recibido_en", "repeticiones")}
            | _judge_pdf(data, expected.get(mail["orden_id"]))
            for mail, data in zip(listed, attachments, strict=True)
        ]


def _attachment(session: requests.Session, base: str, mail: dict[str, Any]) -> bytes | None:
    if len(mail["adjuntos"]) != 1:
        return None
    answer = session.get(f"{base}/mensajes/{mail['n']}/adjuntos/0", timeout=TIMEOUT_S)
    answer.raise_for_status()
    return answer.content


def _judge_pdf(data: bytes | None, order: dict[str, Any] | None) -> dict[str, Any]:
    """Open the PDF as a reader would: does its text name the event and each seat?"""
    judged: dict[str, Any] = {
        "pdf_sha256": hashlib.sha256(data).hexdigest() if data else None,
        "pdf_opens": False, "pdf_pages": None, "pdf_names_seats": None, "pdf_names_event": None,
    }  # fmt: skip
    if not data:
        return judged
    try:
        document = pypdfium2.PdfDocument(data)
        pages = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    except pypdfium2.PdfiumError:
        return judged
    judged |= {"pdf_opens": True, "pdf_pages": len(pages)}
    if order is not None:
        seats = [(item["sector"], item["fila"], str(item["numero"])) for item in order["items"]]
        judged["pdf_names_seats"] = len(seats) == len(pages) and all(
            any(all(part in page for part in seat) for page in pages) for seat in seats
        )
        judged["pdf_names_event"] = all(order["evento"]["nombre"] in page for page in pages)
    return judged


def _write(folder: Path, name: str, rows: Rows | None) -> None:
    """Write one store; none (not readable) leaves no file, empty leaves an empty one."""
    if rows is None:
        return
    source = folder / f"{name}.ndjson"
    lines = (json.dumps({column: row[column] for column in STORES[name]}, default=float) for row in rows)
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT * FROM read_json(?, format='newline_delimited', columns=?)) "
            f"TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)",
            [str(source), STORES[name]],
        )
    source.unlink()
