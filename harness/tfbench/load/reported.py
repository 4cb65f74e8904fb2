"""What Locust's `request` event says, as an operation: when it was, how it ended, with which status. Pure.

    request(name, response, exception, response_time, start_time) -> Report(op, draft, t_start, t_end)

no answer, 5xx, an answer cut off   unknown: the system may have done it
`response.failure(...)`, 4xx        fail
else                                ok, and so is a 4xx that the user's code called a success
"""

import zlib
from dataclasses import dataclass

import gevent
from geventhttpclient.response import HTTPParseError

from tfbench.load.flow import Draft

_CUT_OFF = (OSError, HTTPParseError, zlib.error, gevent.Timeout)
_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Report:
    """One request as it was reported. Times are the bench's, epoch seconds."""

    op: str
    draft: Draft
    t_start: float
    t_end: float


def reported(
    name: object,
    response: object,
    exception: BaseException | None,
    response_time_ms: object,
    start_time: object,
    *,
    not_before: float,
    now: float,
    wall_now: float,
) -> Report:
    """What was told at `now` (the wall's clock showed `wall_now`) of a request that began at `not_before` or later.

    A client that is no HTTP client may leave out the answer and the times; then it took until now.
    """
    status = _status(response)
    took_s = response_time_ms / 1000 if isinstance(response_time_ms, int | float) else None
    # Locust's own clients tell their start by the wall's clock.
    ago_s = wall_now - start_time if isinstance(start_time, int | float) else took_s or 0.0
    t_start = min(max(now - ago_s, not_before), now)
    t_end = now if took_s is None else min(t_start + max(took_s, 0.0), now)
    outcome, error = judged(status, exception)
    return Report(plain(name), Draft(outcome=outcome, status=status, error=error), t_start, t_end)


def judged(status: int, exception: BaseException | None) -> tuple[str, str | None]:
    """Outcome and error of an answer with this status (0: none) and of what was raised or said of it."""
    if status >= 500:
        return "unknown", f"status {status}"
    if exception is None:
        return "ok", None
    if not status or (isinstance(exception, _CUT_OFF) and status < 400):
        return "unknown", type(exception).__name__
    if status >= 400:
        return "fail", f"status {status}"
    return "fail", plain(f"failure: {exception}")[:_MOST_CHARACTERS]  # never a word that means something elsewhere


def plain(text: object) -> str:
    """As text that can be written as UTF-8."""
    return str(text).encode("utf-8", "replace").decode()


def _status(response: object) -> int:
    status = getattr(response, "status_code", None)
    return status if isinstance(status, int) else 0
