"""Somebody's own locustfile, played by the real load process against a real HTTP server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tfbench.clock import Clock
from tfbench.journal import Journal
from tfbench.load.arrivals import plan
from tfbench.load.config import Crew, LoadConfig
from tfbench.load.ownfile import COPY
from tfbench.load.process import LoadProcess
from tfbench.outcome import rejudge
from tfbench.results import Results
from tfbench.scenario import load_scenario
from tfbench.verdict import Verdict
from tfbench.workspace import find_workspace

from .conftest import Load, Portal
from .test_load_crew import DEADLINE_S, JoinFrom, flows_on_disk, free_port, planned_flows

__all__ = ["join_from"]

from .test_load_crew import join_from

StartPortal = Callable[..., Portal]
StartLoad = Callable[..., Load]
USERS = Path(__file__).with_name("users.py").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "scenarios" / "own-locustfile" / "visitas-propias.yaml"


@pytest.fixture
def play(start_load: StartLoad) -> StartLoad:
    """A load of these users, each kind as often as the others."""

    def started(portal: Portal, *kinds: str, **settings: Any) -> Load:
        own = {"workload": "locustfile", "locustfile": USERS, "mix": dict.fromkeys(kinds, 1 / len(kinds))}
        return start_load(portal, **(own | {"duration_s": 3, "rate_per_s": 40} | settings))

    return started


def rows(load: Load, columns: str, rest: str = "") -> list[tuple[Any, ...]]:
    return load.query(f"SELECT {columns} FROM ops {rest}")


def test_arrival_is_one_user_that_does_one_task(start_portal: StartPortal, play: StartLoad) -> None:
    load = play(start_portal(), "Reader")
    start_at = load.start_at()
    totals = load.finish(DEADLINE_S)
    flows = rows(load, "list(op ORDER BY t_start), list(first ORDER BY t_start)", "GROUP BY flow")
    assert len(flows) == totals["offered"] == len(planned_flows(load)) > 60
    assert {tuple(ops) for ops, _ in flows} == {("start", "often", "stop"), ("start", "seldom", "stop")}
    assert all(first == [True, False, False] for _, first in flows)
    assert rows(load, "DISTINCT arrival, outcome, status") == [("Reader", "ok", 200)]
    assert totals["broken_flows"] == totals["errors"] == 0

    due = [start_at + arrival.at_s for arrival in plan("poisson", 40, load.config.mix, 7, 3)]
    assert [t for (t,) in rows(load, "t_intended", "WHERE first ORDER BY flow")] == pytest.approx(due, abs=0.005)
    assert rows(load, "count(*)", "WHERE NOT first AND t_intended <> t_start") == [(0,)]
    assert rows(load, "count(*)", "WHERE t_end < t_start") == [(0,)]
    overlapping = "JOIN ops b ON a.flow = b.flow AND a.op = 'start' AND b.op = 'stop' WHERE b.t_start < a.t_end"
    assert load.query(f"SELECT count(*) FROM ops a {overlapping}") == [(0,)]


def test_tasks_are_drawn_by_their_weights_and_again_alike(start_portal: StartPortal, play: StartLoad) -> None:
    portal = start_portal()
    drawn = []
    for _ in range(2):
        load = play(portal, "Reader", duration_s=4)
        load.finish(DEADLINE_S)
        drawn.append(dict(rows(load, "flow, op", "WHERE op IN ('often', 'seldom')")))
        for segment in (load.config.run_dir / "operations").iterdir():
            segment.unlink()
        (load.config.run_dir / "operations.parquet").unlink()
    assert drawn[0] == drawn[1]
    assert list(drawn[0].values()).count("seldom") == pytest.approx(len(drawn[0]) / 10, abs=15)
    assert "seldom" in drawn[0].values()


def test_answers_end_as_the_user_s_code_and_their_status_say(start_portal: StartPortal, play: StartLoad) -> None:
    load = play(start_portal(), "Fast")
    load.finish(DEADLINE_S)
    assert set(rows(load, "op, outcome, status, error")) == {
        ("refused", "fail", 200, "failure: not what was wanted"),
        ("missing", "fail", 404, "status 404"),
        ("forgiven", "ok", 404, None),
    }


def test_tasks_in_sequence_are_one_task_and_greenlets_of_a_task_are_its_own(
    start_portal: StartPortal, play: StartLoad
) -> None:
    load = play(start_portal(), "Tasks", "Double")
    load.finish(DEADLINE_S)
    flows = rows(load, "any_value(arrival), list(op ORDER BY op), count(*) FILTER (first)", "GROUP BY flow")
    assert {(kind, *ops) for kind, ops, _ in flows} == {
        ("Tasks", "step 1", "step 2", "step 3"),
        ("Double", "left", "right"),
    }
    assert {firsts for *_, firsts in flows} == {1}


def test_every_arrival_has_a_row_whatever_its_code_does(start_portal: StartPortal, play: StartLoad) -> None:
    load = play(start_portal(), "Broken", "Silent", "Cautious", rate_per_s=60)
    totals = load.finish(DEADLINE_S)
    assert flows_on_disk(load) == planned_flows(load)
    assert set(rows(load, "arrival, op, first, outcome, error")) == {
        ("Broken", "before", True, "ok", None),
        ("Broken", "Broken", False, "unknown", "KeyError"),
        ("Silent", "Silent", True, "fail", "no_request"),
        ("Cautious", "Cautious", True, "fail", "no_request"),
    }
    assert totals["offered"] == totals["delivered"]
    assert totals["broken_flows"] == 0


@pytest.mark.parametrize(("kind", "error"), [("Reader", "ReadTimeout"), ("Fast", "interrupted")])
def test_frozen_system_leaves_unknown_rows(start_portal: StartPortal, play: StartLoad, kind: str, error: str) -> None:
    """Locust's HttpUser would wait for ever; it is given the load's own time-out."""
    portal = start_portal()
    load = play(portal, kind, duration_s=60, read_timeout_s=1.0, stop_grace_s=4.0)
    load.sleep_until(load.start_at() + 1)
    portal.freeze()
    frozen_at = load.clock.now()
    load.sleep_until(frozen_at + 3)
    load.process.terminate()
    totals = load.finish(DEADLINE_S)
    assert flows_on_disk(load) == list(range(totals["offered"]))
    met = rows(
        load, "outcome, error, t_end - t_start", f"WHERE t_start > {frozen_at + 0.2} AND t_start < {frozen_at + 2}"
    )
    assert {row[:2] for row in met} == {("unknown", error)}
    assert min(row[2] for row in met) > 0.9, "it began when it was sent, not when it was given up"


def test_workers_from_elsewhere_get_the_file_with_the_configuration(
    start_portal: StartPortal, play: StartLoad, join_from: JoinFrom, tmp_path: Path
) -> None:
    port = free_port()
    load = play(start_portal(), "Reader", "Fast", crew=Crew(2, "127.0.0.1", port))
    workers = [join_from(port, tmp_path / name) for name in ("one", "other")]
    totals = load.finish(DEADLINE_S)
    assert [worker.wait(DEADLINE_S) for worker in workers] == [0, 0]
    assert totals["trouble"] is None
    assert flows_on_disk(load) == planned_flows(load)
    assert rows(load, "count(*)", "WHERE op = 'often' AND outcome = 'ok'")[0][0] > 20


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"locustfile": "import nothing_of_that_name"}, "nothing_of_that_name"),
        ({"mix": {"Nobody": 1.0}}, '"Nobody" is not in it'),
        ({"locustfile": None}, "a locustfile is for workload locustfile"),
        ({"workload": "ticketflow", "mix": {"catalogue": 1.0}}, "a locustfile is for workload locustfile"),
    ],
)
def test_what_cannot_be_played_is_refused_by_the_load(
    start_portal: StartPortal, play: StartLoad, capfd: pytest.CaptureFixture[str], settings: dict[str, Any], told: str
) -> None:
    load = play(start_portal(), "Reader", **settings)
    assert load.process.wait(DEADLINE_S) == 2
    assert told in capfd.readouterr().err


def test_run_of_the_shipped_example_is_judged_and_reported(start_portal: StartPortal, tmp_path: Path) -> None:
    """Without its fault, which takes a whole system: its table, its locustfile, its names."""
    run_dir = run_folder(tmp_path)
    scenario = load_scenario(EXAMPLE)
    assert scenario.load.locustfile is not None
    clock = Clock.start()
    config = LoadConfig(
        base_url=start_portal().base_url, rate_per_s=60, mix=scenario.load.mix, seed=7, duration_s=12,
        clock_offset=clock.offset, run_dir=run_dir, workload="locustfile", locustfile=scenario.load.locustfile.source,
    )  # fmt: skip
    with Journal(run_dir / "journal.jsonl", clock) as journal:
        with LoadProcess(config, run_dir / "logs" / "load.log") as load:
            load.wait_playing(DEADLINE_S)
            journal.record("phase", phase="baseline", event="begin")
            totals = load.finish(DEADLINE_S)
        journal.record("load", state="stopped", **{name: totals[name] for name in ("offered", "delivered", "dropped")})
        journal.record("phase", phase="baseline", event="end")
        journal.record("drain", state="settled")

    assert (run_dir / COPY).read_bytes() == EXAMPLE.with_name("portal_users.py").read_bytes()
    outcome = rejudge(run_dir, find_workspace(ROOT, Path.cwd()))
    check_judged(outcome.results)
    page = (run_dir / "report.html").read_text(encoding="utf-8")
    assert "pages-under-2s" in page
    assert "pages-under-2s" in (run_dir / "junit.xml").read_text(encoding="utf-8")


def check_judged(results: Results) -> None:
    by_id = {objective.id: objective for objective in results.objectives}
    assert by_id["pages-under-2s"].n > 700
    assert by_id["pages-under-2s"].bad == 0
    assert by_id["pages-under-2s"].verdict is Verdict.PASS
    assert by_id["never-asked"].verdict is Verdict.NO_DATA, "an objective about what nobody asked for"
    [no_500] = results.expectations
    assert no_500.verdict is Verdict.PASS
    assert results.verdict is Verdict.NO_DATA


def run_folder(tmp_path: Path) -> Path:
    """The example without a fault, and with one more promise, as its run folder has it."""
    run_dir = tmp_path / "run"
    (run_dir / "logs").mkdir(parents=True)
    text = EXAMPLE.read_text(encoding="utf-8")
    begin, end = text.index("  faults:"), text.index("  objectives:")
    text = text[:begin] + "  faults: []\n" + text[end:]
    text = text.replace("outage_s: 30", "outage_s: 0").replace("      - front-page-rto\n", "      - never-asked\n")
    (run_dir / "scenario.yaml").write_text(text.replace("      - seats-conserved\n", "      []\n"), encoding="utf-8")
    table = EXAMPLE.with_name("slo.yaml").read_text(encoding="utf-8")
    ratio = table[table.index("apiVersion: openslo/v1\nkind: SLO") : table.index("---\napiVersion: tfbench/v1")]
    ratio = ratio.replace("[front page, event page, seats]", "[nowhere]").replace("pages-under-2s", "never-asked")
    (run_dir / "slo.yaml").write_text(f"{table}---\n{ratio}", encoding="utf-8")
    return run_dir
