"""The main job, whole: `tfbench run caida-app2` on a stack of its own, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tfbench.platforms.engine import require_engine
from tfbench.platforms.stack import Stack
from tfbench.verdict import EXIT_CODES, Verdict

ROOT = Path(__file__).resolve().parents[2]
RUN_DEADLINE_S = 420
pytestmark = pytest.mark.experiment


def start(*arguments: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "harness")}
    return subprocess.Popen(
        [sys.executable, "-m", "tfbench", *arguments], cwd=ROOT, env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def results_of(run_dir: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((run_dir / "results.json").read_text(encoding="utf-8"))
    return results


@pytest.fixture(scope="module")
def finished() -> tuple[int, str, Path]:
    bench = start("run", "caida-app2")
    out, err = bench.communicate(timeout=RUN_DEADLINE_S)
    print(out, err[-6000:])
    return bench.returncode, out, (ROOT / "reports/out/caida-app2/latest").resolve()


# The latencies are judged by the run, not by this test: a busy machine may leave them INCONCLUSIVE.
def test_what_caida_app2_promises_besides_latency_holds(finished: tuple[int, str, Path]) -> None:
    code, out, run_dir = finished
    results = results_of(run_dir)
    assert code == EXIT_CODES[Verdict(results["verdict"])]
    assert all(e["verdict"] == "PASS" for e in results["expectations"]), results["expectations"]
    assert all(i["verdict"] == "PASS" and i["checked"] > 0 for i in results["invariants"] if i["required"])
    assert [fault["verified"] for fault in results["faults"]] == [True]
    judged = {row["id"]: row["verdict"] for row in (*results["objectives"], *results["recovery"])}
    assert judged["app2-rto"] == judged["app2-pdf-under-5min"] == "PASS"
    assert str(run_dir / "report.html") in out.replace("\n", "")


def test_the_stack_is_gone_after_the_run(finished: tuple[int, str, Path]) -> None:
    assert Stack(require_engine(), ROOT).all_containers() == []


def test_judging_again_from_disk_gives_the_same_verdicts(finished: tuple[int, str, Path]) -> None:
    code, _, run_dir = finished
    before = results_of(run_dir)
    again = start("check", str(run_dir))
    again.communicate(timeout=120)
    assert again.returncode == code
    assert results_of(run_dir) == before


def test_the_report_opens_without_network(finished: tuple[int, str, Path], browser: Browser) -> None:
    _, _, run_dir = finished
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((run_dir / "report.html").as_uri())
    assert results_of(run_dir)["verdict"] in page.inner_text("body")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_ctrl_c_in_the_outage_heals_keeps_the_record_and_exits_130() -> None:
    bench = start("run", "caida-app2", "--keep")
    stack = Stack(require_engine(), ROOT)
    try:
        journal = _wait_for_fault(bench, "verified")
        bench.send_signal(signal.SIGINT)
        bench.communicate(timeout=180)
        assert bench.returncode == 130
        assert {c.status for c in stack.containers("app2")} == {"running"}, "healed"
        states = [json.loads(line).get("state") for line in journal.read_text().splitlines()]
        assert "healed" in states
        results = results_of(journal.parent)
        assert results["interrupted"]
        assert results["verdict"] != "PASS"
        assert (journal.parent / "report.html").is_file()
        assert results["load"]["delivered"] > 0, "what was recorded is kept"
    finally:
        bench.kill()
        stack.down()


def _wait_for_fault(bench: subprocess.Popen[str], state: str) -> Path:
    """Wait until the run's journal says that its fault reached `state`; returns the journal."""
    began, deadline = time.time(), time.monotonic() + 180
    while time.monotonic() < deadline:
        assert bench.poll() is None, f"the bench ended: {bench.communicate()}"
        journal = ROOT / "reports/out/caida-app2/latest/journal.jsonl"
        if journal.is_file() and journal.stat().st_mtime > began and f'"state":"{state}"' in journal.read_text():
            return journal.resolve()
        time.sleep(0.2)
    raise AssertionError(f"no fault reached {state} within 180 s")
