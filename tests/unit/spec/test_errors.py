"""Every exception can be made, says where it belongs, and ends the process with the code of the design."""

from pathlib import Path

import pytest
from tfbench import errors

CODES = {
    errors.TfbenchError: 255,
    errors.UsageError: 254,
    errors.ConfigError: 254,
    errors.PlatformError: 255,
    errors.LoadError: 2,
    errors.FaultError: 2,
    errors.ResidueError: 3,
    errors.InternalError: 255,
}


def make(kind: type[errors.TfbenchError]) -> errors.TfbenchError:
    if issubclass(kind, errors.ConfigError):
        return kind(Path("scenarios/x.yaml"), 12, "what is wrong")
    return kind("what is wrong")


@pytest.mark.parametrize("kind", CODES)
def test_every_error_is_made_and_has_its_exit_code(kind: type[errors.TfbenchError]) -> None:
    error = make(kind)
    assert isinstance(error, errors.TfbenchError)
    assert error.exit_code == CODES[kind]
    assert "what is wrong" in str(error)


def test_the_table_has_every_class_and_the_docstring_draws_it() -> None:
    defined = {
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.TfbenchError)
    }
    assert defined == set(CODES)
    assert errors.__doc__
    for kind in defined:
        assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        (12, 3, "scenarios/x.yaml:12:3: wrong"),
        (12, None, "scenarios/x.yaml:12: wrong"),
        (None, None, "scenarios/x.yaml: wrong"),
    ],
)
def test_a_config_error_starts_with_its_place(line: int | None, column: int | None, shown: str) -> None:
    assert str(errors.ConfigError(Path("scenarios/x.yaml"), line, "wrong", column)) == shown


def test_a_file_under_the_working_directory_is_shown_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = errors.ConfigError(tmp_path / "scenarios" / "x.yaml", 1, "wrong")
    assert str(error) == "scenarios/x.yaml:1: wrong"
