"""A short-lived container of the image `caos` that works in the network namespaces of others, for one fault.

    Helpers(stack, image, fault).run_all({service: Job(container id, command)}) -> {service: what it printed | None}

None: that container is not running, so it has no namespace, and nothing that was done to an earlier one is left.
One helper does all the jobs of a moment: to start one costs the machine that is measured about 0.2 s of CPU.
A helper is labelled with its fault: one that a dead bench left behind is removed before that fault is healed.
"""

import contextlib
import json
from collections.abc import Mapping
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
# To find the namespaces of other processes, to enter them, and to change their rules.
CAPABILITIES = ["SYS_PTRACE", "SYS_ADMIN", "NET_ADMIN"]
DNS = "127.0.0.11"  # Docker's own, which every network namespace of the stack has

Seen = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Job:
    """A command to run in the network namespace of a container."""

    container: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Helpers:
    """The helpers of one fault. `image` is the reference of `caos` when the fault was armed."""

    stack: Stack
    image: str
    fault: str

    def run_all(self, jobs: Mapping[str, Job]) -> dict[str, str | None]:
        """Run every job at once; what each printed. Raises `FaultError` when one failed or took too long."""
        entered = {service: (pid, job.command) for service, job in jobs.items() if (pid := self._pid(job.container))}
        answers: dict[str, dict[str, Any]] = json.loads(self._enter(json.dumps(entered))) if entered else {}
        for service, answer in answers.items():
            if answer["status"] != 0:
                what = f"{jobs[service].command[1]} in {service}"
                raise FaultError(f"{what} failed with status {answer['status']}: {answer['printed'].strip()[-300:]}")
        return {service: answers[service]["printed"] if service in answers else None for service in jobs}

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

    def _pid(self, container: str) -> int:
        """Of its first process, as the machine counts them; 0 when it is not running."""
        try:
            return int(self.stack.client.api.inspect_container(container)["State"]["Pid"])
        except NotFound:
            return 0

    def _enter(self, jobs: str) -> str:
        try:
            helper = self.stack.client.containers.create(
                self.image, ["python", "/opt/enter.py", jobs], network_mode="none", dns=[DNS], pid_mode="host",
                user="0", cap_add=CAPABILITIES, labels={LABEL: self.fault, "tfbench.role": IMAGE},
            )  # fmt: skip
        except ImageNotFound as error:
            raise FaultError(f"the image {self.image} is not built: start the stack with tfbench up") from error
        try:
            return _finish(helper)
        finally:
            _remove(helper)


def seen_in(printed: Mapping[str, str | None]) -> Seen | None:
    """The measurements that helpers printed; None when one had nowhere to run."""
    return {service: json.loads(text) for service, text in printed.items() if text} if all(printed.values()) else None


def helper_image(stack: Stack) -> str:
    """The reference of the image `caos` of this workspace."""
    _, images = plan_images(stack.workspace)
    return next(image.reference for image in images if image.name == IMAGE)


def _finish(helper: Container) -> str:
    """Start it and wait for its end; what it printed."""
    try:
        helper.start()
        status = helper.wait(timeout=RUN_TIMEOUT_S)["StatusCode"]
        printed = helper.logs(stdout=True, stderr=status != 0).decode(errors="replace")
    except APIError as error:
        raise FaultError(f"the helper that enters network namespaces could not be started: {error}") from error
    except requests.RequestException as error:
        raise FaultError(f"the helper in network namespaces did not end within {RUN_TIMEOUT_S} s: {error}") from error
    if status != 0:
        raise FaultError(f"the helper that enters network namespaces failed: {printed.strip()[-300:]}")
    return printed


def _remove(helper: Container) -> None:
    with contextlib.suppress(requests.RequestException):
        helper.remove(force=True)
