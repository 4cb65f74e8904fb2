"""What the measuring program sees of sockets on this machine: an answer, a refusal, a reset, silence."""

import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[3] / "compose" / "images" / "caos" / "measure.py"
RST_ON_CLOSE = struct.pack("ii", 1, 0)


def measured(*arguments: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=True, timeout=120
    )
    answer: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answer


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that has one talk with each client; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client, contextlib.suppress(ConnectionError):
                    talk(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def greet(client: socket.socket) -> None:
    client.sendall(b"220 hello\r\n")
    client.recv(1)


def answer_http(client: socket.socket) -> None:
    if client.recv(1000).startswith(b"GET /"):
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 4000)


def reset_it(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)


def stay_silent(client: socket.socket) -> None:
    while client.recv(1000):
        pass


@pytest.fixture
def refusing() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_connections_come_about_or_are_refused(refusing: str) -> None:
    with server(stay_silent) as open_one:
        seen = measured("connect", open_one, refusing)
    assert {place: result["seen"] for place, result in seen.items()} == {open_one: "connected", refusing: "refused"}
    assert all(result["ms"] >= 0 for result in seen.values())


def test_greetings_are_waited_for_and_questions_are_asked() -> None:
    with ExitStack() as servers:
        smtp, http = (servers.enter_context(server(talk)) for talk in (greet, answer_http))
        seen = measured("first-byte", "--tries", "3", f"smtp@{smtp}", f"mysql@{smtp}", f"http@{http}")
    assert [result["seen"] for result in seen.values()] == ["answer"] * 3


@pytest.mark.parametrize(
    ("talk", "measure", "word"),
    [
        (reset_it, "first-byte", "reset"),
        (reset_it, "ending", "reset"),
        (stay_silent, "first-byte", "timeout"),
        (stay_silent, "ending", "timeout"),
        (answer_http, "ending", "closed"),
    ],
)
def test_how_a_connection_ends_has_its_word(talk: Callable[[socket.socket], None], measure: str, word: str) -> None:
    with server(talk) as address:
        (result,) = measured(measure, "--wait", "0.5", f"http@{address}").values()
    assert result["seen"] == word


def test_a_bulk_counts_bytes_and_gives_up_when_none_come(refusing: str) -> None:
    with server(answer_http) as http:
        seen = measured("bulk", "--bytes", "10000", f"http@{http}", f"smtp@{refusing}")
    assert seen[f"http@{http}"]["seen"] == "bulk"
    assert seen[f"http@{http}"]["bytes"] >= 10_000
    assert seen[f"smtp@{refusing}"]["seen"] == "refused"
