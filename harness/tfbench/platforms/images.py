"""Builds the images of `compose/images.yaml` that are missing or whose inputs changed.

An image's tag is the hash of everything it is made from: its parent's tag, its folder, its sources, the host's extra
CA certificates for the first one. So a tag that exists is up to date, and no other record is kept.

    images.yaml -> Image(name, parent, files) -> tag = sha256(parent tag + files)[:12] -> build when absent
"""

import hashlib
import io
import os
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound
from ruamel.yaml import YAML

from tfbench.errors import PlatformError
from tfbench.platforms.engine import apt_install
from tfbench.progress import Progress

PREFIX = "ticketflow"
HOST_CERTS = Path("/usr/local/share/ca-certificates")
PASSED_ARGS = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOFLAGS",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip
SKIPPED = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".git"}
BUILD_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Image:
    """One image to have: `files` maps paths in the build context to files of the workspace."""

    name: str
    parent: str
    tag: str
    files: dict[str, Path]
    is_for_tests: bool = False

    @property
    def reference(self) -> str:
        return f"{PREFIX}/{self.name}:{self.tag}"


def plan_images(workspace: Path, extra: Path = HOST_CERTS) -> tuple[str, list[Image]]:
    """The pulled base's reference and the images in build order, with their tags. Touches no engine."""
    table = YAML(typ="safe").load((workspace / "compose" / "images.yaml").read_text(encoding="utf-8"))
    images: dict[str, Image] = {}
    base = ""
    for name, row in table.items():
        files = dict(_walk(workspace / "compose" / "images" / name, ""))
        for source in row.get("sources", []):
            files |= dict(_walk(workspace / source, Path(source).name))
        if row["from"] not in images:
            base = row["from"]
            files |= {f"certs/{path.name}": path for path in sorted(extra.glob("*.crt"))}
            parent = base
        else:
            parent = images[row["from"]].reference
        images[name] = Image(name, parent, _hash(parent, files), files, row.get("only") == "test")
    return base, list(images.values())


def _walk(path: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield prefix or path.name, path
        return
    for entry in sorted(path.rglob("*")):
        if entry.is_file() and not SKIPPED & set(entry.parts) and not entry.name.endswith(("_test.go", ".pyc")):
            yield "/".join(filter(None, [prefix, str(entry.relative_to(path))])), entry


def _hash(parent: str, files: dict[str, Path]) -> str:
    digest = hashlib.sha256(parent.encode())
    for name in sorted(files):
        digest.update(f"\0{name}\0{files[name].stat().st_mode & 0o100}\0".encode())
        digest.update(files[name].read_bytes())
    return digest.hexdigest()[:12]


def ensure_images(
    client: docker.DockerClient, workspace: Path, progress: Progress, *, for_tests: bool = False
) -> list[Image]:
    """Build what is missing, two at a time, parents first; returns every image. Raises `PlatformError`."""
    base, planned = plan_images(workspace)
    images = [image for image in planned if for_tests or not image.is_for_tests]
    missing = [image for image in images if not _exists(client, image.reference)]
    if not missing:
        return images
    if any(image.parent == base for image in missing):
        _ensure_base(client, workspace, base, progress)
    done: dict[str, Future[None]] = {}
    stop = threading.Event()
    with ThreadPoolExecutor(BUILD_WORKERS) as pool:
        # The list is in build order, so a build only ever waits for one that was submitted before it.
        for image in missing:
            done[image.reference] = pool.submit(_build_after, client, image, done.get(image.parent), progress, stop)
        try:
            for future in done.values():
                future.result()
        except BaseException:
            stop.set()
            raise
    return images


def _exists(client: docker.DockerClient, reference: str) -> bool:
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    return True


def _ensure_base(client: docker.DockerClient, workspace: Path, base: str, progress: Progress) -> None:
    if _exists(client, base):
        return
    try:
        with progress.step(f"pull {base}"):
            client.images.pull(base)
        return
    except APIError as error:
        progress.say(f"  no image registry answers ({_first_line(error)}); making {base} with debootstrap")
    with progress.step(f"debootstrap {base}") as detail:
        apt_install(("debootstrap",))
        command = ["bash", str(workspace / "compose" / "images" / "base" / "make.sh"), base]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as made:
            lines = []
            for line in made.stdout or ():
                lines.append(line.rstrip())
                detail(line.rstrip())
        if made.returncode != 0:
            raise PlatformError(f"debootstrap of {base} failed:\n" + "\n".join(lines[-8:]))


def _build_after(
    client: docker.DockerClient,
    image: Image,
    parent: Future[None] | None,
    progress: Progress,
    stop: threading.Event,
) -> None:
    if parent is not None:
        parent.result()
    if not stop.is_set():
        with progress.step(f"build {image.name}") as detail:
            _build(client, image, detail, stop)


def _build(client: docker.DockerClient, image: Image, detail: Callable[[str], None], stop: threading.Event) -> None:
    arguments = {name: os.environ[name] for name in PASSED_ARGS if name in os.environ}
    lines: list[str] = []
    stream = client.api.build(
        fileobj=_context(image), custom_context=True, encoding="gzip", tag=image.reference, decode=True, rm=True,
        forcerm=True, buildargs={"BASE": image.parent, **arguments}, labels={"tfbench.image": image.name}, timeout=1800,
    )  # fmt: skip
    for message in stream:
        if stop.is_set():
            return
        if "error" in message:
            tail = "\n    ".join([*lines[-15:], str(message["error"]).strip()])
            raise PlatformError(f"building the image {image.name} failed:\n    {tail}")
        lines += [line for line in str(message.get("stream", "")).splitlines() if line.strip()]
        if lines:
            detail(lines[-1])


def _context(image: Image) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        directory = tarfile.TarInfo("certs")
        directory.type, directory.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(directory)
        for name, path in image.files.items():
            entry = tarfile.TarInfo(name)
            data = path.read_bytes()
            entry.size, entry.mode = len(data), 0o755 if path.stat().st_mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(data))
    buffer.seek(0)
    return buffer


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
