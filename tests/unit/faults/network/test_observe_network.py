"""What link observations conclude from measurements, and that a glance never waits for one."""

import dataclasses
import json
import threading
import time
from typing import Any

import pytest
from network_doubles import ContainerDouble, ObserverDouble, Printer, StackDouble
from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.netns import Seen
from tfbench.faults.observe import Baseline
from tfbench.faults.observe_network import in_background, link_cut, link_reset, narrower, slower
from tfbench.faults.partition import Partition
from tfbench.model import FaultSpec
from tfbench.observer import Observation

DEADLINE_S = 30
BEFORE = Baseline(1.0, Observation(1.0))
ANSWERED, MYSQL, HTTP = "answer", "mysql@toxiproxy:21009", "http@toxiproxy:21001"


def seen(place: str, word: str, ms: float, **more: float) -> Seen:
    return {"app2-api": {place: {"seen": word, "ms": ms, **more}}}


@pytest.mark.parametrize(
    ("place", "word", "ms", "jitter_ms", "is_seen"),
    [
        (MYSQL, ANSWERED, 205, 0, True),  # a greeting crosses the link once
        (MYSQL, ANSWERED, 150, 0, False),  # less than asked
        (HTTP, ANSWERED, 405, 0, True),  # a question and its answer cross it twice
        (HTTP, ANSWERED, 205, 0, False),  # delayed one way only
        (MYSQL, ANSWERED, 160, 50, True),  # within the jitter
        (MYSQL, ANSWERED, 60, 200, False),  # jitter as large as the latency is no excuse
        (MYSQL, "timeout", 4000, 0, False),  # a link that is dead is not slow
        (MYSQL, "reset", 400, 0, False),  # nor one that is reset
    ],
)
def test_a_link_is_slow_by_what_was_asked(place: str, word: str, ms: float, jitter_ms: float, is_seen: bool) -> None:
    line = slower(seen(place, word, ms), seen(place, ANSWERED, 4), 200, jitter_ms)
    assert (line is not None) is is_seen
    assert line is None or f"first byte after {ms:.0f} ms, 4 ms before" in line


def test_a_link_that_was_slow_before_proves_nothing() -> None:
    assert slower(seen(MYSQL, ANSWERED, 250), seen(MYSQL, ANSWERED, 240), 200, 0) is None


def test_every_place_has_to_be_slow() -> None:
    now = {"app2-api": {MYSQL: {"seen": ANSWERED, "ms": 300.0}, "mysql@b": {"seen": ANSWERED, "ms": 3.0}}}
    before = {"app2-api": {MYSQL: {"seen": ANSWERED, "ms": 3.0}, "mysql@b": {"seen": ANSWERED, "ms": 3.0}}}
    assert slower(now, before, 200, 0) is None


@pytest.mark.parametrize(
    ("word", "ms", "before_ms", "is_seen"),
    [
        ("bulk", 1000, 10, True),  # 50 kB in a second, as asked
        ("bulk", 930, 10, True),  # within the tolerance
        ("bulk", 800, 10, False),  # faster than asked
        ("bulk", 1000, 700, False),  # hardly wider before
        ("timeout", 13_000, 10, False),  # nothing came
    ],
)
def test_a_link_is_as_narrow_as_asked(word: str, ms: float, before_ms: float, is_seen: bool) -> None:
    now, before = seen(MYSQL, word, ms, bytes=50_000), seen(MYSQL, "bulk", before_ms, bytes=50_000)
    assert (narrower(now, before, 50) is not None) is is_seen


CUT = FaultSpec("cut", "partition", "app2 -> correo", ("link-cut",), parameters={"mode": "drop", "direction": "both"})
# The looks themselves, without the background they run in.
cut: Any = link_cut.__wrapped__  # type: ignore[attr-defined]
reset: Any = link_reset.__wrapped__  # type: ignore[attr-defined]


@pytest.fixture
def stack() -> StackDouble:
    services = [
        ("app2-api", "app2", "10.0.0.1"),
        ("app2-trabajador", "app2", "10.0.0.2"),
        ("correo", "correo", "10.0.0.3"),
    ]
    return StackDouble([ContainerDouble(*service) for service in services])


