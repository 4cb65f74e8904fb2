"""Faults in a Toxiproxy that stands in the link: toxics, by name, in each proxy and each direction.

    arm     measure the link as it is; name the toxics
    inject  add them            POST   /proxies/app2-mariadb/toxics  {"name": "tfbench-<fault>-latency-upstream", ...}
    heal    remove them         DELETE /proxies/app2-mariadb/toxics/tfbench-<fault>-latency-upstream

Toxics live in the server's memory: one that was restarted has none, and its proxies back. Removing a toxic can hang,
with the proxy, while data flows (the server waits for each connection's pipeline with a lock held): after a deadline
the proxy is switched off and on, which ends its connections; when that hangs as well, the container is restarted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import requests

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.netns import Helpers, helper_image
from tfbench.model import FaultSpec
from tfbench.platforms.links import SERVICE, Proxy, proxies_from
from tfbench.platforms.resolve import resolve_link
from tfbench.platforms.servers import HOST
from tfbench.platforms.stack import Stack, service_of

API_PORT = 8474
CALL_TIMEOUT_S = 3.0
DIRECTIONS = ("upstream", "downstream")
BEFORE_TRIES = 3
ABSENT, EXISTS = 404, 409


@dataclass(frozen=True, slots=True)
class Toxic:
    """One toxic of a fault, in one direction of one proxy."""

    proxy: str
    name: str
    type: str
    stream: str
    attributes: dict[str, float]


class Toxiproxy:
    """The server's HTTP API. Every call has a deadline; it raises `requests` errors."""

    def __init__(self, base: str) -> None:
        self._base = base

    @classmethod
    def of(cls, stack: Stack) -> "Toxiproxy | None":
        """The one of this stack; None when there is none, or it is not running."""
        if stack.states().get(SERVICE) != "running":
            return None
        return cls(f"http://{HOST}:{stack.ports()[SERVICE][API_PORT]}")

    def add(self, toxic: Toxic) -> None:
        body = {key: value for key, value in asdict(toxic).items() if key != "proxy"}
        self._call("POST", f"/proxies/{toxic.proxy}/toxics", body, fine=EXISTS)

    def remove(self, toxic: Toxic) -> None:
        self._call("DELETE", f"/proxies/{toxic.proxy}/toxics/{toxic.name}", fine=ABSENT)

    def names(self) -> set[str]:
        """The toxics there are, in all proxies."""
        proxies = self._call("GET", "/proxies").json()
        return {toxic["name"] for proxy in proxies.values() for toxic in proxy["toxics"]}

    def bounce(self, proxy: str) -> None:
        """Off and on: every connection of the proxy ends."""
        for enabled in (False, True):
            self._call("POST", f"/proxies/{proxy}", {"enabled": enabled})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, fine: int = 0) -> requests.Response:
        answer = requests.request(method, self._base + path, json=body, timeout=CALL_TIMEOUT_S)
        if answer.status_code != fine:
            answer.raise_for_status()
        return answer


class ToxicFault:
    """What latency, bandwidth and reset share: they differ in their toxic, and in what is measured before it."""

    type: ClassVar[str]

    def toxic(self, parameters: Mapping[str, float | str]) -> tuple[str, dict[str, float]]:
        """Toxiproxy's own name for it, and its attributes."""
        raise NotImplementedError

    def measurement(self, parameters: Mapping[str, float | str]) -> list[str]:
        """What measure.py is asked about the link, before and during."""
        return ["first-byte"]

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        proxies = proxies_in(spec.target, stack)
        if not proxies:
            raise FaultError(f"{spec.target} does not go through Toxiproxy in this stack: it was started without it")
        first, second = resolve_link(spec.target, stack)
        sources = {service_of(container): str(container.id) for container in first}
        ends = (*first, *second, stack.container(SERVICE))
        details: dict[str, Any] = {
            "parameters": dict(spec.parameters),
            "image": helper_image(stack),
            "sources": sources,
            "measure": self.measurement(spec.parameters),
            "places": [f"{proxy.protocol}@{proxy.address}" for proxy in proxies],
            "toxics": [asdict(toxic) for toxic in self._toxics(spec, proxies)],
        }
        details["before"] = _before(spec, details, Helpers(stack, details["image"], spec.id))
        return Undo(spec.id, self.type, spec.target, {service_of(c): str(c.id) for c in ends}, details)

    def inject(self, undo: Undo, stack: Stack) -> None:
        api = Toxiproxy.of(stack)
        if api is None:
            raise FaultError(f"{SERVICE} is not running: {undo.target} cannot be disturbed (tfbench status)")
        for toxic in _recorded(undo):
            try:
                api.add(toxic)
            except requests.RequestException as error:
                raise FaultError(f"{SERVICE} did not take {toxic.name} in {toxic.proxy}: {error}") from error

    def heal(self, undo: Undo, stack: Stack) -> None:
        Helpers(stack, undo.details["image"], undo.fault).clear()
        api = Toxiproxy.of(stack)
        if api is None:
            return
        try:
            _remove_or_bounce(api, _recorded(undo))
        except requests.Timeout:
            stack.container(SERVICE).restart(timeout=0)
        except requests.RequestException:
            return  # it is starting, or refuses: residue() says what it sees, and healing is tried again

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        api = Toxiproxy.of(stack)
        if api is None:
            return []
        try:
            left = api.names() & {toxic.name for toxic in _recorded(undo)}
        except requests.RequestException as error:
            return [f"{SERVICE} does not say what toxics it has: {error}"]
        return [f"{SERVICE} still has the toxic {name}" for name in sorted(left)]

    def _toxics(self, spec: FaultSpec, proxies: tuple[Proxy, ...]) -> list[Toxic]:
        kind, attributes = self.toxic(spec.parameters)
        return [
            Toxic(proxy.name, f"tfbench-{spec.id}-{kind}-{stream}", kind, stream, attributes)
            for proxy in proxies
            for stream in DIRECTIONS
        ]


def proxies_in(link: str, stack: Stack) -> tuple[Proxy, ...]:
    """The proxies that this link goes through in the stack as it runs; none: the link is direct."""
    for container in stack.all_containers():
        if service_of(container) == SERVICE:
            variables = dict(line.split("=", 1) for line in container.attrs["Config"]["Env"])
            return tuple(proxy for proxy in proxies_from(variables["PROXIES"]) if proxy.link == link)
    return ()


def _before(spec: FaultSpec, details: Mapping[str, Any], helpers: Helpers) -> dict[str, Any]:
    """The link as it is: what the fault is compared with, so it has to work."""
    helpers.clear()
    arguments = (*details["measure"], "--tries", str(BEFORE_TRIES), *details["places"])
    before = helpers.measure(details["sources"], *arguments)
    if before is None:
        raise FaultError(f"cannot measure {spec.target} before the fault: {', '.join(details['sources'])} not running")
    for service, seen in before.items():
        for place, result in seen.items():
            if result["seen"] not in ("answer", "bulk"):
                raise FaultError(f"{service} -> {place} does not work before the fault: {result['seen']}")
    return before


def _remove_or_bounce(api: Toxiproxy, toxics: list[Toxic]) -> None:
    for toxic in toxics:
        try:
            api.remove(toxic)
        except requests.Timeout:
            api.bounce(toxic.proxy)
            api.remove(toxic)


def _recorded(undo: Undo) -> list[Toxic]:
    return [Toxic(**toxic) for toxic in undo.details["toxics"]]
