"""The synthetic runs and the repository's own templates."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from paid_once import drawn_in_english, paid_once, undrawn, without_timeline  # noqa: F401  (two are fixtures)
from synthetic_results import failed_results, passed_results
from synthetic_run import WRITERS, write_run
from synthetic_shop import journal_of, simulate
from tfbench.report import render

REPORTS = Path(__file__).parents[3] / "reports"


@pytest.fixture(scope="session")
def reports_dir() -> Path:
    """The templates under test."""
    return REPORTS


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A passed, a failed, an invalid and an interrupted run; read them, don't change them."""
    root = tmp_path_factory.mktemp("runs")
    return {name: write(root / name) for name, write in WRITERS.items()}


@pytest.fixture
def small_run(tmp_path: Path) -> Path:
    """A passed run whose load lasted 20 s, to damage: everything is in it and it is soon drawn."""
    shop = simulate(7, until_s=20)
    return write_run(tmp_path / "run", shop, passed_results(shop), journal_of(shop, 1e9))


@pytest.fixture
def small_failed_run(tmp_path: Path) -> Path:
    """A failed run whose load lasted 20 s, to damage."""
    shop = simulate(11, until_s=20)
    return write_run(tmp_path / "run", shop, failed_results(shop), journal_of(shop, 1e9))


@pytest.fixture(scope="session")
def pages(runs: dict[str, Path]) -> dict[str, str]:
    """Their reports. That of the passed run is drawn in both languages, that which was cut short in one."""

    def page(name: str) -> str:
        return render(runs[name], REPORTS).read_text(encoding="utf-8")

    pages = {"passed": page("passed")}
    with drawn_in_english():
        pages["interrupted"] = page("interrupted")
    with without_timeline():
        return pages | {name: page(name) for name in runs if name not in pages}
