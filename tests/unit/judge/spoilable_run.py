"""A run folder made by hand: a healthy run of the scenario "app2 dies", as lists that a test may spoil before writing.

T0: +5 warm-up  +10 baseline  +30 kill  +31 verified  +50 heal begins  +52 healed  +55 recovered  +80 load ends
every 0.25 s a buyer: hold -> purchase -> a look at the ticket; every 0.1 s somebody asks for a boleta
"""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from run_tables import Row, write_lines, write_parquet
from tfbench.checks.registry import INVARIANTS
from tfbench.model import (
    FaultSpec,
    InvariantObjective,
    LoadSpec,
    Objective,
    Phases,
    RecoveryObjective,
    Scenario,
    Selector,
    Slo,
    Text,
)
from tfbench.operations import COLUMNS
from tfbench.rundata import STORES

T0 = 1_800_000_000.0
WARMUP, BASELINE, KILL, EFFECT, VERIFIED = T0 + 5, T0 + 10, T0 + 30, T0 + 30.5, T0 + 31
HEAL, HEALED, RECOVERED, LOAD_END, DRAINED = T0 + 50, T0 + 52, T0 + 55, T0 + 80, T0 + 85
BUYERS = 300
SEATS = 400

# What the scenario "app2 dies" asks for; `database_run` is the run that keeps the others.
ASKED = (
    "purchase-confirmed-during-outage",
    "ticket-in-process-until-return",
    "issued-exactly-once-after-return",
    "queue-drained-by-itself",
    "no-http-500",
    "only-in-flight-lost",
    "sale-resumed",
    "writes-undisturbed",
)


@dataclass
class RunFolder:
    """What will be written. `operations` may be spoiled row by row; `stores` by name."""

    journal: list[Row] = field(default_factory=list)
    operations: list[Row] = field(default_factory=list)
    stores: dict[str, list[Row]] = field(default_factory=dict)
    meta: Row = field(default_factory=dict)
    environment: Row = field(default_factory=lambda: {"settings": {"platform": "compose"}})

    def ops(self, op: str) -> list[Row]:
        return [row for row in self.operations if row["op"] == op]

    def bought_in_outage(self) -> list[Row]:
        return [row for row in self.ops("purchase") if row["t_intended"] >= VERIFIED and row["t_end"] < HEAL]

    def fault(self, state: str) -> Row:
        return next(row for row in self.journal if row["kind"] == "fault" and row["state"] == state)

    def aim_at(self, *services: str) -> None:
        """Write what the bench wrote of the containers that the fault was aimed at."""
        self.journal.append(
            self.fault("planned") | {"state": "armed", "detail": {"containers": dict.fromkeys(services, "id")}}
        )

    def drop_records(self, **fields: Any) -> None:
        self.journal = [row for row in self.journal if any(row.get(k) != v for k, v in fields.items())]

    def copy(self) -> "RunFolder":
        """Another, whose rows may be changed; a value of a row that is a list is shared, and may only be replaced."""
        stores = {name: [*map(dict, rows)] for name, rows in self.stores.items()}
        told = deepcopy((self.journal, self.meta, self.environment))
        return RunFolder(told[0], [*map(dict, self.operations)], stores, *told[1:])

    def write(self, folder: Path, *, segments: bool = False) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        write_lines(folder / "journal.jsonl", self.journal)
        (folder / "environment.json").write_text(json.dumps(self.environment), encoding="utf-8")
        (folder / "operations").mkdir(exist_ok=True)
        if segments:
            half = len(self.operations) // 2
            write_lines(folder / "operations" / "1.ndjson", self.operations[:half])
            write_lines(folder / "operations" / "2.ndjson", self.operations[half:])
        else:
            write_parquet(folder / "operations.parquet", self.operations, COLUMNS)
        (folder / "stores").mkdir(exist_ok=True)
        for name, rows in self.stores.items():
            write_parquet(folder / "stores" / f"{name}.parquet", rows, STORES[name])
        (folder / "stores" / "meta.json").write_text(json.dumps(self.meta), encoding="utf-8")
        return folder


def healthy() -> RunFolder:
    """A run in which everything was kept, the caller's to spoil."""
    return _healthy().copy()


