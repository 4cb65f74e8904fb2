"""`junit.xml` of a suite: a test suite a scenario. English, as the pages that show it are."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from tfbench.report.evidence import Record
from tfbench.report.junit import document, error_suite, run_suite_element
from tfbench.results_shape import load_sound_results


def suite_junit(folder: Path) -> Path:
    """Write `junit.xml` into the suite's folder and return its path."""
    suite = json.loads((folder / "suite.json").read_text(encoding="utf-8"))
    elements = [_of_run(folder, run) for run in suite["runs"]]
    elements += [error_suite(name, "not run: the suite ended before it") for name in suite["not_run"]]
    path = folder / "junit.xml"
    path.write_bytes(document(elements))
    return path


def _of_run(folder: Path, run: Record) -> ET.Element:
    if run["run"] is None:
        return error_suite(run["scenario"], run["reason"]["en"])
    return run_suite_element(load_sound_results(folder / run["run"]))
