"""A run whose load and bench were killed: what is on disk is judged, and called what it is."""

import signal
from collections.abc import Callable

from tfbench.journal import Journal
from tfbench.load.arrivals import plan
from tfbench.selftest.experiment import judged, ratio
from tfbench.verdict import Verdict

from .conftest import Load, Portal


def test_killed_run_is_judged_from_all_but_its_last_second(
    start_portal: Callable[..., Portal], start_load: Callable[..., Load]
) -> None:
    load = start_load(start_portal(), duration_s=60)
    start_at = load.start_at()
    config, file = load.config, load.config.run_dir / "journal.jsonl"
    with Journal(file, load.clock) as journal:
        journal.record("phase", t=start_at, phase="baseline", event="begin")
    with file.open("ab") as torn:
        torn.write(b'{"t": 17955')  # the bench died inside a line
    load.sleep_until(start_at + 3)
    load.process.send_signal(signal.SIGKILL)
    killed_at = load.clock.now()
    assert load.process.wait(10) == -signal.SIGKILL

    results = judged(config.run_dir, [ratio("answered", "catalogue", 0.9)])
    arrivals = plan(config.arrivals, config.rate_per_s, config.mix, config.seed, config.duration_s)
    due = sum(start_at + arrival.at_s < killed_at - 1 for arrival in arrivals)
    assert due > 150
    [objective] = results.objectives
    assert objective.n >= due
    assert objective.bad == 0
    assert results.interrupted
    assert results.verdict is Verdict.INVALID, "nobody knows what else the load offered"
