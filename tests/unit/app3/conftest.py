"""A portal with Flask's test client, in front of a fake middleware."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "system_under_test" / "app3_portal"))
sys.path.insert(0, str(Path(__file__).parent))

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from middleware_falso import Estado, MiddlewareFalso
from navegador import Comprador
from portal import create_app, middleware
from portal.conexion import Conexion
from portal.configuracion import Configuracion


@pytest.fixture(scope="session", autouse=True)
def plantillas_compiladas_una_vez(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each portal compiles all its templates; the tests' portals share the bytecode, which follows the source."""
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("plantillas")))
    with pytest.MonkeyPatch.context() as parche:
        parche.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": cache})
        yield


@pytest.fixture(scope="session", autouse=True)
def pausas_breves() -> Iterator[None]:
    """A portal that insists takes a tenth of its pauses; its deadlines are what they are."""
    with pytest.MonkeyPatch.context() as parche:
        parche.setattr(middleware, "Conexion", partial(Conexion, dormir=lambda s: time.sleep(s / 10)))
        yield


@pytest.fixture
def falso() -> Iterator[MiddlewareFalso]:
    servidor = MiddlewareFalso()
    yield servidor
    servidor.cerrar()


@pytest.fixture
def estado(falso: MiddlewareFalso) -> Estado:
    return falso.estado


@pytest.fixture
def lectura_s(request: pytest.FixtureRequest) -> float:
    """How long a portal waits for an answer: briefly where silence is tested, else as long as a slow machine takes."""
    parametros: dict[str, Any] = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    falla = parametros.get("falla")
    return 0.3 if falla is not None and falla.espera_s else 10.0


@pytest.fixture
def hacer_app(tmp_path: Path, lectura_s: float) -> Callable[..., Flask]:
    """Make a portal in front of some addresses, with one refresh already done."""

    def hacer(*urls: str, **ajustes: Any) -> Flask:
        config = Configuracion(
            **{
                "middleware_urls": urls,
                "clave_sesion": "clave de prueba",
                "catalogo_archivo": tmp_path / "catalogo.json",
                "refresco_activo": False,
                "lectura_s": lectura_s,
                "compra_s": 0.4,
                "plazo_compra_s": 1.0,
                **ajustes,
            }
        )
        app = create_app(config)
        app.extensions["portal"].catalogo.refrescar()
        return app

    return hacer


@pytest.fixture
def app(hacer_app: Callable[..., Flask], falso: MiddlewareFalso) -> Flask:
    return hacer_app(falso.url)


@pytest.fixture
def comprador(app: Flask) -> Comprador:
    return Comprador(app.test_client())
