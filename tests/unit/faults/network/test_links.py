"""Every link that faults may slow down has its proxies; `tests/integration/faults` asks Compose where it leads."""

import json

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
