"""The live numbers: what was not measured is None, never zero."""

from tfbench.load.progress import Progress, quantile
from tfbench.operations import Operation


def operation(t_end: float, latency_s: float, outcome: str = "ok", op: str = "catalogue") -> Operation:
    return Operation(op, 1, "catalogue", True, t_end - latency_s, t_end - latency_s, t_end, outcome, 200)


def test_quantile_of_nothing_is_none() -> None:
    assert quantile([], 0.99) is None


def test_quantile_is_an_observed_value() -> None:
    values = [float(n) for n in range(1, 101)]
    assert quantile(values, 0.99) == 99
    assert quantile(values, 0.5) == 50
    assert quantile([3.0], 0.99) == 3


def test_offered_is_delivered_and_dropped() -> None:
    progress = Progress()
    progress.arrival_started(10.0, 10.004)
    progress.arrival_started(10.1, 10.102)
    progress.arrival_ended()
    progress.arrival_dropped()
    totals = progress.totals(11.0)
    assert (totals["offered"], totals["delivered"], totals["dropped"]) == (3, 2, 1)
    assert (totals["in_flight"], totals["peak_in_flight"]) == (1, 2)
    assert totals["start_delay_p99_ms"] == 4.0


def test_live_latencies_are_of_the_last_seconds_only() -> None:
    progress = Progress()
    progress.operation_ended(operation(t_end=10, latency_s=9))
    progress.operation_ended(operation(t_end=19, latency_s=0.25, outcome="unknown"))
    progress.operation_ended(operation(t_end=19, latency_s=0.5, op="purchase"))
    line = progress.live(20.0)
    assert line["p99_ms"] == {"catalogue": 250.0, "purchase": 500.0}
    assert (line["errors"], line["purchases_ok"]) == (1, 1)
    assert progress.live(40.0)["p99_ms"] == {}


def test_totals_of_an_idle_load_claim_no_punctuality() -> None:
    assert Progress().totals(1.0)["start_delay_p99_ms"] is None
