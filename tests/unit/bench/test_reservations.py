"""Which measurement is a side's best, and what the two say together."""

import json
from pathlib import Path

import pytest
from tfbench.bench.reservations import Measurement, best, is_good, lasting, ratio, show, verdict, write
from tfbench.bench.sides import Sample
from tfbench.verdict import Verdict


def row(side: str, purchases: int, p99_ms: float | None = 50.0, errors: int = 0, refused: int = 0) -> Measurement:
    sample = Sample(purchases, 10.0, 5.0, p99_ms, refused, errors)
    return Measurement(side, 8, sample.per_s, sample, 0.5)


PGBENCH = row("pgbench", 1000)


@pytest.mark.parametrize(
    ("sample", "expected", "why"),
    [
        (Sample(100, 10, 5, 299.9), True, "in time, and no errors"),
        (Sample(100, 10, 5, 300.0), False, "the limit itself is too late"),
        (Sample(100, 10, 5, 50, errors=1), False, "one error is one too many"),
        (Sample(99, 10, 5, 50, refused=1), True, "one in a hundred refused"),
        (Sample(98, 10, 5, 50, refused=2), False, "two in a hundred refused: not the load that was asked for"),
        (Sample(0, 10, None, None), False, "nothing was measured"),
    ],
)
def test_a_measurement_counts_only_when_it_kept_its_promises(sample: Sample, expected: bool, why: str) -> None:
    assert is_good(sample) is expected, why


def test_the_best_is_the_fastest_that_kept_its_latency() -> None:
    found = [row("app1", 600), row("app1", 900), row("app1", 1200, p99_ms=301), PGBENCH]
    assert best(found, "app1") == found[1]
    assert ratio(found) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("found", "expected", "why"),
    [
        ([PGBENCH, row("app1", 600)], Verdict.PASS, "the goal itself"),
        ([PGBENCH, row("app1", 599)], Verdict.FAIL, "just under it"),
        ([PGBENCH, row("app1", 900), row("app1", 950, errors=1)], Verdict.FAIL, "fast, with an error elsewhere"),
        ([PGBENCH, row("app1", 900, p99_ms=400)], Verdict.FAIL, "never in time"),
        ([PGBENCH], Verdict.INVALID, "App 1 was not measured"),
        ([row("app1", 900)], Verdict.INVALID, "nothing to compare with"),
        ([row("pgbench", 0, None), row("app1", 900)], Verdict.INVALID, "pgbench bought nothing"),
        ([], Verdict.INVALID, "nothing at all"),
    ],
)
def test_the_verdict(found: list[Measurement], expected: Verdict, why: str) -> None:
    assert verdict(found) is expected, why


@pytest.mark.parametrize(
    ("per_s", "seconds", "why"),
    [
        (0, 20, "nothing sold in the warm-up: as long as asked"),
        (700, 20, "14,000 of 20,000 seats"),
        (1400, 10, "twice as fast: half as long"),
        (100_000, 1, "never less than a second"),
    ],
)
def test_a_measurement_ends_before_its_seats_do(per_s: float, seconds: int, why: str) -> None:
    assert lasting(per_s, 20_000, 20) == seconds, why


def test_the_file_and_the_table_tell_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [PGBENCH, row("app1", 650, p99_ms=81.25, refused=3)]
    write(tmp_path, found)
    show(found)
    document = json.loads((tmp_path / "reservations.json").read_text(encoding="utf-8"))
    assert document["ratio"] == pytest.approx(0.65)
    assert document["best"]["app1"]["sample"]["refused"] == 3
    assert [one["per_s"] for one in document["measurements"]] == [100.0, 65.0]
    printed = capsys.readouterr().out
    assert "0.65 (goal 0.6)" in printed
    assert "81.2" in printed


def test_what_was_not_measured_is_written_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, [PGBENCH])
    show([PGBENCH])
    document = json.loads((tmp_path / "reservations.json").read_text(encoding="utf-8"))
    assert document["ratio"] is None
    assert document["best"]["app1"] is None
    assert "not measured" in capsys.readouterr().out
