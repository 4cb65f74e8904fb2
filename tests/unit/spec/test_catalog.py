"""The names that files may use are the names that the bench's parts register, no more and no fewer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tfbench import catalog
from tfbench.load.arrivals import PROCESSES

HARNESS = Path(__file__).parents[3] / "harness"


def test_every_arrival_has_its_operations() -> None:
    assert set(catalog.OPERATIONS_OF_ARRIVAL) == set(catalog.ARRIVAL_KINDS)
    made = {op for operations in catalog.OPERATIONS_OF_ARRIVAL.values() for op in operations}
    assert made == set(catalog.OPERATIONS)
    assert set(catalog.UNCERTAIN_OPERATIONS) <= made
    assert set(catalog.ARRIVALS_AFTER_PURCHASE) <= set(catalog.ARRIVAL_KINDS)


def test_arrival_processes_are_those_of_the_load() -> None:
    assert set(catalog.ARRIVALS) == set(PROCESSES)


def test_arrival_kinds_are_those_of_the_workload() -> None:
    pytest.importorskip("gevent")
    # In a process of its own: importing Locust patches sockets and threads of whoever does.
    code = "import json, tfbench.load.ticketflow as t; print(json.dumps(t.TicketFlow.first_operations))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HARNESS, check=True)
    first: dict[str, str] = json.loads(ran.stdout)
    assert set(first) == set(catalog.ARRIVAL_KINDS)
    for kind, operation in first.items():
        assert catalog.OPERATIONS_OF_ARRIVAL[kind][0] == operation


def test_fault_types_are_those_registered() -> None:
    registry = pytest.importorskip("tfbench.faults.registry", exc_type=ImportError)
    assert set(catalog.FAULT_TYPES) == set(registry.FAULTS)


def test_verifications_are_those_observed() -> None:
    observe = pytest.importorskip("tfbench.faults.observe", exc_type=ImportError)
    assert set(catalog.VERIFICATIONS) == set(observe.OBSERVATIONS)


def test_expectations_and_invariants_are_those_checked() -> None:
    registry = pytest.importorskip("tfbench.checks.registry", exc_type=ImportError)
    assert set(catalog.EXPECTATIONS) == set(registry.EXPECTATIONS)
    assert set(catalog.INVARIANTS) == set(registry.INVARIANTS)
