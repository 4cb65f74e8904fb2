"""The stack that is up (`tfbench test` starts one), with a Toxiproxy of the tests' own in its network."""

import time
from collections.abc import Callable, Iterator

import pytest
from on_stack import observer_of_now, wait_for
from tfbench.faults.base import Undo
from tfbench.faults.netns import helper_image
from tfbench.faults.observe import OBSERVATIONS, Baseline
from tfbench.faults.registry import FAULTS
from tfbench.model import FaultSpec
from tfbench.observer import Observation
from tfbench.platforms.links import PROXIES, PROXIES_VARIABLE, SERVICE, environment
from tfbench.platforms.stack import PROJECT, Stack

NETWORK = f"{PROJECT}_default"
API = 8474


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
    stack.wait_healthy()


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
        see, observer = OBSERVATIONS[name], observer_of_now(stack)
        return wait_for(f"{name} to see {undo.type} of {undo.target}", lambda: see(undo, before, stack, observer))

    return look
