"""report.html: what a stranger reads in it, in both languages, without a network."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from paid_once import drawn_in_english, read
from tfbench.errors import ConfigError, UsageError
from tfbench.model import LANGUAGES
from tfbench.report import junit, render, summary
from tfbench.report.page import latency_limit_ms

RUNS = ("passed", "failed", "invalid", "interrupted")
HOSTILE = "<script>alert(1)</script>\"'><img src=https://evil.invalid/x onerror=alert(2)>{{7*7}}]]>&amp;"


@pytest.mark.parametrize("name", RUNS)
def test_the_page_fetches_nothing_and_runs_nothing(pages: dict[str, str], name: str) -> None:
    page = read(pages[name], "en")
    assert page.fetched == []
    assert page.handlers == []
    assert page.tags.isdisjoint({"script", "link", "iframe", "img", "object", "embed", "form"})
    assert not re.search(r"url\(|@import", pages[name])


@pytest.mark.parametrize("name", RUNS)
def test_the_page_is_well_formed_and_its_links_lead_somewhere(pages: dict[str, str], name: str) -> None:
    page = read(pages[name], "en")
    assert page.unbalanced == []
    assert set(page.anchors) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("name", RUNS)
def test_the_file_stays_small(pages: dict[str, str], name: str) -> None:
    assert len(pages[name].encode()) < 3_000_000


@pytest.mark.parametrize(
    ("name", "language", "words"),
    [
        (
            "passed",
            "en",
            ["✓ PASS", "? INCONCLUSIVE", "Bought during the outage", "sold twice", "limit 120.0 s"],
        ),
        ("passed", "es", ["✓ CUMPLE", "? NO CONCLUYENTE", "Compras durante la falla", "límite 120,0 s"]),
        ("failed", "en", ["✕ FAIL", "Orders lost 3", "Seats sold twice 2", "not recovered", "EV001 seat 40"]),
        ("failed", "es", ["✕ NO CUMPLE", "Órdenes perdidas 3", "no se recuperó"]),
        (
            "invalid",
            "en",
            ["! INVALID", "nobody but the injector saw this fault", "600 arrivals were dropped"],
        ),
        ("invalid", "es", ["! INVÁLIDO", "nadie aparte del inyector vio esta falla"]),
        (
            "interrupted",
            "en",
            ["∅ NO DATA", "This run was interrupted", "missing: scenario.yaml, slo.yaml, environment.json"],
        ),
        (
            "interrupted",
            "es",
            [
                "∅ SIN DATOS",
                "Esta corrida fue interrumpida",
                "falta: scenario.yaml, slo.yaml, environment.json",
            ],
        ),
    ],
)
def test_verdicts_and_figures_are_words(pages: dict[str, str], name: str, language: str, words: list[str]) -> None:
    text = read(pages[name], language).text
    assert [word for word in words if word not in text.replace("\u00a0", " ")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_shows_nothing_of_the_other(pages: dict[str, str], language: str) -> None:
    text = read(pages["passed"], language).text
    assert ("seconds since the load started" in text) is (language == "en")
    assert ("segundos desde el inicio de la carga" in text) is (language == "es")


def test_every_failing_line_is_named_on_the_first_screen(pages: dict[str, str]) -> None:
    first_screen = read(pages["failed"].split("Key figures")[0], "en").text
    for title in (
        "No seat is sold twice",
        "No confirmed purchase is lost",
        "Boletas are back within 2 minutes",
    ):
        assert title in first_screen


def test_a_run_without_leaders_sources_or_dead_letters_shows_none(pages: dict[str, str]) -> None:
    for words in ("who leads", "by the database that answered", 'id="dead-letters"'):
        assert words not in pages["passed"]


def test_what_was_not_measured_reads_no_data_and_not_zero(pages: dict[str, str]) -> None:
    text = read(pages["interrupted"], "en").text
    for figure in ("Orders lost", "Seats sold twice", "Tickets e-mailed", "RTO of app2"):
        assert f"{figure} no data" in text


def test_hostile_texts_stay_text(small_failed_run: Path, reports_dir: Path) -> None:
    """Everything that a run can bring is hostile here, down to the names in the drawing."""
    run = small_failed_run
    results = _poisoned(json.loads((run / "results.json").read_text()))
    (run / "results.json").write_text(json.dumps(results))
    (run / "journal.jsonl").write_text(
        "\n".join(json.dumps(_poisoned(json.loads(line))) for line in (run / "journal.jsonl").read_text().splitlines())
    )
    (run / "scenario.yaml").write_text(HOSTILE)
    (run / "environment.json").write_text(json.dumps({"images": {HOSTILE: {"tag": HOSTILE, "id": HOSTILE}}}))
    with drawn_in_english():
        html = render(run, reports_dir).read_text(encoding="utf-8")
    page = read(html, "en")
    assert (page.fetched, page.handlers, page.unbalanced) == ([], [], [])
    assert "script" not in page.tags
    assert HOSTILE in page.text
    svg = html[html.index("<svg") : html.index("</svg>")]
    assert "&lt;script&gt;" in svg


def _poisoned(value: object, key: str = "") -> object:
    """The same data with every free text, id and name replaced."""
    if isinstance(value, dict):
        inner = {name: _poisoned(item, name) for name, item in value.items()}
        return {f"{HOSTILE} {name}": item for name, item in inner.items()} if key == "services" else inner
    if isinstance(value, list):
        return [_poisoned(item, key) for item in value]
    free = (
        "en",
        "es",
        "id",
        "fault",
        "service",
        "target",
        "type",
        "scenario",
        "system",
        "text",
        "name",
        "evidence",
    )
    return HOSTILE if isinstance(value, str) and key in (*free, "violations", "platform", "objective") else value


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("removed", ["operations", "environment.json", "stores", "slo.yaml"])
def test_a_missing_file_is_told_and_the_rest_is_shown(small_run: Path, reports_dir: Path, removed: str) -> None:
    show_without(small_run, reports_dir, removed)


def test_what_is_left_without_any_file_is_told_and_drawn(small_run: Path, reports_dir: Path) -> None:
    with drawn_in_english():
        show_without(small_run, reports_dir, "all")


def show_without(run: Path, reports_dir: Path, removed: str) -> None:
    for path in run.iterdir():
        is_named = path.name.split(".")[0] == removed or path.name == removed
        if is_named or (removed == "all" and path.name not in ("results.json", "journal.jsonl")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    text = read(render(run, reports_dir).read_text(encoding="utf-8"), "en").text
    told = {"stores": "stores/orders.parquet", "all": "operations"}.get(removed, removed)
    assert re.search(f"missing: [^:]*{re.escape(told)}", text)
    assert ("Purchases confirmed no data" in text) is (removed in ("operations", "all"))
    assert "Every promise that decides was measured" in text


@pytest.mark.usefixtures("undrawn")
def test_an_unreadable_store_is_told(small_run: Path, reports_dir: Path) -> None:
    run = small_run
    (run / "stores" / "mails.parquet").write_bytes(b"torn")
    text = read(render(run, reports_dir).read_text(encoding="utf-8"), "en").text
    assert "unreadable: stores/mails.parquet" in text
    assert "Tickets e-mailed no data" in text


def test_a_folder_that_is_no_run_is_refused(runs: dict[str, Path], reports_dir: Path, tmp_path: Path) -> None:
    shutil.copy(runs["passed"] / "results.json", tmp_path)
    with pytest.raises(UsageError, match=r"journal\.jsonl"):
        render(tmp_path, reports_dir)


@pytest.mark.parametrize(
    ("why", "spoil", "place"),
    [
        ("cut off", lambda text: text[: len(text) // 2], r"results\.json:\d+: cannot be read"),
        ("a comma too many", lambda text: text.replace(",", ",,", 1), r"results\.json:2: cannot be read"),
        ("a verdict nobody gives", lambda text: text.replace('"PASS"', '"MAYBE"'), r'results\.json: .*saw "MAYBE"'),
        ("nothing", lambda text: "", r"results\.json:1: cannot be read"),
    ],
)
def test_damaged_results_are_told_with_file_and_line(
    why: str, spoil: Callable[[str], str], place: str, runs: dict[str, Path], reports_dir: Path, tmp_path: Path
) -> None:
    spoilt = spoil((runs["passed"] / "results.json").read_text(encoding="utf-8"))
    (tmp_path / "results.json").write_text(spoilt, encoding="utf-8")
    writers: list[Callable[[], object]] = [
        lambda: render(tmp_path, reports_dir),
        lambda: summary(tmp_path),
        lambda: junit(tmp_path),
    ]
    for write in writers:
        with pytest.raises(ConfigError) as caught:
            write()
        assert re.search(place, str(caught.value)), why
        assert f"tfbench check {tmp_path}" in str(caught.value)
        assert caught.value.exit_code == 254


@pytest.mark.parametrize(
    ("slo_yaml", "limit_ms"),
    [
        ("good: {latency_ms_below: 300}\ngood: {latency_ms_below: 2000}", 300),
        ("latencyMsBelow: 250.5", 250.5),
        ("target: 0.99", None),
        ("", None),
    ],
)
def test_the_line_in_the_latency_charts_is_the_tightest_promise(slo_yaml: str, limit_ms: float | None) -> None:
    assert latency_limit_ms(slo_yaml) == limit_ms
