"""Reads fields as OpenSLO's validator does: null counts as not given, and so does "" where there is text by value.

What Go holds by pointer (a name that refers, a duration that may be missing) is given even when it is "".
"""

from collections.abc import Collection
from decimal import Decimal

from tfbench.yamlio import Mapping, Node

_NULL, _STR = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str"
MAX_DESCRIPTION = 1050


def given(mapping: Mapping, key: str) -> Node | None:
    """The value of a key that is there and not null."""
    node = mapping.optional(key)
    return None if node is None or is_null(node) else node


def given_text(mapping: Mapping, key: str) -> Node | None:
    """The value of a key that is there, and neither null nor ""."""
    node = given(mapping, key)
    return None if node is None or is_empty_text(node) else node


def required(mapping: Mapping, key: str) -> Node:
    """The value of a key that must say something."""
    node = mapping.require(key)
    if is_null(node) or is_empty_text(node):
        raise node.error("nothing in it; it is required")
    return node


def is_null(node: Node) -> bool:
    """Whether it is null: nothing at all, or one of YAML's words for it, without quotes."""
    return node.is_scalar(_NULL)


def is_empty_text(node: Node) -> bool:
    """Whether it is ""."""
    return node.is_scalar(_STR) and not node.text


def given_items(mapping: Mapping, key: str) -> list[Node]:
    """The items of a list that may be missing."""
    node = given(mapping, key)
    return node.as_list() if node else []


def check_text(mapping: Mapping, key: str) -> str | None:
    """The text of a key that may be missing."""
    node = given_text(mapping, key)
    return node.as_str() if node else None


def check_bool(mapping: Mapping, key: str) -> bool:
    """The truth value of a key; false when it is missing."""
    node = given(mapping, key)
    return node.as_bool() if node else False


def check_number(mapping: Mapping, key: str) -> float | None:
    """The number of a key that may be missing."""
    node = given(mapping, key)
    return node.as_number() if node else None


def read_operations(node: Node, known: Collection[str] | None) -> tuple[str, ...]:
    """The operations that are counted, at least one; `known` None: whatever their names, which only a run tells."""
    names = known if known is not None else {item.as_str() for item in node.as_list()}
    return node.as_choices(names, "operation", at_least=1)


def check_below(node: Node, end: int) -> None:
    """A number from 0 on that is below `end`."""
    node.as_number()
    if not 0 <= Decimal(node.text) < end:
        raise node.error(f"expected a number from 0 to below {end}, saw {node.text}")


def check_description(spec: Mapping) -> None:
    """A description, if there is one, is text of bounded length."""
    check_length(spec, "description", MAX_DESCRIPTION)


def check_length(mapping: Mapping, key: str, most: int) -> None:
    """The text of a key, if there is any, has at most so many characters."""
    text = check_text(mapping, key)
    if text and len(text) > most:
        raise mapping.require(key).error(f"{len(text)} characters; OpenSLO's validator allows {most}")


def exactly_one(mapping: Mapping, *keys: str, by_value: str = "") -> tuple[str, Node]:
    """The only one of these keys that is given, and its value; of the key `by_value`, "" is none."""
    found = at_most_one(mapping, *keys, by_value=by_value)
    if found is None:
        raise mapping.error(f"one of {', '.join(keys)} is missing; add it")
    return found


def at_most_one(mapping: Mapping, *keys: str, by_value: str = "") -> tuple[str, Node] | None:
    """The one of these keys that is given, and its value; None when none is."""
    found = [(key, node) for key in keys if (node := (given_text if key == by_value else given)(mapping, key))]
    if len(found) > 1:
        raise found[1][1].error(f"{found[0][0]} and {found[1][0]} exclude each other; keep one")
    return found[0] if found else None
