"""The orders that buyers of this process know to be confirmed, for those who come back to look at them."""

from dataclasses import dataclass

from tfbench.load.browser import Browser


@dataclass(slots=True)
class Order:
    """One confirmed order, with the session (and so the cookies) of the buyer who made it."""

    orden_id: str
    session: Browser
    evento: str
    sector: str
    asientos: tuple[int, ...]
    is_issued: bool = False


class _Turns:
    """Orders in a circle that grows: after the last comes the first."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._next = 0

    def add(self, order: Order) -> None:
        self._orders.append(order)

    def take(self) -> Order | None:
        if not self._orders:
            return None
        self._next %= len(self._orders)
        order = self._orders[self._next]
        self._next += 1
        return order


class Orders:
    """Hands out orders in turn, so that each is looked at again; issued ones also in a turn of their own."""

    def __init__(self) -> None:
        self._all = _Turns()
        self._issued = _Turns()

    def add(self, order: Order) -> None:
        self._all.add(order)

    def saw_issued(self, order: Order) -> None:
        """Remember that a page said this order's ticket is issued; saying it twice changes nothing."""
        if not order.is_issued:
            order.is_issued = True
            self._issued.add(order)

    def next(self) -> Order | None:
        return self._all.take()

    def next_issued(self) -> Order | None:
        return self._issued.take()
