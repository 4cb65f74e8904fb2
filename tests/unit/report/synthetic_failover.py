"""A run in which three things break: issuing, PostgreSQL's primary, and the way to the broker.

write_failover(DIR) -> a run folder with leaders in its observations, sources in its operations, and dead letters
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthetic_results import both, passed_results
from synthetic_run import write_run
from synthetic_shop import KILL, T0, Shop, journal_of, simulate
from tfbench.results import FaultResult, RecoveryResult, Results
from tfbench.verdict import Verdict

TAKEN_OVER, STANDBY_BACK = 53.0, 70.0
REPLICA_READS = (60.0, 75.0)
FAULTS = (
    ("kill-primary", "kill", "postgres:primary", 50.0, 64.0, 68.0),
    ("cut-broker", "partition", "middleware -> rabbitmq", 112.0, 124.0, 125.0),
)
MOTIVO = "total_no_cuadra: los ítems suman 24000 y el total dice 25000"

Row = dict[str, Any]


def write_failover(run_dir: Path) -> Path:
    """The whole folder, judged by hand."""
    shop = simulate(29)
    for row in shop.operations:
        if row["op"] == "ticket_state":
            row["source"] = _source(row["t_end"] - T0)
    shop.dead_letters = [
        {
            "mensaje_id": "m-1",
            "orden_id": "0193a01d-000007",
            "motivo": MOTIVO,
            "muerto_en": T0 + KILL + 3,
            "intentos": 1,
        },
        {"mensaje_id": "m-2", "orden_id": None, "motivo": "json_invalido: no es JSON", "muerto_en": T0 + 90},
    ]
    journal = [_with_leader(record) for record in journal_of(shop, 1e9)]
    journal += [record for fault in FAULTS for record in _fault_records(*fault)]
    write_run(run_dir, shop, failover_results(shop), sorted(journal, key=lambda record: float(record["t"])))
    meta = run_dir / "stores" / "meta.json"
    told = json.loads(meta.read_text())
    meta.write_text(json.dumps(told | {"queue": told["queue"] | {"dead_letters": len(shop.dead_letters)}}))
    return run_dir


def _source(at: float) -> str:
    if not REPLICA_READS[0] <= at < REPLICA_READS[1]:
        return "primario"
    return "ninguna" if at < REPLICA_READS[0] + 1 else "replica"


def _with_leader(record: Row) -> Row:
    if record["kind"] != "observation":
        return record
    at = record["t"] - T0
    leader = "postgres1" if at < FAULTS[0][3] else None if at < TAKEN_OVER else "postgres2"
    standby = "postgres2" if leader == "postgres1" else "postgres1" if at >= STANDBY_BACK else None
    return record | {"leader": leader, "sync_standby": standby}


def _fault_records(id_: str, type_: str, target: str, begin: float, heal: float, back: float) -> list[Row]:
    fault = {"kind": "fault", "id": id_, "type": type_, "target": target}
    states: list[tuple[float, str, Row]] = [
        (begin - 0.5, "armed", {}),
        (begin + 0.1, "injected", {"begin_t": T0 + begin}),
        (begin + 0.4, "verified", {"evidence": [f"{id_} was seen"]}),
        (heal, "healing", {}),
        (heal + 0.8, "healed", {"begin_t": T0 + heal}),
        (back, "recovered", {}),
    ]
    return [{"t": T0 + at, **fault, "state": state, "detail": detail} for at, state, detail in states]


def failover_results(shop: Shop) -> Results:
    """Sales were away for 3 s of the failover; the cut link broke the recovery of issuing."""
    good = passed_results(shop)
    sale, boletas = good.recovery[1], good.recovery[0]
    seen = {id_: begin for id_, _, _, begin, _, _ in FAULTS}
    away = replace(
        sale, fault="kill-primary", required=True, rto_s=3.1, lower_s=2.9, upper_s=3.2, detect_s=0.1, outage_s=3.0,
        reason=both("3.2 s at most", "3,2 s como máximo"),
    )  # fmt: skip
    open_ended = replace(
        boletas, fault="cut-broker", verdict=Verdict.FAIL, rto_s=None, lower_s=121.0, upper_s=None, outage_s=None,
        reason=both("Not back when the load ended", "No volvió antes del fin de la carga"),
    )  # fmt: skip
    unfelt = [
        _unfelt(boletas, "kill-primary"),
        _unfelt(sale, "cut-broker"),
    ]
    faults = [
        FaultResult(id_, type_, target, T0 + seen[id_], True, T0 + heal + 0.8, False, [f"{id_} was seen"])
        for id_, type_, target, _, heal, _ in FAULTS
    ]
    return replace(
        good,
        scenario="todo-falla",
        title=both("Three things break in one afternoon", "Tres cosas fallan en una tarde"),
        verdict=Verdict.FAIL,
        reason=both("Boletas were not back after the cut.", "Las boletas no volvieron tras el corte."),
        recovery=[boletas, unfelt[0], open_ended, sale, away, unfelt[1]],
        faults=[*good.faults, *faults],
    )


def _unfelt(item: RecoveryResult, fault: str) -> RecoveryResult:
    return replace(
        item, fault=fault, verdict=Verdict.PASS, rto_s=0.0, lower_s=0.0, upper_s=0.4, detect_s=None, outage_s=0.0,
        reason=both("No outage was felt", "No se sintió caída"),
    )  # fmt: skip
