"""What the reaper says when it can heal nothing; `tests/integration/faults` starts a real one."""

from pathlib import Path

import pytest
from tfbench.faults import reaper
from tfbench.faults.reaper import reap
from tfbench.faults.undo import UndoRecords


def test_without_an_engine_the_log_says_what_is_still_pending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = UndoRecords(tmp_path).folder
    folder.mkdir()
    (folder / "kill-app2.json").write_text("{}")
    monkeypatch.setattr(reaper, "connect", lambda: None)
    monkeypatch.setattr(reaper, "ENGINE_DEADLINE_S", 0)
    assert reap(tmp_path, tmp_path) == 255
    said = capsys.readouterr().err
    assert "pending: kill-app2" in said
    assert "no Docker engine answered" in said
