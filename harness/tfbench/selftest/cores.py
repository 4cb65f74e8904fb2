"""Which core a process of the selftest runs on: the load and its target each have their own, where there are two."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

TARGET, LOAD = 1, 0


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """Processes started inside run on this core only; with fewer cores, wherever they may."""
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    if number < len(cores) > 1:
        os.sched_setaffinity(0, {cores[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
