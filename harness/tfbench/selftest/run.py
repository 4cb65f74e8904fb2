"""The whole selftest: each part in runs of its own, all of them in one table."""

from pathlib import Path

from tfbench.progress import Progress
from tfbench.selftest import failures, pairs
from tfbench.selftest.failures import check_failures
from tfbench.selftest.loops import check_loops
from tfbench.selftest.outages import check_outages
from tfbench.selftest.pairs import check_pairs
from tfbench.selftest.table import Row

OUTAGES, OUTAGES_QUICK = 50, 6
PAIR_QUICK_S = 4.0


def run_selftest(folder: Path, quick: bool, seed: int, progress: Progress) -> list[Row]:
    """Every row, in the order of the table. Raises TfbenchError when the load or the server do not run."""
    rows: list[Row] = []
    count = OUTAGES_QUICK if quick else OUTAGES
    with progress.step(f"{count} outages of known length") as detail:
        rows += check_outages(folder / "outages", count, seed, detail)
    with progress.step("failures above and below each target"):
        rows += check_failures(folder / "failures", failures.QUICK if quick else failures.FULL, seed)
    with progress.step("the same twice, and something worse") as detail:
        rows += check_pairs(folder / "pairs", PAIR_QUICK_S if quick else pairs.DURATION_S, seed, detail)
    with progress.step("a freeze, seen by a closed and by an open loop"):
        rows += check_loops(folder / "loops", seed)
    return rows
