"""Every link that faults may slow down has its proxies, and the compose file leads there only when asked."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from network_doubles import ROOT
from tfbench import catalog
from tfbench.platforms.links import (
    PROXIES,
    PROXIES_VARIABLE,
    SERVICE,
    arguments,
    environment,
    protocol_of,
    proxies_from,
)

COMPOSE = Path(sys.prefix) / "bin" / "docker-compose"
COMPOSE_FILE = ROOT / "compose" / "compose.yaml"


def test_every_link_that_may_be_proxied_has_a_proxy_and_no_two_share_a_name_or_port() -> None:
    assert {proxy.link for proxy in PROXIES} == set(catalog.PROXIED_LINKS)
    assert len({proxy.name for proxy in PROXIES}) == len({proxy.port for proxy in PROXIES}) == len(PROXIES)
    assert all(protocol_of(proxy.link.split(" -> ")[1]) in ("http", "mysql", "amqp", "smtp") for proxy in PROXIES)


def test_only_the_links_asked_for_are_configured() -> None:
    chosen = environment(("app2 -> correo",))
    assert chosen["LINK_APP2_CORREO_HOST"] == SERVICE
    assert json.loads(chosen[PROXIES_VARIABLE]) == [
        {"name": "app2-correo", "listen": "0.0.0.0:21011", "upstream": "correo:2525", "enabled": True}
    ]
    assert [proxy.link for proxy in proxies_from(chosen[PROXIES_VARIABLE])] == ["app2 -> correo"]


def test_without_links_nothing_changes() -> None:
    assert environment(()) == {PROXIES_VARIABLE: "[]"}
    assert arguments(()) == ()


@cache
def composed(links: tuple[str, ...]) -> dict[str, Any]:
    """The services as Compose reads them, to be read, not changed."""
    tags = {f"TAG_{folder.name.upper().replace('-', '_')}": "x" for folder in (ROOT / "compose" / "images").iterdir()}
    done = subprocess.run(
        [COMPOSE, "--file", COMPOSE_FILE, *arguments(links), "config", "--format", "json"],
        env={**os.environ, **tags, "TFBENCH_SESSION_KEY": "x", **environment(links)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    services: dict[str, Any] = json.loads(done.stdout)["services"]
    return services


def addresses(services: dict[str, Any], link: str) -> str:
    """The environment of every service at the first end of a link, as one text."""
    role = link.split(" -> ")[0]
    return "\n".join(
        f"{name}={value}"
        for service in services.values()
        if service["labels"]["tfbench.role"] == role
        for name, value in service["environment"].items()
    )


@pytest.mark.parametrize("link", catalog.PROXIED_LINKS)
def test_services_go_through_the_proxies_of_the_links_asked_for(link: str) -> None:
    direct, proxied = composed(()), composed((link,))
    assert SERVICE not in direct
    assert json.loads(proxied[SERVICE]["environment"]["PROXIES"]) == json.loads(environment((link,))[PROXIES_VARIABLE])
    for proxy in PROXIES:
        role, host = proxy.link.split(" -> ")[0], proxy.upstream.split(":")[0]
        seen = addresses(proxied, proxy.link)
        assert host in addresses(direct, proxy.link), f"{role} goes to {proxy.upstream} directly"
        assert (str(proxy.port) in seen) is (proxy.link == link), f"{proxy.name} is asked for"


def test_no_service_leaves_out_the_proxy_of_its_link() -> None:
    every = composed(tuple(catalog.PROXIED_LINKS))
    for proxy in PROXIES:
        seen = addresses(every, proxy.link)
        assert proxy.upstream not in seen, f"{proxy.link} still goes to {proxy.upstream} directly"
