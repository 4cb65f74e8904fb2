"""A middleware for the portal's tests: a real HTTP server in a thread, with few seats and settable faults.

Its seats, holds and orders live in memory and follow docs/ticketflow.md closely enough for a purchase.
`Estado.fallas` maps the beginning of a path to a `Falla`, `MiddlewareFalso.fallas_propias` does so for one
address; `Estado.vistas` keeps every request that came in.
"""

from __future__ import annotations

import json
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CARGO = 1_500
PDF = b"%PDF-1.4\n%prueba\n"
EVENTOS = [
    {
        "codigo": "EV001",
        "nombre": "Orquesta del Puerto: <50 años>",
        "lugar": "Estadio Nacional, Santiago",
        "inicia_en": "2026-12-05T00:00:00.000Z",
        "afecto_iva": True,
        "rut_mandante": "76086428-5",
        "sectores": [
            {"nombre": "PLATEA ALTA", "precio": 34000, "capacidad": 250},
            {"nombre": "CANCHA", "precio": 58990, "capacidad": 40},
        ],
    },
    {
        "codigo": "EV002",
        "nombre": "Festival de Jazz de Providencia",
        "lugar": "Parque de las Esculturas",
        "inicia_en": "2027-01-16T23:30:00.000Z",
        "afecto_iva": False,
        "rut_mandante": "60803000-K",
        "sectores": [{"nombre": "GENERAL", "precio": 12990, "capacidad": 60}],
    },
]

PRIMER_ASIENTO = {"PLATEA ALTA": 100_001, "CANCHA": 101_001, "GENERAL": 200_001}


@dataclass(frozen=True)
class Falla:
    """What happens to a request instead of, or after, its work.

    `estado` and `codigo`: a problem. `cuerpo`: these bytes with status 200. `corta`: the connection breaks
    without an answer; `a_medias`: in the middle of one. `espera_s`: silence first. `despues`: the work is done
    before the fault shows. `veces`: how many requests it strikes; 0 for all.
    """

    estado: int = 0
    codigo: str = ""
    cuerpo: bytes | None = None
    corta: bool = False
    a_medias: bool = False
    espera_s: float = 0.0
    despues: bool = False
    veces: int = 0


@dataclass
class Respuesta:
    estado: int
    cuerpo: Any
    tipo: str = "application/json"
    cabeceras: dict[str, str] = field(default_factory=dict)


@dataclass
class Estado:
    """Everything the fake knows; shared by its addresses."""

    vendidos: dict[int, str] = field(default_factory=dict)
    retenciones: dict[str, dict[str, Any]] = field(default_factory=dict)
    claves: dict[str, Respuesta] = field(default_factory=dict)
    ordenes: dict[str, dict[str, Any]] = field(default_factory=dict)
    ticket_estado: str | None = "EN_PROCESO"
    folio: int | None = None
    pdf: bool = False
    fuente: str | None = "primario"
    con_detalle: bool = True
    fallas: dict[str, Falla] = field(default_factory=dict)
    golpes: dict[str, int] = field(default_factory=dict)
    vistas: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    candado: threading.RLock = field(default_factory=threading.RLock)

    def falla(self, fallas: dict[str, Falla], ruta: str) -> Falla | None:
        """The fault that strikes a request now."""
        prefijo = next((p for p in fallas if ruta.startswith(p)), None)
        if prefijo is None:
            return None
        self.golpes[prefijo] = self.golpes.get(prefijo, 0) + 1
        falla = fallas[prefijo]
        return None if falla.veces and self.golpes[prefijo] > falla.veces else falla


def problema(estado: int, codigo: str, **mas: Any) -> Respuesta:
    cabeceras = {"Retry-After": "1"} if estado == 503 else {}
    return Respuesta(estado, {"status": estado, "codigo": codigo, **mas}, "application/problem+json", cabeceras)


