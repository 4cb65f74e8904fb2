"""What the bench asks of a load process: one JSON object, checked once, here."""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tfbench.load.arrivals import PROCESSES, RAMP_S, SPIKE
from tfbench.model import Spike, Surge

MASTER_PORT = 5557  # Locust's


class LoadConfigError(ValueError):
    """The configuration cannot be played; the message names the key and the value seen."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who plays a load: one process, or `workers` of them on this machine.

    With `master_host`, an address of this machine, the workers are those that join it there from other machines.
    """

    workers: int = 1
    master_host: str | None = None
    master_port: int = MASTER_PORT

    @property
    def is_one_process(self) -> bool:
        return self.workers == 1 and self.master_host is None


@dataclass(frozen=True, slots=True)
class LoadConfig:
    """One load. Times in seconds, shares 0..1.

    `start_at` (epoch) is when the plan's second 0 is; None means as soon as the process is ready.
    `first_flow` numbers the flows of a process started in place of another, so that their buyers stay
    different people. The surge's `at_s` is counted from the plan's second 0; so is the spike's, which only arrivals
    `spike` have, as only `ramp` ones have `ramp_s`. `locustfile` is the text of one, for the workload of that name.
    """

    base_url: str
    rate_per_s: float
    mix: Mapping[str, float]
    seed: int
    duration_s: float
    clock_offset: float
    run_dir: Path
    arrivals: str = "poisson"
    workload: str = "ticketflow"
    start_at: float | None = None
    first_flow: int = 0
    think_s: float = 0.5
    hot_share: float = 0.05
    abandon_share: float = 0.2
    max_in_flight: int = 5000
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    stop_grace_s: float = 10.0
    ready_timeout_s: float = 30.0
    surge: Surge | None = None
    ramp_s: float = RAMP_S
    spike: Spike = SPIKE
    crew: Crew = Crew()
    worker: int = 0
    locustfile: str | None = None

    def __post_init__(self) -> None:
        for name in ("rate_per_s", "duration_s", "max_in_flight", "connect_timeout_s", "read_timeout_s", "ramp_s"):
            if not getattr(self, name) > 0:
                raise LoadConfigError(f"{name} must be above 0, not {getattr(self, name)!r}")
        if self.arrivals not in PROCESSES:
            raise LoadConfigError(f"arrivals must be one of {', '.join(PROCESSES)}, not {self.arrivals!r}")
        if any(share < 0 for share in self.mix.values()) or not math.isclose(sum(self.mix.values()), 1):
            raise LoadConfigError(f"the shares of mix must be 0..1 and sum to 1, not {dict(self.mix)!r}")
        if not 0 <= self.worker < self.crew.workers:
            raise LoadConfigError(f"worker must be from 0 and below crew.workers, not {self.worker!r}")
        _check_rush("spike", self.spike)
        if self.surge is not None:
            _check_rush("surge", self.surge)

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"run_dir": str(self.run_dir)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "LoadConfig":
        """Read what `to_json` or a person wrote; an unknown or a missing key is an error."""
        values: dict[str, Any] = json.loads(text)
        _check_keys(cls, values)
        parts = {name: _read_part(name, values[name]) for name in _PARTS if values.get(name) is not None}
        return cls(**(values | {"run_dir": Path(values["run_dir"])} | parts))


_PARTS: Mapping[str, type[Surge | Spike | Crew]] = {"surge": Surge, "spike": Spike, "crew": Crew}


def _read_part(name: str, values: Mapping[str, Any]) -> Surge | Spike | Crew:
    _check_keys(_PARTS[name], values, where=f"{name}: ")
    return _PARTS[name](**values)


def _check_keys(cls: type[LoadConfig | Surge | Spike | Crew], values: Mapping[str, Any], where: str = "") -> None:
    """Raise where a key is unknown, or one without a default is missing."""
    known = {field.name: field for field in fields(cls)}
    if unknown := sorted(values.keys() - known.keys()):
        raise LoadConfigError(f"{where}unknown keys: {', '.join(unknown)}")
    needed = {name for name, field in known.items() if field.default is MISSING}
    if missing := sorted(needed - values.keys()):
        raise LoadConfigError(f"{where}missing keys: {', '.join(missing)}")


def _check_rush(where: str, rush: Surge | Spike) -> None:
    if not rush.at_s >= 0:
        raise LoadConfigError(f"{where}.at_s must not be below 0, not {rush.at_s!r}")
    for name in ("length_s", "factor"):
        if not getattr(rush, name) > 0:
            raise LoadConfigError(f"{where}.{name} must be above 0, not {getattr(rush, name)!r}")
