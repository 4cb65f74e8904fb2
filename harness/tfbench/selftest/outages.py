"""Recovery times against the truth: many outages of known length, one after another, in one run.

    command -> server falls ill (says so: verified) -> gets well (says so: healed) -> a calm, and the next
    error = recovery time as judged from clients' operations - (end - begin) as the server lived it

The shortest possible hold (1 s) and a latency limit near the server's own answer time keep the outages short and the
error that of the instrument: of the gap between arrivals, and of how late the load is.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tfbench.model import FaultSpec, RecoveryObjective, Text
from tfbench.results import RecoveryResult
from tfbench.selftest.experiment import Experiment, Offer, judged, play
from tfbench.selftest.kinds import KINDS
from tfbench.selftest.table import Row
from tfbench.selftest.target import Plan
from tfbench.slo.stats import percentile
from tfbench.verdict import Verdict

RATE_PER_S = 150.0
LIMIT_S = 1.0
# Lengths keep away from the limit by more than the error allowed, so that each has one right verdict.
LENGTHS_S = ((0.3, 0.85), (1.15, 1.6))
HOLD_S = 1.0
CALM_S = HOLD_S + 0.3
ERROR_LIMIT_S = 0.05
LATENCY_MS = 40.0
SLOW_S = 0.5  # well above the latency that is good
ILLNESSES = ("freeze", "fail", "slow")


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage: as it was ordered, and its true length."""

    spec: FaultSpec
    true_s: float


def check_outages(folder: Path, count: int, seed: int, detail: Callable[[str], None]) -> list[Row]:
    """Rows: how far off recovery times are, and whether their verdicts are right."""
    outages: list[Outage] = []

    def during(experiment: Experiment) -> None:
        draw = random.Random(f"{seed}/outages")
        time.sleep(CALM_S)
        for number in range(count):
            detail(f"{number + 1} of {count}")
            for_s = draw.uniform(*LENGTHS_S[number % len(LENGTHS_S)])
            outages.append(_break(experiment, f"outage-{number:02}", ILLNESSES[number % len(ILLNESSES)], for_s))
            time.sleep(CALM_S)

    longest_s = count * (LENGTHS_S[-1][1] + 2 * CALM_S) + 600
    offer = Offer(RATE_PER_S, {KINDS[0]: 1.0}, longest_s, seed)
    play(folder, offer, Plan(seed), during)
    objective = RecoveryObjective(
        "back", Text(en="back", es="de vuelta"), "selftest", LIMIT_S, (KINDS[0],), LATENCY_MS, HOLD_S, slice_target=0.9
    )
    results = judged(folder, [objective], tuple(outage.spec for outage in outages))
    return [error_row(outages, results.recovery), verdict_row(outages, results.recovery)]


def _break(experiment: Experiment, name: str, illness: str, for_s: float) -> Outage:
    """Order one outage and journal it as the bench journals a fault."""
    spec = FaultSpec(name, illness, "selftest", ("said-so",))

    def record(state: str, t: float | None = None, **details: object) -> None:
        experiment.journal.record("fault", id=name, type=illness, target="selftest", state=state, t=t, detail=details)

    begin_t = experiment.clock.now()
    experiment.target.command(illness, for_s, SLOW_S)
    begin = experiment.target.next_event("begin")["t"]
    record("injected", begin_t=begin_t)
    record("verified", evidence=["the server says so"])
    end = experiment.target.next_event("end")["t"]
    record("healed", end, begin_t=end)
    record("recovered", end)
    return Outage(spec, end - begin)


def errors_s(outages: list[Outage], recoveries: list[RecoveryResult]) -> list[float]:
    """How far each measured time is from the truth; infinity where none was measured."""
    measured = {result.fault: result.rto_s for result in recoveries}
    times = [(measured.get(outage.spec.id), outage.true_s) for outage in outages]
    return [float("inf") if rto_s is None else abs(rto_s - true_s) for rto_s, true_s in times]


def error_row(outages: list[Outage], recoveries: list[RecoveryResult]) -> Row:
    """How far off the times are, 19 times in 20."""
    p95 = percentile(errors_s(outages, recoveries), 95)
    lengths = [outage.true_s for outage in outages] or [0.0]
    return Row(
        check="recovery time, error p95",
        planted=f"{len(outages)} outages of {min(lengths):.2f} to {max(lengths):.2f} s",
        measured="none" if p95 is None else f"{p95 * 1000:.0f} ms",
        limit=f"<= {ERROR_LIMIT_S * 1000:.0f} ms",
        holds=p95 is not None and p95 <= ERROR_LIMIT_S,
    )


def right_verdict(true_s: float) -> Verdict:
    return Verdict.PASS if true_s < LIMIT_S else Verdict.FAIL


def verdict_row(outages: list[Outage], recoveries: list[RecoveryResult]) -> Row:
    """Whether both sides of the limit were told apart."""
    said = {result.fault: result.verdict for result in recoveries}
    right = sum(said.get(outage.spec.id) is right_verdict(outage.true_s) for outage in outages)
    return Row(
        check="recovery time, verdicts",
        planted=f"limit {LIMIT_S:g} s, outages on both sides",
        measured=f"{right} of {len(outages)} right",
        limit=f">= {0.95:.0%}",
        holds=bool(outages) and right >= 0.95 * len(outages),
    )
