"""Disk full: one file takes every byte that the disk of the target's data has left. Healing deletes the file.

Only a disk of fixed size is filled (platforms/disks.py), never the host's. Filling and healing go through the volume,
not through the target's container: it may have died meanwhile. What the server frees by itself stays free.
"""

from typing import Any, ClassVar

from docker.errors import DockerException, NotFound
from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.model import FaultSpec
from tfbench.platforms.disks import bounded_volume
from tfbench.platforms.resolve import resolve
from tfbench.platforms.stack import Stack, service_of

# fallocate takes nearly everything at once and then fails, for want of the blocks that describe the file; the rest is
# written. The file belongs to whom the folder does: some servers stop at one that they cannot open.
FILL = """
fallocate -l "$(df -B1 --output=avail . | tail -n 1)" .tfbench-fill || true
dd if=/dev/zero of=.tfbench-fill bs=4k oflag=append conv=notrunc status=none || true
chown --reference=. .tfbench-fill
sync -f .tfbench-fill
"""
EMPTY = "rm -f .tfbench-fill || true"
LOOK = "stat -c %s .tfbench-fill 2>/dev/null || true"


class DiskFull:
    """Fill now, delete later."""

    type: ClassVar[str] = "disk-full"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        containers = resolve(spec.target, stack)
        disks = {service_of(container): _disk(container, stack) for container in containers}
        return Undo(spec.id, self.type, spec.target, {service_of(c): str(c.id) for c in containers}, {"disks": disks})

    def inject(self, undo: Undo, stack: Stack) -> None:
        for service, disk in undo.details["disks"].items():
            try:
                _on_disk(disk, stack, FILL)
            except DockerException as error:
                raise FaultError(f"the disk of {service} could not be filled: {error}") from error

    def heal(self, undo: Undo, stack: Stack) -> None:
        for disk in undo.details["disks"].values():
            _on_disk(disk, stack, EMPTY)

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        left = {service: _on_disk(disk, stack, LOOK) for service, disk in undo.details["disks"].items()}
        return [f"{service}: {size} bytes of its disk are still taken" for service, size in left.items() if size]


def _disk(container: Container, stack: Stack) -> dict[str, Any]:
    found = bounded_volume(stack.client, container)
    if found is None:
        raise FaultError(
            f"the data of {service_of(container)} lies on the host's own disk, which is never filled. A run whose "
            "scenario has this fault from its start gives the store a disk of fixed size: tfbench run SCENARIO"
        )
    volume, path = found
    return {"volume": volume, "path": path, "image": container.attrs["Image"]}


def _on_disk(disk: dict[str, Any], stack: Stack, script: str) -> str:
    """Run a script in the disk's folder, in a container of the target's image; a disk that is gone says nothing."""
    try:
        stack.client.volumes.get(disk["volume"])  # to run with a volume that is gone would make a new one
    except NotFound:
        return ""
    # Mounted where the image has its data: elsewhere, Docker would make a volume of that too.
    output = stack.client.containers.run(
        disk["image"], ["sh", "-c", script], remove=True, user="0", network_mode="none", working_dir=disk["path"],
        volumes={disk["volume"]: {"bind": disk["path"], "mode": "rw"}},
    )  # fmt: skip
    return bytes(output).decode().strip()
