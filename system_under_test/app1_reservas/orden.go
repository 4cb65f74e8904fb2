package reservas

import (
	"encoding/json"

	"github.com/google/uuid"

	"ticketflow/comun"
)

// PedidoConfirmacion turns a hold into an order.
type PedidoConfirmacion struct {
	RetencionID uuid.UUID `json:"retencion_id"`
	Comprador   Comprador `json:"comprador"`
}

// Orden is a sale: the body of a confirmation. Amounts in CLP.
type Orden struct {
	ID            uuid.UUID        `json:"orden_id"`
	Estado        string           `json:"estado"`
	CreadaEn      comun.Instante   `json:"creada_en"`
	Evento        EventoOrden      `json:"evento"`
	Comprador     Comprador        `json:"comprador"`
	Asientos      []AsientoVendido `json:"asientos"`
	CargoServicio int64            `json:"cargo_servicio"`
	Total         int64            `json:"total"`
}

// OrdenConfirmada is the one state of an order here; the ticket's states are app2's.
const OrdenConfirmada = "CONFIRMADA"

// EventoOrden is what an order says of its event.
type EventoOrden struct {
	Codigo   string         `json:"codigo"`
	Nombre   string         `json:"nombre"`
	Lugar    string         `json:"lugar"`
	IniciaEn comun.Instante `json:"inicia_en"`
}

// AsientoVendido is a seat with its ticket's number, unique within the event.
type AsientoVendido struct {
	AsientoRetenido
	FolioTicket int64  `json:"folio_ticket"`
	TipoTicket  string `json:"-"`
}

// Ordenes answers a list of ids.
type Ordenes struct {
	Ordenes      []json.RawMessage `json:"ordenes"`
	Desconocidas []uuid.UUID       `json:"desconocidas"`
}

// OrdenCreada is the message that tells the rest of TicketFlow of a sale: self-contained, so that nobody
// has to ask back.
type OrdenCreada struct {
	Version       int            `json:"version"`
	OrdenID       uuid.UUID      `json:"orden_id"`
	CreadaEn      comun.Instante `json:"creada_en"`
	Evento        EventoMensaje  `json:"evento"`
	Comprador     Comprador      `json:"comprador"`
	Items         []Item         `json:"items"`
	CargoServicio int64          `json:"cargo_servicio"`
	Total         int64          `json:"total"`
	Moneda        string         `json:"moneda"`
	MedioPago     int            `json:"medio_pago"`
}

// EventoMensaje adds what the boleta needs to know of an event.
type EventoMensaje struct {
	EventoOrden
	AfectoIVA   bool   `json:"afecto_iva"`
	RUTMandante string `json:"rut_mandante"`
}

// Item is one ticket of the message.
type Item struct {
	AsientoID   int64  `json:"asiento_id"`
	Sector      string `json:"sector"`
	Fila        string `json:"fila"`
	Numero      int    `json:"numero"`
	TipoTicket  string `json:"tipo_ticket"`
	FolioTicket int64  `json:"folio_ticket"`
	Precio      int64  `json:"precio"`
}

// medioPagoElectronico is SII's code for an electronic payment.
const medioPagoElectronico = 2

// Mensaje is the order as the message OrdenCreada.
func (o *Orden) Mensaje(afectoIVA bool, rutMandante string) OrdenCreada {
	items := make([]Item, len(o.Asientos))
	for i, a := range o.Asientos {
		items[i] = Item{AsientoID: a.ID, Sector: a.Sector, Fila: a.Fila, Numero: a.Numero,
			TipoTicket: a.TipoTicket, FolioTicket: a.FolioTicket, Precio: a.Precio}
	}
	return OrdenCreada{Version: 1, OrdenID: o.ID, CreadaEn: o.CreadaEn,
		Evento:    EventoMensaje{EventoOrden: o.Evento, AfectoIVA: afectoIVA, RUTMandante: rutMandante},
		Comprador: o.Comprador, Items: items, CargoServicio: o.CargoServicio, Total: o.Total,
		Moneda: "CLP", MedioPago: medioPagoElectronico}
}
