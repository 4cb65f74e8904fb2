"""The journal: what was recorded is read back, whoever died while writing it."""

import json
import os
import threading
from pathlib import Path

import pytest
from tfbench.clock import Clock
from tfbench.journal import Journal, read_journal


def test_records_come_back_in_order_with_their_times(tmp_path: Path) -> None:
    clock = Clock.start()
    with Journal(tmp_path / "journal.jsonl", clock) as journal:
        before = clock.now()
        journal.record("phase", phase="up", event="begin")
        journal.record("note", t=12.5, text="año\nnuevo")
    contents = read_journal(tmp_path / "journal.jsonl")
    first, second = contents.records
    assert before <= first["t"] <= clock.now()
    assert (first["kind"], first["phase"]) == ("phase", "up")
    assert second == {"t": 12.5, "kind": "note", "text": "año\nnuevo"}
    assert list(contents.of_kind("note")) == [second]
    assert contents.torn == 0


def test_fault_records_are_synced_before_record_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    with Journal(tmp_path / "journal.jsonl", Clock(0)) as journal:
        monkeypatch.setattr(os, "fsync", synced.append)
        journal.record("observation", queue_ready=0)
        assert synced == []
        journal.record("fault", id="f1", state="armed")
        assert len(synced) == 1
        monkeypatch.undo()


def test_torn_line_costs_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"t":1,"kind":"note","text":"a"}\n{"t":2,"kind":"fault","id":"f\xc3')
    with Journal(path, Clock(0)) as journal:
        journal.record("note", t=3, text="after the crash")
    contents = read_journal(path)
    assert [record["t"] for record in contents.records] == [1, 3]
    assert contents.torn == 1


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, Clock(0)) as journal:

        def write(author: int) -> None:
            for number in range(200):
                journal.record("note", text="x" * 500, author=author, number=number)

        threads = [threading.Thread(target=write, args=(author,)) for author in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(records) == 1600
    for author in range(8):
        assert [r["number"] for r in records if r["author"] == author] == list(range(200))
