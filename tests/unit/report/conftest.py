"""The four synthetic runs and the repository's own templates."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from synthetic_run import WRITERS
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


@pytest.fixture(scope="session")
def pages(runs: dict[str, Path]) -> dict[str, str]:
    """Their reports."""
    return {name: render(run, REPORTS).read_text(encoding="utf-8") for name, run in runs.items()}
