"""Prometheus metrics."""

from prometheus_client import Counter, Histogram

# A ticket may wait for an outage of an hour, so the buckets reach two.
_TRAMOS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)

MENSAJES = Counter("emision_mensajes", "Messages settled with the broker", ["resultado"])
MUERTAS = Counter("emision_muertas", "Messages laid among the dead letters", ["motivo"])
PDF = Counter("emision_pdf", "Tickets rendered", ["resultado"])
CORREOS = Counter("emision_correos", "Attempts to send an e-mail", ["resultado"])
RECONEXIONES = Counter("emision_reconexiones", "Losses of a dependency", ["dependencia"])
RESPUESTAS = Counter("emision_http_respuestas", "Answers of the API", ["ruta", "codigo"])
DEMORA = Histogram("emision_demora_segundos", "From the purchase to the end of a stage", ["etapa"], buckets=_TRAMOS_S)
