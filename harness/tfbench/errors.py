"""What tfbench raises, and the exit code each one ends the process with.

TfbenchError               255
 +-- UsageError            254  the command line, or the folder it was run in, is wrong
 |    `-- ConfigError      254  a file is wrong: FILE:LINE: what, the value seen, what to do
 +-- PlatformError         255  Docker, Compose or a service did not do what it must
 +-- LoadError               2  the load could not be offered: the run is INVALID
 +-- FaultError              2  a fault could not be injected or verified: the run is INVALID
 |    `-- ResidueError       3  a fault could not be healed
 `-- InternalError         255  a bug in tfbench

A message says what failed, the value seen and what to do.
"""

from pathlib import Path

from tfbench.verdict import EXIT_CODES, EXIT_INTERNAL, EXIT_RESIDUE, EXIT_USAGE, Verdict


class TfbenchError(Exception):
    """Base of everything tfbench raises on purpose."""

    exit_code = EXIT_INTERNAL


class UsageError(TfbenchError):
    """The command line, or the folder it was run in, is wrong."""

    exit_code = EXIT_USAGE


class ConfigError(UsageError):
    """A file says something wrong. Lines and columns count from 1; None when the whole file is meant."""

    def __init__(self, file: Path, line: int | None, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.message = message
        self.column = column

    def __str__(self) -> str:
        place = [_shown(self.file), *(str(n) for n in (self.line, self.column) if n is not None)]
        return f"{':'.join(place)}: {self.message}"


class PlatformError(TfbenchError):
    """Docker, Compose or a service did not do what it must, or not before its deadline."""


class LoadError(TfbenchError):
    """The load could not be offered."""

    exit_code = EXIT_CODES[Verdict.INVALID]


class FaultError(TfbenchError):
    """A fault could not be injected or verified."""

    exit_code = EXIT_CODES[Verdict.INVALID]


class ResidueError(FaultError):
    """A fault could not be healed: something is still broken."""

    exit_code = EXIT_RESIDUE


class InternalError(TfbenchError):
    """A bug in tfbench."""


def _shown(file: Path) -> str:
    """The path as a reader would type it: relative when it lies under the working directory."""
    try:
        return str(file.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(file)
