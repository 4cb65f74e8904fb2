"""Several load processes as one: their clocks, their lines, their rows, and who is enough for a rate."""

from pathlib import Path
from typing import Any

import pytest
from tfbench.errors import UsageError
from tfbench.load.clocks import CLOCK_LIMIT_S, Reading, RoundTrip, clock_trouble, correction_s, reading
from tfbench.load.config import Crew
from tfbench.load.shipping import Shipper, keep_rows
from tfbench.load.spec import check_crew
from tfbench.load.sums import summed
from tfbench.model import LoadSpec


def test_quickest_round_trip_tells_the_offset() -> None:
    """A clock 5 s ahead, asked over ways of different lengths."""
    slow = RoundTrip(sent=100.0, there=105.09, received=100.1)
    quick = RoundTrip(sent=200.0, there=205.001, received=200.002)
    found = reading([slow, quick])
    assert (found.offset_s, found.uncertainty_s) == (pytest.approx(5), pytest.approx(0.001))


@pytest.mark.parametrize(
    ("why", "begin", "correction"),
    [
        ("the same clock, as far as can be told", Reading(0.0004, 0.0005), 0),
        ("another clock", Reading(5.0, 0.0005), -5),
        ("another clock, behind", Reading(-0.01, 0.0005), 0.01),
    ],
)
def test_only_what_the_measurement_does_not_leave_open_is_corrected(
    why: str, begin: Reading, correction: float
) -> None:
    assert correction_s(begin) == correction, why


SURE, BLURRED = 0.0005, CLOCK_LIMIT_S * 1.1


@pytest.mark.parametrize(
    ("why", "begin", "end", "part"),
    [
        ("known well, and kept step", Reading(5, SURE), Reading(5.002, SURE), None),
        ("not measured at the end yet", Reading(5, SURE), None, None),
        ("moved within what both measurements leave open", Reading(5, 0.004), Reading(5.012, 0.004), None),
        ("never known well enough", Reading(0, BLURRED), None, "known to 5.5 ms only"),
        ("not known at the end", Reading(0, SURE), Reading(0, BLURRED), "known to 5.5 ms only"),
        ("moved", Reading(5, SURE), Reading(4.99, SURE), "moved by 10.0 ms"),
    ],
)
def test_a_clock_that_cannot_be_believed_is_told(
    why: str, begin: Reading, end: Reading | None, part: str | None
) -> None:
    trouble = clock_trouble(begin, end)
    assert (trouble is None) if part is None else (trouble is not None and part in trouble), why


def line(**changes: Any) -> dict[str, Any]:
    return {"state": "running", "t": 10.0, "offered": 5, "delivered": 4, "dropped": 1, "rate": 2.5, **changes}


def test_counts_add_up_and_the_worst_p99_counts() -> None:
    both = summed([line(p99_ms={"a": 3.0, "b": None}), line(t=11.0, offered=7, p99_ms={"a": 2.0, "c": 9.0})])
    assert (both["t"], both["offered"], both["delivered"], both["dropped"], both["rate"]) == (11, 12, 8, 2, 5)
    assert both["p99_ms"] == {"a": 3.0, "b": None, "c": 9.0}


def test_totals_of_outcomes_are_added_and_one_short_of_cpu_is_enough() -> None:
    one = {"outcomes": {"a": {"ok": 2}}, "start_delay_p99_ms": None, "was_short_of_cpu": False}
    other = {
        "outcomes": {"a": {"ok": 1, "fail": 1}, "b": {"ok": 1}},
        "start_delay_p99_ms": 4.0,
        "was_short_of_cpu": True,
    }
    both = summed([one, other])
    assert both["outcomes"] == {"a": {"ok": 3, "fail": 1}, "b": {"ok": 1}}
    assert (both["start_delay_p99_ms"], both["was_short_of_cpu"]) == (4.0, True)


def test_a_worker_that_said_nothing_yet_adds_nothing() -> None:
    assert summed([{}, line()]) == summed([line()])
    assert summed([]) == {}


def test_rows_arrive_as_they_were_written_however_they_are_cut(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    (there / "operations").mkdir(parents=True)
    segment = there / "operations" / "1-w1-7-0001.ndjson"
    shipper = Shipper(there, lambda rows: keep_rows(here, rows))
    for part in (b'{"op":"a"}\n{"o', b'p":"b"}\n', b"x" * 3_000_000):
        with segment.open("ab") as file:
            file.write(part)
        shipper.ship()
    shipper.ship()
    assert (here / "operations" / segment.name).read_bytes() == segment.read_bytes()


def test_what_a_worker_sends_lands_in_the_history_whatever_it_is_called(tmp_path: Path) -> None:
    keep_rows(tmp_path / "run", {"segment": "../../elsewhere.ndjson", "data": b"{}\n"})
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run" / "operations" / "elsewhere.ndjson").read_bytes() == b"{}\n"


@pytest.mark.parametrize(("rate", "workers"), [(50, 1), (4000, 1), (4001, 2), (8000, 2)])
def test_a_crew_must_be_large_enough_for_the_rate(rate: float, workers: int) -> None:
    spec = LoadSpec("ticketflow", rate, "poisson", {"catalogue": 1.0})
    check_crew(spec, Crew(workers))
    if workers > 1:
        with pytest.raises(UsageError, match=f"--workers {workers}"):
            check_crew(spec, Crew(workers - 1))
