"""Writes the tables as Prometheus rules: recorded error ratios and multi-window, multi-burn-rate alerts.

    Objective -> group slo-ID: slo:bad_ratio:rate5m ... rate3d, then one alert a pair of burn_rates.yaml
              -> or the reason why the metrics cannot say it

An alert fires while the long and the short window both burn the budget faster than the pair's factor.
"""

import io
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML

from tfbench import texts
from tfbench.model import Objective, Slo
from tfbench.slo.promql import BadRatio, NotSayable, bad_ratio, read_data

_RANGE = re.compile(r"(\d+)([mhd])")
_RANGE_UNIT_S = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Rules:
    """The rule file, and for each objective that it leaves out, or an alert of it, the reason."""

    text: str
    left_out: dict[str, str]


def write_rules(slo: Slo) -> Rules:
    """Rules for every ratio objective that Prometheus can count."""
    burn_rates = read_data("burn_rates.yaml")
    groups: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    for objective in slo.objectives:
        if isinstance(objective, Objective):
            try:
                groups.append(_group(objective, bad_ratio(objective), burn_rates, left_out))
            except NotSayable as reason:
                left_out[objective.id] = str(reason)
        else:
            left_out[objective.id] = f"{type(objective).__name__} is no ratio of events"
    return Rules(_file(slo, groups, left_out), left_out)


def _group(
    objective: Objective, ratio: BadRatio, burn_rates: dict[str, Any], left_out: dict[str, str]
) -> dict[str, Any]:
    labels = {"slo": objective.id, "service": objective.service}
    recorded = [
        {"record": _name(window), "expr": ratio.over(window), "labels": labels} for window in burn_rates["recorded"]
    ]
    alerts = []
    for pair in burn_rates["pairs"]:
        factor = Decimal(str(pair["factor"])) * Decimal(objective.window_s) / burn_rates["window_s"]
        budget = 1 - Decimal(str(objective.target))
        if range_s(pair["long"]) >= objective.window_s:
            left_out[f"{objective.id} over {pair['long']}"] = "as long as the objective's own window, or longer"
        elif factor * budget >= 1:
            left_out[f"{objective.id} over {pair['long']}"] = (
                f"{factor:.4g} times a budget of {budget:.4g} is more than everything: it could never fire"
            )
        else:
            alerts.append(_alert(objective, pair, factor, budget))
    return {"name": f"slo-{objective.id}", "rules": [*recorded, *alerts]}


def _alert(objective: Objective, pair: dict[str, Any], factor: Decimal, budget: Decimal) -> dict[str, Any]:
    limit = f"{factor.normalize():.6g} * {budget.normalize():f}"
    over = [f'{_name(pair[key])}{{slo="{objective.id}"}} > {limit}' for key in ("long", "short")]
    summary = texts.render(
        "slo.rules.summary",
        title={"en": objective.title.en, "es": objective.title.es},
        factor=float(factor),
        share=pair["budget_spent"],
        window=pair["long"],
    )
    return {
        "alert": f"SLOBudgetBurn{pair['name']}",
        "expr": f"{over[0]} and {over[1]}",
        "labels": {
            "slo": objective.id,
            "service": objective.service,
            "severity": pair["severity"],
            "long": pair["long"],
            "short": pair["short"],
        },
        "annotations": {"summary": summary["en"], "summary_es": summary["es"]},
    }


def _file(slo: Slo, groups: list[dict[str, Any]], left_out: dict[str, str]) -> str:
    yaml = YAML()
    yaml.width = 1_000_000  # one rule, one line: a folded expression is hard to compare
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    out = io.StringIO()
    yaml.dump({"groups": groups}, out)
    head = [f"# {slo.path.name} as Prometheus rules, by tfbench slo rules. Not here, and why:"]
    head += [f"#   {name}: {reason}" for name, reason in left_out.items()] or ["#   nothing is left out"]
    return "\n".join([*head, out.getvalue()])


def _name(window: str) -> str:
    return f"slo:bad_ratio:rate{window}"


def range_s(window: str) -> int:
    """The seconds of a PromQL range such as 30m."""
    match = _RANGE.fullmatch(window)
    if not match:
        raise ValueError(f'"{window}" is no range: a number and m, h or d')
    return int(match[1]) * _RANGE_UNIT_S[match[2]]
