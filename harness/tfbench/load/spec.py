"""Reads what a scenario says of its load, and refuses what cannot be offered, with file and line.

spec.load of a scenario -> read_load -> LoadSpec; once the phases are known, check_rush
"""

import math
from pathlib import Path

from tfbench import catalog
from tfbench.errors import UsageError
from tfbench.load.config import Crew
from tfbench.load.ownfile import check_users, read_locustfile
from tfbench.model import LoadSpec, Phases, Spike, Surge
from tfbench.yamlio import Mapping

_MIN_RATE_PER_S, _MAX_RATE_PER_S = 0.1, 100_000
# One load process on one core offers so many on time; 6,000 are too many (measured).
WORKER_RATE_PER_S = 4000
_MAX_S = 86_400
_MAX_FACTOR = 1000


def read_load(load: Mapping, beside: Path | None) -> LoadSpec:
    """The load that a scenario asks for; its locustfile, found from the folder `beside`. None: nobody will play it."""
    arrivals = load.require_choice("arrivals", catalog.ARRIVALS, "arrivals")
    workload = load.require_choice("workload", catalog.WORKLOADS, "workload")
    spec = LoadSpec(
        workload=workload,
        rate_per_s=load.require_number("rate_per_s", min=_MIN_RATE_PER_S, max=_MAX_RATE_PER_S),
        arrivals=arrivals,
        mix=_read_mix(load.mapping("mix"), workload),
        surge=_read_surge(load, workload),
        ramp_s=_read_ramp(load, arrivals),
        spike=_read_spike(load, arrivals),
        locustfile=read_locustfile(load, workload, beside),
    )
    load.finish()
    if spec.surge and spec.spike:
        raise load.require("surge").error("besides arrivals: spike; a surge is one already, keep one of them")
    if spec.locustfile is not None:
        check_users(spec.locustfile, load.mapping("mix"))
    return spec


def check_rush(load: Mapping, spec: LoadSpec, phases: Phases) -> None:
    """A rush belongs to the outage and what follows, a ramp before it: steady traffic is what ratios are proved on."""
    for key, rush in (("surge", spec.surge), ("spike", spec.spike)):
        if rush and rush.at_s + rush.length_s > phases.outage_s + phases.recovery_s:
            raise load.require(key).error("ends after the load does; make outage_s longer")
    before_s = phases.warmup_s + phases.baseline_s
    if spec.ramp_s is not None and spec.ramp_s > before_s:
        raise load.require("ramp_s").error(f"{spec.ramp_s:g} s, but warm-up and baseline last {before_s:g} s in all")


def check_crew(spec: LoadSpec, crew: Crew) -> None:
    """Raise UsageError where a crew is too small for the rate; a rush above it is short, and shows in its delays."""
    needed = math.ceil(spec.rate_per_s / WORKER_RATE_PER_S)
    if crew.workers < needed:
        raise UsageError(
            f"{spec.rate_per_s:g} arrivals/s are more than {crew.workers} of the load's processes can offer on time"
            f" ({WORKER_RATE_PER_S:,} each): run it with --workers {needed}"
        )


def _read_surge(load: Mapping, workload: str) -> Surge | None:
    node = load.optional("surge")
    if node is None:
        return None
    if workload != catalog.TICKETFLOW:
        raise node.error(f"only buyers of workload: {catalog.TICKETFLOW} choose an event; use arrivals: spike")
    surge = load.mapping("surge")
    spec = Surge(**_read_rush(surge), event=surge.require_str("event"))
    surge.finish()
    return spec


def _read_spike(load: Mapping, arrivals: str) -> Spike | None:
    if not _belongs(load, "spike", arrivals, "spike"):
        return None
    mapping = load.mapping("spike")
    spike = Spike(**_read_rush(mapping))
    mapping.finish()
    return spike


def _read_rush(mapping: Mapping) -> dict[str, float]:
    return {
        "at_s": mapping.require_number("at_s", min=0, max=_MAX_S),
        "length_s": mapping.require_number("length_s", min=1, max=_MAX_S),
        "factor": mapping.require_number("factor", min=1, max=_MAX_FACTOR),
    }


def _read_ramp(load: Mapping, arrivals: str) -> float | None:
    if not _belongs(load, "ramp_s", arrivals, "ramp"):
        return None
    return load.require_number("ramp_s", min=1, max=_MAX_S)


def _belongs(load: Mapping, key: str, arrivals: str, process: str) -> bool:
    """Whether the key is to be read: it belongs to these arrivals. Refused where it stands beside others."""
    node = load.optional(key)
    if node is not None and arrivals != process:
        raise node.error(f"is for arrivals: {process}, and these are {arrivals}; remove it, or change them")
    return arrivals == process


def _read_mix(mapping: Mapping, workload: str) -> dict[str, float]:
    """The shares. Kinds of arrival of a locustfile are its classes, which only Locust can tell: `check_users`."""
    mix: dict[str, float] = {}
    for key, kind, share in mapping.items():
        if workload == catalog.TICKETFLOW:
            key.as_choice(catalog.ARRIVAL_KINDS, "kind of arrival")
        mix[kind] = share.as_number(min=0, max=1)
    total = math.fsum(mix.values())
    if not math.isclose(total, 1, abs_tol=1e-9):
        raise mapping.error(f"the shares sum to {total:.6g}; make them sum to 1")
    for key, kind, _ in mapping.items() if workload == catalog.TICKETFLOW else ():
        if kind in catalog.ARRIVALS_AFTER_PURCHASE and mix[kind] > 0 and not mix.get("purchase"):
            raise key.error("comes back to an order, but nobody buys; give purchase a share")
    return mix
