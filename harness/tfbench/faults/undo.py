"""Undo records: on disk, synced, before a fault is injected; removed once it has healed.

They live beside the runs (`reports/out/.undo/`), not in a run folder, so that the next run and `tfbench heal` find
them whatever happened to the process that injected.
"""

import dataclasses
import json
import os
from pathlib import Path

from tfbench.errors import ResidueError
from tfbench.faults.base import Undo
from tfbench.faults.registry import FAULTS
from tfbench.platforms.stack import Stack


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

    def pending(self) -> list[Undo]:
        """Faults that were armed and have not been seen healed."""
        return [Undo(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(self.folder.glob("*.json"))]

    def heal_all(self, stack: Stack) -> list[str]:
        """Heal whatever is pending; returns a line for each. Raises `ResidueError` when something stays broken."""
        healed, residue = [], []
        for undo in self.pending():
            fault = FAULTS[undo.type]
            fault.heal(undo, stack)
            left = fault.residue(undo, stack)
            residue += left
            if not left:
                self.remove(undo)
                healed.append(f"healed {undo.type} of {undo.target} ({', '.join(undo.containers)})")
        if residue:
            raise ResidueError("could not heal: " + "; ".join(residue))
        return healed

    def _path(self, fault: str) -> Path:
        return self.folder / f"{fault}.json"
