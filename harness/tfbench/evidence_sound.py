"""What of a run's evidence can be believed: a record that says something impossible is as lost as a torn line.

    journal.jsonl -> records with a kind, a time of this run, and names where names belong -> JournalContents
    stores/meta.json, environment.json -> the parts that have the shape that docs/run-folder.md gives them

A damaged record counts as torn, so that the run is not complete, and INCONCLUSIVE at best. A damaged part is missing.
"""

import json
import math
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfbench.journal import JournalContents, read_journal

# No run lasts as long: what is further from the others is no time of this run.
SPAN_S = 30 * 86_400.0
_NAMES = {"phase": ("phase", "event"), "fault": ("id", "state"), "load": ("state",), "drain": ("state",)}
_TEXTS = {"observation": ("leader", "sync_standby"), "note": ("text",), "queue": ("name", "type")}
_NUMBERS = {
    "observation": ("queue_ready", "queue_unacked", "consumers", "dead_letters", "outbox", "mails"),
    "host": ("busy", "steal", "foreign"),
    "load": ("offered", "delivered", "dropped"),
    "drain": ("orders", "pending"),
}


def read_sound_journal(path: Path) -> JournalContents:
    """The journal's sound records, and how many lines are lost; no records where there is no file."""
    try:
        contents = read_journal(path)
    except (OSError, RecursionError):  # no file, or JSON nested without end
        return JournalContents((), 0)
    shaped = [record for record in contents.records if _is_shaped(record)]
    middle = statistics.median(record["t"] for record in shaped) if shaped else 0.0
    sound = tuple(record for record in shaped if all(abs(t - middle) <= SPAN_S for t in _times(record)))
    return JournalContents(sound, contents.torn + len(contents.records) - len(sound))


def _is_shaped(record: dict[str, Any]) -> bool:
    kind = record["kind"]
    return (
        isinstance(kind, str)
        and all(map(_is_number, _times(record)))
        and all(isinstance(record.get(name), str) for name in _NAMES.get(kind, ()))
        and all(record.get(name) is None or isinstance(record[name], str) for name in _TEXTS.get(kind, ()))
        and all(record.get(name) is None or _is_number(record[name]) for name in _NUMBERS.get(kind, ()))
        and (kind != "observation" or _is_of_text(record.get("services", {})))
        and _can_be_written(record)
    )


def read_sound_json(path: Path) -> dict[str, Any]:
    """The sound parts of a JSON file; nothing where it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict) or not _can_be_written(data):
        return {}
    return {name: part for name, part in data.items() if name not in _PARTS or _PARTS[name](part)}


def _times(record: dict[str, Any]) -> list[Any]:
    """When it was, and of a fault also when the call was made that it tells of."""
    detail = record.get("detail")
    begin = detail.get("begin_t") if isinstance(detail, dict) else None
    return [record["t"]] if begin is None else [record["t"], begin]


def _can_be_written(data: Any) -> bool:
    """JSON can spell half a character, which no file of text can hold."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_of_text(part: Any) -> bool:
    return isinstance(part, dict) and all(isinstance(value, str) for value in part.values())


def _is_of_counts(part: Any) -> bool:
    return isinstance(part, dict) and all(value is None or _is_number(value) for value in part.values())


def _is_of_images(part: Any) -> bool:
    return isinstance(part, dict) and all(
        isinstance(image, dict)
        and all(image.get(name) is None or isinstance(image[name], str) for name in ("tag", "id"))
        and isinstance(image.get("versions") or {}, dict)
        for image in part.values()
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# The parts of stores/meta.json and of environment.json that something reads into.
_PARTS: dict[str, Callable[[Any], bool]] = {
    "queue": _is_of_counts,
    "folio": _is_of_counts,
    "initial_seats": _is_of_counts,
    "errors": _is_of_text,
    "images": _is_of_images,
    "settings": lambda part: isinstance(part, dict),
}
