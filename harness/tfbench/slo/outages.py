"""From a run to its recovery times and to what they spend of error budgets.

    measured operations -> arrays -> recovery.py -> RecoveryResult -> budget.py -> BudgetResult
                     all of an objective, and each type alone -'  waterfall.py: how it came about

A refusal (`fail`) shows neither that a service is up nor that it is down, so recovery does not look at it.
"""

import dataclasses
import math
from collections.abc import Iterable

import numpy as np

from tfbench import texts
from tfbench.model import AnyObjective, Objective, RecoveryObjective
from tfbench.results import BudgetResult, OperationRecovery, RecoveryResult
from tfbench.rundata import RunData
from tfbench.slo.budget import failures_per_window, spent_ratio, spoilt_slices_s
from tfbench.slo.objective import SlicedObjective
from tfbench.slo.recovery import (
    Floats,
    Injection,
    Recovery,
    Seen,
    first_success,
    measure_recovery,
    recovery_verdict,
    slice_width,
)
from tfbench.slo.waterfall import waterfall
from tfbench.verdict import Verdict
from tfbench.windows import FaultTimes, RunWindows

_OPERATIONS = """
SELECT t_intended, t_end, outcome = 'ok' AS ok, outcome = 'ok' AND latency_ms < $latency_ms_below AS good
FROM measured WHERE list_contains($operations, op) AND outcome <> 'fail' ORDER BY t_intended
"""


def judge_recovery(run: RunData, objective: RecoveryObjective, fault: FaultTimes, required: bool) -> RecoveryResult:
    """Measure and judge one recovery objective against one fault."""
    whole = _measure(run, objective, fault, objective.operations)
    recovery, _ = whole
    verdict = recovery_verdict(recovery, objective.limit_s)
    if recovery.seen is Seen.NO_OUTAGE and fault.verified is None:
        verdict = Verdict.INVALID  # nothing broke, as far as anybody saw: that says nothing of recovery
    is_only = len(objective.operations) == 1
    operations = [
        _of_operation(run, fault, operation, *(whole if is_only else _measure(run, objective, fault, (operation,))))
        for operation in objective.operations
    ]
    return RecoveryResult(
        id=objective.id,
        title=dataclasses.asdict(objective.title),
        service=objective.service,
        fault=fault.id,
        required=required,
        verdict=verdict,
        reason=_reason(recovery, objective.limit_s, verdict),
        limit_s=objective.limit_s,
        rto_s=recovery.rto_s,
        lower_s=recovery.lower_s,
        upper_s=recovery.upper_s,
        detect_s=recovery.detect_s,
        outage_s=recovery.outage_s,
        operations=operations,
        waterfall=waterfall(run, fault, operations, _observed_until(run.windows, fault)),
    )


def _of_operation(
    run: RunData, fault: FaultTimes, operation: str, recovery: Recovery, succeeded_at: Floats
) -> OperationRecovery:
    """One type of operation by itself, measured as the objective measures them together."""
    return OperationRecovery(
        operation=operation,
        seen=recovery.seen.value,
        rto_s=recovery.rto_s,
        lower_s=recovery.lower_s,
        upper_s=recovery.upper_s,
        detect_s=recovery.detect_s,
        outage_s=recovery.outage_s,
        down_s=recovery.down_s,
        first_success_s=_first_success_s(run, fault, recovery, succeeded_at),
    )


def _first_success_s(run: RunData, fault: FaultTimes, recovery: Recovery, succeeded_at: Floats) -> float | None:
    if fault.begin is None or recovery.down_s is None:
        return None
    observed_until = _observed_until(run.windows, fault)
    until = observed_until if recovery.rto_s is None else fault.begin + recovery.rto_s
    t = first_success(succeeded_at, fault.begin, until, observed_until)
    return None if t is None else t - fault.begin


