"""`junit.xml`: a test case a judged line, for the CI systems that read it. English, as their pages are.

PASS -> passed    FAIL -> failure    INVALID, INCONCLUSIVE, NO_DATA -> error with that word
a line that isn't required and didn't pass, INFO -> skipped, with the reason
"""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from tfbench.report.evidence import Record
from tfbench.report.lines import Line, judged_lines
from tfbench.results_shape import load_sound_results
from tfbench.verdict import Verdict

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(run_dir: Path) -> Path:
    """Write `junit.xml` into the run folder and return its path."""
    path = run_dir / "junit.xml"
    path.write_bytes(junit_xml(load_sound_results(run_dir)))
    return path


def junit_xml(results: Record) -> bytes:
    """The document of one run, counts and all."""
    return document([run_suite_element(results)])


def document(suites: list[ET.Element]) -> bytes:
    """A document of test suites, with the sum of their counts."""
    root = ET.Element("testsuites", {"name": "tfbench", **_sums(suites)})
    root.extend(suites)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def run_suite_element(results: Record) -> ET.Element:
    """A judged run as one test suite."""
    lines = [*judged_lines(results), _run_line(results)]
    cases = [_case(results["scenario"], line) for line in lines]
    return _suite(results["scenario"], cases, results["finished_at"] - results["started_at"])


def error_suite(scenario: str, why: str) -> ET.Element:
    """A scenario of which there is no judgement: one error, so that it is never green."""
    line = Line("run", "verdict", {}, True, Verdict.NO_DATA, {"en": why}, "")
    return _suite(scenario, [_case(scenario, line)], 0.0)


def _suite(scenario: str, cases: list[ET.Element], seconds: float) -> ET.Element:
    tags = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in tags.items()}
    attributes = {"name": _clean(scenario), "tests": str(len(cases)), **counts, "time": f"{seconds:.3f}"}
    suite = ET.Element("testsuite", attributes)
    suite.extend(cases)
    return suite


def _sums(suites: list[ET.Element]) -> dict[str, str]:
    counts = {
        name: str(sum(int(suite.get(name, "0")) for suite in suites))
        for name in ("tests", "failures", "errors", "skipped")
    }
    return {**counts, "time": f"{sum(float(suite.get('time', '0')) for suite in suites):.3f}"}


def _run_line(results: Record) -> Line:
    """The whole run, so that no suite is green when its verdict isn't (an interrupted run, for one)."""
    verdict = Verdict(results["verdict"])
    if results["interrupted"] and verdict is Verdict.PASS:
        verdict = Verdict.INVALID
    return Line("run", "verdict", results["title"], True, verdict, results["reason"], "")


def _case(scenario: str, line: Line) -> ET.Element:
    name = f"{line.id}: {line.title['en']}" if line.title.get("en") else line.id
    case = ET.Element("testcase", {"classname": _clean(f"tfbench.{scenario}.{line.kind}"), "name": _clean(name)})
    tag = _tag(line)
    if tag:
        reason = _clean(line.reason.get("en", ""))
        detail = ET.SubElement(case, tag, {"message": f"{line.verdict}: {reason}".rstrip(": ")})
        if tag != "skipped":
            detail.set("type", str(line.verdict))
        detail.text = reason
    return case


def _tag(line: Line) -> str | None:
    if line.verdict is Verdict.PASS:
        return None
    if not line.required or line.verdict is Verdict.INFO:
        return "skipped"
    return "failure" if line.verdict is Verdict.FAIL else "error"


def _clean(text: str) -> str:
    """Text without the characters that XML 1.0 can't hold."""
    return _NOT_XML.sub("\ufffd", str(text))
