package reservas

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"

	"ticketflow/comun"
)

// States of a hold.
const (
	RetencionActiva     = "ACTIVA"
	RetencionConfirmada = "CONFIRMADA"
	RetencionExpirada   = "EXPIRADA"
	RetencionLiberada   = "LIBERADA"
)

// asientosMaximos is how many seats one hold may take.
const asientosMaximos = 8

// PedidoRetencion asks for seats of one event: all of them, or none.
type PedidoRetencion struct {
	Evento   string  `json:"evento"`
	Asientos []int64 `json:"asientos"`
	Sesion   string  `json:"sesion"`
}

// Normalizar checks the request and sorts its seats, so that equal requests are equal.
func (p *PedidoRetencion) Normalizar() error {
	slices.Sort(p.Asientos)
	switch {
	case p.Evento == "":
		return parametroInvalido("Falta el evento.")
	case len(p.Asientos) < 1 || len(p.Asientos) > asientosMaximos:
		return parametroInvalido(fmt.Sprintf("Elige entre 1 y %d asientos.", asientosMaximos))
	case len(slices.Compact(slices.Clone(p.Asientos))) != len(p.Asientos):
		return parametroInvalido("Hay asientos repetidos.")
	case p.Sesion == "" || utf8.RuneCountInString(p.Sesion) > 100 || !esTexto(p.Sesion):
		return parametroInvalido("La sesión debe tener entre 1 y 100 caracteres.")
	}
	return nil
}

// Retencion is a set of seats that one session may buy until ExpiraEn. Total is what the order will
// charge: the seats' prices and CargoServicio, in CLP.
type Retencion struct {
	ID            uuid.UUID         `json:"retencion_id"`
	Evento        string            `json:"evento"`
	Asientos      []AsientoRetenido `json:"asientos"`
	CargoServicio int64             `json:"cargo_servicio"`
	Total         int64             `json:"total"`
	ExpiraEn      comun.Instante    `json:"expira_en"`
	Estado        string            `json:"estado,omitempty"`
}

// AsientoRetenido is a seat with the price that the hold fixed, in CLP.
type AsientoRetenido struct {
	ID     int64  `json:"id"`
	Sector string `json:"sector"`
	Fila   string `json:"fila"`
	Numero int    `json:"numero"`
	Precio int64  `json:"precio"`
}

// Sumar fixes the hold's charge, a percentage of the prices rounded half up, and its total.
func (r *Retencion) Sumar(cargoPorcentaje int64) {
	var precios int64
	for _, a := range r.Asientos {
		precios += a.Precio
	}
	r.CargoServicio = (precios*cargoPorcentaje + 50) / 100
	r.Total = precios + r.CargoServicio
}

// Faltantes are the seats of the request that the hold did not get.
func (r *Retencion) Faltantes(pedidos []int64) []int64 {
	var faltan []int64
	for _, id := range pedidos {
		if !slices.ContainsFunc(r.Asientos, func(a AsientoRetenido) bool { return a.ID == id }) {
			faltan = append(faltan, id)
		}
	}
	return faltan
}
