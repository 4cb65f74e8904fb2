"""A small seeded model of the shop: buyers arrive at random, app2 dies for a minute, orders pile up, drain.

simulate(seed) -> Shop(operations, stores) -> journal_of(shop)
"""

import random
from bisect import bisect
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tfbench.operations import COLUMNS

T0 = 1_795_507_200.0
WARMUP, BASELINE, OUTAGE, RECOVERY, DRAIN = 10.0, 30.0, 60.0, 40.0, 12.0
KILL, START = WARMUP + BASELINE + 1.2, WARMUP + BASELINE + OUTAGE
VERIFIED = KILL + 0.8
BACK = START + 3.6
LOAD_END = WARMUP + BASELINE + OUTAGE + RECOVERY
SERVICES = ("app1-1", "app1-2", "app2-api", "app2-trabajador", "app3-1", "app3-2", "mariadb1", "rabbitmq")

MIX = {"catalogue": 0.25, "seat_map": 0.25, "purchase": 0.25, "ticket_state": 0.15, "boleta": 0.10}
MEDIAN_MS = {"catalogue": 9, "seat_map": 28, "hold": 18, "purchase": 34, "ticket_state": 14, "boleta": 22}

Row = dict[str, Any]


@dataclass
class Shop:
    """What happened: operations of clients, and what the stores held after."""

    operations: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    sales: list[Row] = field(default_factory=list)
    boletas: list[Row] = field(default_factory=list)
    mails: list[Row] = field(default_factory=list)
    dead_letters: list[Row] = field(default_factory=list)


def simulate(seed: int, rate_per_s: float = 40.0, until_s: float = LOAD_END) -> Shop:
    """One run of the shop; app2 answers nothing between `KILL` and `BACK`."""
    draw = random.Random(seed)
    shop, at, seat, busy_until = Shop(), 0.0, 1, 0.0
    flow = 0
    while (at := at + draw.expovariate(rate_per_s)) < until_s:
        flow += 1
        op = draw.choices(list(MIX), list(MIX.values()))[0]
        if op == "purchase":
            hold_end = _operation(shop, draw, flow, "hold", at, "purchase", asientos=[seat])
            orden_id = f"0193a{seed:03x}-{seat:06d}"
            end = _operation(shop, draw, flow, op, hold_end + 0.2, op, first=False, asientos=[seat], orden_id=orden_id)
            busy_until = max(busy_until + 0.04, end + 0.08, BACK if end > KILL else 0.0)
            _sell(shop, seat, orden_id, end, busy_until)
            seat += 1
        elif op == "boleta" and KILL <= at < BACK:
            _operation(shop, draw, flow, op, at, op, outcome="unknown", status=503, error="emision_no_disponible")
        else:
            _operation(shop, draw, flow, op, at, op)
    return shop


def _operation(shop: Shop, draw: random.Random, flow: int, op: str, at: float, arrival: str, **fields: Any) -> float:
    took = MEDIAN_MS[op] / 1000 * draw.lognormvariate(0, 0.45)
    if fields.get("error") == "timeout":
        took = 5.0
    row = dict.fromkeys(COLUMNS) | {
        "op": op,
        "flow": flow,
        "arrival": arrival,
        "first": True,
        "t_intended": T0 + at,
        "t_start": T0 + at + 0.001,
        "t_end": T0 + at + took,
        "outcome": "ok",
        "status": 200,
        "evento": "EV001" if op in ("hold", "purchase") else None,
        "read_success": True if op == "purchase" else None,
    }
    shop.operations.append(row | fields)
    return at + took


def _sell(shop: Shop, seat: int, orden_id: str, sold: float, mailed: float) -> None:
    shop.orders.append({"orden_id": orden_id, "evento": "EV001", "total": 25_000, "creada_en": T0 + sold})
    shop.sales.append({"evento": "EV001", "asiento_id": seat, "orden_id": orden_id, "anulada": False})
    shop.boletas.append({"orden_id": orden_id, "folio": seat, "asientos": [seat], "emitida_en": T0 + mailed - 0.05})
    shop.mails.append({"n": seat, "orden_id": orden_id, "recibido_en": T0 + mailed, "repeticiones": 0})


