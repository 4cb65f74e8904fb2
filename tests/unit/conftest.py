"""What all unit tests would pay for again and again: files parsed anew, and a collector that looks at everything.

bytes of a YAML file -> nodes, once a session (parsing is most of what reading a scenario costs)
"""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look at half a million objects each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """What is looked at no more is not freed either, and libraries complain of that when the process ends."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Most tests spoil one file and read its sound neighbours again: the same bytes are parsed once.

    The nodes are shared: reading wraps them and does not write to them. A refusal is never kept.
    """
    from tfbench import yamlio
    from tfbench.yamlparse import compose

    known: dict[bytes, list[Node]] = {}

    def remembered(file: Path) -> "list[Node]":
        try:
            content = file.read_bytes()
        except OSError:
            return compose(file)
        if content not in known:
            known[content] = compose(file)
        return known[content]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamlio, "compose", remembered)
        yield
