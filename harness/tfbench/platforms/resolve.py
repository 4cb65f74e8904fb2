"""Finds the containers that a fault is aimed at, by asking the servers themselves who leads at that moment."""

import requests
from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.platforms.servers import ASK_TIMEOUT_S, PATRONI_PORT, SERVER_ERRORS, Ports, ask, leads, patroni
from tfbench.platforms.stack import Stack, service_of
from tfbench.targets import Link, Role, parse_target


def resolve(target: str, stack: Stack) -> list[Container]:
    """The running containers of a role target. Raises FaultError when there is none to break."""
    role = parse_target(target)
    if isinstance(role, Link):
        raise FaultError(f"{target} is a link, and a role is needed")
    running = [container for container in stack.containers(role.name) if container.status == "running"]
    chosen = _select(role, running, stack)
    if not chosen:
        raise FaultError(f"no running container is {target}: nothing to break (tfbench status)")
    return chosen


def resolve_link(target: str, stack: Stack) -> tuple[list[Container], list[Container]]:
    """The running containers at both ends of a link target."""
    link = parse_target(target)
    if isinstance(link, Role):
        raise FaultError(f"{target} is a role, and a link is needed")
    return resolve(link.source, stack), resolve(link.target, stack)


def _select(role: Role, running: list[Container], stack: Stack) -> list[Container]:
    if role.selector == "all":
        return running
    if role.selector == "one":
        return running[:1]
    ports = stack.ports()
    is_leading = is_postgres_primary if role.name == "postgres" else is_mariadb_primary
    wants_leader = role.selector == "primary"
    chosen = [container for container in running if is_leading(service_of(container), ports) is wants_leader]
    return chosen if wants_leader else chosen[:1]


def is_postgres_primary(service: str, ports: Ports) -> bool | None:
    """Whether Patroni on this node says that it leads; None when it doesn't answer."""
    try:
        return leads(patroni(ports[service][PATRONI_PORT], ASK_TIMEOUT_S))
    except (requests.RequestException, ValueError):
        return None


def is_mariadb_primary(service: str, ports: Ports) -> bool | None:
    """Whether this node takes writes; None when it doesn't answer."""
    try:
        rows = ask("mariadb", service, ports, "SELECT @@read_only AS read_only")
    except SERVER_ERRORS:
        return None
    return bool(rows) and not rows[0]["read_only"]
