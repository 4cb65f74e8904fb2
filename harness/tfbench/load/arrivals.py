"""The arrival plan: when each buyer comes, and for what. Pure; drawn from the seed alone.

Drawing ahead of the answers is what makes the loop open: a system that freezes for 2 s at 100 arrivals/s
meets all 200 of them, each late by what was left of the freeze.
"""

import bisect
import dataclasses
import itertools
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tfbench.model import LoadSpec, Phases, Spike, Surge

PROCESSES = ("poisson", "constant", "ramp", "spike")

# Kinds that choose an event: in a surge, all of them want the surge's.
CHOOSING_KINDS = frozenset({"seat_map", "hold", "purchase"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """Arrival number `flow`, `at_s` seconds after the start of the plan, of a kind of the mix.

    `event`: the one it comes for; None leaves that to the buyer.
    """

    flow: int
    at_s: float
    kind: str
    event: str | None = None


# How `ramp` and `spike` go where nobody says otherwise.
RAMP_S = 60.0
SPIKE = Spike(at_s=60.0, length_s=10.0, factor=10.0)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the rate goes over the time of a plan, as a bent clock: `comes_at` and `even_by` undo each other.

    Arrivals drawn at an even rate come when the bent clock says, which keeps a Poisson process one, of a rate that
    changes: none is thrown away, none drawn twice.
    """

    ramp_s: float | None = None
    spike: Spike | None = None
    surge: Surge | None = None

    @classmethod
    def of(cls, load: LoadSpec, phases: Phases) -> "Shape":
        """A scenario's, on its plan's clock, which begins with the warm-up."""
        outage_at_s = phases.warmup_s + phases.baseline_s
        return cls(
            load.ramp_s,
            load.spike and dataclasses.replace(load.spike, at_s=load.spike.at_s + outage_at_s),
            load.surge and dataclasses.replace(load.surge, at_s=load.surge.at_s + outage_at_s),
        )

    def comes_at(self, even_s: float) -> float:
        """When an arrival comes that would come at `even_s` at the full rate throughout."""
        at_s = even_s if self.ramp_s is None else _ramped(even_s, self.ramp_s)
        at_s = at_s if self.spike is None else _squeezed(at_s, self.spike)
        return at_s if self.surge is None else _squeezed(at_s, self.surge)

    def even_by(self, t: float) -> float:
        """How many seconds of the full rate bring as many arrivals as are due by second `t`."""
        even_s = t if self.surge is None else _stretched(t, self.surge)
        even_s = even_s if self.spike is None else _stretched(even_s, self.spike)
        return even_s if self.ramp_s is None else _levelled(even_s, self.ramp_s)


def plan(
    process: str,
    rate_per_s: float,
    mix: Mapping[str, float],
    seed: int,
    duration_s: float,
    first_flow: int = 0,
    surge: Surge | None = None,
    ramp_s: float = RAMP_S,
    spike: Spike = SPIKE,
) -> Iterator[Arrival]:
    """The arrivals before `duration_s`, in order; the same seed, the same plan.

    Lazily, so that a long plan takes no memory; times and kinds come from two streams, so that another mix
    keeps the times. A surge changes nothing before it.

    `poisson`, `constant`; `ramp`: Poisson, from no arrivals to `rate_per_s` evenly within `ramp_s`, and so on from
    there; `spike`: Poisson, and denser for a while.
    """
    kinds = list(mix)
    shares = list(itertools.accumulate(mix[kind] for kind in kinds))
    whole, last = shares[-1], len(kinds) - 1
    draw_kind = random.Random(f"{seed}/kinds").random
    shape = Shape(ramp_s if process == "ramp" else None, spike if process == "spike" else None, surge)
    for number, even_s in enumerate(_times(process, rate_per_s, seed), start=first_flow):
        at_s = shape.comes_at(even_s)
        if at_s >= duration_s:
            return
        kind = kinds[bisect.bisect(shares, draw_kind() * whole, 0, last)]  # as `choices` does, for a third of its time
        yield Arrival(number, at_s, kind, _event(kind, at_s, surge))


def _ramped(even_s: float, ramp_s: float) -> float:
    """When an arrival comes that would come at `even_s` at the full rate: the inverse of what has been due by then.

    After t seconds of the ramp as many are due as after t^2 / 2 ramp_s seconds at the full rate.
    """
    return math.sqrt(2 * ramp_s * even_s) if even_s < ramp_s / 2 else even_s + ramp_s / 2


def _levelled(t: float, ramp_s: float) -> float:
    """What `_ramped` undoes."""
    return t**2 / (2 * ramp_s) if t < ramp_s else t - ramp_s / 2


def _squeezed(even_s: float, surge: Surge | Spike) -> float:
    """When an arrival comes that would come at `even_s` without the surge.

    A clock that runs `factor` times as fast in the surge: it makes evenly spaced arrivals denser, and a Poisson
    process one of `factor` times the rate, exactly (its gaps are exponential in each piece, none is thrown away).
    """
    since_s = even_s - surge.at_s
    if since_s <= 0:
        return even_s
    if since_s < surge.length_s * surge.factor:
        return surge.at_s + since_s / surge.factor
    return even_s - surge.length_s * (surge.factor - 1)


def _stretched(t: float, surge: Surge | Spike) -> float:
    """What `_squeezed` undoes."""
    since_s = min(max(t - surge.at_s, 0), surge.length_s)
    return t + since_s * (surge.factor - 1)


def _event(kind: str, at_s: float, surge: Surge | None) -> str | None:
    if surge is None or kind not in CHOOSING_KINDS:
        return None
    return surge.event if surge.at_s <= at_s < surge.at_s + surge.length_s else None


def _times(process: str, rate_per_s: float, seed: int) -> Iterator[float]:
    if process == "constant":
        number = 0
        while True:
            yield number / rate_per_s
            number += 1
    if process not in PROCESSES:
        raise ValueError(f"arrivals must be one of {', '.join(PROCESSES)}, not {process!r}")
    draw_gap = random.Random(f"{seed}/times")
    at_s = 0.0
    while True:
        at_s += draw_gap.expovariate(rate_per_s)
        yield at_s
