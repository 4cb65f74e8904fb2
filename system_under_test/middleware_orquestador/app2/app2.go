// Package app2 reads boletas from emisión, app2.
package app2

import (
	"context"
	"net/http"
	"net/url"
	"time"

	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/enlace"
)

// The portal waits 2 s.
var plazos = enlace.Plazos{Intento: 1500 * time.Millisecond, Total: 1800 * time.Millisecond}

// Cliente is app2 as the middleware uses it.
type Cliente struct{ enlace *enlace.Enlace }

// Nuevo makes a client over an address list.
func Nuevo(e *enlace.Enlace) *Cliente { return &Cliente{enlace: e} }

// Revisar is nil when some address answers.
func (c *Cliente) Revisar(ctx context.Context) error { return c.enlace.Revisar(ctx) }

// Boleta is app2's answer for an order's boleta, a 404 included. The error is ErrEmision.
func (c *Cliente) Boleta(ctx context.Context, ordenID string) (enlace.Respuesta, error) {
	r, err := c.enlace.Enviar(ctx, enlace.Peticion{Metodo: http.MethodGet, Ruta: "/v1/boletas/" + url.PathEscape(ordenID), Plazos: plazos})
	switch {
	case err != nil:
		return r, orquestador.ErrEmision.Por(err)
	case r.Estado == http.StatusServiceUnavailable:
		return r, orquestador.ErrEmision
	}
	return r, nil
}
