"""Ways of spoiling a healthy run, by name: what tests of the invariants do to it; and tables of such ways."""

from collections.abc import Iterable
from typing import Any

import pytest
from spoilable_run import RunFolder, Spoil


def cases(table: Iterable[tuple[Any, ...]]) -> list[pytest.ParameterSet]:
    """Rows (check, sentence, what the test takes...) as parameters, each case named by its check and sentence."""
    return [pytest.param(check, *taken, id=f"{check}: {sentence}") for check, sentence, *taken in table]


def drop(store: str, index: int) -> Spoil:
    return lambda run: run.stores[store].pop(index)


def change(store: str, index: int, **values: object) -> Spoil:
    return lambda run: run.stores[store][index].update(values)


def repeat(store: str, index: int, **values: object) -> Spoil:
    return lambda run: run.stores[store].append(run.stores[store][index] | values)


def change_purchase(index: int, **values: object) -> Spoil:
    return lambda run: run.ops("purchase")[index].update(values)


def erase_everywhere_but_on_the_page(run: RunFolder) -> None:
    """What a failover does that loses an acked sale: no store knows it, and its seat is sold again."""
    for store in run.stores:
        run.stores[store] = [row for row in run.stores[store] if row.get("orden_id") != "orden-0005"]
    run.stores["sales"][0]["asiento_id"] = 5


def annul_and_sell_again(run: RunFolder) -> None:
    """Not a double sale: the first was annulled."""
    run.stores["sales"][3]["anulada"] = True
    run.stores["sales"].append(run.stores["sales"][9] | {"asiento_id": 3})


def refuse(run: RunFolder, *, seats: list[int], t: float) -> None:
    run.operations.append(
        run.ops("hold")[0]
        | {"flow": 9_999, "t_intended": t, "t_start": t, "t_end": t + 0.02, "outcome": "fail", "status": 409}
        | {"error": "asiento_no_disponible", "asientos": seats, "retencion_id": None}
    )


def hold_and_release(run: RunFolder, *, seat: int, t: float) -> None:
    held = run.ops("hold")[0] | {"flow": 9_998, "asientos": [seat], "retencion_id": "ret-libre"}
    run.operations.append(held | {"t_intended": t, "t_start": t, "t_end": t + 0.02})
    run.operations.append(held | {"op": "release", "t_intended": t + 1, "t_start": t + 1, "t_end": t + 1.02})


def hold(run: RunFolder, *, seat: int, t: float, **values: object) -> None:
    """A hold that nobody bought or gave back."""
    held = {"flow": 9_997, "asientos": [seat], "retencion_id": "ret-otra", "t_intended": t, "t_start": t}
    run.operations.append(run.ops("hold")[0] | held | {"t_end": t + 0.02} | values)


def bury(index: int, **values: object) -> Spoil:
    """The event of an order ends among the dead letters."""
    dead = {"mensaje_id": f"msg-{index}", "orden_id": f"orden-{index:04}", "motivo": "rejected"}
    return lambda run: run.stores["dead_letters"].append(dead | values)
