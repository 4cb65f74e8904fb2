"""The Prometheus rules: what they count is what the services expose. `tests/integration/slo` asks promtool."""

import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from emision import metricas as metricas_app2
from portal import create_app
from portal.configuracion import Configuracion
from portal.metricas import Metricas
from prometheus_client import REGISTRY, CollectorRegistry
from ruamel.yaml import YAML
from spoilable_run import ratio
from tfbench.catalog import OPERATIONS, OUTCOMES
from tfbench.cli_slo import slo
from tfbench.model import Selector, Slo
from tfbench.slo.objective import Method, SlicedObjective
from tfbench.slo.promql import NotSayable, bad_ratio, metrics, read_data
from tfbench.slo.rules import range_s, write_rules

ROOT = Path(__file__).parents[3]
TABLES = ROOT / "slo" / "ticketflow.yaml"
AVAILABLE = ratio("app1-up", 0.999, ("hold", "purchase"))


def groups(*objectives: Any) -> list[dict[str, Any]]:
    text = write_rules(Slo(Path("x.yaml"), objectives)).text
    parsed: list[dict[str, Any]] = YAML(typ="safe").load(text)["groups"]
    return parsed


def buckets(registry: CollectorRegistry, name: str) -> list[float]:
    bounds = {s.labels["le"] for m in registry.collect() for s in m.samples if s.name == f"{name}_bucket"}
    return sorted(float(bound) for bound in bounds if bound != "+Inf")


def test_the_portals_histogram_is_as_it_is_told_here() -> None:
    metricas = Metricas()
    metricas.peticiones.labels("GET", "/", "200").observe(0.1)
    histogram = metrics()["histograms"]["operations"]
    assert buckets(metricas.registro, histogram["name"]) == histogram["buckets_s"]


def test_app2s_histogram_is_as_it_is_told_here() -> None:
    histogram = metrics()["histograms"]["issuance"]
    metricas_app2.DEMORA.labels(**histogram["labels"]).observe(1)
    assert buckets(REGISTRY, histogram["name"]) == histogram["buckets_s"]


def test_every_operation_is_a_route_of_the_portal(tmp_path: Path) -> None:
    config = Configuracion(
        middleware_urls=("http://127.0.0.1:9",),
        clave_sesion="clave de prueba",
        catalogo_archivo=tmp_path / "catalogo.json",
        refresco_activo=False,
    )
    served = {(method, rule.rule) for rule in create_app(config).url_map.iter_rules() for method in rule.methods or ()}
    told = metrics()["operations"]
    assert set(told) == set(OPERATIONS)
    assert {(place["metodo"], place["ruta"]) for place in told.values()} <= served
    assert set(metrics()["outcomes"]) == set(OUTCOMES)


def test_the_factors_are_the_shares_they_stand_for() -> None:
    burn_rates = read_data("burn_rates.yaml")
    for pair in burn_rates["pairs"]:
        share = Decimal(str(pair["budget_spent"])) * burn_rates["window_s"] / range_s(pair["long"])
        assert Decimal(str(pair["factor"])) == share
        assert range_s(pair["long"]) == 12 * range_s(pair["short"])
        assert {pair["long"], pair["short"]} <= set(burn_rates["recorded"])


def test_a_selector_is_said_in_promql() -> None:
    hold = '{metodo="POST", ruta="/retenciones", estado=~"[23].."'
    ratio_of = bad_ratio(ratio("app1-fast", 0.99, ("hold",), 300))
    assert ratio_of.good == (f'http_peticion_segundos_bucket{hold}, le="0.3"}}',)
    assert ratio_of.total == (f'http_peticion_segundos_count{hold[:-1]}|5.."}}',)
    assert ratio_of.over("5m").startswith("1 - (sum(rate(http_peticion_segundos_bucket")


def test_a_status_is_said_in_promql() -> None:
    total = Selector("operations", ("boleta",))
    objective = dataclasses.replace(AVAILABLE, good=dataclasses.replace(total, status_not=(500,)), total=total)
    assert 'estado!="500"' in bad_ratio(objective).good[0]
    assert "estado" not in bad_ratio(objective).total[0]


def test_a_limit_in_whole_seconds_matches_either_way_of_writing_it() -> None:
    assert 'le=~"2|2[.]0"' in bad_ratio(ratio("app1-fast", 0.99, ("hold",), 2000)).good[0]


def test_a_limit_between_two_buckets_cannot_be_said() -> None:
    with pytest.raises(NotSayable, match=r"no bucket at 0.25 s, the nearest is at 0.2 s|0.3 s"):
        bad_ratio(ratio("app1-fast", 0.99, ("hold",), 250))


def test_slices_of_time_cannot_be_said() -> None:
    values = [getattr(AVAILABLE, field.name) for field in dataclasses.fields(AVAILABLE)]
    written = write_rules(Slo(Path("x.yaml"), (SlicedObjective(*values, Method.TIMESLICES, 60, 0.9),)))
    assert "counts slices of time" in written.left_out["app1-up"]
    assert "app1-up: Timeslices counts slices" in written.text


def test_other_windows_scale_the_factors_and_what_cannot_fire_is_left_out() -> None:
    (group,) = groups(dataclasses.replace(AVAILABLE, window_s=7 * 86_400))
    assert "> 3.36 * 0.001" in next(r["expr"] for r in group["rules"] if r.get("alert") == "SLOBudgetBurn1h")
    written = write_rules(Slo(Path("x.yaml"), (dataclasses.replace(AVAILABLE, target=0.9),)))
    assert "could never fire" in written.left_out["app1-up over 1h"]
    assert "SLOBudgetBurn1h" not in written.text
    assert "SLOBudgetBurn6h" in written.text
    short = write_rules(Slo(Path("x.yaml"), (dataclasses.replace(AVAILABLE, window_s=86_400),)))
    assert set(short.left_out) == {"app1-up over 1d", "app1-up over 3d"}


def test_the_command_says_which_objectives_have_no_rules_and_why() -> None:
    result = CliRunner().invoke(slo, ["rules", str(TABLES)])
    assert result.exit_code == 0
    reason = "app3-catalogue-under-10s: http_peticion_segundos has no bucket at 10 s, the nearest is at 8 s"
    assert f"no rules for {reason}" in result.stderr
    assert f"#   {reason}" in result.stdout
    named = {group["name"] for group in YAML(typ="safe").load(result.stdout)["groups"]}
    assert "slo-app2-pdf-under-5min" in named
    assert "slo-app3-catalogue-under-10s" not in named
