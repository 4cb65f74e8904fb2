"""The portal's settings, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errores import ConfiguracionInvalida

HILOS = 16  # without the server's word for it, the fewest that any way of starting the portal has


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
    # One try of a hold or a purchase: more than the 4.5 s in which the middleware goes round by itself.
    compra_s: float = 5.5
    # All tries of one: longer than a database's failover behind, shorter than a buyer's patience.
    plazo_compra_s: float = 8.0
    # What `repartir` makes of 120 threads.
    llamadas_simultaneas: int = 36
    compras_simultaneas: int = 52

    @classmethod
    def de_entorno(cls, entorno: Mapping[str, str] = os.environ) -> Configuracion:
        """Read `MIDDLEWARE_URLS`, `CLAVE_SESION`, `CATALOGO_ARCHIVO`, `NODO` and `HILOS` (`__main__` sets it)."""
        urls = tuple(u.strip().rstrip("/") for u in _exigir(entorno, "MIDDLEWARE_URLS").split(",") if u.strip())
        for url in urls:
            if not url.startswith(("http://", "https://")):
                raise ConfiguracionInvalida(f"MIDDLEWARE_URLS: {url!r} is not an http address")
        llamadas, compras = repartir(int(entorno.get("HILOS") or HILOS))
        return cls(
            middleware_urls=urls,
            clave_sesion=_exigir(entorno, "CLAVE_SESION"),
            catalogo_archivo=Path(_exigir(entorno, "CATALOGO_ARCHIVO")),
            nodo=entorno.get("NODO") or "app3",
            llamadas_simultaneas=llamadas,
            compras_simultaneas=compras,
        )


def repartir(hilos: int) -> tuple[int, int]:
    """Share a process's threads out: how many may call the middleware, and how many may wait for a purchase.

    The rest stays free for pages that need nothing behind them. A crowd that buys through a failover waits: of 120
    threads it gets 52, which last 4 s at 12 purchases a second. Calls are shared out again by what stands behind them.
    """
    llamadas = max(1, min(36, hilos // 2))
    return llamadas, max(1, (hilos - llamadas) * 5 // 8)


def _exigir(entorno: Mapping[str, str], nombre: str) -> str:
    valor = entorno.get(nombre, "").strip()
    if not valor:
        raise ConfiguracionInvalida(f"{nombre} is empty: set it in the environment")
    return valor
