"""Which PostgreSQL node leads, from what the nodes' Patroni say of themselves."""

from typing import Any

import pytest
import requests
from tfbench import observer
from tfbench.observer import leader_and_standby

PORTS = {"postgres1": {8008: 1}, "postgres2": {8008: 2}, "mariadb1": {3306: 3}}
STANDBY = {"role": "replica", "sync_standby": True}


def leading(timeline: int | None) -> dict[str, Any]:
    return {"role": "primary"} if timeline is None else {"role": "primary", "timeline": timeline}


@pytest.mark.parametrize(
    ("sentence", "says", "expected"),
    [
        ("one leads and the other follows", {1: leading(1), 2: STANDBY}, ("postgres1", "postgres2")),
        ("the standby is not one to promote", {1: leading(1), 2: {"role": "replica"}}, ("postgres1", None)),
        ("the old leader woke up", {1: leading(1), 2: leading(2)}, ("postgres2", None)),
        ("the old leader woke up, the other way round", {1: leading(4), 2: leading(3)}, ("postgres1", None)),
        ("the one that leads has not said since when", {1: leading(None), 2: STANDBY}, ("postgres1", "postgres2")),
        ("nobody leads", {2: STANDBY}, (None, None)),
        ("nobody answers", {}, (None, None)),
    ],
)
def test_who_leads(
    monkeypatch: pytest.MonkeyPatch,
    sentence: str,
    says: dict[int, dict[str, Any]],
    expected: tuple[str | None, str | None],
) -> None:
    def patroni(port: int, timeout_s: float) -> dict[str, Any]:
        if port not in says:
            raise requests.ConnectionError(f"nothing on {port} within {timeout_s} s")
        return says[port]

    monkeypatch.setattr(observer, "patroni", patroni)
    assert leader_and_standby(PORTS) == expected, sentence
