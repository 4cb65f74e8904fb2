"""The suite's page: which scenario kept which promise, told without colour, with a way to each run's report."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judged_runs import WHEN, scenario, write_judged
from paid_once import read
from tfbench.report.suite_chart import recovery_rows
from tfbench.report.suite_page import Cell, promise_rows, render_suite
from tfbench.report.suite_runs import broken_run, judged_run
from tfbench.verdict import Verdict

REPORTS = Path(__file__).parents[3] / "reports"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three scenarios: one passed, one failed, one broke before it was judged; a fourth did not run."""
    root = tmp_path_factory.mktemp("runs")
    runs = [
        judged_run(write_judged(root, name, name).run_dir, "default", f"../../{name}/{WHEN}", code)
        for name, code in (("passed", 0), ("failed", 1))
    ]
    runs.append(broken_run(scenario("broken"), "PlatformError: no space", 255))
    return {
        "schema": "tfbench.suite/1", "started_at": 1_795_507_200.0, "finished_at": 1_795_510_925.0,
        "interrupted": False, "verdict": "FAIL", "not_run": ["fourth"], "runs": runs,
    }  # fmt: skip


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], str]:
    def page(suite: dict[str, Any]) -> str:
        folder = tmp_path_factory.mktemp("suite")
        (folder / "suite.json").write_text(json.dumps(suite))
        return render_suite(folder, REPORTS).read_text(encoding="utf-8")

    return page


@pytest.fixture(scope="module")
def html(suite: dict[str, Any], page_of: Callable[[dict[str, Any]], str]) -> str:
    return page_of(suite)


def test_the_page_says_it_in_both_languages_and_fetches_nothing(html: str) -> None:
    page = read(html, "en")
    assert (page.unbalanced, page.handlers) == ([], [])
    assert page.tags.isdisjoint({"script", "link", "iframe", "img"})
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", html)
    english, spanish = page.text.replace("\u00a0", " "), read(html, "es").text.replace("\u00a0", " ")
    for words in ("1 of 4 scenarios passed", "1 h 2 min", "Not run: fourth", "PlatformError: no space", "no data"):
        assert words in english
    for words in ("1 de 4 escenarios cumplen", "✕ NO CUMPLE", "No se ejecutaron: fourth"):
        assert words in spanish


def test_each_run_leads_to_its_report_by_a_relative_path(html: str) -> None:
    """Only the links of runs leave the page, and one that broke has no report to lead to."""
    links = [link.removeprefix("a href=") for link in read(html, "en").fetched]
    assert set(links) == {f"../../{name}/{WHEN}/report.html" for name in ("passed", "failed")}


def test_a_cell_is_a_sign_and_a_word_and_is_boxed_where_it_decided(html: str) -> None:
    row = html[html.index("few-errors") :]
    assert row.index('class="verdict INCONCLUSIVE bare" title="INCONCLUSIVE"') < row.index("</tr>")
    row = html[html.index("no-seat-sold-twice") :]
    assert re.findall(r'aria-label="(\w+)">(.)<', row[: row.index("</tr>")]) == [("PASS", "✓"), ("FAIL", "✕")]


def test_promises_are_rows_in_the_order_they_were_met_and_none_is_an_empty_cell(suite: dict[str, Any]) -> None:
    rows = promise_rows(suite, "recovery")
    assert [row.id for row in rows] == ["rto-app2", "rto-app1", "rto-pdf"]
    assert rows[2].cells == [None, Cell(Verdict.FAIL, required=True), None]


@pytest.mark.parametrize(
    ("why", "verdicts", "shown"),
    [
        ("the worst of several faults", ["PASS", "FAIL", "INCONCLUSIVE"], "FAIL"),
        ("what decides nothing does not hide a pass", ["INFO", "PASS"], "PASS"),
        ("and is itself where it is alone", ["INFO"], "INFO"),
    ],
)
def test_a_promise_tried_by_several_faults_has_one_cell(why: str, verdicts: list[str], shown: str) -> None:
    items = [{"id": "rto", "title": {"en": "a", "es": "b"}, "required": False, "verdict": v} for v in verdicts]
    [row] = promise_rows({"runs": [{"recovery": items}]}, "recovery")
    assert row.cells == [Cell(Verdict(shown), required=False)], why


def test_the_chart_shows_what_decides_and_what_was_felt(suite: dict[str, Any]) -> None:
    names = [row["name"] for row in recovery_rows(suite)]
    assert names == ["1. passed · rto-app2", "2. failed · rto-app2", "2. failed · rto-pdf"]


def test_the_chart_tells_each_time_with_its_limit_in_the_reader_s_language(html: str) -> None:
    english, spanish = re.findall(r"<svg.*?</svg>", html.replace("\u00a0", " "), re.DOTALL)
    assert "✓ 62.5 s, limit 120.0 s" in english
    assert "✕ not recovered, limit 120.0 s" in english
    assert "✓ 62,5 s, límite 120,0 s" in spanish


def test_a_suite_without_recovery_times_says_so(
    suite: dict[str, Any], page_of: Callable[[dict[str, Any]], str]
) -> None:
    html = page_of(suite | {"runs": [run | {"recovery": []} for run in suite["runs"]]})
    assert "No recovery time was measured" in read(html, "en").text
    assert "<svg" not in html


def test_a_suite_of_which_nothing_ran_has_a_page(
    suite: dict[str, Any], page_of: Callable[[dict[str, Any]], str]
) -> None:
    text = read(page_of(suite | {"runs": [], "interrupted": True, "verdict": "INCONCLUSIVE"}), "en").text
    assert "0 of 1 scenarios passed" in text
    assert "This suite was interrupted" in text


def test_hostile_names_stay_text(suite: dict[str, Any], page_of: Callable[[dict[str, Any]], str]) -> None:
    hostile = suite["runs"][1] | {"scenario": HOSTILE, "title": {"en": HOSTILE, "es": HOSTILE}}
    page = read(page_of(suite | {"runs": [hostile], "not_run": [HOSTILE]}), "en")
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert page.handlers == []
    assert HOSTILE in page.text
