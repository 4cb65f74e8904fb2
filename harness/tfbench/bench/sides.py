"""The two sides of the reservations benchmark: how each is started, and what its output means.

    pgbench: reservations.sql -> one line of its log a purchase -> Sample
    App 1:   reservations.lua in wrk -> one line of JSON        -> Sample

Both are closed loops: a client asks again when it has its answer. A latency is a whole purchase's for pgbench, one
request's (hold or confirmation) for App 1.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfbench.bench.seats import EVENT, SESSION, Seats
from tfbench.bench.tools import Output, Tool
from tfbench.slo.stats import percentile

SCRIPT, BUYERS = (Path(__file__).with_name(f"reservations.{kind}") for kind in ("sql", "lua"))
PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
LOG = "latency"
THREADS = 2
SEED = 20261124
REQUEST_TIMEOUT_S = 5
# What App 1 sets on its own connections (system_under_test/app1_reservas/postgres/conexion.go).
SESSION_SETTINGS = {
    "timezone": "UTC", "synchronous_commit": "on", "default_transaction_isolation": r"read\ committed",
    "statement_timeout": "0", "lock_timeout": "1000", "idle_in_transaction_session_timeout": "5000",
    "client_connection_check_interval": "1000", "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off",
    "jit": "off",
}  # fmt: skip
CONSTANTS = {
    "n": 0, "seed": SEED, "event": EVENT, "session": SESSION, "node": "app1-1", "duration": "10m",
    "hold_operation": "retener", "order_operation": "confirmar",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: purchases that were acknowledged within `seconds`. `p99_ms` is None without any."""

    purchases: int
    seconds: float
    p50_ms: float | None
    p99_ms: float | None
    refused: int = 0
    errors: int = 0

    @property
    def per_s(self) -> float:
        return self.purchases / self.seconds


def pgbench(image: str, hosts: list[str], rows: Mapping[str, Any], seats: Seats, clients: int, seconds: int) -> Tool:
    """So many clients for so long. `rows` is what the rows of a purchase hold."""
    variables = {**CONSTANTS, **rows, "clients": clients, "first_seat": seats.first, "seats": seats.count}
    command = (
        PGBENCH, "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(THREADS, clients)}",
        f"--time={seconds}", "--file=reservations.sql", "--log", f"--log-prefix={LOG}",
        *(f"--define={name}={value}" for name, value in variables.items()),
    )  # fmt: skip
    environment = {
        "PGHOST": ",".join(hosts), "PGTARGETSESSIONATTRS": "primary", "PGUSER": "ticketflow",
        "PGPASSWORD": "ticketflow", "PGDATABASE": "ticketflow",
        "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in SESSION_SETTINGS.items()),
    }  # fmt: skip
    return Tool("pgbench", image, command, {"reservations.sql": SCRIPT.read_text(encoding="utf-8")}, environment)


def read_pgbench(output: Output, seconds: float) -> Sample:
    """From its log, one line a purchase: client, number, microseconds or `failed`, ..."""
    lines = [line.split() for name, text in output.files.items() if name.startswith(LOG) for line in text.splitlines()]
    took_ms = [int(line[2]) / 1000 for line in lines if line[2] != "failed"]
    failed = len(lines) - len(took_ms)
    return Sample(len(took_ms), seconds, percentile(took_ms, 50), percentile(took_ms, 99), errors=failed)


def wrk(image: str, hosts: list[str], seats: Seats, connections: int, seconds: int) -> Tool:
    """So many connections for so long, shared out among App 1's instances."""
    threads = min(THREADS, connections)
    addresses = ",".join(f"{host}:8000" for host in hosts)
    arguments = (addresses, threads, EVENT, seats.first, seats.count, SEED, secrets.token_hex(6))
    command = (
        "wrk", f"--threads={threads}", f"--connections={connections}", f"--duration={seconds}s",
        f"--timeout={REQUEST_TIMEOUT_S}s", "--script=reservations.lua", f"http://{hosts[0]}:8000",
        *(str(argument) for argument in arguments),
    )  # fmt: skip
    return Tool("wrk", image, command, {"reservations.lua": BUYERS.read_text(encoding="utf-8")})


def read_wrk(output: Output) -> Sample:
    """From the line that reservations.lua prints. wrk's percentiles mean nothing when no request was answered."""
    said = json.loads(output.stdout.strip().splitlines()[-1])
    answered = said["holds"] + said["sold"] > 0
    return Sample(
        said["sold"], said["seconds"], said["p50_ms"] if answered else None, said["p99_ms"] if answered else None,
        refused=said["refused"], errors=said["errors"],
    )  # fmt: skip
