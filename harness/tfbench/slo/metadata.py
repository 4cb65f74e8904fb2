"""Reads the metadata of an OpenSLO object: its name, its titles in both languages, labels and annotations."""

import re
from dataclasses import dataclass

from tfbench.model import Text
from tfbench.yamlio import Mapping, Node

_TITLE_ES = "tfbench/title-es"
_MAX_DISPLAY_NAME = 63
_LABEL_KEY = re.compile(r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_ANNOTATION_KEY = re.compile(rf"({_DNS_LABEL}(\.{_DNS_LABEL})*/)?{_LABEL_KEY.pattern}")


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
            wanted = "displayName (English)" if self.title_en is None else f"annotations: {_TITLE_ES}"
            raise self.node.error(f"no title for reports; add {wanted}")
        return Text(en=self.title_en, es=self.title_es)


def read_metadata(metadata: Mapping) -> Metadata:
    """The metadata of any OpenSLO v1 object; nothing else may stand in it."""
    name = metadata.require("name").as_name()
    display = metadata.optional("displayName")
    title_en = display.as_str() if display else None
    if display and title_en and len(title_en) > _MAX_DISPLAY_NAME:
        raise display.error(f"{len(title_en)} characters; OpenSLO's validator allows {_MAX_DISPLAY_NAME}")
    _check_labels(metadata.optional("labels"))
    title_es = _read_annotations(metadata.optional("annotations")).get(_TITLE_ES)
    metadata.finish()
    return Metadata(name, title_en, title_es, metadata.node)


def _check_labels(labels: Node | None) -> None:
    for key, name, value in labels.as_mapping().items() if labels else ():
        if not _LABEL_KEY.fullmatch(name):
            raise key.error("not a label: letters, digits, and inner dashes, dots or underscores, at most 63")
        for item in value.as_list() if value.is_list else (value,):
            item.as_str()


def _read_annotations(annotations: Node | None) -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, name, value in annotations.as_mapping().items() if annotations else ():
        if not _ANNOTATION_KEY.fullmatch(name):
            raise key.error("not an annotation: an optional DNS name and a slash, then letters, digits, -, . or _")
        texts[name] = value.as_str()
    return texts
