"""What a command loads in a process of its own: a quick one must not wait for libraries that it has no use for."""

import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).parents[2] / "harness"


def test_planning_minutes_needs_no_docker_and_no_charts() -> None:
    code = "import sys, tfbench.plan; print({'docker', 'altair', 'duckdb'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HARNESS, check=True)
    assert ran.stdout.strip() == "set()"
