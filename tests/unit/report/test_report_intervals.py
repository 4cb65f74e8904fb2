"""The intervals of percentiles in the latency charts: which slices have one, and what is drawn of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from synthetic_results import passed_results
from synthetic_run import write_run
from synthetic_shop import T0, journal_of, simulate
from tfbench.report.charts import LOCALES, svg_of
from tfbench.report.drawing import BLUE, STYLE, VIOLET, Drawing
from tfbench.report.evidence import opened_evidence
from tfbench.report.operations import GROUPS, latencies
from tfbench.report.panels import latency_panel
from tfbench.report.texts import read_texts
from tfbench.report.timeline import Timeline, read_timeline
from tfbench.slo.stats import percentile, percentile_interval

BANDS = {"p50": "95% interval of the median", "p99": "95% interval of the 99th percentile"}
DASHED = "too few answers for an interval"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def busy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 s of a shop; in the third second 400 buyers look at the catalogue."""
    shop = simulate(3, until_s=12)
    [look] = [row for row in shop.operations if row["op"] == "catalogue"][:1]
    shop.operations += [
        look | {"t_intended": T0 + 3 + n / 1000, "t_end": T0 + 3 + n / 1000 + (5 + n) / 1000} for n in range(400)
    ]
    return write_run(tmp_path_factory.mktemp("busy") / "run", shop, passed_results(shop), journal_of(shop, 1e9))


def test_a_slice_s_intervals_are_those_of_its_values_or_none(busy_run: Path) -> None:
    """Those of `stats.percentile_interval`, which the tests hold against scipy; drawn when both ends are known."""
    bounded = dict.fromkeys(("p50", "p99"), 0)
    opened = dict.fromkeys(("p50", "p99"), 0)
    with opened_evidence(busy_run) as evidence:
        timeline = read_timeline(evidence)
        for group, rows in latencies(evidence, timeline).items():
            for row in rows:
                seen = evidence.run.arrays(
                    "SELECT (t_end - t_intended) * 1000 AS ms FROM operations WHERE list_contains($ops, op)"
                    " AND outcome <> 'unknown' AND floor(t_intended - $zero) = $slice",
                    ops=list(GROUPS[group]), zero=timeline.zero, slice=int(row["x"]),
                )["ms"]  # fmt: skip
                for kind, percent in (("p50", 50), ("p99", 99)):
                    assert row[kind] == rounded(percentile(seen, percent))
                    low, high = percentile_interval(seen, percent)
                    is_bounded = low is not None and high is not None
                    ends = (rounded(low), rounded(high)) if is_bounded else (None, None)
                    assert (row[f"{kind}_low"], row[f"{kind}_high"]) == ends
                    bounded[kind] += is_bounded
                    opened[kind] += not is_bounded
    assert min(*bounded.values(), *opened.values()) > 0


def rounded(value: float | None) -> float | None:
    return None if value is None else pytest.approx(max(value, 0.1), abs=0.0051)


def row(x: float, p50: float | None = 10.0, p99: float | None = 90.0, **ends: float) -> Row:
    """A slice whose percentiles have only the intervals given."""
    return dict.fromkeys(("p50_low", "p50_high", "p99_low", "p99_high", "waited")) | {
        "x": x, "p50": p50, "p99": p99, **ends,
    }  # fmt: skip


def drawn(rows: list[Row], reports: Path, language: str = "en") -> str:
    """The panel of these slices as SVG, without what lies behind it."""
    texts = read_texts(reports / "texts.yaml")
    timeline = Timeline(zero=0.0, end_s=10.0, bin_s=1, phases=[], faults=[])
    nothing: dict[str, list[Row]] = {name: [] for name in ("faults", "moments", "phases", "recoveries")}
    drawing = Drawing(timeline, lambda key: texts.say(language, key), None, nothing)
    panel = latency_panel(drawing, "browse", rows)
    return svg_of(panel | {"config": STYLE, "datasets": drawing.datasets}, LOCALES[language])


def bands(svg: str, colour: str) -> Iterator[str]:
    """The outlines of faint areas and bars of this colour."""
    for mark in re.findall(r"<path[^>]*>", svg):
        if f'fill="{colour}"' in mark and 'opacity="0.22"' in mark and "translate" not in mark:
            yield re.search(r' d="([^"]*)"', mark)[1]  # type: ignore[index]


def dashed(svg: str) -> list[str]:
    return re.findall(r'<path[^>]*stroke-dasharray="3,2"[^>]*>', svg)


def test_a_bounded_percentile_has_a_band_that_the_legend_names(reports_dir: Path) -> None:
    both = [row(x + 0.5, p50_low=8.0, p50_high=12.0, p99_low=70.0, p99_high=99.0) for x in range(10)]
    svg = drawn(both, reports_dir)
    assert all(words in svg for words in BANDS.values())
    for colour in (VIOLET, BLUE):
        assert max(outline.count("L") for outline in bands(svg, colour)) == 19  # 10 slices there and back
    assert DASHED not in svg
    assert dashed(svg) == []


def test_the_band_is_named_in_the_reader_s_language(reports_dir: Path) -> None:
    svg = drawn([row(0.5, p50_low=8.0, p50_high=12.0)], reports_dir, "es")
    assert "intervalo de 95% de la mediana" in svg
    assert "muy pocas respuestas para un intervalo" in svg


def test_a_percentile_of_too_few_answers_is_dashed_without_a_band(reports_dir: Path) -> None:
    svg = drawn([row(x + 0.5) for x in range(10)], reports_dir)
    assert not any(words in svg for words in BANDS.values())
    assert DASHED in svg
    assert len([mark for mark in dashed(svg) if "translate" not in mark]) == 2


def test_only_the_percentile_that_is_bounded_has_a_band(reports_dir: Path) -> None:
    svg = drawn([row(x + 0.5, p50_low=8.0, p50_high=12.0) for x in range(10)], reports_dir)
    assert (BANDS["p50"] in svg, BANDS["p99"] in svg, DASHED in svg) == (True, False, True)
    assert list(bands(svg, BLUE)) == []


def test_an_interval_between_slices_without_one_is_a_bar_as_wide_as_its_slice(reports_dir: Path) -> None:
    rows = [row(x + 0.5) for x in range(10)]
    rows[4] |= {"p50_low": 8.0, "p50_high": 12.0}
    widths = [outline for outline in bands(drawn(rows, reports_dir), VIOLET) if "h98" in outline]
    assert len(widths) == 1


def test_nothing_is_drawn_where_nothing_was_answered(reports_dir: Path) -> None:
    rows = [row(x + 0.5, p50_low=8.0, p50_high=12.0) for x in range(10)]
    rows[5] = row(5.5, p50=None, p99=None) | {"waited": 5000.0}
    svg = drawn(rows, reports_dir)
    assert "NaN" not in svg
    [band] = [outline for outline in bands(svg, VIOLET) if outline.count("L") > 4]
    assert band.count("M") == 2


def test_a_panel_of_no_answers_at_all_can_be_drawn(reports_dir: Path) -> None:
    svg = drawn([row(0.5, p50=None, p99=None) | {"waited": 5000.0}], reports_dir)
    assert "longest wait without an answer" in svg
    assert "NaN" not in svg
