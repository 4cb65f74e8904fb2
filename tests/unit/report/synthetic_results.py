"""Judgements of the synthetic runs, written by hand to look like real ones."""

from dataclasses import replace
from typing import Any

from synthetic_shop import BACK, DRAIN, KILL, LOAD_END, START, T0, VERIFIED, Shop
from tfbench.results import (
    BudgetResult,
    ExpectationResult,
    FaultResult,
    InvariantResult,
    LoadResult,
    ObjectiveResult,
    RecoveryResult,
    Results,
)
from tfbench.verdict import Verdict


def both(en: str, es: str) -> dict[str, str]:
    """A text in both languages."""
    return {"en": en, "es": es}


def passed_results(shop: Shop) -> Results:
    """Everything promised was kept."""
    n = len(shop.operations)
    orders = len(shop.orders)
    bought = sum(VERIFIED <= row["t_intended"] - T0 < START for row in shop.operations if row["op"] == "purchase")
    return Results(
        scenario="app2-caida",
        title=both("Billing is killed for a minute", "La emisión cae por un minuto"),
        purpose=both(
            "Kill app2, which issues boletas and tickets, while people buy."
            " The sale must go on, and every ticket must arrive once app2 is back.",
            "Matar app2, que emite boletas y entradas, mientras la gente compra."
            " La venta debe seguir, y cada entrada debe llegar cuando app2 vuelva.",
        ),
        system="ticketflow",
        platform="compose",
        seed=7,
        started_at=T0 - 30,
        finished_at=T0 + LOAD_END + DRAIN + 4,
        interrupted=False,
        verdict=Verdict.PASS,
        reason=both("All promises that decide were kept.", "Se cumplieron todas las promesas que deciden."),
        objectives=[
            ObjectiveResult(
                "sale-available",
                both("Buyers can buy", "Se puede comprar"),
                "app1",
                True,
                Verdict.PASS,
                both("7 more requests than the pass needs", "7 solicitudes más de las necesarias"),
                0.995,
                1.0,
                orders,
                0,
                0.9979,
                1.0,
            ),
            ObjectiveResult(
                "fast-answers",
                both("Answers in under 300 ms", "Respuestas en menos de 300 ms"),
                "app3",
                True,
                Verdict.PASS,
                both("2 of them were slower", "2 fueron más lentas"),
                0.99,
                1 - 2 / n,
                n,
                2,
                0.9983,
                0.9999,
            ),
            ObjectiveResult(
                "few-errors",
                both("Fewer than 1 in 10,000 errors", "Menos de 1 error en 10.000"),
                "app3",
                False,
                Verdict.INCONCLUSIVE,
                both("29,956 requests without an error are needed; 22,730 more", "Faltan 22.730 solicitudes"),
                0.9999,
                1.0,
                n,
                0,
                0.99958,
                1.0,
            ),
        ],
        recovery=[
            RecoveryResult(
                "rto-app2",
                both("Boletas are back within 2 minutes", "Las boletas vuelven en 2 minutos"),
                "app2",
                "kill-app2",
                True,
                Verdict.PASS,
                both("62.5 s at most", "62,5 s como máximo"),
                120.0,
                BACK - KILL + 0.1,
                BACK - KILL - 0.3,
                BACK - KILL + 0.1,
                0.2,
                BACK - KILL - 0.1,
            ),
            RecoveryResult(
                "rto-app1",
                both("Sales are back within 1 minute", "La venta vuelve en 1 minuto"),
                "app1",
                "kill-app2",
                False,
                Verdict.PASS,
                both("No outage was felt", "No se sintió caída"),
                60.0,
                0.0,
                0.0,
                0.4,
                None,
                0.0,
            ),
        ],
        expectations=[
            ExpectationResult(
                "sale-goes-on",
                both(
                    "The sale does not stop while app2 is down",
                    "La venta no se detiene mientras app2 está caída",
                ),
                Verdict.PASS,
                both(f"{bought} purchases read “Compra Exitosa”", f"{bought} compras leyeron “Compra Exitosa”"),
            ),
            ExpectationResult(
                "orders-queue-up",
                both("Orders wait in the queue as EN PROCESO", "Las órdenes esperan en la cola, EN PROCESO"),
                Verdict.PASS,
                both("Every state read was En Proceso", "Cada estado leído fue En Proceso"),
            ),
            ExpectationResult(
                "all-arrive",
                both("Once app2 is back, every ticket arrives", "Cuando app2 vuelve, cada entrada llega"),
                Verdict.PASS,
                both("One boleta, one PDF, one e-mail each", "Una boleta, un PDF y un correo por orden"),
            ),
        ],
        invariants=[
            InvariantResult(
                "no-seat-sold-twice",
                both("No seat is sold twice", "Ningún asiento se vende dos veces"),
                True,
                Verdict.PASS,
                both("None was", "Ninguno"),
                orders,
                0,
                [],
            ),
            InvariantResult(
                "no-acked-purchase-lost",
                both("No confirmed purchase is lost", "Ninguna compra confirmada se pierde"),
                True,
                Verdict.PASS,
                both("All are in the store", "Todas están en el almacén"),
                orders,
                0,
                [],
            ),
        ],
        faults=[
            FaultResult(
                "kill-app2",
                "kill",
                "app2",
                T0 + KILL + 0.2,
                True,
                T0 + START + 1.4,
                False,
                ["docker: app2-api is exited (137)", "HTTP 127.0.0.1:18201/salud/viva: connection refused"],
            ),
        ],
        load=LoadResult(n, n, 0, 2.4, True, both("All arrivals left on time", "Las llegadas salieron a tiempo")),
        budget=[BudgetResult("app2-available", "app2", 0.995, 2_592_000.0, 62.4, 62.4 / 12_960, 207.7)],
    )


