"""Finds the containers that a fault is aimed at, by asking the servers themselves who leads at that moment."""

from contextlib import suppress

from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.platforms.servers import (
    ASK_TIMEOUT_S,
    SERVER_ERRORS,
    Ports,
    ask,
    leader_of,
    leads,
    nodes,
    patroni_states,
)
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
    ask_roles = _postgres_roles if role.name == "postgres" else _mariadb_roles
    services = {service_of(container) for container in running}
    primary, replicas = ask_roles({name: ports for name, ports in stack.ports().items() if name in services})
    names = [primary] if role.selector == "primary" else replicas[:1]
    return [container for container in running if service_of(container) in names]


def _postgres_roles(ports: Ports) -> tuple[str | None, list[str]]:
    """The node that leads and those that say they follow; who does not answer is neither."""
    states = patroni_states(ports, ASK_TIMEOUT_S)
    return leader_of(states), [node for node, state in states.items() if not leads(state)]


def _mariadb_roles(ports: Ports) -> tuple[str | None, list[str]]:
    """The node that takes writes and those that refuse them; who does not answer is neither."""
    refuses = {}
    for node in nodes("mariadb", ports):
        with suppress(*SERVER_ERRORS):
            refuses[node] = ask("mariadb", node, ports, "SELECT @@read_only AS read_only")[0]["read_only"]
    primary = next((node for node, is_read_only in refuses.items() if not is_read_only), None)
    return primary, [node for node, is_read_only in refuses.items() if is_read_only]
