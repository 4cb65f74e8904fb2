"""Reads fields as OpenSLO's validator does: what is null or blank counts as not given."""

from collections.abc import Callable

from tfbench.errors import ConfigError
from tfbench.yamlio import Mapping, Node

_NULLS = {"~", "null", "Null", "NULL"}
MAX_DESCRIPTION = 1050


def given(mapping: Mapping, key: str) -> Node | None:
    """The value of a key that says something."""
    node = mapping.optional(key)
    return None if node is None or is_nothing(node) else node


def required(mapping: Mapping, key: str) -> Node:
    """The value of a key that must say something."""
    node = mapping.require(key)
    if is_nothing(node):
        raise node.error("nothing in it; it is required")
    return node


def is_nothing(node: Node) -> bool:
    """Whether it is null, or blank text."""
    if node.text.strip():
        return node.text in _NULLS and not _reads(node.as_str)
    return not node.is_list and not _reads(node.children)


def given_items(mapping: Mapping, key: str) -> list[Node]:
    """The items of a list that may be missing."""
    node = given(mapping, key)
    return node.as_list() if node else []


def check_text(mapping: Mapping, key: str) -> str | None:
    """The text of a key that may be missing."""
    node = given(mapping, key)
    return node.as_str() if node else None


def check_bool(mapping: Mapping, key: str) -> bool:
    """The truth value of a key; false when it is missing."""
    node = given(mapping, key)
    return node.as_bool() if node else False


def check_number(mapping: Mapping, key: str) -> float | None:
    """The number of a key that may be missing."""
    node = given(mapping, key)
    return node.as_number() if node else None


def check_description(spec: Mapping) -> None:
    """A description, if there is one, is text of bounded length."""
    node = given(spec, "description")
    if node and len(node.as_str()) > MAX_DESCRIPTION:
        raise node.error(f"longer than {MAX_DESCRIPTION} characters; shorten it")


def exactly_one(mapping: Mapping, *keys: str) -> tuple[str, Node]:
    """The only one of these keys that is given, and its value."""
    found = at_most_one(mapping, *keys)
    if found is None:
        raise mapping.error(f"one of {', '.join(keys)} is missing; add it")
    return found


def at_most_one(mapping: Mapping, *keys: str) -> tuple[str, Node] | None:
    """The one of these keys that is given, and its value; None when none is."""
    found = [(key, node) for key in keys if (node := given(mapping, key))]
    if len(found) > 1:
        raise found[1][1].error(f"{found[0][0]} and {found[1][0]} exclude each other; keep one")
    return found[0] if found else None


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except ConfigError:
        return False
    return True
