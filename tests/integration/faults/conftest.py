"""What tests of all kinds of faults share."""

from collections.abc import Callable
from typing import Any

import pytest
from on_stack import wait_for


@pytest.fixture
def until() -> Callable[..., Any]:
    """`until("what is waited for", look)`."""
    return wait_for
