// Package orquestador is the middleware of TicketFlow: it takes purchases to app1, carries what was sold
// to the queue, and answers what is known of each order.
//
//	app3 -> http -> enlace/app1 -> reservas (PostgreSQL)
//	                  |  mariadb -> emision.entradas_publicas (primary, else replica)
//	                  '- app2    -> boleta
//	Relevo: postgres (bandeja_salida) -> rabbitmq (ticketflow.eventos) -> app2's worker
//	patroni: PostgreSQL's leader is watched; one that is silent loses its lease
//
// The root package holds the types, the pure decisions and the relay's loop; each folder is one technology.
// It promises at-least-once delivery: a message may be published twice, with the same message id.
package orquestador

import (
	"encoding/json"
	"time"

	"ticketflow/comun"
)

// Mensaje is one row of the outbox, ready to publish.
type Mensaje struct {
	ID        int64
	MensajeID string
	OrdenID   string
	Cuerpo    []byte
}

// Desenlace is what is known of one message after it was handed to the broker.
type Desenlace int

// Only Confirmado means that the broker keeps the message; each other one is published again.
const (
	Desconocido Desenlace = iota // no answer: the broker may hold it or not
	Confirmado
	Rechazado // nacked by the broker
	Devuelto  // no queue is bound for it
)

// Lote counts how one batch of messages ended. Its zero value is "there was nothing to publish".
type Lote struct {
	Tomados, Confirmados, Rechazados, Devueltos, Desconocidos int
}

// ContarLote counts the outcomes of a batch.
func ContarLote(desenlaces []Desenlace) Lote {
	lote := Lote{Tomados: len(desenlaces)}
	for _, d := range desenlaces {
		switch d {
		case Confirmado:
			lote.Confirmados++
		case Rechazado:
			lote.Rechazados++
		case Devuelto:
			lote.Devueltos++
		default:
			lote.Desconocidos++
		}
	}
	return lote
}

// Pendientes is how much of the outbox waits to be published, and since when (zero when nothing waits).
type Pendientes struct {
	Cantidad   int64
	MasAntiguo time.Time
}

// Fuente names the MariaDB server that a read came from.
type Fuente string

// The sources of a ticket read, as header X-Fuente says them.
const (
	FuentePrimario Fuente = "primario"
	FuenteReplica  Fuente = "replica"
	FuenteNinguna  Fuente = "ninguna"
)

// EntradaPublica is one row of the view entradas_publicas, without its PDF.
type EntradaPublica struct {
	OrdenID  string
	Estado   string
	Folio    *int64
	Datos    json.RawMessage
	Total    int64
	CreadoEn time.Time
	TienePDF bool
}

// LecturaEntradas is what the view answered, by order. Only when AlDia does an order's absence mean that
// there is no ticket yet: a replica that stopped replicating can show what it has, not what it lacks.
type LecturaEntradas struct {
	Fuente   Fuente
	AlDia    bool
	Entradas map[string]EntradaPublica
}

// EstadoLider is what the watch over PostgreSQL's leader knows (package patroni).
type EstadoLider struct {
	Vigila               bool      // false: failover is Patroni's alone
	Lider                string    // "": nobody holds the leader key, or it could not be read yet
	Desde                time.Time // since when it was seen to lead
	Fallos, Revocaciones uint64    // probes that the leader missed, and leases revoked, since the start
	UltimaRevocacion     time.Time
}

// OrdenConfirmada is the part of app1's confirmation that a reader of orders gets.
type OrdenConfirmada struct {
	OrdenID   string          `json:"orden_id"`
	CreadaEn  string          `json:"creada_en"`
	Evento    json.RawMessage `json:"evento"`
	Asientos  json.RawMessage `json:"asientos"`
	Total     int64           `json:"total"`
	Comprador json.RawMessage `json:"comprador"`
}

// Orden is a confirmed order with the state of its ticket; nil TicketEstado means that nobody could say.
type Orden struct {
	OrdenConfirmada
	Confirmada   bool    `json:"confirmada"`
	TicketEstado *string `json:"ticket_estado"`
	Folio        *int64  `json:"folio"`
	PDF          bool    `json:"pdf"`
}

// Failures that the whole middleware answers alike.
var (
	ErrReservas  = comun.NuevoError("reservas_no_disponible", "El sistema de reservas no responde. Intenta de nuevo en un momento.")
	ErrEmision   = comun.NuevoError("emision_no_disponible", "Las entradas no se pueden consultar por ahora. Intenta de nuevo en un momento.")
	ErrEnProceso = comun.NuevoError("entrada_en_proceso", "La entrada todavía se está preparando.")
	ErrResultado = comun.NuevoError("resultado_desconocido", "No sabemos aún si la operación se completó. Repítela: no se cobrará dos veces.")
)
