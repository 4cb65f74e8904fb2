"""Calendar windows are as long as the calendar says: months have their days, and clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tfbench.slo.durations import Duration, calendar_s

DAY_S = 86_400
SANTIAGO = ZoneInfo("America/Santiago")


@pytest.mark.parametrize(
    ("start", "duration", "days"),
    [
        (datetime(2026, 2, 1), Duration(1, "M"), 28),
        (datetime(2028, 2, 1), Duration(1, "M"), 29),
        (datetime(2026, 1, 31), Duration(1, "M"), 28),
        (datetime(2026, 12, 15), Duration(1, "M"), 31),
        (datetime(2026, 1, 1), Duration(1, "Q"), 90),
        (datetime(2026, 7, 1), Duration(1, "Q"), 92),
        (datetime(2028, 1, 1), Duration(1, "Y"), 366),
        (datetime(2026, 1, 1), Duration(4, "w"), 28),
        (datetime(2026, 1, 1), Duration(90, "m"), 1 / 16),
    ],
)
def test_a_calendar_window_has_its_own_length(start: datetime, duration: Duration, days: float) -> None:
    assert calendar_s(start.replace(tzinfo=UTC), duration) == days * DAY_S


@pytest.mark.parametrize(("month", "hours"), [(4, 25), (9, 23)])
def test_the_day_on_which_clocks_change_is_longer_or_shorter(month: int, hours: int) -> None:
    lengths = {calendar_s(datetime(2025, month, day, tzinfo=SANTIAGO), Duration(1, "d")) / 3600 for day in range(1, 31)}
    assert lengths == {24, hours}
