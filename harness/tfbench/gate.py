"""The project's own checks (`tfbench test`): lint, unit, then a real stack for Go, integration and end-to-end tests.

    lint, unit  ->  stack up  ->  go, integration, e2e  ->  stack down  ->  e2e experiments (they start their own)

Parts run in this order; the first that fails stops the rest, and the stack is removed whatever happens.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import docker

from tfbench.errors import UsageError
from tfbench.platforms.engine import apt_install, ensure_engine
from tfbench.platforms.images import Image, ensure_images
from tfbench.platforms.stack import OWNER_RUN, PROJECT, Stack
from tfbench.progress import Progress

PARTS = ("lint", "unit", "go", "integration", "e2e", "experiment")
NEED_STACK = {"go", "integration", "e2e"}
PYTHON_PACKAGES = ("harness/tfbench", "system_under_test/app2_emision/emision", "system_under_test/app3_portal/portal",
                   "system_under_test/correo/correo")  # fmt: skip
# A file's tests stay with one worker: they share what was made for them.
ON_ALL_CPUS = ("-n", "logical", "--dist", "loadfile")
# Containers and CI often forbid to keep bytecode: then each worker, and each program that a test starts, compiles
# thousands of files anew.
KEEP_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
GO_CACHE = "tfbench-go-cache"
# Go that is not TicketFlow's. Its modules are not in the image: its tests vet it where they build it.
ORACLE = "tests/integration/slo/oracle"
# `gofmt -l` lists what is not formatted and exits 0: an answer of any kind is a failure, and so is no gofmt.
GO_LINT = """
unformatted=$("$(go env GOROOT)/bin/gofmt" -l . /oracle) || exit 1
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
go vet ./...
"""
SERVERS_INSIDE = {
    "TICKETFLOW_PRUEBA_POSTGRES": "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable",
    "TICKETFLOW_PRUEBA_RABBITMQ": "amqp://ticketflow:ticketflow@rabbitmq:5672/",
    "TICKETFLOW_PRUEBA_MARIADB": "root:raiz@tcp(mariadb1:3306)/",
    "TICKETFLOW_PRUEBA_MARIADB_REPLICA": "root:raiz@tcp(mariadb2:3306)/",
}


def run_gate(root: Path, parts: tuple[str, ...], progress: Progress) -> int:
    """Run the parts asked for (all by default); returns the exit code of the first that fails, else 0."""
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise UsageError(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not (root / "tests").is_dir():
        raise UsageError(f"{root} holds no tests: `tfbench test` runs in a checkout of the project")
    wanted = [part for part in PARTS if not parts or part in parts]
    return _Gate(root, progress).run(wanted)


class _Gate:
    def __init__(self, root: Path, progress: Progress) -> None:
        self.root, self.progress = root, progress
        self.client: docker.DockerClient | None = None
        self.images: list[Image] = []

    def run(self, wanted: list[str]) -> int:
        if set(wanted) - {"unit"}:
            self.client = ensure_engine(self.progress)
            self.images = ensure_images(self.client, self.root, self.progress, for_tests=True)
        if {"e2e", "experiment"} & set(wanted):
            self._have("chromium", "chromium")
        if "integration" in wanted and shutil.which("apt-get") and os.geteuid() == 0:  # elsewhere its tests are skipped
            self._have("promtool", "prometheus")
        if self.client is not None:
            Stack(self.client, self.root).down()
        before = [part for part in wanted if part in {"lint", "unit"}]
        on_stack = [part for part in wanted if part in NEED_STACK]
        after = [part for part in wanted if part == "experiment"]
        return self._each(before) or (self._with_stack(on_stack) if on_stack else 0) or self._each(after)

    def _have(self, program: str, package: str) -> None:
        if shutil.which(program) is None:
            with self.progress.step(f"install {package}"):
                apt_install((package,))

    def _each(self, parts: list[str]) -> int:
        steps: dict[str, Callable[[], int]] = {
            "lint": self._lint,
            "unit": lambda: self._pytest("tests/unit", *ON_ALL_CPUS),
            "go": self._go_test,
            "integration": lambda: self._pytest("tests/integration", **self._servers_outside()),
            "e2e": lambda: self._pytest("tests/e2e", "-m", "not experiment"),
            "experiment": lambda: self._pytest("tests/e2e", "-m", "experiment"),
        }
        for part in parts:
            self.progress.say(f"== {part}")
            code = steps[part]()
            if code:
                self.progress.say(f"== {part} FAILED (exit {code})")
                return code
        return 0

    def _with_stack(self, parts: list[str]) -> int:
        assert self.client is not None, "the engine was ensured"
        stack = Stack(self.client, self.root)
        try:
            with self.progress.step("start TicketFlow") as detail:
                stack.up(self.images, OWNER_RUN)
                stack.wait_healthy(detail)
            return self._each(parts)
        finally:
            with self.progress.step("remove TicketFlow"):
                stack.down()

    # -- the parts

    def _lint(self) -> int:
        python = [sys.executable, "-m"]
        commands = [
            [*python, "ruff", "check", "."],
            [*python, "ruff", "format", "--check", "."],
            *([*python, "mypy", package] for package in PYTHON_PACKAGES),
        ]
        for command in commands:
            code = self._call(command, MYPYPATH=str(self.root / "harness"))
            if code:
                return code
        return self._in_go(GO_LINT, network=None)

    def _go_test(self) -> int:
        return self._in_go("sh /opt/with-postgres.sh go test -race -p 1 ./...", network=f"{PROJECT}_default")

    def _pytest(self, *arguments: str, **env: str) -> int:
        return self._call([sys.executable, "-m", "pytest", *arguments], **KEEP_BYTECODE, **env)

    def _in_go(self, script: str, network: str | None) -> int:
        image = next(image for image in self.images if image.name == "go-test")
        environment = [argument for name, value in SERVERS_INSIDE.items() for argument in ("-e", f"{name}={value}")]
        return self._call([
            "docker", "run", "--rm", "--init", "-v", f"{self.root / 'system_under_test'}:/src:ro",
            "-v", f"{self.root / ORACLE}:/oracle:ro", "-v", f"{GO_CACHE}:/root/.cache",
            *(["--network", network, *environment] if network else []),
            image.reference, "sh", "-c", script,
        ])  # fmt: skip

    def _servers_outside(self) -> dict[str, str]:
        assert self.client is not None, "the engine was ensured"
        ports = Stack(self.client, self.root).ports()
        return {
            "TICKETFLOW_PRUEBA_MARIADB": f"mysql://root:raiz@127.0.0.1:{ports['mariadb1'][3306]}/",
            "TICKETFLOW_PRUEBA_RABBITMQ": f"amqp://ticketflow:ticketflow@127.0.0.1:{ports['rabbitmq'][5672]}/",
        }

    def _call(self, command: list[str], **env: str) -> int:
        return subprocess.run(command, cwd=self.root, env={**os.environ, **env}, check=False).returncode
