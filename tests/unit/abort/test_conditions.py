"""When a condition holds, what each figure is, and which conditions a scenario may not ask for."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfbench import catalog
from tfbench.abort import RecentEnds, Streaks, read_abort_when, target_roles, values
from tfbench.errors import ConfigError
from tfbench.model import AbortCondition, FaultSpec
from tfbench.observer import Observation
from tfbench.yamlio import read_document

LONG_QUEUE = AbortCondition("queue", above=100, for_s=10)
SLOW = AbortCondition("p99_ms:purchase", above=5000, for_s=0)
MIX = {"purchase": 0.5, "catalogue": 0.5, "boleta": 0.0}

# (why, seconds -> queue, when the condition is first seen to hold; None: never)
STREAKS: list[tuple[str, dict[int, float | None], int | None]] = [
    ("above all the time", {0: 101, 5: 200, 10: 101}, 10),
    ("not yet long enough", {0: 101, 9: 101}, None),
    ("exactly the limit is not above", {0: 100, 10: 100}, None),
    ("below once: time starts anew", {0: 101, 5: 99, 6: 101, 15: 101, 16: 101}, 16),
    ("unknown once: time starts anew", {0: 101, 5: None, 6: 101, 12: 101}, None),
]


@pytest.mark.parametrize(("looks", "held_at"), [row[1:] for row in STREAKS], ids=[row[0] for row in STREAKS])
def test_a_condition_holds_after_its_whole_time_without_a_break(
    looks: dict[int, float | None], held_at: int | None
) -> None:
    streaks = Streaks((LONG_QUEUE,))
    held = [t for t, queue in looks.items() if streaks.first_held({"queue": queue}, t)]
    assert held[:1] == ([] if held_at is None else [held_at])


def test_the_first_condition_of_the_scenario_is_the_one_told() -> None:
    streaks = Streaks((SLOW, LONG_QUEUE))
    seen = {"queue": 500.0, "p99_ms:purchase": 6000.0}
    assert streaks.first_held({"queue": 500}, 0) is None
    assert streaks.first_held(seen, 10) == (SLOW, 6000)


def row(t_end: float, outcome: str, op: str = "purchase", error: str | None = None) -> str:
    return json.dumps({"t_end": t_end, "op": op, "outcome": outcome, "error": error}) + "\n"


def test_error_ratios_are_of_the_last_seconds_and_leave_out_refusals_and_what_was_never_sent(tmp_path: Path) -> None:
    segment = tmp_path / "1.ndjson"
    old, refused, dropped = row(90, "unknown"), row(99, "fail"), row(99, "unknown", error="dropped")
    torn = row(99, "unknown")[:20]
    segment.write_text(old + refused + dropped + row(96, "ok") + row(97, "unknown") + row(98, "ok", "boleta") + torn)
    ends = RecentEnds(tmp_path)
    assert ends.error_ratios(100) == {"purchase": 0.5, "boleta": 0}
    with segment.open("a") as more:  # the torn line is completed, and another segment begins
        more.write(row(99, "unknown")[20:])
    (tmp_path / "2.ndjson").write_text(row(100, "unknown"))
    assert ends.error_ratios(100) == {"purchase": 0.75, "boleta": 0}
    assert ends.error_ratios(110) == {}


def test_every_figure_of_the_catalogue_has_a_value_once_everything_is_seen() -> None:
    figures = {"p99_ms": dict.fromkeys(catalog.OPERATIONS, 12.5), "dropped": 3}
    seen = Observation(0, queue_ready=4, queue_unacked=8, services={"app1-1": "up", "app2-api": "down"})
    now = values(figures, dict.fromkeys(catalog.OPERATIONS, 0.25), seen, ())
    assert now.keys() == set(catalog.abort_figures())
    assert (now["queue"], now["dropped"], now["bystanders_down"], now["p99_ms:hold"]) == (12, 3, 1, 12.5)


def test_what_nobody_could_read_is_not_known() -> None:
    now = values({}, {}, Observation(0, queue_ready=4), ())
    assert now == {"queue": None, "dropped": None, "bystanders_down": None}


@pytest.mark.parametrize(
    ("target", "down"),
    [("app2", 2), ("postgres:primary", 2), ("app2 -> correo", 2), ("app1 -> postgres", 1), ("haproxy", 3)],
)
def test_a_service_that_a_fault_is_aimed_at_is_no_bystander(target: str, down: int) -> None:
    services = {"app1-1": "down", "app2-api": "down", "app2-trabajador": "up", "postgres2": "down", "correo": "up"}
    targets = target_roles((FaultSpec("x", "kill", target, ()),))
    assert values({}, {}, Observation(0, services=services), targets)["bystanders_down"] == down


def read(tmp_path: Path, text: str) -> tuple[AbortCondition, ...]:
    file = tmp_path / "s.yaml"
    file.write_text(f"a: 1\n{text}\n")
    return read_abort_when(read_document(file), MIX)


def test_conditions_are_read_in_order(tmp_path: Path) -> None:
    text = "abort_when:\n  - {figure: queue, above: 100, for_s: 10}\n"
    text += "  - {figure: 'p99_ms:purchase', above: 5000, for_s: 0}"
    assert read(tmp_path, text) == (LONG_QUEUE, SLOW)
    assert read(tmp_path, "b: 1") == ()


# (why, what stands on line 3, part of the message)
REFUSED = [
    ("an unknown figure", "{figure: queu, above: 1, for_s: 1}", 'did you mean "queue"'),
    ("a figure without its operation", "{figure: p99_ms, above: 1, for_s: 1}", "unknown figure"),
    ("an operation of no figure", "{figure: 'queue:hold', above: 1, for_s: 1}", "unknown figure"),
    ("an operation that nobody does", "{figure: 'p99_ms:boleta', above: 1, for_s: 1}", "no arrival of the mix makes"),
    ("a ratio in percent", "{figure: 'error_ratio:hold', above: 50, for_s: 1}", "from 0 to 1"),
    ("no threshold", "{figure: queue, for_s: 1}", '"above" is missing'),
    ("no time", "{figure: queue, above: 1}", '"for_s" is missing'),
    ("a negative time", "{figure: queue, above: 1, for_s: -1}", "from 0 to 3600"),
    ("another key", "{figure: queue, above: 1, for_s: 1, below: 0}", "unknown key"),
    ("a word", "queue", "expected a mapping"),
]


@pytest.mark.parametrize(("item", "part"), [line[1:] for line in REFUSED], ids=[line[0] for line in REFUSED])
def test_a_condition_that_cannot_be_kept_is_refused_at_its_line(tmp_path: Path, item: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"abort_when:\n  - {item}")
    assert caught.value.line == 3
    assert part in str(caught.value)


def test_more_conditions_than_anybody_reads_are_refused(tmp_path: Path) -> None:
    items: Any = "\n".join("  - {figure: queue, above: 1, for_s: 1}" for _ in range(11))
    with pytest.raises(ConfigError, match="keep at most 10"):
        read(tmp_path, f"abort_when:\n{items}")
