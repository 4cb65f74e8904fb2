"""Cpu: a quota of the period there is, and the quota there was."""

import pytest
from tfbench.errors import FaultError
from tfbench.faults.cpu import Cpu

from .fake_engine import FakeContainer, FakeEngine, spec


@pytest.mark.parametrize(
    ("quota", "period", "set_to", "restored_to"),
    [
        (0, 0, 10_000, -1),  # no limit: the engine takes 0 for "leave it", and -1 is what the kernel has without one
        (-1, 0, 10_000, -1),  # lifted by an earlier heal
        (150_000, 0, 10_000, 150_000),
        (50_000, 50_000, 5_000, 50_000),  # the period is not touched
    ],
)
def test_the_quota_is_set_and_restored(quota: int, period: int, set_to: int, restored_to: int) -> None:
    container = FakeContainer("app2-api", CpuQuota=quota, CpuPeriod=period, CpuShares=256)
    stack = FakeEngine(container).stack()
    undo = Cpu().arm(spec("cpu", "app2", cpus=0.1), stack)
    Cpu().inject(undo, stack)
    assert container.settings["CpuQuota"] == set_to
    assert Cpu().residue(undo, stack) == [f"app2-api has a CPU quota of {set_to} us, and had {quota}"]
    Cpu().heal(undo, stack)
    Cpu().heal(undo, stack)
    assert container.calls == [f"update {set_to}", f"update {restored_to}"]
    assert (container.settings["CpuPeriod"], container.settings["CpuShares"]) == (period, 256)
    assert Cpu().residue(undo, stack) == []


def test_healing_what_was_never_limited_touches_nothing() -> None:
    container = FakeContainer("app2-api")
    stack = FakeEngine(container).stack()
    Cpu().heal(Cpu().arm(spec("cpu", "app2", cpus=0.1), stack), stack)
    assert container.calls == []


def test_a_container_with_cpus_in_its_compose_file_is_refused_before_anything_is_touched() -> None:
    container = FakeContainer("app2-api", NanoCpus=1_500_000_000)
    with pytest.raises(FaultError, match=r"app2-api has `cpus: 1\.5`"):
        Cpu().arm(spec("cpu", "app2", cpus=0.1), FakeEngine(container).stack())
    assert container.calls == []
