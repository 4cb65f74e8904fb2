"""The contract `results.json` (`tfbench.results/1`) as data. `docs/run-folder.md` describes each field.

Judging fills a `Results` from what is on disk; the report reads it and nothing else decides.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
class RecoveryResult:
    """An RTO judged. `lower_s..upper_s` is as wide as the arrivals allow; `rto_s` None: not recovered (censored)."""

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
    """Offered and delivered arrivals; `valid` False makes the run INVALID."""

    offered: int
    delivered: int
    dropped: int
    start_delay_p99_ms: float | None
    valid: bool
    reason: dict[str, str]


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


def load_results(run_dir: Path) -> dict[str, Any]:
    """The parsed `results.json` of a run folder."""
    data: dict[str, Any] = json.loads((run_dir / "results.json").read_text(encoding="utf-8"))
    return data
