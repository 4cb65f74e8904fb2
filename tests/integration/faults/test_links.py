"""The compose file, as Compose itself reads it, leads through the proxies of the links asked for, and of no others."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tfbench import catalog
from tfbench.platforms.links import PROXIES, PROXIES_VARIABLE, SERVICE, arguments, environment

ROOT = Path(__file__).parents[3]
COMPOSE = Path(sys.prefix) / "bin" / "docker-compose"
COMPOSE_FILE = ROOT / "compose" / "compose.yaml"


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
