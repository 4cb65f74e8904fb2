"""How a recovery came about: its steps in order, each with when, who, and where that is written.

    journal: injected, healed, what the bench saw ----------+
    logs/SERVICE.log, by the rules of the fault's target ---+--> steps, in seconds since the injector's call
    recovery of each type of operation ---------------------+

Zero is the moment from which the RTO counts. A step that this recovery should have, and that nobody wrote down, has no
time: it is never derived from another. Events are taken from the injection until the end of what belongs to the fault;
where two faults overlap, both show what happened.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tfbench import texts
from tfbench.model import LANGUAGES
from tfbench.results import OperationRecovery, WaterfallStep
from tfbench.rundata import RunData
from tfbench.slo.service_logs import LogEvent, epoch_s
from tfbench.slo.waterfall_rules import STEPS, STOPPING, Rule, rules_of
from tfbench.windows import FaultTimes

JOURNAL = "journal.jsonl"
OPERATIONS = "operations.parquet"
STREAMING = "started streaming WAL from primary"

_EXITED = re.compile(r"([\w-]+) exited \d+ at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z)")
_TIMELINE = re.compile(r"selected new timeline ID: (\d+)")


def waterfall(
    run: RunData, fault: FaultTimes, operations: list[OperationRecovery], until: float
) -> list[WaterfallStep]:
    """The steps of a fault's recovery and of these operations' own, in order; none of a fault that never struck."""
    if fault.begin is None:
        return []
    view = _View(run, fault, fault.begin, until)
    return in_order([*_of_bench(view), *_of_services(view), *_of_standby(view), *_of_clients(operations)])


def in_order(steps: list[WaterfallStep]) -> list[WaterfallStep]:
    """By time; a step that was not found stands behind the latest that should come before it."""
    latest, keyed = 0.0, []
    for step in sorted(steps, key=_place):
        latest = latest if step.at_s is None else max(latest, step.at_s)
        keyed.append((latest if step.at_s is None else step.at_s, step))
    return [step for _, step in sorted(keyed, key=lambda pair: pair[0])]


def _place(step: WaterfallStep) -> int:
    """A step of a later version, that nobody here knows, comes last."""
    return STEPS.index(step.step) if step.step in STEPS else len(STEPS)


def operation_name(operation: str) -> texts.Rendered:
    """A type of operation as readers know it; by its own name where it is not TicketFlow's."""
    try:
        return texts.render(f"operation.{operation}")
    except KeyError:
        return dict.fromkeys(LANGUAGES, operation)


@dataclass(frozen=True, slots=True)
class _View:
    """The part of a run that belongs to one fault: `begin..until`."""

    run: RunData
    fault: FaultTimes
    begin: float
    until: float

    @property
    def role(self) -> str:
        """The role that it was aimed at; nothing for a link."""
        return "" if "->" in self.fault.target else self.fault.target.partition(":")[0]

    @property
    def healing_from(self) -> float:
        """When what only healing brings may begin; at once where nobody healed."""
        return self.begin if self.fault.heal_begin is None else self.fault.heal_begin

    def step(
        self, name: str, t: float | None, source: str, who: str | None = None, *, text: str = "", **said: Any
    ) -> WaterfallStep:
        at_s = None if t is None else t - self.begin
        return WaterfallStep(name, who, None, at_s, source, texts.render(f"waterfall.{text or name}", **said))

    def observations(self, since: float) -> list[dict[str, Any]]:
        """What the bench saw since then, in time order."""
        found = [seen for seen in self.run.journal.of_kind("observation") if since <= float(seen["t"]) <= self.until]
        return sorted(found, key=lambda seen: float(seen["t"]))

    def events(self, service: str, *names: str) -> list[LogEvent]:
        """The events of a service since the injection."""
        return [event for event in self.run.logs.events(service, names) if self.begin <= event.t <= self.until]


