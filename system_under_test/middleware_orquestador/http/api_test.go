package http

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ticketflow/comun"
	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/app1"
	"ticketflow/middleware_orquestador/app2"
	"ticketflow/middleware_orquestador/enlace"
)

const (
	ordenUno = "0192e8a0-0000-7000-8000-000000000001"
	ordenDos = "0192e8a0-0000-7000-8000-000000000002"
)

// vista is the view with fixed tickets; with fallo neither server answers.
type vista struct {
	entradas map[string]orquestador.EntradaPublica
	pdf      []byte
	fallo    error
}

func (v vista) Fuente() orquestador.Fuente {
	if v.fallo != nil {
		return orquestador.FuenteNinguna
	}
	return orquestador.FuentePrimario
}

func (v vista) Entradas(context.Context, []string) (orquestador.LecturaEntradas, error) {
	return orquestador.LecturaEntradas{Fuente: v.Fuente(), AlDia: true, Entradas: v.entradas}, v.fallo
}

func (v vista) PDF(context.Context, string) ([]byte, orquestador.Fuente, error) {
	switch {
	case v.fallo != nil:
		return nil, v.Fuente(), orquestador.ErrEmision.Por(v.fallo)
	case v.pdf == nil:
		return nil, v.Fuente(), orquestador.ErrEnProceso
	}
	return v.pdf, v.Fuente(), nil
}

type sinCifras struct{}

func (sinCifras) Cifras() orquestador.Cifras { return orquestador.Cifras{Estado: "en_espera"} }

// vigia is a watch that has revoked one lease.
type vigia struct{}

func (vigia) Nodos() []string { return []string{"postgres1", "postgres2"} }

func (vigia) Estado() orquestador.EstadoLider {
	desde := time.Date(2026, 11, 24, 10, 0, 0, 5e6, time.UTC)
	return orquestador.EstadoLider{Vigila: true, Lider: "postgres2", Desde: desde, Fallos: 5, Revocaciones: 1, UltimaRevocacion: desde.Add(-time.Second)}
}

// montar serves the middleware in front of an upstream that plays both app1 and app2.
func montar(t *testing.T, v vista, arriba http.HandlerFunc) string {
	t.Helper()
	base := "http://127.0.0.1:1" // nobody listens there
	if arriba != nil {
		s := httptest.NewServer(arriba)
		t.Cleanup(s.Close)
		base = s.URL
	}
	reservas := app1.Nuevo(enlace.Nuevo(base))
	api := NuevaAPI(Servicios{Reservas: reservas, Entradas: v, Boletas: app2.Nuevo(enlace.Nuevo(base)), Relevo: sinCifras{}, Lider: vigia{},
		Salud: comun.NuevaSalud(comun.Dependencia{Nombre: "app1", Esencial: true, Revisar: reservas.Revisar})})
	s := httptest.NewServer(api)
	t.Cleanup(s.Close)
	return s.URL
}

func contestar(estado int, cuerpo string, cabeceras ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(cabeceras); i += 2 {
			w.Header().Set(cabeceras[i], cabeceras[i+1])
		}
		w.WriteHeader(estado)
		_, _ = io.WriteString(w, cuerpo)
	}
}

func pedir(t *testing.T, metodo, url, clave, cuerpo string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), metodo, url, strings.NewReader(cuerpo))
	if err != nil {
		t.Fatal(err)
	}
	if clave != "" {
		r.Header.Set("Idempotency-Key", clave)
	}
	respuesta, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = respuesta.Body.Close() }()
	texto, err := io.ReadAll(respuesta.Body)
	if err != nil {
		t.Fatal(err)
	}
	return respuesta, string(texto)
}

