"""The recovery waterfall of each fault: a bar a step, from the step before it, and one as long as each type of request
was hurt.

    results.json: recovery[].waterfall, recovery[].operations -> one waterfall a fault -> SVG in each language, tables

The scale is widened near zero, where a failover happens; healing and what it brings come much later.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import altair as alt
from markupsafe import Markup

from tfbench import texts
from tfbench.report import formats
from tfbench.report.charts import LOCALES, svg_of
from tfbench.report.drawing import BLUE, DROPPED, GRID, INK, MUTED, OK, STYLE, VIOLET, Rows, Say
from tfbench.report.evidence import Record
from tfbench.report.recoveries import steps_of
from tfbench.slo.waterfall import operation_name

CHART_WIDTH, ROW_HEIGHT, LABEL_WIDTH = 560, 21, 380
TICKS_S = (0, 0.5, 1, 2, 5, 10, 20, 60, 180, 600, 3600)
WIDENED_S = 1.0
# Room for the time that is written beside the last mark.
MARGIN = 1.6

LANES = {"bench": DROPPED, "services": BLUE, "database": VIOLET, "clients": OK}
BENCH = frozenset({"injected", "stopped", "took_effect", "healing", "healed", "healthy"})
DATABASE = frozenset({"promoted", "synchronous", "replica_caught_up"})


@dataclass(frozen=True, slots=True)
class Waterfall:
    """One fault's recovery. `felt` are the types of request that it hurt; `unfelt` names the others."""

    fault: str
    steps: list[Record]
    felt: list[Record]
    unfelt: texts.Rendered | None
    drawings: dict[str, Markup]


def waterfalls(results: Record, says: dict[str, Say]) -> list[Waterfall]:
    """Those of all faults, in their order; none for results older than the waterfall."""
    return [
        _of_fault(results, fault["id"], steps, says)
        for fault in results["faults"]
        if (steps := steps_of(results, fault["id"]))
    ]


def _of_fault(results: Record, fault: str, steps: list[Record], says: dict[str, Say]) -> Waterfall:
    operations = [
        one | {"name": operation_name(one["operation"])}
        for item in results["recovery"]
        if item["fault"] == fault
        for one in item["operations"]
    ]
    unfelt = [one["name"] for one in operations if one["seen"] == "no_outage"]
    return Waterfall(
        fault=fault,
        steps=steps,
        felt=[one for one in operations if one["down_s"] is not None],
        unfelt=texts.joined(*unfelt, separator=", ") if unfelt else None,
        # Our own drawing: its texts were escaped when it was drawn.
        drawings={
            language: Markup(svg_of(_chart(list(_rows(steps, language, say)), say), LOCALES[language]))
            for language, say in says.items()
        },
    )


def _rows(steps: list[Record], language: str, say: Say) -> Iterator[dict[str, Any]]:
    """A row a step. Its bar begins at the step before it; of clients, where that type of request began to fail."""
    down = {step["operation"]: step["at_s"] for step in steps if step["step"] == "down"}
    latest = 0.0
    for step in steps:
        at_s, operation = step["at_s"], step["operation"]
        yield {
            "name": " · ".join(filter(None, [step["text"][language], step["who"]])),
            "x": at_s,
            "from": latest if operation is None else down.get(operation, at_s),
            "lane": _lane(step["step"], operation),
            "told": say("chart_not_seen") if at_s is None else exactly(at_s, language),
        }
        if operation is None and at_s is not None:
            latest = at_s


def _lane(step: str, operation: str | None) -> str:
    if operation is not None:
        return "clients"
    return "bench" if step in BENCH else "database" if step in DATABASE else "services"


def exactly(at_s: float, language: str = "en") -> str:
    """A moment to the hundredth of a second: steps of a failover are often no further apart."""
    text = f"{at_s:,.2f}{formats.NBSP}s"
    return formats.spanish(text) if language == "es" else text


def _chart(rows: Rows, say: Say) -> dict[str, Any]:
    most_s = MARGIN * max([row["x"] for row in rows if row["x"] is not None], default=1.0) or 1.0
    scale = alt.Scale(type="symlog", constant=WIDENED_S, domain=[0, most_s], nice=False)
    ticks = alt.Axis(values=[tick for tick in TICKS_S if tick <= most_s], format=",.1~f", title=say("axis_waterfall"))
    x = alt.X("x:Q", scale=scale, axis=ticks)
    label = alt.Axis(labelLimit=LABEL_WIDTH, ticks=False, domain=False, labelPadding=8, labelColor=INK)
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("name:N", sort=[row["name"] for row in rows], title=None, axis=label)
    )
    words = json.dumps({lane: say(f"chart_lane_{lane}") for lane in LANES})
    colour = alt.Color(
        "lane:N",
        scale=alt.Scale(domain=list(LANES), range=list(LANES.values())),
        legend=alt.Legend(title=None, orient="top", labelExpr=f"({words})[datum.label]"),
    )
    seen = base.transform_filter("isValid(datum.x)")
    layers = [
        base.mark_rule(color=GRID).encode(x=alt.value(0), x2=alt.value(CHART_WIDTH)),
        seen.mark_bar(height=9, opacity=0.45).encode(
            x=alt.X("from:Q", scale=scale, axis=ticks), x2=alt.X2("x:Q"), color=colour
        ),
        seen.mark_tick(thickness=3, height=15).encode(x=x, color=colour),
        seen.mark_text(align="left", dx=6, color=INK).encode(x=x, text=alt.Text("told:N")),
        base.transform_filter("!isValid(datum.x)")
        .mark_text(align="left", dx=6, color=MUTED, fontStyle="italic")
        .encode(x=alt.value(0), text=alt.Text("told:N")),
    ]
    chart = alt.layer(*layers).properties(width=CHART_WIDTH, height=ROW_HEIGHT * len(rows))
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return spec | {
        "config": STYLE,
        "padding": {"left": 36, "right": 20, "top": 4, "bottom": 4},
        "datasets": {"rows": rows},
    }
