"""Which bench `tfbench stop` finds: the one announced here, never another process. `tests/integration` stops one."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tfbench import cli_stop
from tfbench.stop import FILE, announce, find, withdraw
from tfbench.workspace import Workspace


def stop(runs: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli_stop.stop, arguments, obj=lambda: Workspace(runs.parent, runs))


def test_nothing_running_is_said_and_no_failure(tmp_path: Path) -> None:
    outcome = stop(tmp_path / "out")
    assert (outcome.exit_code, outcome.stdout) == (0, "Nothing is running here.\n")


def test_a_bench_is_found_while_it_is_announced_and_not_after(tmp_path: Path) -> None:
    announce(tmp_path / "out")
    with find(tmp_path / "out") as found:
        assert found is not None
        assert (found.pid, found.run_dir) == (os.getpid(), None)
        assert not found.is_gone(0)
    announce(tmp_path / "out", tmp_path / "run")
    with find(tmp_path / "out") as found:
        assert found is not None
        assert found.run_dir == tmp_path / "run"
    withdraw(tmp_path / "out")
    with find(tmp_path / "out") as found:
        assert found is None
    assert list((tmp_path / "out").iterdir()) == []


# (why, what is changed in a living bench's file)
NOT_IT = [
    ("another boot", {"boot": "another"}),
    ("another start", {"started": 1}),
    ("a group of processes", {"pid": 0}),
    ("every process", {"pid": -1}),
    ("no process can have it", {"pid": 2**70}),
    ("no number", {"pid": "x"}),
    ("nothing", {"pid": None}),
    ("no run", {"run": 7}),
]


@pytest.mark.parametrize("change", [row[1] for row in NOT_IT], ids=[row[0] for row in NOT_IT])
def test_a_file_that_is_not_a_living_bench_s_finds_nothing(tmp_path: Path, change: dict[str, object]) -> None:
    announce(tmp_path, tmp_path / "run")
    facts = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(facts | change))
    with find(tmp_path) as found:
        assert found is None


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe", b'{"pid":', b"9" * 5000])
def test_a_damaged_file_finds_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with find(tmp_path) as found:
        assert found is None
