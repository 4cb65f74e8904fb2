"""The arrival plan: when each buyer comes, and for what. Pure; drawn from the seed alone.

Drawing ahead of the answers is what makes the loop open: a system that freezes for 2 s at 100 arrivals/s
meets all 200 of them, each late by what was left of the freeze.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """Arrival number `flow`, `at_s` seconds after the start of the plan, of a kind of the mix."""

    flow: int
    at_s: float
    kind: str


def plan(
    process: str,
    rate_per_s: float,
    mix: Mapping[str, float],
    seed: int,
    duration_s: float,
    first_flow: int = 0,
) -> Iterator[Arrival]:
    """The arrivals before `duration_s`, in order; the same seed, the same plan.

    Lazily, so that a long plan takes no memory; times and kinds come from two streams, so that another mix
    keeps the times.
    """
    kinds = list(mix)
    shares = [mix[kind] for kind in kinds]
    draw_kind = random.Random(f"{seed}/kinds")
    for number, at_s in enumerate(_times(process, rate_per_s, seed), start=first_flow):
        if at_s >= duration_s:
            return
        yield Arrival(number, at_s, draw_kind.choices(kinds, shares)[0])


def _times(process: str, rate_per_s: float, seed: int) -> Iterator[float]:
    if process == "constant":
        number = 0
        while True:
            yield number / rate_per_s
            number += 1
    if process != "poisson":
        raise ValueError(f"arrivals must be poisson or constant, not {process!r}")
    draw_gap = random.Random(f"{seed}/times")
    at_s = 0.0
    while True:
        at_s += draw_gap.expovariate(rate_per_s)
        yield at_s
