"""Run folders that need no run: light (a journal and results, no operations), judged by hand."""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from synthetic_results import failed_results, interrupted_results, passed_results
from synthetic_shop import Shop, journal_of, simulate
from tfbench.model import LoadSpec, Phases, Scenario, Slo, Text

JUDGED = {"passed": (passed_results, 0), "failed": (failed_results, 1), "interrupted": (interrupted_results, 130)}
WHEN = "20261124T100000Z"


@dataclass(frozen=True)
class Ran:
    """As much of an Outcome as a suite reads."""

    run_dir: Path
    exit_code: int


@cache
def _shop() -> Shop:
    return simulate(5, until_s=20)


@cache
def _journal() -> str:
    return "".join(json.dumps(record) + "\n" for record in journal_of(_shop(), 1e9))


def write_judged(runs: Path, name: str, ending: str) -> Ran:
    """A run folder of scenario `name` that ended as told."""
    results, exit_code = JUDGED[ending]
    run_dir = runs / name / WHEN
    run_dir.mkdir(parents=True)
    (run_dir / "journal.jsonl").write_text(_journal())
    replace(results(_shop()), scenario=name).write(run_dir)
    return Ran(run_dir, exit_code)


def scenario(name: str) -> Scenario:
    """A scenario that loads for two minutes."""
    title = Text(en=f"About {name}", es=f"Sobre {name}")
    return Scenario(
        path=Path(f"{name}.yaml"), name=name, title=title, purpose=title, system="ticketflow", profile="default",
        seed=1, load=LoadSpec("ticketflow", 10, "poisson", {"catalogue": 1.0}), phases=Phases(10, 30, 40, 40, 60),
        faults=(), slo=Slo(Path("slo.yaml"), ()), required=(), expectations=(), invariants=(),
    )  # fmt: skip
