"""The TicketFlow stack on Compose: up, down, who is running, where it listens.

Stack.up() -> docker-compose up -d -> wait_healthy(): every service probed from outside (probes.py)
Stack.containers("app2") -> the containers of a role, by label `tfbench.role`
"""

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from tfbench import catalog
from tfbench.errors import PlatformError
from tfbench.model import Scenario
from tfbench.platforms import disks, links
from tfbench.platforms.images import Image
from tfbench.platforms.probes import Health, probe
from tfbench.platforms.servers import Ports
from tfbench.targets import parse_target

PROJECT = "ticketflow"
HEALTHY_DEADLINE_S = 120.0
COMPOSE_TIMEOUT_S = 180.0
REMOVERS = 6
OWNER_UP = "up"
OWNER_RUN = "run"


@dataclass(frozen=True, slots=True)
class Setup:
    """How the stack is put together: its profile, the links that go through Toxiproxy, switches by environment name.

    `bounded`: the services whose data lies on a disk of fixed size (disks.py).
    """

    profile: str = "default"
    links: tuple[str, ...] = ()
    switches: Mapping[str, str] = field(default_factory=dict)
    bounded: tuple[str, ...] = ()


DEFAULT_SETUP = Setup()


def setup_for(scenario: Scenario) -> Setup:
    """What a scenario needs: proxies only in the links that its faults slow down, small disks where one fills them."""
    links = {fault.target for fault in scenario.faults if catalog.FAULT_TYPES[fault.type].is_proxied}
    filled = {parse_target(fault.target).name for fault in scenario.faults if fault.type == "disk-full"}
    bounded = [service for role in sorted(filled) for service in disks.services_of(role, scenario.profile)]
    return Setup(scenario.profile, tuple(sorted(links)), bounded=tuple(bounded))