def _measure(
    run: RunData, objective: RecoveryObjective, fault: FaultTimes, operations: tuple[str, ...]
) -> tuple[Recovery, Floats]:
    """The recovery that these operations show, and when each successful one was answered."""
    if fault.begin is None or fault.effect is None:
        return Recovery(Seen.NO_DATA, objective.hold_s), np.empty(0)
    arrays = run.arrays(_OPERATIONS, operations=list(operations), latency_ms_below=objective.latency_ms_below)
    t_intended, t_end = arrays["t_intended"].astype(np.float64), arrays["t_end"].astype(np.float64)
    rate = _rate(t_intended, run.windows.measured_from, fault.begin)
    recovery = measure_recovery(
        t_intended,
        t_end,
        arrays["good"].astype(np.bool_),
        Injection(
            begin=fault.begin,
            effect=fault.effect,
            heal_begin=math.inf if fault.heal_begin is None else fault.heal_begin,
            observed_until=_observed_until(run.windows, fault),
        ),
        hold_s=objective.hold_s,
        slice_target=objective.slice_target,
        slice_s=slice_width(rate, objective.slice_target, objective.hold_s),
    )
    return recovery, t_end[arrays["ok"].astype(np.bool_)]


def _observed_until(windows: RunWindows, fault: FaultTimes) -> float:
    """The end of what belongs to this fault: the load's, or the next fault's that struck a recovered system."""
    recovered = math.inf if fault.recovered is None else fault.recovered
    later = [other.begin for other in windows.faults if other.begin is not None and other.begin > recovered]
    return min([windows.load_until, *later])


def _rate(t_intended: Floats, since: float, begin: float) -> float:
    """Operations a second before the fault: what traffic looks like when the service is well."""
    before = int(np.count_nonzero(t_intended < begin))
    if before and begin > since:
        return before / (begin - since)
    span = float(np.ptp(t_intended)) if len(t_intended) > 1 else 0.0
    return len(t_intended) / span if span > 0 else 0.0


def _reason(recovery: Recovery, limit_s: float, verdict: Verdict) -> texts.Rendered:
    key = f"recovery.{recovery.seen.value}"
    if recovery.seen is Seen.NO_OUTAGE and verdict is Verdict.INVALID:
        key = "recovery.unverified"
    reason = texts.render(
        key,
        limit=limit_s,
        rto=recovery.rto_s,
        lower=recovery.lower_s,
        upper=recovery.upper_s,
        detect=recovery.detect_s,
        outage=recovery.outage_s,
    )
    if recovery.relapse_s > 0:
        reason = texts.joined(reason, texts.render("recovery.relapse", relapse=recovery.relapse_s))
    return reason


def budgets(objectives: Iterable[AnyObjective], recoveries: list[RecoveryResult]) -> list[BudgetResult]:
    """What each measured outage of a service spends of that service's availability objectives."""
    availability = [objective for objective in objectives if is_availability(objective)]
    return [
        _budget(objective, recovery)
        for objective in availability
        if isinstance(objective, Objective)
        for recovery in recoveries
        if recovery.service == objective.service
    ]


def is_availability(objective: AnyObjective) -> bool:
    """An objective that full outage spends at the rate of time: answered or not, however fast, whatever the status."""
    if not isinstance(objective, Objective) or objective.total.source != "operations":
        return False
    good = objective.good
    return bool(good.outcome) and good.latency_ms_below is None and not good.status_not


def charged(objective: Objective, outage_s: float) -> float:
    """The seconds of budget that a full outage costs: its own, or by Timeslices those of the slices it spoils."""
    if isinstance(objective, SlicedObjective) and objective.slice_target is not None:
        return spoilt_slices_s(outage_s, objective.slice_s, objective.slice_target)
    return outage_s


def _budget(objective: Objective, recovery: RecoveryResult) -> BudgetResult:
    outage_s, target, window_s = recovery.outage_s, objective.target, objective.window_s
    charged_s = outage_s if outage_s is None else charged(objective, outage_s)
    return BudgetResult(
        objective=objective.id,
        service=objective.service,
        target=target,
        window_s=window_s,
        outage_s=outage_s,
        spent_ratio=None if charged_s is None else spent_ratio(charged_s, target, window_s),
        failures_per_window=None if charged_s is None else failures_per_window(charged_s, target, window_s),
    )