def failed_results(shop: Shop) -> Results:
    """A seat sold twice, an order lost, a slow comeback."""
    good = passed_results(shop)
    reason = both("2 invariants and a recovery time were broken.", "Se rompieron 2 invariantes y una recuperación.")
    twice = [
        "EV001 seat 40: 0193a00b-000040, 0193a00b-000041",
        "EV001 seat 77: 0193a00b-000077, 0193a00b-000078",
    ]
    broken = [
        replace(
            good.invariants[0],
            verdict=Verdict.FAIL,
            violation_count=2,
            violations=twice,
            reason=both("2 seats have two owners", "2 asientos tienen dos dueños"),
        ),
        replace(
            good.invariants[1],
            verdict=Verdict.FAIL,
            violation_count=3,
            violations=[order["orden_id"] for order in shop.orders[200:203]],
            reason=both("3 confirmed purchases are in no store", "3 compras confirmadas no están en ningún almacén"),
        ),
    ]
    late = replace(
        good.recovery[0],
        verdict=Verdict.FAIL,
        limit_s=60.0,
        reason=both("At least 2.1 s late", "Al menos 2,1 s tarde"),
    )
    censored = replace(
        good.recovery[0],
        id="rto-pdf",
        service="app2 (PDF)",
        verdict=Verdict.FAIL,
        rto_s=None,
        lower_s=98.8,
        upper_s=None,
        outage_s=None,
        reason=both("Not back when the load ended", "No volvió antes del fin de la carga"),
    )
    return replace(
        good,
        verdict=Verdict.FAIL,
        reason=reason,
        invariants=broken,
        recovery=[late, censored, good.recovery[1]],
        budget=[*good.budget, BudgetResult("pdf-available", "app2", 0.999, 2_592_000.0, None, None, None)],
    )


def invalid_results(shop: Shop) -> Results:
    """Nobody saw the fault, and the load fell short."""
    good = passed_results(shop)
    why = both("The fault was not seen and the load fell short.", "No se vio la falla y faltó carga.")
    short = LoadResult(7000, 6400, 600, 480.0, False, both("600 arrivals were dropped", "Se descartaron 600 llegadas"))
    unseen = replace(good.faults[0], verified=False, evidence=[])
    return replace(good, verdict=Verdict.INVALID, reason=why, load=short, faults=[unseen])


def interrupted_results(shop: Shop) -> Results:
    """Stopped during the outage, before anything could be judged."""
    good = passed_results(shop)
    nothing = both("Not measured: the run was interrupted", "No medido: la ejecución fue interrumpida")
    blank: dict[str, Any] = {"verdict": Verdict.NO_DATA, "reason": nothing}
    return replace(
        good,
        finished_at=T0 + 52,
        interrupted=True,
        verdict=Verdict.NO_DATA,
        reason=both("Interrupted during the outage.", "Interrumpida durante la falla."),
        objectives=[replace(o, measured=None, n=0, bad=0, lower=None, upper=None, **blank) for o in good.objectives],
        recovery=[
            replace(r, rto_s=None, lower_s=None, upper_s=None, detect_s=None, outage_s=None, **blank)
            for r in good.recovery
        ],
        expectations=[replace(e, **blank) for e in good.expectations],
        invariants=[replace(i, checked=0, **blank) for i in good.invariants],
        budget=[],
    )
