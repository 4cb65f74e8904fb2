"""Parses a YAML file to nodes with marks; whatever is wrong with its bytes is a ConfigError with a line.

It reads UTF-8; no directives, tags, anchors taken twice or aliases inside their own anchor; 32 levels.
Plain anchors and aliases work; merge keys (`<<`) do not: a file says what it means where it is read.
"""

import re
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import Node, ScalarNode

from tfbench.errors import ConfigError

_MAX_DEPTH = 32
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIRECTIVE = re.compile("^%", re.MULTILINE)


def compose(file: Path) -> list[Node]:
    """The root node of every document that isn't empty."""
    text = _read_text(file)
    try:
        _refuse_tricks(file, text)
        roots = list(YAML(typ="safe", pure=True).compose_all(text))
    except MarkedYAMLError as error:
        raise _syntax_error(file, error) from error
    except YAMLError as error:
        raise ConfigError(file, 1, f"not YAML: {error}") from error
    return [root for root in roots if not (isinstance(root, ScalarNode) and root.value == "")]


def _read_text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(file, None, f"cannot be read: {error.strerror or error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(file, line, f"byte 0x{data[error.start]:02x} is not UTF-8; save it as UTF-8") from error
    if bad := UNPRINTABLE.search(text):
        raise ConfigError(file, _line(text, bad), f"control character U+{ord(bad[0]):04X}; remove it")
    # ruamel.yaml asserts on some versions, and another version would read the same words otherwise.
    if directive := _DIRECTIVE.search(text):
        raise ConfigError(file, _line(text, directive), "a % directive; remove it (YAML 1.2 is read)")
    return text


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _refuse_tricks(file: Path, text: str) -> None:
    """Walk the events before anything is built: tags, deep nesting, anchors reused or inside themselves."""
    open_anchors: list[str | None] = []
    seen: set[str] = set()
    for event in YAML(typ="safe", pure=True).parse(text):
        problem = _trick(event, open_anchors, seen) if isinstance(event, NodeEvent) else ""
        if problem:
            raise ConfigError(file, event.start_mark.line + 1, problem)
        if isinstance(event, CollectionStartEvent):
            open_anchors.append(event.anchor)
        elif isinstance(event, CollectionEndEvent):
            open_anchors.pop()


def _trick(event: NodeEvent, open_anchors: list[str | None], seen: set[str]) -> str:
    if isinstance(event, AliasEvent):
        return f"*{event.anchor} is inside its own anchor" if event.anchor in open_anchors else ""
    if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
        return f'the tag "{event.tag}" is not used here; remove it'
    if event.anchor is not None and event.anchor in seen:
        return f"the anchor &{event.anchor} is already taken; give it another name"
    if len(open_anchors) >= _MAX_DEPTH:
        return f"nested deeper than {_MAX_DEPTH} levels"
    if event.anchor is not None:
        seen.add(event.anchor)
    return ""


def _syntax_error(file: Path, error: MarkedYAMLError) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    detail = ": ".join(part for part in (error.context, error.problem) if part)
    advice = "; indent with spaces, not tabs" if "\\t" in detail else ""
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, None)
    return ConfigError(file, line, f"not YAML: {detail}{advice}", column)
