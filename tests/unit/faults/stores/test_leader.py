"""Which PostgreSQL node leads, from what the nodes' Patroni say of themselves; which MariaDB node takes writes."""

from typing import Any

import pymysql
import pytest
import requests
from tfbench.errors import FaultError
from tfbench.observer import leader_and_standby
from tfbench.platforms import resolve, servers
from tfbench.platforms.stack import service_of

STANDBY = {"role": "replica", "sync_standby": True}
Says = dict[int, dict[str, Any]]


def leading(timeline: int | None) -> dict[str, Any]:
    return {"role": "primary"} if timeline is None else {"role": "primary", "timeline": timeline}


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch, a_stack: Any, container: Any, says: Says) -> Any:
    """Two nodes whose Patroni, on ports 1 and 2, say this, or refuse the connection."""

    def patroni(port: int, timeout_s: float) -> dict[str, Any]:
        if port not in says:
            raise requests.ConnectionError(f"nothing on {port} within {timeout_s} s")
        return says[port]

    monkeypatch.setattr(servers, "patroni", patroni)
    return a_stack([container("postgres1"), container("postgres2"), container("mariadb1")])


def resolved(target: str, stack: Any) -> list[str]:
    try:
        return [service_of(found) for found in resolve.resolve(target, stack)]
    except FaultError:
        return []


@pytest.mark.parametrize(
    ("sentence", "says", "leader", "standby", "follower"),
    [
        ("one leads and the other follows", {1: leading(1), 2: STANDBY}, "postgres1", "postgres2", "postgres2"),
        ("the standby is not to promote", {1: leading(1), 2: {"role": "replica"}}, "postgres1", None, "postgres2"),
        ("the old leader woke up", {1: leading(1), 2: leading(2)}, "postgres2", None, None),
        ("the old leader woke up, the other way round", {1: leading(4), 2: leading(3)}, "postgres1", None, None),
        ("the leader has not said since when", {1: leading(None), 2: STANDBY}, "postgres1", "postgres2", "postgres2"),
        ("nobody leads", {2: STANDBY}, None, None, "postgres2"),
        ("nobody answers", {}, None, None, None),
    ],
)
def test_who_leads_and_what_a_fault_meets(
    postgres: Any, sentence: str, leader: str | None, standby: str | None, follower: str | None
) -> None:
    assert leader_and_standby(postgres.ports()) == (leader, standby), sentence
    assert resolved("postgres:primary", postgres) == [one for one in [leader] if one], sentence
    assert resolved("postgres:standby", postgres) == [one for one in [follower] if one], sentence


@pytest.mark.parametrize(
    ("sentence", "read_only", "primary", "replica"),
    [
        ("one takes writes, the other follows", {"mariadb1": 0, "mariadb2": 1}, "mariadb1", "mariadb2"),
        ("they changed places", {"mariadb1": 1, "mariadb2": 0}, "mariadb2", "mariadb1"),
        ("the primary is silent: the other is not taken for it", {"mariadb2": 1}, None, "mariadb2"),
        ("the replica is silent", {"mariadb1": 0}, "mariadb1", None),
    ],
)
def test_which_mariadb_a_fault_meets(
    monkeypatch: pytest.MonkeyPatch,
    a_stack: Any,
    container: Any,
    sentence: str,
    read_only: dict[str, int],
    primary: str | None,
    replica: str | None,
) -> None:
    def ask(role: str, service: str, ports: servers.Ports, statement: str) -> servers.Rows:
        if service not in read_only:
            raise pymysql.err.OperationalError(2003, f"no {role} answers {statement}")
        return [{"read_only": read_only[service]}]

    monkeypatch.setattr(resolve, "ask", ask)
    stack = a_stack([container("mariadb1"), container("mariadb2")])
    assert resolved("mariadb:primary", stack) == [one for one in [primary] if one], sentence
    assert resolved("mariadb:replica", stack) == [one for one in [replica] if one], sentence
