"""Conditions under which a run ends itself: read from the scenario, watched while its load is on, told in its reason.

    load's figures, its newest rows, observer -> values -> Streaks -> Aborted -> faults heal -> judged as cut short

Watched from the baseline on: warm-up is never measured. A figure that is not known (a broker that does not answer, an
operation that nobody ended lately) is not above anything, and its time starts anew.
"""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfbench import catalog, texts
from tfbench.model import AbortCondition, FaultSpec
from tfbench.yamlio import Mapping as YamlMapping
from tfbench.yamlio import Node

if TYPE_CHECKING:
    from tfbench.clock import Clock
    from tfbench.journal import Journal
    from tfbench.load.process import LoadProcess
    from tfbench.observer import Observation, Observer
    from tfbench.results import Results

MAX_CONDITIONS = 10
LOOK_EVERY_S = 0.5
# The load's own p99 is of as many seconds (load/progress.py).
WINDOW_S = 5.0
_MAX_FOR_S = 3600

Values = Mapping[str, float | None]


class Aborted(Exception):
    """A condition of the scenario held: nothing went wrong with the bench, and the run is over."""

    def __init__(self, condition: AbortCondition, value: float) -> None:
        super().__init__(told(condition.figure, value, condition.above, condition.for_s))


def told(figure: str, value: float, above: float, for_s: float) -> str:
    """A condition that held, in signs that need no translation."""
    return f"abort_when {figure} = {value:g} > {above:g} ({for_s:g} s)"


def read_abort_when(
    spec: YamlMapping, mix: Mapping[str, float], workload: str = catalog.TICKETFLOW
) -> tuple[AbortCondition, ...]:
    """The conditions of a scenario; an operation that no arrival of the mix makes is refused, where that is known."""
    node = spec.optional("abort_when")
    if node is None:
        return ()
    nodes = node.as_list()
    if len(nodes) > MAX_CONDITIONS:
        raise node.error(f"{len(nodes)} conditions; keep at most {MAX_CONDITIONS}")
    done = catalog.operations_made(workload, mix)
    return tuple(_read_condition(item, done) for item in nodes)


def _read_condition(node: Node, done: frozenset[str] | None) -> AbortCondition:
    mapping = node.as_mapping()
    figure = mapping.require("figure")
    base, _, operation = figure.as_str().partition(":")
    known = catalog.abort_figures() if done is not None else catalog.abort_figures((operation or "OPERATION",))
    name = figure.as_choice(known, "figure")
    if operation and done is not None and operation not in done:
        raise figure.error(f"no arrival of the mix makes a {operation}, so it would never be seen")
    condition = AbortCondition(
        figure=name,
        above=mapping.require_number("above", min=0, max=catalog.ABORT_FIGURES[base].high),
        for_s=mapping.require_number("for_s", min=0, max=_MAX_FOR_S),
    )
    mapping.finish()
    return condition


class Streaks:
    """Since when each condition holds, without a break."""

    def __init__(self, conditions: tuple[AbortCondition, ...]) -> None:
        self._since: dict[AbortCondition, float | None] = dict.fromkeys(conditions)

    def first_held(self, values: Values, now: float) -> tuple[AbortCondition, float] | None:
        """The first condition, in the scenario's order, that has held for its whole time; and the value now."""
        held = None
        for condition, since in self._since.items():
            value = values.get(condition.figure)
            if value is None or value <= condition.above:
                self._since[condition] = None
                continue
            began = self._since[condition] = now if since is None else since
            if held is None and now - began >= condition.for_s:
                held = condition, value
        return held


