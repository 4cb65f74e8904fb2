"""Dead letters: what they take along, and a broker that does not take them."""

import json
import socket
from pathlib import Path

import pytest
from emision.amqp import Recibido, parametros_amqp
from emision.configuracion import COLA, MUERTAS
from emision.muertas import MuertasNoDisponibles, propiedades_de_muerta, sepultar
from pika.spec import BasicProperties

DEFINICIONES = Path(__file__).parents[3] / "compose" / "images" / "rabbitmq" / "definitions.json"


def test_a_dead_letter_keeps_its_message_id_and_says_why() -> None:
    viva = BasicProperties(message_id="m-1", content_type="application/json", headers={"orden_id": "o-1"})
    muerta = propiedades_de_muerta(viva, "json_invalido: no es JSON")
    assert (muerta.message_id, muerta.content_type, muerta.delivery_mode) == ("m-1", "application/json", 2)
    assert muerta.headers == {"orden_id": "o-1", "motivo": "json_invalido: no es JSON"}


def test_what_would_end_or_misroute_a_dead_letter_stays_behind() -> None:
    viva = BasicProperties(
        expiration="1", user_id="otro", reply_to="x", headers={"CC": ["otra"], "x-delivery-count": 3}
    )
    muerta = propiedades_de_muerta(viva, "m")
    assert (muerta.expiration, muerta.user_id, muerta.reply_to) == (None, None, None)
    assert muerta.headers == {"motivo": "m"}


def test_a_long_reason_is_cut_so_that_its_header_fits_a_frame() -> None:
    muerta = propiedades_de_muerta(BasicProperties(), "x" * 200_000)
    assert muerta.headers is not None
    assert len(muerta.headers["motivo"]) == 500


def test_without_a_broker_nothing_is_laid_down() -> None:
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        parametros = parametros_amqp(f"amqp://a:b@127.0.0.1:{libre.getsockname()[1]}/%2F")
    with pytest.raises(MuertasNoDisponibles):
        sepultar(parametros, MUERTAS, Recibido(1, False, BasicProperties(), b""), "m")


def test_the_broker_is_defined_with_app2_s_names_and_a_limit_out_of_reach() -> None:
    definiciones = json.loads(DEFINICIONES.read_text("utf-8"))
    cola = next(q for q in definiciones["queues"] if q["name"] == COLA)
    assert cola["arguments"]["x-dead-letter-exchange"] == MUERTAS
    assert cola["arguments"]["x-delivery-limit"] >= 1_000
    (atada,) = [b for b in definiciones["bindings"] if b["source"] == MUERTAS]
    assert (atada["destination"], atada["routing_key"]) == (f"{COLA}.muertas", "#")
