"""Ways to damage a file, drawn by hypothesis, and the command line run in this process over what is left.

bytes flipped, lines removed or said twice, a value of another type, huge numbers, odd text, the end cut off
"""

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from hypothesis import strategies as st
from tfbench.cli import main

# The sweep that finds new ways to fail takes minutes; what is found becomes an example of its own.
SWEEP = int(os.environ.get("TFBENCH_SWEEP", "0"))

VALUES = [
    *(b"null", b"true", b"[]", b"{}", b'""', b'"x"', b"-1", b"0", b"NaN", b"1e999", b"-1e308", b"9" * 30, b"9" * 5000),
    *(b"[" * 2000, b'{"a": [1, {"b": null}]}', b"0.5", b"1e18", b"~", b"&a *a", b"!!binary x", b'"\\ud800"'),
]
ODD = [
    *(
        "\u202e",
        "\u0000",
        "\u2028",
        "é" * 3,
        "\U0001f39f",
        "\ufeff",
        "e\u0301",
        "%s{}",
        "[red]",
        "'; --",
        "\t",
        "../..",
    ),
    *("\x1b[31m", "---\n", "- ", ": ", "#", "|\n", "'", '"', "{", "]"),
]
_VALUE = re.compile(rb"(?<=[:\[,] )[^\s,\[\]{}][^,\n\]}]*|(?<=[:\[,])[-0-9.]+|\"[^\"\n]*\"")

Damage = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def flipped(position: float, byte: int) -> Damage:
    def damage(data: bytes) -> bytes:
        at = int(position * (len(data) - 1))
        return data[:at] + bytes([data[at] ^ byte]) + data[at + 1 :] if data else data

    return damage


def cut(position: float) -> Damage:
    return lambda data: data[: int(position * len(data))]


def inserted(position: float, text: bytes) -> Damage:
    return lambda data: data[: int(position * len(data))] + text + data[int(position * len(data)) :]


def lines(position: float, count: int, times: int) -> Damage:
    """Some lines removed (0 times) or repeated."""

    def damage(data: bytes) -> bytes:
        parts = data.splitlines(keepends=True)
        at = int(position * len(parts))
        return b"".join([*parts[:at], *parts[at : at + count] * times, *parts[at + count :]])

    return damage


def revalued(position: float, value: bytes) -> Damage:
    """One value of a text file is another one."""

    def damage(data: bytes) -> bytes:
        found = list(_VALUE.finditer(data))
        if not found:
            return value
        match = found[int(position * (len(found) - 1))]
        return data[: match.start()] + value + data[match.end() :]

    return damage


_PLACES = st.floats(0, 1)
_ODD = st.sampled_from(ODD).map(str.encode)
BINARY: st.SearchStrategy[Damage] = st.one_of(
    st.builds(flipped, _PLACES, st.integers(1, 255)),
    st.builds(cut, _PLACES),
    st.builds(inserted, _PLACES, st.binary(min_size=1, max_size=8)),
)
TEXT: st.SearchStrategy[Damage] = st.one_of(
    st.builds(revalued, _PLACES, st.sampled_from(VALUES)),
    st.builds(lines, _PLACES, st.integers(1, 30), st.sampled_from([0, 0, 2])),
    st.builds(inserted, _PLACES, _ODD),
    BINARY,
)


def tfbench(*arguments: str) -> Ended:
    """The command line, whole, as a terminal has it."""
    out, err = io.StringIO(), io.StringIO()
    code: int | str | None = 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(sys, "argv", ["tfbench", *arguments]),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int | None)
    return Ended(code or 0, out.getvalue(), err.getvalue())


def state_of(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, to see that nothing was written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_told(ended: Ended) -> None:
    """It ended in a way that the manual knows, and showed nobody a traceback."""
    assert ended.code in (0, 1, 2, 130, 254), ended
    assert "Traceback" not in ended.err, ended
    if ended.code == 254:
        assert ended.err.startswith("tfbench: "), ended
