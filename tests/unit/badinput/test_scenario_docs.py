"""docs/scenarios.md names every key that the reader asks for, and no other; and every name a scenario may use."""

import re
from pathlib import Path

import pytest
from tfbench import catalog
from tfbench.scenario import load_scenario
from tfbench.yamlio import Mapping, Node

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`.+?`) \| (?:required)? ?\|", re.MULTILINE)
# Mappings whose keys are data: their names are in the catalogue.
OPEN = ("spec.load.mix", "spec.faults[].parameters")

FULL = """
apiVersion: tfbench/v1
kind: Scenario
metadata: {name: full, title: {en: a, es: b}, purpose: {en: a, es: b}}
spec:
  system: ticketflow
  profile: default
  seed: 1
  load:
    {workload: ticketflow, rate_per_s: 50, arrivals: poisson, mix: {purchase: 1.0},
     surge: {at_s: 0, length_s: 5, factor: 2, event: EV001}}
  phases: {warmup_s: 5, baseline_s: 20, outage_s: 20, recovery_s: 20, drain_deadline_s: 60}
  faults: [{id: a, type: stop, target: app2, verify: [service-down], at_s: 1, hold_s: 5, parameters: {grace_s: 1}}]
  objectives: {source: TABLE, required: [app1-reservation-under-300ms]}
  expectations: []
  invariants: {required: [no-seat-sold-twice]}
  abort_when: [{figure: queue, above: 1, for_s: 1}]
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every key that the reader asks a scenario for, optional ones too, while it reads one that has them all."""
    file = tmp_path / "full.yaml"
    seen: set[str] = set()
    ask = Mapping.optional

    def remembered(mapping: Mapping, key: str) -> Node | None:
        if mapping.node.file == file:
            path = f"{mapping.node.path}.{key}" if mapping.node.path else key
            seen.add(re.sub(r"\[\d+\]", "[]", path))
        return ask(mapping, key)

    monkeypatch.setattr(Mapping, "optional", remembered)
    table = ROOT / "slo" / "ticketflow.yaml"
    file.write_text(FULL.replace("TABLE", str(table)), encoding="utf-8")
    assert load_scenario(file).abort_when
    return seen


def test_every_key_the_reader_asks_for_is_in_the_page_and_no_other(asked: set[str]) -> None:
    rows = {key for row in ROW.findall(PAGE) for key in re.findall(r"`([^`]+)`", row)}
    keys = {key for key in rows if key.split(".")[0] in ("apiVersion", "kind", "metadata", "spec")}
    assert keys == {key for key in asked if not key.startswith(tuple(f"{path}." for path in OPEN))}


@pytest.mark.parametrize(
    "name",
    [
        *(catalog.SYSTEMS | catalog.PROFILES | catalog.WORKLOADS | catalog.ARRIVALS | catalog.ARRIVAL_KINDS),
        *(catalog.OPERATIONS | catalog.EXPECTATIONS | catalog.INVARIANTS),
        *(f"{name}:OPERATION" if figure.is_of_operation else name for name, figure in catalog.ABORT_FIGURES.items()),
    ],
)
def test_every_name_a_scenario_may_use_is_in_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE
