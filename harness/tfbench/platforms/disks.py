"""Disks of fixed size for the data of a store, so that one can be filled without filling the host's.

    volume PROJECT_disks: postgres1.img  ->  /dev/loopN  ->  volume PROJECT_postgres1 (driver "local", type ext4)

The data volume is made before Compose looks for it, with Compose's own labels, and Compose takes it. It is empty, so
Docker fills it from the image's data folder, as it does with any named volume. The engine mounts the loop device when
the first container needs it: it survives the death of containers, and Stack.down() removes it. What needs rights is
done in a container on the engine's own machine, so the bench itself needs none.
"""

from collections.abc import Iterable

import docker
from docker.errors import DockerException, NotFound
from docker.models.containers import Container

from tfbench.errors import PlatformError

MIB = {"postgres": 1024, "mariadb": 1024, "rabbitmq": 512}
NODES = {"postgres": ("postgres1", "postgres2"), "mariadb": ("mariadb1", "mariadb2"), "rabbitmq": ("rabbitmq",)}
MORE_NODES = {"ha": {"postgres": ("postgres3",)}}
IMAGE = "base"  # has mkfs.ext4 and losetup
IMAGE_LABEL = "tfbench.image"
PROJECT_LABEL = "com.docker.compose.project"
VOLUME_LABEL = "com.docker.compose.volume"

# Every block is given out at once (a hole would fail when the host is full), no block is kept for root, and nothing
# is left for the kernel to initialise later, in measured time. Docker fills an empty folder only: no lost+found.
MAKE = """
for disk in "$@"; do
  file="/disks/${disk%%:*}.img"
  fallocate -l "${disk##*:}M" "$file"
  mkfs.ext4 -q -b 4096 -m 0 -E lazy_itable_init=0,lazy_journal_init=0 "$file" >&2
  debugfs -w -R "rmdir lost+found" "$file" >&2
  losetup --find --show "$file"
done
"""
DETACH = """
for file in /disks/*.img; do
  [ -e "$file" ] || continue
  for device in $(losetup --associated "$file" --noheadings --output NAME); do losetup --detach "$device"; done
done
"""


def services_of(role: str, profile: str) -> tuple[str, ...]:
    """The services of a store whose data can be put on a disk of fixed size; the volume has the service's name."""
    return NODES[role] + MORE_NODES.get(profile, {}).get(role, ())


def create(client: docker.DockerClient, project: str, services: Iterable[str], image: str) -> None:
    """Make the data volumes of these services, each on a disk of its own, before Compose does.

    `image` is a reference to IMAGE. Raises `PlatformError` where the engine's machine has no loop devices.
    """
    sizes = {service: MIB[service.rstrip("0123456789")] for service in services}
    client.volumes.create(_home(project), labels={PROJECT_LABEL: project, IMAGE_LABEL: image})
    try:
        devices = _run(client, project, image, MAKE, [f"{name}:{mib}" for name, mib in sizes.items()]).split()
    except DockerException as error:
        raise PlatformError(
            f"no disk of fixed size could be made for {', '.join(sizes)}, and disk-full needs one: {error}\n"
            "The engine's machine must have loop devices (/dev/loop-control)."
        ) from error
    for service, device in zip(sizes, devices, strict=True):
        labels = {PROJECT_LABEL: project, VOLUME_LABEL: service}
        options = {"type": "ext4", "device": device}
        client.volumes.create(f"{project}_{service}", driver="local", driver_opts=options, labels=labels)


def detach(client: docker.DockerClient, project: str) -> None:
    """Give the loop devices back, once no container uses them; the volumes can then be removed as any other.

    Nothing to do where no disk was made. Raises `PlatformError` when the engine can't.
    """
    try:
        image = client.volumes.get(_home(project)).attrs["Labels"][IMAGE_LABEL]
    except NotFound:
        return
    try:
        _run(client, project, image, DETACH, [])
    except DockerException as error:
        raise PlatformError(f"the loop devices of {_home(project)} could not be given back: {error}") from error


def bounded_volume(client: docker.DockerClient, container: Container) -> tuple[str, str] | None:
    """The container's volume that is a disk of fixed size, and where it is mounted; None when there is none."""
    for mount in container.attrs["Mounts"]:
        if mount["Type"] == "volume":
            options = client.volumes.get(mount["Name"]).attrs["Options"] or {}
            if options.get("type") == "ext4" and str(options.get("device")).startswith("/dev/loop"):
                return str(mount["Name"]), str(mount["Destination"])
    return None


def _home(project: str) -> str:
    return f"{project}_disks"


def _run(client: docker.DockerClient, project: str, image: str, script: str, arguments: list[str]) -> str:
    """Run a script as root with the loop devices, and nothing else of the machine, in its hands."""
    output = client.containers.run(
        image, ["sh", "-ec", script, "sh", *arguments], remove=True, user="0", network_mode="none",
        cap_add=["SYS_ADMIN"], device_cgroup_rules=["b 7:* rmw", "c 10:237 rmw"],
        volumes={"/dev": {"bind": "/dev", "mode": "rw"}, _home(project): {"bind": "/disks", "mode": "rw"}},
    )  # fmt: skip
    return bytes(output).decode()
