"""The broker's memory alarm: raised, seen by its API, and taken back."""

from typing import Any

import requests
from tfbench.faults.memory_alarm import NOTHING
from tfbench.platforms.probes import BROKER_AUTH
from tfbench.platforms.servers import HOST
from tfbench.platforms.stack import Stack


def alarms(stack: Stack) -> list[str]:
    address = f"http://{HOST}:{stack.ports()['rabbitmq'][15672]}/api/health/checks/alarms"
    return [alarm["resource"] for alarm in requests.get(address, auth=BROKER_AUTH, timeout=5).json().get("alarms", [])]


def test_the_alarm_is_raised_and_the_old_limit_comes_back(strike: Any, stack: Stack, until: Any) -> None:
    assert alarms(stack) == []
    with strike("memory-alarm", "rabbitmq", "memory-alarm-raised") as fault:
        before = fault.undo.details["limits"]["rabbitmq"]
        assert before != NOTHING
        assert "memory alarm on rabbit@rabbitmq" in fault.evidence
        assert fault.residue() == [f"rabbitmq has the memory limit {NOTHING}, and had {before}"]
        fault.heal()
        fault.heal()
        assert fault.residue() == []
        until("no alarm", lambda: alarms(stack) == [])


def test_another_process_takes_it_back_from_the_record(strike: Any, stack: Stack, until: Any) -> None:
    with strike("memory-alarm", "rabbitmq", "memory-alarm-raised") as fault:
        fault.heal_in_another_process()
        assert fault.residue() == []
        until("no alarm", lambda: alarms(stack) == [])
