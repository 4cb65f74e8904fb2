// Package http is the middleware's HTTP surface: the gateway to app1, purchases, orders and their tickets.
package http

import (
	"context"
	"encoding/json"
	"net/http"

	"ticketflow/comun"
	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/enlace"
)

// Reservas is app1.
type Reservas interface {
	Pasar(ctx context.Context, metodo, ruta string, cabeceras http.Header, cuerpo []byte) (enlace.Respuesta, error)
	Confirmar(ctx context.Context, retencionID, clave string, comprador json.RawMessage) (enlace.Respuesta, error)
	Ordenes(ctx context.Context, ids []string) (map[string]orquestador.OrdenConfirmada, error)
	Reintentos() uint64
}

// Entradas is the view of tickets.
type Entradas interface {
	Entradas(ctx context.Context, ids []string) (orquestador.LecturaEntradas, error)
	PDF(ctx context.Context, ordenID string) ([]byte, orquestador.Fuente, error)
	Fuente() orquestador.Fuente
}

// Boletas is app2.
type Boletas interface {
	Boleta(ctx context.Context, ordenID string) (enlace.Respuesta, error)
}

// Cifras is where the relay's figures come from.
type Cifras interface{ Cifras() orquestador.Cifras }

// Lider is the watch over PostgreSQL's leader.
type Lider interface {
	Estado() orquestador.EstadoLider
	Nodos() []string
}

// Servicios is everything that stands behind the surface.
type Servicios struct {
	Reservas Reservas
	Entradas Entradas
	Boletas  Boletas
	Relevo   Cifras
	Lider    Lider
	Salud    *comun.Salud
}

// NuevaAPI makes the surface with its routes and metrics.
func NuevaAPI(s Servicios) *comun.API {
	api := comun.NuevaAPI(s.Salud)
	registrarMetricas(api.Metricas(), s)
	for _, patron := range []string{
		"GET /v1/eventos", "GET /v1/eventos/{codigo}/disponibilidad", "GET /v1/eventos/{codigo}/asientos",
		"POST /v1/retenciones", "GET /v1/retenciones/{id}", "DELETE /v1/retenciones/{id}",
	} {
		api.Ruta(patron, s.pasar)
	}
	api.Ruta("POST /v1/ordenes", s.comprar)
	api.Ruta("GET /v1/ordenes", s.verOrdenes)
	api.Ruta("GET /v1/ordenes/{id}/entrada.pdf", s.verPDF)
	api.Ruta("GET /v1/ordenes/{id}/boleta", s.verBoleta)
	api.Ruta("GET /v1/estado", s.verEstado)
	return api
}

// Headers that cross the gateway; all others belong to one hop.
var (
	cabecerasDeIda    = []string{"Accept", "Content-Type", "Idempotency-Key", "Traceparent", "X-Request-Id"}
	cabecerasDeVuelta = []string{"Content-Type", "Retry-After", "Idempotency-Replayed", "Location", "Cache-Control"}
)

func (s Servicios) pasar(w http.ResponseWriter, r *http.Request) error {
	cuerpo, err := comun.LeerCuerpo(w, r)
	if err != nil {
		return err
	}
	ruta := r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		ruta += "?" + r.URL.RawQuery
	}
	respuesta, err := s.Reservas.Pasar(r.Context(), r.Method, ruta, copiar(r.Header, cabecerasDeIda), cuerpo)
	if err != nil {
		return err
	}
	responder(w, respuesta, respuesta.Cuerpo)
	return nil
}

func copiar(origen http.Header, nombres []string) http.Header {
	copia := http.Header{}
	for _, nombre := range nombres {
		if valores := origen.Values(nombre); len(valores) > 0 {
			copia[http.CanonicalHeaderKey(nombre)] = valores
		}
	}
	return copia
}

// responder sends another service's answer on, with cuerpo as its body.
func responder(w http.ResponseWriter, r enlace.Respuesta, cuerpo []byte) {
	for nombre, valores := range copiar(r.Cabeceras, cabecerasDeVuelta) {
		w.Header()[nombre] = valores
	}
	if r.Estado == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(r.Estado)
	_, _ = w.Write(cuerpo) // a client that has left is not an error of ours
}
