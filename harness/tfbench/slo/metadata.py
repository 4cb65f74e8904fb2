"""Reads the metadata of an OpenSLO object: its name, its titles in both languages, labels and annotations."""

import re
from dataclasses import dataclass

from tfbench.model import Text
from tfbench.slo.dialect import V1, Dialect
from tfbench.slo.fields import check_length, check_text, given, is_empty_text, is_null
from tfbench.yamlio import Mapping, Node

_TITLE_EN, _TITLE_ES = "tfbench/title-en", "tfbench/title-es"
_MAX_DISPLAY_NAME = 63
_MAX_PREFIX = 253
_LABEL_KEY = re.compile(r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_LABEL_VALUE = re.compile(r"([a-z0-9]([-._a-z0-9]{0,61}[a-z0-9])?)?")
_DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_QUALIFIED = re.compile(rf"({_DNS_LABEL}(\.{_DNS_LABEL})*/)?{_LABEL_KEY.pattern}")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an object is called. `node` is where it says so."""

    name: str
    title_en: str | None
    title_es: str | None
    node: Node

    def title(self) -> Text:
        """Both titles, which an objective must have: reports come in both languages."""
        if self.title_en is None or self.title_es is None:
            wanted = (
                f"displayName or annotations: {_TITLE_EN}" if self.title_en is None else f"annotations: {_TITLE_ES}"
            )
            raise self.node.error(f"no title for reports; add {wanted}")
        return Text(en=self.title_en, es=self.title_es)


def read_metadata(metadata: Mapping, dialect: Dialect = V1) -> Metadata:
    """The metadata of any OpenSLO object; nothing else may stand in it."""
    name = metadata.require("name").as_name()
    display_name = read_display_name(metadata) if dialect.has_display_name else None
    _check_labels(given(metadata, "labels"), dialect)
    annotations = _read_annotations(given(metadata, "annotations"))
    metadata.finish()
    return Metadata(name, display_name or annotations.get(_TITLE_EN), annotations.get(_TITLE_ES), metadata.node)


def read_display_name(metadata: Mapping) -> str | None:
    """The title of an object that may have one, of bounded length."""
    check_length(metadata, "displayName", _MAX_DISPLAY_NAME)
    return check_text(metadata, "displayName")


def _check_labels(labels: Node | None, dialect: Dialect) -> None:
    for key, name, value in labels.as_mapping().items() if labels else ():
        if dialect is not V1:
            _check_qualified(key, name, "a label")
            if not _LABEL_VALUE.fullmatch(_text(value)):
                raise value.error("not a label's value: a-z, digits, and inner dashes, dots or underscores, at most 63")
            continue
        if not _LABEL_KEY.fullmatch(name):
            raise key.error("not a label: letters, digits, and inner dashes, dots or underscores, at most 63")
        for item in value.as_list() if value.is_list else (value,):
            _text(item)


def _read_annotations(annotations: Node | None) -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, name, value in annotations.as_mapping().items() if annotations else ():
        _check_qualified(key, name, "an annotation")
        texts[name] = _text(value)
    return texts


def _check_qualified(key: Node, name: str, what: str) -> None:
    if not _QUALIFIED.fullmatch(name) or ("/" in name and name.index("/") > _MAX_PREFIX):
        raise key.error(f"not {what}: an optional DNS name and a slash, then letters, digits, -, . or _")


def _text(node: Node) -> str:
    return "" if is_null(node) or is_empty_text(node) else node.as_str()
