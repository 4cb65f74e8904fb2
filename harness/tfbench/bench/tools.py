"""Load tools that run beside the stack, in a container of their own on its network, and what they leave behind.

    Tool(image, command, files) -> container: files copied in -> run to its end -> Output(stdout, files of /tmp)

The container is removed, whatever became of the tool.
"""

import contextlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container

from tfbench.errors import PlatformError
from tfbench.platforms.stack import Stack

FOLDER = "/tmp"
LABEL = "tfbench.tool"
POSTGRES_DATA = "/var/lib/postgresql/data"
SAID = 1500  # characters of an error that are shown


@dataclass(frozen=True, slots=True)
class Tool:
    """A command in an image; `files` (name -> text) lie in /tmp, which is its working directory."""

    name: str
    image: str
    command: tuple[str, ...]
    files: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool printed, and the files that it left in /tmp, by name."""

    stdout: str
    files: Mapping[str, str]


def run_tool(tool: Tool, stack: Stack, timeout_s: float) -> Output:
    """Run a tool to its end. Raises `PlatformError` with its words when it fails, or takes longer than allowed."""
    try:
        container = stack.client.containers.create(
            tool.image, list(tool.command), environment=dict(tool.environment), network=_network(stack),
            working_dir=FOLDER, labels={LABEL: tool.name},
            tmpfs={POSTGRES_DATA: ""},  # else the engine copies the image's cluster into a volume, for each container
        )  # fmt: skip
    except DockerException as error:
        raise PlatformError(f"{tool.name} could not be created: {error}") from error
    try:
        return _finish(container, tool, timeout_s)
    finally:
        with contextlib.suppress(NotFound, requests.RequestException):
            container.remove(force=True, v=True)


def _finish(container: Container, tool: Tool, timeout_s: float) -> Output:
    try:
        container.put_archive(FOLDER, pack(tool.files))
        container.start()
        status = container.wait(timeout=timeout_s)["StatusCode"]
        printed = container.logs(stdout=True, stderr=False).decode(errors="replace")
        if status != 0:
            complaint = container.logs(stdout=False, stderr=True).decode(errors="replace").strip() or printed
            raise PlatformError(f"{tool.name} failed with status {status}:\n{complaint[-SAID:]}")
        chunks, _ = container.get_archive(FOLDER)
        return Output(printed, unpack(b"".join(chunks)))
    except APIError as error:
        raise PlatformError(f"{tool.name} could not be run: {error}") from error
    except requests.RequestException as error:
        raise PlatformError(f"{tool.name} did not end within {timeout_s:.0f} s: {error}") from error


def pack(files: Mapping[str, str]) -> bytes:
    """A tar archive of these files, readable by everybody."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, str]:
    """The files of a tar archive, by their last name."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            if file:
                found[entry.name.rsplit("/", 1)[-1]] = file.read().decode(errors="replace")
    return found


def _network(stack: Stack) -> str:
    networks = stack.containers("postgres")[0].attrs["NetworkSettings"]["Networks"]
    return str(next(iter(networks)))
