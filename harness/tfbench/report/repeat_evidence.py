"""What several runs of one scenario say together: from their lines (`suite_runs.py`) to the figures of repeat.json.

    runs, without the INVALID ones -> one verdict, the share of passes that it proves, the flake rate
                                   -> each recovery time as a distribution, with a bound for failures to come
                                   -> what the outages spend of error budgets

A run that was INVALID tried something else than what was asked, so it counts nowhere, and is told. One that broke or
was cut short is no pass: it keeps the verdict open. In a distribution a run without a recovery is infinitely long.
"""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tfbench import texts
from tfbench.plan_evidence import RECOVERING_SHARE
from tfbench.slo.budget import failures_per_window, spent_ratio
from tfbench.slo.stats import (
    further_requests,
    lower_bound,
    percentile,
    percentile_interval,
    tolerance_bound,
    upper_bound,
)
from tfbench.verdict import EXIT_INTERRUPTED, Verdict, merge

Record = dict[str, Any]


def merged_verdict(runs: list[Record], missing: int) -> Verdict:
    """Any FAIL is FAIL; PASS only when every run was made and each that counts passed; INVALID when none counts."""
    verdicts = [Verdict(run["verdict"]) for run in runs if run["verdict"] != Verdict.INVALID]
    if runs and not verdicts:
        verdicts.append(Verdict.INVALID)
    return merge([*verdicts, *([Verdict.INCONCLUSIVE] if missing else [])])


def repeat_evidence(runs: list[Record], asked: int) -> Record:
    """The figures of these runs, of `asked` ones, and the verdict with its reason."""
    counted = [run for run in runs if run["verdict"] != Verdict.INVALID]
    passed = sum(run["verdict"] == Verdict.PASS for run in counted)
    judged = {number: run for number, run in enumerate(runs, start=1) if _is_evidence(run)}
    numbers = {
        "asked": asked,
        "counted": len(counted),
        "passed": passed,
        "invalid": len(runs) - len(counted),
        "not_run": asked - len(runs),
        "proved": lower_bound(len(counted), len(counted) - passed),
    }
    verdict = merged_verdict(runs, numbers["not_run"])
    return {
        "verdict": verdict,
        "reason": _reason(verdict, numbers),
        **numbers,
        "flake": flake_rate([Verdict(run["verdict"]) for run in judged.values()]),
        "recovery": list(_distributions(judged)),
        "budget": list(_budgets(list(judged.values()))),
    }


def _is_evidence(run: Record) -> bool:
    """A run that ended itself (`abort_when`) is evidence; one that a person cut short is not."""
    return run["verdict"] != Verdict.INVALID and run["run"] is not None and run["exit_code"] != EXIT_INTERRUPTED


def flake_rate(verdicts: list[Verdict]) -> Record:
    """The share of verdicts that differ from the most common one, with one-sided 95% bounds; None of nothing.

    Of two that are equally common, the worse is the one to differ from.
    """
    n = len(verdicts)
    if not n:
        return {"n": 0, "differing": 0, "common": None, "ratio": None, "lower": None, "upper": None}
    times = Counter(verdicts)
    common = merge(verdict for verdict in times if times[verdict] == max(times.values()))
    differing = n - times[common]
    return {
        "n": n,
        "differing": differing,
        "common": common,
        "ratio": differing / n,
        "lower": 1 - upper_bound(n, differing),
        "upper": 1 - lower_bound(n, differing),
    }


def distribution(items: list[Record]) -> Record:
    """One promise against one fault, run by run: what was seen, and what it bounds of such failures to come.

    `bound_s` is not exceeded by `bound_share` of them, with 95% confidence: the share asked for where the runs are
    enough, else what the longest of them shows. None: a run that did not recover stands in the way.
    """
    lengths_s = [math.inf if item["upper_s"] is None else float(item["upper_s"]) for item in items]
    n, passed = len(items), sum(item["verdict"] == Verdict.PASS for item in items)
    bound_s, share = tolerance_bound(lengths_s, RECOVERING_SHARE), RECOVERING_SHARE
    if bound_s is None:
        bound_s, share = max(lengths_s), lower_bound(n, 0)
    low, high = percentile_interval(lengths_s, 50)
    return {
        "n": n,
        "passed": passed,
        "proved": lower_bound(n, n - passed),
        "more": further_requests(n, n - passed, RECOVERING_SHARE),
        "bound_s": _finite(bound_s),
        "bound_share": share,
        "median_s": _finite(percentile(lengths_s, 50)),
        "median_lower_s": _finite(low),
        "median_upper_s": _finite(high),
        "longest_s": _finite(max(lengths_s)),
    }


def _distributions(judged: dict[int, Record]) -> Iterator[Record]:
    """Every promise against every fault, in the order they were first met."""
    found: dict[tuple[str, str], list[Record]] = {}
    for number, run in judged.items():
        for item in run["recovery"]:
            if item["verdict"] != Verdict.INVALID:
                seen = {"run": number, **{key: item[key] for key in ("rto_s", "upper_s", "verdict")}}
                found.setdefault((item["id"], item["fault"]), []).append(item | {"seen": seen})
    for items in found.values():
        told = {key: items[0][key] for key in ("id", "title", "service", "fault", "required", "limit_s")}
        verdict = merge(Verdict(item["verdict"]) for item in items)
        yield {**told, "verdict": verdict, **distribution(items), "values": [item["seen"] for item in items]}


def _budgets(judged: list[Record]) -> Iterator[Record]:
    """What the median and the worst outage spend of each availability; of several in one run, its longest."""
    objectives = {spent["objective"]: spent for run in judged for spent in run["budget"]}
    for name, spent in objectives.items():
        of_runs = [[s["outage_s"] for s in run["budget"] if s["objective"] == name] for run in judged]
        outages_s = [math.inf if None in outages else max(outages) for outages in of_runs if outages]
        target, window_s = spent["target"], spent["window_s"]
        ends = {"median": _finite(percentile(outages_s, 50)), "worst": _finite(max(outages_s))}
        row = {key: spent[key] for key in ("objective", "service", "target", "window_s")}
        for end, outage_s in ends.items():
            row[f"{end}_s"] = outage_s
            row[f"{end}_spent"] = None if outage_s is None else spent_ratio(outage_s, target, window_s)
            row[f"{end}_bears"] = None if outage_s is None else failures_per_window(outage_s, target, window_s)
        yield row


def _reason(verdict: Verdict, numbers: Record) -> texts.Rendered:
    key = verdict.lower() if verdict in (Verdict.PASS, Verdict.FAIL, Verdict.INVALID) else "open"
    said = [texts.render(f"repeat.{key}", failed=numbers["counted"] - numbers["passed"], **numbers)]
    if numbers["invalid"] and key != "invalid":
        said.append(texts.render("repeat.not_counted", **numbers))
    if numbers["not_run"]:
        said.append(texts.render("repeat.cut", **numbers))
    return texts.joined(*said)


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: None is "longer than the run", as everywhere in the results."""
    return None if value is None or math.isinf(value) else value
