"""Recovery time from arrays of operations: made at a steady rate, good or bad by the clock."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from tfbench.slo.recovery import (
    Injection,
    Recovery,
    Seen,
    first_success,
    measure_recovery,
    recovery_verdict,
    slice_width,
)
from tfbench.verdict import Verdict

RATE = 16.0  # its gaps are exact in binary
BEGIN, EFFECT, HEAL, END = 100.0, 100.5, 140.0, 200.0


def measured(
    is_good: Callable[[float], bool],
    *,
    rate: float = RATE,
    heal: float = HEAL,
    end: float = END,
    start: float = 80.0,
    target: float = 0.9,
    latency_s: float = 0.05,
) -> Recovery:
    """The recovery that operations at a constant rate show, `is_good` by their intended time."""
    t = np.arange(start, end, 1 / rate)
    return measure_recovery(
        t,
        t + latency_s,
        np.array([is_good(float(moment)) for moment in t], dtype=np.bool_),
        Injection(BEGIN, EFFECT, heal, end),
        hold_s=10,
        slice_target=target,
        slice_s=slice_width(rate, target, 10),
    )


def down(since: float, until: float) -> Callable[[float], bool]:
    return lambda t: not since <= t < until


def test_an_outage_is_measured_from_injection_to_the_first_good_operation() -> None:
    seen = measured(down(101, 130))
    assert seen.seen is Seen.RECOVERED
    assert seen.rto_s == pytest.approx(30)
    assert seen.upper_s == pytest.approx(30)
    assert seen.detect_s == pytest.approx(0.5)
    assert seen.outage_s == pytest.approx(29)
    assert seen.relapse_s == 0


def test_the_interval_is_as_wide_as_the_arrivals_allow() -> None:
    seen = measured(down(101, 130))
    assert seen.lower_s == pytest.approx(130 - 1 / RATE - EFFECT)
    thin = measured(down(101, 130), rate=2)
    assert thin.upper_s is not None
    assert thin.lower_s is not None
    assert thin.upper_s - thin.lower_s == pytest.approx(1 / 2 + EFFECT - BEGIN)


def test_a_good_operation_amid_bad_ones_is_no_recovery() -> None:
    seen = measured(lambda t: not 101 <= t < 130 or 110 <= t < 110.06)
    assert seen.rto_s == pytest.approx(30)


def test_good_seconds_shorter_than_the_hold_are_no_recovery() -> None:
    flapping = measured(lambda t: not (101 <= t < 110 or 118 <= t < 130))
    assert flapping.rto_s == pytest.approx(30)


def test_isolated_bad_operations_are_noise() -> None:
    noisy = measured(lambda t: not (101 <= t < 130 or round(t * RATE) % 100 == 7))
    assert noisy.seen is Seen.RECOVERED
    assert noisy.rto_s == pytest.approx(30)
    assert measured(lambda t: round(t * RATE) % 100 != 7).seen is Seen.NO_OUTAGE


def test_a_fault_that_strikes_late_is_still_found() -> None:
    seen = measured(down(120, 130))
    assert seen.rto_s == pytest.approx(30)
    assert seen.detect_s == pytest.approx(19.5)


def test_an_outage_that_healing_causes_is_not_the_faults() -> None:
    seen = measured(down(150, 155))
    assert seen.seen is Seen.NO_OUTAGE
    assert seen.upper_s == pytest.approx(1 / RATE)
    assert seen.relapse_s == pytest.approx(5)


def test_what_was_in_flight_at_the_fault_and_failed_is_part_of_the_outage() -> None:
    seen = measured(down(98, 130), latency_s=5)
    assert seen.outage_s == pytest.approx(30)
    assert seen.detect_s == 0


def test_no_bad_operation_bounds_the_outage_by_the_gaps() -> None:
    seen = measured(lambda _: True)
    assert seen.seen is Seen.NO_OUTAGE
    assert seen.rto_s == seen.outage_s == 0
    assert seen.upper_s == pytest.approx(1 / RATE)
    assert recovery_verdict(seen, 60) is Verdict.PASS


def test_a_gap_as_long_as_the_limit_hides_an_outage_as_long() -> None:
    t = np.concatenate([np.arange(80.0, 101), np.arange(135.0, 200)])
    seen = measure_recovery(
        t, t, np.ones(len(t), dtype=np.bool_), Injection(BEGIN, EFFECT, HEAL, END),
        hold_s=10, slice_target=0.9, slice_s=10,
    )  # fmt: skip
    assert seen.upper_s == pytest.approx(35)
    assert recovery_verdict(seen, 30) is Verdict.INCONCLUSIVE
    assert recovery_verdict(seen, 60) is Verdict.PASS


def test_no_operations_after_the_fault_is_no_data() -> None:
    seen = measured(lambda _: True, end=99)
    assert seen.seen is Seen.NO_DATA
    assert recovery_verdict(seen, 60) is Verdict.NO_DATA


def test_never_back_is_censored() -> None:
    seen = measured(down(101, 999), heal=math.inf)
    assert seen.seen is Seen.NOT_RECOVERED
    assert seen.rto_s is seen.upper_s is seen.outage_s is None
    assert seen.lower_s == pytest.approx(END - 1 / RATE - EFFECT)
    assert recovery_verdict(seen, 60) is Verdict.FAIL
    assert recovery_verdict(seen, 3600) is Verdict.INCONCLUSIVE


def test_good_until_the_end_but_not_for_the_hold_is_censored() -> None:
    seen = measured(down(101, 195))
    assert seen.seen is Seen.NOT_RECOVERED
    assert recovery_verdict(seen, 96) is Verdict.INCONCLUSIVE
    assert recovery_verdict(seen, 90) is Verdict.FAIL


def test_silence_after_an_outage_is_not_recovery() -> None:
    t = np.arange(80.0, 130, 0.05)
    seen = measure_recovery(t, t, t < 101, Injection(BEGIN, EFFECT, HEAL, 400), hold_s=10, slice_target=0.9, slice_s=1)
    assert seen.seen is Seen.NOT_RECOVERED
    assert recovery_verdict(seen, 60) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("limit_s", "verdict"),
    [(31, Verdict.PASS), (30, Verdict.INCONCLUSIVE), (29.45, Verdict.INCONCLUSIVE), (29.4, Verdict.FAIL)],
)
def test_only_a_whole_interval_decides(limit_s: float, verdict: Verdict) -> None:
    assert recovery_verdict(measured(down(101, 130)), limit_s) is verdict


def test_back_and_then_down_for_as_long_as_the_limit_is_a_failure() -> None:
    seen = measured(lambda t: not (101 <= t < 105 or 120 <= t < 150))
    assert seen.rto_s == pytest.approx(5)
    assert seen.relapse_s == pytest.approx(30)
    assert recovery_verdict(seen, 60) is Verdict.PASS
    assert recovery_verdict(seen, 20) is Verdict.FAIL


def test_the_order_of_the_operations_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    t = np.sort(rng.uniform(80, 200, 2400))
    good = ~((t >= 101) & (t < 130))
    mixed = rng.permutation(len(t))
    injection = Injection(BEGIN, EFFECT, HEAL, END)
    keep = {"hold_s": 10.0, "slice_target": 0.9, "slice_s": 1.0}
    assert measure_recovery(t, t, good, injection, **keep) == measure_recovery(
        t[mixed], t[mixed], good[mixed], injection, **keep
    )


@pytest.mark.parametrize("rate", [3.0, 4.0, 10.0, 50.0])
def test_poisson_arrivals_do_not_lose_a_recovery_to_chance(rate: float) -> None:
    """With 1 s slices at 3/s, five seconds in a hundred are empty and every second hold would be lost."""
    lost = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        t = np.sort(rng.uniform(80, 200, rng.poisson(120 * rate)))
        good = ~((t >= 101) & (t < 130)) & (rng.random(len(t)) > 0.002)
        seen = measure_recovery(
            t, t + 0.05, good, Injection(BEGIN, EFFECT, HEAL, END),
            hold_s=10, slice_target=0.9, slice_s=slice_width(rate, 0.9, 10),
        )  # fmt: skip
        assert seen.rto_s is not None
        assert seen.rto_s >= 30 - 3 / rate * 3
        lost += seen.rto_s > 30 + 12 / rate
    assert lost <= 2


@pytest.mark.parametrize(
    ("rate", "target", "width"),
    [
        (50, 0.9, 1.0),
        (20, 0.9, 1.0),
        (4, 0.9, 5.0),
        (3, 0.9, 10.0),
        (4, 0.5, 2.5),
        (0.01, 0.9, 10.0),
        (0, 0.9, 10.0),
        (50, 1.0, 1.0),
    ],
)
def test_slices_grow_as_traffic_thins(rate: float, target: float, width: float) -> None:
    assert slice_width(rate, target, 10) == pytest.approx(width)


@pytest.mark.parametrize(
    ("sentence", "succeeded_at", "until", "expected"),
    [
        ("silence ends with the first answer after it", [99.9, 100.2, 103.5, 103.6], 103.4, 103.5),
        ("answers that were under way at the fault do not end it", [100.1, 100.3, 104.0, 104.1], 103.8, 104.0),
        ("a longer silence after the recovery is another", [100.5, 103.0, 103.1, 130.0], 102.9, 103.0),
        ("the first answer is the end of it where there was none before", [105.0], 104.5, 105.0),
        ("nothing after the fault is no success", [99.0, 99.9], 200.0, None),
        ("silence until the end has no end", [100.5, 101.0], 200.0, None),
    ],
)
def test_the_first_success_ends_the_longest_silence(
    sentence: str, succeeded_at: list[float], until: float, expected: float | None
) -> None:
    assert first_success(np.array(succeeded_at), BEGIN, until, END) == expected, sentence
