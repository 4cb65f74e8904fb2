"""The selftest's server: what it fails is what it was told, the same on any machine, and it says when it was ill."""

from typing import Any

import pytest
from tfbench.selftest.kinds import KINDS
from tfbench.selftest.server import Patient

PLAN: dict[str, Any] = {
    "clock_offset": 0.0,
    "seed": 7,
    "fail": {"/a": 0.1, "/b": 0.5},
    "slow": {"/a": 0.2},
    "slow_s": 0.4,
}


def patient(**changes: Any) -> Patient:
    return Patient(PLAN | changes, lambda event: None)


def answers(one: Patient, path: str, count: int) -> list[tuple[bool, float]]:
    replies = [one.answer(path) for _ in range(count)]
    return [(b" 503 " in reply, wait_s) for reply, wait_s in replies]


def test_share_of_failing_and_slow_requests_is_the_planted_one() -> None:
    seen = answers(patient(), "/a", 10_000)
    assert sum(failed for failed, _ in seen) == pytest.approx(1_000, abs=150)
    assert sum(wait_s == 0.4 for _, wait_s in seen) == pytest.approx(2_000, abs=200)
    assert not any(failed and wait_s for failed, wait_s in seen)


def test_path_without_a_share_is_well() -> None:
    assert answers(patient(), "/other", 1_000) == [(False, 0.0)] * 1_000


def test_same_seed_fails_the_same_requests_however_paths_take_turns() -> None:
    mixed = patient()
    alone = answers(patient(), "/a", 200)
    for _ in range(200):
        mixed.answer("/b")
    assert answers(mixed, "/a", 200) == alone
    assert answers(patient(seed=8), "/a", 200) != alone


def test_counts_are_of_what_was_answered() -> None:
    one = patient()
    seen = answers(one, "/b", 500)
    assert one.served == {"/b": 500}
    assert one.failed == {"/b": sum(failed for failed, _ in seen)}


def test_kinds_are_enough_and_different() -> None:
    assert len(set(KINDS)) == len(KINDS) >= 80
