"""The page's words, in both languages, from `reports/texts.yaml`: `{key: {en, es}}`.

A text may hold `{name}` places. In the page both languages stand side by side and the style sheet shows one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tfbench.model import LANGUAGES, Text
from tfbench.report.formats import spanish
from tfbench.yamlio import read_document


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of the report. A key that isn't there is a KeyError: no template may name one."""

    by_key: dict[str, Text]

    def say(self, language: str, key: str) -> str:
        """One text in one language."""
        return str(getattr(self.by_key[key], language))

    def both(self, key: str, **values: Any) -> Markup:
        """A text in both languages, its places filled with escaped values."""
        return _side_by_side(
            {language: Markup.escape(self.say(language, key)).format(**values) for language in LANGUAGES}
        )

    def label(self, key: str) -> Markup:
        """Attributes that name a table's cell on narrow screens, where there is no head of the column."""
        return Markup(" ").join(
            Markup('data-{}="{}"').format(language, self.say(language, key)) for language in LANGUAGES
        )


def read_texts(path: Path) -> Texts:
    """Every text of the file; one that lacks a language is a ConfigError."""
    texts = {}
    for _, key, node in read_document(path).items():
        languages = node.as_mapping()
        texts[key] = Text(**{language: languages.require_str(language) for language in LANGUAGES})
        languages.finish()
    return Texts(texts)


def number(text: str | None) -> Markup | None:
    """A number of `formats.py` in both languages; None stays None."""
    return None if text is None else _side_by_side({"en": Markup.escape(text), "es": Markup.escape(spanish(text))})


def translated(text: Mapping[str, str] | str | None) -> Markup:
    """A text of the results (`{en, es}`) in both languages; the one it has where the other is missing."""
    if not text:
        return Markup("")
    if isinstance(text, str):
        return Markup.escape(text)
    fallback = next((words for words in text.values() if words), "")
    return _side_by_side({language: Markup.escape(text.get(language) or fallback) for language in LANGUAGES})


def _side_by_side(texts: Mapping[str, Markup]) -> Markup:
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format(language, text) for language, text in texts.items()
    )
