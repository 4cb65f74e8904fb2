"""What tests on the running stack share: waiting for something by name, and an observer that looks when asked."""

import time
from collections.abc import Callable
from typing import TypeVar, cast

import pytest
from tfbench.observer import Observation, Observer
from tfbench.platforms.stack import Stack, probe_all

DEADLINE_S = 120.0
Seen = TypeVar("Seen")


def wait_for(what: str, look: Callable[[], Seen], deadline_s: float = DEADLINE_S) -> Seen:
    """What `look` returns once it is true; fails with what was waited for."""
    end = time.monotonic() + deadline_s
    while not (seen := look()):
        if time.monotonic() > end:
            pytest.fail(f"waited {deadline_s:.0f} s for {what}")
        time.sleep(0.1)
    return seen


class ObserverOfNow:
    """Sees what every service's own probe says at the moment it is asked."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def latest(self) -> Observation:
        ports, began = self._stack.ports(), time.time()
        seen = probe_all(ports, sorted(ports))
        return Observation(began, services={name: "up" if health.ok else "down" for name, health in seen.items()})


def observer_of_now(stack: Stack) -> Observer:
    """One for where an `Observer` is asked for, of which only `latest` is used."""
    return cast(Observer, ObserverOfNow(stack))
