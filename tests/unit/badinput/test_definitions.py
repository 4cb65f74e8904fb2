"""A damaged scenario or SLO table is read, or refused with exit 254, file and line, and nothing is written."""

import re
import shutil
from pathlib import Path

import pytest
from damage import SWEEP, TEXT, Damage, assert_told, state_of, tfbench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))
PLACE = re.compile(r"\.yaml:\d+(:\d+)?: .+")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the shipped files."""
    house = tmp_path_factory.mktemp("house")
    for part in ("scenarios", "slo"):
        shutil.copytree(ROOT / part, house / part)
    for part in ("compose", "system_under_test"):
        (house / part).mkdir()
    return house


def refused_or_planned(house: Path, name: str, file: Path, damages: list[Damage]) -> None:
    """Damage one file, look at the plan, mend the file again."""
    sound = file.read_bytes()
    damaged = sound
    for damage in damages:
        damaged = damage(damaged)
    file.write_bytes(damaged)
    try:
        before = state_of(house)
        ended = tfbench("--workspace", str(house), "run", name, "--dry-run")
        assert ended.code in (0, 254), ended
        assert_told(ended)
        if ended.code == 254:
            assert PLACE.search(ended.err), ended.err
        assert state_of(house) == before
    finally:
        file.write_bytes(sound)


@settings(
    max_examples=SWEEP or 20,
    deadline=None,
    derandomize=not SWEEP,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=st.sampled_from(SHIPPED), damages=st.lists(TEXT, min_size=1, max_size=3))
def test_a_damaged_scenario_is_planned_or_refused_with_its_line(house: Path, name: str, damages: list[Damage]) -> None:
    refused_or_planned(house, name, house / "scenarios" / f"{name}.yaml", damages)


@settings(
    max_examples=SWEEP or 12,
    deadline=None,
    derandomize=not SWEEP,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damages=st.lists(TEXT, min_size=1, max_size=3))
def test_a_damaged_table_is_read_or_refused_with_its_line(house: Path, damages: list[Damage]) -> None:
    refused_or_planned(house, "caida-app2", house / "slo" / "ticketflow.yaml", damages)


def test_a_list_with_a_damaged_scenario_shows_the_others_and_its_line(house: Path) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    sound = file.read_bytes()
    file.write_bytes(sound.replace(b"seed: ", b"sede: "))
    try:
        ended = tfbench("--workspace", str(house), "list")
    finally:
        file.write_bytes(sound)
    assert ended.code == 254
    assert "caida-app1" in ended.out
    assert re.search(r'caida-app2\.yaml:\d+: .*did you mean "seed"', ended.err)


@pytest.mark.parametrize("name", ["", ".", "..", "/", "nadie", "\x00", "x" * 5000, "a/b.yaml", "\ud800.yaml"])
def test_a_name_of_no_scenario_is_refused(house: Path, name: str) -> None:
    ended = tfbench("--workspace", str(house), "run", name, "--dry-run")
    assert (ended.code, "Traceback" in ended.err) == (254, False), ended
