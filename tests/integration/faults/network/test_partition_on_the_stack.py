"""Partitions of the running stack: seen from inside, whole for the bench, and gone without a trace."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from on_stack import wait_for
from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.netns import LABEL, Helpers, Job, helper_image
from tfbench.faults.registry import FAULTS
from tfbench.faults.undo import UndoRecords
from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack

Break = Callable[[FaultSpec], Undo]
Evidence = Callable[[str, Undo], str]

ROOT = Path(__file__).resolve().parents[4]
PARTITION = FAULTS["partition"]
HEAL_ELSEWHERE = """
import sys
from pathlib import Path
from tfbench.faults.undo import UndoRecords
from tfbench.platforms.engine import require_engine
from tfbench.platforms.stack import Stack
print("\\n".join(UndoRecords(Path(sys.argv[1])).heal_all(Stack(require_engine(), Path(sys.argv[2])))))
"""


def spec(link: str, mode: str = "drop", direction: str = "both") -> FaultSpec:
    return FaultSpec("test-cut", "partition", link, ("link-cut",), parameters={"mode": mode, "direction": direction})


@pytest.mark.parametrize(
    ("mode", "direction", "word"),
    [
        ("drop", "both", "timeout"),
        ("drop", "forth", "timeout"),
        ("drop", "back", "waits for"),
        ("reject", "both", "refused"),
        ("reject", "forth", "refused"),
        ("reject", "back", "timeout"),
    ],
)
def test_a_cut_is_seen_from_inside_and_heals_without_a_trace(
    stack: Stack, broken: Break, evidence: Evidence, mode: str, direction: str, word: str
) -> None:
    undo = broken(spec("middleware -> rabbitmq", mode, direction))
    assert PARTITION.residue(undo, stack)
    assert word in evidence("link-cut", undo)
    PARTITION.heal(undo, stack)
    assert PARTITION.residue(undo, stack) == []
    PARTITION.heal(undo, stack)
    assert PARTITION.residue(undo, stack) == []
    assert stack.client.containers.list(all=True, filters={"label": LABEL}) == []


def events(stack: Stack, service: str) -> int:
    address = f"http://127.0.0.1:{stack.ports()[service][8000]}/v1/eventos"
    try:
        return requests.get(address, timeout=15).status_code
    except requests.Timeout:
        return 0


def test_open_connections_are_cut_and_the_bench_still_reaches_both_ends(stack: Stack, broken: Break) -> None:
    assert events(stack, "middleware-1") == 200, "middleware-1 has connections to app1 in its pool"
    undo = broken(spec("middleware -> app1"))
    assert events(stack, "middleware-1") != 200
    assert events(stack, "app1-1") == 200
    PARTITION.heal(undo, stack)
    wait_for("middleware-1 to reach app1 again", lambda: events(stack, "middleware-1") == 200)


def test_another_process_heals_from_the_record_alone(stack: Stack, broken: Break, tmp_path: Path) -> None:
    undo = broken(spec("app2 -> correo"))
    UndoRecords(tmp_path).write(undo)
    done = subprocess.run(
        [sys.executable, "-c", HEAL_ELSEWHERE, str(tmp_path), str(ROOT)], capture_output=True, text=True, check=False,
        timeout=120, cwd=ROOT / "harness",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "healed partition of app2 -> correo" in done.stdout
    assert PARTITION.residue(undo, stack) == []


def test_a_half_done_injection_heals(stack: Stack, broken: Break) -> None:
    undo = broken(spec("app2 -> correo"))
    half = dataclasses.replace(undo, containers={"correo": undo.containers["correo"]})
    PARTITION.heal(half, stack)
    left = PARTITION.residue(undo, stack)
    assert left
    assert not any("correo still" in line for line in left)
    PARTITION.heal(undo, stack)
    assert PARTITION.residue(undo, stack) == []


def test_a_restarted_end_has_nothing_left_to_heal(stack: Stack, broken: Break) -> None:
    undo = broken(spec("app2 -> correo"))
    stack.container("correo").restart(timeout=5)
    assert not any("correo still" in line for line in PARTITION.residue(undo, stack))
    PARTITION.heal(undo, stack)
    assert PARTITION.residue(undo, stack) == []


def test_rules_are_those_of_one_fault_only(stack: Stack) -> None:
    client, image = stack.client, helper_image(stack)
    room = client.containers.run(image, ["sleep", "600"], detach=True, network_mode="none")
    try:
        short, long = Helpers(stack, image, "cut"), Helpers(stack, image, "cut-2")

        def rules(helpers: Helpers, action: str, *given: str) -> list[str]:
            job = Job(str(room.id), ("sh", "/opt/rules.sh", action, helpers.fault, *given))
            return str(helpers.run_all({"room": job})["room"]).splitlines()

        rules(short, "set", "OUTPUT -d 10.9.8.7 -j DROP", "INPUT -s 10.9.8.7 -j DROP")
        rules(long, "set", "OUTPUT -p tcp -d 10.9.8.6 -j REJECT --reject-with tcp-reset")
        rules(short, "set", "OUTPUT -d 10.9.8.5 -j DROP")
        assert [line.split()[3] for line in rules(short, "list")] == ["10.9.8.5/32"], "setting again replaces"
        rules(short, "delete")
        rules(short, "delete")
        assert rules(short, "list") == []
        assert len(rules(long, "list")) == 1
        with pytest.raises(FaultError, match=r"rules\.sh in room failed with status 2: unknown action paint"):
            rules(long, "paint")
    finally:
        room.remove(force=True)
