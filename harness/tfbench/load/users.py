"""The user classes of a locustfile: its text made a module, and what keeps a class of it from being played.

    text -> load_users(text, file, kinds) -> {kind: class}                                  in a load process
    python -m tfbench.load.users FILE KIND... < text  -> {"users": [...], "problems": {kind: why}}
                                                         {"line": 7, "message": why}        for the bench, beforehand

It is one module and stands alone: what lies beside it on the bench's machine is not there where workers are.
"""

import inspect
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from locust import MarkovTaskSet, TaskSet, User

from tfbench.load.config import LoadConfigError

_NAME = "locustfile"


class LocustfileError(LoadConfigError):
    """It cannot be imported, or a class of it not played. `line` counts from 1; None: none of its own is to blame."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def load_users(source: str, file: Path, kinds: Iterable[str]) -> dict[str, type[User]]:
    """The classes of these names, of a locustfile with this text. Raises LocustfileError."""
    names = vars(imported(source, file))
    for kind in kinds:
        if (why := problem_of(names[kind]) if kind in names else "is not in it") is not None:
            raise LocustfileError(f'"{kind}" {why}')
    return {kind: names[kind] for kind in kinds}


def imported(source: str, file: Path) -> ModuleType:
    """The text as a module, whose tracebacks name `file`. Raises LocustfileError."""
    module = ModuleType(_NAME)
    module.__file__ = str(file)
    sys.modules[_NAME] = module  # dataclasses and pickle look for the modules of classes there
    try:
        exec(compile(source.encode(), str(file), "exec"), module.__dict__)
    except SyntaxError as error:
        line = error.lineno if error.filename == str(file) else _line_of(file, error)
        raise LocustfileError(f"SyntaxError: {error.msg}", line) from error
    except (Exception, SystemExit) as error:
        raise LocustfileError(f"importing it failed: {type(error).__name__}: {error}", _line_of(file, error)) from error
    return module


def problem_of(value: object) -> str | None:
    """Why this is nothing whose tasks a user can do; None where it is."""
    if not (inspect.isclass(value) and issubclass(value, User)):
        return "is no Locust user: derive it from HttpUser or FastHttpUser"
    if value.abstract:
        return "is abstract: name a class that derives from it"
    return _lacks_tasks(value)


def _lacks_tasks(holder: type[User] | type[TaskSet]) -> str | None:
    if not holder.tasks:
        return "has no tasks: mark its methods with @task"
    for inner in holder.tasks:
        if inspect.isclass(inner) and issubclass(inner, MarkovTaskSet):
            return f"has the MarkovTaskSet {inner.__name__}, which has no end: use a TaskSet"
        if inspect.isclass(inner) and issubclass(inner, TaskSet) and (why := _lacks_tasks(inner)):
            return f"has the task set {inner.__name__}, which {why}"
    return None


def _line_of(file: Path, error: BaseException) -> int | None:
    """The last line of the file itself that the error came through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return lines[-1] if lines else None


def _users(names: Mapping[str, object]) -> Iterator[str]:
    """Those that can be played, Locust's own that were only imported apart."""
    return (name for name, value in names.items() if problem_of(value) is None)


def main(file: Path, kinds: list[str]) -> None:
    """Say on stdout what there is; whatever the locustfile itself prints goes to stderr."""
    answer = os.dup(1)
    os.dup2(2, 1)
    source = sys.stdin.buffer.read().decode()
    try:
        names = vars(imported(source, file))
    except LocustfileError as error:
        found: dict[str, Any] = {"line": error.line, "message": str(error)}
    else:
        problems = {kind: why for kind in kinds if kind in names and (why := problem_of(names[kind])) is not None}
        found = {"users": sorted(_users(names)), "problems": problems}
    os.write(answer, json.dumps(found).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
