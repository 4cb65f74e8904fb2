"""The search over one seat: histories good and bad, against brute force, and the few operations that show a fault."""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_seat import broken_by_a_lost_sale, broken_by_a_second_sale, simulated
from tfbench.checks.linearize import explains, shrunk
from tfbench.checks.seat_model import FREE, HOLD_S, Kind, Op, State, as_lost, expiry, step

SLOW_MACHINES = settings(deadline=None, max_examples=150)
SEEDS, FEW_SEEDS = (settings(deadline=None, max_examples=seeds) for seeds in (30, 6))
HISTORIES_A_SEED = 60


def never() -> bool:
    return False


def hold(t: float, retencion: str, **values: object) -> Op:
    return Op("hold", t, t + 1, retencion=retencion, **values)  # type: ignore[arg-type]


def purchase(t: float, retencion: str, **values: object) -> Op:
    return Op("purchase", t, t + 1, retencion=retencion, orden=f"orden-{retencion}", **values)  # type: ignore[arg-type]


def release(t: float, retencion: str) -> Op:
    return Op("release", t, t + 1, retencion=retencion)


def refused(t: float) -> Op:
    return Op("refused", t, t + 1)


def final(orden: str | None) -> Op:
    return Op("unsold", 5000) if orden is None else Op("sold", 5000, orden=orden)


def lost(op: Op) -> Op:
    return as_lost(op)


A, B = hold(0, "a"), hold(20, "b")
HISTORIES: list[tuple[str, bool, list[Op]]] = [
    ("held, bought, and sold in the end", True, [A, purchase(5, "a"), final("orden-a")]),
    ("held, given back, bought by another", True, [A, release(5, "a"), B, purchase(25, "b"), final("orden-b")]),
    ("refused while it was held", True, [A, refused(3), release(5, "a"), final(None)]),
    ("refused in a race with the hold", True, [A, refused(0.5), final(None)]),
    ("refused before anybody wanted it", False, [refused(-5), A, final(None)]),
    ("refused after it was given back", False, [A, release(5, "a"), refused(10), final(None)]),
    ("refused because of a hold without an answer", True, [lost(A), refused(30), final(None)]),
    ("held twice", False, [A, B, final(None)]),
    ("held again once the first hold may have expired", True, [A, expiry(A), hold(HOLD_S, "b"), final(None)]),
    ("held again too early", False, [A, expiry(A), hold(HOLD_S - 2, "b"), final(None)]),
    ("bought late, as nobody else had asked", True, [A, expiry(A), purchase(HOLD_S + 50, "a"), final("orden-a")]),
    ("bought after it expired for another", False,
     [A, expiry(A), hold(HOLD_S, "b"), purchase(HOLD_S + 9, "a"), final("orden-a")]),
    ("bought without a hold", False, [purchase(5, "a"), final("orden-a")]),
    ("bought with a hold that was given back", False, [A, release(5, "a"), purchase(9, "a"), final("orden-a")]),
    ("told that its hold does not stand, while it does", False,
     [A, Op("dismissed", 5, 6, retencion="a"), final(None)]),
    ("told that its hold does not stand, when it may have expired", True,
     [A, expiry(A), Op("dismissed", HOLD_S, HOLD_S + 1, retencion="a"), final(None)]),
    ("sold twice", False, [A, purchase(5, "a"), B, purchase(25, "b"), final("orden-b")]),
    ("sold, and not in the database", False, [A, purchase(5, "a"), final(None)]),
    ("sold to another in the database", False, [A, purchase(5, "a"), final("orden-x")]),
    ("bought without an answer, and sold", True, [A, lost(purchase(5, "a")), final("orden-a")]),
    ("bought without an answer, and not sold", True, [A, lost(purchase(5, "a")), final(None)]),
    ("the release without an answer happened late", True,
     [A, lost(release(5, "a")), refused(10), hold(20, "b"), final(None)]),
    ("annulled and sold again", True,
     [A, purchase(5, "a"), Op("annul", -math.inf, is_sure=False, orden="orden-a"), B, purchase(25, "b"),
      final("orden-b")]),
    ("given back although it was bought", False,
     [A, purchase(5, "a"), Op("release", 9, 10, retencion="a", orden="orden-a"), final("orden-a")]),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "ops"), [case[1:] for case in HISTORIES], ids=[case[0] for case in HISTORIES])
def test_a_history_is_explained_or_not(expected: bool, ops: list[Op]) -> None:
    assert explains(ops, FREE, never) is expected


def test_a_seat_sold_before_stays_sold() -> None:
    assert explains([refused(1), Op("sold", 9, orden="x")], ("sold", "x"), never) is True
    assert explains([hold(1, "a"), Op("sold", 9, orden="x")], ("sold", "x"), never) is False


