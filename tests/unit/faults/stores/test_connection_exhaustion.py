"""The holder: made from the record, ended by healing, by its own life, or never started twice."""

from typing import Any

from tfbench.faults.connection_exhaustion import LABEL, MAX_LIFE_S, PROGRAM, ConnectionExhaustion
from tfbench.faults.hold_connections import hold
from tfbench.model import FaultSpec


def test_each_server_gets_a_holder_in_its_own_network_with_an_end(a_stack: Any, container: Any) -> None:
    stack = a_stack([container("postgres1"), container("postgres2")])
    fault = ConnectionExhaustion()
    undo = fault.arm(FaultSpec("f-1", "connection-exhaustion", "postgres", ("connections-refused",)), stack)
    assert undo.details["holders"] == {"postgres1": "tfbench-f-1-postgres1", "postgres2": "tfbench-f-1-postgres2"}
    fault.inject(undo, stack)
    assert [settings["network_mode"] for _, _, settings in stack.ran] == [
        "container:id-postgres1", "container:id-postgres2",
    ]  # fmt: skip
    for image, command, settings in stack.ran:
        assert image == "sha256:postgres1"
        assert command == ["python", "-c", PROGRAM.read_text(encoding="utf-8"), "postgres", str(MAX_LIFE_S)]
        assert settings["auto_remove"]
        assert settings["labels"] == {LABEL: settings["name"]}


def test_mariadb_is_held_by_the_image_that_has_a_client_of_it(a_stack: Any, container: Any) -> None:
    stack = a_stack([container("mariadb1"), container("app2-api")])
    spec = FaultSpec("f", "connection-exhaustion", "mariadb", ("connections-refused",))
    assert ConnectionExhaustion().arm(spec, stack).details["image"] == "sha256:app2-api"


def test_a_holder_that_is_there_is_residue_and_one_that_is_gone_is_not(a_stack: Any, container: Any) -> None:
    stack = a_stack([container("postgres1")])
    fault = ConnectionExhaustion()
    undo = fault.arm(FaultSpec("f", "connection-exhaustion", "postgres", ("connections-refused",)), stack)
    fault.heal(undo, stack)
    assert fault.residue(undo, stack) == []
    stack.services.append(container("tfbench-f-postgres1"))
    assert fault.residue(undo, stack) == ["tfbench-f-postgres1 is running, and holds connections of postgres1"]


def test_it_keeps_what_it_gets_takes_what_is_freed_and_ends() -> None:
    """The server gives three connections, then refuses; later one more."""
    now, given = [0.0], list[int]()

    def connect() -> int:
        now[0] += 1
        if now[0] > 3 and now[0] != 7:
            raise ConnectionError("too many")
        given.append(int(now[0]))
        return given[-1]

    held = hold(connect, 10, clock=lambda: now[0], wait=lambda s: None)
    assert held == given == [1, 2, 3, 7]
    assert now[0] == 10
