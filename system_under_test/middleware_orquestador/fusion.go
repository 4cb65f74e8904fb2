package orquestador

import (
	"encoding/json"

	"ticketflow/comun"
)

const enProceso = "EN_PROCESO"

// Fusionar makes the orders of ids, in that order, from what app1 confirmed and what the view shows;
// sinDatos are the ids that neither knows. A nil map or a source "ninguna" is a side that did not answer.
func Fusionar(ids []string, confirmadas map[string]OrdenConfirmada, lectura LecturaEntradas) (ordenes []Orden, sinDatos []string) {
	ordenes, sinDatos = []Orden{}, []string{}
	for _, id := range ids {
		entrada, emitida := lectura.Entradas[id]
		confirmada, vendida := confirmadas[id]
		switch {
		case vendida && emitida:
			ordenes = append(ordenes, conEntrada(confirmada, entrada))
		case vendida:
			ordenes = append(ordenes, sinEntrada(confirmada, lectura))
		case emitida:
			ordenes = append(ordenes, conEntrada(desdeEntrada(entrada), entrada))
		default:
			sinDatos = append(sinDatos, id)
		}
	}
	return ordenes, sinDatos
}

func conEntrada(c OrdenConfirmada, e EntradaPublica) Orden {
	return Orden{OrdenConfirmada: c, Confirmada: true, TicketEstado: &e.Estado, Folio: e.Folio, PDF: e.TienePDF}
}

func sinEntrada(c OrdenConfirmada, lectura LecturaEntradas) Orden {
	orden := Orden{OrdenConfirmada: c, Confirmada: true}
	if lectura.Fuente != FuenteNinguna && lectura.AlDia {
		estado := enProceso
		orden.TicketEstado = &estado
	}
	return orden
}

// desdeEntrada reads the order back from its ticket, for when app1 does not answer: column datos holds what
// app1 confirmed. Data that cannot be read leave their members null: the ticket's state is still worth showing.
func desdeEntrada(e EntradaPublica) OrdenConfirmada {
	var orden OrdenConfirmada
	_ = json.Unmarshal(e.Datos, &orden)
	if orden.CreadaEn == "" {
		orden.CreadaEn = e.CreadoEn.UTC().Format(comun.FormatoInstante)
	}
	orden.OrdenID, orden.Total = e.OrdenID, e.Total
	orden.Evento, orden.Asientos, orden.Comprador = oNulo(orden.Evento), oNulo(orden.Asientos), oNulo(orden.Comprador)
	return orden
}

func oNulo(valor json.RawMessage) json.RawMessage {
	if len(valor) == 0 {
		return json.RawMessage("null")
	}
	return valor
}
