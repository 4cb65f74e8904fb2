"""The contract `results.json` (`tfbench.results/1`) as data. `docs/run-folder.md` describes each field.

Judging fills a `Results` from what is on disk; the report reads it and nothing else decides.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from tfbench.verdict import Verdict

SCHEMA = "tfbench.results/1"


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """A ratio objective judged: `n` counted, `bad` among them, one-sided 95% bounds of the good ratio."""

    id: str
    title: dict[str, str]
    service: str
    required: bool
    verdict: Verdict
    reason: dict[str, str]
    target: float
    measured: float | None
    n: int
    bad: int
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class OperationRecovery:
    """One type of operation of an RTO. `seen` is a word of `slo/recovery.py`; times are seconds since the injection.

    `down_s` is the first failure that starts the outage, `first_success_s` when its longest silence ended.
    """

    operation: str
    seen: str
    rto_s: float | None
    lower_s: float | None
    upper_s: float | None
    detect_s: float | None
    outage_s: float | None
    down_s: float | None
    first_success_s: float | None


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One step of a recovery, `at_s` seconds after the injection: None is an event that was expected and not found.

    `who` is the instance that tells it, or that it happened to; `source` where it is written in the run folder.
    """

    step: str
    who: str | None
    operation: str | None
    at_s: float | None
    source: str
    text: dict[str, str]


@dataclass(frozen=True, slots=True)
class RecoveryResult:
    """An RTO judged. `lower_s..upper_s` is as wide as the arrivals allow; `rto_s` None: not recovered (censored).

    `waterfall` has the steps of its fault and of its own operations, in order.
    """

    id: str
    title: dict[str, str]
    service: str
    fault: str
    required: bool
    verdict: Verdict
    reason: dict[str, str]
    limit_s: float
    rto_s: float | None
    lower_s: float | None
    upper_s: float | None
    detect_s: float | None
    outage_s: float | None
    operations: list[OperationRecovery] = field(default_factory=list)
    waterfall: list[WaterfallStep] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """What this scenario promises beyond the tables, in the words of the user's test."""

    id: str
    title: dict[str, str]
    verdict: Verdict
    reason: dict[str, str]


@dataclass(frozen=True, slots=True)
class InvariantResult:
    """What must hold whatever breaks. `violations` are readable examples (at most 20), `violation_count` is all."""

    id: str
    title: dict[str, str]
    required: bool
    verdict: Verdict
    reason: dict[str, str]
    checked: int
    violation_count: int
    violations: list[str]


@dataclass(frozen=True, slots=True)
class FaultResult:
    """One fault as it happened; times are epoch seconds. `evidence` says what was seen, by whom."""

    id: str
    type: str
    target: str
    injected_at: float | None
    verified: bool
    healed_at: float | None
    residue: bool
    evidence: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Offered and delivered arrivals; `valid` False makes the run INVALID.

    The true p99 lies within `lower..upper` with 95% confidence; None: too few arrivals for that end.
    """

    offered: int
    delivered: int
    dropped: int
    start_delay_p99_ms: float | None
    valid: bool
    reason: dict[str, str]
    start_delay_p99_lower_ms: float | None = None
    start_delay_p99_upper_ms: float | None = None


@dataclass(frozen=True, slots=True)
class BudgetResult:
    """What this outage spends of an availability objective's error budget over its window."""

    objective: str
    service: str
    target: float
    window_s: float
    outage_s: float | None
    spent_ratio: float | None
    failures_per_window: float | None


@dataclass(frozen=True, slots=True)
class Results:
    """One judged run. Times are epoch seconds; texts are `{"en": ..., "es": ...}`."""

    scenario: str
    title: dict[str, str]
    purpose: dict[str, str]
    system: str
    platform: str
    seed: int
    started_at: float
    finished_at: float
    interrupted: bool
    verdict: Verdict
    reason: dict[str, str]
    objectives: list[ObjectiveResult]
    recovery: list[RecoveryResult]
    expectations: list[ExpectationResult]
    invariants: list[InvariantResult]
    faults: list[FaultResult]
    load: LoadResult
    budget: list[BudgetResult]
    schema: str = SCHEMA

    def to_json(self) -> str:
        """Serialised as the contract says."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=2)

    def write(self, run_dir: Path) -> None:
        """Write `results.json` into the run folder."""
        (run_dir / "results.json").write_text(self.to_json() + "\n", encoding="utf-8")
