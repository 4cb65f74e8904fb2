package http

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	reservas "ticketflow/app1_reservas"
	"ticketflow/comun"
)

// almacen answers every write with the request it understood, and holds what it was asked.
type almacen struct {
	repetida bool
	err      error
	clave    reservas.Clave
	sector   string
	ids      []uuid.UUID
}

func (a *almacen) Catalogo() (*reservas.Catalogo, error) {
	return &reservas.Catalogo{Version: 3}, a.err
}

func (a *almacen) Disponibilidad(context.Context, string) (*reservas.Disponibilidad, error) {
	return &reservas.Disponibilidad{}, a.err
}

func (a *almacen) Mapa(_ context.Context, _, sector string) (*reservas.Mapa, error) {
	a.sector = sector
	return &reservas.Mapa{}, a.err
}

func (a *almacen) responder(clave reservas.Clave, pedido any) (reservas.Respuesta, error) {
	a.clave = clave
	cuerpo, err := json.Marshal(pedido)
	if err == nil {
		err = a.err
	}
	return reservas.Respuesta{Cuerpo: cuerpo, Repetida: a.repetida}, err
}

func (a *almacen) Retener(_ context.Context, c reservas.Clave, p reservas.PedidoRetencion) (reservas.Respuesta, error) {
	return a.responder(c, p)
}

func (a *almacen) Confirmar(_ context.Context, c reservas.Clave, p reservas.PedidoConfirmacion) (reservas.Respuesta, error) {
	return a.responder(c, p)
}

func (a *almacen) Retencion(_ context.Context, id uuid.UUID) (*reservas.Retencion, error) {
	return &reservas.Retencion{ID: id, Estado: reservas.RetencionActiva}, a.err
}

func (a *almacen) Liberar(context.Context, uuid.UUID) error { return a.err }

func (a *almacen) Ordenes(_ context.Context, ids []uuid.UUID) (*reservas.Ordenes, error) {
	a.ids = ids
	return &reservas.Ordenes{Ordenes: []json.RawMessage{}, Desconocidas: ids}, a.err
}

