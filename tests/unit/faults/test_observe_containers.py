"""What counts as seen: every container of the fault, after the fault, by the engine's or the probe's own word."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tfbench.faults.base import Undo
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.observer import Observation, Observer

from .fake_engine import FakeContainer, FakeEngine, spec

PARAMETERS: dict[str, dict[str, float]] = {"stop": {"grace_s": 10}, "cpu": {"cpus": 0.1}}
BEGIN_T = 100.0


class Rig:
    """A fault armed on two containers, and a way to look."""

    def __init__(self, kind: str) -> None:
        self.first, self.second = FakeContainer("app3-1"), FakeContainer("app3-2")
        self.engine = FakeEngine(self.first, self.second)
        self.stack = self.engine.stack()
        self.undo: Undo = FAULTS[kind].arm(spec(kind, **PARAMETERS.get(kind, {})), self.stack)

    def inject(self) -> None:
        FAULTS[self.undo.type].inject(self.undo, self.stack)

    def look(self, name: str, now: Observation | None = None, before: dict[str, str] | None = None) -> str | None:
        observer = cast(Observer, SimpleNamespace(latest=lambda: now))
        baseline = Baseline(BEGIN_T, Observation(BEGIN_T - 1, services=before or {}))
        return OBSERVATIONS[name](self.undo, baseline, self.stack, observer)


@pytest.mark.parametrize(
    ("kind", "name", "line"),
    [
        ("kill", "containers-exited", "app3-1 exited 137 at now, app3-2 exited 137 at now"),
        ("stop", "containers-exited", "app3-1 exited 0 at now, app3-2 exited 0 at now"),
        ("pause", "containers-paused", "app3-1, app3-2 paused"),
        (
            "restart",
            "containers-restarted",
            "app3-1 started start-0 -> start-1, app3-2 started start-0 -> start-1",
        ),
    ],
)
def test_a_fault_is_seen_when_it_has_struck_and_not_before(kind: str, name: str, line: str) -> None:
    rig = Rig(kind)
    assert rig.look(name) is None
    rig.inject()
    assert rig.look(name) == line


@pytest.mark.parametrize(
    ("kind", "name"),
    [("kill", "containers-exited"), ("pause", "containers-paused"), ("restart", "containers-restarted")],
)
def test_one_container_of_two_is_not_enough_and_one_that_is_gone_shows_nothing(kind: str, name: str) -> None:
    rig = Rig(kind)
    rig.inject()
    rig.second.state = FakeContainer("app3-2").state
    assert rig.look(name) is None
    del rig.engine.by_id["app3-2-id"]
    assert rig.look(name) is None


def test_a_container_that_ended_by_itself_was_not_killed() -> None:
    rig = Rig("kill")
    rig.first.state |= {"Status": "exited", "ExitCode": 1}
    rig.second.state |= {"Status": "exited", "ExitCode": 137}
    assert rig.look("containers-exited") is None


def test_throttling_is_seen_when_the_count_of_every_container_has_grown() -> None:
    rig = Rig("cpu")
    rig.inject()
    assert rig.look("cpu-throttled") is None
    rig.first.throttled = 7
    assert rig.look("cpu-throttled") is None
    rig.second.throttled = 2
    assert rig.look("cpu-throttled") == "app3-1 throttled in 0 -> 7 periods, app3-2 throttled in 0 -> 2 periods"


UP = {"app3-1": "up", "app3-2": "up"}
DOWN = {"app3-1": "down", "app3-2": "down"}


@pytest.mark.parametrize(
    ("t", "before", "now", "is_seen", "why"),
    [
        (101, UP, DOWN, True, "up before, down after"),
        (101, UP, UP, False, "still up"),
        (101, UP, UP | {"app3-1": "down"}, False, "one of two"),
        (100, UP, DOWN, False, "an observation from before the fault"),
        (101, DOWN, DOWN, False, "down already"),
        (101, {}, DOWN, False, "nobody knows whether it was up"),
        (101, UP, {}, False, "nobody has looked"),
    ],
)
def test_a_service_is_down_by_its_probe(
    t: float, before: dict[str, str], now: dict[str, str], is_seen: bool, why: str
) -> None:
    seen: Any = Rig("pause").look("service-down", Observation(t, services=now), before)
    assert (seen is not None) is is_seen, why
