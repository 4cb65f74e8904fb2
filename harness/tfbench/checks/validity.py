"""Whether the run was what was asked: the load offered in time and in full, each fault seen from outside and
gone.

A promise judged under another load, or without its fault, says nothing: the run is INVALID, and says why.
"""

from typing import Any

import numpy as np

from tfbench import texts
from tfbench.model import AnyObjective, Objective, RecoveryObjective, Scenario
from tfbench.results import FaultResult, LoadResult
from tfbench.rundata import RunData
from tfbench.slo.stats import percentile, percentile_interval
from tfbench.windows import FaultTimes

# An arrival may start late by this share of the tightest latency promised before lateness blurs the verdict.
LATE_SHARE = 0.1

# From this share of the machine on, what others do on it is worth telling: a slow answer may be theirs.
NOISE_SHARE = 0.25

_START_DELAYS = """
SELECT (t_start - t_intended) * 1000 AS delay_ms FROM measured
WHERE first AND error IS DISTINCT FROM 'dropped' AND t_start IS NOT NULL
"""

_ARRIVALS = """
SELECT count(*) FILTER (WHERE error IS DISTINCT FROM 'dropped'), count(*) FILTER (WHERE error = 'dropped')
FROM operations WHERE first
"""


def judge_load(run: RunData, scenario: Scenario) -> LoadResult:
    """What was offered, by the load's own count; what is on disk must agree with it."""
    recorded, dropped_rows = run.row(_ARRIVALS)
    stopped = run.last("load", state="stopped") or {}
    own = _own_count(stopped)
    delivered = own.get("delivered", recorded)
    dropped = max(own.get("dropped", 0), dropped_rows)
    offered = own.get("offered", delivered + dropped)
    delays = run.arrays(_START_DELAYS)["delay_ms"].astype(np.float64)
    delay_p99_ms, (lower_ms, upper_ms) = percentile(delays, 99), percentile_interval(delays, 99)
    limit_ms = late_limit_ms(scenario)
    numbers = {
        "offered": offered,
        "delivered": delivered,
        "dropped": dropped,
        "recorded": recorded,
        "delay": delay_p99_ms,
        "limit": limit_ms,
        "trouble": str(stopped.get("trouble")),
    }
    troubles = [
        key
        for key, is_so in (
            ("nothing", not recorded),
            ("not_stopped", not own and not stopped.get("trouble")),
            ("trouble", bool(stopped.get("trouble"))),
            ("dropped", dropped > 0 or offered > delivered + dropped),
            ("not_recorded", 0 < recorded < delivered),
            ("late", delay_p99_ms is not None and limit_ms is not None and delay_p99_ms > limit_ms),
        )
        if is_so
    ]
    keys = troubles or ["valid" if delay_p99_ms is not None else "valid_unmeasured"]
    disturbed = _disturbed_seconds(run)
    if disturbed:
        numbers |= {"seconds": len(disturbed), "worst": max(disturbed), "noise": NOISE_SHARE}
        keys.append("disturbed")
    return LoadResult(
        offered=offered,
        delivered=delivered,
        dropped=dropped,
        start_delay_p99_ms=delay_p99_ms,
        start_delay_p99_lower_ms=lower_ms,
        start_delay_p99_upper_ms=upper_ms,
        valid=not troubles,
        reason=texts.joined(*(texts.render(f"load.{key}", **numbers) for key in keys)),
    )


def _disturbed_seconds(run: RunData) -> list[float]:
    """The share of the machine that others took, of each second in which it was much."""
    windows = run.windows
    shares = [
        float(record.get("foreign") or 0) + float(record.get("steal") or 0)
        for record in run.journal.of_kind("host")
        if windows.measured_from <= float(record["t"]) <= windows.load_until
    ]
    return [share for share in shares if share >= NOISE_SHARE]


def _own_count(stopped: dict[str, Any]) -> dict[str, int]:
    """What the load said of itself when it stopped; empty when it did not live to say so."""
    counts = {name: stopped.get(name) for name in ("offered", "delivered", "dropped")}
    return {name: int(count) for name, count in counts.items() if count is not None}


def late_limit_ms(scenario: Scenario) -> float | None:
    """How late arrivals may start: a tenth of the tightest latency required, else promised."""
    latencies = _latencies_ms(scenario, required_only=True) or _latencies_ms(scenario, required_only=False)
    return LATE_SHARE * min(latencies) if latencies else None


def _latencies_ms(scenario: Scenario, *, required_only: bool) -> list[float]:
    limits = [
        _latency_ms(objective)
        for objective in scenario.slo.objectives
        if objective.id in scenario.required or not required_only
    ]
    return [limit for limit in limits if limit is not None]


def _latency_ms(objective: AnyObjective) -> float | None:
    """The latency that an objective promises of operations; issuing takes its own time."""
    if isinstance(objective, RecoveryObjective):
        return objective.latency_ms_below
    if isinstance(objective, Objective) and objective.good.source == "operations":
        return objective.good.latency_ms_below
    return None


def fault_result(fault: FaultTimes) -> FaultResult:
    """The fault as it happened."""
    return FaultResult(
        id=fault.id,
        type=fault.type,
        target=fault.target,
        injected_at=fault.begin,
        verified=fault.verified is not None,
        healed_at=fault.healed,
        residue=fault.residue,
        evidence=list(fault.evidence),
    )


def fault_trouble(fault: FaultTimes) -> texts.Rendered | None:
    """Why the fault was not what was asked; None when it was."""
    if fault.begin is None:
        key = "fault.not_injected"
    elif fault.verified is None:
        key = "fault.not_verified"
    elif fault.residue:
        key = "fault.residue"
    else:
        return None
    return texts.render(key, target=fault.target, type=fault.type)
