"""Verdict states and how they merge.

No data is never a pass, a timeout is unknown, and a run whose fault or load was not what was asked is INVALID.
Worst wins, in the order of the design: FAIL, INVALID, INCONCLUSIVE and NO_DATA, PASS. INFO never decides.
"""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What the evidence says of one promise."""

    FAIL = "FAIL"
    INVALID = "INVALID"
    INCONCLUSIVE = "INCONCLUSIVE"
    NO_DATA = "NO_DATA"
    PASS = "PASS"
    INFO = "INFO"


_WORST_FIRST = (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE, Verdict.NO_DATA, Verdict.PASS)

EXIT_CODES = {
    Verdict.PASS: 0,
    Verdict.FAIL: 1,
    Verdict.INCONCLUSIVE: 2,
    Verdict.NO_DATA: 2,
    Verdict.INVALID: 2,
}
EXIT_RESIDUE = 3
EXIT_INTERRUPTED = 130
EXIT_USAGE = 254
EXIT_INTERNAL = 255


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the verdicts that decide; NO_DATA when none does."""
    deciding = {verdict for verdict in verdicts if verdict is not Verdict.INFO}
    return next((verdict for verdict in _WORST_FIRST if verdict in deciding), Verdict.NO_DATA)
