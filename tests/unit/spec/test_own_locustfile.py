"""A scenario may bring a locustfile: what it may ask for then, and what is refused, where it stands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tfbench import catalog
from tfbench.errors import ConfigError
from tfbench.load import ownfile
from tfbench.load.ownfile import COPY, load_settings
from tfbench.model import Objective
from tfbench.plan import describe_evidence, describe_plan
from tfbench.plan_minutes import refusal
from tfbench.scenario import load_run_scenario, load_scenario

Spoil = Callable[[Path, str, str], int]
ROOM, SCENARIO, USERS = "own-locustfile", "visitas-propias.yaml", "portal_users.py"
ABORT = "abort_when: [{figure: queues, above: 1, for_s: 1}]"

# (why, the text, what it becomes, where the refusal points, part of the message)
REFUSED_IN_SCENARIO = [
    ("no locustfile", "    locustfile: portal_users.py\n", "", "load:", '"locustfile" is missing'),
    (
        "a file that is not there",
        "locustfile: portal_users.py",
        "locustfile: no.py",
        "locustfile: no",
        "leads to no file",
    ),
    ("a folder", "locustfile: portal_users.py", "locustfile: ../own-locustfile", "locustfile: ..", "leads to no file"),
    ("shares that are too large", "Visitor: 0.8", "Visitor: 0.9", "mix:", "sum to 1.1"),
    ("a surge", "    rate_per_s", "    surge: {}\n    rate_per_s", "surge:", "use arrivals: spike"),
    ("an expectation on purchases", "- no-http-500", "- sale-resumed", "- sale-resumed", "or use workload: ticketflow"),
    ("an invariant on purchases", "- seats-conserved", "- no-seat-sold-twice", "- no-seat", "is workload: locustfile"),
    ("a figure that is none", "  faults:", f"  {ABORT}\n  faults:", "abort_when", 'did you mean "queue"'),
    (
        "a kind that is no class",
        "Visitor: 0.8",
        "Vistor: 0.8",
        "mix:",
        'class of portal_users.py "Vistor" (did you mean',
    ),
]

# (why, the text of the locustfile, what it becomes, part of the message); the line is the locustfile's.
REFUSED_IN_LOCUSTFILE = [
    ("a syntax error", "class Visitor(FastHttpUser):", "class Visitor(FastHttpUser:", "SyntaxError: "),
    ("a file beside it", "import html", "import neighbour", "ModuleNotFoundError: No module named 'neighbour'"),
    ("code that fails", "import re\n", "import re\n[].pop(); ", "IndexError: pop from empty list"),
    ("code that exits", "import html", "raise SystemExit(3)", "SystemExit: 3"),
    ("another encoding", "import html", "import html  # \udcff", "not UTF-8"),
]

# (why, the text of the locustfile, what it becomes, part of the message); the scenario's line is that of the kind.
REFUSED_USERS = [
    ("no Locust user", "class Visitor(FastHttpUser):", "class Visitor:", "is no Locust user"),
    ("no tasks", "    @task(3)\n", "", "has no tasks"),
    ("a base class", "    wait_time = between(1, 3)\n", "    abstract = True\n", "is abstract"),
]


@pytest.fixture
def room(house: Path) -> Path:
    return house / "scenarios" / ROOM


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Locust had imported the shipped locustfile once more: that takes seconds, and others ask for it."""
    seen = {"users": ["SeatHunter", "Visitor"], "problems": {}}
    monkeypatch.setattr(ownfile, "_look", lambda *_: seen)


@pytest.mark.parametrize(("old", "new", "at", "part"), [row[1:] for row in REFUSED_IN_SCENARIO])
@pytest.mark.usefixtures("looked")
def test_what_cannot_be_is_refused_in_the_scenario(
    room: Path, spoil: Spoil, old: str, new: str, at: str, part: str
) -> None:
    spoil(room / SCENARIO, old, new)
    with pytest.raises(ConfigError) as caught:
        load_scenario(room / SCENARIO)
    assert (caught.value.file, caught.value.line) == (room / SCENARIO, line_of(room / SCENARIO, at))
    assert part in str(caught.value)


@pytest.mark.parametrize(("old", "new", "part"), [row[1:] for row in REFUSED_IN_LOCUSTFILE])
def test_what_cannot_be_imported_is_refused_in_the_locustfile(room: Path, old: str, new: str, part: str) -> None:
    line = rewrite(room / USERS, old, new) + new.count("\n")
    with pytest.raises(ConfigError) as caught:
        load_scenario(room / SCENARIO)
    assert (caught.value.file, caught.value.line) == (room / USERS, line)
    assert part in str(caught.value)


@pytest.mark.parametrize(("old", "new", "part"), [row[1:] for row in REFUSED_USERS])
def test_class_that_cannot_be_played_is_refused_at_its_share(room: Path, old: str, new: str, part: str) -> None:
    rewrite(room / USERS, old, new)
    if part == "has no tasks":
        rewrite(room / USERS, "    @task\n", "")
    with pytest.raises(ConfigError) as caught:
        load_scenario(room / SCENARIO)
    assert (caught.value.file, caught.value.line) == (room / SCENARIO, line_of(room / SCENARIO, "mix:"))
    assert f'"Visitor" of portal_users.py {part}' in str(caught.value)


