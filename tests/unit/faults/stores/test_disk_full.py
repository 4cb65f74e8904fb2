"""Only a disk of fixed size is ever filled, and a volume that is gone is left gone."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tfbench import catalog
from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.disk_full import EMPTY, FILL, DiskFull
from tfbench.model import FaultSpec
from tfbench.platforms import disks
from tfbench.platforms.stack import setup_for
from tfbench.scenario import load_scenario
from tfbench.workspace import find_workspace

DATA = "/var/lib/rabbitmq"
SPEC = FaultSpec("f", "disk-full", "rabbitmq", ("disk-is-full",))


def mount(name: str, kind: str = "volume") -> dict[str, str]:
    return {"Type": kind, "Name": name, "Destination": DATA}


@pytest.fixture
def bounded(a_stack: Any, container: Any) -> Any:
    options = {"data": {"type": "ext4", "device": "/dev/loop7"}}
    return a_stack([container("rabbitmq", mounts=[mount("data")])], options=options)


@pytest.mark.parametrize(
    ("mounts", "options", "why"),
    [
        ([], {}, "no volume at all"),
        ([mount("data")], {"data": None}, "an ordinary volume, on the host's disk"),
        ([mount("data")], {"data": {"type": "nfs", "device": ":/export"}}, "a volume of somebody else's"),
        ([mount("data")], {"data": {"type": "ext4", "device": "/dev/vdb"}}, "a whole device of the host's"),
        ([{"Type": "bind", "Destination": DATA}], {}, "a folder of the host's"),
    ],
)
def test_what_is_no_disk_of_ours_is_refused(a_stack: Any, container: Any, mounts: Any, options: Any, why: str) -> None:
    stack = a_stack([container("rabbitmq", mounts=mounts)], options=options)
    with pytest.raises(FaultError, match="never filled"):
        DiskFull().arm(SPEC, stack)
    assert stack.ran == [], why


def test_the_record_is_all_that_filling_and_healing_need(bounded: Any) -> None:
    undo = DiskFull().arm(SPEC, bounded)
    assert undo == Undo(
        "f", "disk-full", "rabbitmq", {"rabbitmq": "id-rabbitmq"},
        {"disks": {"rabbitmq": {"volume": "data", "path": DATA, "image": "sha256:rabbitmq"}}},
    )  # fmt: skip
    bounded.services.clear()  # the container may be gone
    DiskFull().inject(undo, bounded)
    DiskFull().heal(undo, bounded)
    assert [command[-1] for _, command, _ in bounded.ran] == [FILL, EMPTY]
    assert all(settings["volumes"] == {"data": {"bind": DATA, "mode": "rw"}} for _, _, settings in bounded.ran)


def test_a_file_that_is_still_there_is_residue(bounded: Any) -> None:
    undo = DiskFull().arm(SPEC, bounded)
    assert DiskFull().residue(undo, bounded) == []
    bounded.printed = b"499855360\n"
    assert DiskFull().residue(undo, bounded) == ["rabbitmq: 499855360 bytes of its disk are still taken"]


def test_a_volume_that_is_gone_is_not_made_anew_by_healing(bounded: Any) -> None:
    undo = DiskFull().arm(SPEC, bounded)
    bounded.options.clear()
    DiskFull().heal(undo, bounded)
    assert DiskFull().residue(undo, bounded) == []
    assert bounded.ran == []


@pytest.mark.parametrize("profile", sorted(catalog.PROFILES))
@pytest.mark.parametrize("role", catalog.FAULT_TYPES["disk-full"].targets)
def test_every_node_of_a_store_gets_a_disk(role: str, profile: str) -> None:
    """As the Compose files of the profile have them; the volume is named like its service."""
    folder = find_workspace(None, Path(__file__)).root / "compose"
    files = ["compose.yaml"] + ([] if profile == "default" else [f"compose.{profile}.yaml"])
    found: dict[str, Any] = {}
    volumes: set[str] = set()
    for file in files:
        text = (folder / file).read_text(encoding="utf-8").replace("!override ", "")
        compose = YAML(typ="safe").load(text)
        found |= compose["services"]
        volumes |= set(compose["volumes"])
    nodes = {service for service in found if service.rstrip("0123456789") == role}
    assert set(disks.services_of(role, profile)) == nodes
    assert nodes <= volumes
    assert role in disks.MIB


def test_only_a_scenario_that_fills_a_store_s_disk_puts_that_store_on_one_of_fixed_size() -> None:
    scenario = load_scenario(find_workspace(None, Path(__file__)).find_scenario("caida-app2"))
    assert setup_for(scenario).bounded == ()
    filling = dataclasses.replace(scenario, faults=(dataclasses.replace(SPEC, target="postgres:primary"),))
    assert setup_for(filling).bounded == ("postgres1", "postgres2")
    assert setup_for(dataclasses.replace(filling, profile="ha")).bounded == ("postgres1", "postgres2", "postgres3")
