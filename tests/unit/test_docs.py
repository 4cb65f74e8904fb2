"""The docs name every command, fault, verification and scenario there is."""

from pathlib import Path

import pytest
from tfbench import catalog
from tfbench.cli import cli
from tfbench.faults.observe import OBSERVATIONS
from tfbench.faults.registry import FAULTS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FAULTS_PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`{command}" in README or f" {command} " in README


@pytest.mark.parametrize("scenario", sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml")))
def test_every_scenario_is_in_the_readme(scenario: str) -> None:
    assert scenario in README


def test_every_fault_and_verification_that_a_scenario_may_name_exists_and_is_documented() -> None:
    assert set(catalog.FAULT_TYPES) == set(FAULTS)
    assert set(catalog.VERIFICATIONS) == set(OBSERVATIONS)
    for name in (*FAULTS, *OBSERVATIONS):
        assert f"`{name}`" in FAULTS_PAGE
