"""A full disk: on a PostgreSQL of the test's own, whose data lies on a disk of fixed size; refused on any other.

disks.create -> volume on a loop device -> container postgres1 -> fill -> PostgreSQL dies of it -> heal -> it is back
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docker
import pytest
from docker.models.containers import Container
from tfbench.errors import FaultError
from tfbench.faults.registry import FAULTS
from tfbench.model import FaultSpec
from tfbench.platforms import disks
from tfbench.platforms.images import plan_images
from tfbench.platforms.stack import Stack

PROJECT = f"tfbench-test-{os.getpid()}"
DATA = "/var/lib/postgresql/data"
SERVER = ["/usr/lib/postgresql/15/bin/postgres", "-D", DATA, "-c", "listen_addresses=", "-c",
          "unix_socket_directories=/tmp"]  # fmt: skip
FILL_THE_LOG = "SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000)) FROM generate_series(1, 200)"


@dataclass
class Alone:
    """What a fault needs of a stack, with one service."""

    client: docker.DockerClient
    server: Container

    def containers(self, role: str) -> list[Container]:
        assert role == "postgres"
        self.server.reload()
        return [self.server]


@pytest.fixture
def alone(stack: Stack) -> Iterator[Alone]:
    """A PostgreSQL without Patroni on a disk of fixed size, in the image that the stack runs."""
    client, image = stack.client, stack.containers("postgres")[0].attrs["Image"]
    volumes = {f"{PROJECT}_postgres1": {"bind": DATA, "mode": "rw"}}
    try:
        disks.create(client, PROJECT, ["postgres1"], _tools(stack))
        labels = {"com.docker.compose.service": "postgres1"}
        server = client.containers.run(
            image, SERVER, detach=True, volumes=volumes, network_mode="none", labels=labels, name=f"{PROJECT}-postgres1"
        )
        yield Alone(client, server)
    finally:
        for left in client.containers.list(all=True, filters={"name": f"{PROJECT}-postgres1"}):
            left.remove(force=True, v=True)
        disks.detach(client, PROJECT)
        for volume in client.volumes.list(filters={"label": f"{disks.PROJECT_LABEL}={PROJECT}"}):
            volume.remove()


@pytest.fixture
def strike_alone(alone: Alone, struck_on: Any) -> Any:
    return lambda: struck_on(alone, "disk-full", "postgres", "disk-is-full")


def _tools(stack: Stack) -> str:
    return next(image.reference for image in plan_images(stack.workspace)[1] if image.name == disks.IMAGE)


def answers(server: Container, statement: str = "SELECT 1") -> bool:
    server.reload()
    return server.status == "running" and _psql(server, statement) == 0


def _psql(server: Container, statement: str) -> int | None:
    return server.exec_run(["psql", "-h", "/tmp", "-d", "postgres", "-c", statement]).exit_code


def is_dead(server: Container) -> bool:
    server.reload()
    return server.status == "exited"


def test_a_server_that_dies_of_it_comes_back_once_the_disk_is_free(strike_alone: Any, alone: Alone, until: Any) -> None:
    until("PostgreSQL to start on the image's data", lambda: answers(alone.server))
    with strike_alone() as fault:
        assert "No space left on device" in fault.evidence
        assert len(fault.residue()) == 1
        assert _psql(alone.server, FILL_THE_LOG) != 0
        until("PostgreSQL to die, with nowhere to write its log", lambda: is_dead(alone.server))
        fault.heal_in_another_process()
        fault.heal()
        assert fault.residue() == []
        alone.server.start()
        until("PostgreSQL to recover", lambda: answers(alone.server))


def test_the_data_survives_a_kill(alone: Alone, until: Any) -> None:
    until("PostgreSQL to start", lambda: answers(alone.server))
    assert answers(alone.server, "CREATE TABLE kept AS SELECT 1")
    alone.server.kill()
    until("PostgreSQL to be dead", lambda: is_dead(alone.server))
    alone.server.start()
    until("the table", lambda: answers(alone.server, "SELECT * FROM kept"))


def test_a_disk_that_is_the_hosts_own_is_never_filled(stack: Stack) -> None:
    for target in ("postgres:primary", "mariadb:primary", "rabbitmq"):
        with pytest.raises(FaultError, match="lies on the host's own disk"):
            FAULTS["disk-full"].arm(FaultSpec("test", "disk-full", target, ("disk-is-full",)), stack)
