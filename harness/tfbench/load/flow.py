"""One arrival being played: its buyer, and the rows its operations leave.

    with flow.operation("hold", evento="EV001", asientos=(7, 8)) as op:
        reply = flow.session.post(...)
        op.settle(reply, expect=303)
    # -> one Operation row, however the block ended

The first operation is intended when the plan said; each later one when the flow reached it. A block that is
killed or breaks leaves a row all the same, `unknown`.
"""

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import gevent

from tfbench.clock import Clock
from tfbench.load import pages
from tfbench.load.browser import Browser, Reply
from tfbench.operations import Operation


@dataclass(slots=True)
class Draft:
    """An operation while it runs: what is known of it so far. `unknown` until settled."""

    outcome: str = "unknown"
    status: int = 0
    error: str | None = None
    evento: str | None = None
    sector: str | None = None
    asientos: tuple[int, ...] | None = None
    retencion_id: str | None = None
    orden_id: str | None = None
    clave: str | None = None
    read_success: bool | None = None
    ticket_state: str | None = None
    source: str | None = None

    def settle(
        self, reply: Reply, *, expect: int = 200, missing: str | None = None, was_accepted: bool = False
    ) -> None:
        """Take the outcome from the last answer. `missing` names what the page should have shown and did not.

        `was_accepted`: an earlier answer of this operation said it was done, so a bad page makes it unknown,
        not a failure that surely did not happen.
        """
        self.status = reply.status
        if reply.is_unknown:
            self.outcome, self.error = "unknown", what_went_wrong(reply)
        elif reply.status != expect:
            self.outcome, self.error = "fail", what_went_wrong(reply)
        elif missing is not None:
            self.outcome, self.error = "fail", missing
        else:
            self.outcome, self.error = "ok", None
        if was_accepted and self.outcome == "fail":
            self.outcome = "unknown"

    def refuse(self, error: str) -> None:
        """Settle without a request: there was nothing to ask for."""
        self.outcome, self.error = "fail", error


def what_went_wrong(reply: Reply) -> str:
    """The exception's name, else the page's `codigo`, else the status."""
    return reply.error or pages.error_code(reply.body) or f"status {reply.status}"


class Flow:
    """An arrival with its own randomness, so that what it chooses doesn't depend on how flows interleave."""

    def __init__(
        self,
        number: int,
        kind: str,
        t_intended: float,
        seed: int,
        clock: Clock,
        session: Browser,
        record: Callable[[Operation], None],
        event: str | None = None,
    ) -> None:
        self.number = number
        self.kind = kind
        self.event = event  # the one the buyer comes for; None: any
        self.t_intended = t_intended
        self.session = session
        self.has_operated = False
        self._seed = seed
        self._clock = clock
        self._record = record

    @functools.cached_property
    def rng(self) -> random.Random:
        """Made when first asked for: seeding takes time, and who only looks at a page has nothing to choose."""
        return random.Random(f"{self._seed}/flow/{self.number}")

    def operation(
        self,
        op: str,
        *,
        evento: str | None = None,
        sector: str | None = None,
        asientos: tuple[int, ...] | None = None,
    ) -> "_Recorded":
        """A block that is one operation, and leaves its row when it ends."""
        return _Recorded(self, op, Draft(evento=evento, sector=sector, asientos=asientos))

    def now(self) -> float:
        """The time of its rows."""
        return self._clock.now()

    def begin(self) -> tuple[bool, float, float]:
        """An operation starts now: whether it is the first, when it was intended, and now."""
        t_start = self.now()
        first, self.has_operated = not self.has_operated, True
        return first, self.t_intended if first else t_start, t_start

    def end(
        self, op: str, draft: Draft, first: bool, t_intended: float, t_start: float, t_end: float | None = None
    ) -> None:
        """It ends now, or ended when it says, as its draft says."""
        self._record(
            Operation(
                op, self.number, self.kind, first, t_intended, t_start, self.now() if t_end is None else t_end,
                draft.outcome, draft.status, draft.error, draft.evento, draft.sector, draft.asientos,
                draft.retencion_id, draft.orden_id, draft.clave, draft.read_success, draft.ticket_state, draft.source,
            )
        )  # fmt: skip

    def happened(self, op: str, draft: Draft, t_start: float, t_end: float) -> None:
        """An operation that somebody else made and timed."""
        first, t_intended, _ = self.begin()
        self.end(op, draft, first, t_intended if first else t_start, t_start, t_end)

    def pause(self, mean_s: float) -> None:
        """Think: half to one and a half times `mean_s`."""
        gevent.sleep(self.rng.uniform(0.5, 1.5) * mean_s)


class _Recorded:
    """The block of `Flow.operation`. A class: a generator would take twice the time, at each operation."""

    __slots__ = ("_began", "_draft", "_flow", "_op")

    def __init__(self, flow: Flow, op: str, draft: Draft) -> None:
        self._flow, self._op, self._draft = flow, op, draft

    def __enter__(self) -> Draft:
        self._began = self._flow.begin()
        return self._draft

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, gevent.GreenletExit):
            self._draft.outcome, self._draft.error = "unknown", "interrupted"
        elif isinstance(error, Exception):
            self._draft.outcome, self._draft.error = "unknown", type(error).__name__
        self._flow.end(self._op, self._draft, *self._began)
