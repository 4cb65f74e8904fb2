"""Short-lived containers of the image `caos` in the network namespaces of others, for one fault.

    Helpers(stack, image, fault).run_all({service: Job(container id, command)}) -> {service: what it printed | None}

None: that container is not running, so it has no namespace, and nothing that was done to an earlier one is left.
A helper is labelled with its fault: one that a dead bench left behind is removed before that fault is healed.
"""

import contextlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests
from docker.errors import APIError, ImageNotFound, NotFound
from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.platforms.images import plan_images
from tfbench.platforms.stack import Stack

IMAGE = "caos"
LABEL = "tfbench.helper"
RUN_TIMEOUT_S = 20
CONFLICT = 409

Seen = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Job:
    """A command to run in the network namespace of a container; `is_admin`: it changes that namespace."""

    container: str
    command: tuple[str, ...]
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Helpers:
    """The helpers of one fault. `image` is the reference of `caos` when the fault was armed."""

    stack: Stack
    image: str
    fault: str

    def run_all(self, jobs: Mapping[str, Job]) -> dict[str, str | None]:
        """Run every job at once; what each printed. Raises `FaultError` when one failed or took too long."""
        if not jobs:
            return {}
        with ThreadPoolExecutor(len(jobs)) as pool:
            return dict(zip(jobs, pool.map(self._run, jobs, jobs.values()), strict=True))

    def measure(self, sources: Mapping[str, str], *arguments: str) -> Seen | None:
        """What measure.py sees from inside each source (service -> container id); None when one is not running."""
        command = ("python", "/opt/measure.py", *arguments)
        printed = self.run_all({service: Job(identity, command) for service, identity in sources.items()})
        return seen_in(printed)

    def clear(self) -> None:
        """Remove what an earlier process left."""
        left = self.stack.client.containers.list(
            all=True, filters={"label": f"{LABEL}={self.fault}"}, ignore_removed=True
        )
        for helper in left:
            _remove(helper)

    def _run(self, service: str, job: Job) -> str | None:
        helper = self._create(job)
        if helper is None:
            return None
        try:
            return _finish(helper, f"{job.command[1]} in {service}")
        finally:
            _remove(helper)

    def _create(self, job: Job) -> Container | None:
        try:
            return self.stack.client.containers.create(
                self.image, list(job.command), network_mode=f"container:{job.container}", user="0",
                cap_add=["NET_ADMIN"] if job.is_admin else [], labels={LABEL: self.fault, "tfbench.role": IMAGE},
            )  # fmt: skip
        except ImageNotFound as error:
            raise FaultError(f"the image {self.image} is not built: start the stack with tfbench up") from error
        except NotFound:
            return None


def seen_in(printed: Mapping[str, str | None]) -> Seen | None:
    """The measurements that helpers printed; None when one had nowhere to run."""
    return {service: json.loads(text) for service, text in printed.items() if text} if all(printed.values()) else None


def helper_image(stack: Stack) -> str:
    """The reference of the image `caos` of this workspace."""
    _, images = plan_images(stack.workspace)
    return next(image.reference for image in images if image.name == IMAGE)


def _finish(helper: Container, what: str) -> str | None:
    """Start it and wait for its end; None when the namespace it was to enter is gone."""
    try:
        helper.start()
        status = helper.wait(timeout=RUN_TIMEOUT_S)["StatusCode"]
        printed = helper.logs(stdout=True, stderr=status != 0).decode(errors="replace")
    except APIError as error:
        if isinstance(error, NotFound) or error.status_code == CONFLICT:
            return None
        raise FaultError(f"{what} could not be started: {error}") from error
    except requests.RequestException as error:
        raise FaultError(f"{what} did not end within {RUN_TIMEOUT_S} s: {error}") from error
    if status != 0:
        raise FaultError(f"{what} failed with status {status}: {printed.strip()[-300:]}")
    return printed


def _remove(helper: Container) -> None:
    with contextlib.suppress(requests.RequestException):
        helper.remove(force=True)
