"""Undo records: on disk, synced, before a fault is injected; removed once it has healed.

    reports/out/.undo/FAULT.json   one record a pending fault
    reports/out/.undo/lock         held by whoever heals: the next run, `tfbench heal`, the reaper

They live beside the runs, not in a run folder, so that whoever heals finds them whatever happened to the process that
injected.
"""

import dataclasses
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from docker.errors import DockerException, NotFound

from tfbench.errors import ResidueError
from tfbench.faults.base import Undo
from tfbench.faults.registry import FAULTS
from tfbench.platforms.stack import Stack

HEAL_DEADLINE_S = 60.0
LOCK_DEADLINE_S = 300.0
RETRY_EVERY_S = 0.5


class UndoRecords:
    """The records of one workspace."""

    def __init__(self, runs: Path) -> None:
        self.folder = runs / ".undo"

    def write(self, undo: Undo) -> None:
        """Record and sync to disk, file and folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self._path(undo.fault).with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(dataclasses.asdict(undo), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._path(undo.fault))
        descriptor = os.open(self.folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def remove(self, undo: Undo) -> None:
        """Forget a fault that has healed."""
        self._path(undo.fault).unlink(missing_ok=True)

    def pending(self) -> list[Path]:
        """The records of faults that were armed and have not been seen healed."""
        return sorted(self.folder.glob("*.json"))

    def heal_all(self, stack: Stack, deadline_s: float = HEAL_DEADLINE_S) -> list[str]:
        """Heal whatever is pending, each as often as it takes until the deadline; returns a line for each.

        One that fails does not keep the others from healing. Raises `ResidueError` with all that stays broken.
        """
        if not self.pending():
            return []
        with self._lock():
            waiting, damaged = self._read()
            healed, left = self._heal(waiting, stack, deadline_s)
        if residue := damaged + left:
            done = f" ({'; '.join(healed)})" if healed else ""
            raise ResidueError(f"could not heal: {'; '.join(residue)}{done}")
        return healed

    def _read(self) -> tuple[list[Undo], list[str]]:
        """The records, and a line for each that cannot be read."""
        found, damaged = [], []
        for path in self.pending():
            try:
                found.append(_parse(path))
            except FileNotFoundError:  # healed by the bench that injected, a moment ago
                continue
            except (OSError, ValueError) as error:
                damaged.append(
                    f"{path} is damaged ({error}): what it was to undo is not known; "
                    "remove the system (tfbench down), then that file"
                )
        return found, damaged

    def _heal(self, waiting: list[Undo], stack: Stack, deadline_s: float) -> tuple[list[str], list[str]]:
        """Lines for what healed, and for what did not by the deadline; a fault may have to wait for another's end."""
        healed: list[str] = []
        deadline = time.monotonic() + deadline_s
        while True:
            left = {undo.fault: mend(undo, stack) for undo in waiting}
            for undo in waiting:
                if not left[undo.fault]:
                    self.remove(undo)
                    healed.append(f"healed {undo.type} of {undo.target} ({', '.join(undo.containers)})")
            waiting = [undo for undo in waiting if left[undo.fault]]
            if not waiting or time.monotonic() >= deadline:
                return healed, [f"{undo.fault}: {line}" for undo in waiting for line in left[undo.fault]]
            time.sleep(RETRY_EVERY_S)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One healer at a time. The kernel lets go of the lock when its holder dies."""
        with (self.folder / "lock").open("w") as file:
            deadline = time.monotonic() + LOCK_DEADLINE_S
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise ResidueError(
                            f"somebody else has been healing for {LOCK_DEADLINE_S:.0f} s, and holds {file.name}"
                        ) from None
                time.sleep(RETRY_EVERY_S)
            yield

    def _path(self, fault: str) -> Path:
        return self.folder / f"{fault}.json"


def mend(undo: Undo, stack: Stack) -> list[str]:
    """Heal one fault, once; what is still broken, one line each. Of containers that are gone, nothing is."""
    try:
        FAULTS[undo.type].heal(undo, stack)
        left = FAULTS[undo.type].residue(undo, stack)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is what is still broken, and others wait to be healed
        left = [f"{type(error).__name__}: {error}"]
    return [] if left and _is_gone(undo, stack) else left


def _is_gone(undo: Undo, stack: Stack) -> bool:
    """Whether the fault was of containers, and none of them exists any more."""
    for identity in undo.containers.values():
        try:
            stack.client.containers.get(identity)
        except NotFound:
            continue
        except (DockerException, requests.RequestException):
            return False
        return False
    return bool(undo.containers)


def _parse(path: Path) -> Undo:
    """Read a record; raises ValueError with what is wrong with it."""
    data = json.loads(path.read_text(encoding="utf-8"))
    try:
        undo = Undo(**data)
    except TypeError as error:
        raise ValueError(f"not an undo record: {error}") from error
    if not isinstance(undo.containers, dict) or not isinstance(undo.details, dict):
        raise ValueError("containers and details must be objects")
    if undo.type not in FAULTS:
        raise ValueError(f'there is no fault "{undo.type}"; there are: {", ".join(FAULTS)}')
    if undo.fault != path.stem:
        raise ValueError(f'it says that its fault is "{undo.fault}"')
    return undo
