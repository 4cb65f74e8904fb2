"""Makes sure that a Docker engine answers.

The engine that answers is used as it is. Else, as root on Debian or Ubuntu, one is installed and started, saying so;
elsewhere the error gives the commands to type.
"""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import docker
import requests
from docker.errors import DockerException, NotFound

from tfbench.errors import PlatformError, UsageError
from tfbench.progress import Progress

PACKAGES = ("docker.io", "iptables", "debootstrap")
START_DEADLINE_S = 60.0
CALL_TIMEOUT_S = 60
ENGINE_LOG = Path("/var/log/tfbench-dockerd.log")
PID_FILES = (Path("/var/run/docker.pid"), Path("/var/run/docker/containerd/containerd.pid"))
BY_HAND = """no Docker engine answers{why}.
  Debian or Ubuntu:  sudo apt-get install -y docker.io && sudo systemctl start docker
                     (then run as root, or join the group docker)
  macOS, Windows:    start Docker Desktop
  elsewhere:         start dockerd, or set DOCKER_HOST"""


def connect() -> docker.DockerClient | None:
    """A client of the engine that answers, or None."""
    try:
        client = docker.from_env(timeout=CALL_TIMEOUT_S)
        client.ping()
    except (DockerException, requests.RequestException):
        return None
    return client


def require_engine() -> docker.DockerClient:
    """The engine that answers; raises `UsageError` (exit 254) when none does."""
    client = connect()
    if client is None:
        raise UsageError(BY_HAND.format(why=""))
    return client


def ensure_engine(progress: Progress) -> docker.DockerClient:
    """The engine that answers, after installing and starting one where that is ours to do."""
    client = connect()
    if client is not None:
        return client
    if os.environ.get("DOCKER_HOST"):
        raise UsageError(BY_HAND.format(why=f" at DOCKER_HOST={os.environ['DOCKER_HOST']}"))
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise UsageError(BY_HAND.format(why=""))
    progress.say("No Docker engine answers: installing and starting one (docker.io from the distribution's packages).")
    if shutil.which("dockerd") is None:
        with progress.step("install docker.io"):
            apt_install(PACKAGES)
    with progress.step("start the Docker engine"):
        client = _start()
        _clear_leftovers(client)
    return client


def apt_install(packages: tuple[str, ...]) -> None:
    """Install Debian packages without recommended ones; raises `PlatformError` with apt's last lines."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-o", "DPkg::Lock::Timeout=300", "-qq"]
    install = ["apt-get", *options, "install", "-y", "--no-install-recommends", *packages]
    # An update that fails for one source of several must not stop an install that can work.
    subprocess.run(["apt-get", *options, "update"], env=env, capture_output=True, check=False)
    done = subprocess.run(install, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise PlatformError(f"apt-get install {' '.join(packages)} failed:\n{tail}")


def _start() -> docker.DockerClient:
    if shutil.which("systemctl") and Path("/run/systemd/system").exists():
        subprocess.run(["systemctl", "start", "docker"], check=False, capture_output=True)
    else:
        _clear_stale_pids()
        with ENGINE_LOG.open("ab") as log:
            subprocess.Popen(
                ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
            )
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        client = connect()
        if client is not None:
            return client
        time.sleep(0.3)
    tail = "\n".join(ENGINE_LOG.read_text(errors="replace").splitlines()[-8:]) if ENGINE_LOG.exists() else ""
    raise PlatformError(f"the Docker engine did not answer within {START_DEADLINE_S:.0f} s of its start:\n{tail}")


def _clear_leftovers(client: docker.DockerClient) -> None:
    """Remove containers of ours that an engine that was killed brings back: nobody is using them."""
    for container in client.containers.list(all=True, filters={"label": "tfbench.role"}):
        with contextlib.suppress(NotFound):
            container.remove(force=True, v=True)


def _clear_stale_pids() -> None:
    """Remove the pid files of an engine that was killed: with them there, the next one refuses to start."""
    for path in PID_FILES:
        try:
            name = Path(f"/proc/{int(path.read_text())}/comm").read_text().strip()
        except (OSError, ValueError):
            name = ""
        if name not in {"dockerd", "containerd"}:
            path.unlink(missing_ok=True)
