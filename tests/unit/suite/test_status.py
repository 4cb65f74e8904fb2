"""`tfbench status`: services, who leads, dead letters; what could not be read is not "none"."""

import dataclasses
import io

import pytest
import requests
from rich.console import Console
from tfbench import status
from tfbench.platforms.probes import Health
from tfbench.status import Status

SEEN = Status(
    states={"app1-1": "running", "rabbitmq": "exited"},
    health={"app1-1": Health(True, "200"), "rabbitmq": Health(False, "refused")},
    ports={"app1-1": {8000: 18101}, "rabbitmq": {15672: 15672}},
    leader="postgres2",
    standby=None,
    dead=[{"mensaje_id": "m-1", "orden_id": None, "motivo": "json_invalido: [x]", "muerto_en": None, "intentos": 1}],
)


def shown(seen: Status) -> str:
    console = Console(file=io.StringIO(), width=160)
    for part in seen.parts():
        console.print(part)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return " ".join(str(text).split())


def test_a_service_that_is_not_well_says_what_was_seen() -> None:
    assert "rabbitmq exited NOT OK refused 15672 -> 15672" in shown(SEEN)


def test_who_leads_is_told_and_so_is_a_missing_standby() -> None:
    assert "PostgreSQL: postgres2 leads, no node is its synchronous standby" in shown(SEEN)


def test_dead_letters_are_listed_with_their_reasons() -> None:
    text = shown(SEEN)
    assert "Dead letters: 1" in text
    assert "m-1 1 json_invalido: [x]" in text


@pytest.mark.parametrize(("dead", "words"), [([], "Dead letters: none"), (None, "Dead letters: could not be read")])
def test_no_dead_letters_and_not_knowing_are_told_apart(dead: list[dict[str, object]] | None, words: str) -> None:
    assert words in shown(dataclasses.replace(SEEN, dead=dead))


def test_a_program_gets_the_same() -> None:
    data = SEEN.to_json()
    assert data["services"]["rabbitmq"] == {"container": "exited", "ok": False, "detail": "refused"}
    assert data["postgres"] == {"leader": "postgres2", "sync_standby": None}
    assert data["dead_letters"][0]["motivo"] == "json_invalido: [x]"


def test_a_broker_that_does_not_answer_leaves_them_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(ports: object) -> list[dict[str, object]]:
        raise requests.ConnectionError("refused")

    monkeypatch.setattr(status, "dead_letters", refuse)
    assert status.look({}, {}).dead is None
