"""A results.json that does not say what its contract says is refused with the place where it does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damage import SWEEP, TEXT, Damage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoilable_run import healthy, scenario
from tfbench.errors import UsageError
from tfbench.judge import judge
from tfbench.judged_run import JudgedRun
from tfbench.results_shape import load_sound_results


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = healthy().write(tmp_path_factory.mktemp("run"))
    judge(folder, scenario()).write(folder)
    return folder / "results.json"


Spoil = Callable[[dict[str, Any]], object]

# (why, how, part of the message)
REFUSED: list[tuple[str, Spoil, str]] = [
    ("another schema", lambda data: data.update(schema="tfbench.results/9"), "is not tfbench.results/1"),
    ("a verdict nobody gives", lambda data: data.update(verdict="MAYBE"), 'verdict: expected Verdict, saw "MAYBE"'),
    ("a time that is text", lambda data: data.update(started_at="noon"), 'started_at: expected float, saw "noon"'),
    ("a truth value that is a number", lambda data: data.update(interrupted=0), "interrupted: expected bool, saw 0"),
    ("no objectives", lambda data: data.pop("objectives"), "objectives is missing"),
    ("objectives that are no list", lambda data: data.update(objectives={}), "objectives: expected list"),
    (
        "a count that is text",
        lambda data: data["objectives"][0].update(n="x"),
        'objectives[0].n: expected int, saw "x"',
    ),
    ("a title that is text", lambda data: data["invariants"][0].update(title="x"), "invariants[0].title: expected"),
    ("half a text", lambda data: data["reason"].update(en=None), "reason.en: expected str, saw null"),
    ("a nested hole", lambda data: data["recovery"][0].pop("fault"), "recovery[0].fault is missing"),
]


@pytest.mark.parametrize(("spoil", "part"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_results_that_break_their_contract_are_refused_where_they_do(
    sound: Path, tmp_path: Path, spoil: Spoil, part: str
) -> None:
    data = json.loads(sound.read_text(encoding="utf-8"))
    spoil(data)
    (tmp_path / "results.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_sound_results(tmp_path)
    assert part in str(caught.value)
    assert "tfbench check" in str(caught.value)


def test_what_the_bench_writes_keeps_its_contract(sound: Path) -> None:
    assert load_sound_results(sound.parent) == json.loads(sound.read_text(encoding="utf-8"))


@settings(
    max_examples=SWEEP or 100,
    deadline=None,
    derandomize=not SWEEP,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damages=st.lists(TEXT, min_size=1, max_size=3))
def test_damaged_results_are_read_or_refused(sound: Path, tmp_path: Path, damages: list[Damage]) -> None:
    data = sound.read_bytes()
    for damage in damages:
        data = damage(data)
    (tmp_path / "results.json").write_bytes(data)
    try:
        run = JudgedRun.read(tmp_path)
    except UsageError:
        return
    assert run.verdict == run.results["verdict"]
    assert all(run.invariant(record["id"]).kind == "invariant" for record in run.results["invariants"])
