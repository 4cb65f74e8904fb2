"""When what a fault broke counts as recovered."""

import pytest
from tfbench.faults.lifecycle import is_well
from tfbench.observer import Observation

ALL_UP = {"app2-api": "up", "postgres1": "up", "postgres2": "up"}


@pytest.mark.parametrize(
    ("broken", "seen", "expected"),
    [
        (["app2-api"], Observation(0, services=ALL_UP), True),
        (["app2-api"], Observation(0, services={**ALL_UP, "app2-api": "down"}), False),
        (["app2-api"], Observation(0, services={**ALL_UP, "postgres2": "down"}), True),
        (["app2-api"], Observation(0), False),
        (["postgres1"], Observation(0, services=ALL_UP, sync_standby="postgres1"), True),
        (["postgres1"], Observation(0, services=ALL_UP), False),
        (["postgres1"], Observation(0, services={**ALL_UP, "postgres2": "down"}, sync_standby="postgres1"), False),
    ],
    ids=["up", "down", "another down", "not seen", "whole pair", "no standby", "the other node down"],
)
def test_a_postgres_pair_is_well_when_it_is_whole(broken: list[str], seen: Observation, expected: bool) -> None:
    assert is_well(broken, seen) is expected
