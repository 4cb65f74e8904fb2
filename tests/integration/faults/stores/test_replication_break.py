"""Followers that receive and don't apply: seen by their own status and by what is missing on them."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from tfbench.errors import FaultError
from tfbench.faults.registry import FAULTS
from tfbench.model import FaultSpec
from tfbench.platforms.resolve import resolve
from tfbench.platforms.servers import SERVER_ERRORS, ask
from tfbench.platforms.stack import Stack, service_of

RECEIVED = "SELECT pg_last_wal_receive_lsn() >= '{lsn}'::pg_lsn AS there"
APPLIED = "SELECT pg_last_wal_replay_lsn() >= '{lsn}'::pg_lsn AS there"


def mark(stack: Stack) -> str:
    """Write to the primary's log, and nothing else; the position after it."""
    primary = service_of(resolve("postgres:primary", stack)[0])
    rows = ask("postgres", primary, stack.ports(), "SELECT pg_create_restore_point('tfbench_test')::text AS lsn")
    return str(rows[0]["lsn"])


def is_there(stack: Stack, service: str, question: str, lsn: str) -> bool:
    return bool(ask("postgres", service, stack.ports(), question.format(lsn=lsn))[0]["there"])


def test_a_standby_receives_and_applies_nothing_until_it_is_healed(strike: Any, stack: Stack, until: Any) -> None:
    with strike("replication-break", "postgres:standby", "replication-stopped", lambda: mark(stack)) as fault:
        (standby,) = fault.undo.containers
        lsn = mark(stack)
        until("the standby to receive", lambda: is_there(stack, standby, RECEIVED, lsn))
        # Patroni looks once a second, and puts right what it can.
        looks = [is_there(stack, standby, APPLIED, lsn) or time.sleep(1) for _ in range(4)]
        assert not any(looks)
        assert fault.residue() == [f"{standby} receives and applies nothing"]
        fault.heal_in_another_process()
        fault.heal()
        assert fault.residue() == []
        until("the standby to apply", lambda: is_there(stack, standby, APPLIED, lsn))


def test_a_standby_that_restarts_applies_again_by_itself(strike: Any, stack: Stack, until: Any) -> None:
    with strike("replication-break", "postgres:standby", "replication-stopped", lambda: mark(stack)) as fault:
        (standby,) = fault.undo.containers
        lsn = mark(stack)
        stack.container(standby).restart(timeout=0)
        until("the standby to apply", lambda: applies(stack, standby, lsn))
        assert fault.residue() == []


def applies(stack: Stack, service: str, lsn: str) -> bool:
    """The same, of a server that may be starting."""
    with contextlib.suppress(*SERVER_ERRORS, IndexError):
        return is_there(stack, service, APPLIED, lsn)
    return False


@pytest.fixture
def database(stack: Stack) -> Iterator[str]:
    """A name for a database to make on MariaDB's primary; dropped afterwards."""
    name = f"prueba_{uuid.uuid4().hex[:12]}"
    yield name
    primary = service_of(resolve("mariadb:primary", stack)[0])
    ask("mariadb", primary, stack.ports(), f"DROP DATABASE IF EXISTS {name}")


def test_a_replica_applies_nothing_until_it_is_healed(strike: Any, stack: Stack, until: Any, database: str) -> None:
    primary = service_of(resolve("mariadb:primary", stack)[0])
    with strike("replication-break", "mariadb:replica", "replication-stopped") as fault:
        (replica,) = fault.undo.containers
        assert replica != primary
        assert "IO thread Yes" in fault.evidence
        ask("mariadb", primary, stack.ports(), f"CREATE DATABASE {database}")
        assert not ask("mariadb", replica, stack.ports(), f"SHOW DATABASES LIKE '{database}'")
        fault.heal_in_another_process()
        fault.heal()
        assert fault.residue() == []
        until(
            "the replica to apply", lambda: ask("mariadb", replica, stack.ports(), f"SHOW DATABASES LIKE '{database}'")
        )


def test_a_primary_follows_nobody_so_there_is_nothing_to_break(stack: Stack) -> None:
    spec = FaultSpec("test", "replication-break", "mariadb:primary", ("replication-stopped",))
    with pytest.raises(FaultError, match="follows another"):
        FAULTS["replication-break"].arm(spec, stack)
