"""A run that ended itself: what the watch does, what heals first, and how it is judged."""

import json
import shutil
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from spoilable_run import HEAL, healthy
from tfbench import outcome, run
from tfbench.abort import Aborted, AbortWatch
from tfbench.clock import Clock
from tfbench.journal import Journal, read_journal
from tfbench.model import AbortCondition
from tfbench.observer import Observation
from tfbench.outcome import rejudge
from tfbench.scenario import load_scenario
from tfbench.verdict import Verdict
from tfbench.workspace import Workspace

ROOT = Path(__file__).parents[3]
ABORT = {"kind": "abort", "figure": "queue", "above": 100.0, "for_s": 10.0, "value": 140}
TOLD = "abort_when queue = 140 > 100 (10 s)"


@pytest.fixture(autouse=True)
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds, and is not what is asked here."""
    monkeypatch.setattr(outcome, "render", lambda run_dir, templates: run_dir / "report.html")


def watch(tmp_path: Path, journal: Journal, times: list[float], *conditions: AbortCondition) -> AbortWatch:
    """A watch that sees 140 orders waiting, at these times."""
    observer: Any = SimpleNamespace(latest=lambda: Observation(0, queue_ready=100, queue_unacked=40))
    load: Any = SimpleNamespace(figures={})
    return AbortWatch(conditions, (), load, observer, journal, tmp_path, Clock(0), now=lambda: times[0])


def test_the_watch_says_why_in_the_journal_and_ends_the_run(tmp_path: Path) -> None:
    times = [1.0]
    with Journal(tmp_path / "journal.jsonl", Clock(0)) as journal:
        looking = watch(tmp_path, journal, times, AbortCondition("queue", 100, 10))
        looking.look()
        times[0] = 11.0
        with pytest.raises(Aborted) as caught:
            looking.look()
    assert str(caught.value) == TOLD
    (record,) = read_journal(tmp_path / "journal.jsonl").of_kind("abort")
    assert record | {"t": 0} == ABORT | {"t": 0}


def test_a_scenario_without_conditions_is_never_ended(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl", Clock(0)) as journal:
        watch(tmp_path, journal, [1.0]).look()
    assert not list(read_journal(tmp_path / "journal.jsonl").of_kind("abort"))


@pytest.mark.parametrize("ending", [Aborted(AbortCondition("queue", 1, 0), 2.0), KeyboardInterrupt()])
def test_faults_heal_before_anything_else_ends(monkeypatch: pytest.MonkeyPatch, ending: BaseException) -> None:
    healed = []

    def play(faults: object, outage_s: float, healing: ExitStack, tick: object) -> None:
        healing.callback(healed.append, "fault")
        raise ending

    monkeypatch.setattr(run, "play", play)
    experiment: Any = SimpleNamespace(scenario=SimpleNamespace(phases=SimpleNamespace(outage_s=40)))
    load: Any = None
    with ExitStack() as healing:
        with pytest.raises(type(ending)):
            run._outage(experiment, [], load, healing)
        assert healed == ["fault"]


def aborted_folder(folder: Path, record: dict[str, Any]) -> Path:
    made = healthy()
    made.drop_records(kind="drain")
    made.journal = [entry for entry in made.journal if entry["t"] < HEAL] + [record | {"t": HEAL + 1}]
    made.write(folder)
    shutil.copy(ROOT / "scenarios" / "caida-app2.yaml", folder / "scenario.yaml")
    shutil.copy(ROOT / "slo" / "ticketflow.yaml", folder / "slo.yaml")
    return folder


def test_an_aborted_run_is_judged_as_cut_short_and_says_which_condition_ended_it(tmp_path: Path) -> None:
    judged = rejudge(aborted_folder(tmp_path, ABORT), Workspace(ROOT, tmp_path))
    assert judged.results.interrupted
    assert judged.results.verdict is not Verdict.PASS
    assert judged.exit_code in (1, 2)  # nobody interrupted it
    assert all(text.startswith(TOLD) for text in judged.results.reason.values())
    written = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert written["reason"]["es"].startswith(TOLD)


def test_a_run_that_somebody_interrupted_is_no_abort(tmp_path: Path) -> None:
    folder = aborted_folder(tmp_path, {"kind": "interrupted"})
    judged = rejudge(folder, Workspace(ROOT, tmp_path))
    assert judged.exit_code == 130
    assert "abort_when" not in judged.results.reason["en"]


def test_an_abort_whose_record_is_damaged_is_still_an_abort(tmp_path: Path) -> None:
    judged = rejudge(aborted_folder(tmp_path, {"kind": "abort", "value": "many"}), Workspace(ROOT, tmp_path))
    assert judged.results.reason["en"].startswith("abort_when: ")


def test_a_shipped_scenario_with_a_condition_is_read_with_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "slo", tmp_path / "slo")
    (tmp_path / "scenarios").mkdir()
    file = tmp_path / "scenarios" / "caida-app2.yaml"
    text = (ROOT / "scenarios" / "caida-app2.yaml").read_text(encoding="utf-8")
    file.write_text(text + "  abort_when:\n    - {figure: 'error_ratio:purchase', above: 0.5, for_s: 20}\n")
    assert load_scenario(file).abort_when == (AbortCondition("error_ratio:purchase", 0.5, 20),)
