"""Undo records: healing goes on past one that fails, one that is damaged, and one whose containers are gone."""

import fcntl
import threading
from pathlib import Path

import pytest
from tfbench.errors import ResidueError
from tfbench.faults import undo as undo_module
from tfbench.faults.base import Undo
from tfbench.faults.kill import Kill
from tfbench.faults.undo import UndoRecords

from .fake_engine import FakeContainer, FakeEngine, spec


def killed(engine: FakeEngine, records: UndoRecords, fault: str, target: str) -> Undo:
    """A kill that a bench died of before it could heal it."""
    armed = Kill().arm(spec("kill", target), engine.stack())
    undo = Undo(fault, armed.type, armed.target, armed.containers, armed.details)
    records.write(undo)
    Kill().inject(undo, engine.stack())
    return undo


@pytest.fixture
def records(tmp_path: Path) -> UndoRecords:
    return UndoRecords(tmp_path)


def test_nothing_pending_heals_nothing_and_leaves_no_folder(records: UndoRecords) -> None:
    assert records.heal_all(FakeEngine().stack()) == []
    assert not records.folder.exists()


def test_pending_faults_are_healed_and_forgotten(records: UndoRecords) -> None:
    engine = FakeEngine(FakeContainer("correo"), FakeContainer("haproxy"))
    killed(engine, records, "a", "correo")
    killed(engine, records, "b", "haproxy")
    assert records.heal_all(engine.stack()) == ["healed kill of correo (correo)", "healed kill of haproxy (haproxy)"]
    assert {container.status for container in engine.by_id.values()} == {"running"}
    assert records.pending() == []
    assert records.heal_all(engine.stack()) == []


def test_one_that_fails_is_named_kept_and_does_not_stop_the_others(records: UndoRecords) -> None:
    stubborn = FakeContainer("correo")
    engine = FakeEngine(stubborn, FakeContainer("haproxy"))
    killed(engine, records, "a", "correo")
    killed(engine, records, "b", "haproxy")
    stubborn.refuses.add("start")
    with pytest.raises(ResidueError, match=r"a: APIError: .*refuses to start.*healed kill of haproxy") as caught:
        records.heal_all(engine.stack(), deadline_s=0)
    assert caught.value.exit_code == 3
    assert engine.by_id["haproxy-id"].status == "running"
    assert [path.stem for path in records.pending()] == ["a"]
    stubborn.refuses.clear()
    assert records.heal_all(engine.stack()) == ["healed kill of correo (correo)"]


def test_one_that_fails_at_first_is_tried_again_until_the_deadline(
    records: UndoRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_module, "RETRY_EVERY_S", 0.01)
    container = FakeContainer("correo")
    engine = FakeEngine(container)
    killed(engine, records, "a", "correo")
    container.refuses.add("start")
    timer = threading.Timer(0.1, container.refuses.clear)
    timer.start()
    assert records.heal_all(engine.stack()) == ["healed kill of correo (correo)"]
    timer.join()
    assert container.calls.count("start") > 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expecting value"),
        ('{"fault": "broken", "type": "ki', "Unterminated string"),
        ("[]", "not an undo record"),
        ('{"fault": "broken"}', "not an undo record"),
        ('{"fault": "broken", "type": "kill", "target": "app2", "containers": null}', "must be objects"),
        ('{"fault": "broken", "type": "flood", "target": "app2", "containers": {}}', 'no fault "flood"'),
        ('{"fault": "other", "type": "kill", "target": "app2", "containers": {}}', 'its fault is "other"'),
    ],
)
def test_a_damaged_record_is_an_error_that_names_the_file_and_the_others_are_healed(
    records: UndoRecords, text: str, problem: str
) -> None:
    engine = FakeEngine(FakeContainer("correo"))
    killed(engine, records, "whole", "correo")
    broken = records.folder / "broken.json"
    broken.write_text(text)
    with pytest.raises(ResidueError) as caught:
        records.heal_all(engine.stack())
    assert caught.value.exit_code == 3
    assert f"{broken} is damaged" in str(caught.value)
    assert problem in str(caught.value)
    assert engine.by_id["correo-id"].status == "running"
    assert records.pending() == [broken], "kept for somebody to look at"


def test_records_of_containers_that_no_longer_exist_are_dropped_even_where_healing_fails(
    records: UndoRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine(FakeContainer("correo"))
    killed(engine, records, "a", "correo")
    engine.by_id.clear()
    monkeypatch.setattr(Kill, "residue", lambda self, undo, stack: ["cannot tell"])
    assert records.heal_all(engine.stack()) == ["healed kill of correo (correo)"]
    assert records.pending() == []


def test_two_healers_take_turns(records: UndoRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_module, "RETRY_EVERY_S", 0.01)
    container = FakeContainer("correo")
    engine = FakeEngine(container)
    killed(engine, records, "a", "correo")
    lines: list[str] = []
    healer = threading.Thread(target=lambda: lines.extend(records.heal_all(engine.stack())))
    with (records.folder / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        healer.start()
        healer.join(0.3)
        assert container.status == "exited", "it waits for its turn"
    healer.join(60)
    assert lines == ["healed kill of correo (correo)"]
    assert container.calls == ["kill SIGKILL", "start"]


def test_a_healer_that_never_ends_is_not_waited_for_for_ever(
    records: UndoRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_module, "LOCK_DEADLINE_S", 0)
    engine = FakeEngine(FakeContainer("correo"))
    killed(engine, records, "a", "correo")
    with (records.folder / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ResidueError, match="somebody else has been healing"):
            records.heal_all(engine.stack())
