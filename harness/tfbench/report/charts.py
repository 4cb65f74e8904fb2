"""The timeline as SVG, one for each language: what is drawn is read here, and the panels are put together.

    evidence -> series -> panels over one axis -> Vega-Lite -> SVG

Drawn by Vega-Altair and vl-convert: an SVG opens anywhere without a script, and prints.
"""

import json
from dataclasses import dataclass
from typing import Any

import vl_convert

from tfbench.report.databases import SOURCES, leadership, takeovers, ticket_sources
from tfbench.report.drawing import BAD, BLUE, OK, PIXELS_A_LETTER, STYLE, VIOLET, WIDTH, Drawing, Panel, Rows, Say
from tfbench.report.evidence import Evidence
from tfbench.report.observations import backlog_rows, deliveries, service_states
from tfbench.report.operations import latencies, rates
from tfbench.report.panels import latency_panel, leaders_panel, lines_panel, rates_panel, services_panel, strips
from tfbench.report.timeline import FaultSpan, Timeline

LOCALES = {
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
    "es": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", ""]},
}
SOURCE_COLOURS = dict(zip(SOURCES, (BLUE, VIOLET, BAD), strict=True))
NEAR_THE_END = 0.7


def draw(evidence: Evidence, timeline: Timeline, limit_ms: float | None, languages: dict[str, Say]) -> dict[str, str]:
    """The timeline as SVG in each language."""
    offered, ended = rates(evidence, timeline)
    series = Series(
        offered=offered,
        ended=ended,
        latencies=latencies(evidence, timeline),
        backlog=backlog_rows(evidence, timeline),
        deliveries=deliveries(evidence, timeline),
        leaders=leadership(evidence, timeline),
        takeovers=takeovers(evidence, timeline),
        sources=ticket_sources(evidence, timeline),
        services=service_states(evidence, timeline),
        recoveries=_recoveries(evidence, timeline),
        sells=evidence.sells,
    )
    return {
        language: svg_of(_panels(series, timeline, limit_ms, say), LOCALES[language])
        for language, say in languages.items()
    }


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn, the same in every language."""

    offered: Rows
    ended: Rows
    latencies: dict[str, Rows]
    backlog: Rows
    deliveries: Rows
    leaders: Rows
    takeovers: Rows
    sources: Rows
    services: Rows
    recoveries: Rows
    sells: bool


def _panels(series: Series, timeline: Timeline, limit_ms: float | None, say: Say) -> dict[str, Any]:
    """All panels as one Vega-Lite specification."""
    drawing = Drawing(timeline, say, limit_ms, _marks(timeline, say) | {"recoveries": series.recoveries})
    latency = [latency_panel(drawing, group, rows) for group, rows in series.latencies.items()]
    panels = [
        *strips(drawing),
        rates_panel(drawing, series.offered, series.ended),
        *(latency or [drawing.empty("chart_latency")]),
        *(_orders(drawing, series) if series.sells else []),
        *leaders_panel(drawing, series.leaders, series.takeovers),
        *([lines_panel(drawing, "chart_sources", series.sources, SOURCE_COLOURS)] if series.sources else []),
        services_panel(drawing, series.services),
    ]
    return {
        "vconcat": panels,
        "spacing": 14,
        # Room for labels that a reader's fonts make wider than the ones measured here.
        "padding": {"left": 28, "right": 14, "top": 4, "bottom": 4},
        "resolve": {"scale": dict.fromkeys(("color", "y", "shape", "strokeDash", "fill"), "independent")},
        "datasets": drawing.datasets,
        "config": STYLE,
    }


def _orders(drawing: Drawing, series: Series) -> list[Panel]:
    return [
        lines_panel(drawing, "chart_backlog", series.backlog, {"queue": BLUE, "outbox": VIOLET}),
        lines_panel(drawing, "chart_mails", series.deliveries, {"confirmed": BLUE, "mails": OK}),
    ]


def svg_of(spec: dict[str, Any], locale: dict[str, Any]) -> str:
    """Drawn without fetching anything."""
    return vl_convert.vegalite_to_svg(json.dumps(spec), format_locale=locale, allowed_base_urls=[])


def _recoveries(evidence: Evidence, timeline: Timeline) -> Rows:
    """Where each service was back, of those that went away and came back."""
    begins = {fault.id: fault.start_s for fault in timeline.faults}
    return [
        {"x": begins[item["fault"]] + item["rto_s"]}
        for item in evidence.results["recovery"]
        if item["rto_s"] and item["fault"] in begins
    ]


def _marks(timeline: Timeline, say: Say) -> dict[str, Rows]:
    moments: Rows = []
    for fault in timeline.faults:
        moments.append({"x": fault.start_s, "row": fault.id})
        if fault.heal_s is not None:
            moments.append({"x": fault.heal_s, "row": fault.id})
    phases = [
        {
            "x": span.start_s,
            "x2": span.end_s,
            "middle": (span.start_s + span.end_s) / 2,
            "label": _fitting(say(f"phase_{span.name}"), span.end_s - span.start_s, timeline),
        }
        for span in timeline.phases
    ]
    return {
        "phases": phases,
        "faults": [_fault_row(fault, timeline) for fault in timeline.faults],
        "moments": moments,
    }


def _fault_row(fault: FaultSpan, timeline: Timeline) -> dict[str, Any]:
    """Its name grows towards the middle, so that it is not cut off at the end of the axis."""
    align = "right" if fault.start_s > NEAR_THE_END * timeline.end_s else "left"
    name = {"row": fault.id, "label": f"{fault.target}: {fault.type}", "align": align}
    return {"x": fault.start_s, "x2": fault.end_s, **name}


def _fitting(label: str, seconds: float, timeline: Timeline) -> str:
    """The label, or nothing where its stretch is too short for it."""
    return label if seconds / timeline.end_s * WIDTH > len(label) * PIXELS_A_LETTER else ""
