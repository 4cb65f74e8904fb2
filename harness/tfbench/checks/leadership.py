"""Who leads PostgreSQL, as the bench saw it from outside: a standby takes over, and the lost node comes back."""

from itertools import pairwise
from typing import Any

from tfbench.checks.faulted import heal_ordered, of_each_fault, struck_within
from tfbench.checks.finding import Finding, concluded, no_data
from tfbench.rundata import RunData
from tfbench.verdict import Verdict
from tfbench.windows import FaultTimes

ROLE = "postgres"

Seen = list[tuple[float, str]]


def standby_promoted(run: RunData) -> Finding:
    """Another node leads after the fault than before it, and before anybody healed it."""
    return of_each_fault(run, "standby-promoted", _standby_promoted, ROLE)


def _standby_promoted(run: RunData, fault: FaultTimes) -> Finding:
    (begin, _), heal = struck_within(fault), heal_ordered(fault)
    leaders = _leaders(run)
    before = [leader for t, leader in leaders if t < begin]
    after = [(t, leader) for t, leader in leaders if begin <= t < heal]
    later = [leader for t, leader in leaders if t >= heal]
    if not before or not (after or later):
        return no_data("check.standby-promoted.no_data")
    promoted = [(t, leader) for t, leader in after if leader != before[-1]]
    if not promoted:
        # Nobody was seen leading all the while, yet another node leads later: it may have been before the heal.
        is_open = not after and later[0] != before[-1]
        verdict = Verdict.INCONCLUSIVE if is_open else Verdict.FAIL
        return concluded("standby-promoted", verdict, checked=len(after), violations=[], before=before[-1])
    t, leader = promoted[0]
    return concluded(
        "standby-promoted", Verdict.PASS, checked=len(after), violations=[],
        before=before[-1], leader=leader, seconds=t - begin,
    )  # fmt: skip


def old_primary_rejoined(run: RunData) -> Finding:
    """After healing the node that was lost serves again, with a synchronous standby, and leadership settles.

    With two standbys one of them is synchronous all the while: the lost node must be seen itself.
    """
    return of_each_fault(run, "old-primary-rejoined", _old_primary_rejoined, ROLE)


def _old_primary_rejoined(run: RunData, fault: FaultTimes) -> Finding:
    (begin, _), heal = struck_within(fault), fault.heal_begin
    leaders = _leaders(run)
    led = [leader for t, leader in leaders if t < begin][-1:]
    nodes = sorted({*led, *(service for service in fault.services if service.startswith(ROLE))})
    healed = [] if heal is None else [seen for seen in _sightings(run) if float(seen["t"]) >= heal]
    if heal is None or not healed or not nodes:
        return no_data("check.old-primary-rejoined.no_data")
    standbys = [seen for seen in healed if seen["sync_standby"] not in (None, seen["leader"])]
    whole = [seen for seen in standbys if all(_serves(seen, node) for node in nodes)]
    flips = _changes([leader for t, leader in leaders if t < heal][-1:] + [str(seen["leader"]) for seen in healed])
    missing = [node for node in nodes if not any(_serves(seen, node) for seen in healed)]
    return concluded(
        "old-primary-rejoined", Verdict.PASS if whole and flips <= 1 else Verdict.FAIL,
        checked=len(healed), violations=[], flips=flips, nodes=", ".join(nodes), missing=", ".join(missing) or "-",
        standby=next((str(seen["sync_standby"]) for seen in whole or standbys), "-"),
        seconds=float(whole[0]["t"]) - heal if whole else 0.0,
    )  # fmt: skip


def _serves(seen: dict[str, Any], node: str) -> bool:
    """Whether a node leads, may take over, or passes its probe, which asks as much of it."""
    return node in (seen["leader"], seen["sync_standby"]) or seen.get("services", {}).get(node) == "up"


def _sightings(run: RunData) -> list[dict[str, Any]]:
    """The looks in which somebody led; runs older than this reading have none."""
    return [seen for seen in run.journal.of_kind("observation") if seen.get("leader") and "sync_standby" in seen]


def _leaders(run: RunData) -> Seen:
    return sorted(
        (float(seen["t"]), str(seen["leader"])) for seen in run.journal.of_kind("observation") if seen.get("leader")
    )


def _changes(leaders: list[str]) -> int:
    return sum(earlier != later for earlier, later in pairwise(leaders))
