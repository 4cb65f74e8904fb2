"""One greenlet an arrival: none waits for another, and one that has ended plays the next."""

import gevent
import pytest
from gevent.event import Event
from tfbench.load.arrivals import Arrival
from tfbench.load.crowd import Crowd


def arrivals(count: int) -> list[Arrival]:
    return [Arrival(number, number / 10, "catalogue") for number in range(count)]


def settle(crowd: Crowd, busy: int = 0) -> None:
    with gevent.Timeout(10):
        while crowd.busy > busy:
            gevent.sleep(0)


def test_all_that_come_are_played_at_once() -> None:
    gate, playing = Event(), list[int]()

    def play(arrival: Arrival, t_intended: float) -> None:
        playing.append(arrival.flow)
        gate.wait()

    crowd = Crowd(play)
    for arrival in arrivals(50):
        crowd.start(arrival, arrival.at_s)
    gevent.sleep(0)
    assert playing == list(range(50))
    assert crowd.busy == 50
    gate.set()
    settle(crowd)


def test_greenlets_are_used_again() -> None:
    used = set[int]()

    def play(arrival: Arrival, t_intended: float) -> None:
        used.add(id(gevent.getcurrent()))
        assert t_intended == arrival.at_s

    crowd = Crowd(play)
    for arrival in arrivals(20):
        crowd.start(arrival, arrival.at_s)
        settle(crowd)
    assert len(used) == 1


def test_one_that_breaks_is_told_and_the_next_is_played(capsys: pytest.CaptureFixture[str]) -> None:
    played = list[int]()

    def play(arrival: Arrival, t_intended: float) -> None:
        if arrival.flow == 1:
            raise RuntimeError("a bug of the load's own")
        played.append(arrival.flow)

    crowd = Crowd(play)
    for arrival in arrivals(3):
        crowd.start(arrival, arrival.at_s)
        settle(crowd)
    assert played == [0, 2]
    assert "a bug of the load's own" in capsys.readouterr().err


def test_killing_ends_those_that_wait() -> None:
    ended = list[int]()

    def play(arrival: Arrival, t_intended: float) -> None:
        try:
            Event().wait()
        finally:
            ended.append(arrival.flow)

    crowd = Crowd(play)
    for arrival in arrivals(3):
        crowd.start(arrival, arrival.at_s)
    gevent.sleep(0)
    crowd.kill()
    assert sorted(ended) == [0, 1, 2]
    assert crowd.busy == 0
