"""The dead letters as a broker's API tells them: app2's reason, the broker's own, and whatever else lies there."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from tfbench.rundata import STORES
from tfbench.stores import dead_letters

EVENT = json.dumps({"version": 1, "orden_id": "orden-1"})


def message(properties: Any, payload: str = EVENT, left: int = 0) -> dict[str, Any]:
    return {"properties": properties, "payload": payload, "payload_encoding": "string", "message_count": left}


BY_APP2 = message({"message_id": "m1", "headers": {"orden_id": "orden-1", "motivo": "total: must be positive"}})
DEATH = {"reason": "delivery_limit", "count": 1, "time": 1_800_000_000, "queue": "emision.ordenes"}
BY_BROKER = message({"message_id": "m2", "headers": {"x-death": [DEATH], "x-first-death-reason": "delivery_limit"}})
NO_EVENT = message([], payload="\x00 not json")
NO_OBJECT = message({"message_id": "m4", "headers": {}}, payload="[7]")

Asked = list[tuple[str, dict[str, Any]]]


@contextmanager
def broker(status: int, answer: Any) -> Iterator[tuple[dict[str, dict[int, int]], Asked]]:
    """An API that gives one answer to everything; the ports to reach it, and what it was asked."""
    asked: Asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield {"rabbitmq": {15672: server.server_port}}, asked
        finally:
            server.shutdown()
            thread.join()


def test_each_message_tells_its_reason() -> None:
    with broker(200, [BY_APP2, BY_BROKER]) as (ports, _):
        first, second = dead_letters(ports)
    assert first == {"mensaje_id": "m1", "orden_id": "orden-1", "motivo": "total: must be positive",
                     "muerto_en": None, "intentos": None}  # fmt: skip
    assert second == {"mensaje_id": "m2", "orden_id": "orden-1", "motivo": "delivery_limit",
                      "muerto_en": 1_800_000_000, "intentos": None}  # fmt: skip
    assert set(first) == set(STORES["dead_letters"])


def test_what_is_no_event_is_a_dead_letter_without_a_reason() -> None:
    with broker(200, [NO_EVENT, NO_OBJECT]) as (ports, _):
        found = dead_letters(ports)
    assert [(row["mensaje_id"], row["orden_id"], row["motivo"]) for row in found] == [
        (None, None, None),
        ("m4", None, None),
    ]


def test_they_are_put_back() -> None:
    with broker(200, []) as (ports, asked):
        assert dead_letters(ports) == []
    ((path, body),) = asked
    assert path == "/api/queues/%2F/emision.ordenes.muertas/get"
    assert body["ackmode"] == "ack_requeue_true"


FAILURES: list[tuple[str, int, Any, Callable[[], Any]]] = [
    ("an API that refuses", 401, {"error": "not_authorised"}, lambda: pytest.raises(requests.HTTPError)),
    ("more than are read", 200, [BY_APP2, message({}, left=3)], lambda: pytest.raises(ValueError, match="more than")),
]


@pytest.mark.parametrize(("status", "answer", "raises"), [case[1:] for case in FAILURES], ids=[c[0] for c in FAILURES])
def test_what_could_not_be_read_whole_is_an_error(status: int, answer: Any, raises: Callable[[], Any]) -> None:
    with broker(status, answer) as (ports, _), raises():
        dead_letters(ports)
