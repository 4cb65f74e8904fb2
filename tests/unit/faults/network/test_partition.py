"""Which rules a partition puts where, and what becomes of its helpers; no packet is harmed."""

import dataclasses

import pytest
import requests
from network_doubles import ContainerDouble, HelperDouble, StackDouble
from tfbench.errors import FaultError
from tfbench.faults.partition import Partition, rules
from tfbench.model import FaultSpec
from tfbench.platforms.links import environment

PEERS = ["10.0.0.9"]


@pytest.mark.parametrize(
    ("mode", "direction", "is_first", "expected"),
    [
        ("drop", "both", True, ["OUTPUT -d 10.0.0.9 -j DROP", "INPUT ! -i lo -s 10.0.0.9 -j DROP"]),
        ("drop", "both", False, ["INPUT ! -i lo -s 10.0.0.9 -j DROP", "OUTPUT -d 10.0.0.9 -j DROP"]),
        ("drop", "forth", True, ["OUTPUT -d 10.0.0.9 -j DROP"]),
        ("drop", "forth", False, ["INPUT ! -i lo -s 10.0.0.9 -j DROP"]),
        ("drop", "back", True, ["INPUT ! -i lo -s 10.0.0.9 -j DROP"]),
        ("drop", "back", False, ["OUTPUT -d 10.0.0.9 -j DROP"]),
        ("reject", "forth", True, ["OUTPUT -d 10.0.0.9 -p tcp -j REJECT --reject-with tcp-reset"]),
    ],
)
def test_rules_lose_what_the_direction_says(mode: str, direction: str, is_first: bool, expected: list[str]) -> None:
    assert rules(PEERS, [], mode, direction, is_first=is_first) == expected


def test_a_proxied_link_is_cut_at_its_ports_only() -> None:
    first = rules(PEERS, [21001, 21002], "drop", "both", is_first=True)
    second = rules(PEERS, [21001, 21002], "reject", "forth", is_first=False)
    assert first == [
        "OUTPUT -d 10.0.0.9 -p tcp -m multiport --dports 21001,21002 -j DROP",
        "INPUT ! -i lo -s 10.0.0.9 -p tcp -m multiport --sports 21001,21002 -j DROP",
    ]
    assert second == [
        "INPUT ! -i lo -s 10.0.0.9 -p tcp -m multiport --dports 21001,21002 -j REJECT --reject-with tcp-reset",
    ]


@pytest.fixture
def stack() -> StackDouble:
    return StackDouble(
        [
            ContainerDouble("middleware-1", "middleware", "10.0.0.1"),
            ContainerDouble("middleware-2", "middleware", "10.0.0.2"),
            ContainerDouble("rabbitmq", "rabbitmq", "10.0.0.3"),
        ]
    )


SPEC = FaultSpec(
    "cut", "partition", "middleware -> rabbitmq", ("link-cut",), parameters={"mode": "drop", "direction": "both"}
)


def asked(stack: StackDouble) -> dict[str, list[str]]:
    return {container: command for helper in stack.helpers for container, command in helper.jobs.values()}


def test_every_end_gets_its_rules_at_once_in_its_own_namespace(stack: StackDouble) -> None:
    undo = Partition().arm(SPEC, stack)  # type: ignore[arg-type]
    assert stack.helpers == [], "arming touches nothing"
    Partition().inject(undo, stack)  # type: ignore[arg-type]
    commands = asked(stack)
    assert set(commands) == {"id-middleware-1", "id-middleware-2", "id-rabbitmq"} == set(undo.containers.values())
    assert commands["id-rabbitmq"] == ["sh", "/opt/rules.sh", "set", "cut"] + [
        f"{chain} {flag} {peer} -j DROP"
        for chain, flag in (("INPUT", "! -i lo -s"), ("OUTPUT", "-d"))
        for peer in ("10.0.0.1", "10.0.0.2")
    ]
    (helper,) = stack.helpers
    assert helper.settings["cap_add"] == ["SYS_PTRACE", "SYS_ADMIN", "NET_ADMIN"]
    assert helper.settings["labels"]["tfbench.helper"] == "cut"
    assert helper.is_removed


def test_healing_reads_only_the_record_and_removes_helpers_of_a_dead_bench(stack: StackDouble) -> None:
    undo = Partition().arm(SPEC, stack)  # type: ignore[arg-type]
    later = StackDouble(stack.services)
    left = HelperDouble({}, {}, later.printer)
    later.helpers.append(left)
    Partition().heal(dataclasses.replace(undo), later)  # type: ignore[arg-type]
    assert left.is_removed
    assert list(asked(later).values()) == [["sh", "/opt/rules.sh", "delete", "cut"]] * 3


def test_residue_names_each_rule_that_is_left(stack: StackDouble) -> None:
    undo = Partition().arm(SPEC, stack)  # type: ignore[arg-type]
    assert Partition().residue(undo, stack) == []  # type: ignore[arg-type]
    stack.printer = lambda container, command: "-A INPUT -j DROP\n" if container == "id-rabbitmq" else ""
    assert Partition().residue(undo, stack) == ["rabbitmq still has the rule -A INPUT -j DROP"]  # type: ignore[arg-type]


def test_an_end_that_stopped_has_no_rules_to_delete_and_cannot_be_cut(stack: StackDouble) -> None:
    undo = Partition().arm(SPEC, stack)  # type: ignore[arg-type]
    stack.container("rabbitmq").status = "exited"
    Partition().heal(undo, stack)  # type: ignore[arg-type]
    assert Partition().residue(undo, stack) == []  # type: ignore[arg-type]
    with pytest.raises(FaultError, match="rabbitmq stopped running meanwhile"):
        Partition().inject(undo, stack)  # type: ignore[arg-type]
    assert "id-rabbitmq" not in asked(stack)


def test_an_end_that_stops_just_then_cannot_be_cut(stack: StackDouble) -> None:
    undo = Partition().arm(SPEC, stack)  # type: ignore[arg-type]
    stack.printer = lambda container, command: None if container == "id-middleware-2" else ""
    with pytest.raises(FaultError, match="middleware-2 stopped running meanwhile"):
        Partition().inject(undo, stack)  # type: ignore[arg-type]


def test_a_helper_that_does_not_end_is_removed_and_said(stack: StackDouble) -> None:
    undo = Partition().arm(SPEC, stack)  # type: ignore[arg-type]

    def hang(container: str, command: list[str]) -> str:
        raise requests.ReadTimeout("read timed out")

    stack.printer = hang
    with pytest.raises(FaultError, match="did not end within"):
        Partition().inject(undo, stack)  # type: ignore[arg-type]
    assert all(helper.is_removed for helper in stack.helpers)


def test_a_proxied_link_is_cut_between_its_first_end_and_toxiproxy(stack: StackDouble) -> None:
    proxies = environment(("middleware -> rabbitmq",))["LINK_PROXIES"]
    stack.services.append(ContainerDouble("toxiproxy", "toxiproxy", "10.0.0.4", (f"PROXIES={proxies}",)))
    undo = Partition().arm(SPEC, stack)  # type: ignore[arg-type]
    assert set(undo.containers) == {"middleware-1", "middleware-2", "toxiproxy"}
    assert undo.details["addresses"] == {"toxiproxy": ["10.0.0.4"]}
    assert all("multiport" in rule for made in undo.details["rules"].values() for rule in made)
