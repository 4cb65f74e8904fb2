"""What else the machine did is told with the load: when it was much, and while it mattered."""

import pytest
from in_memory import load_of
from spoilable_run import BASELINE, LOAD_END, T0, healthy


@pytest.mark.parametrize(
    ("foreign", "steal", "at", "is_told"),
    [
        (0.30, 0.0, BASELINE + 1, True),
        (0.10, 0.20, BASELINE + 1, True),
        (0.10, 0.10, BASELINE + 1, False),
        (None, 0.0, BASELINE + 1, False),
        (0.90, 0.0, T0 + 1, False),
        (0.90, 0.0, LOAD_END + 1, False),
    ],
    ids=["others worked", "with its host", "a little", "not measurable", "in the warm-up", "after the load"],
)
def test_other_work_is_told_when_it_was_much(foreign: float | None, steal: float, at: float, is_told: bool) -> None:
    run = healthy()
    run.journal.append({"t": at, "kind": "host", "busy": 0.9, "steal": steal, "foreign": foreign})
    load = load_of(run)
    assert load.valid, "it is a reason to doubt, not a verdict"
    assert ("not quiet: for 1 s" in load.reason["en"]) is is_told
