"""Latency, bandwidth and reset in a real Toxiproxy in the stack's network, in front of the stack's own servers."""

import threading
from collections.abc import Callable

import pytest
from tfbench.faults.base import Undo
from tfbench.faults.netns import Helpers
from tfbench.faults.registry import FAULTS
from tfbench.faults.toxiproxy import Toxiproxy
from tfbench.model import FaultSpec
from tfbench.platforms.links import SERVICE
from tfbench.platforms.stack import Stack

Break = Callable[[FaultSpec], Undo]
Evidence = Callable[[str, Undo], str]

LINKS = ("app2 -> mariadb", "app2 -> correo", "middleware -> rabbitmq", "app3 -> middleware")
SEEN_BY = {"latency": "link-slow", "bandwidth": "link-narrow", "reset": "link-reset"}
PARAMETERS: dict[str, dict[str, float | str]] = {
    "latency": {"latency_ms": 300, "jitter_ms": 50},
    "bandwidth": {"rate_kb_per_s": 20},
    "reset": {"after_ms": 100},
}


def spec(kind: str, link: str, **parameters: float | str) -> FaultSpec:
    return FaultSpec(f"test-{kind}", kind, link, (SEEN_BY[kind],), parameters={**PARAMETERS[kind], **parameters})


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("kind", SEEN_BY)
def test_a_disturbed_link_is_seen_from_inside_and_heals(
    toxiproxy: Stack, broken: Break, evidence: Evidence, kind: str, link: str
) -> None:
    undo = broken(spec(kind, link))
    assert len(FAULTS[kind].residue(undo, toxiproxy)) == 2, "one toxic each way, by name"
    assert "toxiproxy" in evidence(SEEN_BY[kind], undo)
    for _ in range(2):
        FAULTS[kind].heal(undo, toxiproxy)
        assert FAULTS[kind].residue(undo, toxiproxy) == []
    again = FAULTS[kind].arm(spec(kind, link), toxiproxy)
    assert again.details["before"], "the link answers as it did"


def test_a_restarted_toxiproxy_has_its_proxies_and_no_toxics(toxiproxy: Stack, broken: Break) -> None:
    undo = broken(spec("latency", "app2 -> mariadb"))
    toxiproxy.container(SERVICE).restart(timeout=5)
    toxiproxy.wait_healthy()
    assert FAULTS["latency"].residue(undo, toxiproxy) == []
    FAULTS["latency"].heal(undo, toxiproxy)
    assert FAULTS["latency"].arm(spec("latency", "app2 -> mariadb"), toxiproxy).details["before"]


def test_a_removal_that_hangs_is_healed_all_the_same(toxiproxy: Stack, broken: Break) -> None:
    undo = broken(spec("reset", "app2 -> mariadb", after_ms=60_000))
    helpers = Helpers(toxiproxy, undo.details["image"], "test-reset-holder")
    places = undo.details["places"]
    held = threading.Thread(target=helpers.measure, args=(undo.details["sources"], "ending", "--wait", "18", *places))
    held.start()  # its greeting waits inside the toxic, which cannot be interrupted for 60 s
    while not is_open(toxiproxy, undo):
        assert held.is_alive(), "nobody connected through the proxy"
    FAULTS["reset"].heal(undo, toxiproxy)
    toxiproxy.wait_healthy()
    assert FAULTS["reset"].residue(undo, toxiproxy) == []
    held.join()
    assert FAULTS["reset"].arm(spec("reset", "app2 -> mariadb"), toxiproxy).details["before"]


def is_open(stack: Stack, undo: Undo) -> bool:
    """Whether Toxiproxy says that it accepted somebody since the toxics are there."""
    table = stack.container(SERVICE).exec_run(["cat", "/proc/net/tcp6", "/proc/net/tcp"]).output.decode()
    port = f":{int(undo.details['places'][0].rsplit(':', 1)[1]):04X}"
    return any(row.split()[1].endswith(port) and row.split()[3] == "01" for row in table.splitlines() if ":" in row)


def test_a_proxied_link_is_cut_before_its_proxy(toxiproxy: Stack, broken: Break, evidence: Evidence) -> None:
    cut = FaultSpec("test-cut", "partition", "app2 -> correo", (), parameters={"mode": "drop", "direction": "both"})
    undo = broken(cut)
    assert set(undo.details["addresses"]) == {SERVICE}
    assert "timeout" in evidence("link-cut", undo)
    assert Toxiproxy.of(toxiproxy) is not None
