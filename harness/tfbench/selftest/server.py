"""`python -m tfbench.selftest.server PLAN`: answers every GET with `ok`, unless it was told to be ill.

    stdin    {"do": "freeze" | "fail" | "slow", "for_s": 1.2, "slow_s": 0.5}      one command a line
    stdout   {"event": "ready", "port"}  {"event": "begin" | "end", "do", "t"}    as it truly happened
             {"event": "sent", "failed": {path: n}, "served": {path: n}}          at the end of stdin

PLAN is JSON: `clock_offset`; `seed`; `fail` and `slow`, shares of a path's requests that fail or take `slow_s`. Which
of them do depends on the seed and their number alone, so the same load meets the same failures on any machine.

A freeze is a freeze of the process: nothing is accepted, read or answered; connections stay open.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfbench.clock import Clock
from tfbench.load.priority import go_first

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
_FAILED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno"
_BACKLOG = 4096  # whoever calls while it is frozen waits, and is not refused


class Patient:
    """What the server is like now, and what it did so far."""

    def __init__(self, plan: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
        self._clock = Clock(plan["clock_offset"])
        self._fail: dict[str, float] = plan.get("fail", {})
        self._slow: dict[str, float] = plan.get("slow", {})
        self._slow_s: float = plan.get("slow_s", 0.0)
        self._seed = plan["seed"]
        self._draws: dict[str, random.Random] = {}
        self._illness: dict[str, Any] = {"do": "none"}
        self._say = say
        self.served: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def answer(self, path: str) -> tuple[bytes, float]:
        """What to answer, and after how many seconds."""
        draw = self._draw(path).random()  # also while ill: the numbers that follow stay the same
        fails = self._illness["do"] == "fail" or draw < self._fail.get(path, 0.0)
        self.served[path] += 1
        self.failed[path] += fails
        if self._illness["do"] == "slow":
            return _OK, self._illness["slow_s"]
        slow = draw >= 1 - self._slow.get(path, 0.0)  # the other end of the draw: no request is both
        return _FAILED if fails else _OK, self._slow_s if slow else 0.0

    def obey(self, command: dict[str, Any]) -> None:
        """Fall ill at once, and get well by itself."""
        self._say({"event": "begin", "do": command["do"], "t": self._clock.now()})
        if command["do"] == "freeze":
            time.sleep(command["for_s"])
            self._recover(command)
        else:
            self._illness = command
            asyncio.get_running_loop().call_later(command["for_s"], self._recover, command)

    def _recover(self, command: dict[str, Any]) -> None:
        self._illness = {"do": "none"}
        self._say({"event": "end", "do": command["do"], "t": self._clock.now()})

    def _draw(self, path: str) -> random.Random:
        if path not in self._draws:
            self._draws[path] = random.Random(f"{self._seed}/{path}")
        return self._draws[path]


class Conversation(asyncio.Protocol):
    """One keep-alive connection; requests without a body, one at a time."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            request, self._received = self._received[:end], self._received[end + 4 :]
            reply, wait_s = self._patient.answer(request.split(b" ", 2)[1].decode("ascii"))
            if wait_s:
                asyncio.get_running_loop().call_later(wait_s, self._transport.write, reply)
            else:
                self._transport.write(reply)


async def serve(patient: Patient, say: Callable[[dict[str, Any]], None]) -> None:
    """Serve on a free port until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(patient), "127.0.0.1", 0, backlog=_BACKLOG)
    say({"event": "ready", "port": server.sockets[0].getsockname()[1]})
    over = asyncio.Event()
    received = b""

    def read_commands() -> None:
        nonlocal received
        data = os.read(0, 65536)
        if not data:
            loop.remove_reader(0)
            over.set()
        *lines, received = (received + data).split(b"\n")
        for line in lines:
            patient.obey(json.loads(line))

    loop.add_reader(0, read_commands)
    await over.wait()
    say({"event": "sent", "failed": patient.failed, "served": patient.served})


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the selftest's, which closes our stdin
    go_first()  # the patient must be ill of nothing but what it was given
    say: Callable[[dict[str, Any]], None] = lambda event: print(json.dumps(event), flush=True)  # noqa: E731
    asyncio.run(serve(Patient(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), say), say))


if __name__ == "__main__":
    main()