def test_locustfile_is_for_its_own_workload(house: Path, spoil: Spoil) -> None:
    file = house / "scenarios" / "caida-app2.yaml"
    line = spoil(file, "    arrivals: poisson", "    locustfile: x.py\n    arrivals: poisson")
    with pytest.raises(ConfigError, match="is for workload: locustfile, and this is ticketflow") as caught:
        load_scenario(file)
    assert caught.value.line == line


def test_tables_of_ticketflow_know_their_operations(house: Path, spoil: Spoil) -> None:
    tables = house / "slo" / "ticketflow.yaml"
    line = spoil(tables, "operations: [hold, purchase]", "operations: [front page]")
    with pytest.raises(ConfigError, match='unknown operation "front page"') as caught:
        load_scenario(house / "scenarios" / "caida-app2.yaml")
    assert (caught.value.file, caught.value.line) == (tables, line)


@pytest.mark.usefixtures("looked")
def test_names_of_requests_are_counted_once_each_and_may_not_be_empty(room: Path, spoil: Spoil) -> None:
    line = spoil(room / "slo.yaml", "operations: [front page]", "operations: [front page, front page]")
    with pytest.raises(ConfigError, match='"front page" is listed twice') as caught:
        load_scenario(room / SCENARIO)
    assert caught.value.line == line
    spoil(room / "slo.yaml", "operations: [front page, front page]", "operations: []")
    with pytest.raises(ConfigError, match="an empty list"):
        load_scenario(room / SCENARIO)


def test_shipped_example_is_read_with_the_names_of_its_requests(room: Path) -> None:
    scenario = load_scenario(room / SCENARIO)
    first = scenario.slo.objectives[0]
    assert isinstance(first, Objective)
    assert first.total.operations == ("front page", "event page", "seats")
    assert set(scenario.load.mix) == {"Visitor", "SeatHunter"}
    assert scenario.load.locustfile is not None
    assert scenario.load.locustfile.source.encode() == (room / USERS).read_bytes()


@pytest.mark.usefixtures("looked")
def test_its_own_figures_may_end_a_run(room: Path, spoil: Spoil) -> None:
    figures = ("p99_ms:front page", "error_ratio:GET /x:y", "queue")
    written = "".join(f'    - {{figure: "{figure}", above: 1, for_s: 1}}\n' for figure in figures)
    spoil(room / SCENARIO, "  faults:\n", f"  abort_when:\n{written}  faults:\n")
    assert tuple(condition.figure for condition in load_scenario(room / SCENARIO).abort_when) == figures


@pytest.mark.usefixtures("looked")
def test_plan_says_what_is_needed_and_promises_no_numbers(room: Path) -> None:
    scenario = load_scenario(room / SCENARIO)
    told = describe_plan(scenario)
    assert "24/s  one Visitor of your locustfile" in told
    assert "99% needs 299 without a bad one; only the run tells how many there are" in told
    assert "seen through front page\n" in told
    assert describe_evidence(scenario).count("at best PASS") == 2
    assert refusal(scenario, 60) is None
    assert refusal(scenario, 1) is not None


def test_run_folder_needs_no_locustfile_to_be_judged(room: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name, copy in ((SCENARIO, "scenario.yaml"), ("slo.yaml", "slo.yaml")):
        (run / copy).write_bytes((room / name).read_bytes())
    scenario = load_run_scenario(run)
    assert (scenario.load.workload, scenario.load.locustfile) == (catalog.LOCUSTFILE, None)
    assert not (run / COPY).exists()


@pytest.mark.usefixtures("looked")
def test_environment_tells_which_locustfile_it_was(room: Path) -> None:
    load = load_scenario(room / SCENARIO).load
    told = load_settings(load)["locustfile"]
    assert told["name"] == USERS
    assert len(told["sha256"]) == 64
    (room / USERS).write_text((room / USERS).read_text() + "\n")
    assert load_settings(load_scenario(room / SCENARIO).load)["locustfile"]["sha256"] != told["sha256"]


def test_a_room_of_its_own_keeps_it_out_of_all_scenarios(house: Path) -> None:
    assert not [file for file in (house / "scenarios").glob("*.yaml") if ROOM in str(file)]
    assert (house / "scenarios" / ROOM / SCENARIO).is_file()


def rewrite(file: Path, old: str, new: str) -> int:
    """Replaces the first `old`; the line where it stood. What is no text is written as the byte that it stands for."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} no longer holds {old!r}: mend the test's table"
    file.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogateescape"))
    return text[: text.index(old)].count("\n") + 1


def line_of(file: Path, text: str) -> int:
    before, found, _ = file.read_text(encoding="utf-8").partition(text)
    assert found
    return before.count("\n") + 1
