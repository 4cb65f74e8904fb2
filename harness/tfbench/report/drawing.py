"""What all panels of a drawing share: one time axis, marks behind the data, colours, legends, the language.

Colours are names of roles (`INK`, `OK`...) that the page's style sheet replaces in the dark.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import altair as alt

from tfbench.report.timeline import Timeline

WIDTH = 980
PIXELS_A_LETTER = 6.6

INK, MUTED, GRID, PHASE = "#1f2933", "#5f6c7b", "#e3e7eb", "#eef1f4"
BLUE, VIOLET, OK, FAIL, BAD, DROPPED = "#2463a6", "#7c4dbd", "#4f9d7c", "#d9a441", "#c23b31", "#8c96a1"

STYLE = {
    "background": "transparent",
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": GRID},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": DROPPED,
        "tickColor": DROPPED,
    },
    "title": {"anchor": "start", "frame": "group", "fontSize": 12, "color": INK, "offset": 6},
    "legend": {
        "labelColor": INK,
        "labelLimit": 420,
        "symbolStrokeWidth": 2,
        "columnPadding": 26,
        "layout": {"margin": 40},
    },
}

Say = Callable[[str], str]
Rows = list[dict[str, Any]]
Panel = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What all panels of one drawing share: the axis, the marks behind the data, and the language."""

    timeline: Timeline
    say: Say
    limit_ms: float | None
    datasets: dict[str, Rows]

    def x(self, shows_title: bool = False) -> alt.X:
        """The shared axis; only the last panel names it."""
        return alt.X(
            "x:Q",
            scale=self.scale(),
            axis=alt.Axis(title=self.say("axis_seconds") if shows_title else None, tickCount=12, grid=False),
        )

    def scale(self) -> alt.Scale:
        """The same stretch of time for every panel."""
        return alt.Scale(domain=[0, self.timeline.end_s], nice=False, clamp=True)

    def data(self, name: str, rows: Rows) -> alt.NamedData:
        """Rows of this drawing, kept beside the chart so that they are not validated one by one."""
        self.datasets[name] = rows
        return alt.NamedData(name)

    def behind(self) -> list[alt.Chart]:
        """Outages shaded, phases and moments of faults as rules: under the data of each panel."""
        layers = []
        if self.datasets["faults"]:
            layers.append(
                alt.Chart(alt.NamedData("faults"))
                .mark_rect(color=BAD, opacity=0.09)
                .encode(x=self.x(), x2=alt.X2("x2:Q"))
            )
        layers.append(alt.Chart(alt.NamedData("phases")).mark_rule(color=DROPPED, strokeDash=[1, 3]).encode(x=self.x()))
        for name, colour in (("moments", BAD), ("recoveries", OK)):
            if self.datasets[name]:
                layers.append(
                    alt.Chart(alt.NamedData(name)).mark_rule(color=colour, strokeWidth=1.4).encode(x=self.x())
                )
        return layers

    def panel(self, title: str, height: int, layers: list[alt.Chart]) -> Panel:
        """A panel with everything behind it."""
        return layered([*self.behind(), *layers], width=WIDTH, height=height, title=self.say(title))

    def empty(self, title: str) -> Panel:
        """A panel that says that there is nothing to draw."""
        data = self.data(f"empty_{title}", [{"x": self.timeline.end_s / 2, "text": self.say("no_data")}])
        text = (
            alt.Chart(data)
            .mark_text(color=MUTED, fontSize=13, fontStyle="italic")
            .encode(x=self.x(), text=alt.Text("text:N"))
        )
        return self.panel(title, 36, [text])


def layered(layers: list[alt.Chart], **properties: Any) -> Panel:
    """Layers put together as plain data: Altair would copy and validate every one again at each level."""
    return {"layer": [_plain(layer) for layer in layers], **properties}


def _plain(layer: alt.Chart) -> Panel:
    spec = layer.to_dict(validate=False)
    return {key: value for key, value in spec.items() if key not in ("$schema", "config")}


def legend(
    drawing: Drawing, field: str, domain: list[str], colours: list[str], prefix: str, **options: Any
) -> alt.Color:
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=domain, range=colours),
        legend=legend_of(drawing, domain, prefix, **options),
    )


def dashes(drawing: Drawing, field: str, dashes: dict[str, list[int]], prefix: str | None) -> alt.StrokeDash:
    return alt.StrokeDash(
        f"{field}:N",
        scale=alt.Scale(domain=list(dashes), range=list(dashes.values())),
        legend=legend_of(drawing, list(dashes), prefix) if prefix else None,
    )


def legend_of(drawing: Drawing, domain: list[str], prefix: str, **options: Any) -> alt.Legend:
    """A legend whose entries are our words for the codes in the data."""
    words = {code: drawing.say(prefix + code) for code in domain}
    return alt.Legend(title=None, orient="top", offset=2, labelExpr=f"({json.dumps(words)})[datum.label]", **options)
