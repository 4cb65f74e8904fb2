"""The panels of the timeline, each a Vega-Lite layer over the shared axis.

phases and faults | offered and answered | latency by group | backlog | bought and mailed | who leads |
where tickets come from | containers
"""

from typing import Any, Literal

import altair as alt

from tfbench.report.drawing import (
    BAD,
    BLUE,
    DROPPED,
    FAIL,
    INK,
    OK,
    PHASE,
    VIOLET,
    WIDTH,
    Drawing,
    Panel,
    Rows,
    dashes,
    layered,
    legend,
    legend_of,
)
from tfbench.report.operations import DRAWN, OUTCOMES

OUTCOME_COLOURS = dict(zip(OUTCOMES, (OK, FAIL, BAD, DROPPED), strict=True))

PERCENTILES = {"p50": VIOLET, "p99": BLUE}
BAND = 0.22
DASHES = ([1, 0], [5, 2], [1, 2])
CROSS = "M-1,-1L1,1M1,-1L-1,1"


# Where a fault's name is put, how far from the edge, and from which edge of its bar.
_NAMED_AT: tuple[tuple[Literal["left", "right"], int, str], ...] = (("left", 5, "x"), ("right", -5, "x2"))


def strips(drawing: Drawing) -> list[Panel]:
    """The run's phases in a row, and under it a bar for each fault."""
    phases = alt.Chart(alt.NamedData("phases"))
    strip = layered(
        [
            phases.mark_rect(color=PHASE, stroke=DROPPED, strokeWidth=0.6).encode(x=_bare(drawing), x2=alt.X2("x2:Q")),
            phases.mark_text(color=INK, fontSize=11).encode(
                x=alt.X("middle:Q", scale=drawing.scale()), text=alt.Text("label:N")
            ),
        ],
        width=WIDTH,
        height=20,
    )
    if not drawing.datasets["faults"]:
        return [strip]
    faults = alt.Chart(alt.NamedData("faults"))
    names = [fault["row"] for fault in drawing.datasets["faults"]]
    row = alt.Y("row:N", sort=names, axis=alt.Axis(title=None, ticks=False, domain=False, labelLimit=200))
    gantt = layered(
        [
            faults.mark_rect(color=BAD, opacity=0.75, height=7, yOffset=5).encode(
                x=_bare(drawing), x2=alt.X2("x2:Q"), y=row
            ),
            *(
                faults.mark_text(align=at, color=INK, fontSize=11, dx=dx, dy=-7)
                .transform_filter(alt.datum.align == at)
                .encode(x=alt.X(f"{edge}:Q", scale=drawing.scale(), axis=None), y=row, text=alt.Text("label:N"))
                for at, dx, edge in _NAMED_AT
            ),
            alt.Chart(alt.NamedData("moments"))
            .mark_tick(color=BAD, thickness=2, height=13, yOffset=5)
            .encode(x=_bare(drawing), y=row),
        ],
        width=WIDTH,
        height={"step": 28},
    )
    return [strip, gantt]


def _bare(drawing: Drawing) -> alt.X:
    return alt.X("x:Q", scale=drawing.scale(), axis=None)


def rates_panel(drawing: Drawing, offered: Rows, ended: Rows) -> Panel:
    """What ended, stacked by outcome, under what was offered."""
    if not ended:
        return drawing.empty("chart_rate")
    seen = [outcome for outcome in OUTCOMES if any(row["outcome"] == outcome for row in ended)]
    areas = (
        alt.Chart(drawing.data("ended", ended))
        .mark_area(interpolate="step", opacity=0.85)
        .encode(
            x=drawing.x(),
            y=alt.Y("y:Q", stack=True, title=drawing.say("axis_rate")),
            color=legend(drawing, "outcome", seen, [OUTCOME_COLOURS[outcome] for outcome in seen], "outcome_"),
            order=alt.Order("order:Q"),
        )
    )
    line = (
        alt.Chart(drawing.data("offered", [row | {"kind": "offered"} for row in offered]))
        .mark_line(interpolate="step", color=INK, strokeWidth=1)
        .encode(x=drawing.x(), y=alt.Y("y:Q"), strokeDash=dashes(drawing, "kind", {"offered": [4, 2]}, "rate_"))
    )
    return drawing.panel("chart_rate", 150, [areas, line])


