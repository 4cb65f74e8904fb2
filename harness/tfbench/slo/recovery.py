"""Recovery time, seen by clients: pure arithmetic on when operations were intended and whether they were
good.

    good good | begin  effect  bad bad bad bad          good good good ... hold_s of good slices
              |          |     |         |              |
              |          |  t_down    last bad        t_up        RTO = t_up - begin (what was promised)
              |          |     |         |              |
              |          |<--->|detect   |              |         outage = t_up - t_down
              |          |<------------->| lower        |
              |<--------------------------------------->| upper   nothing was asked between last bad and t_up

A slice is `slice_s` long and counted from the operation it is about, so no grid blurs the result. It is good
when it has operations and at least `slice_target` of them are; without operations it is unmeasured, which is
not good.

- t_down: the first bad operation, intended before healing begins, that starts a bad slice. Fewer bad ones
  than a slice tolerates are noise that any traffic has; the ratio objectives count them.
- t_up: the first good operation after t_down that starts `hold_s` seconds of good slices, all of them
  observed.
- No such t_down: no outage was seen, and none can have been longer than `upper_s`, the longest time without a
  good operation around the fault.
- No t_up: censored. It surely failed if it was still bad `limit_s` after the effect; else too little was
  seen.
- first_success: when the longest time without a successful answer ended, whatever the latency of that answer. One
  success is no recovery; it tells when the way through was open again.
- relapse_s: bad slices after t_up. A service that comes back and then is down for as long as the limit allows
  has not kept the promise.

Slices last 1 s where traffic is dense. Where it is thin they are longer (`slice_width`), never longer than
`hold_s`.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tfbench.verdict import Verdict

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SHORTEST_SLICE_S = 1.0
# P(no operation in a slice) = exp(-10) < 5e-5 for Poisson arrivals: an empty slice means something.
LEAST_PER_SLICE = 10.0
# A slice has room for two bad operations before it is bad: isolated noise makes neither an outage nor a late
# recovery.
TOLERATED_BAD = 2.0
# 0.9 of 10 is 9, also in floating point.
ROUNDING = 1e-9


class Seen(StrEnum):
    """What the operations show."""

    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    NO_OUTAGE = "no_outage"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Injection:
    """The fault struck within `begin..effect`; infinite `heal_begin`: never healed."""

    begin: float
    effect: float
    heal_begin: float
    observed_until: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery in seconds; None is not measured. It was still bad `lower_s` after the effect, and down since `down_s`
    after the injection."""

    seen: Seen
    slice_s: float
    rto_s: float | None = None
    lower_s: float | None = None
    upper_s: float | None = None
    detect_s: float | None = None
    outage_s: float | None = None
    relapse_s: float = 0.0
    down_s: float | None = None


def slice_width(rate_per_s: float, slice_target: float, hold_s: float) -> float:
    """Seconds a slice must last for its count to mean something; a whole number of slices make `hold_s`."""
    wanted = LEAST_PER_SLICE
    if slice_target < 1:
        wanted = max(wanted, TOLERATED_BAD / (1 - slice_target))
    width = max(wanted / rate_per_s, SHORTEST_SLICE_S) if rate_per_s > 0 else hold_s
    return hold_s / max(1, math.floor(hold_s / width + ROUNDING))


def measure_recovery(
    t_intended: Floats,
    t_end: Floats,
    good: Bools,
    injection: Injection,
    *,
    hold_s: float,
    slice_target: float,
    slice_s: float,
) -> Recovery:
    """The recovery that these operations, in any order, show. What ended before the fault does not count."""
    history = _History.after(injection.begin, t_intended, t_end, good, slice_target, slice_s)
    if not len(history.t):
        return Recovery(Seen.NO_DATA, slice_s)
    t_down = history.first_down(injection.heal_begin)
    if t_down is None:
        return Recovery(
            Seen.NO_OUTAGE,
            slice_s,
            rto_s=0.0,
            lower_s=0.0,
            upper_s=history.longest_gap(injection),
            outage_s=0.0,
            relapse_s=history.bad_time(injection.begin, injection.observed_until),
        )
    detect_s = max(0.0, t_down - injection.effect)
    t_up = history.first_up(t_down, hold_s, injection.observed_until)
    last_bad = history.last_bad(before=math.inf if t_up is None else t_up)
    lower_s = max(0.0, last_bad - injection.effect)
    down_s = t_down - injection.begin
    if t_up is None:
        return Recovery(Seen.NOT_RECOVERED, slice_s, lower_s=lower_s, detect_s=detect_s, down_s=down_s)
    return Recovery(
        Seen.RECOVERED,
        slice_s,
        rto_s=t_up - injection.begin,
        lower_s=lower_s,
        upper_s=t_up - injection.begin,
        detect_s=detect_s,
        outage_s=t_up - t_down,
        relapse_s=history.bad_time(t_up + hold_s, injection.observed_until),
        down_s=down_s,
    )