def _of_bench(view: _View) -> Iterator[WaterfallStep]:
    """What the bench did, and what the engine and the probes told it of the containers that it did it to."""
    fault, containers = view.fault, view.fault.services if view.role else ()
    yield view.step("injected", view.begin, JOURNAL, ", ".join(containers) or fault.target, type=fault.type)
    if fault.type in ("kill", "stop") and containers:
        exits = {found[1]: epoch_s(found[2]) for line in fault.evidence for found in _EXITED.finditer(line)}
        for service in containers:
            yield view.step("stopped", exits.get(service), JOURNAL, service)
    else:
        yield view.step("took_effect", fault.effect, JOURNAL)
    if fault.heal_begin is not None:
        yield view.step("healing", fault.heal_begin, JOURNAL)
        yield view.step("healed", fault.healed, JOURNAL)
    if fault.type in STOPPING:
        for service in containers:
            yield view.step("healthy", _healthy(view, service), JOURNAL, service)


def _healthy(view: _View, service: str) -> float | None:
    """The first look at which its own probe passed again; None where it was never seen to fail."""
    was_down = False
    for seen in view.observations(view.begin):
        state = (seen.get("services") or {}).get(service)
        was_down = was_down or state == "down"
        if was_down and state == "up" and float(seen["t"]) >= view.healing_from:
            return float(seen["t"])
    return None


def _of_services(view: _View) -> Iterator[WaterfallStep]:
    for rule in rules_of(view.fault.target):
        steps = [_by_rule(view, rule, service) for service in view.run.logs.services(rule.logs)]
        if not rule.each or not steps:
            found = [step for step in steps if step.at_s is not None]
            missing = view.step(rule.step, None, f"logs/{rule.logs}.log")
            steps = [min(found, key=lambda step: step.at_s or 0.0, default=missing)]
        yield from (step for step in steps if step.at_s is not None or view.fault.type in STOPPING)


def _by_rule(view: _View, rule: Rule, service: str) -> WaterfallStep:
    source = f"logs/{service}.log"
    event = _first(view, rule, service)
    timeline = _timeline(view, event) if event and rule.step == "promoted" else None
    if event and timeline:
        return view.step(rule.step, event.t, source, service, text="promoted_to", timeline=timeline)
    return view.step(rule.step, event.t if event else None, source, service)


def _first(view: _View, rule: Rule, service: str) -> LogEvent | None:
    """The event of the rule; None where it did not come, or not after what must come before it."""
    since = view.healing_from if rule.healed else view.begin
    awaited = rule.after
    for event in view.events(service, rule.event, *filter(None, [rule.after])):
        if awaited is None and event.t >= since and event.is_a(rule.event, rule.fields):
            return event
        if awaited is not None and event.is_a(awaited, rule.after_fields):
            awaited = None
    return None


def _timeline(view: _View, promoted: LogEvent) -> str | None:
    """The timeline that PostgreSQL began when Patroni promoted it."""
    for event in view.events(promoted.service, "selected new timeline ID"):
        found = _TIMELINE.search(event.name)
        if found and event.t >= promoted.t:
            return found[1]
    return None


def _of_standby(view: _View) -> Iterator[WaterfallStep]:
    """Full strength: whoever was down follows again, and commits wait for a standby."""
    if view.fault.type not in STOPPING or view.fault.heal_begin is None:
        return
    if view.role == "postgres":
        yield _synchronous(view)
    if view.role == "mariadb":
        caught_up = [seen for seen in view.observations(view.healing_from) if seen.get("replica_behind_s") == 0]
        yield view.step("replica_caught_up", float(caught_up[0]["t"]) if caught_up else None, JOURNAL)


def _synchronous(view: _View) -> WaterfallStep:
    """Not before the node that was down streams again: with two standbys, the other one may be the synchronous."""
    streams = [
        event.t
        for service in view.fault.services
        for event in view.events(service, STREAMING)
        if event.t >= view.healing_from
    ]
    seen = view.observations(max(streams)) if streams else []
    standbys = [look for look in seen if look.get("sync_standby") not in (None, look.get("leader"))]
    if not standbys:
        return view.step("synchronous", None, JOURNAL)
    return view.step("synchronous", float(standbys[0]["t"]), JOURNAL, str(standbys[0]["sync_standby"]))


def _of_clients(operations: list[OperationRecovery]) -> Iterator[WaterfallStep]:
    """What buyers felt; what they did not feel has no steps."""
    for item in operations:
        if item.down_s is None:
            continue
        name = operation_name(item.operation)
        for step, at_s in (("down", item.down_s), ("first_success", item.first_success_s), ("met_again", item.rto_s)):
            text = texts.render(f"waterfall.{step}", operation=name)
            yield WaterfallStep(step, None, item.operation, at_s, OPERATIONS, text)
