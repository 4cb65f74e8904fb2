"""Buyers' identities, made from the flow's number: one person a flow, the same in every run."""

from dataclasses import dataclass

_NAMES = (
    "Antonia Rojas",
    "Benjamín Soto",
    "Camila Fuentes",
    "Diego Morales",
    "Elisa Contreras",
    "Felipe Araya",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who buys. The address is in `.test`, which no mail can leave for (RFC 2606)."""

    nombre: str
    rut: str
    correo: str


def person(flow: int) -> Person:
    return Person(_NAMES[flow % len(_NAMES)], rut(10_000_000 + flow % 80_000_000), f"flow-{flow}@compradores.test")


def rut(body: int) -> str:
    """A Chilean RUT with its check digit: weights 2..7 from the right, modulo 11."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(body))))
    return f"{body}-{'0K987654321'[total % 11]}"