func TestAnswersByRouteAndByWhatIsDown(t *testing.T) {
	t.Parallel()
	caida := vista{fallo: errors.New("down")}
	compra := `{"retencion_id":"r-1","comprador":{"rut":"1-9"}}`
	tests := []struct {
		sentence              string
		vista                 vista
		arriba                http.HandlerFunc // nil: refuses connections
		metodo, ruta          string
		clave, cuerpo         string
		estado                int
		contiene              string
		cabecera, valorDeElla string
	}{
		{"an event's answer passes as it is", vista{}, contestar(200, `{"version":1}`), "GET", "/v1/eventos", "", "", 200, `{"version":1}`, "", ""},
		{"app1's refusal passes with its code", vista{}, contestar(409, `{"codigo":"asiento_no_disponible"}`), "POST", "/v1/retenciones", "k", `{}`, 409,
			"asiento_no_disponible", "", ""},
		{"a replay says that it is one", vista{}, contestar(201, `{}`, "Idempotency-Replayed", "true"), "POST", "/v1/retenciones", "k", `{}`, 201, "",
			"Idempotency-Replayed", "true"},
		{"Retry-After passes", vista{}, contestar(503, `{"codigo":"servicio_no_disponible"}`, "Retry-After", "3"), "GET", "/v1/eventos", "", "", 503,
			"servicio_no_disponible", "Retry-After", "3"},
		{"app1 down is 503, never 500", vista{}, nil, "GET", "/v1/eventos", "", "", 503, "reservas_no_disponible", "Retry-After", "1"},
		{"app1's own 500 is 503 here", vista{}, contestar(500, `{}`), "GET", "/v1/eventos", "", "", 503, "reservas_no_disponible", "Retry-After", "1"},
		{"a confirmation cannot slip past the gateway", vista{}, contestar(201, `{}`), "POST", "/v1/retenciones/r-1/confirmacion", "k", `{}`, 404, "ruta_desconocida", "", ""},
		{"a purchase needs a key", vista{}, contestar(201, `{}`), "POST", "/v1/ordenes", "", compra, 400, "falta_clave", "", ""},
		{"a purchase needs a hold", vista{}, contestar(201, `{}`), "POST", "/v1/ordenes", "k", `{"retencion_id":"../x","comprador":{}}`, 400, "cuerpo_invalido", "", ""},
		{"a purchase succeeds in app1's words and ours", vista{}, contestar(201, `{"orden_id":"o-1","total":5}`), "POST", "/v1/ordenes", "k", compra, 201,
			`{"mensaje":"Compra Exitosa","orden_id":"o-1","ticket_estado":"EN_PROCESO","total":5}`, "", ""},
		{"a purchase does not need MariaDB", caida, contestar(201, `{"orden_id":"o-1"}`), "POST", "/v1/ordenes", "k", compra, 201, "Compra Exitosa", "", ""},
		{"an expired hold is app1's to say", vista{}, contestar(409, `{"codigo":"retencion_expirada"}`), "POST", "/v1/ordenes", "k", compra, 409, "retencion_expirada", "", ""},
		{"no orders asked, none given", vista{}, nil, "GET", "/v1/ordenes?ids=", "", "", 200, `{"ordenes":[],"sin_datos":[]}`, "X-Fuente", "primario"},
		{"everything down still answers", caida, nil, "GET", "/v1/ordenes?ids=" + ordenUno + ",basura", "", "", 200,
			`{"ordenes":[],"sin_datos":["` + ordenUno + `","basura"]}`, "X-Fuente", "ninguna"},
		{"51 orders are too many", vista{}, nil, "GET", "/v1/ordenes?ids=" + strings.Repeat("a,", 50) + listaDe(51), "", "", 400, "parametro_invalido", "", ""},
		{"a PDF comes as one", vista{pdf: []byte("%PDF-1.4")}, nil, "GET", "/v1/ordenes/" + ordenUno + "/entrada.pdf", "", "", 200, "%PDF-1.4",
			"Content-Type", "application/pdf"},
		{"a PDF that is not ready", vista{}, nil, "GET", "/v1/ordenes/" + ordenUno + "/entrada.pdf", "", "", 404, "entrada_en_proceso", "X-Fuente", "primario"},
		{"a PDF nobody can read now", caida, nil, "GET", "/v1/ordenes/" + ordenUno + "/entrada.pdf", "", "", 503, "emision_no_disponible", "Retry-After", "1"},
		{"a boleta is app2's answer", vista{}, contestar(200, `{"folio":9}`), "GET", "/v1/ordenes/" + ordenUno + "/boleta", "", "", 200, `{"folio":9}`, "", ""},
		{"a boleta not yet issued", vista{}, contestar(404, `{"codigo":"boleta_en_proceso"}`), "GET", "/v1/ordenes/" + ordenUno + "/boleta", "", "", 404, "boleta_en_proceso", "", ""},
		{"a boleta without app2", vista{}, nil, "GET", "/v1/ordenes/" + ordenUno + "/boleta", "", "", 503, "emision_no_disponible", "Retry-After", "1"},
		{"no order has that number", vista{}, nil, "GET", "/v1/ordenes/x/boleta", "", "", 404, "orden_desconocida", "", ""},
		{"not ready without app1", vista{}, nil, "GET", "/salud/lista", "", "", 503, `"lista":false`, "", ""},
		{"ready with app1, whatever else is down", caida, contestar(200, `{}`), "GET", "/salud/lista", "", "", 200, `"lista":true`, "", ""},
		{"the state answers with everything down", caida, nil, "GET", "/v1/estado", "", "", 200, `"pendientes":null`, "", ""},
		{"the state says who leads PostgreSQL, and what the watch did", vista{}, nil, "GET", "/v1/estado", "", "", 200,
			`"postgres":{"vigila":true,"lider":"postgres2","desde":"2026-11-24T10:00:00.005Z","fallos":5,"revocaciones":1,"ultima_revocacion":"2026-11-24T09:59:59.005Z"}`, "", ""},
		{"the leader is a metric", vista{}, nil, "GET", "/metrics", "", "", 200, `ticketflow_postgres_lider{nodo="postgres2"} 1`, "", ""},
		{"and so is who does not lead", vista{}, nil, "GET", "/metrics", "", "", 200, `ticketflow_postgres_lider{nodo="postgres1"} 0`, "", ""},
		{"the leader's misses are counted", vista{}, nil, "GET", "/metrics", "", "", 200, "ticketflow_postgres_lider_fallos_total 5", "", ""},
		{"revocations are counted", vista{}, nil, "GET", "/metrics", "", "", 200, "ticketflow_postgres_concesiones_revocadas_total 1", "", ""},
		{"an outbox that cannot be read is not an empty one", caida, nil, "GET", "/metrics", "", "", 200, "ticketflow_bandeja_pendientes NaN", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			t.Parallel()
			if tt.estado == 503 && tt.clave != "" {
				t.Fatal("a 503 with a key is retried for seconds: not for this table")
			}
			respuesta, cuerpo := pedir(t, tt.metodo, montar(t, tt.vista, tt.arriba)+tt.ruta, tt.clave, tt.cuerpo)
			if respuesta.StatusCode != tt.estado || !strings.Contains(cuerpo, tt.contiene) {
				t.Fatalf("got %d %s\nwant %d with %s", respuesta.StatusCode, cuerpo, tt.estado, tt.contiene)
			}
			if tt.cabecera != "" && respuesta.Header.Get(tt.cabecera) != tt.valorDeElla {
				t.Errorf("header %s is %q, want %q", tt.cabecera, respuesta.Header.Get(tt.cabecera), tt.valorDeElla)
			}
		})
	}
}

