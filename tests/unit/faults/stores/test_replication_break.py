"""Who follows is asked of the servers; what was stopped is told apart from what is gone."""

from typing import Any

import pytest
from tfbench.errors import FaultError
from tfbench.faults import replication_break
from tfbench.faults.base import Undo
from tfbench.faults.replication_break import ReplicationBreak
from tfbench.model import FaultSpec


def spec(target: str) -> FaultSpec:
    return FaultSpec("f", "replication-break", target, ("replication-stopped",))


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each server answers when asked who applies; `stop` and `start` change it. An error is raised."""
    rows: dict[str, Any] = {}

    def ask(role: str, service: str, ports: Any, statement: str) -> list[dict[str, Any]]:
        answer = rows[service]
        if isinstance(answer, Exception):
            raise answer
        if statement.endswith("SLAVE SQL_THREAD"):
            answer[0]["Slave_SQL_Running"] = "No" if statement.startswith("STOP") else "Yes"
        return list(answer)

    monkeypatch.setattr(replication_break, "ask", ask)
    return rows


@pytest.fixture
def pair(a_stack: Any, container: Any) -> Any:
    return a_stack([container("mariadb1"), container("mariadb2")])


def test_a_replica_is_stopped_and_started(pair: Any, servers: dict[str, Any]) -> None:
    servers |= {"mariadb1": [], "mariadb2": [{"Slave_SQL_Running": "Yes"}]}
    fault = ReplicationBreak()
    undo = fault.arm(spec("mariadb"), pair)
    assert undo.containers == {"mariadb2": "id-mariadb2"}
    fault.inject(undo, pair)
    assert fault.residue(undo, pair) == ["mariadb2 receives and applies nothing"]
    fault.heal(undo, pair)
    fault.heal(undo, pair)
    assert fault.residue(undo, pair) == []


def test_where_nobody_follows_nothing_is_broken(pair: Any, servers: dict[str, Any]) -> None:
    servers |= {"mariadb1": [], "mariadb2": []}
    with pytest.raises(FaultError, match="follows another"):
        ReplicationBreak().arm(spec("mariadb"), pair)


def test_one_that_is_stopped_already_is_no_fault_of_ours(pair: Any, servers: dict[str, Any]) -> None:
    servers |= {"mariadb1": [], "mariadb2": [{"Slave_SQL_Running": "No"}]}
    with pytest.raises(FaultError, match="mariadb2 receives and applies nothing"):
        ReplicationBreak().arm(spec("mariadb"), pair)


def test_a_server_that_does_not_answer_is_residue_and_one_that_is_down_is_not(
    pair: Any, servers: dict[str, Any]
) -> None:
    undo = Undo("f", "replication-break", "mariadb", {"mariadb2": "id-mariadb2"}, {"role": "mariadb", "pids": {}})
    servers["mariadb2"] = ConnectionRefusedError("nobody listens")
    ReplicationBreak().heal(undo, pair)
    assert ReplicationBreak().residue(undo, pair) == ["mariadb2 does not say whether it replicates: nobody listens"]
    pair.services[1].status = "exited"
    assert ReplicationBreak().residue(undo, pair) == []


def test_a_replica_that_was_promoted_has_nothing_to_start(pair: Any, servers: dict[str, Any]) -> None:
    undo = Undo("f", "replication-break", "mariadb", {"mariadb2": "id-mariadb2"}, {"role": "mariadb", "pids": {}})
    servers["mariadb2"] = []
    ReplicationBreak().heal(undo, pair)
    assert ReplicationBreak().residue(undo, pair) == []


class Process:
    """A startup process as signals and /proc know it."""

    def __init__(self, executed: Any) -> None:
        self.state, self.executed = "S", executed

    def __call__(self, command: list[str]) -> Any:
        if command[0] == "cat":
            assert command[1] == "/proc/35/stat"
            found = self.state is not None
            return self.executed(0 if found else 1, f"35 (postgres) ) {self.state} 1 35".encode() if found else b"")
        if self.state is None:
            return self.executed(1, b"no such process")
        assert command[-1].endswith(" 35")
        self.state = {"kill -STOP": "T", "kill -CONT": "S"}[command[-1].removesuffix(" 35")]
        return self.executed(0, b"")


@pytest.fixture
def standby(a_stack: Any, container: Any, executed: Any, servers: dict[str, Any]) -> Any:
    servers["postgres1"] = [{"pid": 35}]
    return a_stack([container("postgres1", answer=Process(executed))])


def test_a_standby_is_frozen_and_thawed(standby: Any) -> None:
    fault, process = ReplicationBreak(), standby.services[0].answer
    undo = fault.arm(spec("postgres"), standby)
    assert undo.details == {"role": "postgres", "pids": {"postgres1": 35}}
    fault.inject(undo, standby)
    assert process.state == "T"
    assert fault.residue(undo, standby) == ["postgres1 receives and applies nothing"]
    fault.heal(undo, standby)
    fault.heal(undo, standby)
    assert process.state == "S"
    assert fault.residue(undo, standby) == []


def test_a_process_that_is_gone_cannot_be_frozen_and_needs_no_thaw(standby: Any) -> None:
    fault = ReplicationBreak()
    undo = fault.arm(spec("postgres"), standby)
    standby.services[0].answer.state = None
    with pytest.raises(FaultError, match="kill -STOP 35"):
        fault.inject(undo, standby)
    fault.heal(undo, standby)
    assert fault.residue(undo, standby) == []
