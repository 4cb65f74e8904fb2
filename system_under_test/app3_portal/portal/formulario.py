"""The buyer's form: what was typed, what is wrong with it, what is sent on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import textos
from .rut import RutInvalido, normalizar

_CORREO = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_CLAVE = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
MAX_NOMBRE, MAX_CORREO = 80, 80


@dataclass(frozen=True, slots=True)
class FormularioComprador:
    """The fields as typed, and an error text for each one that is wrong."""

    nombre: str = ""
    rut: str = ""
    correo: str = ""
    errores: dict[str, str] = field(default_factory=dict)

    def comprador(self) -> dict[str, str]:
        """Return the buyer as the contract has it; only for a form without errors."""
        return {"rut": normalizar(self.rut), "nombre": self.nombre, "correo": self.correo}


def leer_comprador(datos: Mapping[str, str]) -> FormularioComprador:
    """Read the checkout form and check each field."""
    nombre = " ".join(datos.get("nombre", "").split())
    rut, correo = datos.get("rut", "").strip(), datos.get("correo", "").strip()
    errores: dict[str, str] = {}
    if not 2 <= len(nombre) <= MAX_NOMBRE or not nombre.isprintable():
        errores["nombre"] = textos.CAMPOS["nombre"]
    try:
        normalizar(rut)
    except RutInvalido as error:
        errores["rut"] = textos.RUT[str(error)]
    if len(correo) > MAX_CORREO or not _CORREO.fullmatch(correo):
        errores["correo"] = textos.CAMPOS["correo"]
    return FormularioComprador(nombre, rut, correo, errores)


def clave_valida(clave: str) -> bool:
    """Tell whether a text can be an idempotency key."""
    return _CLAVE.fullmatch(clave) is not None
