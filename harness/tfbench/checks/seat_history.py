"""Linearizability of each seat: its clients' history and the database's last word, held against one seat.

operations + orders + sales -> {(evento, asiento): [Op]} -> linearize.explains -> PASS | FAIL | INCONCLUSIVE
                                                            linearize.shrunk  -> the lines that show it
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby

from tfbench import texts
from tfbench.checks.finding import EXAMPLES, Finding, no_data
from tfbench.checks.linearize import explains, shrunk
from tfbench.checks.seat_model import FREE, Kind, Op, State, expiry
from tfbench.rundata import RunData
from tfbench.verdict import Verdict

SEAT_BUDGET_S = 5.0  # a seat takes less than a millisecond; one that takes this long is not judged
RUN_BUDGET_S = 120.0  # and all of them together no longer than this

Seat = tuple[str, int]


@dataclass(slots=True)
class SeatHistory:
    """What happened to one seat, beginning in `initial`."""

    initial: State = FREE
    ops: list[Op] = field(default_factory=list)


# A hold whose redirect came was made, whatever became of its page; so was an order. `is_sure_no`: nothing of it
# can have happened, which neither a 409 `clave_en_curso` nor an answer that is no refusal says.
_CLIENTS = """
SELECT evento, unnest(asientos) AS asiento, op, flow, coalesce(o.clave, '') AS clave, t_start, t_end,
       outcome = 'ok' OR (op = 'hold' AND o.retencion_id IS NOT NULL) OR (op = 'purchase' AND o.orden_id IS NOT NULL)
         AS is_done,
       outcome = 'fail' AND status BETWEEN 400 AND 499 AND coalesce(error, '') <> 'clave_en_curso' AS is_sure_no,
       coalesce(error, '') AS error, len(asientos) AS seats,
       coalesce(o.retencion_id, by_key.retencion_id, '') AS retencion,
       coalesce(o.orden_id, by_key.orden_id, by_hold.orden_id, '') AS orden
FROM operations o
LEFT JOIN (SELECT clave_idem, any_value(orden_id) AS orden_id, any_value(retencion_id) AS retencion_id
           FROM orders WHERE clave_idem IS NOT NULL GROUP BY clave_idem) by_key
  ON op = 'purchase' AND by_key.clave_idem = o.clave
LEFT JOIN (SELECT retencion_id, any_value(orden_id) AS orden_id FROM orders GROUP BY retencion_id) by_hold
  ON op IN ('purchase', 'release') AND by_hold.retencion_id = o.retencion_id
WHERE op IN ('hold', 'release', 'purchase') AND evento IS NOT NULL AND error IS DISTINCT FROM 'dropped'
ORDER BY evento, asiento, t_start
"""

_SALES = "SELECT evento, asiento_id, orden_id, vendida_en, coalesce(anulada, false) FROM sales ORDER BY vendida_en"

_KINDS: dict[str, Kind] = {"hold": "hold", "release": "release", "purchase": "purchase"}
_STANDS_NOT = frozenset({"retencion_expirada", "retencion_liberada", "retencion_confirmada", "retencion_desconocida"})


@dataclass(frozen=True, slots=True)
class _Answer:
    """A row of `_CLIENTS`, for one of its seats."""

    kind: str
    flow: int
    clave: str
    t_start: float
    t_end: float
    is_done: bool
    is_sure_no: bool
    error: str
    seats: int
    retencion: str
    orden: str

    def op(self) -> Op | None:
        """What the answer says of the seat; None when it says nothing: a refusal of several seats, for instance."""
        who, answer = f"flow={self.flow}", self.error or ("ok" if self.is_done else "unknown")
        if self.is_sure_no:
            kind = self._read()
            return kind and Op(kind, self.t_start, self.t_end, retencion=self.retencion, who=who, answer=answer)
        unnamed = f"?{self.clave or self.flow}@{self.t_start}"
        return Op(
            _KINDS[self.kind], self.t_start, self.t_end if self.is_done else math.inf, self.is_done,
            retencion=self.retencion or unnamed, who=who, answer=answer,
            orden=self.orden or (unnamed if self.kind == "purchase" else ""),
        )  # fmt: skip

    def _read(self) -> Kind | None:
        if self.kind == "hold" and self.error == "asiento_no_disponible" and self.seats == 1:
            return "refused"
        return "dismissed" if self.kind == "purchase" and self.error in _STANDS_NOT else None


def seat_linearizable(run: RunData) -> Finding:
    """Every seat's history is that of one seat, done one operation after the other."""
    histories = {seat: history for seat, history in seat_histories(run).items() if history.ops}
    if not any(op.who for history in histories.values() for op in history.ops):
        return no_data("check.seat-linearizable.no_data")
    run_over = _deadline(RUN_BUDGET_S)
    broken: list[str] = []
    undecided: list[Seat] = []
    count = 0
    for seat, history in histories.items():
        explained = explains(history.ops, history.initial, _deadline(SEAT_BUDGET_S, run_over))
        if explained is None:
            undecided.append(seat)
        elif not explained:
            count += 1
            if len(broken) < EXAMPLES:
                over = _deadline(SEAT_BUDGET_S, run_over)
                broken.append(told(seat, history.initial, shrunk(history.ops, history.initial, over)))
    verdict = Verdict.FAIL if count else Verdict.INCONCLUSIVE if undecided else Verdict.PASS
    reason = texts.render(
        f"check.seat-linearizable.{verdict.name.lower()}",
        checked=len(histories),
        operations=sum(bool(op.who) for history in histories.values() for op in history.ops),
        count=count,
        undecided=len(undecided),
        examples=", ".join(f"{evento}/{asiento}" for evento, asiento in undecided[:3]),
    )
    return Finding(verdict, reason, len(histories), count, broken)


