"""Key figures and series, counted from small runs whose answers are known."""

from dataclasses import replace
from pathlib import Path

import pytest
from paid_once import drawn_in_english
from synthetic_results import passed_results
from synthetic_run import write_run
from synthetic_shop import BACK, KILL, START, T0, VERIFIED, WARMUP, journal_of, moments, observation, simulate
from tfbench.report import formats, render
from tfbench.report.evidence import opened_evidence
from tfbench.report.figures import read_figures
from tfbench.report.observations import backlog_rows, deliveries, service_states
from tfbench.report.operations import GROUPS, latencies, phase_totals, rates
from tfbench.report.timeline import read_timeline
from tfbench.slo.stats import percentile, percentile_interval


def test_figures_of_a_run_that_kept_everything(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["passed"]) as evidence:
        figures = read_figures(evidence, read_timeline(evidence))
        orders = evidence.run.count("SELECT count(*) FROM orders")
    assert (figures.confirmed, figures.mailed, figures.lost, figures.sold_twice) == (orders, orders, 0, 0)
    assert figures.outage_bought == figures.outage_tried
    assert figures.backlog_peak is not None
    assert figures.backlog_peak > 400
    assert figures.backlog_peak_at_s == pytest.approx(BACK, abs=1)
    assert figures.drain_s is not None
    assert 30 < figures.drain_s < 60


def test_lost_and_sold_twice_are_what_the_invariants_counted(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["failed"]) as evidence:
        figures = read_figures(evidence, read_timeline(evidence))
    assert (figures.lost, figures.sold_twice) == (3, 2)


def test_what_no_invariant_judged_has_no_figure(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["interrupted"]) as evidence:
        figures = read_figures(evidence, read_timeline(evidence))
    assert (figures.lost, figures.sold_twice, figures.mailed, figures.drain_s) == (None, None, None, None)


def test_the_outage_begins_when_the_fault_was_seen_and_a_refusal_is_no_try(tmp_path: Path) -> None:
    shop = simulate(3, until_s=60)
    in_outage = [row for row in shop.operations if row["op"] == "purchase" and row["t_intended"] - T0 >= VERIFIED]
    in_outage[0] |= {"outcome": "fail", "status": 409, "error": "retencion_expirada", "orden_id": None}
    in_outage[1] |= {"outcome": "unknown", "status": 0, "error": "timeout", "orden_id": None}
    run = write_run(tmp_path / "run", shop, passed_results(shop), journal_of(shop, 1e9))
    with opened_evidence(run) as evidence:
        figures = read_figures(evidence, read_timeline(evidence))
    assert figures.outage_tried == len(in_outage) - 1
    assert figures.outage_bought == len(in_outage) - 2
    assert figures.unknown == 1


def test_a_repeated_purchase_is_one(tmp_path: Path) -> None:
    shop = simulate(3, until_s=20)
    first = next(row for row in shop.operations if row["op"] == "purchase")
    shop.operations.append(first | {"t_end": first["t_end"] + 1})
    run = write_run(tmp_path / "run", shop, passed_results(shop), journal_of(shop, 1e9))
    with opened_evidence(run) as evidence:
        assert read_figures(evidence, read_timeline(evidence)).confirmed == len(shop.orders)


def test_a_run_without_faults_has_no_outage_figures(tmp_path: Path) -> None:
    shop = simulate(3, until_s=20)
    results = replace(passed_results(shop), faults=[], recovery=[])
    run = write_run(tmp_path / "run", shop, results, [r for r in journal_of(shop, 1e9) if r["kind"] != "fault"])
    with opened_evidence(run) as evidence:
        figures = read_figures(evidence, read_timeline(evidence))
    assert (figures.outage_bought, figures.outage_tried, figures.drain_s) == (None, None, None)


def test_the_axis_starts_with_the_load_and_marks_the_fault(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["passed"]) as evidence:
        timeline = read_timeline(evidence)
    assert timeline.zero == T0
    assert [span.name for span in timeline.phases] == ["warmup", "baseline", "outage", "recovery", "drain"]
    assert timeline.phases[0].end_s == pytest.approx(WARMUP)
    [fault] = timeline.faults
    assert (fault.start_s, fault.heal_s) == pytest.approx((KILL, START))
    assert fault.end_s == pytest.approx(START + 1.4)


