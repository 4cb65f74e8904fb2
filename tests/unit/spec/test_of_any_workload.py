"""Which checks a load of somebody's own may ask for: those that its operations, whatever their names, serve as well."""

from collections.abc import Callable

import pytest
from database_run import MARIADB, POSTGRES, database_run
from in_memory import found, results_of
from spoilable_run import RunFolder, healthy, scenario
from spoils import erase_everywhere_but_on_the_page
from tfbench import catalog
from tfbench.checks.finding import Finding
from tfbench.model import FaultSpec, InvariantObjective, LoadSpec, Slo, Text
from tfbench.verdict import Verdict

CHECKS = tuple(catalog.EXPECTATIONS | catalog.INVARIANTS)
OWN = tuple(name for name in CHECKS if name not in catalog.OF_ANY_WORKLOAD)
PLAIN = ("flow", "arrival", "first", "t_intended", "t_start", "t_end", "outcome", "status", "error")
Made = tuple[Callable[[], RunFolder], tuple[FaultSpec, ...]]


def as_if_by_a_locustfile(run: RunFolder) -> RunFolder:
    """The same run, its requests told as a locustfile's are: by names of its own, and nothing of orders or seats."""
    run.operations = [{name: row[name] for name in PLAIN if name in row} | {"op": "page"} for row in run.operations]
    return run


def sold_again() -> RunFolder:
    """A seat of which only a buyer's page says that it was sold twice."""
    run = healthy()
    erase_everywhere_but_on_the_page(run)
    return run


RUNS: tuple[Made, ...] = (
    (healthy, scenario().faults),
    (database_run, POSTGRES),
    (database_run, MARIADB),
    (sold_again, scenario().faults),
)


def both(name: str, made: Made) -> tuple[Finding, Finding]:
    """What the check finds in a run of TicketFlow's buyers, and in the same of somebody's own users."""
    make, faults = made
    return found(make(), name, faults), found(as_if_by_a_locustfile(make()), name, faults)


@pytest.mark.parametrize("name", sorted(catalog.OF_ANY_WORKLOAD))
def test_checks_of_any_workload_find_the_same(name: str) -> None:
    findings = [both(name, made) for made in RUNS]
    assert [own for _, own in findings] == [ticketflow for ticketflow, _ in findings]
    assert any(own.verdict in (Verdict.PASS, Verdict.FAIL) for _, own in findings)


@pytest.mark.parametrize("name", OWN)
def test_the_others_would_find_something_else(name: str) -> None:
    assert any(ticketflow != own for ticketflow, own in (both(name, made) for made in RUNS))


def test_promise_that_nothing_was_left_for_is_shown_without_a_verdict() -> None:
    """A sale that a locustfile made would else look like a phantom."""
    title = Text("t", "t")
    promises = tuple(InvariantObjective(name, title, "app1", name) for name in ("no-phantom-sale", "seats-conserved"))
    asked = scenario()
    results = results_of(
        as_if_by_a_locustfile(healthy()),
        load=LoadSpec("locustfile", 14, "constant", {"Visitor": 1.0}), expectations=(), invariants=("seats-conserved",),
        slo=Slo(asked.slo.path, promises), required=("seats-conserved",),
    )  # fmt: skip
    verdicts = {invariant.id: (invariant.required, invariant.verdict) for invariant in results.invariants}
    assert verdicts == {"no-phantom-sale": (False, Verdict.NO_DATA), "seats-conserved": (True, Verdict.PASS)}
    assert "locustfile" in results.invariants[0].reason["es"]
    assert results.verdict is Verdict.PASS
