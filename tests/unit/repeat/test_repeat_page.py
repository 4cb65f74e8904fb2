"""The page of a repetition: verdict, distributions, each run; in both languages, with a way to each run's report."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from page_text import Page
from run_lines import budget, recovery, run
from tfbench.report.repeat_chart import felt
from tfbench.report.repeat_evidence import repeat_evidence
from tfbench.report.repeat_page import render_repeat

REPORTS = Path(__file__).parents[3] / "reports"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PageOf = Callable[..., str]


@pytest.fixture
def page_of(tmp_path: Path) -> PageOf:
    """The page of these runs."""

    def page(*runs: dict[str, Any], asked: int | None = None, **others: Any) -> str:
        repeat = {
            "schema": "tfbench.repeat/1", "scenario": "caida", "title": {"en": "About", "es": "Sobre"},
            "profile": "default", "started_at": 1_795_507_200.0, "finished_at": 1_795_510_925.0, "interrupted": False,
            **repeat_evidence(list(runs), asked or len(runs)), "runs": list(runs),
        } | others  # fmt: skip
        (tmp_path / "repeat.json").write_text(json.dumps(repeat))
        return render_repeat(tmp_path, REPORTS).read_text(encoding="utf-8")

    return page


def words(html: str, language: str) -> str:
    return Page(html, language).text.replace("\u00a0", " ")


def seven() -> list[dict[str, Any]]:
    """Five in time, one that did not recover, one INVALID."""
    passed = [run("PASS", recovery(10.0 + n), run=f"../{n}", budget=[budget(9.0 + n)]) for n in range(5)]
    failed = run("FAIL", recovery(None, "FAIL"), run="../5", budget=[budget(None)])
    return [*passed, failed, run("INVALID", recovery(3.0), run="../6")]


def test_the_page_says_it_in_both_languages_and_fetches_nothing(page_of: PageOf) -> None:
    html = page_of(*seven())
    page = Page(html, "en")
    assert (page.unbalanced, page.handlers) == ([], [])
    assert page.tags.isdisjoint({"script", "link", "iframe", "img"})
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", html)
    english, spanish = words(html, "en"), words(html, "es")
    for said in ("5 of 6", "1 of 6 runs that count did not pass", "1 more were INVALID", "none: a run did not recover"):
        assert said in english
    for said in ("✕ NO CUMPLE", "5 de 6", "no cuenta", "Tasa de inestabilidad"):
        assert said in spanish


@pytest.mark.usefixtures("undrawn")
def test_each_run_leads_to_its_report_by_a_relative_path_and_a_broken_one_to_none(page_of: PageOf) -> None:
    broken = run("NO_DATA", run=None, duration_s=None, acknowledged=None, lost=None, doubled=None)
    html = page_of(*seven(), broken)
    assert [link.removeprefix("a href=") for link in Page(html, "en").fetched] == [
        f"../{n}/report.html" for n in range(7)
    ]
    assert "broke before it could be judged" in words(html, "en")


@pytest.mark.usefixtures("undrawn")
def test_a_bound_names_its_share_and_what_is_missing_for_95_percent(page_of: PageOf) -> None:
    text = words(page_of(*(run("PASS", recovery(10.0 + n)) for n in range(10))), "en")
    assert "74.1134% of them: at most 19.0 s" in text
    assert "49 more, all in time, for 95%" in text


@pytest.mark.usefixtures("undrawn")
def test_59_runs_bound_95_percent_and_need_no_more(page_of: PageOf) -> None:
    text = words(page_of(*(run("PASS", recovery(float(n))) for n in range(1, 60))), "en")
    assert "95% of them: at most 59.0 s" in text
    assert "more, all in time" not in text


def test_the_chart_has_a_dot_a_run_and_tells_the_share_in_the_reader_s_language(page_of: PageOf) -> None:
    html = page_of(*seven()).replace("\u00a0", " ")
    english, spanish = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert "5 of 6 in time: at least 41.8196%" in english
    assert "5 de 6 a tiempo: al menos 41,8196%" in spanish
    assert (english.count('fill="#4f9d7c"'), english.count('fill="#c23b31"')) == (5, 1)


def test_the_chart_says_what_its_diamond_bounds_or_why_there_is_none(page_of: PageOf) -> None:
    html = page_of(*(run("PASS", recovery(float(n))) for n in range(1, 60))).replace("\u00a0", " ")
    english, spanish = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert "◇ 95% of those to come: at most 59.0 s" in english
    assert "◇ 95% de las por venir: a lo más 59,0 s" in spanish
    assert english.count('stroke="#7c4dbd"') == 1
    english, spanish = re.findall(r"<svg.*?</svg>", page_of(*seven()), re.DOTALL)
    assert "◇ no bound: a run did not recover" in english
    assert "◇ sin cota: una corrida no se recuperó" in spanish
    assert 'stroke="#7c4dbd"' not in english


def test_what_was_never_felt_and_decides_nothing_is_not_drawn() -> None:
    unfelt = {"required": False, "values": [{"rto_s": 0.0}, {"rto_s": 0.0}]}
    once = {"required": False, "values": [{"rto_s": 0.0}, {"rto_s": 3.0}]}
    assert felt([unfelt, once, unfelt | {"required": True}]) == [once, unfelt | {"required": True}]


def test_runs_that_felt_nothing_can_be_drawn(page_of: PageOf) -> None:
    html = page_of(*(run("PASS", recovery(0.0)) for _ in range(3)))
    assert "3 of 3 in time" in html
    assert "NaN" not in html


@pytest.mark.usefixtures("undrawn")
def test_the_budget_says_how_many_such_failures_the_window_bears(page_of: PageOf) -> None:
    text = words(page_of(*(run("PASS", budget=[budget(60.0)]) for _ in range(3))), "en")
    assert "60.0 s ( 2.31% )" in text
    assert "43.2" in text
    assert "not recovered" in words(page_of(*seven()), "en")


def test_a_repetition_of_which_nothing_ran_has_a_page(page_of: PageOf) -> None:
    html = page_of(asked=3, interrupted=True)
    text = words(html, "en")
    assert "This repetition was interrupted" in text
    assert "No recovery time was measured" in text
    assert "3 were not made" in text
    assert "<svg" not in html


def test_hostile_names_stay_text(page_of: PageOf) -> None:
    names = {"en": HOSTILE, "es": HOSTILE}
    hostile = run("FAIL", recovery(5.0, id_=HOSTILE, fault=HOSTILE) | {"title": names}, scenario=HOSTILE, reason=names)
    page = Page(page_of(hostile, scenario=HOSTILE, title=names), "en")
    assert page.tags.isdisjoint({"script", "img"})
    assert page.handlers == []
    assert HOSTILE in page.text
