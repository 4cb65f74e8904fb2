"""The command line. Results go to stdout, progress to stderr; the exit code says the verdict.

Heavy parts (Docker, DuckDB, charts) are imported by the command that needs them: `list` and `--help` answer at once.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from tfbench import __version__
from tfbench.cli_bench import bench
from tfbench.cli_plan import plan
from tfbench.cli_run import run_command, show
from tfbench.cli_selftest import selftest
from tfbench.cli_slo import slo
from tfbench.cli_stop import stop
from tfbench.errors import TfbenchError, UsageError
from tfbench.progress import Progress
from tfbench.verdict import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_USAGE
from tfbench.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from tfbench.platforms.stack import Stack

EXIT_HELP = """\b
Exit codes:
  0    everything that was required holds
  1    an objective, an expectation or an invariant failed
  2    inconclusive, no data, or an invalid run (the load or the fault was not what was asked)
  3    a fault could not be healed
  130  interrupted, and healed
  254  wrong usage or configuration (the message names file and line)
  255  tfbench's own error, or a platform that did not start
"""


@click.group(epilog=EXIT_HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder with scenarios/, slo/, compose/ and "
              "system_under_test/. Default: the nearest one above the working directory.")  # fmt: skip
@click.version_option(__version__, message="tfbench %(version)s")
@click.pass_context
def cli(context: click.Context, workspace: Path | None) -> None:
    """Prove or disprove a service-level promise: start a real system, load it, break it, judge what its clients saw.

    \b
    First steps:
      tfbench run caida-app2     kill the issuing service under load; writes an HTML report
      tfbench up                 start the ticket shop and leave it running, to look at
      tfbench list               the scenarios there are
    """
    context.obj = lambda: find_workspace(workspace, Path.cwd())


def _workspace(context: click.Context) -> Workspace:
    found: Workspace = context.obj()
    return found


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """The scenarios there are. Needs no Docker."""
    from tfbench.scenario import list_scenarios

    rows = list_scenarios(_workspace(context))
    problems = [row.problem for row in rows if row.problem]
    if as_json:
        good = [row.scenario for row in rows if row.scenario]
        click.echo(json.dumps([{"name": s.name, "title": {"en": s.title.en, "es": s.title.es}} for s in good]))
    else:
        table = Table("scenario", "what it does", "faults", box=None, header_style="bold")
        for row in rows:
            if row.scenario:
                faults = ", ".join(f"{fault.type} {fault.target}" for fault in row.scenario.faults) or "none"
                table.add_row(row.name, row.scenario.title.en, faults)
        Console().print(table)
    if problems:
        raise problems[0]


@cli.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print results.json on stdout.")
@click.pass_context
def check(context: click.Context, run: Path, as_json: bool) -> None:
    """Judge RUN (a run folder) again from what is on disk, and write its report anew. Needs no Docker."""
    from tfbench.outcome import rejudge

    outcome = rejudge(run, _workspace(context))
    show(outcome, as_json)
    sys.exit(outcome.exit_code)


@cli.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.pass_context
def report(context: click.Context, run: Path) -> None:
    """Write the report.html of RUN (the folder of a run, a suite or a repetition) anew, as judged. Needs no Docker."""
    from tfbench.report import render
    from tfbench.report.repeat_page import render_repeat
    from tfbench.report.suite_page import render_suite

    templates = _workspace(context).root / "reports"
    if (run / "suite.json").is_file():
        click.echo(render_suite(run, templates))
    elif (run / "repeat.json").is_file():
        click.echo(render_repeat(run, templates))
    elif (run / "results.json").is_file():
        click.echo(render(run, templates))
    else:
        raise UsageError(f"{run} has no results.json, suite.json or repeat.json; judge it first: tfbench check {run}")


@cli.command()
@click.pass_context
def up(context: click.Context) -> None:
    """Start the ticket shop, leave it running, print its address."""
    from tfbench.platforms.engine import ensure_engine
    from tfbench.platforms.images import ensure_images
    from tfbench.platforms.stack import OWNER_RUN, OWNER_UP, Stack

    workspace, progress = _workspace(context), Progress()
    client = ensure_engine(progress)
    stack = Stack(client, workspace.root)
    images = ensure_images(client, workspace.root, progress)
    with progress.step("start TicketFlow") as detail:
        if stack.owner() == OWNER_RUN:
            stack.down()
        stack.up(images, OWNER_UP)
        stack.wait_healthy(detail)
    ports = stack.ports()
    click.echo(f"Shop:  http://127.0.0.1:{ports['haproxy'][8080]}/")
    click.echo(f"Mail:  http://127.0.0.1:{ports['correo'][8000]}/")
    click.echo("Stop:  tfbench down")


@cli.command()
@click.pass_context
def down(context: click.Context) -> None:
    """Remove the ticket shop: containers, networks and data."""
    stack = _stack(context)
    with Progress().step("remove TicketFlow"):
        stack.down()


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For a program.")
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Each service: its container, its health as seen from outside, its ports; who leads; dead letters."""
    from tfbench.status import look

    stack = _stack(context)
    states, ports = stack.states(), stack.ports()
    if not states:
        click.echo("{}" if as_json else "TicketFlow is not running. Start it: tfbench up")
        return
    seen = look(states, ports)
    if as_json:
        click.echo(json.dumps(seen.to_json(), ensure_ascii=False))
        return
    for part in seen.parts():
        Console(highlight=False).print(part)


@cli.command()
@click.argument("service", required=False)
@click.option("-n", "--lines", default=50, show_default=True, help="Lines of each service.")
@click.pass_context
def logs(context: click.Context, service: str | None, lines: int) -> None:
    """What SERVICE, or every service, said last."""
    from tfbench.platforms.stack import service_of

    stack = _stack(context)
    containers = [stack.container(service)] if service else stack.all_containers()
    for container in containers:
        for line in container.logs(tail=lines).decode(errors="replace").splitlines():
            click.echo(f"{service_of(container):16} {line}")


@cli.command()
@click.pass_context
def heal(context: click.Context) -> None:
    """Undo faults that an interrupted bench left behind."""
    from tfbench.faults.undo import UndoRecords

    lines = UndoRecords(_workspace(context).runs).heal_all(_stack(context))
    click.echo("\n".join(lines) or "Nothing to heal.")


@cli.command()
@click.argument("parts", nargs=-1, metavar="[PART]...")
@click.pass_context
def test(context: click.Context, parts: tuple[str, ...]) -> None:
    """Run the project's own checks; with PART (lint, unit, go, integration, e2e) only those."""
    from tfbench.gate import run_gate

    workspace = _workspace(context)
    sys.exit(run_gate(workspace.root, parts, Progress()))


def _stack(context: click.Context) -> "Stack":
    from tfbench.platforms.engine import require_engine
    from tfbench.platforms.stack import Stack

    return Stack(require_engine(), _workspace(context).root)


for command in (bench, plan, run_command, selftest, slo, stop):
    cli.add_command(command)


def main() -> None:
    """Entry point: every ending has its exit code, and no traceback for what we know how to say."""
    try:
        cli.main(prog_name="tfbench", standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except TfbenchError as error:
        click.echo(f"tfbench: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("tfbench: interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last line of defence says so itself
        Console(stderr=True).print_exception(max_frames=8)
        click.echo(f"tfbench: internal error: {type(error).__name__}: {error}. Please report it.", err=True)
        sys.exit(EXIT_INTERNAL)
