"""Numbers as the report writes them in English; `spanish` makes the Spanish of one (1,234.5 -> 1.234,5).

None stays None: whoever shows it says "no data" in the reader's language.
"""

from datetime import UTC, datetime

from tfbench import texts

NBSP = "\u00a0"
DAY_S = 86_400

_SWAP = str.maketrans(",.", ".,")


def spanish(number: str) -> str:
    """The same number with the signs that Spanish uses."""
    return number.translate(_SWAP)


def count(value: int | None) -> str | None:
    """12,345."""
    return None if value is None else f"{value:,}"


def decimal(value: float | None) -> str | None:
    """207.7."""
    return None if value is None else f"{value:,.1f}"


def seconds(value: float | None) -> str | None:
    """12.4 s; hundredths under a second."""
    return None if value is None else f"{value:,.{2 if abs(value) < 1 else 1}f}{NBSP}s"


def duration(value_s: float | None) -> str | None:
    """2 min 5 s; 1 h 2 min from an hour on."""
    if value_s is None:
        return None
    minutes, rest = divmod(round(value_s), 60)
    if minutes >= 60:
        return f"{minutes // 60:,}{NBSP}h {minutes % 60}{NBSP}min"
    return f"{minutes}{NBSP}min {rest}{NBSP}s" if minutes else f"{rest}{NBSP}s"


def interval_s(lower: float | None, upper: float | None) -> str | None:
    """12.1 – 12.4 s; an end that is not known is left open."""
    return _interval(seconds(lower), seconds(upper))


def interval_ms(lower: float | None, upper: float | None) -> str | None:
    """7.3 – 9.1 ms; an end that is not known is left open."""
    return _interval(milliseconds(lower), milliseconds(upper))


def _interval(lower: str | None, upper: str | None) -> str | None:
    """Two times in the same unit, which is said once."""
    if upper is None:
        return None if lower is None else f"≥{NBSP}{lower}"
    return f"≤{NBSP}{upper}" if lower is None else f"{lower.rpartition(NBSP)[0]} – {upper}"


def milliseconds(value: float | None) -> str | None:
    """7.3 ms, 1,234 ms."""
    return None if value is None else f"{value:,.{1 if abs(value) < 100 else 0}f}{NBSP}ms"


def percent(ratio: float | None) -> str | None:
    """A ratio 0..1 as judging writes it: cut, never rounded up."""
    return None if ratio is None else texts.percent(ratio)


def share(ratio: float | None) -> str | None:
    """A part of a whole for reading, to three digits: 2.31%."""
    return None if ratio is None else f"{ratio * 100:.3g}%"


def window(value_s: float) -> tuple[str, str]:
    """A window as a number and the key of its unit: (30, days) or (300, seconds)."""
    if value_s >= DAY_S and value_s % DAY_S == 0:
        return f"{value_s / DAY_S:,g}", "unit_days"
    return f"{value_s:,g}", "unit_seconds"


def utc(epoch_s: float | None) -> str | None:
    """2026-11-24 08:15:04 UTC."""
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def offset(at_s: float | None) -> str | None:
    """+62.4 s on the run's axis."""
    return None if at_s is None else f"{at_s:+,.1f}{NBSP}s"


def short_id(image_id: str | None) -> str | None:
    """The first 12 digits of an image's id, as Docker shows it."""
    return None if image_id is None else image_id.removeprefix("sha256:")[:12]
