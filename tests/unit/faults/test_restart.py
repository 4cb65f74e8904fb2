"""Restart: by a signal from the host where possible, by the engine else; the process killed is the right one."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from tfbench.errors import FaultError
from tfbench.faults import restart
from tfbench.faults.restart import Restart, crash

from .fake_engine import FakeContainer, FakeEngine, spec


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("policy", "is_reachable", "how"),
    [
        ("unless-stopped", True, "host"),
        ("always", True, "host"),
        ("no", True, "engine"),  # nobody would bring it back
        ("unless-stopped", False, "engine"),  # not root, or the engine is on another host
    ],
)
def test_the_record_says_how_it_is_restarted(
    monkeypatch: pytest.MonkeyPatch, policy: str, is_reachable: bool, how: str
) -> None:
    monkeypatch.setattr(restart, "is_within_reach", lambda pid, identity: is_reachable)
    container = FakeContainer("correo", RestartPolicy={"Name": policy})
    undo = Restart().arm(spec("restart", "correo"), FakeEngine(container).stack())
    assert undo.details["before"]["correo"]["how"] == how


def test_the_engine_s_way_is_a_kill_and_a_start_and_leaves_nothing_to_heal() -> None:
    container = FakeContainer("correo", RestartPolicy={"Name": "no"})
    stack = FakeEngine(container).stack()
    undo = Restart().arm(spec("restart", "correo"), stack)
    Restart().inject(undo, stack)
    Restart().heal(undo, stack)
    assert container.calls == ["kill SIGKILL", "start"]
    assert Restart().residue(undo, stack) == []


def test_one_that_did_not_come_back_by_itself_is_started() -> None:
    container = FakeContainer("correo")
    stack = FakeEngine(container).stack()
    undo = Restart().arm(spec("restart", "correo"), stack)
    container.state["Status"] = "exited"
    assert Restart().residue(undo, stack) == ["correo is exited, not running"]
    Restart().heal(undo, stack)
    assert container.calls == ["start"]


def test_a_process_that_is_not_of_the_container_is_left_alive(sleeper: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(FaultError, match="not of the container 0123456789ab any more; nothing was killed"):
        crash(sleeper.pid, "0123456789abcdef")
    assert sleeper.poll() is None


def test_a_process_of_the_container_is_killed(
    monkeypatch: pytest.MonkeyPatch, sleeper: "subprocess.Popen[bytes]"
) -> None:
    monkeypatch.setattr(restart, "cgroups", lambda pid, identity: {"": f"/docker/{identity}"})
    crash(sleeper.pid, "0123456789abcdef")
    assert sleeper.wait(60) == -9


def test_a_process_that_ended_before_is_an_error_that_says_so(sleeper: "subprocess.Popen[bytes]") -> None:
    sleeper.kill()
    sleeper.wait(60)
    with pytest.raises(FaultError, match=f"process {sleeper.pid} of the container 0123456789ab cannot be killed"):
        crash(sleeper.pid, "0123456789abcdef")
