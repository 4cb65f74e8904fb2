"""Strict YAML with places: every value knows its file and line, and every mistake is told with them.

read_documents(path) -> [Mapping, ...]     one Mapping a document (what YAML is read: yamlparse.py)
root.mapping("spec").require_number("rate_per_s", min=0.1)
root.finish()                              refuses keys nobody asked for, and suggests the one meant
"""

import difflib
import math
import re
from collections.abc import Collection
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as RawNode

from tfbench.errors import ConfigError
from tfbench.yamlparse import UNPRINTABLE, compose

_MAX_SHOWN = 40
_NUMBER = re.compile(r"[-+]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][-+]?\d{1,3})?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_STR, _BOOL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:bool"


class Node:
    """One value of a file: where it is (`file`, `line`, `path` of keys), and what it must be read as."""

    def __init__(self, file: Path, path: str, line: int, raw: RawNode) -> None:
        self.file = file
        self.path = path
        self.line = line
        self._raw = raw

    @property
    def text(self) -> str:
        """A scalar as it is written, for those who parse it themselves; empty for a list or a mapping."""
        return str(self._raw.value) if self.is_scalar() else ""

    @property
    def is_list(self) -> bool:
        """Whether it is a list, where the format allows one or many."""
        return isinstance(self._raw, SequenceNode)

    def error(self, message: str) -> ConfigError:
        """The ConfigError that says `message` about this value."""
        return ConfigError(self.file, self.line, f"{self.path}: {message}" if self.path else message)

    def as_str(self) -> str:
        """Text that isn't blank. A number or a truth value without quotes isn't text."""
        if not self.is_scalar(_STR) or not self.text.strip():
            raise self._expected("text", "quote it if it is meant as text" if self.text.strip() else "")
        if bad := UNPRINTABLE.search(self.text):  # by an escape: "\0" would break paths, "\ud800" every output
            raise self.error(f"escapes the character U+{ord(bad[0]):04X}, which is not text; remove it")
        return self.text

    def as_name(self) -> str:
        """A name as OpenSLO and Kubernetes have them (RFC 1123 label)."""
        name = self.as_str()
        if not _NAME.fullmatch(name):
            raise self.error(f'"{_short(name)}" is no name: use a-z, 0-9 and inner dashes, at most 63')
        return name

    def as_number(self, *, min: float = -math.inf, max: float = math.inf) -> float:
        """A plain decimal number within [min, max]."""
        wanted = f"a number{_bounds(min, max)}"
        raw = self._raw
        if not isinstance(raw, ScalarNode) or raw.style is not None or not _NUMBER.fullmatch(raw.value):
            raise self._expected(wanted)
        number = float(raw.value)
        if not math.isfinite(number) or not min <= number <= max:
            raise self._expected(wanted)
        return number

    def as_int(self, *, min: int, max: int) -> int:
        """A whole number within [min, max]."""
        number = self.as_number(min=min, max=max)
        if number != int(number):
            raise self._expected(f"a whole number{_bounds(min, max)}")
        return int(number)

    def as_bool(self) -> bool:
        """`true` or `false`."""
        if not self.is_scalar(_BOOL):
            raise self._expected("true or false")
        return str(self._raw.value).lower() == "true"

    def as_choice(self, known: Collection[str], what: str) -> str:
        """One of the names in `known`; `what` names the kind of name, for the message."""
        name = self.as_str()
        if name not in known:
            raise self.error(f'unknown {what} "{_short(name)}"{did_you_mean(name, known)}; known: {_list(known)}')
        return name

    def as_mapping(self) -> "Mapping":
        """A mapping whose keys are text, each said once."""
        return Mapping(self)

    def as_list(self) -> "list[Node]":
        """The items of a list."""
        if not isinstance(self._raw, SequenceNode):
            raise self._expected("a list")
        return [
            Node(self.file, f"{self.path}[{i}]", item.start_mark.line + 1, item)
            for i, item in enumerate(self._raw.value)
        ]

    def as_choices(self, known: Collection[str], what: str, at_least: int = 0) -> tuple[str, ...]:
        """A list of different names, all in `known`."""
        names: list[str] = []
        for node in self.as_list():
            name = node.as_choice(known, what)
            if name in names:
                raise node.error(f'"{name}" is listed twice; keep one')
            names.append(name)
        if len(names) < at_least:
            raise self.error(f"an empty list; name at least {at_least}: {_list(known)}")
        return tuple(names)

    def children(self) -> "list[tuple[Node, Node]]":
        """Key and value nodes of a mapping, in file order, whatever they are."""
        if not isinstance(self._raw, MappingNode):
            raise self._expected("a mapping (key: value)")
        return [(self._child(key, key), self._child(key, value)) for key, value in self._raw.value]

    def _child(self, key: RawNode, raw: RawNode) -> "Node":
        name = _short(str(key.value)) if isinstance(key, ScalarNode) else "?"
        # A collection is blamed at its key: the reader looks for `load:`, not for what stands first under it.
        # So is nothing, whose mark may be that of the next line.
        place = raw if isinstance(raw, ScalarNode) and raw.value else key
        path = f"{self.path}.{name}" if self.path else name
        return Node(self.file, path, place.start_mark.line + 1, raw)

    def is_scalar(self, tag: str | None = None) -> bool:
        """Whether it is one value, of this YAML tag where one is asked for."""
        return isinstance(self._raw, ScalarNode) and (tag is None or str(self._raw.tag) == tag)

    def _seen(self) -> str:
        if isinstance(self._raw, ScalarNode):
            return f'"{_short(self._raw.value)}"' if self._raw.value.strip() else "nothing"
        return "a list" if isinstance(self._raw, SequenceNode) else "a mapping"

    def _expected(self, wanted: str, advice: str = "") -> ConfigError:
        return self.error(f"expected {wanted}, saw {self._seen()}{'; ' + advice if advice else ''}")


class Mapping:
    """The keys of one mapping. What is read is remembered, so that `finish()` can refuse the rest."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._items: dict[str, Node] = {}
        self._keys: dict[str, Node] = {}
        self._asked: set[str] = set()
        for key, value in node.children():
            name = key.as_str()
            if name in self._keys:
                raise key.error(f"said twice, first on line {self._keys[name].line}; keep one")
            self._keys[name] = key
            self._items[name] = value

    def error(self, message: str) -> ConfigError:
        """The ConfigError that says `message` about the whole mapping."""
        return self.node.error(message)

    def optional(self, key: str) -> Node | None:
        """The value of a key that may be missing."""
        self._asked.add(key)
        return self._items.get(key)

    def require(self, key: str) -> Node:
        """The value of a key that must be there."""
        value = self.optional(key)
        if value is not None:
            return value
        # A misspelt key is both unknown and missing: say so where it stands.
        meant = difflib.get_close_matches(key, [k for k in self._items if k not in self._asked], n=1)
        if meant:
            raise self._keys[meant[0]].error(f'unknown key; did you mean "{key}"?')
        raise self.error(f'"{key}" is missing; add it')

    def require_str(self, key: str) -> str:
        """The text of a key that must be there."""
        return self.require(key).as_str()

    def require_number(self, key: str, *, min: float = -math.inf, max: float = math.inf) -> float:
        """The number of a key that must be there."""
        return self.require(key).as_number(min=min, max=max)

    def require_int(self, key: str, *, min: int, max: int) -> int:
        """The whole number of a key that must be there."""
        return self.require(key).as_int(min=min, max=max)

    def require_choice(self, key: str, known: Collection[str], what: str) -> str:
        """The name, one of `known`, of a key that must be there."""
        return self.require(key).as_choice(known, what)

    def mapping(self, key: str) -> "Mapping":
        """The mapping under a key that must be there."""
        return self.require(key).as_mapping()

    def sequence(self, key: str) -> list[Node]:
        """The items of the list under a key that must be there."""
        return self.require(key).as_list()

    def items(self) -> list[tuple[Node, str, Node]]:
        """Every (key node, key, value) in file order, for mappings whose keys are data."""
        self._asked.update(self._items)
        return [(self._keys[key], key, value) for key, value in self._items.items()]

    def finish(self) -> None:
        """Refuse the first key that nobody asked for."""
        for key, node in self._keys.items():
            if key not in self._asked:
                free = sorted(self._asked - set(self._items)) or sorted(self._asked)
                raise node.error(f"unknown key{did_you_mean(key, free)}; known here: {_list(sorted(self._asked))}")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """` (did you mean "..."?)`, or nothing when no known name is close."""
    close = difflib.get_close_matches(name, known, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def read_documents(file: Path) -> list[Mapping]:
    """Every document of a YAML stream that isn't empty; a file without any is an error."""
    roots = compose(file)
    if not roots:
        raise ConfigError(file, 1, "nothing in it; expected YAML documents")
    return [Node(file, "", raw.start_mark.line + 1, raw).as_mapping() for raw in roots]


def read_document(file: Path) -> Mapping:
    """The only document of a YAML file."""
    first, *more = read_documents(file)
    if more:
        raise more[0].error("a second document; this file must hold one")
    return first


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _MAX_SHOWN else one_line[: _MAX_SHOWN - 1] + "…"


def _list(names: Collection[str]) -> str:
    return ", ".join(names) if names else "none"


def _bounds(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f" of at least {low:g}"
    return f" from {low:g} to {high:g}"
