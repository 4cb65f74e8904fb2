"""A judged run as a test asserts on it: results.json, with its promises found by name.

    run.verdict == "PASS"   run.objective("app2-pdf-under-5min").passed   run.recovery("app2-rto").upper_s < 60

Whatever is compared or shown carries its reason, so that a failed assertion says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfbench.results_shape import load_sound_results
from tfbench.verdict import Verdict
from tfbench.yamlio import did_you_mean

Record = Mapping[str, Any]
_TABLES = {
    "objective": "objectives", "recovery": "recovery", "expectation": "expectations", "invariant": "invariants",
}  # fmt: skip


class Told(str):
    """A verdict's word, which remembers what it is of and why."""

    what: str
    reason: str

    def __new__(cls, word: str, what: str, reason: str) -> "Told":
        told = super().__new__(cls, word)
        told.what, told.reason = what, reason
        return told


class _Judged:
    """What has a verdict: a promise, or the whole run."""

    __slots__ = ()
    verdict: Told

    @property
    def passed(self) -> bool:
        """Whether it was kept, with enough evidence to say so; of a run, all that decides, and nothing cut it short."""
        return str(self.verdict) == Verdict.PASS.value

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, in English."""
        return self.verdict.reason


@dataclass(frozen=True, slots=True, repr=False)
class Promise(_Judged):
    """One judged line. Its other fields in results.json are attributes: `measured`, `upper_s`, `violations`..."""

    kind: str
    id: str
    verdict: Told
    record: Record

    def __getattr__(self, name: str) -> Any:
        if name in self.record:
            return self.record[name]
        raise AttributeError(f"{self!r} has no {name!r}; it has: {', '.join(self.record)}")

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id}: {self.verdict}, {self.reason}>"


@dataclass(frozen=True, slots=True, repr=False)
class JudgedRun(_Judged):
    """What a run came to, and the folder it was written to."""

    run_dir: Path
    scenario: str
    verdict: Told
    results: Record

    @classmethod
    def read(cls, run_dir: Path) -> "JudgedRun":
        """The run of a folder that was judged. Raises UsageError when it is none."""
        results = load_sound_results(run_dir)
        name = str(results["scenario"])
        return cls(run_dir, name, _told(results, f"the run of {name}"), results)

    def objective(self, name: str) -> Promise:
        """An objective of the tables that is a ratio."""
        return self._only("objective", name)

    def expectation(self, name: str) -> Promise:
        """What the scenario promises beyond the tables."""
        return self._only("expectation", name)

    def invariant(self, name: str) -> Promise:
        """An invariant, by its own name or by that of the objective that promises it."""
        return self._only("invariant", name)

    def recovery(self, name: str, fault: str | None = None) -> Promise:
        """A recovery time; where the run had several faults, that after `fault`."""
        found = [one for one in self._all("recovery", name) if fault is None or one.record["fault"] == fault]
        if len(found) == 1:
            return found[0]
        faults = ", ".join(one.record["fault"] for one in self._all("recovery", name))
        raise LookupError(f'recovery "{name}" was judged once a fault; say which one, as fault=: {faults}')

    def _only(self, kind: str, name: str) -> Promise:
        return self._all(kind, name)[0]

    def _all(self, kind: str, name: str) -> list[Promise]:
        records = self.results[_TABLES[kind]]
        found = [_promise(kind, record) for record in records if record["id"] == name]
        if found:
            return found
        known = sorted({record["id"] for record in records})
        hint = did_you_mean(name, known)
        raise LookupError(f'the run judged no {kind} "{name}"{hint}; there are: {", ".join(known) or "none"}')

    def __repr__(self) -> str:
        return f"<run of {self.scenario}: {self.verdict}, {self.reason} ({self.run_dir})>"


def _promise(kind: str, record: Record) -> Promise:
    return Promise(kind, record["id"], _told(record, f"{kind} {record['id']}"), record)


def _told(record: Record, what: str) -> Told:
    return Told(record["verdict"], what, record["reason"].get("en", ""))
