"""Replication break: the node that follows goes on receiving, and applies nothing. Healing lets it apply again.

    MariaDB     the replica's SQL thread is stopped, by a statement
    PostgreSQL  the standby's startup process, which applies, is frozen (SIGSTOP). To pause replay would not last:
                Patroni resumes it at its next look, within a second. Such a standby can't be promoted before it heals

Commits go on: they wait until the follower has what it was sent, not until it has applied it. A follower that restarts
applies again by itself.
"""

from typing import Any, ClassVar

import requests
from docker.errors import APIError
from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.containers import running
from tfbench.model import FaultSpec
from tfbench.platforms.resolve import resolve
from tfbench.platforms.servers import SERVER_ERRORS, ask
from tfbench.platforms.stack import Stack, service_of
from tfbench.targets import parse_target

APPLIER = {
    "mariadb": "SHOW SLAVE STATUS",
    "postgres": "SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'",
}


class ReplicationBreak:
    """Stop applying now, go on later."""

    type: ClassVar[str] = "replication-break"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        role, containers = parse_target(spec.target).name, resolve(spec.target, stack)
        try:
            appliers = {service_of(container): _applier(role, service_of(container), stack) for container in containers}
        except SERVER_ERRORS as error:
            raise FaultError(f"the nodes of {spec.target} do not say who follows whom: {error}") from error
        following = {service_of(c): str(c.id) for c in containers if appliers[service_of(c)] is not None}
        if not following:
            raise FaultError(f"no running node of {spec.target} follows another ({', '.join(appliers)} asked)")
        pids = {service: row["pid"] for service, row in appliers.items() if row and "pid" in row}
        undo = Undo(spec.id, self.type, spec.target, following, {"role": role, "pids": pids})
        if stopped := self.residue(undo, stack):
            raise FaultError(f"{', '.join(stopped)}; heal that first: tfbench heal")
        return undo

    def inject(self, undo: Undo, stack: Stack) -> None:
        for service, container in running(undo, stack).items():
            try:
                _switch(undo, service, container, stack, on=False)
            except (APIError, requests.RequestException, *SERVER_ERRORS) as error:
                raise FaultError(f"replication of {service} could not be stopped: {error}") from error

    def heal(self, undo: Undo, stack: Stack) -> None:
        for service, container in running(undo, stack).items():
            try:
                _switch(undo, service, container, stack, on=True)
            except SERVER_ERRORS:
                continue  # residue() asks again, and says it

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        left = []
        for service, container in running(undo, stack).items():
            try:
                if _is_stopped(undo, service, container, stack):
                    left.append(f"{service} receives and applies nothing")
            except SERVER_ERRORS as error:
                left.append(f"{service} does not say whether it replicates: {error}")
        return left


def _applier(role: str, service: str, stack: Stack) -> dict[str, Any] | None:
    """What applies on a follower, in the server's own words; None when it follows nobody."""
    rows = ask(role, service, stack.ports(), APPLIER[role])
    return rows[0] if rows else None


def _switch(undo: Undo, service: str, container: Container, stack: Stack, *, on: bool) -> None:
    if undo.details["role"] == "mariadb":
        if _applier("mariadb", service, stack) is not None:
            ask("mariadb", service, stack.ports(), f"{'START' if on else 'STOP'} SLAVE SQL_THREAD")
        return
    # A process that is gone took the freeze with it.
    command = f"kill -{'CONT' if on else 'STOP'} {undo.details['pids'][service]}"
    result = container.exec_run(["sh", "-c", command])
    if result.exit_code and not on:
        raise FaultError(f"replication of {service} could not be stopped: `{command}` ended with {result.exit_code}")


def _is_stopped(undo: Undo, service: str, container: Container, stack: Stack) -> bool:
    if undo.details["role"] == "mariadb":
        status = _applier("mariadb", service, stack)
        return status is not None and status["Slave_SQL_Running"] != "Yes"
    result: Any = container.exec_run(["cat", f"/proc/{undo.details['pids'][service]}/stat"])
    # PID (NAME) STATE ...; the name may hold anything.
    return bool(result.exit_code == 0 and result.output.decode().rpartition(")")[2].split()[0] == "T")
