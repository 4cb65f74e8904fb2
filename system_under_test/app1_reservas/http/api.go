// Package http shows the reservations over HTTP: parse, command, status code.
package http

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	reservas "ticketflow/app1_reservas"
	"ticketflow/comun"
)

// Almacen is what these routes need; postgres.Base is one.
type Almacen interface {
	Catalogo() (*reservas.Catalogo, error)
	Disponibilidad(ctx context.Context, evento string) (*reservas.Disponibilidad, error)
	Mapa(ctx context.Context, evento, sector string) (*reservas.Mapa, error)
	Retener(context.Context, reservas.Clave, reservas.PedidoRetencion) (reservas.Respuesta, error)
	Retencion(context.Context, uuid.UUID) (*reservas.Retencion, error)
	Liberar(context.Context, uuid.UUID) error
	Confirmar(context.Context, reservas.Clave, reservas.PedidoConfirmacion) (reservas.Respuesta, error)
	Ordenes(context.Context, []uuid.UUID) (*reservas.Ordenes, error)
}

// ordenesMaximas is how many ids one GET /v1/ordenes may ask for.
const ordenesMaximas = 50

type rutas struct{ almacen Almacen }

// Registrar adds the routes to the service's API.
func Registrar(api *comun.API, almacen Almacen) {
	s := &rutas{almacen}
	api.Ruta("GET /v1/eventos", s.catalogo)
	api.Ruta("GET /v1/eventos/{codigo}/disponibilidad", s.disponibilidad)
	api.Ruta("GET /v1/eventos/{codigo}/asientos", s.mapa)
	api.Ruta("POST /v1/retenciones", s.retener)
	api.Ruta("GET /v1/retenciones/{id}", s.retencion)
	api.Ruta("DELETE /v1/retenciones/{id}", s.liberar)
	api.Ruta("POST /v1/retenciones/{id}/confirmacion", s.confirmar)
	api.Ruta("GET /v1/ordenes", s.ordenes)
}

func (s *rutas) catalogo(w http.ResponseWriter, _ *http.Request) error {
	catalogo, err := s.almacen.Catalogo()
	return mostrar(w, catalogo, err)
}

func (s *rutas) disponibilidad(w http.ResponseWriter, r *http.Request) error {
	disponibilidad, err := s.almacen.Disponibilidad(r.Context(), r.PathValue("codigo"))
	return mostrar(w, disponibilidad, err)
}

func (s *rutas) mapa(w http.ResponseWriter, r *http.Request) error {
	mapa, err := s.almacen.Mapa(r.Context(), r.PathValue("codigo"), r.URL.Query().Get("sector"))
	return mostrar(w, mapa, err)
}

func (s *rutas) retener(w http.ResponseWriter, r *http.Request) error {
	var pedido reservas.PedidoRetencion
	if err := comun.LeerJSON(w, r, &pedido); err != nil {
		return err
	}
	if err := pedido.Normalizar(); err != nil {
		return err
	}
	clave, err := clave(r, reservas.OperacionRetener, pedido)
	if err != nil {
		return err
	}
	respuesta, err := s.almacen.Retener(r.Context(), clave, pedido)
	return responder(w, respuesta, err)
}

func (s *rutas) retencion(w http.ResponseWriter, r *http.Request) error {
	id, err := idRetencion(r)
	if err != nil {
		return err
	}
	retencion, err := s.almacen.Retencion(r.Context(), id)
	return mostrar(w, retencion, err)
}

func (s *rutas) liberar(w http.ResponseWriter, r *http.Request) error {
	id, err := idRetencion(r)
	if err != nil {
		return err
	}
	if err := s.almacen.Liberar(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *rutas) confirmar(w http.ResponseWriter, r *http.Request) error {
	id, err := idRetencion(r)
	if err != nil {
		return err
	}
	var cuerpo struct {
		Comprador reservas.Comprador `json:"comprador"`
	}
	if err := comun.LeerJSON(w, r, &cuerpo); err != nil {
		return err
	}
	pedido := reservas.PedidoConfirmacion{RetencionID: id, Comprador: cuerpo.Comprador}
	if err := pedido.Comprador.Normalizar(); err != nil {
		return err
	}
	clave, err := clave(r, reservas.OperacionConfirmar, pedido)
	if err != nil {
		return err
	}
	respuesta, err := s.almacen.Confirmar(r.Context(), clave, pedido)
	return responder(w, respuesta, err)
}

func (s *rutas) ordenes(w http.ResponseWriter, r *http.Request) error {
	textos := strings.Split(r.URL.Query().Get("ids"), ",")
	if len(textos) > ordenesMaximas {
		return comun.NuevoError("parametro_invalido", fmt.Sprintf("Hasta %d órdenes por consulta.", ordenesMaximas))
	}
	ids := make([]uuid.UUID, len(textos))
	for i, texto := range textos {
		id, err := uuid.Parse(texto)
		if err != nil {
			return comun.NuevoError("parametro_invalido", fmt.Sprintf("%q no es el id de una orden.", texto))
		}
		ids[i] = id
	}
	ordenes, err := s.almacen.Ordenes(r.Context(), ids)
	return mostrar(w, ordenes, err)
}

// idRetencion reads the path's hold. What is no id at all is an unknown hold too.
func idRetencion(r *http.Request) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return uuid.Nil, reservas.ErrRetencionDesconocida
	}
	return id, nil
}

func clave(r *http.Request, operacion reservas.Operacion, pedido any) (reservas.Clave, error) {
	return reservas.NuevaClave(r.Header.Get("Idempotency-Key"), operacion, pedido)
}

// mostrar answers a read.
func mostrar(w http.ResponseWriter, valor any, err error) error {
	if err != nil {
		return err
	}
	return comun.EscribirJSON(w, http.StatusOK, valor)
}

// responder answers a write that has a key.
func responder(w http.ResponseWriter, respuesta reservas.Respuesta, err error) error {
	if err != nil {
		return err
	}
	if respuesta.Repetida {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	comun.EscribirCuerpo(w, http.StatusCreated, respuesta.Cuerpo)
	return nil
}
