"""pytest runs a scenario, and a test asserts on what it came to: marker and fixture `tfbench` (docs/pytest.md).

    @pytest.mark.tfbench("caida-app2")  ->  fixture tfbench: JudgedRun, run once a session for all tests that name it
    pytest --tfbench-run DIR            ->  the same from an earlier run's folder: no Docker, no waiting

Nothing heavy is imported before a scenario is run: this module is loaded by every pytest of an environment that has
tfbench in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tfbench.judged_run import JudgedRun, Told

if TYPE_CHECKING:
    from tfbench.model import Scenario
    from tfbench.run import Ground
    from tfbench.workspace import Workspace

MARKER = "tfbench"
HELP = "folder of an earlier run to assert on, instead of running its scenario (may be given several times)"
USE = f'say which scenario: @pytest.mark.{MARKER}(scenario="NAME")'


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tfbench")
    group.addoption("--tfbench-run", action="append", default=[], type=Path, metavar="DIR", help=HELP)


def pytest_configure(config: pytest.Config) -> None:
    line = f'{MARKER}(scenario, workspace=None): the scenario that the fixture "tfbench" runs, and where it is found'
    config.addinivalue_line("markers", line)
    config.stash[_SESSION] = _Session(config)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """A verdict that is not the one asserted is told with its reason."""
    told = next((side for side in (left, right) if isinstance(side, Told)), None)
    return None if told is None else [f"{left} {op} {right}: {told.what}", *told.reason.splitlines()]


@pytest.fixture
def tfbench(request: pytest.FixtureRequest) -> JudgedRun:
    """The judged run of the scenario that the test's marker names."""
    marker = request.node.get_closest_marker(MARKER)
    if marker is None:
        raise pytest.UsageError(f"{request.node.nodeid} uses the fixture tfbench; {USE}")
    session = request.config.stash[_SESSION]
    return session.judged(*_asked(*marker.args, **marker.kwargs))


def _asked(scenario: str = "", workspace: str | Path | None = None, **unknown: object) -> tuple[str, Path | None]:
    if unknown or not scenario:
        raise pytest.UsageError(f"the marker tfbench takes scenario and workspace; {USE}")
    return scenario, None if workspace is None else Path(workspace)


class _Session:
    """What this session's tests asked for so far: runs, and failures to run, which are not tried again."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._known: dict[tuple[str, Path | None], JudgedRun | str] = {}
        self._grounds: dict[Path, Ground] = {}

    def judged(self, scenario: str, workspace: Path | None) -> JudgedRun:
        key = (scenario, workspace)
        if key not in self._known:
            self._known[key] = self._get(scenario, workspace)
        known = self._known[key]
        if isinstance(known, str):
            pytest.fail(known, pytrace=False)
        return known

    def _get(self, scenario: str, workspace: Path | None) -> JudgedRun | str:
        from tfbench.errors import TfbenchError

        folders: list[Path] = self._config.getoption("tfbench_run")
        try:
            if folders:
                return _earlier([folder.absolute() for folder in folders], scenario)
            return self._run(scenario, workspace)
        except TfbenchError as error:
            return f"tfbench: {error}"

    def _run(self, name: str, workspace: Path | None) -> JudgedRun | str:
        if hasattr(self._config, "workerinput"):  # set by pytest-xdist in its workers
            return (
                "tfbench: a scenario needs the machine for itself, and pytest-xdist runs tests side by side: "
                "run these tests without -n, or on an earlier run with --tfbench-run DIR"
            )
        from tfbench.scenario import load_scenario
        from tfbench.workspace import find_workspace

        found = find_workspace(workspace, self._config.rootpath)
        with self._terminal():
            run_dir, was_interrupted = self._on_ground(found, load_scenario(found.find_scenario(name)))
        if was_interrupted:
            pytest.exit(f"tfbench was interrupted, and has healed; what it recorded: {run_dir}", returncode=2)
        return JudgedRun.read(run_dir)

    def _on_ground(self, workspace: "Workspace", scenario: "Scenario") -> tuple[Path, bool]:
        from tfbench import run
        from tfbench.interrupts import one_interrupt
        from tfbench.progress import Progress
        from tfbench.verdict import EXIT_INTERRUPTED

        progress = Progress()
        with one_interrupt(progress.say):
            if workspace.root not in self._grounds:
                self._grounds[workspace.root] = run.prepare(workspace, progress)
            outcome = run.run_scenario(scenario, self._grounds[workspace.root])
        return outcome.run_dir, outcome.exit_code == EXIT_INTERRUPTED

    @contextmanager
    def _terminal(self) -> Iterator[None]:
        """The run shows its progress: a minute or two of silence would look like a hang."""
        capture: Any = self._config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            yield
            return
        with capture.global_and_fixture_disabled():
            yield


def _earlier(folders: list[Path], scenario: str) -> JudgedRun | str:
    """The last of the folders given that is a run of this scenario."""
    runs = [JudgedRun.read(folder) for folder in folders]
    fitting = [run for run in runs if run.scenario == Path(scenario).stem]
    if fitting:
        return fitting[-1]
    shown = ", ".join(f"{run.run_dir} ({run.scenario})" for run in runs)
    return f"tfbench: none of the folders of --tfbench-run is a run of {scenario}: {shown}"


_SESSION = pytest.StashKey[_Session]()
