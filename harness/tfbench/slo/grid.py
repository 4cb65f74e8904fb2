"""Cuts a run into slices of time, whole seconds each, and counts what is in each: pure arithmetic.

A slice belongs to a fault when the fault's window touches it, or when it holds a record that does: one asked for just
before the fault, and in flight when it struck.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# 0.9 of 10 is 9, also in floating point.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Grid:
    """Whole slices from the start on; `tail_s` is what is left of the time after the last one."""

    n: Ints
    good: Ints
    in_fault: Bools
    tail_s: float

    @property
    def count(self) -> int:
        """How many slices there are."""
        return len(self.n)


def slice_records(
    second: Ints,
    n: Ints,
    good: Ints,
    in_fault: Bools,
    *,
    since: float,
    until: float,
    slice_s: float,
    faults: Iterable[tuple[float, float]],
) -> Grid:
    """The slices of [since, until), and how many were counted in each, `good` of them; `second` counts from `since`."""
    length_s = until - since if math.isfinite(until - since) else 0.0
    count = max(0, math.floor(length_s / slice_s + ROUNDING))
    number = np.floor(second / slice_s).astype(np.int64)
    inside = (number >= 0) & (number < count)
    starts = since + np.arange(count) * slice_s
    touched = np.bincount(number[inside & in_fault], minlength=count) > 0
    for begin, end in faults:
        touched |= (starts < end) & (starts + slice_s > begin)
    return Grid(
        n=np.bincount(number[inside], n[inside], count).astype(np.int64),
        good=np.bincount(number[inside], good[inside], count).astype(np.int64),
        in_fault=touched,
        tail_s=max(0.0, length_s - count * slice_s),
    )


def score(grid: Grid, slice_target: float | None) -> Floats:
    """Each slice's ratio of good records, or whether it reaches `slice_target`; not a number where there were none."""
    ratio = np.full(grid.count, np.nan)
    np.divide(grid.good, grid.n, out=ratio, where=grid.n > 0)
    if slice_target is None:
        return ratio
    reached = (grid.good >= slice_target * grid.n - ROUNDING).astype(np.float64)
    return np.where(grid.n > 0, reached, np.nan)
