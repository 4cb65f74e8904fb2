// Package app1 speaks with reservas, app1, over its list of addresses.
package app1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/enlace"
)

// The portal waits 2 s for a page's data and 5 s or more for one try of a purchase: an answer that comes later
// is lost, and so is the second app1 when the first one is frozen.
var (
	plazosLectura = enlace.Plazos{Intento: 700 * time.Millisecond, Total: 1500 * time.Millisecond}
	// With a key: a try has time for a COMMIT, and a failover of a few seconds is waited out.
	plazosConClave = enlace.Plazos{Intento: 2 * time.Second, Total: 4500 * time.Millisecond}
)

func plazosDe(cabeceras http.Header) enlace.Plazos {
	if cabeceras.Get(enlace.CabeceraClave) != "" {
		return plazosConClave
	}
	return plazosLectura
}

// Cliente is app1 as the middleware uses it.
type Cliente struct{ enlace *enlace.Enlace }

// Nuevo makes a client over an address list.
func Nuevo(e *enlace.Enlace) *Cliente { return &Cliente{enlace: e} }

// Revisar is nil when some address answers.
func (c *Cliente) Revisar(ctx context.Context) error { return c.enlace.Revisar(ctx) }

// Reintentos counts the tries beyond the first.
func (c *Cliente) Reintentos() uint64 { return c.enlace.Reintentos() }

// Pasar hands a request on. The error is ErrReservas, or ErrResultado when app1 may have carried out
// something that changes it.
func (c *Cliente) Pasar(ctx context.Context, metodo, ruta string, cabeceras http.Header, cuerpo []byte) (enlace.Respuesta, error) {
	return c.enviar(ctx, enlace.Peticion{Metodo: metodo, Ruta: ruta, Cabeceras: cabeceras, Cuerpo: cuerpo, Plazos: plazosDe(cabeceras)})
}

// Confirmar buys what a hold keeps; the errors are those of Pasar.
func (c *Cliente) Confirmar(ctx context.Context, retencionID, clave string, comprador json.RawMessage) (enlace.Respuesta, error) {
	cuerpo, err := json.Marshal(map[string]json.RawMessage{"comprador": comprador})
	if err != nil {
		return enlace.Respuesta{}, fmt.Errorf("encode the buyer: %w", err)
	}
	cabeceras := http.Header{"Content-Type": {"application/json"}, enlace.CabeceraClave: {clave}}
	return c.Pasar(ctx, http.MethodPost, "/v1/retenciones/"+url.PathEscape(retencionID)+"/confirmacion", cabeceras, cuerpo)
}

// Ordenes reads the confirmed orders among ids. The error is ErrReservas.
func (c *Cliente) Ordenes(ctx context.Context, ids []string) (map[string]orquestador.OrdenConfirmada, error) {
	ruta := "/v1/ordenes?ids=" + url.QueryEscape(strings.Join(ids, ","))
	r, err := c.enviar(ctx, enlace.Peticion{Metodo: http.MethodGet, Ruta: ruta, Plazos: plazosLectura})
	if err != nil {
		return nil, err
	}
	if r.Estado != http.StatusOK {
		return nil, orquestador.ErrReservas.Por(fmt.Errorf("read orders: status %d", r.Estado))
	}
	var cuerpo struct {
		Ordenes []orquestador.OrdenConfirmada `json:"ordenes"`
	}
	if err := json.Unmarshal(r.Cuerpo, &cuerpo); err != nil {
		return nil, orquestador.ErrReservas.Por(fmt.Errorf("read orders: %w", err))
	}
	ordenes := map[string]orquestador.OrdenConfirmada{}
	for _, o := range cuerpo.Ordenes {
		ordenes[o.OrdenID] = o
	}
	return ordenes, nil
}

func (c *Cliente) enviar(ctx context.Context, p enlace.Peticion) (enlace.Respuesta, error) {
	r, err := c.enlace.Enviar(ctx, p)
	var sin *enlace.SinRespuesta
	switch {
	case errors.As(err, &sin) && sin.Incierto && p.Metodo != http.MethodGet && p.Metodo != http.MethodHead:
		return r, orquestador.ErrResultado.Por(err)
	case err != nil:
		return r, orquestador.ErrReservas.Por(err)
	}
	return r, nil
}
