"""The sentences of the judgement, in both languages, with their numbers written the way each language does.

    texts.yaml {key: {en, es}} + render(key, n=29956) -> {"en": "29,956 ...", "es": "29.956 ..."}

Format specs: `{n}` a whole number with thousands, `{x:.1f}` as usual, `{ratio:pct}` a percentage cut (never
rounded up) to four decimals, so that 99.99999% never reads as 100%.
"""

from decimal import ROUND_FLOOR, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tfbench.model import LANGUAGES

Rendered = dict[str, str]

_SWAP = str.maketrans(",.", ".,")


def render(key: str, **parameters: Any) -> Rendered:
    """The text `key` in every language. Raises KeyError when it, or a parameter that it names, is missing."""
    return {
        language: _texts()[key][language].format(
            **{name: _localised(value, language) for name, value in parameters.items()}
        )
        for language in LANGUAGES
    }


def joined(*texts: Rendered, separator: str = " ") -> Rendered:
    """Several texts as one."""
    return {language: separator.join(text[language] for text in texts) for language in LANGUAGES}


class _Number:
    """A number that formats itself for a language."""

    def __init__(self, value: float, language: str) -> None:
        self._value = value
        self._language = language

    def __format__(self, spec: str) -> str:
        text = percent(self._value) if spec == "pct" else format(self._value, self._spec(spec))
        return text.translate(_SWAP) if self._language == "es" else text

    def _spec(self, spec: str) -> str:
        return spec or (",d" if isinstance(self._value, int) else ",.1f")


def percent(ratio: float) -> str:
    """A ratio 0..1 as a percentage, cut to four decimals, without needless zeros."""
    hundredfold = (Decimal(str(ratio)) * 100).quantize(Decimal("0.0001"), rounding=ROUND_FLOOR)
    digits = f"{hundredfold:f}".rstrip("0").rstrip(".")
    return f"{digits}%"


def _localised(value: Any, language: str) -> Any:
    if isinstance(value, dict) and value.keys() == set(LANGUAGES):
        return value[language]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _Number(value, language)
    return value


@cache
def _texts() -> dict[str, dict[str, str]]:
    with Path(__file__).with_name("texts.yaml").open(encoding="utf-8") as file:
        data: dict[str, dict[str, str]] = YAML(typ="safe").load(file)
    return data
