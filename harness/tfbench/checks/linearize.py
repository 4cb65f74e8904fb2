"""Is there an order of a seat's operations that explains every answer? And if not, which few of them show it?

    explains(ops, initial, is_over) -> True | False | None (given up)       shrunk(ops, ...) -> fewer ops

The search is Wing and Gong's with Lowe's memory: a configuration is (operations placed, state), and none is
looked at twice. What keeps it small here:
- a read that the state satisfies is placed at once: it changes nothing, and later it could only be harder;
- a hold that may never have been is placed only where something sure needs it: a purchase of it, or a refusal,
  which any holder explains. Of those that nobody else speaks of, the earliest stands for all: it expires first.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tfbench.checks.seat_model import Op, State, as_lost, step

Config = tuple[int, State]
IsOver = Callable[[], bool]
Indices = dict[str, list[int]]

LOOKS_BETWEEN_CLOCKS = 256


@dataclass(slots=True)
class _History:
    """Operations by call; a set of them is a mask, bit i for `ops[i]`. The optional ones by what they need."""

    ops: list[Op]
    sure: int = 0
    needs_held: Indices = field(default_factory=lambda: defaultdict(list))
    needs_sold: Indices = field(default_factory=lambda: defaultdict(list))
    named_holds: list[int] = field(default_factory=list)
    other_holds: list[int] = field(default_factory=list)
    wanting: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # sure operations that need a hold


def explains(ops: Sequence[Op], initial: State, is_over: IsOver) -> bool | None:
    """Whether some order explains every answer; None when `is_over` said so before that was known."""
    history = _history(ops)
    seen: set[Config] = set()
    waiting: list[Config] = [(0, initial)]
    while waiting:
        config = _with_reads(history, waiting.pop())
        if not history.sure & ~config[0]:
            return True
        if config in seen:
            continue
        seen.add(config)
        if len(seen) % LOOKS_BETWEEN_CLOCKS == 0 and is_over():
            return None
        waiting.extend(_following(history, config))
    return False


def shrunk(ops: Sequence[Op], initial: State, is_over: IsOver) -> list[Op]:
    """A few sure operations, none of them to spare, that nothing explains even if all others may go as they like.

    Delta debugging of a history that `explains` refuses. An operation is taken out by having its answer lost, so
    that taking it out never breaks what held before. When time is over, it is as short as it got.
    """
    kept = [index for index, op in enumerate(ops) if op.is_sure]
    size = len(kept)
    while not is_over():
        size = max(min(size, len(kept) // 2), 1)
        smaller = next(_smaller(ops, kept, size, initial, is_over), None)
        if smaller is not None:
            kept = smaller
        elif size == 1:
            break
        else:
            size //= 2
    return sorted((ops[index] for index in kept), key=lambda op: op.call)


def _smaller(ops: Sequence[Op], kept: list[int], size: int, initial: State, is_over: IsOver) -> Iterator[list[int]]:
    for start in range(0, len(kept), size):
        rest = kept[:start] + kept[start + size :]
        sure = set(rest)
        weaker = [op if index in sure else as_lost(op) for index, op in enumerate(ops)]
        if explains([op for op in weaker if op.is_sure or not op.is_read], initial, is_over) is False:
            yield rest


def _history(ops: Sequence[Op]) -> _History:
    history = _History(sorted(ops, key=lambda op: op.call))
    named = {op.retencion for op in ops if op.kind not in ("hold", "expire")}
    hold_of = {op.orden: op.retencion for op in ops if op.kind == "purchase"}
    for index, op in enumerate(history.ops):
        if op.is_sure:
            history.sure |= 1 << index
            if op.kind in ("purchase", "sold"):
                history.wanting[hold_of.get(op.orden, op.retencion)] |= 1 << index
        elif op.kind == "annul":
            history.needs_sold[op.orden].append(index)
        elif op.kind == "hold":
            (history.named_holds if op.retencion in named else history.other_holds).append(index)
        else:
            history.needs_held[op.retencion].append(index)
    return history


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _next(history: _History, placed: int) -> tuple[list[int], float]:
    """The sure operations that may come next, and the moment by which one of them must have."""
    enabled: list[int] = []
    latest = math.inf
    for index in _bits(history.sure & ~placed):
        op = history.ops[index]
        if op.call > latest:
            break
        enabled.append(index)
        latest = min(latest, op.ret)
    return enabled, latest


def _with_reads(history: _History, config: Config) -> Config:
    """The configuration with every read placed that its state satisfies."""
    placed, state = config
    while True:
        reads = [index for index in _next(history, placed)[0] if history.ops[index].is_read]
        satisfied = sum(1 << index for index in reads if step(history.ops[index], state) is not None)
        if not satisfied:
            return placed, state
        placed |= satisfied


def _following(history: _History, config: Config) -> Iterator[Config]:
    """Configurations one operation further; the sure ones last, in order of call, as the last is tried first."""
    placed, state = config
    enabled, latest = _next(history, placed)
    changes = [index for index in enabled if not history.ops[index].is_read]
    refusals = len(enabled) > len(changes) and any(history.ops[index].kind == "refused" for index in enabled)
    optional = [index for index in _optional(history, config, refusals) if history.ops[index].call <= latest]
    for index in optional + changes[::-1]:
        following = step(history.ops[index], state)
        if following is not None:
            yield placed | 1 << index, following


def _optional(history: _History, config: Config, refusals: bool) -> list[int]:
    """The optional operations worth placing in this state; `refusals`: some wait for the seat to be taken."""
    placed, (kind, who) = config
    if kind == "held":
        return [index for index in history.needs_held.get(who, ()) if not placed >> index & 1]
    if kind == "sold":
        return [index for index in history.needs_sold.get(who, ()) if not placed >> index & 1]
    named = [index for index in history.named_holds if not placed >> index & 1]
    if refusals:
        return named + [index for index in history.other_holds if not placed >> index & 1][:1]
    return [index for index in named if history.wanting.get(history.ops[index].retencion, 0) & ~placed]
