"""The steps of a recovery, from a hand-made run and logs: found, missing, too early, censored."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from database_run import MARIADB, POSTGRES, database_run
from in_memory import in_memory
from spoilable_run import EFFECT, HEAL, KILL, LOAD_END, RunFolder, healthy, rto, scenario
from tfbench.judge import judge
from tfbench.model import FaultSpec
from tfbench.results import RecoveryResult, WaterfallStep
from tfbench.results_shape import load_sound_results
from tfbench.rundata import RunData
from tfbench.slo.outages import judge_recovery
from tfbench.slo.recovery import Seen
from tfbench.slo.service_logs import ServiceLogs, read_events

SALE = rto("app1-rto", 60, ("hold", "purchase"))
BOLETAS = rto("app2-rto", 60, ("boleta",))
TICKETS = rto("app3-tickets-rto", 60, ("ticket_state",))
FAILOVER = {
    "middleware-1": [
        (0.8, "lider_no_responde", {"lider": "postgres1"}),
        (1.0, "concesion_revocada", {"propia": False}),
    ],
    "middleware-2": [
        (0.9, "lider_no_responde", {"lider": "postgres1"}),
        (1.0, "concesion_revocada", {"propia": True}),
        (1.2, "relevo detenido", {"estado": "sin_postgres"}),
        (2.6, "relevo reanudado", {"confirmados": 0}),
    ],
    "app1-1": [
        (-9.0, "reconectado", {"servidor": "postgres1:5432"}),
        (2.1, "reconectado", {"servidor": "postgres2:5432"}),
    ],
    "app1-2": [(2.3, "reconectado", {"servidor": "postgres2:5432"})],
}
PROMOTION = {
    "postgres1": [(27.0, "LOG:  started streaming WAL from primary at 0/3000000 on timeline 3")],
    "postgres2": [
        (-25.0, "INFO: promoted self to leader by acquiring session lock"),
        (-25.0, "LOG:  selected new timeline ID: 2"),
        (1.5, "INFO: promoted self to leader by acquiring session lock"),
        (1.6, "LOG:  selected new timeline ID: 3"),
    ],
}

Lines = dict[str, list[tuple[float, str, dict[str, Any]]]]
Texts = dict[str, list[tuple[float, str]]]


def stamp(at_s: float) -> str:
    return datetime.fromtimestamp(KILL + at_s, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path


def write_events(logs: Path, events: Lines) -> None:
    """Logs of services in Go, each line as the engine keeps it."""
    for service, lines in events.items():
        text = [f"{stamp(at)} {_go({'time': stamp(at), 'msg': name} | rest)}\n" for at, name, rest in lines]
        (logs / f"{service}.log").write_text("".join(text), encoding="utf-8")


def _go(event: dict[str, Any]) -> str:
    """As Go writes it: its letters as they are."""
    return json.dumps(event, ensure_ascii=False)


def write_texts(logs: Path, said: Texts) -> None:
    for service, lines in said.items():
        own = [(at, stamp(at)[:23].replace("T", " ").replace(".", ",")) for at, _ in lines]
        text = [f"{stamp(at + 0.2)} {time} {line}\n" for (at, time), (_, line) in zip(own, lines, strict=True)]
        (logs / f"{service}.log").write_text("".join(text), encoding="utf-8")


def struck(run: RunFolder, *services: str) -> RunFolder:
    """The run with what the bench wrote of the containers that it killed."""
    exits = ", ".join(f"{service} exited 137 at {stamp(0.2)}" for service in services)
    run.aim_at(*services)
    run.fault("verified")["detail"] = {"evidence": [f"containers-exited: {exits}"]}
    for t, state in ((KILL - 1, "up"), (KILL + 1, "down"), (HEAL - 1, "down"), (HEAL + 3.5, "up")):
        run.journal.append({"t": t, "kind": "observation", "services": dict.fromkeys(services, state)})
    return run


def sale_down(run: RunFolder, since: float, until: float) -> RunFolder:
    for row in [*run.ops("hold"), *run.ops("purchase")]:
        if since <= row["t_intended"] < until:
            row |= {"outcome": "unknown", "status": 503, "t_end": row["t_intended"] + 0.3}
    return run


def failover() -> RunFolder:
    return sale_down(struck(database_run(), "postgres1"), KILL + 0.1, KILL + 2.6)


@contextmanager
def read(run: RunFolder, faults: tuple[FaultSpec, ...], logs: Path) -> Iterator[RunData]:
    with in_memory(run, faults) as data:
        yield replace(data, logs=ServiceLogs(logs))


def judged(
    run: RunFolder, logs: Path, faults: tuple[FaultSpec, ...] = POSTGRES, objective: Any = SALE
) -> RecoveryResult:
    with read(run, faults, logs) as data:
        return judge_recovery(data, objective, data.windows.faults[0], True)


def steps_of(result: RecoveryResult, name: str) -> list[WaterfallStep]:
    return [step for step in result.waterfall if step.step == name]


def the(result: RecoveryResult, name: str) -> WaterfallStep:
    [step] = steps_of(result, name)
    return step


def named(result: RecoveryResult) -> list[tuple[str, str | None, float | None]]:
    return [(s.step, s.who or s.operation, None if s.at_s is None else round(s.at_s, 2)) for s in result.waterfall]


def test_a_failover_is_told_in_order_with_who_and_where(logs: Path) -> None:
    write_events(logs, FAILOVER)
    write_texts(logs, PROMOTION)
    result = judged(failover(), logs)
    assert named(result) == [
        ("injected", "postgres1", 0.0),
        ("stopped", "postgres1", 0.2),
        ("down", "purchase", 0.2),
        ("down", "hold", 0.25),
        ("detected", "middleware-1", 0.8),
        ("revoked", "middleware-2", 1.0),
        ("promoted", "postgres2", 1.5),
        ("reconnected", "app1-1", 2.1),
        ("reconnected", "app1-2", 2.3),
        ("relay_resumed", "middleware-1", None),
        ("relay_resumed", "middleware-2", 2.6),
        ("met_again", "purchase", 2.7),
        ("first_success", "purchase", 2.75),
        ("met_again", "hold", 2.75),
        ("first_success", "hold", 2.8),
        ("healing", None, 20.0),
        ("healed", None, 22.0),
        ("healthy", "postgres1", 23.5),
        ("synchronous", "postgres1", 27.0),
    ]
    assert the(result, "promoted").text["en"] == "Standby promoted, timeline 3"
    assert the(result, "promoted").source == "logs/postgres2.log"
    assert {step.source for step in steps_of(result, "met_again")} == {"operations.parquet"}


def test_each_type_of_operation_has_its_own_interval(logs: Path) -> None:
    hold, purchase = judged(failover(), logs).operations
    assert (hold.operation, hold.seen) == ("hold", Seen.RECOVERED)
    assert hold.rto_s == hold.upper_s == pytest.approx(2.75)
    assert hold.lower_s == pytest.approx(2.5 - (EFFECT - KILL))
    assert purchase.outage_s == pytest.approx(2.5)


def test_what_nobody_wrote_down_is_missing_in_its_place_and_never_derived(logs: Path) -> None:
    write_events(logs, {name: lines for name, lines in FAILOVER.items() if name != "middleware-2"} | {"app1-2": []})
    result = judged(failover(), logs)
    missing = [(step.step, step.who, step.source) for step in result.waterfall if step.at_s is None]
    assert missing == [
        ("revoked", None, "logs/middleware-*.log"),
        ("promoted", None, "logs/postgres*.log"),
        ("reconnected", "app1-2", "logs/app1-2.log"),
        ("relay_resumed", "middleware-1", "logs/middleware-1.log"),
        ("synchronous", None, "journal.jsonl"),
    ]
    order = [step.step for step in result.waterfall]
    assert order.index("detected") < order.index("revoked") < order.index("promoted") < order.index("reconnected")


def test_a_run_without_logs_has_what_its_journal_and_its_clients_say(tmp_path: Path) -> None:
    result = judged(failover(), tmp_path / "none")
    told = {step.step for step in result.waterfall if step.at_s is not None}
    assert told == {"injected", "stopped", "down", "first_success", "met_again", "healing", "healed", "healthy"}


def test_a_recovery_that_never_came_is_censored_in_each_type(logs: Path) -> None:
    result = judged(sale_down(struck(database_run(), "postgres1"), KILL + 0.1, LOAD_END), logs)
    for item in result.operations:
        assert (item.seen, item.rto_s, item.upper_s, item.first_success_s) == (Seen.NOT_RECOVERED, None, None, None)
        assert item.lower_s is not None
        assert item.lower_s > 40
    assert [step.at_s for step in steps_of(result, "met_again")] == [None, None]


def test_clients_that_felt_nothing_have_no_steps(logs: Path) -> None:
    result = judged(struck(database_run(), "postgres1"), logs)
    assert [item.seen for item in result.operations] == [Seen.NO_OUTAGE] * 2
    assert all(step.operation is None for step in result.waterfall)


def test_a_fault_that_never_struck_has_no_waterfall(logs: Path) -> None:
    run = healthy()
    run.drop_records(kind="fault")
    result = judged(run, logs)
    assert result.waterfall == []
    assert {item.seen for item in result.operations} == {Seen.NO_DATA}


def test_full_strength_waits_for_the_node_that_was_down(logs: Path) -> None:
    """Of three nodes, another one is synchronous all the while."""
    run = failover()
    for row in run.journal:
        if row.get("leader") and row["sync_standby"] is None:
            row["sync_standby"] = "postgres3"
    assert the(judged(run, logs), "synchronous").at_s is None
    write_texts(logs, PROMOTION)
    assert the(judged(run, logs), "synchronous").at_s == pytest.approx(27)


def test_reads_move_to_the_replica_and_back_and_issuing_resumes(logs: Path) -> None:
    moved, source = {"antes": "primario", "ahora": "replica"}, "cambió la fuente de lectura"
    lines = [(-28.0, source, {"ahora": "replica"}), (0.7, source, moved), (21.4, source, {"ahora": "primario"})]
    write_events(logs, {"middleware-1": lines, "middleware-2": lines[:2]})
    issued = [(0.1, "boleta_emitida"), (0.6, "mariadb_no_disponible"), (21.2, "boleta_emitida")]
    text = [json.dumps({"ts": stamp(at), "evento": name, "orden_id": "o"}) for at, name in issued]
    (logs / "app2-trabajador.log").write_text("".join(f"{stamp(30)} {line}\n" for line in text))
    run = struck(database_run(), "mariadb1")
    for t, behind in ((HEAL + 1, None), (HEAL + 2, 9), (HEAL + 3, 0)):
        run.journal.append({"t": t, "kind": "observation", "replica_behind_s": behind})
    result = judged(run, logs, MARIADB, TICKETS)
    told = {(step.step, step.who): step.at_s for step in result.waterfall}
    assert told[("reads_moved", "middleware-1")] == told[("reads_moved", "middleware-2")] == pytest.approx(0.7)
    assert told[("reads_back", "middleware-1")] == pytest.approx(21.4)
    assert told[("reads_back", "middleware-2")] is None
    assert told[("issuing", "app2-trabajador")] == pytest.approx(21.2)
    assert told[("replica_caught_up", None)] == pytest.approx(23)


def test_a_service_is_stopped_started_and_healthy(logs: Path) -> None:
    faults = (FaultSpec("kill-app2", "kill", "app2", ("containers-exited",)),)
    result = judged(struck(healthy(), "app2-api", "app2-trabajador"), logs, faults, BOLETAS)
    assert [step.who for step in steps_of(result, "stopped")] == ["app2-api", "app2-trabajador"]
    assert [step.at_s for step in steps_of(result, "healthy")] == [pytest.approx(23.5)] * 2
    assert the(result, "healed").at_s == pytest.approx(22)
    assert the(result, "first_success").operation == "boleta"
    assert the(result, "issuing").at_s is None


def test_a_probe_that_was_never_seen_to_fail_shows_no_return(logs: Path) -> None:
    run = struck(healthy(), "app2-api")
    for row in run.journal:
        if "services" in row:
            row["services"] = {"app2-api": "up"}
    assert the(judged(run, logs, (FaultSpec("kill-app2", "kill", "app2", ()),), BOLETAS), "healthy").at_s is None


def test_a_fault_that_only_slows_leaves_no_gaps(logs: Path) -> None:
    slow = (FaultSpec("kill-app2", "latency", "app2 -> mariadb", ("toxic-present",)),)
    (logs / "app2-trabajador.log").write_text("")
    result = judged(healthy(), logs, slow, BOLETAS)
    assert "issuing" not in [step.step for step in result.waterfall]
    assert the(result, "took_effect").at_s == pytest.approx(EFFECT - KILL)


def test_judging_a_folder_reads_its_logs(tmp_path: Path) -> None:
    folder = failover().write(tmp_path / "run")
    (folder / "logs").mkdir()
    write_events(folder / "logs", FAILOVER)
    judge(folder, scenario(faults=POSTGRES)).write(folder)
    [written] = [item for item in load_sound_results(folder)["recovery"] if item["id"] == "app1-rto"]
    detected = [step for step in written["waterfall"] if step["step"] == "detected"]
    assert [(step["who"], step["at_s"]) for step in detected] == [("middleware-1", pytest.approx(0.8))]
    assert [item["operation"] for item in written["operations"]] == ["hold", "purchase"]


LINES = (
    ("a service in Go", '{"time":"2027-01-15T08:00:01.5Z","msg":"x","n":1}', 1.5),
    ("a service in Python", '{"ts": "2027-01-15T08:00:02.250Z", "evento": "x"}', 2.25),
    ("Patroni, whose lines come late", "2027-01-15 08:00:03,125 INFO: x happened", 3.125),
    ("PostgreSQL", "2027-01-15 08:00:04.500 UTC [36] LOG:  x happened", 4.5),
    ("MariaDB, to the second: when the engine got it", "2027-01-15 08:00:09 7 [Note] x happened", 10.0),
    ("a balancer, without a time", "Server x is DOWN", 10.0),
    ("a torn line", '{"time":"2027-01-15T08:00:01.5Z","msg":"x', None),
    ("an event without a time", '{"msg":"x"}', None),
    ("another event that mentions it", '{"time":"2027-01-15T08:00:01.5Z","msg":"y","of":"x"}', None),
)


@pytest.mark.parametrize(("line", "at_s"), [pytest.param(*case[1:], id=case[0]) for case in LINES])
def test_an_event_has_the_time_of_whoever_wrote_it(tmp_path: Path, line: str, at_s: float | None) -> None:
    path = tmp_path / "service.log"
    path.write_text(f"2027-01-15T08:00:10.000000000Z {line}\nno stamp at all x\n")
    day = datetime(2027, 1, 15, 8, tzinfo=UTC).timestamp()
    assert [event.t - day for event in read_events(path, ("x",))] == ([] if at_s is None else [pytest.approx(at_s)])
