"""When faults begin and end, by a clock that only ticks move."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from tfbench.faults.schedule import play
from tfbench.model import FaultSpec

STEP_S = 0.5


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.t = 100.0

    def now(self) -> float:
        return self.t

    def tick(self) -> None:
        self.t += STEP_S
        assert self.t < 1000, "the schedule never ends"


class FaultDouble:
    """The life of a FaultRun without its effects: seen after `seen_after_s`, well again `recovers_after_s` later."""

    def __init__(
        self, clock: Clock, spec: FaultSpec, *, seen_after_s: float = 1, recovers_after_s: float = 2, log: list[str]
    ) -> None:
        self.spec, self.state, self.recover_until = spec, "planned", 0.0
        self._clock, self._seen_after_s, self._recovers_after_s, self._log = clock, seen_after_s, recovers_after_s, log

    def inject(self) -> None:
        self._injected_at = self._clock.t
        self._enter("injected")

    def look(self) -> None:
        if self._clock.t >= self._injected_at + self._seen_after_s:
            self._enter("verified")

    def heal(self) -> None:
        if self.state not in ("healed", "recovered"):
            self._healed_at = self._clock.t
            self.recover_until = self._clock.t + 20
            self._enter("healed")

    def look_recovered(self) -> None:
        if self._clock.t >= self._healed_at + self._recovers_after_s:
            self._enter("recovered")

    def _enter(self, state: str) -> None:
        self.state = state
        self._log.append(f"{self._clock.t - 100:g} {self.spec.id} {state}")


def spec(name: str, at_s: float = 0, hold_s: float | None = None) -> FaultSpec:
    return FaultSpec(name, "kill", "app2", ("containers-exited",), at_s, hold_s)


@pytest.fixture
def played() -> Callable[..., list[str]]:
    def run(*specs: FaultSpec, outage_s: float, **settings: float) -> list[str]:
        clock, log = Clock(), list[str]()
        faults = [FaultDouble(clock, one, log=log, **settings) for one in specs]
        with ExitStack() as healing:
            play(faults, outage_s, healing, clock.tick, clock.now)  # type: ignore[arg-type]
        return log

    return run


def test_one_fault_holds_until_the_phase_ends(played: Callable[..., list[str]]) -> None:
    assert played(spec("a"), outage_s=10) == ["0 a injected", "1 a verified", "10 a healed"]


def test_faults_overlap_as_the_scenario_says(played: Callable[..., list[str]]) -> None:
    log = played(spec("a"), spec("b", at_s=2), outage_s=10)
    assert log == [
        "0 a injected", "1 a verified", "2 b injected", "3 b verified", "10 a healed", "10 b healed",
    ]  # fmt: skip


def test_a_fault_waits_for_those_that_are_over_before_it_to_recover(played: Callable[..., list[str]]) -> None:
    log = played(spec("a", 0, 4), spec("b", 5, 4), outage_s=10, recovers_after_s=6)
    assert log[:4] == ["0 a injected", "1 a verified", "4 a healed", "10 a recovered"]
    assert log[4] == "10 b injected", "5 s late, and all that follows as late"
    assert log[-1] == "14 b healed"


def test_one_that_never_recovers_does_not_stop_the_next_for_ever(played: Callable[..., list[str]]) -> None:
    log = played(spec("a", 0, 4), spec("b", 5, 4), outage_s=10, recovers_after_s=500)
    assert "24.5 b injected" in log


def test_a_fault_that_nobody_saw_is_healed_in_time_all_the_same(played: Callable[..., list[str]]) -> None:
    log = played(spec("a", 0, 4), outage_s=6, seen_after_s=500)
    assert log[:2] == ["0 a injected", "4 a healed"]


def test_healing_is_owed_from_before_the_injection_when_something_breaks_off() -> None:
    clock, log = Clock(), list[str]()
    fault = FaultDouble(clock, spec("a"), log=log)

    def interrupt() -> None:
        clock.tick()
        if clock.t > 103:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ExitStack() as healing:
        play([fault], 10, healing, interrupt, clock.now)  # type: ignore[list-item]
    assert log[-1] == "3.5 a healed"
