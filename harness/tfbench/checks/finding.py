"""What a check found, and the usual way to find it: a query that counts, and one whose rows are violations.

Violations are data (`evento=EV001 asiento=12 ordenes=a,b`), the same in every language; sentences are in
texts.yaml.
"""

from dataclasses import dataclass, field
from typing import Any

from tfbench import texts
from tfbench.rundata import RunData
from tfbench.verdict import Verdict

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """`checked` things looked at, `violation_count` broken ones, `violations` examples of them."""

    verdict: Verdict
    reason: texts.Rendered
    checked: int = 0
    violation_count: int = 0
    violations: list[str] = field(default_factory=list)


def no_data(key: str, **parameters: Any) -> Finding:
    """Nothing to judge, and why."""
    return Finding(Verdict.NO_DATA, texts.render(key, **parameters))


def concluded(check_id: str, verdict: Verdict, *, checked: int, violations: list[str], **numbers: Any) -> Finding:
    """A finding whose sentence is `check.<id>.<verdict>`, with the first violations as examples."""
    reason = texts.render(f"check.{check_id}.{verdict.name.lower()}", checked=checked, **numbers)
    if violations:
        examples = texts.render("check.examples", examples="; ".join(violations[:3]))
        reason = texts.joined(reason, examples)
    return Finding(verdict, reason, checked, len(violations), violations[:EXAMPLES])


def tally(run: RunData, check_id: str, *, checked: int, violations: str, **parameters: Any) -> Finding:
    """A finding from a query with one text column, a row a violation. Parameters go to the sentences too.

    The sentences `check.<id>.pass` and `check.<id>.fail` may use {checked}, {count} and the parameters.
    """
    count, examples = _violations(run, violations)
    if count:
        verdict, key = Verdict.FAIL, "fail"
    elif not checked:
        return Finding(Verdict.NO_DATA, texts.render(f"check.{check_id}.no_data", **parameters))
    else:
        verdict, key = Verdict.PASS, "pass"
    reason = texts.render(f"check.{check_id}.{key}", checked=checked, count=count, **parameters)
    return Finding(verdict, reason, checked, count, examples)


def _violations(run: RunData, query: str) -> tuple[int, list[str]]:
    found = run.rows(
        f"WITH found(text) AS MATERIALIZED ({query}) "
        f"SELECT coalesce(text, '?'), (SELECT count(*) FROM found) FROM found ORDER BY text LIMIT {EXAMPLES}"
    )
    return (found[0][1] if found else 0), [text for text, _ in found]
