"""What all unit tests would pay for again and again: files parsed anew, and a collector that looks at everything.

bytes of a YAML file -> nodes, once a session (parsing is most of what reading a scenario costs)
a database in memory -> one more in an engine that is there already (starting it costs more than most queries)
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from ruamel.yaml.nodes import Node


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look at half a million objects each time."""
    gc.collect()
    gc.freeze()


@atexit.register
def _let_go() -> None:
    """What is looked at no more is not freed either, and libraries complain of that when the process ends.

    Nor is what Hypothesis's watch over the collector reaches, DuckDB's types among it: it is never taken off.
    """
    gc.unfreeze()
    gc.callbacks[:] = [watch for watch in gc.callbacks if not watch.__module__.startswith("hypothesis.")]


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


@pytest.fixture(scope="session", autouse=True)
def engine_started_once() -> Iterator[None]:
    """`with duckdb.connect() as db` is a new, empty database, as ever; a file or settings start an engine as ever."""
    import duckdb

    connect, names = duckdb.connect, count()

    @contextmanager
    def own_database() -> "Iterator[DuckDBPyConnection]":
        name = f"own_{next(names)}"
        with engine.cursor() as db:
            db.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
            try:
                yield db
            finally:
                db.execute(f"USE memory; DETACH {name}")

    def connected(*arguments: Any, **settings: Any) -> "AbstractContextManager[DuckDBPyConnection]":
        return connect(*arguments, **settings) if arguments or settings else own_database()

    with connect() as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", connected)
        yield
