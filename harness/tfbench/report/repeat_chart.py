"""Recovery times of one scenario's runs: a dot a run, where half of them lie, and the limit, on a logarithmic axis.

name  ---o--oo[o o|oo o]-o----o------<>------------| limit     what it proves      -> SVG, one for each language
                median           bound                         what the bound is
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import altair as alt

from tfbench.model import LANGUAGES
from tfbench.report import formats
from tfbench.report.charts import LOCALES, svg_of
from tfbench.report.drawing import BLUE, FAIL, GRID, INK, STYLE, VIOLET, Say
from tfbench.report.evidence import Record
from tfbench.report.suite_chart import CHART_WIDTH, COLOURS, LABEL_WIDTH, LEAST_S
from tfbench.slo.stats import percentile
from tfbench.verdict import Verdict

ROW_HEIGHT = 46
TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 36_000)
# Dots of one row are set apart, by the run's number, so that equal times do not hide each other.
LANES = 5
LANE_PIXELS = 6


def felt(recovery: list[Record]) -> list[Record]:
    """What decides, and what was felt: a service that the fault should not touch, and did not, is left out."""
    return [row for row in recovery if row["required"] or any(value["rto_s"] != 0 for value in row["values"])]


def draw_distributions(rows: list[Record], says: dict[str, Say]) -> dict[str, str]:
    """The chart in each language; nothing where nothing was timed."""
    if not rows:
        return {}
    return {language: svg_of(_chart(rows, language, says[language]), LOCALES[language]) for language in LANGUAGES}


@dataclass(frozen=True, slots=True)
class _Span:
    """The stretch of the axis: from what was seen to what was promised, with room on both sides."""

    least_s: float
    most_s: float

    @classmethod
    def of(cls, rows: list[Record]) -> "_Span":
        seen = [value["upper_s"] for row in rows for value in row["values"] if value["upper_s"] is not None]
        limits = [row["limit_s"] for row in rows]
        return cls(max(LEAST_S, 0.7 * min([*seen, *limits])), 1.5 * max([*seen, *limits]))

    def at(self, time_s: float | None) -> float:
        """Where a time is drawn: one that never ended at the right edge, one too short for the axis at the left."""
        return self.most_s if time_s is None else max(time_s, self.least_s)


def _chart(rows: list[Record], language: str, say: Say) -> dict[str, Any]:
    span = _Span.of(rows)
    data = {
        "rows": [_row(row, span, language, say) for row in rows],
        "dots": [dot for row in rows for dot in _dots(row, span)],
    }
    chart = alt.layer(*_layers(span, [row["name"] for row in data["rows"]], say))
    spec: dict[str, Any] = chart.properties(width=CHART_WIDTH, height=ROW_HEIGHT * len(rows)).to_dict(validate=False)
    padding = {"left": 36, "right": 30, "top": 4, "bottom": 4}
    return spec | {"config": STYLE, "padding": padding, "datasets": data}


def _layers(span: _Span, names: list[str], say: Say) -> list[alt.Chart]:
    scale = alt.Scale(type="log", domain=[span.least_s, span.most_s], nice=False, clamp=True)
    ticks = [tick for tick in TICKS_S if span.least_s <= tick <= span.most_s]
    axis = alt.Axis(values=ticks, format="~g", title=say("axis_rto"))
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH, ticks=False, domain=False))

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, axis=axis)

    base = alt.Chart(alt.NamedData("rows")).encode(y=y)
    dots = alt.Chart(alt.NamedData("dots")).encode(y=y, x=x("x"), color=alt.Color("colour:N", scale=None))
    return [
        base.mark_rule(color=GRID).encode(x=alt.value(0), x2=alt.value(CHART_WIDTH)),
        base.mark_bar(height=30, color=BLUE, opacity=0.18).encode(x=x("quarter"), x2="three_quarters:Q"),
        base.mark_tick(color=BLUE, thickness=2, height=30).encode(x=x("median")),
        *(_lane(dots, lane) for lane in range(LANES)),
        base.transform_filter("isValid(datum.bound)")
        .mark_point(shape="diamond", size=120, color=VIOLET, strokeWidth=2, opacity=1)
        .encode(x=x("bound")),
        base.mark_tick(color=INK, thickness=3, height=38).encode(x=x("limit")),
        base.mark_text(align="left", dx=8, dy=-7, color=INK).encode(x=alt.value(CHART_WIDTH), text="told:N"),
    ]


def _lane(dots: alt.Chart, lane: int) -> alt.Chart:
    offset = LANE_PIXELS * (lane - LANES // 2)
    lane_dots: alt.Chart = dots.transform_filter(f"datum.lane == {lane}").mark_point(
        filled=True, size=34, opacity=0.85, yOffset=offset
    )
    return lane_dots


def _row(row: Record, span: _Span, language: str, say: Say) -> Record:
    ends = [span.at(value["upper_s"]) for value in row["values"]]
    quarters = {"quarter": 25, "median": 50, "three_quarters": 75}
    return {
        "name": row_name(row),
        "limit": row["limit_s"],
        "bound": None if row["bound_s"] is None else span.at(row["bound_s"]),
        "told": list(_told(row, language, say)),
        **{name: percentile(ends, at) for name, at in quarters.items()},
    }


def _told(row: Record, language: str, say: Say) -> Iterator[str]:
    """Two lines: the runs in time and what they prove, and what the diamond bounds."""

    def written(number: str | None) -> str:
        return formats.spanish(number or "") if language == "es" else number or ""

    share = written(formats.percent(row["proved"]))
    yield say("chart_repeat_told").format(passed=row["passed"], n=row["n"], share=share)
    if row["bound_s"] is None:
        yield say("chart_repeat_unbounded")
        return
    share, bound = written(formats.percent(row["bound_share"])), written(formats.seconds(row["bound_s"]))
    yield say("chart_repeat_bound").format(share=share, bound=bound)


def row_name(row: Record) -> str:
    """A promise and the fault it was timed from."""
    return f"{row['id']} · {row['fault']}"


def _dots(row: Record, span: _Span) -> Iterator[Record]:
    for value in row["values"]:
        yield {
            "name": row_name(row),
            "x": span.at(value["upper_s"]),
            "lane": value["run"] % LANES,
            "colour": COLOURS.get(Verdict(value["verdict"]), FAIL),
        }
