"""reports/texts.yaml: complete in both languages, and in step with the templates."""

import re
from pathlib import Path

import pytest
from tfbench.errors import ConfigError
from tfbench.report.texts import Texts, read_texts, translated
from tfbench.verdict import Verdict

COMPUTED = re.compile(r"(word|means|kind|phase|group|problem|outcome|latency|rate|line|unit|chart)_\w+|axis_\w+")


@pytest.fixture(scope="module")
def texts(reports_dir: Path) -> Texts:
    return read_texts(reports_dir / "texts.yaml")


def test_both_languages_have_every_text_with_the_same_places(texts: Texts) -> None:
    places = re.compile(r"\{\w+\}")
    for key, text in texts.by_key.items():
        assert text.en.strip(), key
        assert text.es.strip(), key
        assert sorted(places.findall(text.en)) == sorted(places.findall(text.es)), key


def test_every_verdict_has_a_word_and_a_meaning(texts: Texts) -> None:
    for verdict in Verdict:
        assert f"word_{verdict}" in texts.by_key
        assert f"means_{verdict}" in texts.by_key


def test_templates_and_texts_name_the_same_keys(texts: Texts, reports_dir: Path) -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in reports_dir.rglob("*.j2"))
    named = set(re.findall(r"\b(?:t|label)\(\"(\w+)\"[,)]", templates))
    named |= {key for keys in re.findall(r"m\.head\(\[(.*?)\]\)", templates) for key in re.findall(r"\w+", keys)}
    assert named <= texts.by_key.keys()
    unused = {key for key in texts.by_key if f'"{key}"' not in templates and not COMPUTED.fullmatch(key)}
    assert unused == set()


def test_a_text_without_spanish_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.yaml"
    path.write_text('one: {en: "a", es: "b"}\ntwo: {en: "a"}\n')
    with pytest.raises(ConfigError, match=r"texts.yaml:2: .*es"):
        read_texts(path)


def test_a_language_that_results_lack_falls_back_to_the_other() -> None:
    assert str(translated({"es": "<solo>"})) == "&lt;solo&gt;"
    assert str(translated({"en": "a", "es": "b"})) == '<span lang="en">a</span><span lang="es">b</span>'
    assert str(translated(None)) == ""