def brute(ops: Sequence[Op], state: State) -> bool:
    """The definition itself: try every order."""
    if not any(op.is_sure for op in ops):
        return True
    latest = min(op.ret for op in ops if op.is_sure)
    for index, op in enumerate(ops):
        following = step(op, state) if op.call <= latest else None
        if following is not None and brute([*ops[:index], *ops[index + 1 :]], following):
            return True
    return False


KINDS: tuple[Kind, ...] = ("hold", "hold", "purchase", "refused", "refused", "dismissed", "release", "expire", "annul",
                           "sold", "unsold")  # fmt: skip


def any_op(rng: random.Random) -> Op:
    kind, call, retencion = rng.choice(KINDS), rng.randint(0, 12), rng.choice("abc")
    is_read = kind in ("refused", "dismissed", "sold", "unsold")
    is_sure = kind not in ("expire", "annul") and (is_read or rng.random() < 2 / 3)
    ret = call + rng.randint(0, 8) if is_sure else math.inf
    return Op(kind, call, ret, is_sure, retencion, f"orden-{retencion}")


def any_histories(seed: int) -> list[list[Op]]:
    """Many at a time: drawing each of them by Hypothesis would take longer than judging it."""
    rng = random.Random(seed)
    return [[any_op(rng) for _ in range(rng.randint(0, 7))] for _ in range(HISTORIES_A_SEED)]


@given(st.integers(0, 2**32))
@SEEDS
def test_the_search_agrees_with_trying_every_order(seed: int) -> None:
    for ops in any_histories(seed):
        assert explains(ops, FREE, never) is brute(ops, FREE), ops


@given(st.integers(0, 2**32))
@FEW_SEEDS
def test_what_is_left_of_a_bad_history_is_bad_and_has_none_to_spare(seed: int) -> None:
    bad = [ops for ops in any_histories(seed) if explains(ops, FREE, never) is False]
    assert bad
    for ops in bad:
        has_none_to_spare(ops, shrunk(ops, FREE, never))


def has_none_to_spare(ops: list[Op], few: list[Op]) -> None:
    def without(spared: Op | None) -> list[Op]:
        kept = [id(op) for op in few if op is not spared]
        weaker = [op if id(op) in kept else as_lost(op) for op in ops]
        return [op for op in weaker if op.is_sure or not op.is_read]

    assert few, ops
    assert explains(without(None), FREE, never) is False, ops
    assert all(explains(without(op), FREE, never) for op in few), ops


@given(st.integers(0, 2**32))
@SLOW_MACHINES
def test_what_a_correct_seat_answered_is_always_explained(seed: int) -> None:
    assert explains(simulated(random.Random(seed)), FREE, never) is True


@given(st.integers(0, 2**32))
@SLOW_MACHINES
def test_a_second_sale_is_never_explained(seed: int) -> None:
    assert explains(broken_by_a_second_sale(random.Random(seed)), FREE, never) is False


@given(st.integers(0, 2**32))
@SLOW_MACHINES
def test_a_lost_sale_is_never_explained(seed: int) -> None:
    assert explains(broken_by_a_lost_sale(random.Random(seed)), FREE, never) is False


def test_a_hot_seat_takes_few_looks() -> None:
    looks: list[int] = []
    crowd = [Op("refused", 2 + number % 7, 900 + number) for number in range(200)]
    lost_holds = [lost(hold(number % 5, f"perdida-{number}")) for number in range(50)]
    history = [*crowd, *lost_holds, *map(expiry, lost_holds), final("orden-x")]  # nobody bought it: all must be tried
    assert explains(history, FREE, lambda: bool(looks.append(1)) or len(looks) > 100) is False


def test_a_search_out_of_time_says_that_it_does_not_know() -> None:
    holds = [Op("hold", 0, 9, retencion=str(number)) for number in range(12)]
    releases = [Op("release", 0, 9, retencion=str(number), orden="x") for number in range(12)]
    assert explains([*holds, *releases, final("orden-x")], FREE, lambda: True) is None


def test_a_double_sale_is_shown_by_its_two_purchases() -> None:
    first, second = purchase(105, "a"), purchase(225, "b")
    noise = [
        op for number in range(10) for op in (hold(8 * number, f"n{number}"), release(8 * number + 4, f"n{number}"))
    ]
    history = [*noise, hold(100, "a"), first, refused(150), refused(151), hold(220, "b"), second, final("orden-b")]
    few = shrunk(history, FREE, never)
    assert len(few) == 2
    assert first in few


def test_shrinking_out_of_time_returns_what_it_has() -> None:
    history = [A, purchase(5, "a"), final(None)]
    assert shrunk(history, FREE, lambda: True) == history
