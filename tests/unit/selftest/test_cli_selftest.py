"""`tfbench selftest`: its exit code is its table's."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tfbench.cli_selftest import selftest
from tfbench.selftest import run
from tfbench.selftest.table import Row


@pytest.mark.parametrize(("holds", "code"), [([True, True], 0), ([True, False], 1)])
def test_it_passes_only_if_every_row_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, holds: list[bool], code: int
) -> None:
    asked: list[Any] = []

    def fake(folder: Path, quick: bool, seed: int, progress: object) -> list[Row]:
        asked.append((folder, quick, seed))
        return [Row(f"row {number}", "a", "b", "c", one) for number, one in enumerate(holds)]

    monkeypatch.setattr(run, "run_selftest", fake)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    result = CliRunner().invoke(selftest, ["--quick", "--seed", "5"])
    assert result.exit_code == code
    assert "row 1" in result.output
    [(folder, quick, seed)] = asked
    assert (quick, seed) == (True, 5)
    assert folder.exists() is (code != 0), "the runs are kept only when there is something to look for"
