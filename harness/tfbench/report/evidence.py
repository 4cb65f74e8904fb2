"""A judged run folder opened for reporting: the data that judging read, with what it decided beside it.

    run folder -> RunData (journal, operations, stores) + results + copies of what was run -> Evidence

The folder of any run has a journal and results; everything else may be missing or torn. That is told in
`problems`, and what depends on it is None: never an exception, never a zero.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfbench.model import FaultSpec
from tfbench.results_shape import load_sound_results
from tfbench.rundata import STORES, RunData, opened

Record = dict[str, Any]

COPIES = ("scenario.yaml", "slo.yaml")
_FOR_A_SEAT = "SELECT count(*) FROM operations WHERE op IN ('hold', 'purchase')"


@dataclass(frozen=True, slots=True)
class Problem:
    """Evidence that could not be read: `kind` names a text (`problem_missing`, `problem_unreadable`...)."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a report needs. `has_operations` is False when none is on record: nothing was seen.

    `sells` is whether anybody came for a seat, as far as is on record: a load of one's own may have other business.
    """

    results: Record
    run: RunData
    copies: dict[str, str]
    has_operations: bool
    sells: bool
    problems: list[Problem]

    def records(self, kind: str) -> list[Record]:
        """The journal's records of one kind, in time order."""
        return sorted(self.run.journal.of_kind(kind), key=lambda record: float(record["t"]))


@contextmanager
def opened_evidence(run_dir: Path) -> Iterator[Evidence]:
    """The evidence of a run folder. Raises UsageError when it has no journal or unreadable operations."""
    results = load_sound_results(run_dir)
    faults = tuple(FaultSpec(f["id"], f["type"], f["target"], ()) for f in results["faults"])
    copies = {
        name: (run_dir / name).read_text(encoding="utf-8", errors="replace")
        for name in COPIES
        if (run_dir / name).is_file()
    }
    with opened(run_dir, faults) as run:
        has_operations = run.count("SELECT count(*) FROM operations") > 0
        sells = not has_operations or run.count(_FOR_A_SEAT) > 0
        problems = list(_problems(run_dir, run, has_operations))
        yield Evidence(results, run, copies, has_operations, sells, problems)


def _problems(run_dir: Path, run: RunData, has_operations: bool) -> Iterator[Problem]:
    for name in (*COPIES, "environment.json"):
        if not (run_dir / name).is_file():
            yield Problem("missing", name)
    if not has_operations:
        yield Problem("missing", "operations")
    for store in STORES:
        path = f"stores/{store}.parquet"
        if store not in run.stores:
            yield Problem("unreadable" if (run_dir / path).is_file() else "missing", path)
    if run.journal.torn:
        yield Problem("torn", f"journal.jsonl ({run.journal.torn})")
    for store, error in (run.meta.get("errors") or {}).items():
        yield Problem("store", f"{store}: {error}")
