"""Pause: healed by the engine, or by the kernel's freezer when the engine does not manage."""

import threading
from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError
from tfbench.faults import pause
from tfbench.faults.pause import Pause, thaw

from .fake_engine import FakeContainer, FakeEngine, spec


def test_frozen_and_thawed_and_thawed_again() -> None:
    container = FakeContainer("correo")
    stack = FakeEngine(container).stack()
    undo = Pause().arm(spec("pause", "correo"), stack)
    Pause().inject(undo, stack)
    assert Pause().residue(undo, stack) == ["correo is frozen"]
    Pause().heal(undo, stack)
    Pause().heal(undo, stack)
    assert Pause().residue(undo, stack) == []
    assert container.calls == ["pause", "unpause", "unpause"], "nothing else: a signal would end the restart policy"


def test_a_container_that_no_longer_exists_needs_no_healing() -> None:
    engine = FakeEngine(FakeContainer("correo"))
    undo = Pause().arm(spec("pause", "correo"), engine.stack())
    engine.by_id.clear()
    Pause().heal(undo, engine.stack())
    assert Pause().residue(undo, engine.stack()) == []


def freezer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int, word: str) -> Path:
    """A freezer's switch as the kernel shows it, of a container named correo-id."""
    root = tmp_path / "cgroup"
    place = root / ("freezer/docker/correo-id/freezer.state" if version == 1 else "docker/correo-id/cgroup.freeze")
    place.parent.mkdir(parents=True)
    place.write_text(word + "\n")
    controller = "freezer" if version == 1 else ""
    monkeypatch.setattr(pause, "CGROUP_ROOT", root)
    monkeypatch.setattr(pause, "cgroups", lambda pid, identity: {controller: f"/docker/{identity}"})
    return place


@pytest.mark.parametrize(
    ("version", "frozen", "thawed"), [(1, "FROZEN", "THAWED"), (1, "FREEZING", "THAWED"), (2, "1", "0")]
)
def test_the_kernel_thaws_where_the_engine_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int, frozen: str, thawed: str
) -> None:
    switch = freezer(tmp_path, monkeypatch, version, frozen)
    monkeypatch.setattr(pause, "UNPAUSE_DEADLINE_S", 0.05)
    released = threading.Event()
    container = FakeContainer("correo")
    stack: Any = FakeEngine(container).stack()
    undo = Pause().arm(spec("pause", "correo"), stack)
    stack.client.api.unpause = lambda identity: released.wait(60)
    Pause().heal(undo, stack)
    assert switch.read_text() == thawed
    released.set()


@pytest.mark.parametrize(("version", "frozen", "thawed"), [(1, "FROZEN", "THAWED"), (2, "1", "0")])
def test_what_was_thawed_behind_the_engine_s_back_is_unpaused_in_its_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int, frozen: str, thawed: str
) -> None:
    switch = freezer(tmp_path, monkeypatch, version, thawed)
    container = FakeContainer("correo")
    stack: Any = FakeEngine(container).stack()
    undo = Pause().arm(spec("pause", "correo"), stack)
    Pause().inject(undo, stack)

    def unpause(identity: str) -> None:
        if switch.read_text().strip() != frozen:
            raise APIError("container not paused")
        switch.write_text(thawed)
        container.unpause()

    stack.client.api.unpause = unpause
    Pause().heal(undo, stack)
    assert container.status == "running"
    assert switch.read_text() == thawed


def test_frozen_in_the_kernel_is_frozen_whatever_the_engine_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezer(tmp_path, monkeypatch, 1, "FROZEN")
    stack = FakeEngine(FakeContainer("correo")).stack()
    undo = Pause().arm(spec("pause", "correo"), stack)
    assert Pause().residue(undo, stack) == ["correo is frozen"]
    Pause().heal(undo, stack)
    assert Pause().residue(undo, stack) == []


def test_what_is_not_frozen_is_not_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switch = freezer(tmp_path, monkeypatch, 1, "THAWED")
    assert not thaw(1, "correo-id")
    assert switch.read_text() == "THAWED\n"


def test_a_process_of_somebody_else_is_never_thawed() -> None:
    assert not thaw(1, "an-id-that-no-cgroup-holds")
    assert not thaw(0, "correo-id")
