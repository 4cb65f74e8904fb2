"""The load against a portal that freezes, and against its own death: what was asked is what is on disk."""

import signal
from collections.abc import Callable
from typing import Any

import pytest
from tfbench.load.arrivals import Arrival, plan

from .conftest import Load, Portal

StartPortal = Callable[..., Portal]
StartLoad = Callable[..., Load]
FIRSTS = "SELECT flow FROM ops WHERE first ORDER BY flow"


def planned(load: Load) -> list[Arrival]:
    config = load.config
    return list(plan(config.arrivals, config.rate_per_s, config.mix, config.seed, config.duration_s))


def flows_on_disk(load: Load) -> list[int]:
    return [flow for (flow,) in load.query(FIRSTS)]


def count(load: Load, condition: str) -> int:
    return int(load.query(f"SELECT count(*) FROM ops WHERE {condition}")[0][0])


def test_freeze_is_seen_by_every_arrival_it_met(start_portal: StartPortal, start_load: StartLoad) -> None:
    freeze_s = 2.0
    portal = start_portal()
    load = start_load(portal, duration_s=8)
    start_at = load.start_at()
    load.sleep_until(start_at + 3)
    portal.freeze()
    frozen_at = load.clock.now()
    load.sleep_until(frozen_at + freeze_s)
    portal.thaw()
    thawed_at = load.clock.now()
    totals = load.finish()

    arrivals = planned(load)
    assert flows_on_disk(load) == [arrival.flow for arrival in arrivals]
    assert (totals["offered"], totals["delivered"], totals["dropped"]) == (len(arrivals), len(arrivals), 0)
    # Those that came in the freeze with more than 300 ms of it left, and nobody else but a few around them.
    met = sum(frozen_at <= start_at + a.at_s <= thawed_at - 0.3 for a in arrivals)
    slow = count(load, "t_end - t_intended > 0.3")
    assert met == pytest.approx(100 * (freeze_s - 0.3), rel=0.3)
    assert met <= slow <= met * 1.25
    [(longest,)] = load.query("SELECT max(t_end - t_intended) FROM ops")
    assert longest == pytest.approx(freeze_s, abs=0.4)
    assert count(load, "outcome <> 'ok'") == 0


def test_kill_loses_at_most_the_last_second(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=60)
    start_at = load.start_at()
    load.sleep_until(start_at + 3)
    load.process.send_signal(signal.SIGKILL)
    killed_at = load.clock.now()
    assert load.process.wait(10) == -signal.SIGKILL
    due = [a.flow for a in planned(load) if start_at + a.at_s < killed_at - 1]
    assert len(due) > 150
    assert flows_on_disk(load)[: len(due)] == due


def test_stop_ends_arrivals_and_lets_those_in_flight_finish(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=60, mix={"purchase": 1.0}, rate_per_s=20, hot_share=0.0)
    load.sleep_until(load.start_at() + 2)
    load.process.send_signal(signal.SIGTERM)
    stopped_at = load.clock.now()
    totals = load.finish()
    flows = flows_on_disk(load)
    assert totals["in_flight"] == 0
    assert flows == list(range(totals["offered"]))
    assert 20 < len(flows) < 60
    assert count(load, "first AND t_intended > " + str(stopped_at + 0.5)) == 0
    assert count(load, "op = 'purchase' AND outcome = 'ok'") == len(flows)
    assert count(load, "op = 'ticket_state' AND outcome = 'ok'") == len(flows)


def test_stop_cuts_off_what_does_not_end_and_records_it_unknown(
    start_portal: StartPortal, start_load: StartLoad
) -> None:
    portal = start_portal()
    load = start_load(portal, duration_s=60, stop_grace_s=1)
    start_at = load.start_at()
    load.sleep_until(start_at + 1)
    portal.freeze()
    load.sleep_until(start_at + 2)
    load.process.send_signal(signal.SIGTERM)
    stopped_at = load.clock.now()
    totals = load.finish()
    assert 0.9 < totals["t"] - stopped_at < 3
    assert flows_on_disk(load) == list(range(totals["offered"]))
    interrupted = count(load, "outcome = 'unknown' AND error = 'interrupted'")
    assert interrupted == pytest.approx(100, abs=45)
    assert interrupted + count(load, "outcome = 'ok'") == totals["offered"]


def test_arrivals_over_the_cap_are_dropped_rows(start_portal: StartPortal, start_load: StartLoad) -> None:
    portal = start_portal()
    load = start_load(portal, duration_s=4, max_in_flight=20)
    start_at = load.start_at()
    load.sleep_until(start_at + 1)
    portal.freeze()
    load.sleep_until(start_at + 3)
    portal.thaw()
    totals = load.finish()
    dropped = count(load, "error = 'dropped' AND outcome = 'unknown' AND status = 0 AND op = 'catalogue'")
    assert dropped == totals["dropped"] == pytest.approx(180, rel=0.3)
    assert totals["offered"] == totals["delivered"] + totals["dropped"] == len(planned(load))
    assert flows_on_disk(load) == [arrival.flow for arrival in planned(load)]


def test_progress_line_comes_every_second(start_portal: StartPortal, start_load: StartLoad) -> None:
    load = start_load(start_portal(), duration_s=3)
    totals = load.finish()
    running: list[dict[str, Any]] = [line for line in load.lines if line["state"] == "running"]
    assert len(running) >= 3
    assert set(running[-1]) >= {"t", "offered", "delivered", "dropped", "in_flight", "errors", "rate"}
    assert running[-1]["p99_ms"]["catalogue"] > 0
    assert totals["start_delay_p99_ms"] is not None
    assert totals["was_short_of_cpu"] is False


def test_answer_that_takes_too_long_is_unknown(start_portal: StartPortal, start_load: StartLoad) -> None:
    portal = start_portal()
    load = start_load(portal, duration_s=3, read_timeout_s=1)
    start_at = load.start_at()
    load.sleep_until(start_at + 0.5)
    portal.freeze()
    load.finish()
    timed_out = load.query("SELECT status, error, t_end - t_intended FROM ops WHERE outcome = 'unknown'")
    assert len(timed_out) == pytest.approx(250, abs=60)
    assert {row[:2] for row in timed_out} == {(0, "Timeout")}
    assert all(1 <= latency < 1.5 for _, _, latency in timed_out)


def test_load_that_stalls_starts_late_what_was_due_and_says_so(
    start_portal: StartPortal, start_load: StartLoad
) -> None:
    load = start_load(start_portal(), duration_s=4)
    start_at = load.start_at()
    load.sleep_until(start_at + 1)
    load.process.send_signal(signal.SIGSTOP)
    load.sleep_until(start_at + 2)
    load.process.send_signal(signal.SIGCONT)
    totals = load.finish()
    assert flows_on_disk(load) == [arrival.flow for arrival in planned(load)]
    late = count(load, "first AND t_start - t_intended > 0.3")
    assert late == pytest.approx(70, rel=0.4)
    assert totals["start_delay_p99_ms"] > 800