@cache
def _healthy() -> RunFolder:
    """Made once: a copy of it is ten times cheaper."""
    run = RunFolder(stores={name: [] for name in STORES})
    run.journal = _journal()
    for number in range(BUYERS):
        _buyer(run, number)
    for number in range(750):
        t = WARMUP + number * 0.1
        is_down = KILL + 0.2 <= t < HEALED
        _op(run, "boleta", 10_000 + number, t, first=True, outcome="unknown" if is_down else "ok")
        run.operations[-1] |= {"status": 503 if is_down else 200, "orden_id": _order(0)}
    sold = {(row["evento"], row["asiento_id"]): row["orden_id"] for row in run.stores["sales"]}
    run.stores["seats"] = [
        {
            "evento": "EV001",
            "asiento_id": seat,
            "estado": "VENDIDO" if ("EV001", seat) in sold else "DISPONIBLE",
            "orden_id": sold.get(("EV001", seat)),
        }
        for seat in range(SEATS)
    ]
    run.meta = {
        "collected_at": DRAINED + 1,
        "queue": {"ready": 0, "unacked": 0, "dead_letters": 0},
        "folio": {"siguiente": BUYERS + 1},
        "initial_seats": {"EV001": SEATS},
        "errors": {},
    }
    arrivals = sum(row["first"] for row in run.operations)
    stopped = next(row for row in run.journal if row["kind"] == "load" and row["state"] == "stopped")
    stopped |= {"offered": arrivals, "delivered": arrivals, "dropped": 0}
    return run


Spoil = Callable[[RunFolder], object]


def both(first: Spoil, second: Spoil) -> Spoil:
    """Two ways of spoiling a run, one after the other."""

    def spoil(run: RunFolder) -> None:
        first(run)
        second(run)

    return spoil


def _journal() -> list[Row]:
    def fault(t: float, state: str, **detail: Any) -> Row:
        told = {"kind": "fault", "id": "kill-app2", "type": "kill", "target": "app2"}
        return {"t": t, **told, "state": state, "detail": detail}

    def phase(t: float, name: str, event: str) -> Row:
        return {"t": t, "kind": "phase", "phase": name, "event": event}

    def look(t: float, ready: int) -> Row:
        return {"t": t, "kind": "observation", "queue_ready": ready, "queue_unacked": 0, "dead_letters": 0}

    records = [
        phase(T0, "up", "begin"),
        {"t": T0 + 1, "kind": "queue", "name": "emision.ordenes", "type": "quorum", "durable": True},
        phase(WARMUP, "warmup", "begin"),
        {"t": WARMUP, "kind": "load", "state": "started"},
        phase(BASELINE, "baseline", "begin"),
        fault(KILL - 1, "planned"),
        fault(EFFECT, "injected", begin_t=KILL),
        fault(VERIFIED, "verified", evidence=["app2-api: exited", "emision.ordenes: 3 waiting"]),
        look(VERIFIED + 5, 24),
        look(HEAL - 1, 76),
        fault(HEAL, "healing"),
        fault(HEALED, "healed", begin_t=HEAL),
        look(HEAL + 4, 12),
        fault(RECOVERED, "recovered"),
        look(HEAL + 6, 0),
        phase(LOAD_END, "recovery", "end"),
        {"t": LOAD_END, "kind": "load", "state": "stopped"},
        {"t": DRAINED, "kind": "drain", "state": "settled", "orders": BUYERS, "pending": 0},
        phase(DRAINED + 2, "judge", "begin"),
    ]
    return sorted(records, key=lambda row: float(row["t"]))


def _order(number: int) -> str:
    return f"orden-{number:04}"


def _op(run: RunFolder, op: str, flow: int, t: float, **fields: Any) -> None:
    row: Row = dict.fromkeys(COLUMNS)
    arrival = "boleta" if op == "boleta" else "purchase"
    row |= {"op": op, "flow": flow, "arrival": arrival, "first": False, "outcome": "ok", "status": 200}
    row |= {"t_intended": t, "t_start": t + 0.001, "t_end": t + 0.05}
    run.operations.append(row | fields)


