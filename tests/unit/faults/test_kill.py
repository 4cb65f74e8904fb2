"""Kill, and what kill and stop share: all at once, back again, and what a half-done injection leaves."""

import json
from dataclasses import asdict

import pytest
from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.kill import Kill

from .fake_engine import FakeContainer, FakeEngine, spec


def two() -> tuple[FakeContainer, FakeContainer, FakeEngine]:
    first, second = FakeContainer("app3-1"), FakeContainer("app3-2")
    return first, second, FakeEngine(first, second)


def test_every_container_of_the_role_is_killed_and_started_again() -> None:
    first, second, engine = two()
    stack = engine.stack()
    undo = Kill().arm(spec("kill"), stack)
    assert first.calls == [], "arming touches nothing"
    Kill().inject(undo, stack)
    assert Kill().residue(undo, stack) == ["app3-1 is exited, not running", "app3-2 is exited, not running"]
    Kill().heal(undo, stack)
    Kill().heal(undo, stack)
    assert Kill().residue(undo, stack) == []
    assert first.calls == second.calls == ["kill SIGKILL", "start"]


def test_the_record_alone_is_enough_to_heal() -> None:
    first, _, engine = two()
    undo = Kill().arm(spec("kill", "app3:one"), engine.stack())
    Kill().inject(undo, engine.stack())
    Kill().heal(Undo(**json.loads(json.dumps(asdict(undo)))), engine.stack())
    assert first.status == "running"


def test_a_container_that_still_runs_as_it_was_armed_is_restarted_for_the_signal_may_be_on_its_way() -> None:
    first, _, engine = two()
    undo = Kill().arm(spec("kill", "app3:one"), engine.stack())
    Kill().heal(undo, engine.stack())
    Kill().heal(undo, engine.stack())
    assert first.calls == ["restart 0"], "once: afterwards it is known to be whole"


def test_a_kill_that_the_engine_refuses_is_an_error_that_names_the_service() -> None:
    first, second, engine = two()
    first.refuses.add("kill")
    undo = Kill().arm(spec("kill"), engine.stack())
    with pytest.raises(FaultError, match="kill of app3-1 failed"):
        Kill().inject(undo, engine.stack())
    assert second.status == "exited", "the other one was struck all the same"


def test_a_kill_of_what_died_by_itself_is_what_was_wanted() -> None:
    first, _, engine = two()
    first.refuses.add("kill")
    undo = Kill().arm(spec("kill", "app3:one"), engine.stack())
    first.state["Status"] = "exited"
    Kill().inject(undo, engine.stack())


def test_a_container_that_no_longer_exists_cannot_be_killed_and_needs_no_healing() -> None:
    _, _, engine = two()
    undo = Kill().arm(spec("kill"), engine.stack())
    engine.by_id.clear()
    with pytest.raises(FaultError, match="No such container"):
        Kill().inject(undo, engine.stack())
    Kill().heal(undo, engine.stack())
    assert Kill().residue(undo, engine.stack()) == []


@pytest.mark.parametrize(
    ("status", "starts"),
    [("exited", True), ("created", True), ("dead", True), ("paused", False), ("restarting", False)],
)
def test_only_what_is_down_for_good_is_started(status: str, starts: bool) -> None:
    first, _, engine = two()
    undo = Kill().arm(spec("kill", "app3:one"), engine.stack())
    first.state["Status"] = status
    Kill().heal(undo, engine.stack())
    assert first.calls == (["start"] if starts else [])


def test_one_that_does_not_start_does_not_keep_the_other_from_starting() -> None:
    first, second, engine = two()
    undo = Kill().arm(spec("kill"), engine.stack())
    Kill().inject(undo, engine.stack())
    first.refuses.add("start")
    with pytest.raises(Exception, match="refuses to start"):
        Kill().heal(undo, engine.stack())
    assert second.status == "running"
