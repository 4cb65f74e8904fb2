"""How far MariaDB's replica is behind: only what a replica says that both receives and applies."""

from typing import Any

import pytest
from tfbench import observer
from tfbench.observer import replica_behind_s

PORTS = {"mariadb1": {3306: 1}, "mariadb2": {3306: 2}, "postgres1": {5432: 3}}


def status(behind: int | None, receives: str = "Yes", applies: str = "Yes") -> list[dict[str, Any]]:
    return [{"Seconds_Behind_Master": behind, "Slave_IO_Running": receives, "Slave_SQL_Running": applies}]


@pytest.mark.parametrize(
    ("sentence", "answers", "expected"),
    [
        ("it follows and has it all", {"mariadb2": status(0)}, 0),
        ("it follows and is behind", {"mariadb2": status(7)}, 7),
        ("it is still connecting", {"mariadb2": status(0, receives="Connecting")}, None),
        ("it has stopped applying", {"mariadb2": status(0, applies="No")}, None),
        ("it does not know", {"mariadb2": status(None)}, None),
        ("it does not answer, and the primary follows nobody", {"mariadb1": []}, None),
        ("the other one is the replica", {"mariadb2": [], "mariadb1": status(1)}, 1),
        ("nobody answers", {}, None),
    ],
)
def test_what_the_replica_says(
    monkeypatch: pytest.MonkeyPatch, sentence: str, answers: dict[str, list[dict[str, Any]]], expected: int | None
) -> None:
    def ask(role: str, service: str, ports: object, statement: str) -> list[dict[str, Any]]:
        if service not in answers:
            raise OSError(f"{role} {service} is away from {statement}")
        return answers[service]

    monkeypatch.setattr(observer, "ask", ask)
    assert replica_behind_s(PORTS) == expected, sentence
