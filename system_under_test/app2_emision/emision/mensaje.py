"""The e-mail that carries a ticket; made again from the same row it has the same headers and text."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from emision.pdf import AVISO, fecha_larga, pesos
from emision.tiempo import con_zona

DOMINIO = "ticketflow.test"
REMITENTE = f"entradas@{DOMINIO}"

_TEXTO = """Hola {nombre}:

Gracias por tu compra. Adjuntamos tu entrada para {evento}.

Lugar: {lugar}
Fecha: {fecha}
{asientos}

Total pagado: {total}
Orden: {orden_id}

Muestra el código QR de cada entrada al ingresar.

{aviso}.
"""


def message_id(orden_id: str) -> str:
    """The Message-ID of an order's e-mail: it depends on the order alone, so a repeat can be told."""
    return f"<entrada.{orden_id}@{DOMINIO}>"


def componer(datos: dict[str, Any], pdf: bytes, fecha: datetime) -> EmailMessage:
    """Write the e-mail from `entrada.datos`, its PDF and the time the PDF was made (UTC)."""
    orden_id, evento = datos["orden_id"], datos["evento"]
    correo = EmailMessage(policy=SMTP)
    correo["From"] = f"TicketFlow <{REMITENTE}>"
    correo["To"] = datos["comprador"]["correo"]
    correo["Subject"] = f"Tu entrada para {' '.join(evento['nombre'].split())}"
    correo["Date"] = format_datetime(con_zona(fecha))
    correo["Message-ID"] = message_id(orden_id)
    correo["X-Orden-Id"] = orden_id
    correo.set_content(
        _TEXTO.format(
            nombre=datos["comprador"]["nombre"],
            evento=evento["nombre"],
            lugar=evento["lugar"],
            fecha=fecha_larga(evento["inicia_en"]),
            asientos="\n".join(
                f"Sector {a['sector']}, fila {a['fila']}, asiento {a['numero']}" for a in datos["asientos"]
            ),
            total=pesos(datos["total"]),
            orden_id=orden_id,
            aviso=AVISO,
        )
    )
    correo.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"entrada-{orden_id}.pdf")
    return correo
