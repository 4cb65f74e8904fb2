"""A few lines of Markdown for the summary of a CI job: the verdict, what decided it, the recovery times."""

import re
from pathlib import Path

from tfbench.report.evidence import Record
from tfbench.report.formats import interval_s, seconds
from tfbench.report.lines import Line, judged_lines, recovery_title
from tfbench.report.recoveries import told_in_a_line
from tfbench.results_shape import load_sound_results
from tfbench.verdict import Verdict

MARKS = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.INFO: "ℹ️"}
MOST_LINES = 20


def summary(run_dir: Path) -> str:
    """The summary of a judged run, in English."""
    results = load_sound_results(run_dir)
    lines = judged_lines(results)
    required = [line for line in lines if line.required]
    looks = [line for line in required if line.needs_a_look]
    parts = [
        f"### {_mark(Verdict(results['verdict']))} {results['verdict']}: {_plain(results['title']['en'])}",
        _plain(results["reason"]["en"]),
    ]
    if results["interrupted"]:
        parts.append("**Interrupted: the evidence ends early.**")
    parts.append(f"{len(required) - len(looks)} of {len(required)} deciding lines passed, load and faults included.")
    if looks:
        parts.append("\n".join(_item(line) for line in looks[:MOST_LINES]))
    if len(looks) > MOST_LINES:
        parts.append(f"… and {len(looks) - MOST_LINES} more.")
    if results["recovery"]:
        rows = "\n".join(
            f"| {_plain(recovery_title(results, item)['en'])} | {_rto(item)} "
            f"| {interval_s(item['lower_s'], item['upper_s']) or '-'} | {seconds(item['limit_s'])} "
            f"| {item['verdict']} |"
            for item in results["recovery"]
        )
        parts.append(f"| Recovery | RTO | interval | limit | verdict |\n|---|---|---|---|---|\n{rows}")
        parts += [_plain(told["en"]) for told in told_in_a_line(results)]
    return "\n\n".join(parts) + "\n"


def _item(line: Line) -> str:
    words = [line.title.get("en") or "", line.reason.get("en", "")]
    said = ". ".join(_plain(text) for text in words if text)
    return f"- {_mark(line.verdict)} **{line.verdict}** {line.kind}: {said}"


def _rto(item: Record) -> str:
    """A time, or why there is none: nothing felt, censored where a verdict says so, never measured."""
    if item["rto_s"] == 0 and item["outage_s"] == 0:
        return "no outage felt"
    is_censored = item["verdict"] in (Verdict.FAIL, Verdict.INCONCLUSIVE)
    return seconds(item["rto_s"]) or ("not recovered" if is_censored else "no data")


def _mark(verdict: Verdict) -> str:
    return MARKS.get(verdict, "⚠️")


def _plain(text: str) -> str:
    """One line that Markdown and HTML read as text."""
    one_line = " ".join(text.split())
    escaped = re.sub(r"([\\`*_\[\]|#~])", r"\\\1", one_line)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