def _buyer(run: RunFolder, number: int) -> None:
    """Buyer `number` buys seat `number` of EV001, and is sent its ticket at once, or when app2 is back."""
    t = WARMUP + number * 0.25
    order, key, hold = _order(number), f"clave-{number}", f"ret-{number}"
    seat = {"evento": "EV001", "sector": "Platea", "asientos": [number]}
    is_down = KILL - 0.5 <= t < HEAL + 2
    issued = HEAL + 4 if is_down else t + 0.5
    _op(run, "hold", number, t, first=True, retencion_id=hold, **seat)
    _op(
        run, "purchase", number, t + 0.2, retencion_id=hold, clave=key, orden_id=order, read_success=True,
        ticket_state="EN_PROCESO", **seat,
    )  # fmt: skip
    state = "EN_PROCESO" if t + 1.25 < issued else "ENVIADO"
    _op(run, "ticket_state", number, t + 1.2, orden_id=order, ticket_state=state, **seat)
    made = {"orden_id": order}
    row_of = run.stores
    row_of["orders"].append(
        made | {"clave_idem": key, "retencion_id": hold, "evento": "EV001", "total": 1000, "creada_en": t + 0.21}
    )
    row_of["sales"].append(
        made | {"evento": "EV001", "asiento_id": number, "precio": 900, "vendida_en": t + 0.21, "anulada": False}
    )
    message = made | {"mensaje_id": f"msg-{number}"}
    row_of["outbox"].append(
        message | {"tipo": "OrdenCreada", "creado_en": t + 0.21, "publicado_en": t + 0.3, "confirmado_en": t + 0.31}
    )
    row_of["inbox"].append(message | {"modo_entrega": 2, "reentregado": False, "recibido_en": issued - 0.1})
    row_of["boletas"].append(
        made | {"tipo_dte": 39, "folio": number + 1, "total": 1000, "emitida_en": issued, "asientos": [number]}
    )
    pdf = {"pdf_sha256": f"sha-{number}"}
    row_of["tickets"].append(
        made | pdf | {"estado": "ENVIADO", "pdf_bytes": 2000, "pdf_creado_en": issued, "creado_en": issued}
    )
    mail = made | pdf | {"n": number + 1, "message_id": f"<entrada.{order}@ticketflow.test>", "repeticiones": 0}
    seen = {"pdf_opens": True, "pdf_pages": 1, "pdf_names_seats": True, "pdf_names_event": True}
    row_of["mails"].append(mail | seen | {"recibido_en": issued + 0.1})


def _text(name: str) -> Text:
    return Text(en=name, es=name)


def ratio(name: str, target: float, operations: tuple[str, ...], latency_ms_below: float | None = None) -> Objective:
    """An objective over operations that were answered; refusals are no failure."""
    return Objective(
        id=name,
        title=_text(name),
        service=name.split("-")[0],
        target=target,
        window_s=30 * 86_400,
        good=Selector("operations", operations, ("ok",), latency_ms_below),
        total=Selector("operations", operations, ("ok", "unknown")),
    )


def rto(name: str, limit_s: float, operations: tuple[str, ...]) -> RecoveryObjective:
    """A recovery objective whose service answers within 300 ms."""
    return RecoveryObjective(name, _text(name), name.split("-")[0], limit_s, operations, 300, 10, 0.9)


ISSUED = Objective(
    id="app2-pdf",
    title=_text("app2-pdf"),
    service="app2",
    target=0.95,
    window_s=30 * 86_400,
    good=Selector("issuance", latency_ms_below=60_000),
    total=Selector("issuance"),
)


def scenario(**changes: Any) -> Scenario:
    """The scenario that `healthy()` ran."""
    fields: dict[str, Any] = {
        "path": Path("scenarios/caida-app2.yaml"),
        "name": "caida-app2",
        "title": _text("title"),
        "purpose": _text("purpose"),
        "system": "ticketflow",
        "profile": "default",
        "seed": 7,
        "load": LoadSpec("ticketflow", 14, "constant", {"purchase": 0.3, "boleta": 0.7}),
        "phases": Phases(5, 20, 20, 30, 60),
        "faults": (FaultSpec("kill-app2", "kill", "app2", ("containers-exited",)),),
        "slo": Slo(
            Path("slo/ticketflow.yaml"),
            (
                ratio("app1-fast", 0.95, ("hold", "purchase"), 300),
                ratio("app2-availability", 0.99, ("boleta",)),
                ISSUED,
                rto("app2-rto", 60, ("boleta",)),
                rto("app1-rto", 60, ("hold", "purchase")),
                InvariantObjective("event-on-disk", _text("event"), "middleware", "order-event-durable"),
            ),
        ),
        "required": ("app1-fast", "app2-pdf", "app2-rto", "event-on-disk"),
        "expectations": ASKED,
        "invariants": tuple(INVARIANTS),
    }
    return Scenario(**(fields | changes))
