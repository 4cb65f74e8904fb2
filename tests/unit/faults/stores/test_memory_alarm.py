"""The broker's limit: read before, set to nothing, put back as it was."""

import json
from typing import Any

import pytest
from tfbench.errors import FaultError
from tfbench.faults.memory_alarm import NOTHING, SETTING, MemoryAlarm
from tfbench.model import FaultSpec

SPEC = FaultSpec("f", "memory-alarm", "rabbitmq", ("memory-alarm-raised",))


class Broker:
    """What rabbitmqctl does to a broker's limit."""

    def __init__(self, limit: dict[str, Any], executed: Any) -> None:
        self.limit, self.executed, self.is_up = limit, executed, True

    def __call__(self, command: list[str]) -> Any:
        if not self.is_up:
            return self.executed(69, (b"", b"Error: unable to perform an operation on node"))
        words = command[command.index("--silent") + 1 :]
        if words[0] == "status":
            return self.executed(0, (json.dumps({SETTING: self.limit}).encode(), None))
        self.limit = {"absolute": int(words[-1])} if words[1] == "absolute" else {"relative": float(words[-1])}
        return self.executed(0, (None, None))


@pytest.mark.parametrize("before", [{"absolute": 1_000_000_000}, {"relative": 0.4}])
def test_the_limit_comes_back_as_it_was_set(a_stack: Any, container: Any, executed: Any, before: Any) -> None:
    broker = Broker(before, executed)
    stack = a_stack([container("rabbitmq", answer=broker)])
    fault = MemoryAlarm()
    undo = fault.arm(SPEC, stack)
    assert undo.details == {"limits": {"rabbitmq": before}}
    fault.inject(undo, stack)
    assert broker.limit == NOTHING
    assert len(fault.residue(undo, stack)) == 1
    fault.heal(undo, stack)
    fault.heal(undo, stack)
    assert broker.limit == before
    assert fault.residue(undo, stack) == []


def test_a_broker_that_is_down_or_gone_has_nothing_to_heal(a_stack: Any, container: Any, executed: Any) -> None:
    stack = a_stack([container("rabbitmq", answer=Broker({"relative": 0.4}, executed))])
    undo = MemoryAlarm().arm(SPEC, stack)
    stack.services[0].status = "exited"
    MemoryAlarm().heal(undo, stack)
    assert MemoryAlarm().residue(undo, stack) == []
    stack.services.clear()
    MemoryAlarm().heal(undo, stack)
    assert MemoryAlarm().residue(undo, stack) == []


def test_a_broker_that_is_starting_is_residue_until_it_says_its_limit(
    a_stack: Any, container: Any, executed: Any
) -> None:
    broker = Broker({"relative": 0.4}, executed)
    stack = a_stack([container("rabbitmq", answer=broker)])
    undo = MemoryAlarm().arm(SPEC, stack)
    broker.is_up = False
    MemoryAlarm().heal(undo, stack)
    (line,) = MemoryAlarm().residue(undo, stack)
    assert "exit 69" in line
    assert "unable to perform" in line
    broker.is_up = True
    assert MemoryAlarm().residue(undo, stack) == []


def test_a_limit_that_an_earlier_fault_left_is_not_taken_for_the_old_one(
    a_stack: Any, container: Any, executed: Any
) -> None:
    stack = a_stack([container("rabbitmq", answer=Broker(NOTHING, executed))])
    with pytest.raises(FaultError, match="already"):
        MemoryAlarm().arm(SPEC, stack)
