"""A hand-made run judged without its folder: its rows are tables in memory, and nothing is written or opened.

That a folder is read as the same run is shown by `test_rundata` and by the first tests of `test_judge`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from run_tables import database, kept
from spoilable_run import RunFolder, scenario
from tfbench import judge as judging
from tfbench.checks.finding import Finding
from tfbench.checks.registry import EXPECTATIONS, INVARIANTS, judged
from tfbench.checks.validity import judge_load
from tfbench.journal import JournalContents
from tfbench.model import FaultSpec
from tfbench.operations import COLUMNS
from tfbench.results import LoadResult, Results
from tfbench.rundata import STORES, RunData, assembled


@contextmanager
def in_memory(run: RunFolder, faults: tuple[FaultSpec, ...]) -> Iterator[RunData]:
    """What `opened` gives of the run's folder, until the next run is put in its place."""
    _put("operations", kept(run.operations, COLUMNS))
    for name, columns in STORES.items():
        _put(name, kept(run.stores.get(name, []), columns))
    database().execute("USE main; DROP SCHEMA IF EXISTS run CASCADE; CREATE SCHEMA run; SET search_path = 'run,read'")
    journal = JournalContents(tuple(run.journal), 0)
    yield assembled(database(), frozenset(run.stores), journal, faults, run.meta, run.environment)


_in_place: dict[str, str] = {}


def _put(name: str, table: str) -> None:
    """Most of a run is as it was in the run before."""
    if _in_place.get(name) != table:
        database().execute(f"CREATE SCHEMA IF NOT EXISTS read; CREATE OR REPLACE VIEW read.{name} AS FROM {table}")
        _in_place[name] = table


def found(run: RunFolder, name: str, faults: tuple[FaultSpec, ...] | None = None) -> Finding:
    """What the check with this name finds in the run."""
    with in_memory(run, scenario().faults if faults is None else faults) as data:
        return judged(data, name, EXPECTATIONS | INVARIANTS)


def load_of(run: RunFolder) -> LoadResult:
    """What is said of the run's load alone."""
    with in_memory(run, scenario().faults) as data:
        return judge_load(data, scenario())


def results_of(run: RunFolder, **changes: Any) -> Results:
    """The whole run judged against the scenario it ran, with some changes to it."""
    asked = scenario(**changes)
    with patch.object(judging, "opened", lambda _, faults: in_memory(run, faults)):
        return judging.judge(Path("in memory"), asked)
