"""Prometheus's own promtool takes the rules that are written, and agrees on when their alerts fire."""

import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tfbench.model import Objective, Selector, Slo, Text
from tfbench.slo.openslo import load_slo
from tfbench.slo.rules import write_rules

TABLES = Path(__file__).parents[3] / "slo" / "ticketflow.yaml"
PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
AVAILABLE = Objective(
    id="app1-up",
    title=Text(en="Seats can be held", es="Se puede reservar"),
    service="app1",
    target=0.999,
    window_s=30 * 86_400,
    good=Selector("operations", ("hold",), ("ok",)),
    total=Selector("operations", ("hold",), ("ok", "unknown")),
)
RULES = write_rules(Slo(Path("x.yaml"), (AVAILABLE,))).text


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None
    command = [PROMTOOL, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_promtool_takes_the_rules_of_the_shipped_tables(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(write_rules(load_slo(TABLES)).text, encoding="utf-8")
    checked = promtool("check", "rules", file)
    assert checked.returncode == 0, checked.stderr
    assert "SUCCESS" in checked.stdout


def fires(tmp_path: Path, bad: int, good: int) -> bool:
    """Whether the 1h page fires after 65 minutes of so many bad and good holds a minute; promtool must agree."""
    alert = next(r for r in YAML(typ="safe").load(RULES)["groups"][0]["rules"] if r.get("alert") == "SLOBudgetBurn1h")
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    holds = 'http_peticion_segundos_count{metodo="POST",ruta="/retenciones",estado='
    series = [{"series": f'{holds}"503"}}', "values": f"0+{bad}x70"}]
    if good:
        series.append({"series": f'{holds}"303"}}', "values": f"0+{good}x70"})
    expected = {"exp_labels": alert["labels"], "exp_annotations": alert["annotations"]}
    verdicts = {}
    for should_fire in (True, False):
        check = {"eval_time": "65m", "alertname": alert["alert"], "exp_alerts": [expected] if should_fire else []}
        test = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m"}
        test["tests"] = [{"interval": "1m", "input_series": series, "alert_rule_test": [check]}]
        with (tmp_path / "test.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(test, file)
        verdicts[should_fire] = promtool("test", "rules", tmp_path / "test.yaml").returncode == 0
    assert verdicts[True] is not verdicts[False], "promtool neither saw it fire nor stay quiet"
    return verdicts[True]


@pytest.mark.parametrize(
    ("bad", "good", "does_fire"),
    [
        (145, 9855, True),  # 14.5 times the budget of 0.1%
        (143, 9857, False),  # 14.3 times
        (100, 0, True),  # nothing good at all, so no series of it
    ],
)
def test_the_page_fires_above_14_4_times_the_budget_and_not_below(
    bad: int, good: int, does_fire: bool, tmp_path: Path
) -> None:
    assert fires(tmp_path, bad, good) is does_fire
