"""`tfbench slo ...`: SLA and SLO tables checked, written as Prometheus rules, and held against themselves."""

import sys
from pathlib import Path

import click

from tfbench.errors import ConfigError
from tfbench.model import LANGUAGES
from tfbench.verdict import EXIT_CODES, EXIT_USAGE, Verdict

_FILE = click.Path(path_type=Path)


@click.group()
def slo() -> None:
    """SLA and SLO tables (OpenSLO): check them, write alert rules, find contradictions."""


@slo.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
def validate(files: tuple[Path, ...]) -> None:
    """Say whether each FILE is legal OpenSLO (v1, v2alpha), as OpenSLO's own validator would.

    Prints each object's first mistake with its file and line, and exits 254 when there is any. What is legal but could
    not be judged by a scenario is said on stderr.
    """
    from tfbench.slo.validate import validate_file

    found_mistakes = False
    for file in files:
        count, mistakes = validate_file(file)
        for mistake in mistakes:
            click.echo(f"tfbench: {mistake}", err=True)
        if mistakes:
            found_mistakes = True
            continue
        click.echo(f"{file}: {count} {'object' if count == 1 else 'objects'}, all legal")
        if reason := _not_usable(file):
            click.echo(reason, err=True)
    if found_mistakes:
        sys.exit(EXIT_USAGE)


def _not_usable(file: Path) -> str | None:
    """Why a legal file is of no use to scenarios, or to most of them; None where it is."""
    from tfbench.slo.openslo import load_slo

    try:
        load_slo(file, operations=None)
    except ConfigError as reason:
        return f"Legal, but no scenario can use it: {reason}"
    try:
        load_slo(file)
    except ConfigError as reason:
        return f"Legal, but only scenarios with workload: locustfile can use it: {reason}"
    return None


@slo.command()
@click.argument("file", type=_FILE)
def rules(file: Path) -> None:
    """Print Prometheus recording and burn-rate alert rules for the objectives of FILE.

    They count what TicketFlow's services expose on /metrics. Objectives that those cannot tell are named on stderr,
    and in a comment, with the reason. Check the output with `promtool check rules`.
    """
    from tfbench.slo.openslo import load_slo
    from tfbench.slo.rules import write_rules

    written = write_rules(load_slo(file))
    for name, reason in written.left_out.items():
        click.echo(f"no rules for {name}: {reason}", err=True)
    click.echo(written.text, nl=False)


@slo.command()
@click.argument("file", type=_FILE)
@click.option("--failures", default=4.0, show_default=True, type=click.FloatRange(min=0, min_open=True),
              help="Failures a window to reckon with, each as long as the recovery objective allows.")  # fmt: skip
@click.option("--rate", default=1.0, show_default=True, type=click.FloatRange(min=0, min_open=True),
              help="Records a second that each objective counts.")  # fmt: skip
@click.option("--lang", default="en", show_default=True, type=click.Choice(LANGUAGES), help="Language of the findings.")
@click.option("--strict", is_flag=True, help="Exit 1 when there is a contradiction.")
def lint(file: Path, failures: float, rate: float, lang: str, strict: bool) -> None:
    """Hold the objectives of FILE against each other, with numbers.

    Recovery times against error budgets and latency limits, targets against the evidence of a day.
    """
    from tfbench.slo.lint import lint as find
    from tfbench.slo.openslo import load_slo

    findings = find(load_slo(file, operations=None), failures, rate)
    for finding in findings:
        level = "CONTRADICTION" if finding.is_contradiction else "note"
        click.echo(f"{level:13}  {finding.about}: {finding.text[lang]}")
    contradictions = sum(finding.is_contradiction for finding in findings)
    click.echo(f"{contradictions} contradictions, {len(findings) - contradictions} notes", err=True)
    if strict and contradictions:
        sys.exit(EXIT_CODES[Verdict.FAIL])
