"""The selftest itself, short: what does not hang on how busy this machine is must hold, the rest must be there."""

from pathlib import Path

import pytest
from tfbench.progress import Progress
from tfbench.selftest.run import OUTAGES_QUICK, run_selftest
from tfbench.selftest.table import Row

SEED = 7


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder: Path = tmp_path_factory.mktemp("selftest")
    return {row.check: row for row in run_selftest(folder, quick=True, seed=SEED, progress=Progress())}


def test_every_part_has_its_row(rows: dict[str, Row]) -> None:
    assert list(rows) == [
        "recovery time, error p95",
        "recovery time, verdicts",
        "95% answered, verdicts",
        "99% answered, verdicts",
        "failures counted",
        "A/A pair",
        "A/B pair",
        "99% under 300 ms",
    ]


@pytest.mark.parametrize("check", ["95% answered, verdicts", "99% answered, verdicts", "failures counted"])
def test_planted_failures_are_counted_and_judged_right(rows: dict[str, Row], check: str) -> None:
    assert rows[check].holds, rows[check]


def test_outages_are_the_ones_ordered(rows: dict[str, Row]) -> None:
    assert rows["recovery time, error p95"].planted.startswith(f"{OUTAGES_QUICK} outages of ")
    assert rows["recovery time, error p95"].measured.endswith(" ms")


def test_open_loop_sees_the_freeze(rows: dict[str, Row]) -> None:
    assert "open loop FAIL" in rows["99% under 300 ms"].measured
