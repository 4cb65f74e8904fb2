"""The shipped tables parse to the promises of the SLA; what OpenSLO forbids, or nobody judges, is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tfbench import catalog
from tfbench.errors import ConfigError
from tfbench.model import InvariantObjective, Objective, RecoveryObjective
from tfbench.slo.objective import Method, SlicedObjective
from tfbench.slo.openslo import load_slo

Spoil = Callable[[Path, str, str], int]

ROOT = Path(__file__).parents[3]
TABLES = ROOT / "slo" / "ticketflow.yaml"

SLI = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: holds}
spec:
  ratioMetric:
    good:
      metricSource: {type: tfbench, spec: {source: operations, operations: [hold], outcome: [ok]}}
    total:
      metricSource: {type: tfbench, spec: {source: operations, operations: [hold]}}
---
"""
# One promise that leaves nothing out; each row of a table below spoils one line of it.
SLO = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: fast
  displayName: It is fast
  labels: {team: [a, b]}
  annotations: {tfbench/title-es: Es rápido}
spec:
  description: Of holds.
  service: shop
  indicator:
    metadata: {name: holds}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: tfbench
            spec: {source: operations, operations: [hold], outcome: [ok], latency_ms_below: 300}
        total:
          metricSource:
            type: tfbench
            spec: {source: operations, operations: [hold], outcome: [ok, unknown]}
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99
"""

# (why, the text, what it becomes, part of the message); the line is where the text stands, or that of HERE.
HERE = "  # here"
REFUSED = [
    ("an unknown kind", "kind: SLO", "kind: SLOO", 'unknown kind "SLOO" (did you mean "SLO"?)'),
    (
        "an older version",
        "apiVersion: openslo/v1\nkind: SLO",
        "apiVersion: openslo/v1alpha\nkind: SLO",
        "openslo/v1",
    ),
    ("a kind nobody reads", "kind: SLO", "kind: AlertPolicy", "tfbench has no use for it"),
    ("a name with capitals", "  name: fast", "  name: Fast", "is no name"),
    ("an unknown key of metadata", "  labels:", "  lables:", 'unknown key (did you mean "labels"?)'),
    (
        "an unknown key of spec",
        "  description:",
        "  descripton:",
        'unknown key (did you mean "description"?)',
    ),
    ("a title too long", "It is fast", "It is " + "very " * 20 + "fast", "allows 63"),
    ("an annotation without a name", "tfbench/title-es", "tfbench/", "not an annotation"),
    ("an illegal label", "team:", '"a team":', "not a label"),
    ("a label that is a number", "[a, b]", "[a, 1]", "quote it"),
    ("a service nobody declared", "service: shop", "service: shoop", 'did you mean "shop"'),
    ("an unknown method", "Occurrences", "Occurences", 'did you mean "Occurrences"'),
    ("a target of 1", "target: 0.99", "target: 1", "a tfbench/v1 Invariant"),
    ("a target of 1.0", "target: 0.99", "target: 1.0", "a tfbench/v1 Invariant"),
    ("a target of 0", "target: 0.99", "target: 0", "0 promises nothing"),
    ("a target below 0", "target: 0.99", "target: -0.5", "above 0 and below 1"),
    ("a target in percent", "target: 0.99", "target: 99", "above 0 and below 1"),
    ("100 percent", "target: 0.99", "targetPercent: 100", "above 0 and below 100"),
    ("two targets", "target: 0.99", "target: 0.99\n      targetPercent: 99" + HERE, "exclude each other"),
    ("two objectives", "objectives:\n    -", "objectives:\n    - target: 0.9\n    -", "saw 2"),
    ("no objective", "objectives:\n    - target: 0.99", "objectives: []", "saw 0"),
    ("an operator", "target: 0.99", "target: 0.99\n      op: lte" + HERE, "belongs to thresholdMetric"),
    (
        "a slice target",
        "target: 0.99",
        "target: 0.99\n      timeSliceTarget: 0.9" + HERE,
        "belongs to Timeslices",
    ),
    ("a composite", "target: 0.99", "target: 0.99\n      compositeWeight: 2" + HERE, "composite"),
    ("seconds", "duration: 30d", "duration: 30s", "OpenSLO has no seconds"),
    ("a duration of 0", "duration: 30d", "duration: 0d", "is not a duration"),
    ("a duration without a unit", "duration: 30d", 'duration: "30"', "is not a duration"),
    ("months in lower case letters", "duration: 30d", "duration: 1mo", "is not a duration"),
    (
        "a window that does not roll",
        "- duration: 30d\n      isRolling: true",
        "- duration: 30d",
        "follows the calendar",
    ),
    (
        "a calendar that rolls",
        "isRolling: true",
        "isRolling: true\n      calendar: {startTime: x}" + HERE,
        "exclude each other",
    ),
    (
        "a calendar without its zone",
        "isRolling: true",
        "calendar:" + HERE + '\n        startTime: "2026-01-01 00:00:00"',
        '"timeZone" is missing',
    ),
    ("two windows", "timeWindow:\n    -", "timeWindow:\n    - duration: 1d\n    -", "saw 2"),
    ("alert policies", "  objectives:", "  alertPolicies: []\n  objectives:", "doesn't alert"),
    ("a reference to no SLI", "  indicator:", "  indicatorRef: none\n  indicator:", "exclude each other"),
    ("a threshold", "      ratioMetric:", "      thresholdMetric: {}\n      ratioMetric:", "not judged yet"),
    ("bad instead of good", "        counter: true", "        bad: {}", "count good and total"),
    ("a raw ratio", "        counter: true", "        raw: {}", "count good and total"),
    ("counter in words", "counter: true", "counter: often", "expected true or false"),
    ("a data source", "            type: tfbench", "            metricSourceRef: x", "data sources"),
    ("another system's query", "type: tfbench", "type: Prometheus", 'unknown metric source "Prometheus"'),
    ("an unknown source", "source: operations", "source: operation", 'did you mean "operations"'),
    ("an unknown operation", "[hold], outcome: [ok],", "[holds], outcome: [ok],", 'did you mean "hold"'),
    ("no operation", "[hold], outcome: [ok],", "[], outcome: [ok],", "empty list"),
    ("an unknown outcome", "outcome: [ok],", "outcome: [okay],", "unknown outcome"),
    ("an unknown filter", "latency_ms_below", "latency_below_ms", 'did you mean "latency_ms_below"'),
    ("no latency at all", "latency_ms_below: 300", "latency_ms_below: 0", "from 1 to"),
    ("no status at all", "latency_ms_below: 300", "status_not: [50]", "from 100 to 599"),
]

# The same, of a promise by slices of time.
SLICED = "timeSliceTarget: 0.9\n      timeSliceWindow: 1m"
SLICED_REFUSED = [
    ("no slice window", SLICED, "timeSliceTarget: 0.9", '"timeSliceWindow" is missing'),
    ("no slice target", SLICED, "timeSliceWindow: 1m", '"timeSliceTarget" is missing'),
    ("a slice target of 0", "timeSliceTarget: 0.9", "timeSliceTarget: 0", "above 0 and up to 1"),
    ("a slice target above 1", "timeSliceTarget: 0.9", "timeSliceTarget: 1.1", "above 0 and up to 1"),
    ("a slice of 0", "timeSliceWindow: 1m", "timeSliceWindow: 0m", "is not a duration"),
    ("a slice of seconds", "timeSliceWindow: 1m", "timeSliceWindow: 30s", "OpenSLO has no seconds"),
    ("a slice target for ratios", "Timeslices", "RatioTimeslices", "belongs to Timeslices"),
]

# Spoils good or total; blamed at `good`, which must count part of what total counts.
NOT_A_RATIO = [
    ("other operations", "[hold], outcome: [ok],", "[purchase], outcome: [ok],", "other operations"),
    ("outcomes that total leaves out", "[ok], latency_ms_below: 300", "[fail]", "leaves out"),
    ("every outcome", "outcome: [ok], latency_ms_below: 300", "latency_ms_below: 300", "leaves out"),
    ("good is total", "[ok], latency_ms_below: 300", "[ok, unknown]", "can never fail"),
    ("total drops slow ones", "outcome: [ok, unknown]", "latency_ms_below: 300", "total filters by latency"),
    (
        "two sources",
        "{source: operations, operations: [hold], outcome: [ok, unknown]}",
        "{source: issuance}",
        "use one source",
    ),
]


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def spoilt(tmp_path: Path, spoil: Spoil, old: str, new: str) -> tuple[ConfigError, int]:
    file = write(tmp_path, SLO)
    line = spoil(file, old, new)
    with pytest.raises(ConfigError) as caught:
        load_slo(file)
    assert caught.value.file == file
    return caught.value, line


@pytest.mark.parametrize(("old", "new", "part"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_openslo_or_nobody_judges_is_refused(
    tmp_path: Path, spoil: Spoil, old: str, new: str, part: str
) -> None:
    error, line = spoilt(tmp_path, spoil, old, new)
    assert error.line == line + new[: max(new.find(HERE), 0)].count("\n")
    assert part in str(error)


@pytest.mark.parametrize(("old", "new", "part"), [row[1:] for row in NOT_A_RATIO], ids=[row[0] for row in NOT_A_RATIO])
def test_good_counts_part_of_total(tmp_path: Path, spoil: Spoil, old: str, new: str, part: str) -> None:
    error, _ = spoilt(tmp_path, spoil, old, new)
    assert error.line == SLO[: SLO.index("        good:")].count("\n") + 1
    assert part in str(error)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("  displayName: It is fast\n", "", "add displayName"),
        ("  annotations: {tfbench/title-es: Es rápido}\n", "", "add annotations: tfbench/title-es"),
    ],
)
def test_a_promise_has_a_title_in_both_languages(tmp_path: Path, spoil: Spoil, old: str, new: str, part: str) -> None:
    error, _ = spoilt(tmp_path, spoil, old, new)
    assert part in str(error)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("5m", 300),
        ("12h", 43200),
        ("30d", 2592000),
        ("4w", 2419200),
        ("1M", 2592000),
        ("1Q", 7776000),
        ("1Y", 31536000),
    ],
)
def test_durations_are_those_of_openslo(tmp_path: Path, written: str, seconds: float) -> None:
    (objective,) = load_slo(write(tmp_path, SLO.replace("30d", written))).objectives
    assert isinstance(objective, Objective)
    assert objective.window_s == seconds


@pytest.mark.parametrize("percent", ["99.9", "99.99", "99", "0.1", "95.0"])
def test_a_percent_is_the_same_number_as_its_ratio(tmp_path: Path, percent: str) -> None:
    (objective,) = load_slo(write(tmp_path, SLO.replace("target: 0.99", f"targetPercent: {percent}"))).objectives
    assert isinstance(objective, Objective)
    assert objective.target == round(float(percent) / 100, 6)


def test_an_indicator_may_stand_apart(tmp_path: Path) -> None:
    start, end = SLO.index("  indicator:"), SLO.index("  timeWindow:")
    (objective,) = load_slo(write(tmp_path, SLI + SLO[:start] + "  indicatorRef: holds\n" + SLO[end:])).objectives
    assert isinstance(objective, Objective)
    assert objective.good.outcome == ("ok",)
    assert objective.total.outcome == ()


def sliced() -> str:
    text = SLO.replace("Occurrences", "Timeslices")
    return text.replace("target: 0.99\n", f"target: 0.99\n      {SLICED}\n")


@pytest.mark.parametrize(
    ("old", "new", "part"), [row[1:] for row in SLICED_REFUSED], ids=[row[0] for row in SLICED_REFUSED]
)
def test_slices_that_nobody_could_judge_are_refused(tmp_path: Path, old: str, new: str, part: str) -> None:
    assert old in sliced()
    with pytest.raises(ConfigError) as caught:
        load_slo(write(tmp_path, sliced().replace(old, new, 1)))
    assert part in str(caught.value)


def test_a_promise_may_be_counted_by_slices_of_time(tmp_path: Path) -> None:
    (objective,) = load_slo(write(tmp_path, sliced())).objectives
    assert isinstance(objective, SlicedObjective)
    assert (objective.method, objective.slice_s, objective.slice_target) == (Method.TIMESLICES, 60, 0.9)
    ratios = sliced().replace("Timeslices", "RatioTimeslices").replace("      timeSliceTarget: 0.9\n", "")
    (objective,) = load_slo(write(tmp_path, ratios)).objectives
    assert isinstance(objective, SlicedObjective)
    assert (objective.method, objective.slice_target) == (Method.RATIO_TIMESLICES, None)


def test_a_calendar_window_is_as_long_as_its_first_turn(tmp_path: Path) -> None:
    calendar = "calendar: {startTime: 2026-02-01 00:00:00, timeZone: America/Santiago}"
    text = SLO.replace("duration: 30d", "duration: 1M").replace("isRolling: true", calendar)
    (objective,) = load_slo(write(tmp_path, text)).objectives
    assert isinstance(objective, Objective)
    assert objective.window_s == 28 * 86_400


def test_v2alpha_says_the_same_in_its_own_words(tmp_path: Path) -> None:
    text = SLO.replace("openslo/v1\nkind: SLO", "openslo.com/v2alpha\nkind: SLO")
    text = text.replace("  displayName: It is fast\n", "").replace("{team: [a, b]}", "{team: a}")
    text = text.replace("{tfbench/title-es", "{tfbench/title-en: It is fast, tfbench/title-es")
    text = text.replace("indicator:", "sli:").replace("          metricSource:\n", "")
    text = text.replace(
        "            type: tfbench\n", "          dataSourceSpec: {type: tfbench, connectionDetails: {}}\n"
    )
    text = text.replace("            spec: {source", "          spec: {source")
    for service_key in ("service", "serviceRef"):
        (objective,) = load_slo(write(tmp_path, text.replace("service: shop", f"{service_key}: shop"))).objectives
        (same,) = load_slo(write(tmp_path, SLO)).objectives
        assert objective == same


def test_promises_share_one_name_space(tmp_path: Path) -> None:
    second = SLO[SLO.index("---\n") :]
    with pytest.raises(ConfigError, match='"fast" is already taken on line 8'):
        load_slo(write(tmp_path, SLO + second))


def test_a_file_without_promises_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="add what is promised"):
        load_slo(write(tmp_path, SLO[: SLO.index("---\n")]))


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("limit_s: 60", "limit_s: 0", "spec.limit_s: expected a number from 1 to"),
        ("hold_s: 10", "hold_s: -1", "spec.hold_s: expected a number from 1 to"),
        ("slice_target: 0.9", "slice_target: 1.1", "spec.slice_target: expected a number from 0.01 to 1"),
        ("latency_ms_below: 300\n", "latency_below: 300\n", 'did you mean "latency_ms_below"'),
        ("invariant: order-event-durable", "invariant: order-event", "unknown invariant"),
        ("apiVersion: tfbench/v1\nkind: Invariant", "apiVersion: openslo/v1\nkind: Invariant", "tfbench/v1"),
    ],
)
def test_our_own_kinds_are_strict_too(house: Path, spoil: Spoil, old: str, new: str, part: str) -> None:
    file = house / "slo" / "ticketflow.yaml"
    line = spoil(file, old, new)
    with pytest.raises(ConfigError) as caught:
        load_slo(file)
    assert caught.value.line == line
    assert part in str(caught.value)


def test_the_shipped_ratio_targets_are_those_of_the_sla() -> None:
    targets = {o.id: o.target for o in load_slo(TABLES).objectives if isinstance(o, Objective)}
    assert targets == {
        "app1-availability": 0.999,
        "app1-reservation-under-300ms": 0.99,
        "app1-reservation-http-500": 0.9999,
        "app2-availability": 0.99,
        "app2-pdf-under-5min": 0.95,
        "app3-availability": 0.995,
        "app3-catalogue-under-10s": 0.95,
    }


def test_the_shipped_recovery_limits_are_those_of_the_sla() -> None:
    limits = {o.id: o.limit_s for o in load_slo(TABLES).objectives if isinstance(o, RecoveryObjective)}
    assert limits == {"app1-rto": 60, "app2-rto": 3600, "app3-rto": 300, "app3-tickets-rto": 300}


def test_the_shipped_invariant_covers_the_order_event() -> None:
    (promise,) = (o for o in load_slo(TABLES).objectives if isinstance(o, InvariantObjective))
    assert (promise.id, promise.invariant) == ("order-event-on-disk", "order-event-durable")


def test_every_name_in_the_shipped_tables_is_in_the_catalog() -> None:
    for objective in load_slo(TABLES).objectives:
        assert objective.title.en != objective.title.es
        if isinstance(objective, Objective):
            assert objective.total.source in catalog.SOURCES
            assert set(objective.total.operations) <= set(catalog.OPERATIONS)
