"""The portal's Prometheus metrics: one registry an application, so that tests can make several."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

_CUBETAS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 4, 8)


class Metricas:
    """What the portal counts."""

    def __init__(self) -> None:
        self.registro = CollectorRegistry()
        ProcessCollector(registry=self.registro)
        PlatformCollector(registry=self.registro)
        self.peticiones = Histogram(
            "http_peticion_segundos",
            "Duración de cada petición HTTP, en segundos.",
            ["metodo", "ruta", "estado"],
            buckets=_CUBETAS_S,
            registry=self.registro,
        )
        self.llamadas = Counter(
            "portal_llamadas_middleware",
            "Intentos contra una dirección del middleware, por resultado.",
            ["familia", "direccion", "resultado"],
            registry=self.registro,
        )
        self.edad_catalogo = Gauge(
            "portal_catalogo_edad_segundos",
            "Antigüedad de la copia del catálogo, en segundos.",
            registry=self.registro,
        )
        self.compras = Counter(
            "portal_compras",
            "Compras enviadas, por resultado: ok, rechazada o desconocida.",
            ["resultado"],
            registry=self.registro,
        )
