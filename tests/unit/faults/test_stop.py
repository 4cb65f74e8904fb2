"""Stop: the grace that was asked for, whole seconds; healed by a start."""

import pytest
from tfbench.faults.stop import Stop

from .fake_engine import FakeContainer, FakeEngine, spec


@pytest.mark.parametrize(("grace_s", "call"), [(10, "stop 10"), (0, "stop 0"), (2.5, "stop 3")])
def test_the_engine_gets_the_grace_in_whole_seconds(grace_s: float, call: str) -> None:
    container = FakeContainer("correo")
    stack = FakeEngine(container).stack()
    undo = Stop().arm(spec("stop", "correo", grace_s=grace_s), stack)
    Stop().inject(undo, stack)
    assert Stop().residue(undo, stack) == ["correo is exited, not running"]
    Stop().heal(undo, stack)
    assert container.calls == [call, "start"]
    assert Stop().residue(undo, stack) == []


def test_a_stop_found_half_way_is_finished_with_a_grace_of_ten_seconds_at_most() -> None:
    container = FakeContainer("correo")
    stack = FakeEngine(container).stack()
    Stop().heal(Stop().arm(spec("stop", "correo", grace_s=300), stack), stack)
    assert container.calls == ["restart 10"]
