"""The reaper goes when the bench goes, however it goes, and whoever else outlives it. No Docker: nothing is pending."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tfbench.errors import FaultError
from tfbench.faults.reaper import Reaper

DEADLINE_S = 60
BENCH = """
import os, subprocess, sys, time
from pathlib import Path
from tfbench.faults.reaper import Reaper

with Reaper(Path(sys.argv[1]), Path(sys.argv[1])) as watching:
    # The worst child there is: it takes every descriptor that may be inherited, and outlives the bench.
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    print(watching.pid, child.pid, flush=True)
    time.sleep(600)
"""


def ends(pidfd: int) -> bool:
    """Whether the process ends within the deadline; a descriptor tells also of a process that is not our child."""
    waiting = select.poll()
    waiting.register(pidfd, select.POLLIN)
    return bool(waiting.poll(DEADLINE_S * 1000))


@contextmanager
def bench(runs: Path) -> Iterator[tuple["subprocess.Popen[str]", int, int]]:
    """A bench with a reaper and a child: the bench, the reaper's pidfd, the child's pid."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", BENCH, str(runs)], stdout=subprocess.PIPE, text=True, env=env, start_new_session=True
    )
    assert process.stdout
    watching, child = (int(word) for word in process.stdout.readline().split())
    pidfd = os.pidfd_open(watching)
    try:
        yield process, pidfd, child
    finally:
        os.close(pidfd)
        process.kill()
        process.communicate()
        os.kill(child, signal.SIGKILL)


def test_the_reaper_ends_when_the_bench_is_killed_though_a_child_of_it_lives_on(tmp_path: Path) -> None:
    with bench(tmp_path) as (process, reaper_fd, child):
        process.kill()
        process.wait(DEADLINE_S)
        assert ends(reaper_fd), "the pipe's end has leaked into the child"
        os.kill(child, 0)


def test_what_is_sent_to_the_bench_s_process_group_does_not_reach_the_reaper(tmp_path: Path) -> None:
    with bench(tmp_path) as (process, reaper_fd, _):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.pidfd_send_signal(reaper_fd, number)  # not even those that are meant for it
        os.killpg(process.pid, signal.SIGSTOP)
        assert not select.select([reaper_fd], [], [], 1)[0], "it watches a bench that is alive"
        os.killpg(process.pid, signal.SIGKILL)
        assert ends(reaper_fd)


def test_after_an_orderly_end_it_is_gone_and_has_nothing_to_say(tmp_path: Path) -> None:
    with Reaper(tmp_path, tmp_path) as watching:
        pidfd = os.pidfd_open(watching.pid)
        assert os.getsid(watching.pid) == watching.pid != os.getsid(0)
    assert ends(pidfd)
    os.close(pidfd)
    assert watching.log.read_text() == ""


def test_a_reaper_that_does_not_start_is_an_error_before_anything_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(FaultError, match="did not start; see"), Reaper(tmp_path, tmp_path):
        pytest.fail("the context was entered")