def seat_histories(run: RunData) -> dict[Seat, SeatHistory]:
    """Every seat that anybody touched in the run, or that was sold before."""
    histories: dict[Seat, SeatHistory] = defaultdict(SeatHistory)
    for seat, rows in groupby(run.rows(_CLIENTS), key=lambda row: (row[0], row[1])):
        histories[seat].ops = _with_expiries(_one_a_key(_Answer(*row[2:]) for row in rows))
    drain = run.last("drain") or {"t": run.windows.finished_at}
    last_word = Op("unsold", float(drain["t"]), answer="no vendido")
    for evento, asiento, orden, sold_at, is_annulled in run.rows(_SALES):
        history = histories[evento, asiento]
        if sold_at is not None and sold_at < run.windows.started_at:
            history.initial = ("sold", orden)  # in an earlier run on the same stack
        if is_annulled:
            history.ops.append(Op("annul", -math.inf, is_sure=False, orden=orden))
        else:
            history.ops.append(replace(last_word, kind="sold", orden=orden, answer="vendido"))
    for history in histories.values():
        if not any(op.kind == "sold" for op in history.ops):
            history.ops.append(last_word)
    return histories


def _one_a_key(answers: Iterable[_Answer]) -> list[Op]:
    """The operations; purchases under one key are one purchase tried again, unless they got two orders."""
    ops: list[Op] = []
    by_key: dict[tuple[str, str], int] = {}
    for answer in answers:
        op = answer.op()
        if op is None:
            continue
        place = (
            by_key.setdefault((answer.clave, op.orden), len(ops))
            if op.kind == "purchase" and answer.clave
            else len(ops)
        )
        if place == len(ops):
            ops.append(op)
        else:
            first, again = sorted((ops[place], op), key=lambda tried: not tried.is_sure)
            ops[place] = replace(first, call=min(first.call, again.call), ret=min(first.ret, again.ret))
    return ops


def _with_expiries(ops: list[Op]) -> list[Op]:
    return ops + [expiry(op) for op in ops if op.kind == "hold"]


def _deadline(seconds: float, sooner: Callable[[], bool] = lambda: False) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end or sooner()


def told(seat: Seat, initial: State, ops: list[Op]) -> str:
    """The operations as lines: when, counted from the first; who; what; the answer."""
    begin = min((op.call for op in ops if math.isfinite(op.call)), default=0.0)
    evento, asiento = seat
    start = f" al_inicio={'/'.join(initial)}" if initial != FREE else ""
    return "\n".join([f"evento={evento} asiento={asiento}{start}", *(f"  {_line(op, begin)};" for op in ops)])


def _line(op: Op, begin: float) -> str:
    until = "" if math.isinf(op.ret) else f"..+{op.ret - begin:.3f}"
    named = [f"{name}={value}" for name, value in (("retencion", op.retencion), ("orden", op.orden)) if value]
    what = {"refused": "hold", "dismissed": "purchase", "sold": "lectura_final", "unsold": "lectura_final"}
    said = [f"+{op.call - begin:.3f}{until} s", op.who or "base_de_datos", what.get(op.kind, op.kind), *named]
    return f"{' '.join(said)} -> {op.answer}"
