"""Durations and calendar windows as OpenSLO writes them: "30d", and a window that begins on a date in a time zone.

The validator reads them as Go's `Sscanf("%d%s")` does: signs and blanks pass, and so does 0. OpenSLO has no seconds.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tfbench.errors import ConfigError
from tfbench.slo.fields import check_bool, given, required
from tfbench.yamlio import Mapping, Node

_SHORTHAND = re.compile(r"[^\S\n]*([-+]?[0-9]{1,9})[^\S\n]*(\S+)")
_DATE_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) +([0-9]{1,2}:[0-9]{2}:[0-9]{2})([.,][0-9]+)?")
_DAY_S = 86_400
# OpenSLO leaves months, quarters and years to the implementation: these are its validator's.
_UNIT_S = {"m": 60, "h": 3600, "d": _DAY_S, "w": 7 * _DAY_S, "M": 30 * _DAY_S, "Q": 90 * _DAY_S, "Y": 365 * _DAY_S}
_MONTHS = {"M": 1, "Q": 3, "Y": 12}


@dataclass(frozen=True, slots=True)
class Duration:
    """So many of a unit, as written."""

    count: int
    unit: str

    @property
    def seconds(self) -> float:
        """Its nominal length: months have 30 days, quarters 90, years 365."""
        return float(self.count * _UNIT_S[self.unit])


def parse_duration(node: Node, units: str) -> Duration:
    """A duration that can be told apart into a number and a unit, whatever they are."""
    match = _SHORTHAND.match(node.as_str())
    if not match:
        raise _not_a_duration(node, units)
    return Duration(int(match[1]), match[2])


def read_duration(node: Node, units: str, least: int = 0) -> Duration:
    """A duration of at least so many of one of the units. The validator allows 0; what lasts needs 1."""
    duration = parse_duration(node, units)
    if duration.unit not in tuple(units) or duration.count < least:
        raise _not_a_duration(node, units)
    return duration


def read_window(spec: Mapping, units: str, least: int = 0) -> float:
    """The seconds of the only window; of one that follows the calendar, those of its first turn.

    Optional in OpenSLO's text, required by its validator: an error budget means nothing without its window.
    """
    node = required(spec, "timeWindow")
    windows = node.as_list()
    if len(windows) != 1:
        raise node.error(f"expected one window, saw {len(windows)}")
    window = windows[0].as_mapping()
    duration = read_duration(required(window, "duration"), units, least)
    start = read_start(window)
    window.finish()
    return duration.seconds if start is None else calendar_s(start, duration)


def calendar_s(start: datetime, duration: Duration) -> float:
    """How long a window really is that begins at `start`: months have their days, and clocks change."""
    if duration.unit in _MONTHS:
        end = _months_later(start, duration.count * _MONTHS[duration.unit])
    elif duration.unit in "dw":
        end = start + timedelta(seconds=duration.seconds)  # by the clock on the wall
    else:
        return duration.seconds
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()


def read_start(window: Mapping) -> datetime | None:
    """When a calendar window begins; None for one that rolls."""
    is_rolling, node = check_bool(window, "isRolling"), given(window, "calendar")
    if is_rolling and node:
        raise node.error("calendar and isRolling: true exclude each other; keep one")
    if is_rolling:
        return None
    if node is None:
        raise window.error("isRolling is not true, so it follows the calendar; add calendar, or isRolling: true")
    calendar = node.as_mapping()
    start = _read_date_time(required(calendar, "startTime"))
    zone = _read_zone(required(calendar, "timeZone"))
    calendar.finish()
    return start.replace(tzinfo=zone)


def _read_date_time(node: Node) -> datetime:
    """Unquoted it is a date to YAML, and text to the validator, which takes more blanks and parts of a second."""
    try:
        match = _DATE_TIME.fullmatch(node.text)
        if not match:
            raise ValueError(node.text)
        return datetime.strptime(f"{match[1]} {match[2]}", "%Y-%m-%d %H:%M:%S")
    except ValueError as error:
        raise node.error(f'"{node.text}" is not a date and time; write it like 2026-01-31 00:00:00') from error


def _read_zone(node: Node) -> tzinfo:
    name = node.as_str()
    if name == "UTC":
        return UTC
    try:
        if name == "Local":  # another zone on every machine; the validator refuses it too
            raise ValueError(name)
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise node.error(f'"{name}" is no time zone known here; use a name of the IANA list, or UTC') from error


def _months_later(start: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for day in range(start.day, 27, -1):
        try:
            return start.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return start.replace(year=year, month=month + 1)


def _not_a_duration(node: Node, units: str) -> ConfigError:
    known = f"{', '.join(units[:-1])} or {units[-1]}"
    return node.error(f'"{node.text}" is not a duration; a whole number and {known} (OpenSLO has no seconds)')
