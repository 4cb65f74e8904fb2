"""`junit.xml` of a scenario that ran several times: a case a run, and one for all of them. English, as its readers are.

PASS -> passed    FAIL -> failure    INVALID run -> skipped: it does not count    anything else -> error
"""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from tfbench.report.evidence import Record
from tfbench.report.junit import document
from tfbench.verdict import Verdict


def repeat_junit(folder: Path) -> Path:
    """Write `junit.xml` into the folder of the repetition and return its path."""
    repeat = json.loads((folder / "repeat.json").read_text(encoding="utf-8"))
    path = folder / "junit.xml"
    path.write_bytes(document([_suite(repeat)]))
    return path


def _suite(repeat: Record) -> ET.Element:
    cases = [_case(f"run {number}", run, run["verdict"]) for number, run in enumerate(repeat["runs"], start=1)]
    for case, run in zip(cases, repeat["runs"], strict=True):
        case.set("time", f"{run['duration_s'] or 0:.3f}")
    # The verdict of all is never skipped: not even when every run was INVALID.
    cases.append(_case("all runs", repeat, repeat["verdict"], invalid="error"))
    tags = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in tags.items()}
    seconds = repeat["finished_at"] - repeat["started_at"]
    suite = ET.Element(
        "testsuite", {"name": repeat["scenario"], "tests": str(len(cases)), **counts, "time": f"{seconds:.3f}"}
    )
    suite.extend(cases)
    return suite


def _case(name: str, judged: Record, verdict: str, invalid: str = "skipped") -> ET.Element:
    case = ET.Element("testcase", {"classname": f"tfbench.{judged['scenario']}.repeat", "name": name})
    if verdict != Verdict.PASS:
        tag = {Verdict.FAIL: "failure", Verdict.INVALID: invalid}.get(Verdict(verdict), "error")
        ET.SubElement(case, tag, {"message": f"{verdict}: {_one_line(judged['reason']['en'])}"})
    return case


def _one_line(text: str) -> str:
    """Text without line ends and without what XML 1.0 cannot hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
