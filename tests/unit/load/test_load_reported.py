"""What a request that Locust reports becomes: its outcome by status and exception, its times on the bench's clock."""

import zlib
from types import SimpleNamespace

import gevent
import pytest
from tfbench.load.reported import Report, judged, plain, reported


class Refused(Exception):
    """What `response.failure(...)` makes of a text, or is given."""


# (status, what was raised or said, outcome, error, why)
OUTCOMES: list[tuple[int, BaseException | None, str, str | None, str]] = [
    (200, None, "ok", None, "answered, and nobody objects"),
    (303, None, "ok", None, "a redirect that was not followed is an answer"),
    (404, None, "ok", None, "the user's code called it a success"),
    (0, None, "ok", None, "no HTTP: there is no status, and nothing went wrong"),
    (404, OSError("404 for url"), "fail", "status 404", "surely did not happen; requests' HTTPError is an OSError"),
    (200, Refused("no seat"), "fail", "failure: no seat", "the user's code says no"),
    (200, Refused("dropped"), "fail", "failure: dropped", "a word that the judgement gives another meaning"),
    (200, Refused("x" * 500), "fail", "failure: " + "x" * 191, "a whole page in its message"),
    (500, OSError(), "unknown", "status 500", "may have happened"),
    (503, None, "unknown", "status 503", "may have happened, whatever the user's code calls it"),
    (502, Refused("bad"), "unknown", "status 502", "may have happened, whatever the user's code calls it"),
    (0, ConnectionRefusedError(), "unknown", "ConnectionRefusedError", "no answer"),
    (0, Refused("not 200"), "unknown", "Refused", "no answer, and the user's code objects to that"),
    (0, gevent.Timeout(), "unknown", "Timeout", "no answer in time"),
    (200, ConnectionResetError(), "unknown", "ConnectionResetError", "the answer was cut off"),
    (200, zlib.error(), "unknown", "error", "the answer cannot be read"),
]


@pytest.mark.parametrize(("status", "exception", "outcome", "error"), [row[:4] for row in OUTCOMES])
def test_outcome_is_what_the_answer_tells(
    status: int, exception: BaseException | None, outcome: str, error: str | None
) -> None:
    assert judged(status, exception) == (outcome, error)


def report(response_time_ms: object, start_time: object, response: object = None) -> Report:
    """Told at 1,000 s of the bench's clock, 5,000 s of the wall's, of an arrival that began at 990 s."""
    return reported("page", response, None, response_time_ms, start_time, not_before=990.0, now=1000.0, wall_now=5000.0)


# (response time in ms, start by the wall's clock, start and end by the bench's, why)
TIMES: list[tuple[object, object, float, float, str]] = [
    (250.0, 4999.0, 999.0, 999.25, "told when its `with` block ended, after the answer"),
    (250, None, 999.75, 1000.0, "a client that tells only how long it took"),
    (None, 4998.0, 998.0, 1000.0, "a client that tells only when it began"),
    (None, None, 1000.0, 1000.0, "a client that tells nothing"),
    (100.0, 4000.0, 990.0, 990.1, "the wall's clock was set: never before its arrival"),
    (100.0, 6000.0, 1000.0, 1000.0, "the wall's clock was set: never in the future"),
    (9e9, 4999.0, 999.0, 1000.0, "never after it was told"),
    (-5.0, 4999.0, 999.0, 999.0, "never before it began"),
    ("soon", "now", 1000.0, 1000.0, "no numbers"),
]


@pytest.mark.parametrize(("took", "began", "t_start", "t_end"), [row[:4] for row in TIMES])
def test_times_are_the_bench_s(took: object, began: object, t_start: float, t_end: float) -> None:
    told = report(took, began)
    assert (told.t_start, told.t_end) == pytest.approx((t_start, t_end))


@pytest.mark.parametrize(("response", "status"), [(None, 0), (SimpleNamespace(status_code=None), 0), ("text", 0)])
def test_no_status_is_0(response: object, status: int) -> None:
    assert report(1, None, response).draft.status == status


def test_status_and_name_are_the_answer_s() -> None:
    told = report(1, None, SimpleNamespace(status_code=204))
    assert (told.op, told.draft.status, told.draft.outcome) == ("page", 204, "ok")


def test_what_no_file_can_hold_is_replaced() -> None:
    assert plain("caf\u00e9 \ud800") == "caf\u00e9 ?"
    assert plain(b"/x") == "b'/x'"
