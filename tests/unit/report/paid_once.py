"""What every page of these tests would pay for anew: its texts parsed, its templates compiled."""

import functools
from collections.abc import Iterator

import pytest
from jinja2 import FileSystemBytecodeCache
from page_text import Page
from tfbench.model import LANGUAGES
from tfbench.report import page, suite_page

PLAIN = "<svg></svg>"

# A page read once for each language, whoever asks.
read = functools.cache(Page)


@pytest.fixture(scope="session", autouse=True)
def paid_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages are made with the same texts and templates; both cost more than the rest of a small page."""
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    texts = functools.cache(page.read_texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "read_texts", texts)
        patch.setattr(suite_page, "read_texts", texts)
        patch.setattr(page, "Environment", functools.partial(page.Environment, bytecode_cache=compiled))
        yield


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what stands around a drawing: nothing is drawn."""
    monkeypatch.setattr(page, "draw", lambda *_: dict.fromkeys(LANGUAGES, PLAIN))
    monkeypatch.setattr(suite_page, "draw_recoveries", lambda *_: dict.fromkeys(LANGUAGES, PLAIN))
