"""Every judged line of a run in one shape, for whoever lists them: the page's reasons, JUnit, the summary."""

from dataclasses import dataclass
from typing import Any

from tfbench.report.evidence import Record
from tfbench.verdict import Verdict

BilingualText = dict[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One promise, or one condition of a valid run. Not `required`: shown, and doesn't decide.

    `anchor` is its row's id in the page: its kind and its place among the results of that kind.
    """

    kind: str
    id: str
    title: BilingualText
    required: bool
    verdict: Verdict
    reason: BilingualText
    anchor: str

    @property
    def needs_a_look(self) -> bool:
        """Whether it decides, and is anything but a pass."""
        return self.required and self.verdict not in (Verdict.PASS, Verdict.INFO)


def judged_lines(results: Record) -> list[Line]:
    """Expectations first, as the page has them, then promises, then what makes a run valid."""
    return [
        *_lines("expectation", results["expectations"]),
        *_lines("objective", results["objectives"]),
        *_lines("recovery", [item | {"title": recovery_title(results, item)} for item in results["recovery"]]),
        *_lines("invariant", results["invariants"]),
        *(_fault_line(number, fault) for number, fault in enumerate(results["faults"])),
        _load_line(results["load"]),
    ]


def recovery_title(results: Record, item: Record) -> BilingualText:
    """Its promise; where the run has several faults, with the one that it was timed from."""
    if len(results["faults"]) < 2:
        return dict(item["title"])
    return {language: f"{title} ({item['fault']})" for language, title in item["title"].items()}


def _lines(kind: str, items: list[Record]) -> list[Line]:
    return [
        Line(
            kind=kind,
            id=_full_id(item),
            title=item["title"],
            required=bool(item.get("required", True)),
            verdict=Verdict(item["verdict"]),
            reason=item["reason"],
            anchor=f"{kind}-{number}",
        )
        for number, item in enumerate(items)
    ]


def _full_id(item: Record) -> str:
    """A recovery objective is judged once a fault; its fault tells one line from the other."""
    return f"{item['id']} {item['fault']}" if "fault" in item else str(item["id"])


def _fault_line(number: int, fault: Record) -> Line:
    """A fault left behind is a failure; one that nobody else saw makes the run invalid."""
    verdict = Verdict.FAIL if fault["residue"] else Verdict.PASS if fault["verified"] else Verdict.INVALID
    return Line(
        kind="fault",
        id=str(fault["id"]),
        title=_same(f"{fault['type']}, {fault['target']}"),
        required=True,
        verdict=verdict,
        reason=_same("; ".join(fault["evidence"])),
        anchor=f"fault-{number}",
    )


def _load_line(load: Record) -> Line:
    return Line(
        kind="load",
        id="load",
        title=_same(""),
        required=True,
        verdict=Verdict.PASS if load["valid"] else Verdict.INVALID,
        reason=load["reason"],
        anchor="load",
    )


def _same(text: Any) -> BilingualText:
    return {"en": str(text), "es": str(text)}
