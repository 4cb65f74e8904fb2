"""Texts for buyers that depend on a code; all others are in the templates."""

from __future__ import annotations

SIN_INFORMACION = "SIN_INFORMACION"

# ticket_estado: (what the page says, and the sentence below it)
ESTADOS_ENTRADA = {
    "EN_PROCESO": ("En Proceso", "Estamos preparando tus entradas. Te llegarán por correo en unos minutos."),
    "EMITIDO": ("Emitida", "Tus entradas están listas: ya puedes descargarlas. Las enviaremos por correo."),
    "ENVIADO": ("Enviada", "Enviamos tus entradas a tu correo. También puedes descargarlas aquí."),
    "ERROR": (
        "Con problemas",
        "Tu compra está confirmada y los asientos son tuyos, pero la emisión de la entrada tuvo un problema. "
        "Lo estamos resolviendo.",
    ),
    SIN_INFORMACION: (
        "Sin información por ahora",
        "Tu compra está confirmada. En este momento no podemos consultar el estado de la entrada; "
        "vuelve a mirar en unos minutos.",
    ),
}

ESTADOS_ASIENTO = {"DISPONIBLE": "disponible", "RETENIDO": "reservado", "VENDIDO": "vendido"}

CAMPOS = {
    "nombre": "Escribe tu nombre y apellido (entre 2 y 80 letras).",
    "correo": "Escribe un correo válido, por ejemplo nombre@dominio.cl: ahí llegan tus entradas.",
}

RUT = {
    "forma": "Escribe el RUT con su dígito verificador, por ejemplo 12.345.678-5.",
    "rango": "Ese número no corresponde a un RUT de persona o empresa.",
    "digito": "El dígito verificador no corresponde a ese RUT. Revísalo, por favor.",
}

# codigo: (title, what happened and what to do now)
ERRORES = {
    "sin_asientos": ("No elegiste asientos", "Marca al menos un asiento en el mapa y vuelve a reservar."),
    "demasiados_asientos": ("Son demasiados asientos", "Puedes reservar hasta 8 asientos por compra."),
    "asiento_no_disponible": (
        "Alguien se te adelantó",
        "No reservamos nada todavía. El mapa de abajo está actualizado: elige otros asientos.",
    ),
    "asiento_desconocido": ("Ese asiento no existe", "Vuelve al mapa del evento y elige otra vez."),
    "datos_invalidos": ("Revisa tus datos", "Hay campos por corregir. Tus asientos siguen reservados."),
    "comprador_invalido": (
        "Revisa tus datos",
        "Los datos del comprador no fueron aceptados. Corrígelos, por favor.",
    ),
    "falta_clave": (
        "El formulario está incompleto",
        "Abre otra vez la página de pago y envía los datos de nuevo.",
    ),
    "csrf": (
        "El formulario venció",
        "Por tu seguridad, los formularios vencen. Vuelve atrás, recarga la página y envíalo otra vez. "
        "Tu navegador tiene que aceptar cookies.",
    ),
    "no_encontrada": (
        "No encontramos esta página",
        "Puede que la dirección esté mal escrita o que ya no exista.",
    ),
    "evento_desconocido": (
        "No encontramos ese evento",
        "Puede que ya no esté a la venta. Revisa la cartelera.",
    ),
    "sector_desconocido": ("No encontramos ese sector", "Vuelve al evento y elige uno de sus sectores."),
    "orden_desconocida": (
        "Esa orden no está en tu sesión",
        "Si la compra es tuya, búscala en Mis entradas con su número y el correo que usaste.",
    ),
    "orden_no_encontrada": (
        "No encontramos esa orden",
        "Revisa el número y el correo: deben ser los de la compra. Si acabas de comprar, espera un momento.",
    ),
    "retencion_desconocida": (
        "No encontramos esa reserva",
        "Vuelve al mapa del evento y elige tus asientos.",
    ),
    "retencion_expirada": (
        "Se acabó el tiempo de tu reserva",
        "No se hizo ningún cobro. Los asientos volvieron a la venta: si siguen libres, elígelos otra vez.",
    ),
    "retencion_liberada": (
        "Esa reserva se anuló",
        "No se hizo ningún cobro. Puedes elegir asientos de nuevo.",
    ),
    "retencion_confirmada": (
        "Esta reserva ya fue comprada",
        "Los asientos ya tienen dueño: si fuiste tú, la orden está en Mis entradas.",
    ),
    "clave_reutilizada": (
        "Ese pago ya se envió con otros datos",
        "Para no cobrarte dos veces no lo repetimos. Revisa Mis entradas antes de intentar de nuevo.",
    ),
    "entrada_en_proceso": (
        "Tu entrada está en preparación",
        "Tu compra está confirmada. El PDF estará en unos minutos.",
    ),
    "boleta_en_proceso": (
        "Tu boleta está en preparación",
        "Tu compra está confirmada. La boleta estará en unos minutos.",
    ),
    "metodo_no_permitido": ("Esta dirección no se abre así", "Vuelve a la cartelera y empieza desde ahí."),
    "cuerpo_muy_grande": ("Enviaste demasiados datos", "El formulario es más grande de lo que aceptamos."),
    "demasiadas_peticiones": ("Vas muy rápido", "Recibimos muchas peticiones tuyas. Espera unos segundos."),
    "peticion_invalida": ("No entendimos la petición", "Vuelve atrás, revisa los datos e intenta de nuevo."),
    "error_interno": (
        "Algo falló de nuestro lado",
        "No es culpa tuya. Si estabas comprando, revisa Mis entradas antes de intentar otra vez.",
    ),
    "resultado_desconocido": (
        "Todavía no sabemos si tu compra quedó hecha",
        "Enviamos tu compra, pero la confirmación no llegó. No se cobra dos veces: el botón repite la misma "
        "compra y nos dice cómo terminó.",
    ),
    "compra_no_enviada": (
        "No pudimos enviar tu compra",
        "No se hizo ningún cobro y tus asientos siguen reservados. Intenta otra vez en unos segundos.",
    ),
    "emision_no_disponible": (
        "La emisión de entradas está en pausa",
        "Tu compra está confirmada y guardada. Podrás descargar el documento en unos minutos.",
    ),
    "mapa_no_disponible": (
        "No podemos mostrar el mapa ahora",
        "El sistema de reservas no responde. Los precios y sectores se pueden seguir viendo en el evento.",
    ),
    "catalogo_no_disponible": (
        "La cartelera no está disponible",
        "Estamos volviendo. Intenta en unos segundos.",
    ),
    "servicio_no_disponible": (
        "Estamos con problemas para responder",
        "Una parte del sistema no contesta. Lo que ya compraste está guardado. Intenta en unos segundos.",
    ),
}
