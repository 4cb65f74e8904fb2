"""A correct seat, simulated: buyers whose messages are late, whose answers get lost, whose requests never arrive.

buyer --call--> (delay or crash) --> the seat decides, one request at a time --> (delay or loss) --ret--> buyer
"""

import heapq
import math
import random
from dataclasses import dataclass, replace

from tfbench.checks.seat_model import FREE, HOLD_S, Kind, Op, State, expiry

BUYERS = 12
CRASH, LOSS = 0.1, 0.15


@dataclass
class _Seat:
    state: State = FREE
    expires: float = math.inf

    def decide(self, kind: str, retencion: str, now: float) -> Kind:
        """Do what is asked, if that can be; the kind of operation that the answer shows."""
        if self.state[0] == "held" and now >= self.expires:
            self.state = FREE
        stands = self.state == ("held", retencion)
        if kind == "hold":
            if self.state != FREE:
                return "refused"
            self.state, self.expires = ("held", retencion), now + HOLD_S
            return "hold"
        if kind == "release":
            self.state = FREE if stands else self.state
            return "release"
        if not stands:
            return "dismissed"
        self.state = ("sold", f"orden-{retencion}")
        return "purchase"


def simulated(rng: random.Random) -> list[Op]:
    """What the buyers and the database tell of one such seat, over most of an hour."""
    seat, ops = _Seat(), []
    calls = [(rng.uniform(0, 2_500), number, "hold", f"r{number}") for number in range(BUYERS)]
    arrivals = [(call + rng.expovariate(1), call, *rest) for call, *rest in calls]
    heapq.heapify(arrivals)
    while arrivals:
        now, call, number, kind, retencion = heapq.heappop(arrivals)
        orden = f"orden-{retencion}"
        asked = Op(kind, call, math.inf, False, retencion, orden if kind == "purchase" else "")  # type: ignore[arg-type]
        answer = None if rng.random() < CRASH else seat.decide(kind, retencion, now)
        if answer is None or rng.random() < LOSS:
            ops.append(asked)
            continue
        ret = now + rng.expovariate(1)
        ops.append(replace(asked, kind=answer, ret=ret, is_sure=True))
        if answer == "hold" and rng.random() < 0.7:
            again = ret + rng.expovariate(1 / (HOLD_S if rng.random() < 0.3 else 5))
            heapq.heappush(
                arrivals,
                (again + rng.expovariate(1), again, number, rng.choice(["purchase", "release"]), retencion),
            )
    last = Op("sold", 90_000, orden=seat.state[1]) if seat.state[0] == "sold" else Op("unsold", 90_000)
    return [*ops, *(expiry(op) for op in ops if op.kind == "hold"), last]


def _with_a_sale(rng: random.Random) -> list[Op]:
    """Such a history without the database's last word, in which some purchase was surely confirmed."""
    *ops, _ = simulated(rng)
    if any(op.kind == "purchase" and op.is_sure for op in ops):
        return ops
    ops = [op for op in ops if op.kind != "purchase"]  # one without an answer may have sold it
    return [*ops, *_sale("tarde", 20_000)]


def _sale(retencion: str, t: float) -> list[Op]:
    return [
        Op("hold", t, t + 1, retencion=retencion),
        Op("purchase", t + 2, t + 3, retencion=retencion, orden=f"orden-{retencion}"),
    ]


def broken_by_a_second_sale(rng: random.Random) -> list[Op]:
    """The seat is sold again, to the order that the database names in the end."""
    return [*_with_a_sale(rng), *_sale("otra", 40_000), Op("sold", 90_000, orden="orden-otra")]


def broken_by_a_lost_sale(rng: random.Random) -> list[Op]:
    """The database has forgotten the sale."""
    return [*_with_a_sale(rng), Op("unsold", 90_000)]
