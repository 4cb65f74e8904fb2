"""A check made of each fault of a run, and one finding of them all.

With several faults in a run, a check about a database looks at those aimed at it (`postgres:primary`,
`app1 -> postgres`); when none is, at all of them: what a fault takes down is not always in its name.
"""

import math
from collections.abc import Callable

from tfbench import texts
from tfbench.checks.finding import EXAMPLES, Finding, no_data
from tfbench.rundata import RunData
from tfbench.verdict import merge
from tfbench.windows import FaultTimes


def of_each_fault(
    run: RunData, check_id: str, judge: Callable[[RunData, FaultTimes], Finding], role: str = ""
) -> Finding:
    """The worst of what `judge` finds of each injected fault on `role`, with every reason."""
    struck = [fault for fault in run.windows.faults if fault.effect is not None]
    chosen = [fault for fault in struck if role in fault.target] or struck
    if not chosen:
        return no_data(f"check.{check_id}.no_data")
    findings = [judge(run, fault) for fault in chosen]
    if len(findings) == 1:
        return findings[0]
    reasons = [
        texts.render("check.of_fault", fault=fault.id, reason=finding.reason)
        for fault, finding in zip(chosen, findings, strict=True)
    ]
    return Finding(
        verdict=merge(finding.verdict for finding in findings),
        reason=texts.joined(*reasons),
        checked=sum(finding.checked for finding in findings),
        violation_count=sum(finding.violation_count for finding in findings),
        violations=[line for finding in findings for line in finding.violations][:EXAMPLES],
    )


def struck_within(fault: FaultTimes) -> tuple[float, float]:
    """The bounds of the moment an injected fault struck. Raises ValueError when it was not injected."""
    if fault.begin is None or fault.effect is None:
        raise ValueError(f"the fault {fault.id} was not injected")
    return fault.begin, fault.effect


def heal_ordered(fault: FaultTimes) -> float:
    """When the bench began to heal it: what happens before, the system did by itself. Infinity: it never did."""
    return math.inf if fault.heal_begin is None else fault.heal_begin