def test_a_phase_that_never_ended_runs_to_the_last_thing_seen(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["interrupted"]) as evidence:
        timeline = read_timeline(evidence)
    assert timeline.phases[-1].name == "outage"
    assert timeline.phases[-1].end_s == timeline.end_s
    assert timeline.end_s == pytest.approx(50.5)


def test_rates_count_every_operation_once(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["failed"]) as evidence:
        offered, ended = rates(evidence, read_timeline(evidence))
        operations = evidence.run.count("SELECT count(*) FROM operations")
    assert sum(row["y"] for row in offered) == operations
    assert sum(row["y"] for row in ended) == operations
    assert {row["outcome"] for row in ended} == {"ok", "fail", "unknown"}


def test_an_unanswered_slice_has_no_latency(tmp_path: Path) -> None:
    """Between 5 and 7 s nothing was answered: a wait to draw, and no percentile, least of all zero."""
    shop = simulate(3, until_s=12)
    for row in shop.operations:
        if row["op"] in ("catalogue", "seat_map") and 5 <= row["t_intended"] - T0 < 7:
            row |= {"outcome": "unknown", "error": "timeout", "t_end": row["t_intended"] + 5}
    run = write_run(tmp_path / "run", shop, passed_results(shop), journal_of(shop, 1e9))
    with opened_evidence(run) as evidence:
        rows = latencies(evidence, read_timeline(evidence))["browse"]
    silent = [row for row in rows if 5 < row["x"] < 7]
    assert [(row["p50"], row["p99"], row["waited"]) for row in silent] == [(None, None, 5000.0)] * 2


def test_an_operation_of_no_known_group_is_shown_as_other(tmp_path: Path, reports_dir: Path) -> None:
    shop = simulate(3, until_s=12)
    shop.operations[0]["op"] = "queue_ticket"
    run = write_run(tmp_path / "run", shop, passed_results(shop), journal_of(shop, 1e9))
    with opened_evidence(run) as evidence:
        assert list(latencies(evidence, read_timeline(evidence))) == [
            "browse", "hold", "purchase", "tickets", "other",
        ]  # fmt: skip
    with drawn_in_english():
        assert "Latency: other operations" in render(run, reports_dir).read_text(encoding="utf-8")


def test_a_load_that_sells_nothing_is_shown_no_orders(tmp_path: Path, reports_dir: Path) -> None:
    shop = simulate(3, until_s=12)
    for row in shop.operations:
        row["op"] = "front page"
    run = write_run(tmp_path / "run", shop, passed_results(shop), journal_of(shop, 1e9))
    with drawn_in_english():
        html = render(run, reports_dir).read_text(encoding="utf-8")
    for words in ("Bought during the outage", "Largest backlog", "Orders waiting", "e-mails received"):
        assert words not in html
    assert "Latency: other operations" in html


def test_a_slow_look_does_not_break_the_line_and_a_blind_time_does(tmp_path: Path) -> None:
    shop = simulate(3, until_s=40)
    seen = [observation(*moments(shop), at) | {"t": T0 + at} for at in (1.0, 4.0, 7.0, 20.0)]
    journal = [r for r in journal_of(shop, 1e9) if r["kind"] != "observation"]
    run = write_run(tmp_path / "run", shop, passed_results(shop), journal + seen)
    with opened_evidence(run) as evidence:
        rows = backlog_rows(evidence, read_timeline(evidence))
    queue = [(row["x"], row["y"] is None) for row in rows if row["kind"] == "queue"]
    assert queue == [(1.5, False), (4.5, False), (7.5, False), (8.5, True), (20.5, False)]


def test_the_backlog_has_a_gap_where_the_broker_did_not_answer(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["passed"]) as evidence:
        rows = backlog_rows(evidence, read_timeline(evidence))
    queue = {row["x"]: row["y"] for row in rows if row["kind"] == "queue"}
    assert (queue[70.5], queue[71.5]) == (None, None)
    assert queue[72.5] > 0


def test_mails_are_counted_from_the_start_of_the_run(runs: dict[str, Path]) -> None:
    """The sink kept 17 messages of an earlier run."""
    with opened_evidence(runs["passed"]) as evidence:
        rows = deliveries(evidence, read_timeline(evidence))
    last = {row["kind"]: row["y"] for row in rows}
    assert last["confirmed"] == last["mails"]