// listaDe makes n different ids.
func listaDe(n int) string {
	lista := make([]string, n)
	for i := range lista {
		lista[i] = strings.Repeat("b", i+1)
	}
	return strings.Join(lista, ",")
}

func TestAPurchaseReachesApp1AsItsConfirmation(t *testing.T) {
	t.Parallel()
	var ruta, clave, cuerpo string
	base := montar(t, vista{}, func(w http.ResponseWriter, r *http.Request) {
		texto, _ := io.ReadAll(r.Body)
		ruta, clave, cuerpo = r.Method+" "+r.URL.Path, r.Header.Get("Idempotency-Key"), string(texto)
		contestar(201, `{"orden_id":"o-1"}`)(w, r)
	})
	pedir(t, "POST", base+"/v1/ordenes", "clave-1", `{"retencion_id":"r-1","comprador":{"rut":"1-9","nombre":"Ñandú"}}`)
	if ruta != "POST /v1/retenciones/r-1/confirmacion" || clave != "clave-1" || cuerpo != `{"comprador":{"rut":"1-9","nombre":"Ñandú"}}` {
		t.Errorf("app1 got %s with key %q and body %s", ruta, clave, cuerpo)
	}
}

func TestOrdersComeInTheOrderAskedFromBothSides(t *testing.T) {
	t.Parallel()
	folio := int64(4)
	v := vista{entradas: map[string]orquestador.EntradaPublica{ordenUno: {OrdenID: ordenUno, Estado: "ENVIADO", Folio: &folio, TienePDF: true}}}
	base := montar(t, v, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/v1/ordenes?ids="+ordenDos+"%2C"+ordenUno {
			t.Errorf("app1 was asked %s", r.URL.RequestURI())
		}
		contestar(200, `{"ordenes":[{"orden_id":"`+ordenUno+`","total":10,"asientos":[]},{"orden_id":"`+ordenDos+`","total":20,"asientos":[]}],"desconocidas":[]}`)(w, r)
	})
	_, texto := pedir(t, "GET", base+"/v1/ordenes?ids="+ordenDos+","+ordenUno+","+ordenDos, "", "")
	var cuerpo struct {
		Ordenes []struct {
			OrdenID      string `json:"orden_id"`
			TicketEstado string `json:"ticket_estado"`
			Folio        *int64 `json:"folio"`
			Total        int64  `json:"total"`
		} `json:"ordenes"`
	}
	if err := json.Unmarshal([]byte(texto), &cuerpo); err != nil || len(cuerpo.Ordenes) != 2 {
		t.Fatalf("got %s, %v; want two orders", texto, err)
	}
	primera, segunda := cuerpo.Ordenes[0], cuerpo.Ordenes[1]
	if primera.OrdenID != ordenDos || primera.TicketEstado != "EN_PROCESO" || primera.Folio != nil || primera.Total != 20 {
		t.Errorf("first order is %+v", primera)
	}
	if segunda.OrdenID != ordenUno || segunda.TicketEstado != "ENVIADO" || segunda.Folio == nil || *segunda.Folio != folio {
		t.Errorf("second order is %+v", segunda)
	}
}
