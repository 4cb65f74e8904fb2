"""The run folder: made when a run starts, described in docs/run-folder.md."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker

from tfbench import __version__
from tfbench.clock import Clock
from tfbench.model import Scenario
from tfbench.platforms.images import Image


def create_run_folder(runs: Path, scenario: Scenario, at: datetime | None = None) -> Path:
    """Make `<runs>/<scenario>/<UTC time>/` with copies of what is run, and point `latest` at it."""
    name = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    parent = runs / scenario.name
    folder = parent / name
    (folder / "logs").mkdir(parents=True)
    (folder / "scenario.yaml").write_bytes(scenario.path.read_bytes())
    (folder / "slo.yaml").write_bytes(scenario.slo.path.read_bytes())
    link = parent / ".latest.new"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.rename(parent / "latest")
    return folder


def write_environment(
    run_dir: Path, client: docker.DockerClient, images: list[Image], clock: Clock, settings: dict[str, Any]
) -> None:
    """Write `environment.json`: every version and setting that could change the outcome."""
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
        "docker": {"engine": engine.get("Version"), "api": engine.get("ApiVersion"), "storage": client.info().get("Driver")},
        "images": {
            image.name: {
                "tag": image.reference,
                "id": client.images.get(image.reference).id,
                "versions": _versions(client, image),
            }
            for image in images
        },
        "settings": settings,
        "clock": {"epoch_minus_monotonic": clock.offset},
    }
    (run_dir / "environment.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")


def _versions(client: docker.DockerClient, image: Image) -> dict[str, str]:
    """Labels that the image's Dockerfile declares as `version.NAME`."""
    labels = client.images.get(image.reference).labels
    return {key.removeprefix("version."): value for key, value in labels.items() if key.startswith("version.")}
