"""Which records and parts of a run's evidence are believed, and what a folder without segments keeps."""

import json
from pathlib import Path
from typing import Any

import pytest
from spoilable_run import HEAL, T0, healthy, scenario
from tfbench.errors import UsageError
from tfbench.evidence_sound import SPAN_S, read_sound_journal, read_sound_json
from tfbench.judge import judge
from tfbench.rundata import opened
from tfbench.segments import compact_sound
from tfbench.verdict import Verdict

SOUND = {"t": T0, "kind": "note", "text": "x"}

# (why, a record that cannot be)
DAMAGED: list[tuple[str, dict[str, Any]]] = [
    ("a time that is text", {"t": "noon", "kind": "note"}),
    ("a time that is no number", {"t": float("nan"), "kind": "note"}),
    ("a time that is a truth value", {"t": True, "kind": "note"}),
    ("a time of another year", {"t": T0 + 2 * SPAN_S, "kind": "note"}),
    ("a kind that is a list", {"t": T0, "kind": []}),
    ("a phase without a name", {"t": T0, "kind": "phase", "event": "begin"}),
    ("a fault whose state is a number", {"t": T0, "kind": "fault", "id": "a", "state": 7}),
    ("a call made at no time", {"t": T0, "kind": "fault", "id": "a", "state": "injected", "detail": {"begin_t": "x"}}),
    ("a call made in another year", {"t": T0, "kind": "fault", "id": "a", "state": "healed", "detail": {"begin_t": 0}}),
    ("a count that is text", {"t": T0, "kind": "observation", "queue_ready": "many"}),
    ("a state that is a number", {"t": T0, "kind": "observation", "services": {"app1-1": 1}}),
    ("a leader that is a list", {"t": T0, "kind": "observation", "leader": ["postgres1"]}),
    ("half a character", {"t": T0, "kind": "note", "text": "\ud800"}),
]


@pytest.mark.parametrize("record", [row[1] for row in DAMAGED], ids=[row[0] for row in DAMAGED])
def test_a_record_that_says_something_impossible_is_lost(tmp_path: Path, record: dict[str, Any]) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (SOUND, record, SOUND)), encoding="utf-8")
    contents = read_sound_journal(path)
    assert contents.records == (SOUND, SOUND)
    assert contents.torn == 1


def test_every_record_that_a_run_writes_is_sound(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    assert read_sound_journal(folder / "journal.jsonl").torn == 0


@pytest.mark.parametrize("content", [None, b"", b"[" * 100_000])
def test_a_journal_that_cannot_be_read_has_no_records(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "journal.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert read_sound_journal(path).records == ()


def test_a_run_that_lost_a_record_is_never_a_pass(tmp_path: Path) -> None:
    run = healthy()
    run.journal.append({"t": HEAL, "kind": "observation", "queue_ready": []})
    results = judge(run.write(tmp_path), scenario())
    assert results.verdict is not Verdict.PASS
    assert results.interrupted


def test_only_parts_of_the_right_shape_are_read(tmp_path: Path) -> None:
    path = tmp_path / "meta.json"
    sound = {"queue": {"ready": 0, "unacked": None}, "errors": {"mails": "no"}, "settings": {}, "other": [1]}
    path.write_text(json.dumps(sound | {"folio": {"siguiente": "x"}, "initial_seats": [1], "images": {"a": "b"}}))
    assert read_sound_json(path) == sound


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_a_file_that_is_no_object_has_no_parts(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "meta.json"
    path.write_bytes(content)
    assert read_sound_json(path) == {}


def test_a_folder_that_kept_only_what_was_compacted_is_left_as_it_is(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path)
    before = (folder / "operations.parquet").read_bytes()
    compact_sound(folder)
    assert (folder / "operations.parquet").read_bytes() == before


def test_lost_lines_are_told_and_what_was_compacted_before_is_kept(tmp_path: Path) -> None:
    folder = healthy().write(tmp_path, segments=True)
    compact_sound(folder)
    before = (folder / "operations.parquet").read_bytes()
    with (folder / "operations" / "1.ndjson").open("a") as segment:
        segment.write('{"op": "ho\n' * 5)
    with pytest.raises(UsageError, match="5 unreadable lines in 2 segments"):
        compact_sound(folder)
    assert (folder / "operations.parquet").read_bytes() == before


@pytest.mark.parametrize("t_end", [None, 0.0, 1e300])
def test_operations_at_a_time_of_no_run_are_refused(tmp_path: Path, t_end: float | None) -> None:
    run = healthy()
    run.operations[7]["t_end"] = t_end
    with pytest.raises(UsageError, match="1 of its operations"), opened(run.write(tmp_path), scenario().faults):
        pass


def test_segments_with_a_time_of_no_run_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    run = healthy()
    run.operations[7]["t_end"] = ""
    folder = run.write(tmp_path, segments=True)
    with pytest.raises(UsageError, match="1 of its operations"):
        compact_sound(folder)
    assert not (folder / "operations.parquet").exists()


def test_pages_of_a_store_that_cannot_be_read_are_no_data(tmp_path: Path) -> None:
    """The file opens, and only reading its rows shows the damage."""
    folder = healthy().write(tmp_path)
    store = folder / "stores" / "tickets.parquet"
    sound = store.read_bytes()
    lost = []
    for at in range(4, len(sound) // 2, len(sound) // 12):
        store.write_bytes(sound[:at] + bytes(byte ^ 0xFF for byte in sound[at : at + 20]) + sound[at + 20 :])
        with opened(folder, scenario().faults) as data:
            lost.append("tickets" not in data.stores)
    assert any(lost)
