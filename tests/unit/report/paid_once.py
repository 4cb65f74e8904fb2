"""What every page of these tests would pay for anew: its texts read, its templates compiled, drawings nobody sees."""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jinja2 import FileSystemBytecodeCache
from page_text import Page
from tfbench.model import LANGUAGES
from tfbench.report import charts, page, repeat_page, suite_page
from tfbench.report.drawing import Say

PLAIN = "<svg></svg>"

# A page read once for each language, whoever asks.
read = functools.cache(Page)


@pytest.fixture(scope="session", autouse=True)
def paid_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages are made with the same texts and templates; both cost more than the rest of a small page.

    So does a drawing: the same data is drawn once.
    """
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    texts = functools.cache(page.read_texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "read_texts", texts)
        patch.setattr(suite_page, "read_texts", texts)
        patch.setattr(repeat_page, "read_texts", texts)
        patch.setattr(charts.vl_convert, "vegalite_to_svg", drawn_once(charts.vl_convert.vegalite_to_svg))
        patch.setattr(page, "Environment", functools.partial(page.Environment, bytecode_cache=compiled))
        yield


def drawn_once(draw: Callable[..., str]) -> Callable[..., str]:
    """`vegalite_to_svg` that remembers what it drew."""
    known: dict[str, str] = {}

    def drawn(spec: str, **options: Any) -> str:
        key = json.dumps([spec, options], sort_keys=True)
        if key not in known:
            known[key] = draw(spec, **options)
        return known[key]

    return drawn


@contextmanager
def drawn_in_english() -> Iterator[None]:
    """Pages whose Spanish drawing nobody reads show the English one twice: drawing is most of what they cost."""

    def draw(*data: Any) -> dict[str, str]:
        says: dict[str, Say] = data[-1]
        return dict.fromkeys(says, charts.draw(*data[:-1], {"en": says["en"]})["en"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "draw", draw)
        yield


@contextmanager
def without_timeline() -> Iterator[None]:
    """Pages whose largest drawing nobody reads have none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "draw", lambda *_: dict.fromkeys(LANGUAGES, PLAIN))
        yield


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what stands around a drawing: nothing is drawn."""
    monkeypatch.setattr(page, "draw", lambda *_: dict.fromkeys(LANGUAGES, PLAIN))
    monkeypatch.setattr(suite_page, "draw_recoveries", lambda *_: dict.fromkeys(LANGUAGES, PLAIN))
    monkeypatch.setattr(repeat_page, "draw_distributions", lambda *_: dict.fromkeys(LANGUAGES, PLAIN))
