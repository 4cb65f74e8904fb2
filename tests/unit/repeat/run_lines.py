"""Lines of runs as suite_runs.py makes them, with only what a repetition reads."""

from typing import Any

EXITS = {"PASS": 0, "FAIL": 1}


def recovery(
    upper_s: float | None, verdict: str = "PASS", id_: str = "rto-app2", fault: str = "kill"
) -> dict[str, Any]:
    """One recovery time, or with None one that was not over when the run was."""
    return {
        "id": id_, "title": {"en": "Back", "es": "Vuelve"}, "service": "app2", "fault": fault, "required": True,
        "verdict": verdict, "limit_s": 60.0, "rto_s": upper_s, "lower_s": upper_s, "upper_s": upper_s,
        "detect_s": 0.1, "outage_s": upper_s,
    }  # fmt: skip


def budget(outage_s: float | None, objective: str = "app2-availability") -> dict[str, Any]:
    """A line of results.json's budget: three nines over 30 days, which bear 2,592 s."""
    return {"objective": objective, "service": "app2", "target": 0.999, "window_s": 2_592_000.0, "outage_s": outage_s}


def run(verdict: str = "PASS", *recoveries: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A run that was judged so."""
    return {
        "scenario": "caida", "title": {"en": "About", "es": "Sobre"}, "verdict": verdict,
        "reason": {"en": f"it was {verdict}", "es": f"fue {verdict}"}, "interrupted": False,
        "exit_code": EXITS.get(verdict, 2), "run": "../20261124T100000Z", "duration_s": 120.0,
        "recovery": list(recoveries), "budget": [], "acknowledged": 10, "lost": 0, "doubled": 0,
    } | others  # fmt: skip
