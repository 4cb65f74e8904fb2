"""The data that both sides of the reservations benchmark work on: put back before each measurement, counted after it.

    example() -> one real purchase through App 1, read back from its rows: what pgbench's rows hold (so many bytes)
    reset()   -> every seat free, no orders, a checkpoint: each measurement starts from the same data

Everything that was sold is forgotten: only for a stack that nobody needs.
"""

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import requests
from psycopg.rows import dict_row

from tfbench.errors import PlatformError
from tfbench.observer import primary_dsn
from tfbench.platforms.servers import HOST, Ports

EVENT = "EV004"  # the event with most seats
TIMEOUT_S = 30
SESSION = "banco-de-pruebas"
BUYER = {"rut": "11111111-1", "nombre": "Comprador de Prueba", "correo": "comprador@example.com"}

# The update leaves dead rows, which the next measurement would have to step over: vacuumed, outside a transaction.
RESET: tuple[LiteralString, ...] = (
    """TRUNCATE reservas.bandeja_salida, reservas.venta_asiento, reservas.orden, reservas.retencion,
        reservas.auditoria_asiento, reservas.idempotencia""",
    """UPDATE reservas.evento_asiento SET estado = 'DISPONIBLE', retencion_id = NULL, expira_en = NULL,
        orden_id = NULL, ventas_anuladas = 0 WHERE estado <> 'DISPONIBLE'""",
    "VACUUM (ANALYZE) reservas.evento_asiento",
    "CHECKPOINT",
)
EXAMPLE = """SELECT r.asientos::text AS seats_held, r.cargo_servicio AS fee, r.total, r.expira_en::text AS expires_at,
        i.cuerpo::text AS hold_body, o.comprador::text AS buyer, o.creada_en::text AS created_at,
        o.documento::text AS order_body, v.precio AS price, b.cuerpo::text AS message,
        i.huella::text AS fingerprint
    FROM reservas.orden o JOIN reservas.retencion r ON r.id = o.retencion_id
    JOIN reservas.venta_asiento v ON v.orden_id = o.id JOIN reservas.bandeja_salida b ON b.orden_id = o.id
    JOIN reservas.idempotencia i ON i.clave = %s AND i.operacion = 'retener' WHERE o.id = %s"""


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of `EVENT`: `count` of them, numbered without gaps from `first`."""

    first: int
    count: int


def seats(ports: Ports) -> Seats:
    """The seats there are to sell."""
    with _superuser(ports) as connection:
        row: Any = connection.execute(
            "SELECT min(asiento_id) AS first, max(asiento_id) AS last, count(*) AS count "
            "FROM reservas.evento_asiento WHERE evento_codigo = %s", [EVENT],
        ).fetchone()  # fmt: skip
    if not row["count"] or row["last"] - row["first"] + 1 != row["count"]:
        raise PlatformError(f"the seats of {EVENT} are {row}: they must be numbered without gaps")
    return Seats(row["first"], row["count"])


def reset(ports: Ports) -> None:
    """Free every seat, forget every order, and write it all to disk."""
    with _superuser(ports) as connection:
        for statement in RESET:
            connection.execute(statement)


def orders(ports: Ports) -> int:
    """How many orders the database has."""
    with _superuser(ports) as connection:
        row: Any = connection.execute("SELECT count(*) AS n FROM reservas.orden").fetchone()
    return int(row["n"])


def example(ports: Ports, seat: int) -> dict[str, Any]:
    """Buy one seat through App 1; what it wrote, by the names that reservations.sql uses."""
    base = f"http://{HOST}:{ports['app1-1'][8000]}/v1/retenciones"
    hold = _post(base, "example-hold", {"evento": EVENT, "asientos": [seat], "sesion": SESSION})
    order = _post(f"{base}/{hold['retencion_id']}/confirmacion", "example-order", {"comprador": BUYER})
    with _superuser(ports) as connection:
        row = connection.execute(EXAMPLE, ["example-hold", order["orden_id"]]).fetchone()
    if row is None:
        raise PlatformError(f"App 1 answered with the order {order['orden_id']}, and the database does not have it")
    return row


def _post(url: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(url, json=body, headers={"Idempotency-Key": key}, timeout=TIMEOUT_S)
    if answer.status_code != requests.codes.created:
        raise PlatformError(f"POST {url} answered {answer.status_code}: {answer.text[:200]}")
    return dict(answer.json())


def _superuser(ports: Ports) -> psycopg.Connection[dict[str, Any]]:
    """In autocommit; its statements have the deadline of nobody who waits for a COMMIT."""
    return psycopg.connect(primary_dsn(ports), autocommit=True, row_factory=dict_row)
