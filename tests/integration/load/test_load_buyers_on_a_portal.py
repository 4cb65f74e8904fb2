"""All kinds of buyers on a real HTTP portal, and what the client never does behind their backs."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tfbench.clock import Clock
from tfbench.load.config import LoadConfig
from tfbench.model import Surge

from .conftest import HARNESS, Load, Portal

MIX = {"catalogue": 0.1, "seat_map": 0.1, "hold": 0.2, "purchase": 0.3, "my_tickets": 0.2, "boleta": 0.1}


def test_every_kind_of_buyer_leaves_its_rows(
    start_portal: Callable[..., Portal], start_load: Callable[..., Load]
) -> None:
    portal = start_portal("--issue-after", "0.5", "--busy-every", "4")
    load = start_load(portal, duration_s=6, rate_per_s=50, mix=MIX, hot_share=0.2, think_s=0.2)
    totals = load.finish(60)
    assert totals["broken_flows"] == 0
    assert {arrival for (arrival,) in load.query("SELECT DISTINCT arrival FROM ops")} == set(MIX)

    expected_errors = {"asiento_no_disponible", "resultado_desconocido", "no_order", "no_issued_order"}
    errors = {error for (error,) in load.query("SELECT DISTINCT error FROM ops WHERE error IS NOT NULL")}
    assert errors <= expected_errors
    assert {"asiento_no_disponible", "resultado_desconocido"} <= errors

    purchases = load.query(
        "SELECT outcome, status, read_success, orden_id, clave, asientos, error FROM ops WHERE op = 'purchase'"
    )
    assert len(purchases) > 40
    assert {row[:3] for row in purchases} == {("ok", 200, True)}
    assert len({row[3] for row in purchases}) == len({row[4] for row in purchases}) == len(purchases)
    pressed_again = sum(row[6] == "resultado_desconocido" for row in purchases)
    assert pressed_again == pytest.approx(len(purchases) / 4, abs=12)
    sold = [seat for row in purchases for seat in row[5]]
    assert len(sold) == len(set(sold))

    for op in ("release", "ticket_pdf", "boleta", "hold"):
        assert load.query(f"SELECT count(*) FROM ops WHERE op = '{op}' AND outcome = 'ok'")[0][0] > 5, op
    assert {s for (s,) in load.query("SELECT DISTINCT ticket_state FROM ops WHERE op = 'ticket_state'")} >= {
        "EN_PROCESO",
        "EMITIDO",
    }
    sources = load.query("SELECT DISTINCT op, source FROM ops WHERE source IS NOT NULL ORDER BY op")
    assert sources == [("ticket_pdf", "primario"), ("ticket_state", "primario")]
    assert load.query("SELECT count(*) FROM ops WHERE op = 'ticket_pdf' AND source IS NULL") == [(0,)]


def test_surge_sends_its_buyers_to_its_event_until_it_is_sold_out(
    start_portal: Callable[..., Portal], start_load: Callable[..., Load]
) -> None:
    surge = Surge(at_s=1, length_s=3, factor=20, event="EV002")  # 250 seats for some 600 buyers
    load = start_load(
        start_portal(), duration_s=5, rate_per_s=10, mix={"purchase": 1.0}, surge=surge, hot_share=0.0, think_s=0.2
    )
    start_at = load.start_at()
    totals = load.finish(90)
    assert (totals["broken_flows"], totals["dropped"]) == (0, 0)
    begin, end = start_at + 1, start_at + 4
    rush = f"first AND t_intended >= {begin} AND t_intended < {end}"
    assert load.query(f"SELECT DISTINCT evento FROM ops WHERE {rush}") == [("EV002",)]
    assert load.query(f"SELECT count(*) FROM ops WHERE {rush}")[0][0] == pytest.approx(600, abs=125)
    sold = load.query("SELECT unnest(asientos) FROM ops WHERE op = 'purchase' AND evento = 'EV002' AND outcome = 'ok'")
    assert len(sold) == len(set(sold)) == 250
    refused = load.query("SELECT DISTINCT outcome, error FROM ops WHERE op = 'hold' AND outcome <> 'ok' ORDER BY error")
    assert {outcome for outcome, _ in refused} == {"fail"}
    assert {error for _, error in refused} <= {"asiento_no_disponible", "sold_out"}
    assert ("fail", "sold_out") in refused


def test_client_asks_once_for_each_request_that_is_hung_up_on(tmp_path: Path) -> None:
    """A GET whose connection is closed is one failed request, not thousands of hidden ones."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepted = 0

    def hang_up() -> None:
        nonlocal accepted
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            accepted += 1
            connection.recv(65536)
            connection.close()

    threading.Thread(target=hang_up, daemon=True).start()
    code = f"""
import locust
from locust.env import Environment
from tfbench.load.client import Session, Site
session = Session(Site(Environment(), "http://127.0.0.1:{listener.getsockname()[1]}", 5, 5))
print(session.get("/", "x").error, session.post("/", "x", [("a", "b")]).error, session.get("/", "x").error)
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(HARNESS)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    listener.close()
    assert result.stdout.split() == ["HTTPConnectionClosed"] * 3
    assert accepted == 3


def test_load_does_not_outlive_the_process_that_started_it(start_portal: Callable[..., Portal], tmp_path: Path) -> None:
    config = LoadConfig(
        base_url=start_portal().base_url,
        rate_per_s=10,
        mix={"catalogue": 1},
        seed=7,
        duration_s=60,
        clock_offset=Clock.start().offset,
        run_dir=tmp_path,
    )
    path = tmp_path / "load.json"
    path.write_text(config.to_json())
    script = f'"{sys.executable}" -m tfbench.load --config "{path}" >/dev/null & echo $!; sleep 3'
    shell = subprocess.run(
        ["sh", "-c", script],
        env=os.environ | {"PYTHONPATH": str(HARNESS)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
        check=True,
    )
    load_pid = int(shell.stdout)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{load_pid}").exists() and "Z" not in _state(load_pid):
        if time.monotonic() > deadline:
            os.kill(load_pid, signal.SIGKILL)
            pytest.fail("waited 10 s for the orphaned load to end")
        time.sleep(0.1)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"
