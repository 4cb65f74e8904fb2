"""A series: one fault, many times, under load, as a scenario file of its own that `tfbench check` can judge again.

    scenarios/caida-postgres.yaml + Series(kills) -> reports/out/bench/TIME/serie-postgres-kill.yaml

Seats are finite: at 25 arrivals/s, 20 faults sell about 5,500 of the 26,800 there are.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

# Half of what scenarios offer: recovery is measured, not what the machine bears while a node comes back.
RATE_PER_S = 25
WARMUP_S, BASELINE_S = 15, 20


@dataclass(frozen=True, slots=True)
class Series:
    """One row of the table. The fault holds `hold_s`; the next one comes `quiet_s` after everything has recovered.

    `objective` names the recovery objective that the row shows, `base` the scenario it is made from.
    """

    name: str
    title: str
    base: str
    fault: str
    target: str
    verify: tuple[str, ...]
    objective: str
    hold_s: float
    quiet_s: float = 15
    switches: Mapping[str, str] = field(default_factory=dict)


_DEAD = ("containers-exited", "service-down")
_FROZEN = ("containers-paused", "service-down")
_PRIMARY = "postgres:primary"

SERIES = {
    series.name: series
    for series in (
        Series("postgres-kill", "PostgreSQL primary killed", "caida-postgres", "kill", _PRIMARY, _DEAD, "app1-rto", 12),
        Series("postgres-freeze", "PostgreSQL primary frozen", "caida-postgres", "pause", _PRIMARY, _FROZEN,
               "app1-rto", 15),
        Series("postgres-stop", "PostgreSQL primary stopped in order", "caida-postgres", "stop", _PRIMARY, _DEAD,
               "app1-rto", 12),
        Series("postgres-kill-patroni-alone", "PostgreSQL primary killed, the orchestrator's watch switched off",
               "caida-postgres", "kill", _PRIMARY, _DEAD, "app1-rto", 35,
               switches={"TFBENCH_VIGIA_POSTGRES": "no"}),
        Series("mariadb-kill", "MariaDB primary killed (ticket pages)", "caida-mariadb", "kill", "mariadb:primary",
               _DEAD, "app3-tickets-rto", 10),
        Series("rabbitmq-kill", "RabbitMQ killed, started after 10 s (reservations)", "caida-rabbitmq", "kill",
               "rabbitmq", _DEAD, "app1-rto", 10),
        Series("app2-kill", "App 2 killed, started after 10 s (boletas)", "caida-app2", "kill", "app2",
               ("containers-exited",), "app2-rto", 10),
    )
}  # fmt: skip


def write_scenario(series: Series, count: int, scenarios: Path, folder: Path) -> Path:
    """Write the scenario of a series into `folder`; returns its file."""
    base = scenarios / f"{series.base}.yaml"
    yaml = YAML()
    document: dict[str, Any] = yaml.load(base.read_text(encoding="utf-8"))
    name = f"serie-{series.name}"
    spec = document["spec"]
    every_s = series.hold_s + series.quiet_s
    document["metadata"]["name"] = name
    spec["load"]["rate_per_s"] = RATE_PER_S
    spec["phases"] |= {
        "warmup_s": WARMUP_S,
        "baseline_s": BASELINE_S,
        "outage_s": every_s * count,
        "recovery_s": series.quiet_s,
    }
    spec["faults"] = [
        {
            "id": f"{series.fault}-{number + 1:02}",
            "type": series.fault,
            "target": series.target,
            "at_s": every_s * number,
            "hold_s": series.hold_s,
            "verify": list(series.verify),
        }
        for number in range(count)
    ]
    source = (base.parent / spec["objectives"]["source"]).resolve()
    spec["objectives"] |= {"source": os.path.relpath(source, folder), "required": [series.objective]}
    spec["expectations"] = []
    file = folder / f"{name}.yaml"
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(document, out)
    return file
