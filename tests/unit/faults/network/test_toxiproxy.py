"""Toxics through Toxiproxy's API: a small server in its place, with the real one's answers and its known hang."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from network_doubles import ContainerDouble, StackDouble
from tfbench.errors import FaultError
from tfbench.faults import toxiproxy
from tfbench.faults.bandwidth import Bandwidth
from tfbench.faults.latency import Latency
from tfbench.faults.registry import FAULTS
from tfbench.faults.reset import Reset
from tfbench.model import FaultSpec
from tfbench.platforms.links import environment

LINK = "app3 -> middleware"


class ServerDouble:
    """Two proxies; `hangs` names what does not answer: "DELETE" until the proxy was switched off, "POST" for good."""

    def __init__(self) -> None:
        self.toxics: dict[str, dict[str, dict[str, Any]]] = {"app3-middleware-1": {}, "app3-middleware-2": {}}
        self.hangs: set[str] = set()
        self.switched: list[tuple[str, bool]] = []
        self.over = threading.Event()

    def answer(self, method: str, path: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET":
            return 200, {name: {"toxics": list(toxics.values())} for name, toxics in self.toxics.items()}
        if "enabled" in body:
            self.hangs.discard("DELETE")
            self.switched.append((path[1], body["enabled"]))
            return 200, {}
        toxics = self.toxics[path[1]]
        if method == "POST":
            exists = body["name"] in toxics
            return (409, {}) if exists else (200, toxics.setdefault(body["name"], body))
        return (204, None) if toxics.pop(path[3], None) else (404, {})


@pytest.fixture
def server() -> Iterator[tuple[ServerDouble, int]]:
    double = ServerDouble()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            if self.command in double.hangs and not (self.command == "DELETE" and "enabled" in body):
                double.over.wait(60)
                return
            status, answer = double.answer(self.command, self.path.strip("/").split("/"), body)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = handle_one

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.005,), daemon=True)
        thread.start()
        yield double, http.server_port
        double.over.set()
        http.shutdown()
        thread.join()


def measured(container: str, command: list[str]) -> str:
    return json.dumps({place: {"seen": "answer", "ms": 3.0} for place in command if "@" in place})


@pytest.fixture
def stack(server: tuple[ServerDouble, int], monkeypatch: pytest.MonkeyPatch) -> StackDouble:
    monkeypatch.setattr(toxiproxy, "CALL_TIMEOUT_S", 0.5)
    proxies = environment((LINK,))["LINK_PROXIES"]
    services = [
        ContainerDouble("app3-1", "app3", "10.0.0.1"),
        ContainerDouble("middleware-1", "middleware", "10.0.0.2"),
        ContainerDouble("middleware-2", "middleware", "10.0.0.3"),
        ContainerDouble("toxiproxy", "toxiproxy", "10.0.0.4", (f"PROXIES={proxies}", "LOG_LEVEL=warn")),
    ]
    return StackDouble(services, measured, api_port=server[1])


SPEC = FaultSpec("slow", "latency", LINK, ("link-slow",), parameters={"latency_ms": 200.4, "jitter_ms": 20})


def test_each_proxy_of_the_link_gets_the_toxic_each_way_and_loses_it_twice(
    stack: StackDouble, server: tuple[ServerDouble, int]
) -> None:
    undo = Latency().arm(SPEC, stack)  # type: ignore[arg-type]
    assert server[0].toxics == {"app3-middleware-1": {}, "app3-middleware-2": {}}, "arming touches nothing"
    for _ in range(2):
        Latency().inject(undo, stack)  # type: ignore[arg-type]
    names = {f"tfbench-slow-latency-{stream}" for stream in ("upstream", "downstream")}
    assert all(set(toxics) == names for toxics in server[0].toxics.values())
    one = server[0].toxics["app3-middleware-2"]["tfbench-slow-latency-upstream"]
    assert (one["type"], one["stream"], one["attributes"]) == ("latency", "upstream", {"latency": 200, "jitter": 20})
    assert len(Latency().residue(undo, stack)) == 2  # type: ignore[arg-type]
    for _ in range(2):
        Latency().heal(undo, stack)  # type: ignore[arg-type]
        assert Latency().residue(undo, stack) == []  # type: ignore[arg-type]
    assert server[0].switched == [], "a removal that works ends no connection"


def test_toxics_of_others_stay(stack: StackDouble, server: tuple[ServerDouble, int]) -> None:
    undo = Latency().arm(SPEC, stack)  # type: ignore[arg-type]
    server[0].toxics["app3-middleware-1"]["tfbench-slow-2-latency-upstream"] = {
        "name": "tfbench-slow-2-latency-upstream"
    }
    Latency().heal(undo, stack)  # type: ignore[arg-type]
    assert Latency().residue(undo, stack) == []  # type: ignore[arg-type]
    assert list(server[0].toxics["app3-middleware-1"]) == ["tfbench-slow-2-latency-upstream"]


def test_a_removal_that_hangs_ends_when_the_proxy_is_switched_off_and_on(
    stack: StackDouble, server: tuple[ServerDouble, int]
) -> None:
    undo = Latency().arm(SPEC, stack)  # type: ignore[arg-type]
    Latency().inject(undo, stack)  # type: ignore[arg-type]
    server[0].hangs.add("DELETE")
    Latency().heal(undo, stack)  # type: ignore[arg-type]
    assert Latency().residue(undo, stack) == []  # type: ignore[arg-type]
    assert server[0].switched == [("app3-middleware-1", False), ("app3-middleware-1", True)]
    assert stack.container("toxiproxy").restarts == 0


def test_a_server_that_hangs_altogether_is_restarted(
    stack: StackDouble, server: tuple[ServerDouble, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    undo = Latency().arm(SPEC, stack)  # type: ignore[arg-type]
    server[0].hangs |= {"DELETE", "POST", "GET"}
    monkeypatch.setattr(toxiproxy, "CALL_TIMEOUT_S", 0.05)  # nothing is going to answer
    Latency().heal(undo, stack)  # type: ignore[arg-type]
    assert stack.container("toxiproxy").restarts == 1
    (line,) = Latency().residue(undo, stack)  # type: ignore[arg-type]
    assert "does not say what toxics it has" in line


def test_a_server_that_is_gone_has_no_toxics_and_takes_none(stack: StackDouble) -> None:
    undo = Latency().arm(SPEC, stack)  # type: ignore[arg-type]
    stack.container("toxiproxy").status = "exited"
    Latency().heal(undo, stack)  # type: ignore[arg-type]
    assert Latency().residue(undo, stack) == []  # type: ignore[arg-type]
    with pytest.raises(FaultError, match="toxiproxy is not running"):
        Latency().inject(undo, stack)  # type: ignore[arg-type]


def test_a_server_that_refuses_is_a_fault_that_cannot_be_injected(
    stack: StackDouble, server: tuple[ServerDouble, int]
) -> None:
    undo = Latency().arm(SPEC, stack)  # type: ignore[arg-type]
    server[0].hangs.add("POST")
    with pytest.raises(FaultError, match="did not take tfbench-slow-latency-upstream"):
        Latency().inject(undo, stack)  # type: ignore[arg-type]


def test_a_link_that_does_not_work_before_the_fault_is_not_disturbed(stack: StackDouble) -> None:
    stack.printer = lambda container, command: json.dumps({"http@toxiproxy:21001": {"seen": "refused", "ms": 0.2}})
    with pytest.raises(FaultError, match="app3-1 -> http@toxiproxy:21001 does not work before the fault: refused"):
        Latency().arm(SPEC, stack)  # type: ignore[arg-type]


def test_a_direct_link_cannot_be_disturbed(stack: StackDouble) -> None:
    stack.services.pop()
    with pytest.raises(FaultError, match="does not go through Toxiproxy"):
        Latency().arm(SPEC, stack)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate_kb_per_s", "size"), [(50, "50000"), (1, "2000"), (1_000_000, "1000000")], ids=["a second", "least", "most"]
)
def test_bandwidth_is_measured_with_bytes_that_take_about_a_second(rate_kb_per_s: float, size: str) -> None:
    assert Bandwidth().measurement({"rate_kb_per_s": rate_kb_per_s}) == ["bulk", "--bytes", size]
    assert Bandwidth().toxic({"rate_kb_per_s": rate_kb_per_s}) == ("bandwidth", {"rate": rate_kb_per_s})


def test_reset_is_toxiproxy_s_reset_peer() -> None:
    assert Reset().toxic({"after_ms": 150.0}) == ("reset_peer", {"timeout": 150})


def test_the_faults_are_registered() -> None:
    assert {"partition", "latency", "bandwidth", "reset"} <= set(FAULTS)
