"""A workspace of the shipped files in a temporary folder, and a way to damage it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml.nodes import Node
from tfbench import yamlio
from tfbench.yamlparse import compose

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Most tests spoil one file and read its sound neighbours again: the same bytes are parsed once.

    The nodes are shared: reading wraps them and does not write to them. A refusal is never kept.
    """
    known: dict[tuple[Path, bytes], list[Node]] = {}

    def remembered(file: Path) -> list[Node]:
        try:
            key = (Path(file.name), file.read_bytes())
        except OSError:
            return compose(file)
        if key not in known:
            known[key] = compose(file)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamlio, "compose", remembered)
        yield


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the shipped scenarios/ and slo/, with the other parts of a workspace empty."""
    for part in ("scenarios", "slo"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in ("compose", "system_under_test"):
        (tmp_path / part).mkdir()
    return tmp_path


@pytest.fixture
def spoil() -> Callable[[Path, str, str], int]:
    """Replaces the first `old` of a file with `new`; returns the line (from 1) where it stood."""

    def replace(file: Path, old: str, new: str) -> int:
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{file.name} no longer holds {old!r}: mend the test's table"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace
