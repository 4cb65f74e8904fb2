"""The run folder: made when a run starts, described in docs/run-folder.md."""

import io
import json
import os
import platform
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from tfbench import __version__
from tfbench.clock import Clock
from tfbench.model import Scenario
from tfbench.platforms.images import Image
from tfbench.platforms.stack import Stack

VERSIONS_FILE = "/etc/tfbench-versions"


def create_run_folder(runs: Path, scenario: Scenario, at: datetime | None = None) -> Path:
    """Make `<runs>/<scenario>/<UTC time>/` with copies of what is run, and point `latest` at it."""
    name = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    parent = runs / scenario.name
    folder = parent / name
    (folder / "logs").mkdir(parents=True)
    (folder / "scenario.yaml").write_bytes(scenario.path.read_bytes())
    (folder / "slo.yaml").write_bytes(scenario.slo.path.read_bytes())
    point_latest(folder)
    return folder


def point_latest(folder: Path) -> None:
    """Make `latest`, beside the folder, point to it; in one step, for whoever reads it meanwhile."""
    link = folder.parent / ".latest.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.rename(folder.parent / "latest")


def write_environment(run_dir: Path, stack: Stack, images: list[Image], clock: Clock, settings: dict[str, Any]) -> None:
    """Write `environment.json`: every version and setting that could change the outcome. The stack is running."""
    client = stack.client
    engine = client.version()
    facts = {
        "tfbench": __version__,
        "python": sys.version.split()[0],
        "host": {
            "cpus": os.cpu_count(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "kernel": platform.release(),
            "system": platform.platform(),
        },
        "docker": {
            "engine": engine.get("Version"),
            "api": engine.get("ApiVersion"),
            "storage": client.info().get("Driver"),
        },
        "images": _images(stack, images),
        "settings": settings,
        "clock": {"epoch_minus_monotonic": clock.offset},
    }
    (run_dir / "environment.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")


def _images(stack: Stack, images: list[Image]) -> dict[str, Any]:
    """The images that run: reference, id, and the versions each wrote into itself when it was built."""
    running = {str(container.attrs["Config"]["Image"]): container for container in stack.all_containers()}
    return {
        image.name: {
            "tag": image.reference,
            "id": running[image.reference].attrs["Image"],
            "versions": _versions(running[image.reference]),
        }
        for image in images
        if image.reference in running
    }


def _versions(container: Container) -> dict[str, str]:
    chunks, _ = container.get_archive(VERSIONS_FILE)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        file = archive.extractfile(archive.getmembers()[0])
        text = file.read().decode() if file else ""
    return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