def journal_of(shop: Shop, until_s: float, verified: bool = True) -> list[Row]:
    """The journal of that run, up to `until_s` on its axis."""
    evidence = ["docker: app2-api is exited (137)", "HTTP 127.0.0.1:18201/salud/viva: connection refused"]
    fault = {"kind": "fault", "id": "kill-app2", "type": "kill", "target": "app2"}
    edges = [("warmup", 0.0), ("baseline", WARMUP), ("outage", WARMUP + BASELINE), ("recovery", START)]
    edges += [("drain", LOAD_END), ("judge", LOAD_END + DRAIN)]
    lines: list[tuple[float, Row]] = [
        (-30.0, {"kind": "phase", "phase": "up", "event": "begin"}),
        (-0.5, {"kind": "phase", "phase": "up", "event": "end"}),
        (0.0, {"kind": "load", "state": "started", "offered": 0, "delivered": 0, "dropped": 0}),
        (0.1, {"kind": "note", "text": "app2 answers from one node"}),
        (0.2, QUEUE),
        (0.3, fault | {"state": "planned", "detail": {}}),
        (KILL - 1, fault | {"state": "armed", "detail": {}}),
        (KILL + 0.2, fault | {"state": "injected", "detail": {"begin_t": T0 + KILL}}),
        (
            VERIFIED,
            fault | {"state": "verified", "detail": {"evidence": evidence}}
            if verified
            else fault | {"state": "unverified", "detail": {}},
        ),
        (START, fault | {"state": "healing", "detail": {}}),
        (START + 1.4, fault | {"state": "healed", "detail": {"begin_t": T0 + START}}),
        (BACK, fault | {"state": "recovered", "detail": {}}),
        (LOAD_END, {"kind": "load", "state": "stopped", "offered": 1, "delivered": 1, "dropped": 0}),
        (LOAD_END + DRAIN, {"kind": "drain", "state": "settled", "orders": len(shop.orders), "pending": 0}),
    ]
    for (phase, begin), (_, end) in pairwise(edges):
        lines.append((begin, {"kind": "phase", "phase": phase, "event": "begin"}))
        lines.append((end, {"kind": "phase", "phase": phase, "event": "end"}))
    made, mailed = moments(shop)
    lines += [(n / 2, observation(made, mailed, n / 2)) for n in range(int((LOAD_END + DRAIN) * 2))]
    ordered = sorted(lines, key=lambda line: line[0])
    return [{"t": T0 + at, **record} for at, record in ordered if at <= until_s]


QUEUE: Row = {
    "kind": "queue",
    "name": "emision.ordenes",
    "type": "quorum",
    "durable": True,
    "arguments": {"x-delivery-limit": 1000, "x-dead-letter-exchange": "ticketflow.muertas"},
}


def moments(shop: Shop) -> tuple[list[float], list[float]]:
    """When each order was made, and when each mail arrived, in order."""
    return sorted(order["creada_en"] for order in shop.orders), sorted(mail["recibido_en"] for mail in shop.mails)


def observation(orders: list[float], mails: list[float], at: float) -> Row:
    """What an observer sees at one moment; the broker's API does not answer for 2 s of the outage."""
    made, mailed = bisect(orders, T0 + at), bisect(mails, T0 + at)
    waiting = made - mailed
    in_hand = min(waiting, 8) if not KILL <= at < BACK else 0
    blind = 70 <= at < 72
    down = KILL <= at < START + 1.5
    return {
        "kind": "observation",
        "queue_ready": None if blind else waiting - in_hand,
        "queue_unacked": None if blind else in_hand,
        "dead_letters": 0,
        "outbox": made % 2,
        "mails": mailed + 17,
        "services": {s: "down" if down and s.startswith("app2") else "up" for s in SERVICES},
    }
