"""What counts as seen: the right refusal, the right alarm, and nothing else."""

from typing import Any

import pytest
import requests
from docker.errors import APIError
from tfbench.faults import observe_stores
from tfbench.faults.base import Undo
from tfbench.faults.observe_stores import (
    disk_is_full,
    memory_alarm_raised,
    postgres_too_many,
    replication_stopped,
)


def undo(service: str, **details: Any) -> Undo:
    return Undo("f", "any", service, {service: f"id-{service}"}, details)


@pytest.mark.parametrize(
    ("text", "seen", "why"),
    [
        (
            'connection to server at "127.0.0.1", port 1 failed: FATAL:  sorry, too many clients already',
            "53300 sorry, too many clients already",
            "every place is taken",
        ),
        (
            "FATAL:  remaining connection slots are reserved for non-replication superuser connections\n",
            "53300 remaining connection slots are reserved for non-replication superuser connections",
            "every place but the superusers'",
        ),
        ('FATAL:  password authentication failed for user "ticketflow"', None, "it was let in far enough to be asked"),
        ("connection refused", None, "nobody listens: another fault"),
        ("connection timeout expired", None, "frozen: another fault"),
    ],
)
def test_a_refusal_for_the_number_of_connections_is_told_by_its_words(text: str, seen: str | None, why: str) -> None:
    assert postgres_too_many(text) == seen, why


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"status": "ok"}, None),
        ({"status": "failed", "alarms": [{"node": "rabbit@rabbitmq", "resource": "disk space"}]}, None),
        (
            {"status": "failed", "alarms": [{"node": "rabbit@rabbitmq", "resource": "memory"}]},
            "memory alarm on rabbit@rabbitmq",
        ),
        ("no JSON", None),
    ],
)
def test_only_an_alarm_of_memory_counts(
    a_stack: Any, container: Any, monkeypatch: pytest.MonkeyPatch, body: Any, seen: str | None
) -> None:
    class Answer:
        def json(self) -> Any:
            if isinstance(body, str):
                raise ValueError(body)
            return body

    monkeypatch.setattr(requests, "get", lambda *_, **__: Answer())
    stack: Any = a_stack([container("rabbitmq")])
    assert memory_alarm_raised(undo("rabbitmq"), None, stack, None) == seen  # type: ignore[arg-type]


def look_at_disk(stack: Any) -> str | None:
    record = undo("mariadb1", disks={"mariadb1": {"volume": "v", "path": "/var/lib/mysql", "image": "i"}})
    return disk_is_full(record, None, stack, None)  # type: ignore[arg-type]


def test_a_disk_is_full_when_a_write_as_the_servers_user_is_refused(
    a_stack: Any, container: Any, executed: Any
) -> None:
    said = b"dd: error writing '/var/lib/mysql/.tfbench-probe': No space left on device\n"
    stack = a_stack([container("mariadb1", answer=lambda _: executed(0, said))])
    assert look_at_disk(stack) == "mariadb1: 4096 bytes into /var/lib/mysql: No space left on device"
    (command,) = stack.services[0].commands
    assert "rm -f /var/lib/mysql/.tfbench-probe" in command[-1]


def test_a_write_that_succeeds_or_a_server_that_died_shows_nothing(a_stack: Any, container: Any, executed: Any) -> None:
    def dead(command: list[str]) -> Any:
        raise APIError("container is not running")

    assert look_at_disk(a_stack([container("mariadb1", answer=lambda _: executed(0, b""))])) is None
    assert look_at_disk(a_stack([container("mariadb1", answer=dead)])) is None


@pytest.mark.parametrize(
    ("first", "then", "is_seen", "why"),
    [
        ({"received": "0/5", "applied": "0/3", "behind": True}, {"received": "0/6", "applied": "0/3"}, True, "stuck"),
        ({"received": "0/5", "applied": "0/3", "behind": True}, {"received": "0/6", "applied": "0/5"}, False, "busy"),
        ({"received": "0/5", "applied": "0/5", "behind": False}, {"received": "0/5", "applied": "0/5"}, False, "idle"),
    ],
)
def test_a_standby_is_stopped_when_it_has_more_than_it_applies(
    a_stack: Any, container: Any, monkeypatch: pytest.MonkeyPatch, first: Any, then: Any, is_seen: bool, why: str
) -> None:
    looks = iter([[first], [then]])
    monkeypatch.setattr(observe_stores, "ask", lambda *_: next(looks))
    seen = replication_stopped(undo("postgres1", role="postgres"), None, a_stack([container("postgres1")]), None)  # type: ignore[arg-type]
    assert bool(seen) is is_seen, why


@pytest.mark.parametrize(("running", "is_seen"), [("No", True), ("Yes", False)])
def test_a_replica_says_itself_that_its_sql_thread_is_stopped(
    a_stack: Any, container: Any, monkeypatch: pytest.MonkeyPatch, running: str, is_seen: bool
) -> None:
    status = {"Slave_SQL_Running": running, "Slave_IO_Running": "Yes", "Gtid_IO_Pos": "0-1-9"}
    monkeypatch.setattr(observe_stores, "ask", lambda *_: [status])
    seen = replication_stopped(undo("mariadb2", role="mariadb"), None, a_stack([container("mariadb2")]), None)  # type: ignore[arg-type]
    assert bool(seen) is is_seen


def test_a_server_that_does_not_answer_shows_nothing(
    a_stack: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> Any:
        raise TimeoutError("no answer")

    monkeypatch.setattr(observe_stores, "ask", silent)
    stack: Any = a_stack([container("mariadb2")])
    assert replication_stopped(undo("mariadb2", role="mariadb"), None, stack, None) is None  # type: ignore[arg-type]
