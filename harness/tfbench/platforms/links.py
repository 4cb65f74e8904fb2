"""The links that can go through Toxiproxy: where each proxy listens, and which address of a service leads to it.

    compose.yaml:  mysql://...@${LINK_APP2_MARIADB:-mariadb1:3306}/emision
    direct:        app2 ------------------------------> mariadb1:3306
    asked for:     app2 -> toxiproxy:21009 (proxy app2-mariadb) -> mariadb1:3306

A link is asked for when the stack starts (`Setup.links`) and stays proxied, so that the baseline knows the detour too.
"""

import json
from dataclasses import dataclass

SERVICE = "toxiproxy"
COMPOSE_PROFILE = "links"
PROXIES_VARIABLE = "LINK_PROXIES"

# What the servers of each role speak, and where they listen; the roles not named are HTTP services.
_PROTOCOLS = {"mariadb": "mysql", "rabbitmq": "amqp", "correo": "smtp", "postgres": "postgres"}
_PORTS = {"postgres": 5432, "mariadb": 3306, "rabbitmq": 5672, "correo": 2525}


@dataclass(frozen=True, slots=True)
class Proxy:
    """One destination of a link: the service at `upstream`, reached through Toxiproxy's `port`."""

    name: str
    link: str
    upstream: str
    port: int

    @property
    def address(self) -> str:
        return f"{SERVICE}:{self.port}"

    @property
    def protocol(self) -> str:
        return protocol_of(self.link.split(" -> ")[1])

    @property
    def variables(self) -> dict[str, str]:
        """The address whole, and in two for a service that takes host and port apart."""
        name = f"LINK_{self.name.upper().replace('-', '_')}"
        return {name: self.address, f"{name}_HOST": SERVICE, f"{name}_PORT": str(self.port)}


PROXIES = (
    Proxy("app3-middleware-1", "app3 -> middleware", "middleware-1:8000", 21001),
    Proxy("app3-middleware-2", "app3 -> middleware", "middleware-2:8000", 21002),
    Proxy("middleware-app1-1", "middleware -> app1", "app1-1:8000", 21003),
    Proxy("middleware-app1-2", "middleware -> app1", "app1-2:8000", 21004),
    Proxy("middleware-app2", "middleware -> app2", "app2-api:8000", 21005),
    Proxy("middleware-mariadb-1", "middleware -> mariadb", "mariadb1:3306", 21006),
    Proxy("middleware-mariadb-2", "middleware -> mariadb", "mariadb2:3306", 21007),
    Proxy("middleware-rabbitmq", "middleware -> rabbitmq", "rabbitmq:5672", 21008),
    Proxy("app2-mariadb", "app2 -> mariadb", "mariadb1:3306", 21009),
    Proxy("app2-rabbitmq", "app2 -> rabbitmq", "rabbitmq:5672", 21010),
    Proxy("app2-correo", "app2 -> correo", "correo:2525", 21011),
)


def protocol_of(role: str) -> str:
    """What the servers of a role speak."""
    return _PROTOCOLS.get(role, "http")


def port_of(role: str) -> int:
    """The port that the servers of a role take the system's connections on."""
    return _PORTS.get(role, 8000)


def environment(links: tuple[str, ...]) -> dict[str, str]:
    """What compose.yaml is told so that these links, and no others, go through their proxies."""
    chosen = [proxy for proxy in PROXIES if proxy.link in links]
    variables = {name: value for proxy in chosen for name, value in proxy.variables.items()}
    return {**variables, PROXIES_VARIABLE: json.dumps([_configuration(proxy) for proxy in chosen])}


def arguments(links: tuple[str, ...]) -> tuple[str, ...]:
    """Compose's options for these links: without any, Toxiproxy is not started."""
    return ("--profile", COMPOSE_PROFILE) if links else ()


def proxies_from(configuration: str) -> tuple[Proxy, ...]:
    """The proxies that a Toxiproxy was started with."""
    names = {row["name"] for row in json.loads(configuration)}
    return tuple(proxy for proxy in PROXIES if proxy.name in names)


def _configuration(proxy: Proxy) -> dict[str, str | bool]:
    return {"name": proxy.name, "listen": f"0.0.0.0:{proxy.port}", "upstream": proxy.upstream, "enabled": True}
