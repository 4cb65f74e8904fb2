"""When each fault of a run begins and ends, and the loop that keeps to it.

    at_s -> inject -> look ... verified -> (at_s + hold_s, or the end of the phase) heal -> look_recovered ... recovered

A fault waits for those that were to be over before it: it strikes a whole system, or one broken by faults that are
meant to overlap. What it waits is added to every later time, so that the quiet between faults stays what was asked.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack

from tfbench.faults.lifecycle import FaultRun

AFTER_HEAL = ("healed", "recovered")


def play(
    faults: list[FaultRun],
    outage_s: float,
    healing: ExitStack,
    tick: Callable[[], None],
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Inject, verify, hold and heal every fault, then see the phase out; healing is owed before each injection.

    `tick` is called at every step, and lets time pass.
    """
    began, late_s = now(), 0.0
    while True:
        now_s = now() - began - late_s
        for fault in faults:
            if fault.state != "planned":
                _follow(fault, now_s, outage_s)
            elif now_s >= fault.spec.at_s:
                late_s += now_s - fault.spec.at_s
                now_s = fault.spec.at_s
                if _is_clear(fault, faults, now()):
                    healing.callback(fault.heal)
                    fault.inject()
        if now_s >= outage_s and all(fault.state in AFTER_HEAL for fault in faults):
            return
        tick()


def _follow(fault: FaultRun, now_s: float, outage_s: float) -> None:
    """One step of a fault that was injected. One that nobody has seen bite by the time it must end is unverified."""
    if fault.state == "healed":
        fault.look_recovered()
    elif fault.state != "recovered":
        if now_s >= min(fault.spec.ends_s, outage_s):
            fault.heal()
        elif fault.state == "injected":
            fault.look()


def _is_clear(fault: FaultRun, faults: list[FaultRun], now: float) -> bool:
    """Whether the faults that end before this one begins have recovered, or will not any more."""
    return all(
        other.state == "recovered" or (other.state == "healed" and now > other.recover_until)
        for other in faults
        if other is not fault and other.spec.ends_s <= fault.spec.at_s
    )
