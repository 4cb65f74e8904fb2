"""ONE seat of TicketFlow as a state machine, and what was done to it: the model that histories are held against.

    free --hold--> held(retencion) --purchase--> sold(orden)
      ^--release, expiry--'             annulment of the sale--> free

An operation took effect at one moment of `call..ret`. One that is not `is_sure` may have done so at any moment
from `call` on, or never: its answer was lost, or nobody asks for it (the expiry of a hold, an annulment).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

# docs/ticketflow.md, app1: RETENCION_DURACION, which no profile changes. A hold that is older may expire at any
# moment: app1 looks at the clock only when somebody asks for the seat.
HOLD_S = 600.0

State = tuple[Literal["free", "held", "sold"], str]
FREE: State = ("free", "")

Kind = Literal["hold", "refused", "purchase", "dismissed", "release", "expire", "annul", "sold", "unsold"]
READS = frozenset({"refused", "dismissed", "sold", "unsold"})


@dataclass(frozen=True, slots=True)
class Op:
    """One operation on the seat.

    `refused`: a hold of this seat alone was told that it is not free. `dismissed`: a purchase was told that its
    hold does not stand. `sold`, `unsold`: what the database says in the end.
    """

    kind: Kind
    call: float
    ret: float = math.inf
    is_sure: bool = True
    retencion: str = ""
    orden: str = ""
    who: str = ""
    answer: str = ""

    @property
    def is_read(self) -> bool:
        return self.kind in READS


def as_lost(op: Op) -> Op:
    """The same operation had its answer been lost: whatever explains a history with it explains this too."""
    return replace(op, is_sure=False, ret=math.inf)


def expiry(hold: Op) -> Op:
    """The expiry that a hold is in for, which may come late or never."""
    return Op("expire", hold.call + HOLD_S, is_sure=False, retencion=hold.retencion)


def step(op: Op, state: State) -> State | None:
    """The state after the operation, or None when it cannot have happened in this one."""
    return _STEPS[op.kind](op, state)


def _sell(op: Op, state: State) -> State | None:
    return ("sold", op.orden) if state == ("held", op.retencion) else None


def _give_back(op: Op, state: State) -> State | None:
    """Also of a hold that no longer stands, which changes nothing; one that was bought is refused."""
    if state == ("held", op.retencion):
        return FREE
    return None if op.orden and state == ("sold", op.orden) else state


_STEPS: dict[Kind, Callable[[Op, State], State | None]] = {
    "hold": lambda op, state: ("held", op.retencion) if state == FREE else None,
    "refused": lambda op, state: None if state == FREE else state,
    "purchase": _sell,
    "dismissed": lambda op, state: None if state == ("held", op.retencion) else state,
    "release": _give_back,
    "expire": lambda op, state: FREE if state == ("held", op.retencion) else None,
    "annul": lambda op, state: FREE if state == ("sold", op.orden) else None,
    "sold": lambda op, state: state if state == ("sold", op.orden) else None,
    "unsold": lambda op, state: None if state[0] == "sold" else state,
}
