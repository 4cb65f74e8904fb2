"""Which of the services' own events are the steps of a recovery, by the target of the fault."""

from dataclasses import dataclass, field
from typing import Any

# The order of what happens at the same time, and the place of what was not found.
STEPS = (
    "injected", "stopped", "took_effect", "down", "taken_out", "detected", "reads_moved", "broker_lost", "revoked",
    "promoted", "reconnected", "relay_resumed", "healing", "healed", "taken_in", "healthy", "broker_back", "consuming",
    "issuing", "first_success", "met_again", "reads_back", "replica_caught_up", "synchronous",
)  # fmt: skip

# Faults that take their target away altogether: only these must be answered by every step. Of a slow link, say, what
# was seen is shown, and what was not is no gap.
STOPPING = frozenset({"kill", "stop", "pause", "restart", "partition"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A step is the first event of this name, in a log of `logs`, that has these fields.

    `after`: an event that must come before it in the same log, with what its fields must be. `healed`: only once
    healing was ordered. `each`: every instance has a step of its own; else the first instance to say so has it.
    """

    step: str
    logs: str
    event: str
    fields: dict[str, Any] = field(default_factory=dict)
    after: str | None = None
    after_fields: dict[str, Any] = field(default_factory=dict)
    healed: bool = False
    each: bool = False


_APP1_BACK = Rule("reconnected", "app1-*", "reconectado", each=True)
_ISSUING = Rule("issuing", "app2-trabajador", "boleta_emitida", after="mariadb_no_disponible")
_BROKER_LOST = Rule("broker_lost", "middleware-*", "rabbitmq sin conexión", each=True)
_BROKER_BACK = Rule("broker_back", "middleware-*", "rabbitmq conectado", after="rabbitmq sin conexión", each=True)
_SOURCE = "cambió la fuente de lectura"

_BY_TARGET: dict[str, tuple[Rule, ...]] = {
    "postgres:primary": (
        Rule("detected", "middleware-*", "lider_no_responde"),
        Rule("revoked", "middleware-*", "concesion_revocada", {"propia": True}),
        Rule("promoted", "postgres*", "promoted self to leader"),
        _APP1_BACK,
        Rule(
            "relay_resumed", "middleware-*", "relevo reanudado", each=True,
            after="relevo detenido", after_fields={"estado": "sin_postgres"},
        ),
    ),
    "mariadb:primary": (
        Rule("reads_moved", "middleware-*", _SOURCE, {"ahora": "replica"}, each=True),
        Rule("reads_back", "middleware-*", _SOURCE, {"ahora": "primario"}, healed=True, each=True),
        _ISSUING,
    ),
    "rabbitmq": (
        _BROKER_LOST,
        _BROKER_BACK,
        Rule("consuming", "app2-trabajador", "consumiendo", after="rabbitmq_no_disponible"),
    ),
    "app2": (
        Rule("consuming", "app2-trabajador", "consumiendo", healed=True),
        Rule("issuing", "app2-trabajador", "boleta_emitida", healed=True),
    ),
    "app3": (
        Rule("taken_out", "haproxy", "is DOWN, reason"),
        Rule("taken_in", "haproxy", "is UP, reason", healed=True),
    ),
    "app1 -> postgres": (_APP1_BACK,),
    "middleware -> rabbitmq": (_BROKER_LOST, _BROKER_BACK),
    "app2 -> mariadb": (_ISSUING,),
}  # fmt: skip


def rules_of(target: str) -> tuple[Rule, ...]:
    """The rules of a fault's target, as a scenario names it: `postgres:primary`, `app3:one`, `app1 -> postgres`."""
    return _BY_TARGET.get(target) or _BY_TARGET.get(target.partition(":")[0], ())
