"""What `plan` says of objectives by slices of time, and of what ends a run early."""

import dataclasses
from pathlib import Path

import pytest
from tfbench.model import AbortCondition, Objective, Scenario, Slo
from tfbench.plan import describe_evidence, describe_plan
from tfbench.plan_evidence import required_evidence
from tfbench.plan_minutes import refusal
from tfbench.scenario import load_scenario
from tfbench.slo.objective import Method, SlicedObjective
from tfbench.verdict import Verdict

ROOT = Path(__file__).parents[3]
NAME = "app1-availability"


def scenario(name: str, slice_s: float, target: float, baseline_s: float) -> Scenario:
    """caida-app2 with one required objective of the table, by slices."""
    loaded = load_scenario(ROOT / "scenarios" / "caida-app2.yaml")
    [base] = [one for one in loaded.slo.objectives if one.id == name and isinstance(one, Objective)]
    values = {field.name: getattr(base, field.name) for field in dataclasses.fields(Objective)} | {"target": target}
    sliced = SlicedObjective(**values, method=Method.TIMESLICES, slice_s=slice_s, slice_target=0.99)
    return dataclasses.replace(
        loaded,
        slo=Slo(loaded.slo.path, (sliced,)),
        required=(name,),
        phases=dataclasses.replace(loaded.phases, baseline_s=baseline_s),
    )


@pytest.mark.parametrize(
    ("baseline_s", "slices", "best"),
    [(3540, 59, Verdict.PASS), (3539, 58, Verdict.INCONCLUSIVE), (59, 0, Verdict.INCONCLUSIVE)],
)
def test_slices_are_counted_by_the_clock(baseline_s: float, slices: int, best: Verdict) -> None:
    """95% takes 59 slices without a bad one: 59 minutes, however many buyers come in them."""
    [evidence] = required_evidence(scenario(NAME, 60, 0.95, baseline_s))
    assert (evidence.steady, evidence.needed, evidence.best) == (slices, 59, best)
    assert (evidence.baseline_s, evidence.sure_baseline_s) == (3540, 3540)


def test_the_plan_says_slices_where_it_counts_slices() -> None:
    told = describe_evidence(scenario(NAME, 60, 0.95, 120))
    assert "steady: 2 slices of 60 s; 95% needs 59 without a bad one, so 3,540 s" in told
    assert "TOO FEW: at best INCONCLUSIVE; a baseline of 3,540 s would do" in told
    assert "slices, counted" in told
    assert "enough: proves it with up to 0 bad" in describe_evidence(scenario(NAME, 60, 0.95, 3600))


def test_issued_orders_by_slices_are_all_counted() -> None:
    sliced = scenario("app2-pdf-under-5min", 60, 0.95, 120)
    assert [one.best for one in required_evidence(sliced)] == [Verdict.PASS]
    assert "slices of 60 s: all orders are counted" in describe_evidence(sliced)


def test_no_rate_makes_slices_come_faster() -> None:
    refused = refusal(scenario(NAME, 60, 0.95, 120), 30)
    assert refused is not None
    assert refused.remedy is not None
    assert (refused.remedy.baseline_s, refused.remedy.rate_per_s) == (3540, None)


def test_what_ends_a_run_early_is_told() -> None:
    plain = scenario(NAME, 60, 0.95, 120)
    conditions = (AbortCondition("p99_ms:purchase", 5000, 10), AbortCondition("queue", 300, 0))
    told = dataclasses.replace(plain, abort_when=conditions)
    for describe in (describe_plan, describe_evidence):
        assert "p99_ms of purchase was above 5000 at every look for 10 s" in describe(told)
        assert "queue was above 300 at one look" in describe(told)
        assert "Ends early: never by itself" in describe(plain)