class RecentEnds:
    """How operations ended in the last `WINDOW_S`, from the segments that the load process appends to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[Path, int] = {}
        self._ends: list[tuple[float, str, str]] = []

    def error_ratios(self, t: float) -> dict[str, float]:
        """`unknown` among those not refused, an operation; one that nobody ended lately is not in it."""
        self._ends = [end for end in (*self._ends, *self._new()) if end[0] >= t - WINDOW_S]
        counts: dict[str, list[int]] = {}
        for _, op, outcome in self._ends:
            counts.setdefault(op, []).append(outcome == "unknown")
        return {op: sum(bad) / len(bad) for op, bad in counts.items()}

    def _new(self) -> Iterator[tuple[float, str, str]]:
        for path in sorted(self._folder.glob("*.ndjson")):
            for line in self._whole_lines(path):
                row = json.loads(line)
                if row["outcome"] != "fail" and row.get("error") != "dropped":  # a refusal, and what was never sent
                    yield row["t_end"], row["op"], row["outcome"]

    def _whole_lines(self, path: Path) -> list[bytes]:
        with path.open("rb") as segment:
            segment.seek(self._offsets.get(path, 0))
            chunk = segment.read()
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self._offsets[path] = self._offsets.get(path, 0) + len(whole)
        return whole.splitlines()


class AbortWatch:
    """Looks at the figures that the conditions name; raises `Aborted` from `look()`, once the journal has it."""

    def __init__(
        self, conditions: tuple[AbortCondition, ...], faults: tuple[FaultSpec, ...], load: "LoadProcess",
        observer: "Observer", journal: "Journal", run_dir: Path, clock: "Clock",
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._streaks, self._targets = Streaks(conditions), target_roles(faults)
        self._load, self._observer, self._journal = load, observer, journal
        self._clock, self._now = clock, now
        self._ends = RecentEnds(run_dir / "operations")
        self._conditions = conditions
        self._next = 0.0

    def look(self) -> None:
        """One look at most every `LOOK_EVERY_S`; costs nothing where the scenario has no conditions."""
        if not self._conditions or self._now() < self._next:
            return
        self._next = self._now() + LOOK_EVERY_S
        held = self._streaks.first_held(self._values(), self._now())
        if held is not None:
            condition, value = held
            self._journal.record("abort", **dataclasses.asdict(condition), value=value)
            raise Aborted(condition, value)

    def _values(self) -> dict[str, float | None]:
        needs_ends = any(condition.figure.startswith("error_ratio:") for condition in self._conditions)
        ratios = self._ends.error_ratios(self._clock.now()) if needs_ends else {}
        return values(self._load.figures, ratios, self._observer.latest(), self._targets)


def values(
    figures: Mapping[str, Any], ratios: Mapping[str, float], seen: "Observation", targets: tuple[str, ...]
) -> dict[str, float | None]:
    """Every figure of `catalog.ABORT_FIGURES` by its full name, as it is now."""
    queue = None if seen.queue_ready is None or seen.queue_unacked is None else seen.queue_ready + seen.queue_unacked
    down = [name for name, state in seen.services.items() if state == "down" and not name.startswith(targets)]
    return {
        **{f"error_ratio:{op}": ratio for op, ratio in ratios.items()},
        **{f"p99_ms:{op}": ms for op, ms in figures.get("p99_ms", {}).items()},
        "queue": queue,
        "dropped": figures.get("dropped"),
        "bystanders_down": len(down) if seen.services else None,
    }


def target_roles(faults: tuple[FaultSpec, ...]) -> tuple[str, ...]:
    """The roles that faults are aimed at: of a link, both ends. A service's name begins with its role."""
    return tuple(end.strip().partition(":")[0] for fault in faults for end in fault.target.split("->"))


def explained(results: "Results", run_dir: Path) -> "Results":
    """The results with the condition that ended the run in front of the reason, where one did."""
    from tfbench.journal import read_journal

    for record in read_journal(run_dir / "journal.jsonl").of_kind("abort"):
        line = texts.render("run.line", name=_told_by(record), reason=texts.render("run.interrupted"))
        return dataclasses.replace(results, reason=texts.joined(line, results.reason))
    return results


def _told_by(record: Mapping[str, Any]) -> str:
    try:
        return told(*(record[field] for field in ("figure", "value", "above", "for_s")))
    except (KeyError, TypeError, ValueError):  # a damaged journal: that it ended itself is all that is known
        return "abort_when"


def was_aborted(run_dir: Path) -> bool:
    """Whether the run ended itself: not an interruption by anybody."""
    from tfbench.journal import read_journal

    return any(read_journal(run_dir / "journal.jsonl").of_kind("abort"))
