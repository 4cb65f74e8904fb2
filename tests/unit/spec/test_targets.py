"""What a fault may be aimed at."""

import re

import pytest
from tfbench import catalog
from tfbench.targets import Link, Role, allowed_for, parse_target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("app2", Role("app2", "all")),
        ("app3:one", Role("app3", "one")),
        ("postgres:primary", Role("postgres", "primary")),
        ("mariadb:replica", Role("mariadb", "replica")),
        ("middleware -> rabbitmq", Link("middleware", "rabbitmq")),
        ("app1->postgres", Link("app1", "postgres")),
    ],
)
def test_roles_and_links_are_read(text: str, target: Role | Link) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oracle", 'no role "oracle"'),
        ("app2:primary", 'app2 has no selector "primary"; it has: one, all'),
        ("postgres:replica", "it has: one, all, primary, standby"),
        ("postgres:", "postgres has no selector"),
        ("rabbitmq -> app1", 'no link "rabbitmq -> app1"'),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_target(text)


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("kill", "app1 -> postgres", "needs a role"),
        ("partition", "app1", "needs a link"),
        ("memory-alarm", "postgres", "works on rabbitmq only"),
        ("latency", "app1 -> postgres", "works on app3 -> middleware"),
    ],
)
def test_a_fault_is_not_aimed_at_what_it_cannot_break(kind: str, target: str, said: str) -> None:
    assert said in (allowed_for(catalog.FAULT_TYPES[kind], parse_target(target)) or "allowed")


def test_every_proxied_link_is_a_link() -> None:
    assert set(catalog.PROXIED_LINKS) <= set(catalog.LINKS)