func pedir(a *almacen, metodo, ruta, clave, cuerpo string) *httptest.ResponseRecorder {
	api := comun.NuevaAPI(comun.NuevaSalud())
	Registrar(api, a)
	r := httptest.NewRequest(metodo, ruta, strings.NewReader(cuerpo))
	if clave != "" {
		r.Header.Set("Idempotency-Key", clave)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

const (
	id        = "01a20c9f-19a0-7db8-a8a7-44b849ac1dd9"
	retencion = `{"evento":"EV001","asientos":[2,1],"sesion":"s"}`
	comprador = `{"comprador":{"rut":"12.345.678-5","nombre":"Ana","correo":"ana@example.cl"}}`
)

func TestRoutesAnswerWithTheContractsStatusAndCode(t *testing.T) {
	casos := []struct {
		frase, metodo, ruta, clave, cuerpo string
		err                                error
		estado                             int
		contiene                           string
	}{
		{"the catalogue", "GET", "/v1/eventos", "", "", nil, 200, `"version":3`},
		{"an unknown event", "GET", "/v1/eventos/X/disponibilidad", "", "", reservas.ErrEventoDesconocido, 404, `evento_desconocido`},
		{"an unknown sector", "GET", "/v1/eventos/X/asientos", "", "", reservas.ErrSectorDesconocido, 404, `sector_desconocido`},
		{"a hold, its seats in order", "POST", "/v1/retenciones", "k", retencion, nil, 201, `"asientos":[1,2]`},
		{"a hold without key", "POST", "/v1/retenciones", "", retencion, nil, 400, `falta_clave`},
		{"a hold of no seats", "POST", "/v1/retenciones", "k", `{"evento":"E","asientos":[],"sesion":"s"}`, nil, 400, `parametro_invalido`},
		{"a hold with a word too many", "POST", "/v1/retenciones", "k", `{"precio":1}`, nil, 400, `cuerpo_invalido`},
		{"a seat that is gone", "POST", "/v1/retenciones", "k", retencion, reservas.AsientosNoDisponibles([]int64{2}), 409, `"asientos":[2]`},
		{"a key for something else", "POST", "/v1/retenciones", "k", retencion, reservas.ErrClaveReutilizada, 422, `clave_reutilizada`},
		{"a key in flight", "POST", "/v1/retenciones", "k", retencion, reservas.ErrClaveEnCurso, 409, `clave_en_curso`},
		{"an unknown outcome", "POST", "/v1/retenciones", "k", retencion, reservas.ErrResultadoDesconocido, 503, `resultado_desconocido`},
		{"no database", "POST", "/v1/retenciones", "k", retencion, reservas.ErrServicioNoDisponible, 503, `servicio_no_disponible`},
		{"a hold's state", "GET", "/v1/retenciones/" + id, "", "", nil, 200, `"estado":"ACTIVA"`},
		{"what is no id", "GET", "/v1/retenciones/x", "", "", nil, 404, `retencion_desconocida`},
		{"a release", "DELETE", "/v1/retenciones/" + id, "", "", nil, 204, ``},
		{"a release too late", "DELETE", "/v1/retenciones/" + id, "", "", reservas.ErrRetencionConfirmada, 409, `retencion_confirmada`},
		{"a confirmation", "POST", "/v1/retenciones/" + id + "/confirmacion", "k", comprador, nil, 201, `"rut":"12345678-5"`},
		{"a confirmation without key", "POST", "/v1/retenciones/" + id + "/confirmacion", "", comprador, nil, 400, `falta_clave`},
		{"a buyer without RUT", "POST", "/v1/retenciones/" + id + "/confirmacion", "k", `{"comprador":{}}`, nil, 422, `comprador_invalido`},
		{"orders", "GET", "/v1/ordenes?ids=" + id, "", "", nil, 200, `"desconocidas":["` + id + `"]`},
		{"orders of nothing", "GET", "/v1/ordenes", "", "", nil, 400, `parametro_invalido`},
		{"fifty-one orders", "GET", "/v1/ordenes?ids=" + strings.Repeat(id+",", 50) + id, "", "", nil, 400, `parametro_invalido`},
	}
	for _, c := range casos {
		t.Run(c.frase, func(t *testing.T) {
			w := pedir(&almacen{err: c.err}, c.metodo, c.ruta, c.clave, c.cuerpo)
			if w.Code != c.estado || !strings.Contains(w.Body.String(), c.contiene) {
				t.Errorf("got %d %s, want %d with %s", w.Code, w.Body, c.estado, c.contiene)
			}
			if c.estado == 503 && w.Header().Get("Retry-After") != "1" {
				t.Error("no Retry-After")
			}
		})
	}
}

func TestAReplayIsMarked(t *testing.T) {
	for _, repetida := range []bool{true, false} {
		w := pedir(&almacen{repetida: repetida}, "POST", "/v1/retenciones", "k", retencion)
		if marcada := w.Header().Get("Idempotency-Replayed") == "true"; w.Code != 201 || marcada != repetida {
			t.Errorf("replay %v: %d, marked %v", repetida, w.Code, marcada)
		}
	}
}

func TestTheFingerprintCoversTheHoldThatIsConfirmed(t *testing.T) {
	uno, otro := &almacen{}, &almacen{}
	pedir(uno, "POST", "/v1/retenciones/"+id+"/confirmacion", "k", comprador)
	pedir(otro, "POST", "/v1/retenciones/"+uuid.NewString()+"/confirmacion", "k", comprador)
	if uno.clave.Huella == otro.clave.Huella {
		t.Error("one key could confirm two holds")
	}
}

func TestASectorsNameMayHoldSpacesAndAccents(t *testing.T) {
	a := &almacen{}
	pedir(a, "GET", "/v1/eventos/EV001/asientos?sector=Platea+Pac%C3%ADfico+1", "", "")
	if a.sector != "Platea Pacífico 1" {
		t.Errorf("got %q", a.sector)
	}
}
