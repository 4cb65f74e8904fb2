"""What the tools print becomes a sample, and no answer is never a good one."""

import re

import pytest
from tfbench.bench import sides
from tfbench.bench.seats import Seats
from tfbench.bench.sides import Sample
from tfbench.bench.tools import Output, pack, unpack

SEATS = Seats(400001, 20000)
PRINTED = re.search(r"'(\{\"sold\".*\})\\n'", sides.BUYERS.read_text(encoding="utf-8"))


def _printed(*values: float) -> Output:
    """A line as reservations.lua formats it, after some of wrk's own."""
    assert PRINTED
    return Output("Running 20s test\n  2 threads\n" + PRINTED[1] % values + "\n", {})


def test_each_line_of_pgbench_s_log_is_a_purchase() -> None:
    first = "0 1 2000 0 1793534400 1\n0 2 4000 0 1793534400 2\n"
    output = Output("", {"latency.1": first, "latency.1.1": "1 1 6000 0 1793534400 3\n", "reservations.sql": "a b c d"})
    assert sides.read_pgbench(output, 2) == Sample(3, 2, 4.0, 6.0)


def test_a_purchase_that_pgbench_gave_up_is_an_error() -> None:
    output = Output("", {"latency.1": "0 1 2000 0 1793534400 1\n0 2 failed 0 1793534400 2\n"})
    assert sides.read_pgbench(output, 1) == Sample(1, 1, 2.0, 2.0, errors=1)


def test_pgbench_without_a_purchase_has_no_latency() -> None:
    assert sides.read_pgbench(Output("", {}), 1) == Sample(0, 1, None, None)


def test_wrk_s_script_prints_what_is_read() -> None:
    assert sides.read_wrk(_printed(90, 100, 2, 1, 20.5, 10.25, 99.5, 120)) == Sample(90, 20.5, 10.25, 99.5, 2, 1)


def test_wrk_without_an_answer_has_no_latency() -> None:
    assert sides.read_wrk(_printed(0, 0, 0, 7, 20.0, 0, 0, 0)) == Sample(0, 20.0, None, None, errors=7)


@pytest.mark.parametrize(("connections", "threads"), [(1, 1), (2, 2), (64, 2)])
def test_wrk_has_no_thread_without_a_connection(connections: int, threads: int) -> None:
    command = sides.wrk("image", ["app1-1", "app1-2"], SEATS, connections, 20).command
    assert f"--threads={threads}" in command
    assert command[command.index("app1-1:8000,app1-2:8000") + 1] == str(threads)


def test_two_runs_of_wrk_never_share_a_key() -> None:
    first, second = (sides.wrk("image", ["app1-1"], SEATS, 8, 20).command for _ in range(2))
    assert first[:-1] == second[:-1]
    assert first[-1] != second[-1]


def test_files_go_into_a_container_and_come_back() -> None:
    files = {"a.sql": "SELECT 'ñ';\n", "b.lua": ""}
    assert unpack(pack(files)) == files
