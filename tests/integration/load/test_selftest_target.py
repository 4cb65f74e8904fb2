"""The selftest's server as a process of its own: it obeys, tells what it did, and another answer is an error."""

from pathlib import Path

import pytest
from tfbench.clock import Clock
from tfbench.errors import PlatformError
from tfbench.selftest.target import Plan, Target


def test_real_server_says_when_it_was_frozen(tmp_path: Path) -> None:
    clock = Clock.start()
    with Target(Plan(seed=1), clock, tmp_path) as target:
        before = clock.now()
        target.command("freeze", 0.2)
        begin, end = target.next_event("begin"), target.next_event("end")
        assert before <= begin["t"] <= end["t"] - 0.2
        assert end["t"] <= clock.now()
        assert target.finish() == {"event": "sent", "served": {}, "failed": {}}


def test_server_that_says_something_else_is_an_error(tmp_path: Path) -> None:
    with Target(Plan(seed=1), Clock.start(), tmp_path) as target:
        target.command("fail", 0.01)
        with pytest.raises(PlatformError, match="instead of 'end'"):
            target.next_event("end")
