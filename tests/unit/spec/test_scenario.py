"""The shipped scenario parses; each way to ask for something impossible is refused where it is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tfbench import catalog
from tfbench.errors import ConfigError
from tfbench.model import Spike
from tfbench.scenario import list_scenarios, load_run_scenario, load_scenario
from tfbench.workspace import find_workspace

Spoil = Callable[[Path, str, str], int]

ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))

SPIKE = "{at_s: 1, length_s: 5, factor: 10}"
SURGE = "{at_s: 1, length_s: 5, factor: 10, event: EV001}"

# (why, the text, what it becomes, part of the message); the line expected is the one where the text stands.
REFUSED = [
    ("another kind", "kind: Scenario", "kind: Scenery", 'unknown kind "Scenery" (did you mean "Scenario"?)'),
    ("another version", "apiVersion: tfbench/v1", "apiVersion: tfbench/v2", "unknown apiVersion"),
    ("a name that is not the file's", "name: caida-app2", "name: caida-app3", 'call it "caida-app2"'),
    ("a name with capitals", "id: kill-app2", "id: Kill", "is no name"),
    (
        "no Spanish title",
        "title:\n    en: Issuing dies while tickets are being sold\n    es: La emisión",
        "title:\n    en: Issuing dies while tickets are being sold\n    fr: La emisión",
        '"es" is missing',
    ),
    ("an unknown key", "  seed: 20261124", "  sede: 20261124", 'did you mean "seed"'),
    ("an unknown system", "system: ticketflow", "system: ticketflaw", 'did you mean "ticketflow"'),
    ("an unknown profile", "profile: default", "profile: defualt", 'did you mean "default"'),
    ("a seed below 0", "seed: 20261124", "seed: -1", "expected a number from 0"),
    ("half a seed", "seed: 20261124", "seed: 0.5", "expected a whole number"),
    ("no load at all", "rate_per_s: 50", "rate_per_s: 0", "from 0.1 to 100000, saw"),
    ("an absurd load", "rate_per_s: 50", "rate_per_s: 1000000", "from 0.1 to 100000"),
    ("an unknown arrival process", "arrivals: poisson", "arrivals: poison", 'did you mean "poisson"'),
    ("an unknown workload", "workload: ticketflow", "workload: k6", "unknown workload"),
    ("a share too large", "    mix:\n      catalogue: 0.30", "    mix:\n      catalogue: 0.40", "sum to 1.1"),
    ("an unknown arrival", "boleta: 0.08", "bolета: 0.08", "unknown kind of arrival"),
    ("a negative share", "hold: 0.10", "hold: -0.10", "expected a number from 0 to 1"),
    ("a negative warm-up", "warmup_s: 15", "warmup_s: -15", "expected a number from 0 to 86400"),
    ("a short baseline", "baseline_s: 20", "baseline_s: 9.9", "from 10 to 86400"),
    ("a negative outage", "outage_s: 40", "outage_s: -40", "from 0 to 86400"),
    ("a fault without an outage", "outage_s: 40", "outage_s: 0", "but there is a fault"),
    (
        "too short to see a recovery",
        "recovery_s: 45",
        "recovery_s: 9",
        '"app2-rto" believes a recovery after 10',
    ),
    ("no time to drain", "drain_deadline_s: 300", "drain_deadline_s: 0", "from 1 to 86400"),
    ("an unknown fault", "type: kill", "type: kil", 'did you mean "kill"'),
    ("an unknown target", "target: app2", "target: app4", 'no role "app4"; there are: app1'),
    ("a fault that starts after the outage", "- id: kill", "- at_s: 41\n      id: kill", "ends after 41 s"),
    (
        "a parameter of another fault",
        "type: kill",
        "parameters: {latency_ms: 5}\n      type: kill",
        "unknown parameter",
    ),
    ("a fault aimed at a link", "target: app2", "target: middleware -> app2", "needs a role"),
    (
        "a surge that outlasts the load",
        "arrivals: poisson",
        "surge: {at_s: 80, length_s: 30, factor: 10, event: EV001}\n    arrivals: poisson",
        "ends after the load does",
    ),
    ("a ramp that never rises", "arrivals: poisson", "ramp_s: 0\n    arrivals: ramp", "from 1 to 86400"),
    ("a ramp into the outage", "arrivals: poisson", "ramp_s: 36\n    arrivals: ramp", "baseline last 35 s in all"),
    (
        "a spike of other arrivals",
        "arrivals: poisson",
        f"spike: {SPIKE}\n    arrivals: constant",
        "is for arrivals: spike",
    ),
    ("a ramp of other arrivals", "arrivals: poisson", "ramp_s: 5\n    arrivals: constant", "is for arrivals: ramp"),
    ("a spike without a factor", "arrivals: poisson", "spike: {at_s: 1, length_s: 5}\n    arrivals: spike", '"factor"'),
    (
        "a weak spike",
        "arrivals: poisson",
        "spike: {factor: 0.5, at_s: 1, length_s: 5}\n    arrivals: spike",
        "from 1 to",
    ),
    (
        "a spike that outlasts the load",
        "arrivals: poisson",
        "spike: {at_s: 80, length_s: 30, factor: 10}\n    arrivals: spike",
        "ends after the load does",
    ),
    (
        "a surge besides a spike",
        "arrivals: poisson",
        f"surge: {SURGE}\n    spike: {SPIKE}\n    arrivals: spike",
        "keep one of them",
    ),
    ("an unknown verification", "verify: [containers-exited,", "verify: [container-exited,", "did you mean"),
    (
        "a fault that nobody verifies",
        "verify: [containers-exited, queue-growing]",
        "verify: []",
        "empty list",
    ),
    ("no SLO file", "source: ../slo/ticketflow.yaml", "source: ../slo/none.yaml", "leads to no file"),
    ("a path no file can have", "source: ../slo/ticketflow.yaml", f"source: {'x' * 5000}", "leads to no file"),
    ("a path that is no text", "source: ../slo/ticketflow.yaml", 'source: "\\0"', "U+0000"),
    ("a folder as SLO file", "source: ../slo/ticketflow.yaml", "source: ../slo", "leads to no file"),
    ("an unknown objective", "- app2-rto", "- app2-rt0", 'did you mean "app2-rto"'),
    ("an unknown expectation", "- queue-drained-by-itself", "- queue-drained", "unknown expectation"),
    ("an unknown invariant", "- seats-conserved", "- seats-converted", 'did you mean "seats-conserved"'),
    ("an invariant twice", "- refusals-justified", "- seats-conserved", "listed twice"),
]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_scenario_parses(file: Path) -> None:
    scenario = load_scenario(file)
    assert scenario.name == file.stem
    assert scenario.title.en != scenario.title.es
    assert scenario.purpose.en != scenario.purpose.es


def test_caida_app2_requires_what_the_design_promises() -> None:
    scenario = load_scenario(ROOT / "scenarios" / "caida-app2.yaml")
    assert scenario.required == (
        "app2-rto",
        "app2-pdf-under-5min",
        "app1-reservation-under-300ms",
        "app3-catalogue-under-10s",
        "order-event-on-disk",
    )
    assert set(scenario.invariants) == set(catalog.INVARIANTS)
    assert set(scenario.expectations) <= set(catalog.EXPECTATIONS)
    assert [(fault.type, fault.target) for fault in scenario.faults] == [("kill", "app2")]
    assert scenario.load.mix["purchase"] == 0.2
    assert scenario.phases.recovery_s == 45


@pytest.mark.parametrize(("old", "new", "part"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_is_refused_where_it_stands(house: Path, spoil: Spoil, old: str, new: str, part: str) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    line = spoil(file, old, new)
    with pytest.raises(ConfigError) as caught:
        load_scenario(file)
    assert (caught.value.file, caught.value.line) == (file, line)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("written", "ramp_s", "spike"),
    [("ramp\n    ramp_s: 26", 26, None), (f"spike\n    spike: {SPIKE}", None, Spike(1, 5, 10))],
)
def test_a_load_may_ramp_or_spike(
    house: Path, spoil: Spoil, written: str, ramp_s: float | None, spike: Spike | None
) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    spoil(file, "arrivals: poisson", f"arrivals: {written}")
    load = load_scenario(file).load
    assert (load.ramp_s, load.spike) == (ramp_s, spike)


@pytest.mark.parametrize(("key", "process"), [("ramp_s", "ramp"), ("spike", "spike")])
def test_what_arrivals_need_must_be_there(house: Path, spoil: Spoil, key: str, process: str) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    spoil(file, "arrivals: poisson", f"arrivals: {process}")
    with pytest.raises(ConfigError, match=f'"{key}" is missing'):
        load_scenario(file)


def test_a_spike_is_reason_enough_for_an_outage_phase(house: Path, spoil: Spoil) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    without_fault(file, spoil)
    spoil(file, "arrivals: poisson", f"arrivals: spike\n    spike: {SPIKE}")
    with pytest.raises(ConfigError, match="they speak of an outage"):  # the next thing it lacks
        load_scenario(file)


def test_a_mistake_in_the_tables_is_told_with_the_tables_file(house: Path, spoil: Spoil) -> None:
    tables = house / "slo" / "ticketflow.yaml"
    line = spoil(tables, "limit_s: 3600", "limit_s: 0")
    with pytest.raises(ConfigError) as caught:
        load_scenario(house / "scenarios" / "caida-app2.yaml")
    assert (caught.value.file, caught.value.line) == (tables, line)


FAULT = "    - id: kill-app2\n      type: kill\n      target: app2\n      verify: [containers-exited]\n"


@pytest.mark.parametrize(
    ("why", "second", "part"),
    [
        ("the same id", FAULT, '"kill-app2" is already taken'),
        ("the same target", FAULT.replace("kill-app2", "again"), "app2 is still broken by kill-app2"),
    ],
)
def test_faults_do_not_overlap(house: Path, spoil: Spoil, why: str, second: str, part: str) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    spoil(file, "  objectives:\n    source", second + "  objectives:\n    source")
    with pytest.raises(ConfigError) as caught:
        load_scenario(file)
    assert part in str(caught.value)


def without_fault(file: Path, spoil: Spoil) -> None:
    spoil(file, "faults:\n    - id: kill-app2\n      type: kill\n      target: app2\n", "faults: []\n")
    spoil(file, "      verify: [containers-exited, queue-growing]\n", "")


def test_an_outage_needs_a_fault(house: Path, spoil: Spoil) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    without_fault(file, spoil)
    with pytest.raises(ConfigError, match="an outage without a fault"):
        load_scenario(file)


def test_expectations_and_recovery_times_need_a_fault(house: Path, spoil: Spoil) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    without_fault(file, spoil)
    spoil(file, "outage_s: 40", "outage_s: 0")
    with pytest.raises(ConfigError, match="they speak of an outage"):
        load_scenario(file)
    text = file.read_text(encoding="utf-8")
    start, end = text.index("  expectations:"), text.index("  invariants:")
    file.write_text(text[:start] + "  expectations: []\n" + text[end:], encoding="utf-8")
    with pytest.raises(ConfigError, match='"app2-rto" is a recovery time, but there is no fault'):
        load_scenario(file)


def test_an_objective_must_count_what_the_load_does(house: Path, spoil: Spoil) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    spoil(file, "      catalogue: 0.30\n      seat_map: 0.20", "      seat_map: 0.50")
    line = text_line(file, "- app3-catalogue-under-10s")
    with pytest.raises(ConfigError, match="counts catalogue, which no arrival of the mix makes") as caught:
        load_scenario(file)
    assert caught.value.line == line


def test_nobody_comes_back_when_nobody_buys(house: Path, spoil: Spoil) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    spoil(file, "      hold: 0.10\n      purchase: 0.20", "      hold: 0.30")
    with pytest.raises(ConfigError, match="nobody buys; give purchase a share"):
        load_scenario(file)


def test_a_run_folder_is_read_from_its_own_copies(house: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "scenario.yaml").write_bytes((house / "scenarios" / "caida-app2.yaml").read_bytes())
    (run / "slo.yaml").write_bytes((house / "slo" / "ticketflow.yaml").read_bytes())
    scenario = load_run_scenario(run)
    assert scenario.name == "caida-app2"
    assert scenario.slo.path == run / "slo.yaml"


def test_a_broken_scenario_does_not_hide_the_others(house: Path) -> None:
    (house / "scenarios" / "a-broken.yaml").write_text("kind: [\n", encoding="utf-8")
    rows = list_scenarios(find_workspace(house, Path.cwd()))
    assert rows[0].name == "a-broken"
    assert rows[0].problem is not None
    assert rows[0].scenario is None
    assert {row.name: row.problem for row in rows[1:]} == {file.stem: None for file in SHIPPED}


def text_line(file: Path, text: str) -> int:
    """The line (from 1) where a text first stands."""
    before, _, _ = file.read_text(encoding="utf-8").partition(text)
    return before.count("\n") + 1


LINES = st.lists(
    st.tuples(st.floats(0, 0.999), st.sampled_from(["drop", "twice", "indent", "dedent", "null"])), max_size=4
)


def damaged(text: str, edits: list[tuple[float, str]]) -> str:
    """A text with some lines dropped, doubled, moved or emptied, each named by its place from 0 to 1."""
    lines = text.splitlines()
    for place, how in edits:
        at = int(place * len(lines))
        line = lines[at]
        edited = {
            "drop": [],
            "twice": [line, line],
            "indent": ["  " + line],
            "dedent": [line.removeprefix("  ")],
            "null": [line.partition(":")[0] + ":"],
        }
        lines[at : at + 1] = edited[how]
    return "\n".join(lines) + "\n"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, LINES)
def test_damaged_files_are_read_or_refused_with_file_and_line(
    tmp_path: Path, of_scenario: list[tuple[float, str]], of_tables: list[tuple[float, str]]
) -> None:
    for name, edits in (("scenarios/caida-app2.yaml", of_scenario), ("slo/ticketflow.yaml", of_tables)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(damaged((ROOT / name).read_text(encoding="utf-8"), edits), encoding="utf-8")
    line = read_or_refused_line(tmp_path / "scenarios" / "caida-app2.yaml")
    assert line is not None
    assert line >= 0


def read_or_refused_line(file: Path) -> int | None:
    """0 when the scenario was read, else the line that the refusal names."""
    try:
        load_scenario(file)
    except ConfigError as error:
        return error.line
    return 0
