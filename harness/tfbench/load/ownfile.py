"""Reads which locustfile a scenario brings, and has Locust look at it before anything starts.

    spec.load.locustfile -> Locustfile(path, source) -> python -m tfbench.load.users -> who in spec.load.mix is a user

Importing a locustfile runs somebody's code, and Locust patches the standard library of whoever imports it: both happen
in a process of their own.
"""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tfbench import catalog
from tfbench.errors import ConfigError
from tfbench.model import LoadSpec, Locustfile
from tfbench.yamlio import Mapping, Node

COPY = "locustfile.py"  # in the run folder
_IMPORT_DEADLINE_S = 120.0
_LINES_SHOWN = 5


def read_locustfile(load: Mapping, workload: str, beside: Path | None) -> Locustfile | None:
    """The locustfile of a load that needs one, its path taken from `beside`; where that is None, nobody plays it."""
    if workload != catalog.LOCUSTFILE:
        if node := load.optional("locustfile"):
            raise node.error(f"is for workload: {catalog.LOCUSTFILE}, and this is {workload}; remove it, or change it")
        return None
    node = load.require("locustfile")
    name = node.as_str()
    if beside is None:
        return None
    path = Path(os.path.normpath(beside / name))
    if not os.path.isfile(path):  # unlike Path.is_file, False also for a name no file can have
        raise node.error(f'"{name}" leads to no file; give a path from the scenario\'s folder')
    return Locustfile(path, _source(node, path))


def check_users(locustfile: Locustfile, mix: Mapping) -> None:
    """Raise ConfigError where the file cannot be imported, or a kind of the mix is none of its users."""
    kinds = {kind: key for key, kind, _ in mix.items()}
    seen = _look(locustfile, list(kinds))
    if "message" in seen:
        raise ConfigError(locustfile.path, seen["line"] or 1, seen["message"])
    for kind, key in kinds.items():
        if kind in seen["problems"]:
            raise key.error(f'"{kind}" of {locustfile.path.name} {seen["problems"][kind]}')
        key.as_choice(seen["users"], f"user class of {locustfile.path.name}")


def load_settings(load: LoadSpec) -> dict[str, Any]:
    """What was asked of a load, for the run's environment; of a locustfile its name and digest, beside its copy."""
    settings = dataclasses.asdict(load)
    if load.locustfile is not None:
        digest = hashlib.sha256(load.locustfile.source.encode()).hexdigest()
        settings["locustfile"] = {"name": load.locustfile.path.name, "sha256": digest}
    return settings


def _source(node: Node, path: Path) -> str:
    """The file's text, byte for byte: that is what every worker gets."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise node.error(f'"{path.name}" cannot be read: {error.strerror}') from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(path, line, "not UTF-8; save it as that, since workers elsewhere get it as text") from error


def _look(locustfile: Locustfile, kinds: list[str]) -> dict[str, Any]:
    """What `tfbench.load.users` says of the file."""
    command = [sys.executable, "-m", "tfbench.load.users", str(locustfile.path), *kinds]
    try:
        ran = subprocess.run(
            command, input=locustfile.source.encode(), capture_output=True, timeout=_IMPORT_DEADLINE_S, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        problem = f"importing it takes more than {_IMPORT_DEADLINE_S:g} s; do in on_start or test_start what takes long"
        raise ConfigError(locustfile.path, 1, problem) from error
    if ran.returncode != 0:
        told = "\n".join(ran.stderr.decode(errors="replace").splitlines()[-_LINES_SHOWN:])
        raise ConfigError(locustfile.path, 1, f"importing it ended its process with code {ran.returncode}:\n{told}")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found
