"""Every recovery time of a suite on one logarithmic axis, against its own limit.

runs -> rows -> |--[ interval * ]------| limit   -> SVG, one for each language
"""

from collections.abc import Iterator
from typing import Any

import altair as alt

from tfbench.model import LANGUAGES
from tfbench.report import formats
from tfbench.report.charts import LOCALES, svg_of
from tfbench.report.drawing import BAD, DROPPED, FAIL, GRID, INK, OK, STYLE, Say
from tfbench.report.evidence import Record
from tfbench.verdict import Verdict

CHART_WIDTH = 600
ROW_HEIGHT = 22
LABEL_WIDTH = 310
LEAST_S = 0.1
TICKS_S = (0.1, 1, 10, 60, 300, 3600, 36_000)
COLOURS = {Verdict.PASS: OK, Verdict.FAIL: BAD, Verdict.INFO: DROPPED}
SIGNS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✕",
    Verdict.INVALID: "!",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NO_DATA: "∅",
    Verdict.INFO: "i",
}


def recovery_rows(suite: Record) -> list[Record]:
    """What decides, and what was felt: a service that a fault should not touch, and did not, is left out."""
    return [
        {**item, "scenario": run["scenario"], "run": run["run"], "name": _name(number, run, item)}
        for number, run in enumerate(suite["runs"], start=1)
        for item in run["recovery"]
        if item["required"] or item["rto_s"] != 0
    ]


def _name(number: int, run: Record, item: Record) -> str:
    """One of a kind: a scenario may have run twice. Its fault is named where one scenario has several."""
    faults = [item["fault"]] if len(run["faults"]) > 1 else []
    return " · ".join([f"{number}. {run['scenario']}", item["id"], *faults])


def draw_recoveries(rows: list[Record], says: dict[str, Say]) -> dict[str, str]:
    """The chart in each language; nothing where nothing was timed."""
    if not rows:
        return {}
    return {language: svg_of(_chart(rows, language, says[language]), LOCALES[language]) for language in LANGUAGES}


def _chart(rows: list[Record], language: str, say: Say) -> dict[str, Any]:
    most_s = 1.5 * max(value for row in rows for value in (row["limit_s"], row["lower_s"], row["upper_s"]) if value)
    data = list(_points(rows, most_s, language, say))
    names = [point["name"] for point in data]
    x_scale = alt.Scale(type="log", domain=[LEAST_S, most_s], nice=False, clamp=True)
    axis = alt.Axis(values=[tick for tick in TICKS_S if tick <= most_s], format="~g", title=say("axis_rto"))
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH, ticks=False, domain=False))
    base = alt.Chart(alt.NamedData("rows")).encode(y=y)
    x = alt.X("x:Q", scale=x_scale, axis=axis)
    layers = [
        base.mark_rule(color=GRID).encode(x=alt.value(0), x2=alt.value(CHART_WIDTH)),
        base.transform_filter("isValid(datum.lower)")
        .mark_bar(height=9, opacity=0.55)
        .encode(
            x=alt.X("lower:Q", scale=x_scale, axis=axis), x2=alt.X2("upper:Q"), color=alt.Color("colour:N", scale=None)
        ),
        base.transform_filter("isValid(datum.x)")
        .mark_point(filled=True, size=60, opacity=1)
        .encode(x=x, color=alt.Color("colour:N", scale=None)),
        base.mark_tick(color=INK, thickness=3, height=17).encode(x=alt.X("limit:Q", scale=x_scale, axis=axis)),
        base.mark_text(align="left", dx=8, color=INK).encode(x=alt.value(CHART_WIDTH), text=alt.Text("told:N")),
    ]
    chart = alt.layer(*layers).properties(width=CHART_WIDTH, height=ROW_HEIGHT * len(data))
    spec: dict[str, Any] = chart.to_dict(validate=False)
    padding = {"left": 36, "right": 30, "top": 4, "bottom": 4}
    return spec | {"config": STYLE, "padding": padding, "datasets": {"rows": data}}


def _points(rows: list[Record], most_s: float, language: str, say: Say) -> Iterator[dict[str, Any]]:
    """An interval without an upper end lasts to the edge: it was not over when the run was."""
    for row in rows:
        verdict = Verdict(row["verdict"])
        is_open = row["lower_s"] is not None and row["upper_s"] is None
        yield {
            "name": row["name"],
            "colour": COLOURS.get(verdict, FAIL),
            "x": None if row["rto_s"] is None else max(row["rto_s"], LEAST_S),
            "lower": None if row["lower_s"] is None else max(row["lower_s"], LEAST_S),
            "upper": most_s if is_open else row["upper_s"],
            "limit": row["limit_s"],
            "told": _told(row, verdict, language, say),
        }


def _told(row: Record, verdict: Verdict, language: str, say: Say) -> str:
    def number(value: float) -> str:
        text = formats.seconds(value) or ""
        return formats.spanish(text) if language == "es" else text

    if row["rto_s"] is not None:
        rto = number(row["rto_s"]) if row["rto_s"] else say("chart_rto_unfelt")
    else:
        is_censored = verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)
        rto = say("chart_rto_open") if is_censored else say("no_data")
    return f"{SIGNS[verdict]} {say('chart_rto_told').format(rto=rto, limit=number(row['limit_s']))}"
