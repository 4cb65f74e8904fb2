"""What `tfbench status` shows: each service, who leads PostgreSQL, the dead letters with their reasons.

    look(states, ports) -> Status -> parts() for a terminal, to_json() for a program

What could not be read is None and said to be so: a broker that does not answer has not "no dead letters".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from rich.table import Table
from rich.text import Text

from tfbench.observer import leader_and_standby
from tfbench.platforms.probes import Health
from tfbench.platforms.servers import Ports
from tfbench.platforms.stack import probe_all
from tfbench.stores import dead_letters

DEAD_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Status:
    """One look at a running system. `dead` are the dead letters; None: the broker did not say."""

    states: dict[str, str]
    health: dict[str, Health]
    ports: Ports
    leader: str | None
    standby: str | None
    dead: list[dict[str, Any]] | None

    def parts(self) -> Iterator[Table | str]:
        """For a terminal, in English."""
        yield self._services()
        yield f"\nPostgreSQL: {self.leader or 'no node'} leads, {self.standby or 'no node'} is its synchronous standby"
        if self.dead is None:
            yield "Dead letters: could not be read"
        elif self.dead:
            yield self._dead_letters(self.dead)
        else:
            yield "Dead letters: none"

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "services": {
                service: {"container": self.states[service], "ok": health.ok, "detail": health.detail}
                for service, health in self.health.items()
            },
            "postgres": {"leader": self.leader, "sync_standby": self.standby},
            "dead_letters": self.dead,
        }

    def _services(self) -> Table:
        table = Table("service", "container", "health", "seen", "127.0.0.1 port -> container", box=None,
                      header_style="bold")  # fmt: skip
        for service, state in self.states.items():
            shown = ", ".join(f"{host} -> {inner}" for inner, host in sorted(self.ports[service].items()))
            health = self.health[service]
            table.add_row(service, state, "ok" if health.ok else "NOT OK", _shown(health.detail), shown)
        return table

    def _dead_letters(self, dead: list[dict[str, Any]]) -> Table:
        beyond = f", the first {DEAD_SHOWN}" if len(dead) > DEAD_SHOWN else ""
        table = Table("order", "message", "deliveries", "reason", box=None, header_style="bold",
                      title=f"Dead letters: {len(dead)}{beyond}", title_justify="left")  # fmt: skip
        for row in dead[:DEAD_SHOWN]:
            table.add_row(*(_shown(row.get(name)) for name in ("orden_id", "mensaje_id", "intentos", "motivo")))
        return table


def look(states: dict[str, str], ports: Ports) -> Status:
    """Look at every service of a running stack, each with its own deadline."""
    leader, standby = leader_and_standby(ports)
    return Status(states, probe_all(ports, list(states)), ports, leader, standby, _dead_letters(ports))


def _dead_letters(ports: Ports) -> list[dict[str, Any]] | None:
    try:
        return dead_letters(ports)
    except (OSError, requests.RequestException, ValueError, KeyError):
        return None


def _shown(value: Any) -> Text:
    """As it is: a reason with brackets is no markup."""
    return Text("-" if value is None else str(value))
