"""Partition: packets between the two ends of a link are dropped or rejected, by rules in the ends' own namespaces.

    first end   OUTPUT -d second   INPUT -s second        forth: sent by the first end
    second end  INPUT -s first     OUTPUT -d first        back:  sent by the second end

Rules stand first in their chains, so they cut established connections too; they name the peers' addresses, so that
the ends still reach everybody else, and the bench reaches them. A link that goes through Toxiproxy is cut before it.
`reject` tells the sender at once (TCP reset); a peer whose own packets pass, but whose answers are lost, waits.
"""

import contextlib
from collections.abc import Callable
from typing import Any, ClassVar

from docker.models.containers import Container

from tfbench.errors import FaultError
from tfbench.faults.base import Undo
from tfbench.faults.netns import Helpers, Job, helper_image
from tfbench.faults.toxiproxy import proxies_in
from tfbench.model import FaultSpec
from tfbench.platforms.links import SERVICE, port_of
from tfbench.platforms.resolve import resolve_link
from tfbench.platforms.stack import Stack, service_of

# The reset that a REJECT in OUTPUT makes comes back over the loopback, in the peer's name: it has to get in.
FROM_OUTSIDE = "! -i lo -s"
VERDICTS = {"drop": "-j DROP", "reject": "-p tcp -j REJECT --reject-with tcp-reset"}


class Partition:
    """Cut the link now, join it later."""

    type: ClassVar[str] = "partition"

    def arm(self, spec: FaultSpec, stack: Stack) -> Undo:
        first, second, ports = _ends(spec.target, stack)
        details: dict[str, Any] = {
            **spec.parameters,
            "image": helper_image(stack),
            "rules": _rules_of_each(spec, first, second, ports),
            "sources": {service_of(container): str(container.id) for container in first},
            "addresses": {service_of(container): addresses_of(container) for container in second},
            "ports": ports or [port_of(spec.target.split(" -> ")[1])],
        }
        Helpers(stack, details["image"], spec.id).clear()
        containers = {service_of(container): str(container.id) for container in (*first, *second)}
        return Undo(spec.id, self.type, spec.target, containers, details)

    def inject(self, undo: Undo, stack: Stack) -> None:
        printed = _in_each_end(undo, stack, lambda service: ("set", undo.fault, *undo.details["rules"][service]))
        gone = [service for service, text in printed.items() if text is None]
        if gone:
            raise FaultError(f"cannot cut {undo.target}: {', '.join(gone)} stopped running meanwhile")

    def heal(self, undo: Undo, stack: Stack) -> None:
        Helpers(stack, undo.details["image"], undo.fault).clear()
        with contextlib.suppress(FaultError):  # residue() says what is left, and healing is tried again
            _in_each_end(undo, stack, lambda service: ("delete", undo.fault))

    def residue(self, undo: Undo, stack: Stack) -> list[str]:
        try:
            printed = _in_each_end(undo, stack, lambda service: ("list", undo.fault))
        except FaultError as error:
            return [str(error)]
        return [f"{service} still has the rule {line}" for service, text in printed.items()
                for line in (text or "").splitlines()]  # fmt: skip


def rules(peers: list[str], ports: list[int], mode: str, direction: str, *, is_first: bool) -> list[str]:
    """The rules of one end against its peers' addresses; `ports` are those of the second end, none: all of them."""
    sends, gets = ("dports", "sports") if is_first else ("sports", "dports")
    forth, back = ("OUTPUT", "INPUT") if is_first else ("INPUT", "OUTPUT")
    chains = {"both": (forth, back), "forth": (forth,), "back": (back,)}[direction]
    made = []
    for chain in chains:
        side, flag = (sends, "-d") if chain == "OUTPUT" else (gets, FROM_OUTSIDE)
        match = f" -p tcp -m multiport --{side} {','.join(map(str, ports))}" if ports else ""
        verdict = VERDICTS[mode].removeprefix("-p tcp ") if ports else VERDICTS[mode]
        made += [f"{chain} {flag} {peer}{match} {verdict}" for peer in peers]
    return made


def addresses_of(container: Container) -> list[str]:
    """A container's addresses, one a network."""
    networks: dict[str, Any] = container.attrs["NetworkSettings"]["Networks"]
    return [str(network["IPAddress"]) for network in networks.values() if network["IPAddress"]]


def _ends(target: str, stack: Stack) -> tuple[list[Container], list[Container], list[int]]:
    """The containers to put apart, and the ports at the second end; none: the whole of it."""
    first, second = resolve_link(target, stack)
    proxies = proxies_in(target, stack)
    return (first, [stack.container(SERVICE)], [proxy.port for proxy in proxies]) if proxies else (first, second, [])


def _rules_of_each(
    spec: FaultSpec, first: list[Container], second: list[Container], ports: list[int]
) -> dict[str, list[str]]:
    mode, direction = str(spec.parameters["mode"]), str(spec.parameters["direction"])
    made = {}
    for ends, others, is_first in ((first, second, True), (second, first, False)):
        peers = [address for container in others for address in addresses_of(container)]
        for container in ends:
            made[service_of(container)] = rules(peers, ports, mode, direction, is_first=is_first)
    return made


def _in_each_end(undo: Undo, stack: Stack, arguments: Callable[[str], tuple[str, ...]]) -> dict[str, str | None]:
    """rules.sh in the namespace of every end at once."""
    jobs = {
        service: Job(identity, ("sh", "/opt/rules.sh", *arguments(service)))
        for service, identity in undo.containers.items()
    }
    return Helpers(stack, undo.details["image"], undo.fault).run_all(jobs)
