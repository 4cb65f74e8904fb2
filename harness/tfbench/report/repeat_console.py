"""What `run --repeat` prints when it ends: the verdict of all runs, each recovery time, then one line a run."""

from collections.abc import Iterator

from rich.text import Text

from tfbench.console import STYLES, WIDTH
from tfbench.report.evidence import Record
from tfbench.report.formats import percent, seconds, share
from tfbench.verdict import Verdict


def repeat_console_lines(repeat: Record) -> Iterator[Text]:
    """The repetition in English."""
    yield Text("")
    yield _line(repeat["verdict"], f"{repeat['scenario']}, {len(repeat['runs'])} runs: {repeat['reason']['en']}")
    flake = repeat["flake"]
    if flake["n"]:
        yield Text(
            f"{'':{WIDTH}}  flake rate {share(flake['ratio'])} ({share(flake['lower'])} to {share(flake['upper'])}):"
            f" {flake['differing']} of {flake['n']} runs differ from {flake['common']}"
        )
    yield Text("")
    for row in repeat["recovery"]:
        if row["required"]:
            yield _line(row["verdict"], f"{row['title']['en']} ({row['fault']}). {_told(row)}")
    for number, run in enumerate(repeat["runs"], start=1):
        yield _line(run["verdict"], f"run {number}: {run['reason']['en']}")


def _told(row: Record) -> str:
    bound = "no bound: a run did not recover" if row["bound_s"] is None else f"at most {seconds(row['bound_s'])}"
    return (
        f"{row['passed']} of {row['n']} in time, so at least {percent(row['proved'])} of such failures are;"
        f" {percent(row['bound_share'])} of them: {bound}"
    )


def _line(verdict: str, text: str) -> Text:
    return Text.assemble((f"{verdict:{WIDTH}}", STYLES[Verdict(verdict)]), "  ", text)
