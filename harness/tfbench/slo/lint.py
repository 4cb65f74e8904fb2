"""Holds the tables against themselves: pure arithmetic on what they promise, before anything runs.

    RTO x failures a window      against the budget of each ratio objective of the same service
    RTO - latency limit          what an outage delays beyond the limit, as a share of the window
    target, rate                 the evidence that a day can bring

A contradiction is a promise that another one breaks, or that nothing can prove in a day; a note is a number to know.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tfbench import texts
from tfbench.model import Objective, RecoveryObjective, Slo
from tfbench.slo.budget import allowed_s, failures_per_window, spent_ratio
from tfbench.slo.objective import SlicedObjective
from tfbench.slo.outages import charged, is_availability
from tfbench.slo.stats import minimum_requests

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the tables say of themselves, about the objective `about`."""

    about: str
    is_contradiction: bool
    text: texts.Rendered


def lint(slo: Slo, failures: float, rate_per_s: float) -> list[Finding]:
    """What the tables say, with so many failures a window and so many records a second for each objective."""
    ratios = [objective for objective in slo.objectives if isinstance(objective, Objective)]
    recoveries = [objective for objective in slo.objectives if isinstance(objective, RecoveryObjective)]
    findings = [
        finding
        for recovery in recoveries
        for objective in ratios
        if objective.service == recovery.service
        for finding in _outages(recovery, objective, failures)
    ]
    return findings + [finding for objective in ratios for finding in _evidence(objective, rate_per_s)]


def _outages(recovery: RecoveryObjective, objective: Objective, failures: float) -> Iterator[Finding]:
    """What outages that the recovery objective still allows do to the objective."""
    limit_ms = objective.good.latency_ms_below
    if limit_ms is None and not is_availability(objective):
        return
    bad_s = recovery.limit_s if limit_ms is None else max(0.0, recovery.limit_s - limit_ms / 1000)
    if bad_s == 0:
        return
    cost_s = charged(objective, bad_s)
    if cost_s == 0 and isinstance(objective, SlicedObjective):
        yield _free(recovery, objective)
        return
    spent = spent_ratio(cost_s, objective.target, objective.window_s)
    is_contradiction = failures * spent > 1
    name = "outage_spends" if limit_ms is None else "outage_delays"
    text = texts.render(
        f"slo.lint.{name}.{'contradiction' if is_contradiction else 'note'}",
        rto=recovery.id,
        limit=recovery.limit_s,
        late=bad_s,
        allowed=(limit_ms or 0) / 1000,
        target=objective.target,
        budget=allowed_s(objective.target, objective.window_s),
        days=objective.window_s / _DAY_S,
        spent=spent,
        total=spent * failures,
        borne=failures_per_window(cost_s, objective.target, objective.window_s),
        failures=failures,
        share=bad_s / recovery.limit_s,
        least=cost_s / (1 - objective.target) / 3600,
    )
    yield Finding(objective.id, is_contradiction, text)


def _free(recovery: RecoveryObjective, objective: SlicedObjective) -> Finding:
    text = texts.render(
        "slo.lint.outage_spends.free",
        rto=recovery.id,
        limit=recovery.limit_s,
        slice=objective.slice_s,
        target=objective.target,
    )
    return Finding(objective.id, False, text)


def _evidence(objective: Objective, rate_per_s: float) -> Iterator[Finding]:
    """Whether a day brings what the target takes to be proved; orders are counted, all of them: nothing to prove."""
    if objective.total.source == "issuance":
        return
    is_sliced = isinstance(objective, SlicedObjective)
    daily = _DAY_S / objective.slice_s if isinstance(objective, SlicedObjective) else _DAY_S * rate_per_s
    needed = minimum_requests(objective.target)
    if needed > daily:
        text = texts.render(
            "slo.lint.evidence.contradiction",
            target=objective.target,
            needed=needed,
            what=texts.render(f"slo.lint.evidence.{'slices' if is_sliced else 'requests'}"),
            daily=daily,
            days=needed / daily,
        )
        yield Finding(objective.id, True, text)
