"""One experiment, whole: up, warm-up, baseline, inject while loading, heal, recover, drain, judge, report, down.

    scenario -> stack up -> load on -> fault -> heal -> load off -> drain -> stores read -> judge(run folder) -> report

Everything is written as it happens; the judgement reads only the run folder. Whatever ends the run early, the faults
heal first, and what was recorded is kept and judged.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tfbench.abort import Aborted, AbortWatch
from tfbench.clock import Clock
from tfbench.errors import FaultError, LoadError, PlatformError, TfbenchError, UsageError
from tfbench.faults.lifecycle import FaultRun
from tfbench.faults.reaper import Reaper
from tfbench.faults.schedule import play
from tfbench.faults.undo import UndoRecords
from tfbench.folder import create_run_folder, write_environment
from tfbench.journal import Journal
from tfbench.load.arrivals import RAMP_S, SPIKE, Shape
from tfbench.load.config import Crew, LoadConfig
from tfbench.load.ownfile import load_settings
from tfbench.load.process import LoadProcess
from tfbench.model import Scenario
from tfbench.observer import Observer
from tfbench.outcome import Outcome, exit_code, judge_and_report
from tfbench.plan_evidence import load_s
from tfbench.platforms.engine import ensure_engine
from tfbench.platforms.images import Image, ensure_images
from tfbench.platforms.servers import HOST
from tfbench.platforms.stack import OWNER_RUN, OWNER_UP, Stack, setup_for
from tfbench.progress import Progress
from tfbench.results import Results
from tfbench.status_board import Board
from tfbench.stop import announce
from tfbench.stores import collect, pending_orders, seats_by_event
from tfbench.workspace import Workspace

LOAD_START_S = 120.0
LOAD_START_ELSEWHERE_S = 1200.0  # workers on other machines are started by a person
TICK_S = 0.1
BROKER_TICKS_S = 3.0  # how old a broker's figures can be: compose/images/rabbitmq, and the observer's own period
LOAD_SLACK_S = 180.0
LOAD_SLACK_A_FAULT_S = 60.0
ONE_PROCESS = Crew()
NO_SWITCHES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Ground:
    """What every run of a session stands on; `crew` plays its loads."""

    workspace: Workspace
    progress: Progress
    stack: Stack
    images: list[Image]
    crew: Crew = ONE_PROCESS


@dataclass(slots=True)
class Experiment:
    """What the phases of a run share."""

    scenario: Scenario
    run_dir: Path
    stack: Stack
    clock: Clock
    journal: Journal
    progress: Progress
    board: Board
    crew: Crew
    tick: Callable[[], None] = lambda: None
    watch: Callable[[], None] = lambda: None

    @contextmanager
    def phase(self, name: str, seconds: float | None = None) -> Iterator[None]:
        """A named part of the run, with its begin and end in the journal."""
        self.journal.record("phase", phase=name, event="begin")
        self.board.enter(name, seconds)
        yield
        self.journal.record("phase", phase=name, event="end")

    def wait(self, seconds: float, load: LoadProcess) -> None:
        """Let time pass under load, showing it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            load.check()
            self.watch()
            self.tick()
            time.sleep(min(TICK_S, max(end - time.monotonic(), 0)))


def prepare(workspace: Workspace, progress: Progress, crew: Crew = ONE_PROCESS) -> Ground:
    """Make sure of an engine and of every image, once for all runs that follow; from here on, `tfbench stop` works."""
    announce(workspace.runs)
    client = ensure_engine(progress)
    stack = Stack(client, workspace.root)
    _refuse_a_person_s_stack(stack)
    return Ground(workspace, progress, stack, ensure_images(client, workspace.root, progress), crew)


def run_scenario(
    scenario: Scenario, ground: Ground, *, keep: bool = False, switches: Mapping[str, str] = NO_SWITCHES
) -> Outcome:
    """Run one scenario on a fresh stack. `keep` leaves the stack running afterwards; `switches` go to Compose."""
    workspace, progress, stack, images = ground.workspace, ground.progress, ground.stack, ground.images
    progress.say(f"{scenario.name}: {scenario.title.en}")
    _refuse_a_person_s_stack(stack)
    records = UndoRecords(workspace.runs)
    for line in records.heal_all(stack):
        progress.say(f"  left by an earlier run: {line}")
    setup = dataclasses.replace(setup_for(scenario), switches=switches)
    clock = Clock.start()
    run_dir = create_run_folder(workspace.runs, scenario)
    interrupted = False
    failure: TfbenchError | None = None
    announce(workspace.runs, run_dir)
    with Journal(run_dir / "journal.jsonl", clock) as journal:
        experiment = Experiment(scenario, run_dir, stack, clock, journal, progress, Board(scenario), ground.crew)
        try:
            with experiment.phase("up"), progress.step("start TicketFlow") as detail:
                stack.down()
                stack.up(images, OWNER_RUN, setup)
                stack.wait_healthy(detail)
            write_environment(
                run_dir,
                stack,
                images,
                clock,
                {
                    "platform": "docker-compose",
                    "load": load_settings(scenario.load),
                    "setup": {"profile": setup.profile, "links": setup.links, "switches": dict(setup.switches)},
                },
            )
            with Reaper(workspace.runs, workspace.root):
                _experiment(experiment, records)
        except KeyboardInterrupt:
            interrupted = True
            journal.record("interrupted")
            progress.say("Interrupted: faults are healed; judging what was recorded.")
        except Aborted as aborted:
            progress.say(f"{aborted}: faults are healed; judging what was recorded.")
        except (FaultError, LoadError, PlatformError) as error:
            failure = error
            journal.record("note", text=f"{type(error).__name__}: {error}")
            progress.say(f"{type(error).__name__}: {error}")
        finally:
            stack.logs_into(run_dir / "logs")
        results = _judge_and_report(experiment, workspace)
    if not keep:
        with progress.step("remove TicketFlow"):
            stack.down()
    return Outcome(run_dir, results, exit_code(results, interrupted, failure))


def _refuse_a_person_s_stack(stack: Stack) -> None:
    if stack.owner() == OWNER_UP:
        raise UsageError(
            "TicketFlow is running from `tfbench up`, and an experiment needs a fresh one.\n"
            "  Remove it first: tfbench down"
        )


def _experiment(experiment: Experiment, records: UndoRecords) -> None:
    scenario, phases = experiment.scenario, experiment.scenario.phases
    ports = experiment.stack.ports()
    initial_seats = seats_by_event(ports)
    with Observer(experiment.stack, experiment.journal, experiment.clock) as observer:
        experiment.board.observer = observer
        faults = [
            FaultRun(spec, experiment.stack, observer, experiment.journal, records, experiment.clock)
            for spec in scenario.faults
        ]
        try:
            with ExitStack() as healing, _load(experiment, ports["haproxy"][8080]) as load:
                with experiment.phase("warmup", phases.warmup_s):
                    experiment.wait(load.begins_at - experiment.clock.now() + phases.warmup_s, load)
                experiment.watch = AbortWatch(
                    scenario.abort_when, scenario.faults, load, observer, experiment.journal, experiment.run_dir,
                    experiment.clock,
                ).look  # fmt: skip
                with experiment.phase("baseline", phases.baseline_s):
                    experiment.wait(phases.baseline_s, load)
                with experiment.phase("outage", phases.outage_s):
                    _outage(experiment, faults, load, healing)
                with experiment.phase("recovery", phases.recovery_s):
                    _wait_recovered(experiment, faults, load)
                    experiment.wait(phases.recovery_s, load)
            with experiment.phase("drain", phases.drain_deadline_s):
                _drain(experiment, observer)
        finally:
            with experiment.progress.step("read every store"):
                errors = collect(experiment.run_dir, ports, experiment.clock, initial_seats)
            for store, error in errors.items():
                experiment.progress.say(f"  could not read {store}: {error}")


def _outage(experiment: Experiment, faults: list[FaultRun], load: LoadProcess, healing: ExitStack) -> None:
    """Break and mend as the scenario says; whatever ends it early, what was injected heals before the load ends."""
    try:
        play(faults, experiment.scenario.phases.outage_s, healing, lambda: experiment.wait(TICK_S, load))
    finally:
        healing.close()
    for fault in faults:
        if fault.was_unverified:
            experiment.progress.say(f"  the fault {fault.spec.id} could not be verified: the run will be INVALID")


