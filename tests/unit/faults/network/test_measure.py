"""Which of several tries the measuring program tells; `tests/integration/faults` runs it against real sockets."""

import importlib.util
from types import ModuleType

import pytest
from network_doubles import ROOT

PROGRAM = ROOT / "compose" / "images" / "caos" / "measure.py"


@pytest.fixture
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_quickest_try_that_came_about_counts(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    results = iter([{"seen": "refused", "ms": 0.1}, {"seen": "answer", "ms": 9.0}, {"seen": "answer", "ms": 4.0}])
    monkeypatch.setattr(program, "_attempt", lambda *_: next(results))
    options = type("Options", (), {"tries": 3})
    assert program._best(None, "somewhere", options) == {"seen": "answer", "ms": 4.0}
