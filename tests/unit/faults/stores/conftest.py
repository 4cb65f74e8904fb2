"""A stack that runs nothing: containers and volumes as Docker describes them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from docker.errors import NotFound


class Executed(NamedTuple):
    exit_code: int
    output: Any


@dataclass
class ContainerDouble:
    """One service's container; `answer(command)` says what a program run in it prints."""

    service: str
    status: str = "running"
    mounts: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[list[str]], Executed] = lambda command: Executed(0, b"")
    commands: list[list[str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"id-{self.service}"

    @property
    def labels(self) -> dict[str, str]:
        role = self.service.split("-")[0] if "-" in self.service else self.service.rstrip("0123456789")
        return {"com.docker.compose.service": self.service, "tfbench.role": role}

    @property
    def attrs(self) -> dict[str, Any]:
        return {"Image": f"sha256:{self.service}", "Mounts": self.mounts}

    def exec_run(self, command: list[str], **_: Any) -> Executed:
        self.commands.append(command)
        return self.answer(command)


@dataclass
class VolumeDouble:
    attrs: dict[str, Any]


@dataclass
class StackDouble:
    """The containers and volumes there are; every program that a helper container runs is in `ran`."""

    services: list[ContainerDouble]
    options: dict[str, dict[str, str] | None] = field(default_factory=dict)
    printed: bytes = b""
    ran: list[tuple[str, list[str], dict[str, Any]]] = field(default_factory=list)

    @property
    def client(self) -> "EngineDouble":
        return EngineDouble(self)

    def containers(self, role: str) -> list[ContainerDouble]:
        return [one for one in self.services if one.labels["tfbench.role"] == role]

    def ports(self) -> dict[str, dict[int, int]]:
        """Every port of a service is its place in the list, from 1."""
        return {one.service: dict.fromkeys((3306, 5432, 8008, 15672), n) for n, one in enumerate(self.services, 1)}


class EngineDouble:
    """`client.containers` and `client.volumes`."""

    def __init__(self, stack: StackDouble) -> None:
        self.stack = stack
        self.containers = ContainersDouble(stack)
        self.volumes = VolumesDouble(stack)


@dataclass
class ContainersDouble:
    stack: StackDouble

    def get(self, identity: str) -> ContainerDouble:
        for one in self.stack.services:
            if identity in (one.id, one.service):
                return one
        raise NotFound(f"no container {identity}")

    def run(self, image: str, command: list[str], **settings: Any) -> bytes:
        self.stack.ran.append((image, command, settings))
        return self.stack.printed


@dataclass
class VolumesDouble:
    stack: StackDouble

    def get(self, name: str) -> VolumeDouble:
        if name not in self.stack.options:
            raise NotFound(f"no volume {name}")
        return VolumeDouble({"Options": self.stack.options[name]})


@pytest.fixture
def container() -> type[ContainerDouble]:
    return ContainerDouble


@pytest.fixture
def a_stack() -> type[StackDouble]:
    return StackDouble


@pytest.fixture
def executed() -> type[Executed]:
    return Executed