def latency_panel(drawing: Drawing, group: str, rows: Rows) -> Panel:
    """A group's p50 and p99 with their intervals, dashed where there is none; a cross for each slice with an
    unanswered operation."""
    scale = alt.Scale(type="log", domain=_log_domain(rows, drawing.limit_ms))
    y = alt.Y("y:Q", scale=scale, title="ms", axis=_LOG_AXIS)
    edges = [_edge(row, kind) for kind in PERCENTILES for row in rows]
    colours = list(PERCENTILES.values())
    colour = legend(drawing, "kind", list(PERCENTILES), colours, "latency_", symbolType="stroke")
    layers = [
        *_intervals(drawing, f"{group}_intervals", edges, y),
        *_percentiles(drawing, f"{group}_edges", edges, y, colour),
        *_lonely(drawing, f"{group}_lonely", edges, y, colour),
        *_waits(drawing, f"{group}_waited", rows, y),
        *_limit(drawing),
    ]
    return drawing.panel(f"latency_{group}", 84, layers)


def _edge(row: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"x": row["x"], "y": row[kind], "low": row[f"{kind}_low"], "high": row[f"{kind}_high"], "kind": kind}


def _intervals(drawing: Drawing, name: str, edges: Rows, y: alt.Y) -> list[alt.Chart]:
    """A faint band for each percentile, where it is bounded; a bar for a slice that has no bounded neighbour."""
    seen = [kind for kind in PERCENTILES if any(edge["kind"] == kind and edge["low"] is not None for edge in edges)]
    if not seen:
        return []
    rows = [edge | {"y": edge["low"], "band": f"{edge['kind']}_interval"} for edge in edges if edge["kind"] in seen]
    bands = [f"{kind}_interval" for kind in seen]
    words = legend_of(drawing, bands, "latency_", symbolType="square", symbolStrokeWidth=0)
    fill = alt.Fill("band:N", scale=alt.Scale(domain=bands, range=[PERCENTILES[kind] for kind in seen]), legend=words)
    slice_width = max(2.0, WIDTH * drawing.timeline.bin_s / drawing.timeline.end_s)
    areas = alt.Chart(drawing.data(name, rows)).mark_area(opacity=BAND)
    bars = alt.Chart(drawing.data(f"{name}_lonely", _alone(rows))).mark_bar(opacity=BAND, size=slice_width)
    return [layer.encode(x=drawing.x(), y=y, y2=alt.Y2("high:Q"), fill=fill) for layer in (areas, bars)]


def _percentiles(drawing: Drawing, name: str, edges: Rows, y: alt.Y, colour: alt.Color) -> list[alt.Chart]:
    """Lines, dashed all along and drawn over where they are bounded."""
    words = dashes(drawing, "look", {"unbounded": [3, 2]}, "latency_")
    thin = alt.Chart(drawing.data(name, [edge | {"look": "unbounded"} for edge in edges])).mark_line(strokeWidth=1)
    bounded = [edge | {"y": None if edge["low"] is None else edge["y"]} for edge in edges]
    thick = alt.Chart(drawing.data(f"{name}_bounded", bounded)).mark_line(strokeWidth=1.6)
    layers = [thick.encode(x=drawing.x(), y=y, color=colour)]
    if any(edge["y"] is not None and edge["low"] is None for edge in edges):
        layers.insert(0, thin.encode(x=drawing.x(), y=y, color=colour, strokeDash=words))
    return layers


def _lonely(drawing: Drawing, name: str, rows: Rows, y: alt.Y, colour: alt.Color) -> list[alt.Chart]:
    """Dots for values without a neighbour: a line through one point is not seen."""
    alone = _alone(rows)
    if not alone:
        return []
    dots = alt.Chart(drawing.data(name, alone)).mark_point(filled=True, size=9, opacity=1)
    return [dots.encode(x=drawing.x(), y=y, color=colour)]


def _alone(rows: Rows) -> Rows:
    """Those with a value whose neighbours of the same kind have none."""
    edges: Rows = [{"y": None, "kind": None}]
    return [
        row
        for before, row, after in zip(edges + rows, rows, rows[1:] + edges, strict=False)
        if row["y"] is not None and all(other["y"] is None or other["kind"] != row["kind"] for other in (before, after))
    ]


def _waits(drawing: Drawing, name: str, rows: Rows, y: alt.Y) -> list[alt.Chart]:
    waited = [{"x": r["x"], "y": r["waited"], "kind": "waited"} for r in rows if r["waited"] is not None]
    if not waited:
        return []
    shape = alt.Shape(
        "kind:N",
        scale=alt.Scale(domain=["waited"], range=[CROSS]),
        legend=legend_of(drawing, ["waited"], "latency_", symbolStrokeColor=BAD),
    )
    crosses = alt.Chart(drawing.data(name, waited)).mark_point(color=BAD, size=26, strokeWidth=1.4)
    return [crosses.encode(x=drawing.x(), y=y, shape=shape)]


