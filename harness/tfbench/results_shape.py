"""Whether a results.json says what its contract says (results.py): told where it does not, before anybody reads it.

    {"objectives": [{"n": "many", ...}]}  ->  'objectives[0].n: expected int, saw "many"'

A key that a later version added, and that has a default, may be missing; a key that nobody knows is nobody's concern.
"""

import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from tfbench.errors import ConfigError
from tfbench.results import SCHEMA, Results

_SHOWN = 40


def load_sound_results(run_dir: Path) -> dict[str, Any]:
    """The parsed results.json of a judged run. Raises ConfigError, with what is wrong and where, when it is none."""
    try:
        data = json.loads((run_dir / "results.json").read_text(encoding="utf-8"))
        json.dumps(data, ensure_ascii=False).encode()  # half a character, which no report could hold
    except json.JSONDecodeError as error:
        raise _refused(run_dir, f"cannot be read ({error.msg})", error.lineno) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(run_dir, f"cannot be read ({type(error).__name__}: {error})") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise _refused(run_dir, f"is not {SCHEMA}")
    for problem in _problems(data, Results, ""):
        raise _refused(run_dir, problem)
    return data


def _refused(run_dir: Path, problem: str, line: int | None = None) -> ConfigError:
    return ConfigError(run_dir / "results.json", line, f"{problem}; judge the run again: tfbench check {run_dir}")


def _problems(value: Any, kind: Any, path: str) -> Iterator[str]:
    """What is wrong with a value that should be of this kind."""
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        yield from _of_record(value, kind, path)
    elif origin is list and isinstance(value, list):
        (item,) = typing.get_args(kind)
        for number, one in enumerate(value):
            yield from _problems(one, item, f"{path}[{number}]")
    elif origin is dict and isinstance(value, dict):
        _, item = typing.get_args(kind)
        for key, one in value.items():
            yield from _problems(one, item, f"{path}.{key}")
    elif origin is types.UnionType:
        if all(any(_problems(value, one, path)) for one in typing.get_args(kind)):
            yield _expected(path, kind, value)
    elif not _is_plain(value, kind):
        yield _expected(path, kind, value)


def _of_record(value: dict[str, Any], kind: Any, path: str) -> Iterator[str]:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        place = f"{path}.{field.name}" if path else field.name
        if field.name in value:
            yield from _problems(value[field.name], hints[field.name], place)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            yield f"{place} is missing"


def _is_plain(value: Any, kind: Any) -> bool:
    """Text, numbers (an int is a float, a bool is neither), truth values, nothing, and verdicts."""
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return value in list(kind)
    return isinstance(kind, type) and isinstance(value, kind)


def _expected(path: str, kind: Any, value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=True)
    short = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
    return f"{path}: expected {getattr(kind, '__name__', kind)}, saw {short}"
