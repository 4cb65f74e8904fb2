"""The sentences of the judgement: both languages, the same parameters, numbers in each language's writing."""

import string
from pathlib import Path

import pytest
import tfbench
from ruamel.yaml import YAML
from tfbench.checks.registry import EXPECTATIONS, INVARIANTS
from tfbench.texts import joined, percent, render

TEXTS: dict[str, dict[str, str]] = YAML(typ="safe").load(
    Path(tfbench.__file__).with_name("texts.yaml").read_text(encoding="utf-8")
)


def parameters(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_the_same_numbers(key: str) -> None:
    assert set(TEXTS[key]) == {"en", "es"}
    assert parameters(TEXTS[key]["en"]) == parameters(TEXTS[key]["es"])


@pytest.mark.parametrize("name", [*EXPECTATIONS, *INVARIANTS])
@pytest.mark.parametrize("part", ["title", "pass", "fail", "no_data"])
def test_every_check_can_say_what_it_found(name: str, part: str) -> None:
    assert f"check.{name}.{part}" in TEXTS


def test_numbers_are_written_the_way_of_each_language() -> None:
    reason = render("ratio.steady.inconclusive", n=29_955, bad=0, target=0.9999, lower=0.99989, upper=1.0, more=1)
    assert "0 bad of 29,955; between 99.989% and 100%" in reason["en"]
    assert "0 malas de 29.955; entre 99,989% y 100%" in reason["es"]


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.0, "100%"), (0.9999999, "99.9999%"), (0.9999, "99.99%"), (0.5, "50%"), (0.0, "0%"), (0.1, "10%")],
)
def test_a_percentage_is_never_rounded_up(ratio: float, text: str) -> None:
    assert percent(ratio) == text


def test_texts_join_language_by_language() -> None:
    assert joined({"en": "a", "es": "b"}, {"en": "c", "es": "d"}) == {"en": "a c", "es": "b d"}


def test_an_unknown_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("no.such.text")