def first_success(succeeded_at: Floats, begin: float, until: float, observed_until: float) -> float | None:
    """When the longest time without a success ended, of those that began within `begin..until`; None: it did not."""
    after = np.sort(succeeded_at[succeeded_at >= begin])
    silent_from = np.concatenate(([begin], after))
    silent_to = np.concatenate((after, [max(observed_until, silent_from[-1])]))
    silences = np.where(silent_from < until, silent_to - silent_from, -1.0)
    longest = int(np.argmax(silences))
    return float(silent_to[longest]) if longest < len(after) else None


def recovery_verdict(recovery: Recovery, limit_s: float) -> Verdict:
    """PASS only when the whole interval is under the limit, FAIL only when all of it is not."""
    if recovery.seen is Seen.NO_DATA:
        return Verdict.NO_DATA
    if recovery.relapse_s >= limit_s or (recovery.lower_s is not None and recovery.lower_s >= limit_s):
        return Verdict.FAIL
    if recovery.upper_s is not None and recovery.upper_s < limit_s:
        return Verdict.PASS
    return Verdict.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class _History:
    """Operations in time order; `goods[i]` counts the good ones among the first i."""

    t: Floats
    good: Bools
    goods: NDArray[np.int64]
    slice_target: float
    slice_s: float

    @classmethod
    def after(
        cls, begin: float, t_intended: Floats, t_end: Floats, good: Bools, slice_target: float, slice_s: float
    ) -> "_History":
        """What was asked since the fault; what was in flight when it struck, and failed, as if asked then."""
        since = (t_intended >= begin) | (~good & (t_end >= begin))
        t = np.maximum(t_intended[since], begin)
        order = np.argsort(t, kind="stable")
        kept = good[since][order]
        goods = np.concatenate(([0], np.cumsum(kept)))
        return cls(t[order], kept, goods, slice_target, slice_s)

    def _counts(self, starts: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Operations, and good ones, in the slice that starts at each of `starts`."""
        first = np.searchsorted(self.t, starts, side="left")
        last = np.searchsorted(self.t, starts + self.slice_s, side="left")
        return last - first, self.goods[last] - self.goods[first]

    def _is_good(self, starts: Floats) -> Bools:
        n, good = self._counts(starts)
        return (n > 0) & (good >= self.slice_target * n - ROUNDING)

    def _is_bad(self, starts: Floats) -> Bools:
        n, good = self._counts(starts)
        return (n > 0) & (good < self.slice_target * n - ROUNDING)

    def first_down(self, heal_begin: float) -> float | None:
        bad = self.t[~self.good & (self.t < heal_begin)]
        return _first(bad[self._is_bad(bad)])

    def first_up(self, t_down: float, hold_s: float, observed_until: float) -> float | None:
        slices = round(hold_s / self.slice_s)
        candidates = self.t[self.good & (self.t > t_down)]
        candidates = candidates[candidates + slices * self.slice_s <= observed_until]
        for number in range(slices):
            candidates = candidates[self._is_good(candidates + number * self.slice_s)]
        return _first(candidates)

    def last_bad(self, before: float) -> float:
        """When the last bad operation before a time was intended; there is one."""
        return float(self.t[~self.good & (self.t < before)][-1])

    def longest_gap(self, injection: Injection) -> float:
        """The longest time without a good operation that began before healing did."""
        good = self.t[self.good]
        marks = np.concatenate(([injection.begin], good, [max(injection.observed_until, self.t[-1])]))
        gaps = np.diff(marks)[marks[:-1] < injection.heal_begin]
        return float(gaps.max(initial=0.0))

    def bad_time(self, since: float, until: float) -> float:
        """Seconds of bad slices, laid end to end."""
        starts = np.arange(since, until - self.slice_s + ROUNDING, self.slice_s)
        return float(np.count_nonzero(self._is_bad(starts))) * self.slice_s


def _first(times: Floats) -> float | None:
    return float(times[0]) if len(times) else None