def _limit(drawing: Drawing) -> list[alt.Chart]:
    """The latency that is promised, named at the end of its line."""
    if drawing.limit_ms is None:
        return []
    limit = alt.Chart(drawing.data("limit", [{"y": drawing.limit_ms, "label": f"{drawing.limit_ms:g} ms"}]))
    return [
        limit.mark_rule(color=INK, strokeDash=[5, 3]).encode(y=alt.Y("y:Q")),
        limit.mark_text(color=INK, align="left", dx=4, fontSize=10).encode(
            x=alt.value(WIDTH), y=alt.Y("y:Q"), text=alt.Text("label:N")
        ),
    ]


_LOG_AXIS = alt.Axis(values=[1, 10, 100, 1000, 10000, 100000], format=",", grid=True)


def _log_domain(rows: Rows, limit_ms: float | None) -> list[float]:
    """Whole decades around everything drawn, 1 ms to 1 s at least."""
    values = [row[kind] for row in rows for kind in (*DRAWN, "waited") if row[kind] is not None]
    values += [] if limit_ms is None else [limit_ms]
    low, high = min(values, default=1.0), max(values, default=1000.0)
    domain = [1.0, 1000.0]
    while domain[0] > low:
        domain[0] /= 10
    while domain[1] < high:
        domain[1] *= 10
    return domain


def lines_panel(drawing: Drawing, title: str, rows: Rows, colours: dict[str, str]) -> Panel:
    """A line for each kind of rows, told apart by dashes as well as by colour."""
    seen = [kind for kind in colours if any(row["kind"] == kind and row["y"] is not None for row in rows)]
    if not seen:
        return drawing.empty(title)
    rows = [row for kind in seen for row in rows if row["kind"] == kind]
    y = alt.Y("y:Q", title=drawing.say(f"{title}_axis"), axis=alt.Axis(tickMinStep=1))
    colour = legend(drawing, "kind", seen, [colours[kind] for kind in seen], "line_")
    dash = dashes(drawing, "kind", dict(zip(colours, DASHES, strict=False)), None)
    line = (
        alt.Chart(drawing.data(title, rows))
        .mark_line(strokeWidth=1.6)
        .encode(x=drawing.x(), y=y, color=colour, strokeDash=dash)
    )
    return drawing.panel(title, 110, [line, *_lonely(drawing, f"{title}_lonely", rows, y, colour)])


def leaders_panel(drawing: Drawing, rows: Rows, takeovers: Rows) -> list[Panel]:
    """A thick bar while a node leads, a thin one while it is the synchronous standby; a number: when it took over."""
    if not rows:
        return []
    bars = _state_bars(drawing, "node", rows, (("standby", 3, VIOLET), ("leader", 11, BLUE)))
    marks = alt.Chart(drawing.data("takeovers", takeovers))
    y = _names("node")
    layers = [
        *bars,
        marks.mark_tick(color=INK, thickness=2, height=16).encode(x=drawing.x(), y=y),
        marks.mark_text(align="left", dx=1, dy=-12, color=INK, fontWeight="bold").encode(
            x=drawing.x(), y=y, text=alt.Text("x:Q", format=".1f")
        ),
    ]
    return [drawing.panel("chart_leaders", 28 * len({row["node"] for row in rows}) + 4, layers)]


def services_panel(drawing: Drawing, rows: Rows) -> Panel:
    """A thin bar while a container is up, a thick one while it is down: told apart without colour."""
    if not rows:
        return drawing.empty("chart_services")
    bars = _state_bars(drawing, "service", rows, (("up", 3, OK), ("down", 11, BAD)), shows_title=True)
    services = len({row["service"] for row in rows})
    return drawing.panel("chart_services", 16 * services + 4, bars)


def _state_bars(
    drawing: Drawing, key: str, rows: Rows, looks: tuple[tuple[str, int, str], ...], shows_title: bool = False
) -> list[alt.Chart]:
    """A bar a stretch, as thick and coloured as its state's look."""
    return [
        alt.Chart(drawing.data(f"{key}_{state}", [row for row in rows if row["state"] == state]))
        .mark_bar(height=height, color=colour)
        .encode(x=drawing.x(shows_title), x2=alt.X2("x2:Q"), y=_names(key))
        for state, height, colour in looks
        if any(row["state"] == state for row in rows)
    ]


def _names(key: str) -> alt.Y:
    return alt.Y(f"{key}:N", title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=130, grid=False))
