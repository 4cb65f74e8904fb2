"""The hand-made run with another story: MariaDB's primary, or PostgreSQL's, is killed instead of app2.

reads of tickets        primario until +30 kill, nothing until +30.8, replica until +53, primario until the end
PostgreSQL leader       postgres1 until +30 kill, nobody until +31.5, postgres2 until the end
synchronous standby     postgres2 until +30 kill, nobody until +54, postgres1 until the end
"""

from spoilable_run import BASELINE, EFFECT, HEAL, HEALED, KILL, LOAD_END, Row, RunFolder, healthy
from tfbench.model import FaultSpec
from tfbench.operations import COLUMNS

MOVED, RETURNED, PROMOTED, REJOINED = EFFECT + 0.3, HEALED + 1, KILL + 1.5, HEALED + 2
MARIADB = (FaultSpec("kill-app2", "kill", "mariadb:primary", ("containers-exited",)),)
POSTGRES = (FaultSpec("kill-app2", "kill", "postgres:primary", ("containers-exited",)),)


def database_run() -> RunFolder:
    """A run in which what must survive a database's death survived it."""
    run = healthy()
    for row in run.ops("ticket_state"):
        row["source"] = _source(row["t_start"])
    for number in range(int((LOAD_END - BASELINE) * 5)):
        run.operations.append(_read(number, BASELINE + number * 0.2))
    for number in range(int((LOAD_END - BASELINE) * 2)):
        run.journal.append(_look(BASELINE + number * 0.5))
    run.journal.sort(key=lambda row: float(row["t"]))
    return run


def earlier_reads(run: RunFolder, begin: float = EFFECT + 1.5, end: float = HEAL) -> list[Row]:
    """Reads of an order made long before the fault, from `begin` to `end`."""
    return [row for row in run.operations if row["arrival"] == "my_tickets" and begin <= row["t_start"] < end]


def looks(run: RunFolder, begin: float = BASELINE, end: float = LOAD_END) -> list[Row]:
    """The looks at who leads."""
    return [row for row in run.journal if "leader" in row and begin <= row["t"] < end]


def _source(t: float) -> str:
    return "replica" if MOVED <= t < RETURNED else "primario"


def _read(number: int, t: float) -> Row:
    """Every other read is of the PDF; those begun before the reads moved get no answer."""
    op = ("ticket_state", "ticket_pdf")[number % 2]
    row: Row = dict.fromkeys(COLUMNS)
    row |= {"op": op, "flow": 20_000 + number, "arrival": "my_tickets", "first": False, "orden_id": "orden-0000"}
    row |= {"t_intended": t, "t_start": t, "t_end": t + 0.05, "outcome": "ok", "status": 200, "source": _source(t)}
    if KILL <= t < MOVED:
        row |= {"outcome": "unknown", "status": 503, "error": "emision_no_disponible", "source": None}
    return row


def _look(t: float) -> Row:
    leader = "postgres1" if t < KILL else "postgres2" if t >= PROMOTED else None
    standby = "postgres2" if t < KILL else "postgres1" if t >= REJOINED else None
    return {"t": t, "kind": "observation", "leader": leader, "sync_standby": standby}
