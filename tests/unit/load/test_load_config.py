"""The load's configuration: what was written is read back, and what can't be played is refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfbench.load.config import LoadConfig, LoadConfigError
from tfbench.model import Surge

GOOD: dict[str, Any] = {
    "base_url": "http://127.0.0.1:1",
    "rate_per_s": 50,
    "mix": {"catalogue": 0.9, "purchase": 0.1},
    "seed": 7,
    "duration_s": 60,
    "clock_offset": 0.0,
    "run_dir": "run",
}


def read(**changes: Any) -> LoadConfig:
    return LoadConfig.from_json(json.dumps(GOOD | changes))


def test_round_trip_keeps_everything() -> None:
    config = read(start_at=12.5, arrivals="constant", first_flow=9)
    assert LoadConfig.from_json(config.to_json()) == config
    assert config.run_dir == Path("run")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 5}, "unknown keys: rate"),
        ({"rate_per_s": 0}, "rate_per_s must be above 0, not 0"),
        ({"arrivals": "closed"}, "not 'closed'"),
        ({"mix": {"catalogue": 0.5}}, "sum to 1"),
        ({"mix": {"catalogue": 1.5, "purchase": -0.5}}, "sum to 1"),
    ],
)
def test_what_cannot_be_played_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LoadConfigError, match=message):
        read(**changes)


RUSH = {"at_s": 30, "length_s": 20, "factor": 10, "event": "EV001"}


def test_surge_makes_the_round_trip() -> None:
    config = read(surge=RUSH)
    assert config.surge == Surge(30, 20, 10, "EV001")
    assert LoadConfig.from_json(config.to_json()) == config
    assert read(surge=None).surge is read().surge is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"begin_s": 1}, "surge: unknown keys: begin_s"),
        ({"at_s": -1}, "surge.at_s must not be below 0, not -1"),
        ({"length_s": 0}, "surge.length_s must be above 0, not 0"),
        ({"factor": 0}, "surge.factor must be above 0, not 0"),
    ],
)
def test_surge_that_cannot_be_played_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LoadConfigError, match=message):
        read(surge=RUSH | changes)


def test_missing_keys_of_a_surge_are_named() -> None:
    with pytest.raises(LoadConfigError, match="surge: missing keys: event, factor"):
        read(surge={"at_s": 1, "length_s": 2})


def test_missing_keys_are_named() -> None:
    with pytest.raises(LoadConfigError, match="missing keys: run_dir, seed"):
        LoadConfig.from_json(json.dumps({k: v for k, v in GOOD.items() if k not in ("seed", "run_dir")}))
