"""Connections: the URL, and a server that is not there."""

import socket

import pytest
from emision.base import BaseNoDisponible, Conexion, parametros
from emision.migraciones import archivos, sentencias


def test_a_url_is_taken_apart_with_its_escapes() -> None:
    assert parametros("mysql://emi%40:s%2Fp@host:3307/emision") == {
        "host": "host",
        "port": 3307,
        "user": "emi@",
        "password": "s/p",
        "database": "emision",
    }


def test_another_scheme_is_an_error_that_shows_the_form() -> None:
    with pytest.raises(ValueError, match="mysql://user:password@host"):
        parametros("postgres://a@b/c")


def test_a_server_that_is_not_there_is_unavailable_not_a_driver_error() -> None:
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        puerto = libre.getsockname()[1]
    with pytest.raises(BaseNoDisponible), Conexion(f"mysql://a:b@127.0.0.1:{puerto}/x").transaccion():
        pytest.fail("connected to nothing")


def test_every_migration_statement_can_be_repeated() -> None:
    repetibles = ("CREATE TABLE IF NOT EXISTS", "CREATE OR REPLACE", "INSERT IGNORE")
    for _, archivo, sql in archivos():
        for sentencia in sentencias(sql):
            assert sentencia.startswith(repetibles), f"{archivo}: {sentencia[:60]}"
