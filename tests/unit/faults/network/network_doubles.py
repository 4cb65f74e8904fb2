"""A stack that runs nothing: containers as Docker describes them, and helpers that print what a test says."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.errors import NotFound
from tfbench.observer import Observation

FIRST_PID = 4711
ROOT = Path(__file__).resolve().parents[4]
# What a command prints in the namespace of a container, by its id; None: it is gone by then.
Printer = Callable[[str, list[str]], str | None]


class ContainerDouble:
    """A service's container at one address."""

    def __init__(self, service: str, role: str, address: str, environment: tuple[str, ...] = ()) -> None:
        self.id, self.status, self.restarts = f"id-{service}", "running", 0
        self.labels = {"com.docker.compose.service": service, "tfbench.role": role}
        self.attrs = {
            "NetworkSettings": {"Networks": {"ticketflow_default": {"IPAddress": address}, "none": {"IPAddress": ""}}},
            "Config": {"Env": list(environment)},
        }

    def restart(self, timeout: int) -> None:
        self.restarts += 1


@dataclass
class HelperDouble:
    """A helper container: what it was asked, and what becomes of it."""

    jobs: dict[str, tuple[str, list[str]]]  # name -> the container it is for, and the command
    settings: dict[str, Any]
    printer: Printer
    is_removed: bool = False

    def start(self) -> None:
        seen = {name: self.printer(*job) for name, job in self.jobs.items()}
        answers = {name: {"status": 0, "printed": text} for name, text in seen.items() if text is not None}
        self.printed = json.dumps(answers)

    def wait(self, timeout: float) -> dict[str, int]:
        return {"StatusCode": 0}

    def logs(self, **_: bool) -> bytes:
        return self.printed.encode()

    def remove(self, force: bool) -> None:
        self.is_removed = True


@dataclass
class StackDouble:
    """The containers there are; helpers print what `printer(container id, command)` says."""

    services: list[ContainerDouble]
    printer: Printer = lambda container, command: ""
    helpers: list[HelperDouble] = field(default_factory=list)
    api_port: int = 0
    workspace: Path = ROOT

    @property
    def client(self) -> "ClientDouble":
        return ClientDouble(EngineDouble(self), ProcessesDouble(self))

    def all_containers(self) -> list[ContainerDouble]:
        return self.services

    def containers(self, role: str) -> list[ContainerDouble]:
        return [one for one in self.services if one.labels["tfbench.role"] == role]

    def container(self, service: str) -> ContainerDouble:
        return next(one for one in self.services if one.labels["com.docker.compose.service"] == service)

    def states(self) -> dict[str, str]:
        return {one.labels["com.docker.compose.service"]: one.status for one in self.services}

    def ports(self) -> dict[str, dict[int, int]]:
        return {"toxiproxy": {8474: self.api_port}}


@dataclass
class EngineDouble:
    """The engine's containers, as far as helpers use them."""

    stack: StackDouble

    def create(self, image: str, command: list[str], **settings: Any) -> HelperDouble:
        asked = json.loads(command[-1]).items()
        jobs = {name: (self.stack.services[pid - FIRST_PID].id, wanted) for name, (pid, wanted) in asked}
        helper = HelperDouble(jobs, settings, self.stack.printer)
        self.stack.helpers.append(helper)
        return helper

    def list(self, **_: Any) -> list[HelperDouble]:
        return [helper for helper in self.stack.helpers if not helper.is_removed]


@dataclass
class ProcessesDouble:
    """Which process each container is; one that stopped is none."""

    stack: StackDouble

    def inspect_container(self, container: str) -> dict[str, Any]:
        for pid, one in enumerate(self.stack.services, FIRST_PID):
            if one.id == container:
                return {"State": {"Pid": pid if one.status == "running" else 0}}
        raise NotFound(f"no such container: {container}")


@dataclass
class ClientDouble:
    """Docker's client."""

    containers: EngineDouble
    api: ProcessesDouble


@dataclass
class ObserverDouble:
    """Sees every service up, but those that are `down`."""

    stack: StackDouble
    down: tuple[str, ...] = ()

    def latest(self) -> Observation:
        services = {service: "down" if service in self.down else "up" for service in self.stack.states()}
        return Observation(1.0, services=services)
