"""Every connection taken by somebody else: the application's user is refused, the bench's superuser is not."""

import contextlib
from typing import Any

import pymysql
import pytest
from docker.errors import NotFound
from tfbench.faults import connection_exhaustion
from tfbench.platforms.servers import HOST, ask
from tfbench.platforms.stack import Stack


def test_postgres_refuses_the_application_and_not_its_superuser(strike: Any, stack: Stack) -> None:
    with strike("connection-exhaustion", "postgres:primary", "connections-refused") as fault:
        (server,) = fault.undo.containers
        assert f"{server}: 53300" in fault.evidence
        users = ask("postgres", server, stack.ports(), "SELECT usename FROM pg_stat_activity WHERE usename IS NOT NULL")
        assert sum(user["usename"] == "ticketflow" for user in users) > 100
        fault.heal()
        fault.heal()
        fault.wait_no_residue()


def test_mariadb_refuses_the_application_until_another_process_heals(strike: Any, stack: Stack, until: Any) -> None:
    with strike("connection-exhaustion", "mariadb:primary", "connections-refused") as fault:
        (server,) = fault.undo.containers
        assert f"{server}: 1040" in fault.evidence
        assert len(fault.residue()) == 1
        fault.heal_in_another_process()
        fault.wait_no_residue()
        until("the application's user to get in", lambda: mariadb_takes(stack, server))


def mariadb_takes(stack: Stack, server: str) -> bool:
    """Whether the application's user gets a connection."""
    with contextlib.suppress(pymysql.OperationalError):
        pymysql.connect(
            host=HOST, port=stack.ports()[server][3306], user="emision", password="emision", connect_timeout=5
        ).close()
        return True
    return False


def test_a_forgotten_holder_ends_by_itself(
    strike: Any, stack: Stack, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_exhaustion, "MAX_LIFE_S", 15)
    with strike("connection-exhaustion", "mariadb:primary", "connections-refused") as fault:
        (name,) = fault.undo.details["holders"].values()
        until("the holder to be gone", lambda: is_gone(stack, name))
        assert fault.residue() == []


def is_gone(stack: Stack, name: str) -> bool:
    try:
        stack.client.containers.get(name)
    except NotFound:
        return True
    return False