def test_a_container_is_down_from_the_kill_until_it_was_seen_up(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["passed"]) as evidence:
        rows = service_states(evidence, read_timeline(evidence))
    app2 = [(row["state"], row["x"], row["x2"]) for row in rows if row["service"] == "app2-api"]
    assert [state for state, _, _ in app2] == ["up", "down", "up"]
    assert app2[1][1:] == pytest.approx((KILL, START + 1.5), abs=0.5)
    assert [row["state"] for row in rows if row["service"] == "mariadb1"] == ["up"]


def test_phase_totals_add_up(runs: dict[str, Path]) -> None:
    with opened_evidence(runs["failed"]) as evidence:
        totals = phase_totals(evidence, read_timeline(evidence))
        operations = evidence.run.count("SELECT count(*) FROM operations")
    assert sum(row.n for row in totals) == operations
    assert all(row.n == row.ok + row.fail + row.unknown + row.dropped for row in totals)


def test_percentiles_and_their_intervals_are_values_that_were_observed(runs: dict[str, Path]) -> None:
    """Those of `stats.percentile_interval`, which the tests hold against scipy, on the same latencies."""
    known = opened = 0
    with opened_evidence(runs["failed"]) as evidence:
        timeline = read_timeline(evidence)
        spans = {span.name: span for span in timeline.phases}
        for row in phase_totals(evidence, timeline):
            found = evidence.run.arrays(
                "SELECT (t_end - t_intended) * 1000 AS ms FROM operations WHERE list_contains($ops, op)"
                " AND outcome IN ('ok', 'fail') AND t_intended - $zero >= $start AND t_intended - $zero < $end",
                ops=list(GROUPS[row.group]),
                zero=timeline.zero,
                start=spans[row.phase].start_s,
                end=spans[row.phase].end_s,
            )["ms"]
            for percent, seen in ((50, row.p50), (99, row.p99)):
                if len(found) == 0:
                    assert seen is None
                    continue
                assert seen is not None
                assert seen.ms == percentile(found, percent)
                assert (seen.lower_ms, seen.upper_ms) == percentile_interval(found, percent)
                known += seen.upper_ms is not None
                opened += seen.upper_ms is None
    assert known
    assert opened


@pytest.mark.usefixtures("undrawn")
def test_the_page_shows_percentiles_with_their_intervals(tmp_path: Path, reports_dir: Path) -> None:
    """Of 10,000 values of 1 to 10,000 ms p99 lies between the 9,880th and the 9,920th."""
    shop = simulate(3, until_s=20)
    [row] = [row for row in shop.operations if row["op"] == "catalogue"][:1]
    shop.operations[:] = [
        row | {"t_intended": T0 + WARMUP + at / 1000, "t_end": T0 + WARMUP + at / 1000 + (1 + at) / 1000}
        for at in range(10_000)
    ]
    run = write_run(tmp_path / "run", shop, passed_results(shop), journal_of(shop, 1e9))
    page = render(run, reports_dir).read_text(encoding="utf-8")
    assert "9,880 – 9,920" in page
    assert "9.880 – 9.920" in page


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (formats.count(12345), "12,345"),
        (formats.count(0), "0"),
        (formats.count(None), None),
        (formats.percent(0.9999), "99.99%"),
        (formats.percent(0.99999999), "99.9999%"),
        (formats.percent(1.0), "100%"),
        (formats.percent(0.0), "0%"),
        (formats.share(0.00481), "0.481%"),
        (formats.seconds(0.204), "0.20\u00a0s"),
        (formats.seconds(62.45), "62.5\u00a0s"),
        (formats.interval_s(1.23, 4), "1.2 – 4.0\u00a0s"),
        (formats.interval_s(1.23, None), "≥\u00a01.2\u00a0s"),
        (formats.interval_s(None, None), None),
        (formats.milliseconds(1234.5), "1,234\u00a0ms"),
        (formats.interval_ms(7.3, 91), "7.3 – 91.0\u00a0ms"),
        (formats.interval_ms(None, 250), "≤\u00a0250\u00a0ms"),
        (formats.window(2_592_000.0), ("30", "unit_days")),
        (formats.window(300.0), ("300", "unit_seconds")),
        (formats.utc(0.0), "1970-01-01 00:00:00 UTC"),
        (formats.spanish("1,234.5"), "1.234,5"),
    ],
)
def test_numbers_read_as_judging_writes_them(shown: object, expected: object) -> None:
    assert shown == expected
