"""Backoff."""

import random

from emision.espera import Espera, espera_s


def test_it_grows_from_the_minimum_to_the_maximum_and_stays_there() -> None:
    azar = random.Random(7)
    for intento in range(200):
        tope = min(5.0, 0.1 * 2**intento)
        assert tope / 2 <= espera_s(intento, 0.1, 5.0, azar) <= tope


def test_a_success_starts_it_over() -> None:
    espera = Espera(azar=random.Random(7))
    for _ in range(10):
        espera.siguiente_s()
    assert espera.siguiente_s() >= 2.5
    espera.reiniciar()
    assert espera.siguiente_s() <= 0.1
