"""The row of a series counts what clients felt apart from what could have gone unseen."""

from pathlib import Path

import duckdb
import pytest
from tfbench.bench.recovery import row_of, show
from tfbench.bench.series import SERIES
from tfbench.results import LoadResult, RecoveryResult, Results
from tfbench.verdict import Verdict

TEXT = {"en": "", "es": ""}
SERIES_OF = SERIES["mariadb-kill"]


def recovery(rto_s: float | None, upper_s: float | None, objective: str = SERIES_OF.objective) -> RecoveryResult:
    return RecoveryResult(
        id=objective, title=TEXT, service="app3", fault="kill-01", required=True, verdict=Verdict.PASS, reason=TEXT,
        limit_s=300.0, rto_s=rto_s, lower_s=rto_s, upper_s=upper_s, detect_s=None, outage_s=rto_s,
    )  # fmt: skip


def results(*recoveries: RecoveryResult) -> Results:
    return Results(
        scenario="serie", title=TEXT, purpose=TEXT, system="ticketflow", platform="compose", seed=1, started_at=0.0,
        finished_at=1.0, interrupted=False, verdict=Verdict.PASS, reason=TEXT, objectives=[], expectations=[],
        recovery=list(recoveries), invariants=[], faults=[], budget=[],
        load=LoadResult(offered=3, delivered=3, dropped=0, start_delay_p99_ms=1.0, valid=True, reason=TEXT),
    )  # fmt: skip


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """Two purchases acknowledged, one answered 500."""
    rows = "VALUES ('purchase', 'ok', 200), ('purchase', 'ok', 200), ('purchase', 'unknown', 500)"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT * FROM ({rows}) t(op, outcome, status)) TO '{tmp_path}/operations.parquet'")
    return tmp_path


@pytest.mark.parametrize(
    ("sentence", "recoveries", "felt", "unrecovered", "longest"),
    [
        ("nobody felt any", [recovery(0.0, 0.4), recovery(0.0, 0.9)], 0, 0, 0.9),
        ("one was felt", [recovery(0.0, 0.4), recovery(1.2, 1.3)], 1, 0, 1.3),
        ("one did not end, so its length is not known", [recovery(1.2, 1.3), recovery(None, None)], 1, 1, 1.3),
        ("another promise's outage is not this one's", [recovery(9.0, 9.1, "app9-rto")], 0, 0, None),
    ],
)
def test_felt_is_what_clients_saw_begin_and_end(
    run_dir: Path,
    sentence: str,
    recoveries: list[RecoveryResult],
    felt: int,
    unrecovered: int,
    longest: float | None,
) -> None:
    row = row_of(SERIES_OF, run_dir, results(*recoveries))
    assert (row.felt, row.unrecovered, row.max_s) == (felt, unrecovered, longest), sentence
    assert (row.purchases, row.http_500) == (2, 1)
    assert row.lost is None, "an invariant that was not judged is not a 0"


def test_the_table_says_how_many_were_felt(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show([row_of(SERIES_OF, run_dir, results(recovery(0.0, 0.4), recovery(1.2, 1.3)))])
    said = capsys.readouterr().out
    assert "felt" in said
    cells = [cell.strip() for cell in next(line for line in said.splitlines() if "MariaDB" in line).split("│")]
    assert cells[3] == "1"
