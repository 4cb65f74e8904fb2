"""How times are written: UTC for programs, Chilean wall-clock time for people and boletas."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CHILE = ZoneInfo("America/Santiago")


def con_zona(momento: datetime) -> datetime:
    """A time without a zone, as MariaDB gives it, is UTC."""
    return momento.replace(tzinfo=UTC) if momento.tzinfo is None else momento


def rfc3339(momento: datetime) -> str:
    """UTC as RFC 3339 with milliseconds."""
    return con_zona(momento).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hora_local(momento: datetime) -> str:
    """Chilean time without a zone, as SII writes it."""
    return con_zona(momento).astimezone(CHILE).strftime("%Y-%m-%dT%H:%M:%S")