class Servidor(ThreadingHTTPServer):
    """Takes it in silence when a portal has given up waiting: that is what the tests make it do."""

    request_queue_size = 128  # as many as a portal may open at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class MiddlewareFalso:
    """One address of the fake; give two of them one `Estado` for failover."""

    def __init__(self, estado: Estado | None = None) -> None:
        self.estado = estado or Estado()
        self.fallas_propias: dict[str, Falla] = {}
        self.fin = threading.Event()
        self.soltar = threading.Event()  # ends the silences
        falso = self

        class Manejador(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _atender(self) -> None:
                largo = int(self.headers.get("Content-Length") or 0)
                falso.atender(self, json.loads(self.rfile.read(largo)) if largo else None)

            do_GET = do_POST = do_DELETE = _atender

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._servidor = Servidor(("127.0.0.1", 0), Manejador)
        self._servidor.daemon_threads = True
        self._hilo = threading.Thread(target=self._servidor.serve_forever, args=(0.005,), daemon=True)
        self._hilo.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._servidor.server_address[1]}"

    def cerrar(self) -> None:
        """Stop listening: from now on connections are refused."""
        self.fin.set()
        self.soltar.set()
        self._servidor.shutdown()
        self._servidor.server_close()
        self._hilo.join(5)

    def atender(self, peticion: BaseHTTPRequestHandler, cuerpo: Any) -> None:
        ruta = unquote(urlsplit(peticion.path).path)
        with self.estado.candado:
            self.estado.vistas.append((peticion.command, peticion.path, dict(peticion.headers), cuerpo))
            falla = self.estado.falla(self.fallas_propias | self.estado.fallas, ruta)
        if self.fin.is_set():  # a kept-alive connection outlives the listening socket
            falla = Falla(corta=True)
        respuesta = None
        if falla is None or falla.despues:
            respuesta = self._trabajar(peticion, ruta, cuerpo)
        if falla is not None:
            if falla.espera_s:
                self.soltar.wait(falla.espera_s)
            if falla.corta or falla.espera_s:
                peticion.close_connection = True
                return
            if falla.cuerpo is not None:
                respuesta = Respuesta(200, falla.cuerpo, "text/plain")
            elif falla.estado:
                respuesta = problema(falla.estado, falla.codigo)
            elif falla.a_medias and respuesta is None:
                respuesta = self._trabajar(peticion, ruta, cuerpo)
        assert respuesta is not None
        _enviar(peticion, respuesta, a_medias=falla is not None and falla.a_medias)

    def _trabajar(self, peticion: BaseHTTPRequestHandler, ruta: str, cuerpo: Any) -> Respuesta:
        partes = ruta.strip("/").split("/")
        consulta = {k: v[0] for k, v in parse_qs(urlsplit(peticion.path).query).items()}
        with self.estado.candado:
            match (peticion.command, *partes):
                case ("GET", "v1", "eventos"):
                    return Respuesta(200, {"version": 1, "eventos": EVENTOS})
                case ("GET", "v1", "eventos", codigo, "disponibilidad"):
                    return self._disponibilidad(codigo)
                case ("GET", "v1", "eventos", codigo, "asientos"):
                    return self._asientos(codigo, consulta["sector"])
                case ("POST", "v1", "retenciones"):
                    return self._una_vez(peticion, lambda: self._retener(cuerpo))
                case ("GET", "v1", "retenciones", id_):
                    hallada = self.estado.retenciones.get(id_)
                    return Respuesta(200, hallada) if hallada else problema(404, "retencion_desconocida")
                case ("DELETE", "v1", "retenciones", id_):
                    self.estado.retenciones[id_]["estado"] = "LIBERADA"
                    return Respuesta(204, b"")
                case ("POST", "v1", "ordenes"):
                    return self._una_vez(peticion, lambda: self._comprar(cuerpo))
                case ("GET", "v1", "ordenes"):
                    return self._ordenes(consulta["ids"].split(","))
                case ("GET", "v1", "ordenes", _, "entrada.pdf"):
                    pdf = Respuesta(200, PDF, "application/pdf")
                    return self._con_fuente(pdf if self.estado.pdf else problema(404, "entrada_en_proceso"))
                case ("GET", "v1", "ordenes", id_, "boleta"):
                    return self._boleta(id_)
        return problema(404, "ruta_desconocida")

    def _una_vez(self, peticion: BaseHTTPRequestHandler, hacer: Callable[[], Respuesta]) -> Respuesta:
        clave = peticion.headers.get("Idempotency-Key")
        if clave is None:
            return problema(400, "falta_clave")
        if clave not in self.estado.claves:
            self.estado.claves[clave] = hacer()
        return self.estado.claves[clave]

    def _disponibilidad(self, codigo: str) -> Respuesta:
        evento = next(e for e in EVENTOS if e["codigo"] == codigo)
        sectores: Any = evento["sectores"]
        libres = [
            {**s, "disponibles": sum(a["estado"] == "DISPONIBLE" for a in self._sector(codigo, s))} for s in sectores
        ]
        return Respuesta(200, {"evento": codigo, "sectores": libres})

    def _sector(self, codigo: str, sector: dict[str, Any]) -> list[dict[str, Any]]:
        asientos = []
        for i in range(sector["capacidad"]):
            id_ = PRIMER_ASIENTO[sector["nombre"]] + i
            estado = self.estado.vendidos.get(id_, "DISPONIBLE")
            asientos.append({"id": id_, "fila": "ABCDEFGHIJKLMN"[i // 20], "numero": i % 20 + 1, "estado": estado})
        return asientos

    def _buscar_sector(self, codigo: str, nombre: str) -> dict[str, Any] | None:
        evento: Any = next(e for e in EVENTOS if e["codigo"] == codigo)
        return next((s for s in evento["sectores"] if s["nombre"] == nombre), None)

    def _asientos(self, codigo: str, nombre: str) -> Respuesta:
        sector = self._buscar_sector(codigo, nombre)
        if sector is None:
            return problema(404, "sector_desconocido")
        asientos = self._sector(codigo, sector)
        datos = {"evento": codigo, "sector": nombre, "precio": sector["precio"], "asientos": asientos}
        return Respuesta(200, datos)

    def _retener(self, cuerpo: Any) -> Respuesta:
        perdidos = [a for a in cuerpo["asientos"] if a in self.estado.vendidos]
        if perdidos:
            return problema(409, "asiento_no_disponible", asientos=perdidos)
        evento: Any = next(e for e in EVENTOS if e["codigo"] == cuerpo["evento"])
        butacas = [
            {**a, "sector": s["nombre"], "precio": s["precio"]}
            for s in evento["sectores"]
            for a in self._sector(cuerpo["evento"], s)
            if a["id"] in cuerpo["asientos"]
        ]
        self.estado.vendidos |= dict.fromkeys(cuerpo["asientos"], "RETENIDO")
        id_ = str(uuid.uuid4())
        self.estado.retenciones[id_] = {
            "retencion_id": id_,
            "evento": cuerpo["evento"],
            "asientos": butacas,
            "cargo_servicio": CARGO,
            "total": sum(b["precio"] for b in butacas) + CARGO,
            "expira_en": _hora(timedelta(minutes=10)),
            "estado": "ACTIVA",
        }
        return Respuesta(201, self.estado.retenciones[id_])

    def _comprar(self, cuerpo: Any) -> Respuesta:
        retencion = self.estado.retenciones.get(cuerpo["retencion_id"])
        if retencion is None:
            return problema(404, "retencion_desconocida")
        if retencion["estado"] != "ACTIVA":
            return problema(409, f"retencion_{retencion['estado'].lower()}")
        retencion["estado"] = "CONFIRMADA"
        evento: Any = next(e for e in EVENTOS if e["codigo"] == retencion["evento"])
        for butaca in retencion["asientos"]:
            self.estado.vendidos[butaca["id"]] = "VENDIDO"
        orden = {
            "orden_id": str(uuid.uuid4()),
            "estado": "CONFIRMADA",
            "creada_en": _hora(),
            "evento": {k: evento[k] for k in ("codigo", "nombre", "lugar", "inicia_en")},
            "comprador": cuerpo["comprador"],
            "asientos": [{**b, "folio_ticket": i} for i, b in enumerate(retencion["asientos"], 1)],
            "cargo_servicio": CARGO,
            "total": retencion["total"],
        }
        self.estado.ordenes[str(orden["orden_id"])] = orden
        return Respuesta(201, {**orden, "mensaje": "Compra Exitosa", "ticket_estado": "EN_PROCESO"})

    def _ordenes(self, ids: list[str]) -> Respuesta:
        e = self.estado
        ticket = {"confirmada": True, "ticket_estado": e.ticket_estado, "folio": e.folio, "pdf": e.pdf}
        hechas = [{**(e.ordenes[i] if e.con_detalle else {"orden_id": i}), **ticket} for i in ids if i in e.ordenes]
        cuerpo = {"ordenes": hechas, "sin_datos": [i for i in ids if i not in e.ordenes]}
        return self._con_fuente(Respuesta(200, cuerpo))

    def _con_fuente(self, respuesta: Respuesta) -> Respuesta:
        if self.estado.fuente is not None:
            respuesta.cabeceras["X-Fuente"] = self.estado.fuente
        return respuesta

    def _boleta(self, orden_id: str) -> Respuesta:
        if self.estado.folio is None or orden_id not in self.estado.ordenes:
            return problema(404, "boleta_en_proceso")
        orden = self.estado.ordenes[orden_id]
        total, neto = orden["total"], (200 * orden["total"] + 119) // 238
        detalle = [
            {
                "NmbItem": "TICKET",
                "MontoItem": a["precio"],
                "InfoTicket": {
                    "NmbEvento": orden["evento"]["nombre"],
                    "UbicEvento": a["sector"],
                    "FilaUbicEvento": a["fila"],
                    "AsntoUbicEvento": str(a["numero"]),
                },
            }
            for a in orden["asientos"]
        ]
        emisor = {
            "RUTEmisor": "97975000-5",
            "RznSocEmisor": "RUT DE PRUEBA",
            "GiroEmisor": "Venta de entradas",
        }
        totales = {"MntNeto": neto, "IVA": total - neto, "MntTotal": total}
        documento = {"Encabezado": {"Emisor": emisor, "Totales": totales}, "Detalle": detalle}
        cuerpo = {
            "orden_id": orden_id,
            "folio": self.estado.folio,
            "documento": documento,
            "emitida_en": _hora(),
        }
        return Respuesta(200, cuerpo)


def _hora(mas: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + mas).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _enviar(peticion: BaseHTTPRequestHandler, respuesta: Respuesta, *, a_medias: bool = False) -> None:
    datos = respuesta.cuerpo if isinstance(respuesta.cuerpo, bytes) else json.dumps(respuesta.cuerpo).encode()
    peticion.send_response(respuesta.estado)
    peticion.send_header("Content-Type", respuesta.tipo)
    peticion.send_header("Content-Length", str(len(datos)))
    for nombre, valor in respuesta.cabeceras.items():
        peticion.send_header(nombre, valor)
    peticion.end_headers()
    if a_medias:
        datos = datos[: len(datos) // 2]
        peticion.close_connection = True
    peticion.wfile.write(datos)
