"""Observations of links, each made from inside the first end's network namespace, by a helper container.

A helper takes longer than a glance may: it measures in the background, and a later glance takes what it saw. What it
sees is compared with the link before the fault (`before` in the undo record), so a link that was bad anyway proves
nothing; a link's second end that fails its own probe proves nothing either.
"""

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.netns import Helpers, Job, Seen, seen_in
from tfbench.faults.partition import addresses_of
from tfbench.observer import Observer
from tfbench.platforms.stack import Stack

if TYPE_CHECKING:
    from tfbench.faults.observe import Baseline

Look = Callable[[Undo, "Baseline", Stack, Observer], str | None]

CONNECT_WAIT_S = 0.6
HALF_OPEN_WAIT_S = 2.0
SLACK_S = 2.0
LONGEST_WAIT_S = 13.0
GREETING = ("mysql", "smtp")
# A measured time or rate may miss what was asked by this much: scheduling, and bytes that are not counted.
TOLERANCE = 0.1
# How much faster a link must have been before for "as narrow as asked" to say anything.
NARROWED = 2.0

_pool = ThreadPoolExecutor(4, "network-look")
_looking: dict[tuple[str, str, float], "Future[str | None]"] = {}


def in_background(look: Look) -> Look:
    """A glance that starts `look`, or takes its result when it is there."""

    @functools.wraps(look)
    def glance(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
        key = (undo.fault, look.__name__, before.begin_t)
        if key not in _looking:
            _looking[key] = _pool.submit(look, undo, before, stack, observer)
        return _looking.pop(key).result() if _looking[key].done() else None

    return glance


@in_background
def link_cut(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """No TCP connection comes about; when only answers are lost, the second end holds what was asked of it.

    A lost request and a lost answer look the same from the first end, and a cut that ends connections with a reset
    leaves nothing half open: those are told apart by nothing but the missing connection.
    """
    _refuse_moved(undo, stack)
    if any(observer.latest().services.get(service) != "up" for service in undo.details["addresses"]):
        return None
    helpers = Helpers(stack, undo.details["image"], undo.fault)
    printed = helpers.run_all({**_connects(undo), **_half_opens(undo, stack)})
    tried = seen_in({service: printed[service] for service in undo.details["sources"]})
    held = seen_in({service: text for service, text in printed.items() if service not in undo.details["sources"]})
    if not tried or held is None or any(result["seen"] == "connected" for _, _, result in _each(tried)):
        return None
    if any(result["seen"] != "half-open" for _, _, result in _each(held)):
        return None
    lines = [f"{service} -> {place}: {result['seen']} after {result['ms']:.0f} ms" for service, place, result in
             _each(tried)]  # fmt: skip
    lines += [f"{service} waits for {place} to complete a connection" for service, place, _ in _each(held)]
    return ", ".join(lines)


@in_background
def link_slow(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """The first byte through the link comes as much later as was asked."""
    latency_ms, jitter_ms = (float(undo.details["parameters"][name]) for name in ("latency_ms", "jitter_ms"))
    wait_s = min(2 * (latency_ms + jitter_ms) / 1000 + SLACK_S, LONGEST_WAIT_S)
    seen = _measure(undo, stack, *undo.details["measure"], "--wait", str(wait_s))
    return slower(seen, undo.details["before"], latency_ms, jitter_ms) if seen else None


@in_background
def link_narrow(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """Bytes through the link come no faster than was asked."""
    seen = _measure(undo, stack, *undo.details["measure"], "--wait", str(LONGEST_WAIT_S))
    rate_kb_per_s = float(undo.details["parameters"]["rate_kb_per_s"])
    return narrower(seen, undo.details["before"], rate_kb_per_s) if seen else None


@in_background
def link_reset(undo: Undo, before: "Baseline", stack: Stack, observer: Observer) -> str | None:
    """A connection that worked before ends with a reset."""
    wait_s = min(float(undo.details["parameters"]["after_ms"]) / 1000 + SLACK_S, LONGEST_WAIT_S)
    seen = _measure(undo, stack, "ending", "--wait", str(wait_s))
    if not seen or any(result["seen"] != "reset" for _, _, result in _each(seen)):
        return None
    return ", ".join(f"{service} -> {place}: reset after {result['ms']:.0f} ms" for service, place, result in
                     _each(seen))  # fmt: skip


def slower(seen: Seen, before: Seen, latency_ms: float, jitter_ms: float) -> str | None:
    """What to say when every place answers later by what was asked; None when one does not.

    A greeting crosses the link once, a question and its answer twice. With a jitter as large as the latency, half the
    latency has to be seen: less would be seen of a link that nothing was done to.
    """
    lines = []
    for service, place, result in _each(seen):
        passes = 1 if place.split("@")[0] in GREETING else 2
        least_ms = passes * max(latency_ms - jitter_ms, latency_ms / 2)
        earlier_ms = before[service][place]["ms"]
        if result["seen"] != "answer" or result["ms"] - earlier_ms < least_ms * (1 - TOLERANCE):
            return None
        lines.append(f"{service} -> {place}: first byte after {result['ms']:.0f} ms, {earlier_ms:.0f} ms before")
    return ", ".join(lines)


def narrower(seen: Seen, before: Seen, rate_kb_per_s: float) -> str | None:
    """What to say when every place is as narrow as asked, and was wider before; None when one is not."""
    lines = []
    for service, place, result in _each(seen):
        if result["seen"] != "bulk":
            return None
        now, earlier = _kb_per_s(result), _kb_per_s(before[service][place])
        if now > rate_kb_per_s * (1 + TOLERANCE) or earlier < NARROWED * now:
            return None
        lines.append(f"{service} -> {place}: {now:.1f} kB/s, {earlier:.0f} kB/s before")
    return ", ".join(lines)


def _kb_per_s(result: dict[str, Any]) -> float:
    return float(result["bytes"]) / max(float(result["ms"]), 0.1)


def _each(seen: Seen) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for service, places in seen.items():
        for place, result in places.items():
            yield service, place, result


def _measure(undo: Undo, stack: Stack, *arguments: str) -> Seen | None:
    helpers = Helpers(stack, undo.details["image"], undo.fault)
    return helpers.measure(undo.details["sources"], *arguments, *undo.details["places"])


def _connects(undo: Undo) -> dict[str, Job]:
    """A connection from every first end to every port of every second end."""
    ports, peers = undo.details["ports"], undo.details["addresses"].values()
    places = [f"{address}:{port}" for addresses in peers for address in addresses for port in ports]
    command = ("python", "/opt/measure.py", "connect", "--wait", str(CONNECT_WAIT_S), *places)
    return {service: Job(identity, command) for service, identity in undo.details["sources"].items()}


def _half_opens(undo: Undo, stack: Stack) -> dict[str, Job]:
    """Where requests arrive and answers are lost in silence, the second end is looked at as well."""
    if (undo.details["mode"], undo.details["direction"]) != ("drop", "back"):
        return {}
    sources = [stack.container(service) for service in undo.details["sources"]]
    peers = [address for container in sources for address in addresses_of(container)]
    command = ("python", "/opt/measure.py", "half-open", "--wait", str(HALF_OPEN_WAIT_S), *peers)
    return {service: Job(undo.containers[service], command) for service in undo.details["addresses"]}


def _refuse_moved(undo: Undo, stack: Stack) -> None:
    """The rules name addresses: a peer that came back with another one is not cut off."""
    for service, addresses in undo.details["addresses"].items():
        now = addresses_of(stack.container(service))
        if now and set(now) - set(addresses):
            raise FaultError(
                f"{undo.target} is no longer cut: {service} restarted and has the address {', '.join(now)},"
                f" and the rules name {', '.join(addresses)}"
            )
