"""Where the bench finds what it runs: the nearest folder that holds the four parts of the house.

--workspace DIR  >  the working directory or its nearest ancestor  >  the copy inside the installed package
"""

import os
from dataclasses import dataclass
from pathlib import Path

import tfbench
from tfbench.errors import UsageError
from tfbench.yamlio import did_you_mean

PACKAGED = Path(tfbench.__file__).parent / "_data"
PARTS = ("scenarios", "slo", "compose", "system_under_test")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The root of the four parts, and the folder that runs are written under (`reports/out`)."""

    root: Path
    runs: Path

    @property
    def scenarios(self) -> Path:
        """The folder of scenarios, one YAML each."""
        return self.root / "scenarios"

    @property
    def compose(self) -> Path:
        """The folder of the Compose file and its images."""
        return self.root / "compose"

    def scenario_files(self) -> list[Path]:
        """Every scenario, by name."""
        return sorted(self.scenarios.glob("*.yaml"))

    def find_scenario(self, name: str) -> Path:
        """The file of a scenario, named or given as a path that ends in .yaml."""
        is_path = name.endswith(".yaml")
        file = Path(name).absolute() if is_path else self.scenarios / f"{name}.yaml"
        if os.path.isfile(file):  # unlike Path.is_file, False also for a name no file can have
            return file
        known = [path.stem for path in self.scenario_files()]
        hint = did_you_mean(Path(name).stem, known)
        raise UsageError(f'no scenario "{name}" ({file} is no file){hint}; known: {", ".join(known) or "none"}')


def find_workspace(explicit: Path | None, cwd: Path) -> Workspace:
    """The workspace to use; UsageError when `explicit` is none, or when there is none to be found."""
    if explicit is not None:
        root = (cwd / explicit).resolve()
        if lacking := _lacking(root):
            raise UsageError(f"--workspace {explicit} is no workspace: it has no {lacking}")
        return Workspace(root, runs=root / "reports" / "out")
    for root in (cwd, *cwd.parents):
        if not _lacking(root):
            return Workspace(root, runs=root / "reports" / "out")
    return _packaged(cwd)


def _packaged(cwd: Path) -> Workspace:
    """The copy that the wheel carries. Runs go under the working directory: the package may be read-only."""
    if _lacking(PACKAGED):
        wanted = ", ".join(f"{part}/" for part in PARTS)
        raise UsageError(f"no workspace in {cwd} or above it (a folder with {wanted}); cd to one, or use --workspace")
    return Workspace(PACKAGED, runs=cwd / "reports" / "out")


def _lacking(root: Path) -> str:
    return ", ".join(f"{part}/" for part in PARTS if not (root / part).is_dir())
