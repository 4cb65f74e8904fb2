"""The waterfall as a reader has it: the page in both languages, the chart, the line of the console and the summary."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from page_text import Page
from paid_once import without_timeline
from synthetic_results import both, passed_results
from synthetic_run import write_run
from synthetic_shop import journal_of, simulate
from tfbench.console import console_lines
from tfbench.report import render, summary
from tfbench.report.evidence import Record
from tfbench.report.recoveries import figure_name, steps_of, told_in_a_line
from tfbench.report.waterfall import waterfalls
from tfbench.results import OperationRecovery, Results, WaterfallStep

FAULT = "kill-app2"


def step(name: str, at_s: float | None, who: str | None = None, operation: str | None = None) -> WaterfallStep:
    text = both(f"{name} happened <here>", f"pasó {name} <aquí>")
    return WaterfallStep(name, who, operation, at_s, f"logs/{who}.log" if who else "journal.jsonl", text)


def of_type(operation: str, seen: str, rto_s: float | None = None, down_s: float | None = None) -> OperationRecovery:
    success_s = None if rto_s is None else rto_s + 0.05
    return OperationRecovery(operation, seen, rto_s, 1.5, rto_s, 0.1, rto_s, down_s, success_s)


OF_FAULT = [step("injected", 0.0), step("revoked", None), step("promoted", 1.234, "postgres2")]
FAILED = [step("down", 0.4, operation="boleta"), step("met_again", None, operation="boleta")]
SOLD = [step("down", 0.5, operation="hold"), step("met_again", 2.5, operation="hold")]
BOLETAS = [of_type("boleta", "not_recovered", down_s=0.4)]
SALE = [of_type("hold", "recovered", 2.5, 0.5), of_type("purchase", "no_outage")]


@pytest.fixture(scope="module")
def results() -> Results:
    good = passed_results(simulate(7, until_s=20))
    app2, app1 = good.recovery
    recovery = [
        replace(app2, operations=BOLETAS, waterfall=[*OF_FAULT, *FAILED]),
        replace(app1, operations=SALE, waterfall=[*OF_FAULT, *SOLD]),
    ]
    return replace(good, recovery=recovery)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, results: Results) -> Path:
    shop = simulate(7, until_s=20)
    return write_run(tmp_path_factory.mktemp("waterfall") / "run", shop, results, journal_of(shop, 1e9))


@pytest.fixture(scope="module")
def html(run: Path, reports_dir: Path) -> str:
    with without_timeline():
        whole = render(run, reports_dir).read_text(encoding="utf-8")
    begin = whole.index('<section id="waterfalls">')
    return whole[begin : whole.index("</section>", begin)]


def test_the_steps_of_all_promises_are_one_waterfall_in_order(results: Results) -> None:
    steps = steps_of(asdict(results), FAULT)
    assert [(one["step"], one["at_s"]) for one in steps] == [
        ("injected", 0.0),
        ("down", 0.4),
        ("down", 0.5),
        ("revoked", None),
        ("promoted", 1.234),
        ("met_again", None),
        ("met_again", 2.5),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["promoted happened <here>", "1.23\u00a0s", "not seen", "not recovered", "Not felt by: purchase"]),
        ("es", ["pasó promoted <aquí>", "1,23\u00a0s", "no se vio", "no se recuperó", "No lo sintieron: compra"]),
    ],
)
def test_the_page_tells_it_in_both_languages(html: str, language: str, words: list[str]) -> None:
    text = Page(html, language).text
    for word in words:
        assert " ".join(word.split()) in text
    assert "logs/postgres2.log" in text


def test_the_chart_has_a_row_a_step_and_a_bar_a_step_that_was_seen(html: str) -> None:
    english, spanish = (part.split("</svg>")[0] for part in html.split("<svg")[1:])
    assert "promoted happened &lt;here&gt; · postgres2" in english
    assert "pasó promoted &lt;aquí&gt; · postgres2" in spanish
    assert english.count(">not seen<") == 2
    assert spanish.count(">no se vio<") == 2
    assert all(f">{tick}<" in english for tick in ("0.5", "1", "2"))
    assert "<here>" not in html


def test_the_console_and_the_summary_tell_it_in_a_line(run: Path, results: Results) -> None:
    [told] = told_in_a_line(asdict(results))
    assert told["en"] == (
        "kill-app2, steps of its recovery: lease revoked not seen, promoted 1.2 s, objective met again not seen."
    )
    assert "promovida 1,2 s" in told["es"]
    assert any(told["en"] in line.plain for line in console_lines(results))
    assert "promoted 1.2 s" in summary(run)


def test_of_several_of_a_kind_the_last_counts_and_none_may_be_missing(results: Results) -> None:
    both_back = replace(results.recovery[1], waterfall=[step("met_again", 9.0, operation="hold"), *OF_FAULT[2:]])
    later = replace(results.recovery[1], waterfall=[step("met_again", 11.0, operation="purchase")])
    [told] = told_in_a_line(asdict(replace(results, recovery=[both_back, later])))
    assert told["en"].endswith("promoted 1.2 s, objective met again 11.0 s.")


@pytest.mark.parametrize(
    ("sentence", "spoil"),
    [
        ("results older than the waterfall", lambda item: (item.pop("waterfall"), item.pop("operations"))),
        ("a fault that never struck", lambda item: item.update(waterfall=[], operations=[])),
    ],
)
def test_without_steps_there_is_no_waterfall(results: Results, sentence: str, spoil: Callable[[Record], Any]) -> None:
    data = asdict(results)
    for item in data["recovery"]:
        spoil(item)
    assert waterfalls(data, {}) == [], sentence
    assert told_in_a_line(data) == []


def test_a_step_of_a_later_version_is_shown_last(results: Results) -> None:
    data = asdict(results)
    data["recovery"][0]["waterfall"].insert(0, asdict(step("untold", 2.5, "new")) | {"more": 1})
    assert steps_of(data, FAULT)[-1]["step"] == "untold"


def test_two_promises_of_a_service_have_names_of_their_own(results: Results) -> None:
    """Both of the portal's are about 5 minutes: only what they were measured on tells one from the other."""
    one, other = results.recovery[0], replace(results.recovery[1], service="app2", operations=SALE)
    data = asdict(replace(results, recovery=[one, other]))
    names = [figure_name(data, item)["es"] for item in data["recovery"]]
    assert names == ["RTO de app2: boleta", "RTO de app2: retención, compra"]
    alone = asdict(results)
    assert figure_name(alone, alone["recovery"][0])["en"] == "RTO of app2"
    for item in data["recovery"]:
        del item["operations"]
    assert figure_name(data, data["recovery"][1])["en"] == f"RTO of app2: {other.title['en']}"
