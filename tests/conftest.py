"""The stack that integration and end-to-end tests break: the one that is up (`tfbench test` starts one)."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tfbench.platforms.stack import Stack

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def stack() -> "Stack":
    """Imported when it is asked for: unit tests, which share this file, need no engine."""
    from tfbench.platforms.engine import require_engine
    from tfbench.platforms.stack import Stack

    stack = Stack(require_engine(), ROOT)
    if not stack.all_containers():
        pytest.fail("no TicketFlow is running; start one with `tfbench up`, or use `tfbench test integration e2e`")
    return stack