def printing(words: dict[str, str]) -> Printer:
    """Helpers that saw these words, by measure; every other command prints nothing."""

    def printer(container: str, command: list[str]) -> str:
        places = [argument for argument in command[3:] if argument.count(".") == 3 or "@" in argument]
        return json.dumps({place: {"seen": words[command[2]], "ms": 600.0} for place in places})

    return printer


def looked(stack: StackDouble, spec: FaultSpec, words: dict[str, str], down: tuple[str, ...] = ()) -> str | None:
    undo = Partition().arm(spec, stack)  # type: ignore[arg-type]
    stack.printer = printing(words)
    line: str | None = cut(undo, BEFORE, stack, ObserverDouble(stack, down))
    return line


def test_a_cut_is_a_connection_that_does_not_come_about_from_any_first_end(stack: StackDouble) -> None:
    line = looked(stack, CUT, {"connect": "timeout"})
    assert (
        line
        == "app2-api -> 10.0.0.3:2525: timeout after 600 ms, app2-trabajador -> 10.0.0.3:2525: timeout after 600 ms"
    )
    assert looked(stack, CUT, {"connect": "connected"}) is None


def test_a_second_end_that_is_down_proves_no_cut(stack: StackDouble) -> None:
    assert looked(stack, CUT, {"connect": "timeout"}, down=("correo",)) is None


def test_when_answers_are_lost_the_second_end_holds_what_was_asked(stack: StackDouble) -> None:
    back = dataclasses.replace(CUT, parameters={"mode": "drop", "direction": "back"})
    line = looked(stack, back, {"connect": "timeout", "half-open": "half-open"})
    assert line
    assert "correo waits for 10.0.0.1 to complete a connection" in line
    assert looked(stack, back, {"connect": "timeout", "half-open": "none"}) is None


def test_a_peer_with_another_address_is_no_longer_cut(stack: StackDouble) -> None:
    undo = Partition().arm(CUT, stack)  # type: ignore[arg-type]
    stack.services[-1] = ContainerDouble("correo", "correo", "10.0.0.77")
    with pytest.raises(
        FaultError, match=r"correo restarted and has the address 10\.0\.0\.77, and the rules name 10\.0\.0\.3"
    ):
        cut(undo, BEFORE, stack, ObserverDouble(stack))


def test_a_first_end_that_is_not_running_is_not_seen(stack: StackDouble) -> None:
    undo = Partition().arm(CUT, stack)  # type: ignore[arg-type]
    stack.container("app2-api").status = "exited"
    stack.printer = printing({"connect": "timeout"})
    assert cut(undo, BEFORE, stack, ObserverDouble(stack)) is None


@pytest.mark.parametrize(
    ("word", "is_seen"), [("reset", True), ("closed", False), ("answer", False), ("timeout", False)]
)
def test_only_a_reset_is_a_reset(stack: StackDouble, word: str, is_seen: bool) -> None:
    places = ["smtp@toxiproxy:21011"]
    details = {"image": "x", "sources": {"app2-api": "id-app2-api"}, "places": places, "parameters": {"after_ms": 0}}
    stack.printer = printing({"ending": word})
    undo = Undo("one", "reset", "", {}, details)
    assert (reset(undo, BEFORE, stack, ObserverDouble(stack)) is not None) is is_seen


def test_a_glance_never_waits_and_a_later_one_takes_what_was_seen() -> None:
    may_end, starts = threading.Event(), threading.Semaphore(0)

    def slow_look(*_: Any) -> str | None:
        starts.release()
        may_end.wait(DEADLINE_S)
        return "seen"

    look = in_background(slow_look)
    undo: Any = Undo("one", "latency", "", {})
    nobody: Any = None
    assert look(undo, BEFORE, nobody, nobody) is None
    assert starts.acquire(timeout=DEADLINE_S)
    assert look(undo, BEFORE, nobody, nobody) is None
    assert not starts.acquire(blocking=False), "one measurement at a time"
    may_end.set()
    deadline = time.monotonic() + DEADLINE_S
    while (result := look(undo, BEFORE, nobody, nobody)) is None:
        assert time.monotonic() < deadline, "the measurement ended, and no glance took it"
    assert result == "seen"
