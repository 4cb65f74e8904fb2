"""A workspace of the shipped files in a temporary folder, and a way to damage it; the hand-made runs of the judge's."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(Path(__file__).parents[1] / "judge"))


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the shipped scenarios/ and slo/, with the other parts of a workspace empty."""
    for part in ("scenarios", "slo"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in ("compose", "system_under_test"):
        (tmp_path / part).mkdir()
    return tmp_path


@pytest.fixture
def spoil() -> Callable[[Path, str, str], int]:
    """Replaces the first `old` of a file with `new`; returns the line (from 1) where it stood."""

    def replace(file: Path, old: str, new: str) -> int:
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{file.name} no longer holds {old!r}: mend the test's table"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace
