"""`tfbench run`: one scenario, several (a suite), or one of them many times."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from tfbench.catalog import PROFILES
from tfbench.progress import Progress
from tfbench.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.text import Text

    from tfbench.model import Scenario
    from tfbench.outcome import Outcome
    from tfbench.run import Ground
    from tfbench.suite import SuiteOutcome


@click.command("run")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--all", "run_all", is_flag=True, help="Every scenario of `tfbench list`, one after another.")
@click.option("--profile", type=click.Choice(list(PROFILES)), help="Use this profile, whatever the scenarios say.")
@click.option("--repeat", type=click.IntRange(2, 1000), metavar="N", help="One scenario, N times, judged together.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that load it.")
@click.option("--master-host", metavar="HOST", help="They join from other machines, at this address of ours.")
@click.option("--dry-run", is_flag=True, help="Read the scenarios, print the plans, touch nothing. Needs no Docker.")
@click.option("--keep", is_flag=True, help="Leave the (last) system running afterwards, to look at it.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json on stdout; of several scenarios, suite.json.")
@click.pass_context
def run_command(
    context: click.Context, scenarios: tuple[str, ...], run_all: bool, profile: str | None, repeat: int | None,
    workers: int, master_host: str | None, dry_run: bool, keep: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run each SCENARIO (a name from `tfbench list`, or a .yaml file) and judge it.

    Starts a fresh system (building what is missing), loads it, injects the scenario's faults, heals them, waits until
    every order is settled, judges, and writes reports/out/SCENARIO/TIME/ with report.html, results.json, junit.xml.
    Ctrl-C heals first, keeps what was recorded and exits 130.

    Several scenarios, or --all, are a suite: one that fails does not stop the next, the worst gives the exit code, and
    reports/out/suite/TIME/ has suite.json, report.html and junit.xml of all of them. --repeat N runs one scenario N
    times: reports/out/SCENARIO/repeat-TIME/ then has the spread of its recovery times, and what N runs prove.

    --workers N shares the load's plan among N processes, each on a core of its own where there is one: a process
    offers 4,000 arrivals/s. With --master-host they are not started here, but join from other machines, each with
    `python -m tfbench.load.worker --master-host HOST`.
    """
    from tfbench.load.config import Crew
    from tfbench.load.spec import check_crew
    from tfbench.plan import describe_plan

    workspace: Workspace = context.obj()
    chosen = _chosen(workspace, scenarios, run_all, profile)
    if repeat and len(chosen) > 1:
        raise click.UsageError("--repeat takes one scenario")
    crew = Crew(workers, master_host)
    for scenario in chosen:
        check_crew(scenario.load, crew)
    if dry_run:
        click.echo("\n".join(describe_plan(scenario) for scenario in chosen))
        return
    from tfbench.interrupts import one_interrupt
    from tfbench.run import prepare, run_scenario

    progress = Progress()
    with one_interrupt(progress.say):
        ground = prepare(workspace, progress, crew)
        if repeat or run_all or len(chosen) > 1:
            exit_code = _run_several(chosen, repeat, ground, keep, as_json)
        else:
            outcome = run_scenario(chosen[0], ground, keep=keep)
            show(outcome, as_json)
            exit_code = outcome.exit_code
    sys.exit(exit_code)


def _chosen(workspace: Workspace, names: tuple[str, ...], run_all: bool, profile: str | None) -> "list[Scenario]":
    """The scenarios to run, all of them read before any is run."""
    from tfbench.scenario import load_scenario

    if run_all == bool(names):
        raise click.UsageError("name one scenario or more, or say --all")
    files = workspace.scenario_files() if run_all else [workspace.find_scenario(name) for name in names]
    loaded = [load_scenario(file) for file in files]
    return [dataclasses.replace(scenario, profile=profile) for scenario in loaded] if profile else loaded


def _run_several(scenarios: "list[Scenario]", repeat: int | None, ground: "Ground", keep: bool, as_json: bool) -> int:
    """A suite, or its only scenario many times: each run on a fresh stack, then one report of all."""
    from tfbench.console import suite_console_lines
    from tfbench.repeat import report_repeated, run_repeated
    from tfbench.report.repeat_console import repeat_console_lines
    from tfbench.run import run_scenario
    from tfbench.suite import report_suite, run_suite

    def run_one(scenario: "Scenario", is_last: bool) -> "Outcome":
        return run_scenario(scenario, ground, keep=keep and is_last)

    runs, progress, reports_dir = ground.workspace.runs, ground.progress, ground.workspace.root / "reports"
    if repeat:
        done = run_repeated(
            scenarios[0], repeat, runs, progress, run_one, lambda folder: report_repeated(folder, reports_dir)
        )
        return _show_several(done, repeat_console_lines, as_json)
    done = run_suite(scenarios, runs, progress, run_one, lambda folder: report_suite(folder, reports_dir))
    return _show_several(done, suite_console_lines, as_json)


def _show_several(done: "SuiteOutcome", lines: "Callable[[dict[str, Any]], Iterable[Text]]", as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(done.suite, ensure_ascii=False, indent=2))
    else:
        _print(lines(done.suite), done.folder)
    return done.exit_code


def show(outcome: "Outcome", as_json: bool) -> None:
    """Print what was judged on stdout."""
    if as_json:
        click.echo(outcome.results.to_json())
        return
    from tfbench.console import console_lines

    _print(console_lines(outcome.results), outcome.run_dir)


def _print(lines: "Iterable[Text]", folder: Path) -> None:
    console = Console(highlight=False)
    for line in lines:
        console.print(line)
    console.print(f"\nReport: {folder / 'report.html'}", soft_wrap=True)
