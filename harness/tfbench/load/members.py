"""What each worker of a load said last, and how to ask it for its clock.

worker -> pong, prepared, refused, progress, rows, done -> Member
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
from locust.rpc.protocol import Message
from locust.runners import MasterRunner

from tfbench.load.clocks import CLOCK_LIMIT_S, Reading, RoundTrip, reading
from tfbench.load.shipping import keep_rows

# Good enough is a fifth of the most that is allowed; a busy machine may need many tries for it.
_GOOD_ENOUGH_S = CLOCK_LIMIT_S / 5
_FEWEST_TRIPS, _MEASURE_S = 10, 10.0
_PONG_S = 1.0
_POLL_S = 0.001


@dataclass(slots=True)
class Member:
    """One worker. `number` is its remainder of the arrivals."""

    client_id: str
    number: int
    heard_at: float = field(default_factory=time.monotonic)
    is_prepared: bool = False
    refusal: str | None = None
    pong: tuple[int, float, float] | None = None  # which, what its clock showed, when it came
    line: Mapping[str, Any] | None = None
    totals: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"worker {self.number} ({self.client_id.partition('_')[0]})"


class Members:
    """The workers that joined, in the order in which they did."""

    def __init__(self, runner: MasterRunner, run_dir: Path) -> None:
        self._runner, self._run_dir = runner, run_dir
        self._by_id: dict[str, Member] = {}
        for name in ("pong", "prepared", "refused", "progress", "rows", "done"):
            runner.register_message(name, self._hear)

    @property
    def all(self) -> Sequence[Member]:
        return list(self._by_id.values())

    def admit(self, client_ids: Sequence[str]) -> None:
        """From now on these are the crew; others that join wait, and are sent home with them."""
        self._by_id = {client_id: Member(client_id, number) for number, client_id in enumerate(client_ids)}

    def send(self, name: str, data: Mapping[str, Any] | None = None, to: Member | None = None) -> None:
        """Send a message to one, or to all."""
        for member in self.all if to is None else (to,):
            self._runner.send_message(name, dict(data or {}), member.client_id)

    def clock_of(self, member: Member) -> Reading | None:
        """Its clock beside this one's; None where it does not answer."""
        trips: list[RoundTrip] = []
        deadline = time.monotonic() + _MEASURE_S
        while time.monotonic() < deadline:
            trip = self._round_trip(member, len(trips))
            if trip is not None:
                trips.append(trip)
            if len(trips) >= _FEWEST_TRIPS and reading(trips).uncertainty_s <= _GOOD_ENOUGH_S:
                break
        return reading(trips) if trips else None

    def _round_trip(self, member: Member, n: int) -> RoundTrip | None:
        sent = time.monotonic()
        self.send("ping", {"n": n}, to=member)
        while time.monotonic() < sent + _PONG_S:
            if member.pong is not None and member.pong[0] == n:
                _, there, received = member.pong
                member.pong = None
                return RoundTrip(sent, there, received)
            gevent.sleep(_POLL_S)
        return None

    def _hear(self, msg: Message, **_: Any) -> None:
        now = time.monotonic()
        member = self._by_id.get(msg.node_id)
        if member is None:
            return
        member.heard_at = now
        match msg.type:
            case "pong":
                member.pong = (msg.data["n"], msg.data["there"], now)
            case "prepared":
                member.is_prepared = True
            case "refused":
                member.refusal = msg.data["reason"]
            case "progress":
                member.line = msg.data
            case "rows":
                keep_rows(self._run_dir, msg.data)
            case "done":
                member.totals = msg.data