class Stack:
    """One Compose project. Services are named as in compose.yaml; a role (`app2`) may have several."""

    def __init__(self, client: docker.DockerClient, workspace: Path) -> None:
        self.client = client
        self.workspace = workspace

    # -- what is there

    def all_containers(self) -> list[Container]:
        """Every container of the project, running or not, by service name."""
        found = self.client.containers.list(
            all=True, filters={"label": f"com.docker.compose.project={PROJECT}"}, ignore_removed=True
        )
        return sorted(found, key=service_of)

    def containers(self, role: str) -> list[Container]:
        """The containers of one role; raises `PlatformError` when there is none."""
        found = [container for container in self.all_containers() if container.labels.get("tfbench.role") == role]
        if not found:
            raise PlatformError(f"no container has the role {role!r}; is the stack up? (tfbench status)")
        return found

    def container(self, service: str) -> Container:
        """The container of one service."""
        for container in self.all_containers():
            if service_of(container) == service:
                return container
        raise PlatformError(f"no container for the service {service!r}; is the stack up? (tfbench status)")

    def owner(self) -> str | None:
        """Who started the stack: `up` (a person), `run` (an experiment), None when nothing is there."""
        found = self.all_containers()
        owners = {container.labels.get("tfbench.owner") for container in found} - {None}
        return (owners.pop() if owners else OWNER_RUN) if found else None

    def ports(self) -> Ports:
        """Published ports: service -> container port -> port on 127.0.0.1. Stopped containers keep theirs."""
        return {
            service_of(container): {
                int(port.split("/")[0]): int(bindings[0]["HostPort"])
                for port, bindings in (container.attrs["HostConfig"]["PortBindings"] or {}).items()
            }
            for container in self.all_containers()
        }

    def states(self) -> dict[str, str]:
        """Docker's own word on each service: running, exited, paused..."""
        return {service_of(container): container.status for container in self.all_containers()}

    # -- what changes it

    def up(self, images: list[Image], owner: str, setup: Setup = DEFAULT_SETUP) -> None:
        """Start every service; returns before they are healthy."""
        environment = {**self._environment(images, owner), **links.environment(setup.links), **setup.switches}
        if setup.bounded:
            tools = next(image.reference for image in images if image.name == disks.IMAGE)
            disks.create(self.client, PROJECT, setup.bounded, tools)
        options = ("up", "-d", "--no-build", "--remove-orphans")
        self._compose(*links.arguments(setup.links), *options, env=environment, files=_files(setup))

    def down(self) -> None:
        """Remove containers, networks and volumes; paused or stopped ones too. Nothing to remove is fine."""
        containers = self.all_containers()
        if containers:
            with ThreadPoolExecutor(REMOVERS) as pool:
                list(pool.map(_remove, containers))
        label = {"label": f"com.docker.compose.project={PROJECT}"}
        for network in self.client.networks.list(filters=label):
            network.remove()
        disks.detach(self.client, PROJECT)
        for volume in self.client.volumes.list(filters=label):
            volume.remove()

    def wait_healthy(
        self, detail: Callable[[str], None] = lambda line: None, deadline_s: float = HEALTHY_DEADLINE_S
    ) -> dict[str, Health]:
        """Wait until every probe is satisfied; raises `PlatformError` naming those that are not."""
        ports = self.ports()
        waiting = dict.fromkeys(sorted(ports), Health(False, "not probed yet"))
        healthy: dict[str, Health] = {}
        deadline = time.monotonic() + deadline_s
        while waiting and time.monotonic() < deadline:
            for service, health in probe_all(ports, list(waiting)).items():
                waiting[service] = health
                if health.ok:
                    healthy[service] = waiting.pop(service)
            detail(f"{len(healthy)}/{len(ports)} healthy; waiting for {', '.join(waiting)}")
            if waiting:
                time.sleep(0.25)
        if waiting:
            lines = "\n".join(f"  {service}: {health.detail}" for service, health in waiting.items())
            raise PlatformError(
                f"not healthy within {deadline_s:.0f} s:\n{lines}\nSee what they say: tfbench logs SERVICE"
            )
        return healthy

    def logs_into(self, folder: Path) -> None:
        """Write each container's log to `folder/SERVICE.log`."""
        folder.mkdir(parents=True, exist_ok=True)
        for container in self.all_containers():
            with contextlib.suppress(APIError):
                (folder / f"{service_of(container)}.log").write_bytes(container.logs(timestamps=True))

    def _environment(self, images: list[Image], owner: str) -> dict[str, str]:
        tags = {f"TAG_{image.name.upper().replace('-', '_')}": image.tag for image in images}
        return {**os.environ, **tags, "TFBENCH_OWNER": owner, "TFBENCH_SESSION_KEY": secrets.token_hex(32)}

    def _compose(self, *arguments: str, env: dict[str, str], files: tuple[str, ...]) -> None:
        binary = Path(sys.prefix) / "bin" / "docker-compose"
        chosen = [option for name in files for option in ("--file", str(self.workspace / "compose" / name))]
        command = [str(binary), "--project-name", PROJECT, *chosen, "--progress", "quiet", *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=COMPOSE_TIMEOUT_S)
        if done.returncode != 0:
            tail = "\n".join(done.stderr.strip().splitlines()[-8:])
            raise PlatformError(f"docker-compose {' '.join(arguments)} failed:\n{tail}")


def _files(setup: Setup) -> tuple[str, ...]:
    """The Compose files of a setup; each profile but the default one has a file that changes the first."""
    return ("compose.yaml", *(() if setup.profile == "default" else (f"compose.{setup.profile}.yaml",)))


def _remove(container: Container) -> None:
    with contextlib.suppress(NotFound):
        if container.status == "paused":  # a frozen process cannot be killed: the removal would hang
            with contextlib.suppress(APIError):
                container.unpause()
        container.remove(force=True, v=True)


def service_of(container: Container) -> str:
    """The Compose service a container belongs to."""
    return str(container.labels["com.docker.compose.service"])


def probe_all(ports: Ports, services: list[str]) -> dict[str, Health]:
    """Probe services at once, each within its deadline."""
    if not services:
        return {}
    with ThreadPoolExecutor(len(services)) as pool:
        return dict(zip(services, pool.map(lambda service: probe(service, ports), services), strict=True))
