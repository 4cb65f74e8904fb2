"""The stack that is up (`tfbench test` starts one), with a Toxiproxy of the tests' own in its network."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tfbench.faults.base import Undo
from tfbench.faults.netns import helper_image
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.model import FaultSpec
from tfbench.observer import Observation
from tfbench.platforms.engine import require_engine
from tfbench.platforms.links import PROXIES, PROXIES_VARIABLE, SERVICE, environment
from tfbench.platforms.stack import PROJECT, Stack, probe_all

ROOT = Path(__file__).resolve().parents[4]
DEADLINE_S = 120.0
NETWORK = f"{PROJECT}_default"
API = 8474


class ObserverOfNow:
    """Sees what every service's own probe says at the moment it is asked."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def latest(self) -> Observation:
        ports = self._stack.ports()
        seen = probe_all(ports, sorted(ports))
        services = {service: "up" if health.ok else "down" for service, health in seen.items()}
        return Observation(time.time(), services=services)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    stack = Stack(require_engine(), ROOT)
    if not stack.all_containers():
        pytest.fail("no TicketFlow is running; start one with `tfbench up`, or use `tfbench test integration`")
    yield stack
    stack.wait_healthy()


@pytest.fixture(scope="session")
def toxiproxy(stack: Stack) -> Iterator[Stack]:
    """The stack with a Toxiproxy that has every proxy there is; the services themselves still go direct."""
    links = tuple({proxy.link for proxy in PROXIES})
    client = stack.client
    labels = {"com.docker.compose.project": PROJECT, "com.docker.compose.service": SERVICE, "tfbench.role": SERVICE}
    container = client.containers.run(
        helper_image(stack), detach=True, network=NETWORK, labels=labels, ports={f"{API}/tcp": ("127.0.0.1", 18474)},
        networking_config={NETWORK: client.api.create_endpoint_config(aliases=[SERVICE])},
        environment={"PROXIES": environment(links)[PROXIES_VARIABLE]},
    )  # fmt: skip
    try:
        stack.wait_healthy()
        yield stack
    finally:
        container.remove(force=True)


@pytest.fixture
def broken(stack: Stack) -> Iterator[Callable[[FaultSpec], Undo]]:
    """Arm and inject; whatever becomes of the test, it is healed and the stack is whole again."""
    undos = []

    def break_it(spec: FaultSpec) -> Undo:
        fault = FAULTS[spec.type]
        undos.append(fault.arm(spec, stack))
        fault.inject(undos[-1], stack)
        return undos[-1]

    yield break_it
    for undo in undos:
        FAULTS[undo.type].heal(undo, stack)
        assert FAULTS[undo.type].residue(undo, stack) == []
    stack.wait_healthy()


@pytest.fixture
def evidence(stack: Stack) -> Callable[[str, Undo], str]:
    """What an observation says once it has seen the fault; fails after a deadline."""

    def look(name: str, undo: Undo) -> str:
        before = Baseline(time.time(), Observation(time.time()))
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            if seen := OBSERVATIONS[name](undo, before, stack, ObserverOfNow(stack)):  # type: ignore[arg-type]
                return seen
            time.sleep(0.1)
        pytest.fail(f"{name} did not see {undo.type} of {undo.target} within {DEADLINE_S:.0f} s")

    return look
