"""The portal's settings, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errores import ConfiguracionInvalida


@dataclass(frozen=True, slots=True)
class Configuracion:
    """Settings of one portal process; times in seconds."""

    middleware_urls: tuple[str, ...]
    clave_sesion: str
    catalogo_archivo: Path
    nodo: str = "app3"
    refresco_catalogo_s: float = 5.0
    refresco_activo: bool = True
    conexion_s: float = 0.3
    lectura_s: float = 2.0
    compra_s: float = 5.0
    # 16 gunicorn threads: the rest stays free for pages that need nothing behind them.
    llamadas_simultaneas: int = 11

    @classmethod
    def de_entorno(cls, entorno: Mapping[str, str] = os.environ) -> Configuracion:
        """Read `MIDDLEWARE_URLS`, `CLAVE_SESION`, `CATALOGO_ARCHIVO` and `NODO`."""
        urls = tuple(u.strip().rstrip("/") for u in _exigir(entorno, "MIDDLEWARE_URLS").split(",") if u.strip())
        for url in urls:
            if not url.startswith(("http://", "https://")):
                raise ConfiguracionInvalida(f"MIDDLEWARE_URLS: {url!r} is not an http address")
        return cls(
            middleware_urls=urls,
            clave_sesion=_exigir(entorno, "CLAVE_SESION"),
            catalogo_archivo=Path(_exigir(entorno, "CATALOGO_ARCHIVO")),
            nodo=entorno.get("NODO") or "app3",
        )


def _exigir(entorno: Mapping[str, str], nombre: str) -> str:
    valor = entorno.get(nombre, "").strip()
    if not valor:
        raise ConfiguracionInvalida(f"{nombre} is empty: set it in the environment")
    return valor