def _wait_recovered(experiment: Experiment, faults: list[FaultRun], load: LoadProcess) -> None:
    """Until every fault's target is well again, or its deadline."""
    waiting = [fault for fault in faults if fault.state == "healed"]
    while waiting:
        for fault in waiting:
            fault.look_recovered()
        waiting = [f for f in waiting if f.state == "healed" and time.monotonic() < f.recover_until]
        experiment.wait(TICK_S, load)


@contextmanager
def _load(experiment: Experiment, portal_port: int) -> Iterator[LoadProcess]:
    with LoadProcess(_load_config(experiment, portal_port), experiment.run_dir / "logs" / "load.log") as load:
        experiment.board.load = load
        totals: dict[str, Any] = {}
        try:
            _wait_for_load(experiment, load)
            experiment.journal.record("load", state="started")
            with experiment.progress.board(experiment.board.render, experiment.board.line) as experiment.tick:
                yield load
        finally:
            totals = load.stop()
            experiment.journal.record("load", state="stopped", **_counts(totals))
    if totals.get("trouble"):
        raise LoadError(f"the load was not the one asked for: {totals['trouble']}")


def _load_config(experiment: Experiment, portal_port: int) -> LoadConfig:
    scenario, spec, phases = experiment.scenario, experiment.scenario.load, experiment.scenario.phases
    shape = Shape.of(spec, phases)
    return LoadConfig(
        base_url=f"http://{HOST}:{portal_port}", rate_per_s=spec.rate_per_s, arrivals=spec.arrivals, mix=spec.mix,
        workload=spec.workload, seed=scenario.seed, clock_offset=experiment.clock.offset, run_dir=experiment.run_dir,
        duration_s=load_s(phases) + LOAD_SLACK_S + LOAD_SLACK_A_FAULT_S * len(scenario.faults),
        surge=shape.surge, ramp_s=shape.ramp_s or RAMP_S, spike=shape.spike or SPIKE, crew=experiment.crew,
        locustfile=spec.locustfile.source if spec.locustfile else None,
    )  # fmt: skip


def _wait_for_load(experiment: Experiment, load: LoadProcess) -> None:
    crew = experiment.crew
    if crew.master_host is None:
        load.wait_playing(LOAD_START_S)
        return
    join = f"python -m tfbench.load.worker --master-host {crew.master_host} --master-port {crew.master_port}"
    with experiment.progress.step(f"wait for {crew.workers} load workers to join, each with: {join}"):
        load.wait_playing(LOAD_START_ELSEWHERE_S)


def _counts(totals: dict[str, Any]) -> dict[str, Any]:
    """What it offered, where it lived to say so, and was what was asked for."""
    if totals.get("state") != "done" or totals.get("trouble"):
        return {"trouble": totals.get("trouble") or "it was cut short"}
    return {key: totals[key] for key in ("offered", "delivered", "dropped")}


def _drain(experiment: Experiment, observer: Observer) -> None:
    """Until every order is settled and the queue is empty, or the deadline."""
    ports, deadline = experiment.stack.ports(), time.monotonic() + experiment.scenario.phases.drain_deadline_s
    state, orders, pending, settled_at = "deadline", None, None, math.inf
    with experiment.progress.step("drain: every order issued and mailed") as detail:
        while time.monotonic() < deadline:
            try:
                orders, pending = pending_orders(ports)
            except Exception as error:  # noqa: BLE001 - any store may be away; the deadline decides
                detail(str(error))
                pending = None
            settled_at = min(settled_at, experiment.clock.now()) if pending == 0 else math.inf
            seen = observer.latest()
            detail(f"{pending} of {orders} orders pending, {seen.queue_ready} messages ready")
            # What the broker says of a queue is as old as its last tick.
            if seen.t > settled_at + BROKER_TICKS_S and seen.queue_ready == 0 and seen.queue_unacked == 0:
                state = "settled"
                break
            time.sleep(0.5)
    experiment.journal.record("drain", state=state, orders=orders, pending=pending)


def _judge_and_report(experiment: Experiment, workspace: Workspace) -> Results:
    with experiment.progress.step("judge and report"):
        return judge_and_report(experiment.run_dir, experiment.scenario, workspace)
