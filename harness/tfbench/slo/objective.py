"""Objectives that OpenSLO counts by slices of time, as data; `timeslices.py` judges them."""

from dataclasses import dataclass
from enum import StrEnum

from tfbench.model import Objective


class Method(StrEnum):
    """OpenSLO's budgeting methods by slices of time."""

    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


@dataclass(frozen=True, slots=True)
class SlicedObjective(Objective):
    """The mean over slices of `slice_s` seconds reaches `target`.

    Timeslices: a slice counts 1 when at least `slice_target` of what it holds is good, else 0. RatioTimeslices: a
    slice counts its ratio, and `slice_target` is None.
    """

    method: Method
    slice_s: float
    slice_target: float | None
