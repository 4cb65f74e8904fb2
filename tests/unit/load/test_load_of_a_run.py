"""What a run makes of its load: begun before it counts, and told when it was not the one asked for."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tfbench import run
from tfbench.clock import Clock
from tfbench.errors import LoadError
from tfbench.journal import Journal, read_journal
from tfbench.load.config import Crew, LoadConfig
from tfbench.scenario import load_scenario

ROOT = Path(__file__).parents[3]
DONE = {"state": "done", "offered": 5, "delivered": 5, "dropped": 0, "trouble": None}


class PlayedLoad:
    """A load process that says these totals when it is stopped."""

    totals: dict[str, Any]
    configs: list[LoadConfig]

    def __init__(self, config: LoadConfig, log: Path) -> None:
        self.configs.append(config)

    def __enter__(self) -> "PlayedLoad":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def wait_playing(self, deadline_s: float) -> None:
        """It plays already."""

    def stop(self) -> dict[str, Any]:
        return self.totals


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(run, "LoadProcess", PlayedLoad)
    PlayedLoad.configs = []
    shown = SimpleNamespace(board=lambda *_: nullcontext(lambda: None))
    board = SimpleNamespace(render=None, line=None)
    scenario = load_scenario(ROOT / "scenarios" / "venta-masiva.yaml")
    return run.Experiment(
        scenario, tmp_path, SimpleNamespace(), Clock(0), Journal(tmp_path / "journal.jsonl", Clock(0)), shown,  # type: ignore[arg-type]
        board, Crew(2),  # type: ignore[arg-type]
    )  # fmt: skip


def played(experiment: Any, **totals: Any) -> dict[str, Any]:
    """The journal's last word on a load that ended with these totals."""
    PlayedLoad.totals = DONE | totals
    with run._load(experiment, 18080):
        pass
    return stopped(experiment)


def stopped(experiment: Any) -> dict[str, Any]:
    *_, record = read_journal(experiment.run_dir / "journal.jsonl").of_kind("load")
    assert record["state"] == "stopped"
    return dict(record)


def test_counts_of_a_load_that_ended_well_are_kept(experiment: Any) -> None:
    record = played(experiment)
    assert (record["offered"], record["delivered"], record["dropped"]) == (5, 5, 0)
    assert "trouble" not in record


def test_load_in_trouble_ends_the_run_and_leaves_no_counts(experiment: Any) -> None:
    with pytest.raises(LoadError, match="not the one asked for: worker 1 died"):
        played(experiment, trouble="worker 1 died")
    record = stopped(experiment)
    assert record["trouble"] == "worker 1 died"
    assert "offered" not in record


def test_load_that_did_not_live_to_say_what_it_offered_leaves_no_counts(experiment: Any) -> None:
    record = played(experiment, state="running")
    assert record["trouble"] == "it was cut short"
    assert "offered" not in record


def test_load_is_the_scenario_s_on_the_plan_s_clock_and_its_crew_s(experiment: Any) -> None:
    """The outage begins after 35 s; the surge with it."""
    played(experiment)
    [config] = PlayedLoad.configs
    assert config.surge is not None
    assert (config.surge.at_s, config.surge.event) == (35, "EV001")
    assert (config.rate_per_s, config.crew, config.start_at) == (15, Crew(2), None)
