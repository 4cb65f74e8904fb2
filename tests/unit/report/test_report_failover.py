"""A run with several faults: each is named, timed and linked, with who led and which database answered."""

import re
from pathlib import Path

import pytest
from paid_once import drawn_in_english, read
from synthetic_failover import FAULTS, MOTIVO, REPLICA_READS, STANDBY_BACK, TAKEN_OVER, write_failover
from tfbench.report import render, summary
from tfbench.report.databases import leadership, takeovers, ticket_sources
from tfbench.report.evidence import opened_evidence
from tfbench.report.figures import read_figures
from tfbench.report.recoveries import rows_by_fault, worst_by_promise
from tfbench.report.timeline import read_timeline


@pytest.fixture(scope="module")
def failover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_failover(tmp_path_factory.mktemp("failover") / "run")


@pytest.fixture(scope="module")
def html(failover: Path, reports_dir: Path) -> str:
    with drawn_in_english():
        return render(failover, reports_dir).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawing(html: str) -> str:
    return html[html.index("<svg") : html.index("</svg>")]


def test_every_fault_is_named_on_the_timeline(drawing: str) -> None:
    for id_, type_, target, *_ in FAULTS:
        assert f">{id_}<" in drawing
        assert f">{target}: {type_}<".replace("->", "-&gt;") in drawing


def test_every_recovery_stands_under_its_fault_and_links_to_it(html: str) -> None:
    table = html[html.index('id="recovery-0"') - 600 : html.index('id="invariant-0"')]
    order = re.findall(r'<th scope="rowgroup"[^>]*><a href="#(fault-\d)">([\w-]+)</a>', table)
    assert order == [("fault-0", "kill-app2"), ("fault-1", "kill-primary"), ("fault-2", "cut-broker")]
    assert re.findall(r'id="recovery-(\d)"', table) == ["0", "3", "1", "4", "2", "5"]
    page = read(html, "en")
    assert set(page.anchors) <= set(page.ids)
    assert re.search(r"cut-broker ?: partition on middleware -> rabbitmq ?, \+112\.0\ss", page.text)


def test_the_key_figures_show_the_fault_that_each_promise_fared_worst_with(failover: Path, html: str) -> None:
    with opened_evidence(failover) as evidence:
        worst = worst_by_promise(evidence.results)
    assert [(item["id"], item["fault"]) for item in worst] == [("rto-app2", "cut-broker"), ("rto-app1", "kill-primary")]
    assert "with cut-broker, the worst of 3 faults" in read(html, "en").text
    assert "con cut-broker, la peor de 3 fallas" in read(html, "es").text


def test_lists_of_reasons_say_which_fault_a_recovery_was_timed_from(failover: Path, html: str) -> None:
    assert "Boletas are back within 2 minutes (cut-broker)" in read(html.split("Key figures")[0], "en").text
    told = summary(failover)
    assert "Boletas are back within 2 minutes (cut-broker). Not back" in told
    assert "| Sales are back within 1 minute (kill-primary) | 3.1\u00a0s |" in told


def test_a_recovery_of_a_fault_that_is_not_described_comes_last_without_a_link(failover: Path) -> None:
    with opened_evidence(failover) as evidence:
        results = evidence.results | {"faults": evidence.results["faults"][:1]}
    rows = rows_by_fault(results)
    assert [row.fault is None for row in rows] == [False, False, True, True, True, True]


def test_who_led_and_when_another_took_over(failover: Path, drawing: str) -> None:
    with opened_evidence(failover) as evidence:
        timeline = read_timeline(evidence)
        rows = leadership(evidence, timeline)
        [takeover] = takeovers(evidence, timeline)
    roles = [(row["node"], row["state"]) for row in rows]
    assert roles == [
        ("postgres1", "leader"),
        ("postgres1", "standby"),
        ("postgres2", "standby"),
        ("postgres2", "leader"),
    ]
    first, back, _, second = rows
    assert first["x2"] == pytest.approx(FAULTS[0][3], abs=1)
    assert back["x"] == pytest.approx(STANDBY_BACK)
    assert (takeover["node"], takeover["x"]) == ("postgres2", pytest.approx(TAKEN_OVER))
    assert second["x"] == pytest.approx(TAKEN_OVER)
    assert ">PostgreSQL: who leads<" in drawing
    assert ">53.0<" in drawing


def test_ticket_pages_are_counted_by_the_database_that_answered(failover: Path, drawing: str) -> None:
    with opened_evidence(failover) as evidence:
        rows = ticket_sources(evidence, read_timeline(evidence))
        reads = evidence.run.count("SELECT count(*) FROM operations WHERE op = 'ticket_state'")
    assert sum(row["y"] for row in rows) == reads
    begin, end = REPLICA_READS
    assert {row["kind"] for row in rows if row["y"] and begin + 1 < row["x"] < end} == {"replica"}
    assert {row["kind"] for row in rows if row["y"] and begin < row["x"] < begin + 1} == {"ninguna"}
    assert ">MariaDB replica<" in drawing


def test_dead_letters_are_listed_with_their_reasons(failover: Path, html: str) -> None:
    with opened_evidence(failover) as evidence:
        assert read_figures(evidence, read_timeline(evidence)).dead_letters == 2
    text = read(html, "en").text
    for words in (MOTIVO, "json_invalido: no es JSON", "0193a01d-000007", "2 of 2 are shown"):
        assert words in text
