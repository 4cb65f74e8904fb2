"""A stack that runs nothing: containers as Docker describes them, and helpers that print what a test says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from docker.errors import APIError
from tfbench.observer import Observation

ROOT = Path(__file__).resolve().parents[4]
Printer = Callable[[str, list[str]], str]


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

    container: str
    command: list[str]
    settings: dict[str, Any]
    printer: Printer
    is_removed: bool = False

    def start(self) -> None:
        self.printed = self.printer(self.container, self.command)

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
        return ClientDouble(EngineDouble(self))

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
        container = settings["network_mode"].removeprefix("container:")
        helper = HelperDouble(container, command, settings, self.stack.printer)
        self.stack.helpers.append(helper)
        return helper

    def list(self, **_: Any) -> list[HelperDouble]:
        return [helper for helper in self.stack.helpers if not helper.is_removed]


@dataclass
class ClientDouble:
    """Docker's client."""

    containers: EngineDouble


@dataclass
class ObserverDouble:
    """Sees every service up, but those that are `down`."""

    stack: StackDouble
    down: tuple[str, ...] = ()

    def latest(self) -> Observation:
        services = {service: "down" if service in self.down else "up" for service in self.stack.states()}
        return Observation(1.0, services=services)


def not_running(container: str, command: list[str]) -> str:
    """What the engine says when a helper is to enter the namespace of a container that stopped."""
    answer = requests.Response()
    answer.status_code = 409
    raise APIError("cannot join network of a non running container", answer)
