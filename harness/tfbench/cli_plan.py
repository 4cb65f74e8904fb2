"""`tfbench plan SCENARIO`: what each required objective takes to be proved, and what cannot be in the time there is."""

import sys
from collections.abc import Callable

import click

from tfbench.verdict import EXIT_CODES, Verdict
from tfbench.workspace import Workspace


@click.command()
@click.argument("scenario")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="How long a run may take.")
@click.pass_obj
def plan(find: Callable[[], Workspace], scenario: str, minutes: float | None) -> None:
    """Say what SCENARIO can prove before it runs: operations, rate, minutes and repetitions each objective needs.

    With --minutes, refuses (exit 2) when something required cannot be proved in them, and says what would do. Needs
    no Docker.
    """
    from tfbench.plan import describe_evidence
    from tfbench.plan_minutes import refusal, refusal_lines, repetition_line
    from tfbench.scenario import load_scenario

    loaded = load_scenario(find().find_scenario(scenario))
    click.echo(describe_evidence(loaded))
    if minutes is None:
        return
    refused = refusal(loaded, minutes)
    if refused:
        click.echo("\n".join(refusal_lines(refused)))
        sys.exit(EXIT_CODES[Verdict.INCONCLUSIVE])
    click.echo(repetition_line(loaded, minutes))
