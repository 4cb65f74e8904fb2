package comun

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func pedir(t *testing.T, api http.Handler, metodo, ruta, cuerpo string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest(metodo, ruta, strings.NewReader(cuerpo)))
	documento := map[string]any{}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &documento); err != nil {
			t.Fatalf("body %q is not JSON: %v", w.Body, err)
		}
	}
	return w, documento
}

func apiDePrueba() *API {
	api := NuevaAPI(NuevaSalud())
	api.Ruta("GET /ocupado", func(http.ResponseWriter, *http.Request) error {
		return &Error{Codigo: "asiento_no_disponible", Detalle: "No.", Extra: map[string]any{"asientos": []int{7}}}
	})
	api.Ruta("GET /caido", func(http.ResponseWriter, *http.Request) error {
		return NuevoError("servicio_no_disponible", "Espere.").Por(errors.New("secreto"))
	})
	api.Ruta("GET /propio", func(http.ResponseWriter, *http.Request) error { return errors.New("secreto") })
	api.Ruta("GET /panico", func(http.ResponseWriter, *http.Request) error { panic("secreto") })
	api.Ruta("POST /eco", func(w http.ResponseWriter, r *http.Request) error {
		var c struct{ A int }
		if err := LeerJSON(w, r, &c); err != nil {
			return err
		}
		return EscribirJSON(w, http.StatusOK, c)
	})
	return api
}

func TestEveryErrorIsAProblemWithItsCode(t *testing.T) {
	casos := []struct {
		frase, metodo, ruta, cuerpo string
		estado                      int
		codigo                      string
	}{
		{"a refusal has its own status", "GET", "/ocupado", "", 409, "asiento_no_disponible"},
		{"a dead dependency is 503", "GET", "/caido", "", 503, "servicio_no_disponible"},
		{"an unforeseen error is 500", "GET", "/propio", "", 500, "error_interno"},
		{"a panic is 500", "GET", "/panico", "", 500, "error_interno"},
		{"an unknown path is 404", "GET", "/nada", "", 404, "ruta_desconocida"},
		{"a known path with another method is 405", "DELETE", "/ocupado", "", 405, "metodo_no_permitido"},
		{"an unknown field is refused", "POST", "/eco", `{"A":1,"B":2}`, 400, "cuerpo_invalido"},
		{"two values are refused", "POST", "/eco", `{"A":1}{"A":1}`, 400, "cuerpo_invalido"},
		{"an empty body is refused", "POST", "/eco", "", 400, "cuerpo_invalido"},
		{"a huge body is refused", "POST", "/eco", strings.Repeat(" ", CuerpoMaximo+1), 413, "cuerpo_muy_grande"},
	}
	api := apiDePrueba()
	for _, c := range casos {
		t.Run(c.frase, func(t *testing.T) {
			w, documento := pedir(t, api, c.metodo, c.ruta, c.cuerpo)
			if w.Code != c.estado || documento["codigo"] != c.codigo || documento["status"] != float64(c.estado) {
				t.Errorf("got %d %v, want %d %s", w.Code, documento, c.estado, c.codigo)
			}
			if tipo := w.Header().Get("Content-Type"); tipo != "application/problem+json" {
				t.Errorf("Content-Type %q", tipo)
			}
			if strings.Contains(w.Body.String(), "secreto") {
				t.Error("the cause reached the client")
			}
			if hay := w.Header().Get("Retry-After") != ""; hay != (c.estado == 503) {
				t.Errorf("Retry-After present: %v", hay)
			}
		})
	}
}

func TestExtraMembersReachTheProblem(t *testing.T) {
	_, documento := pedir(t, apiDePrueba(), "GET", "/ocupado", "")
	if asientos, ok := documento["asientos"].([]any); !ok || asientos[0] != 7.0 {
		t.Errorf("asientos = %v", documento["asientos"])
	}
}

func TestMetricsCountAnswersByPatternAndPanics(t *testing.T) {
	api := apiDePrueba()
	pedir(t, api, "GET", "/panico", "")
	w, _ := pedir(t, api, "GET", "/metrics", "")
	linea := `http_peticion_segundos_count{estado="500",metodo="GET",ruta="GET /panico"} 1`
	if !strings.Contains(w.Body.String(), linea) {
		t.Errorf("no line %q in /metrics", linea)
	}
}

func TestOnlyAnEssentialDependencyMakesItUnready(t *testing.T) {
	roto := func(context.Context) error { return errors.New("roto") }
	casos := []struct {
		frase    string
		esencial bool
		estado   int
	}{{"essential", true, 503}, {"only shown", false, 200}}
	for _, c := range casos {
		api := NuevaAPI(NuevaSalud(Dependencia{"x", c.esencial, roto}))
		w, documento := pedir(t, api, "GET", "/salud/lista", "")
		x := documento["dependencias"].(map[string]any)["x"].(map[string]any)
		if w.Code != c.estado || x["ok"] != false || x["detalle"] != "roto" {
			t.Errorf("%s: got %d %v", c.frase, w.Code, documento)
		}
		if w, _ := pedir(t, api, "GET", "/salud/viva", ""); w.Code != 200 {
			t.Errorf("%s: alive answered %d", c.frase, w.Code)
		}
	}
}

func TestADependencyThatHangsIsReportedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		salud := NuevaSalud(Dependencia{"lenta", true, func(context.Context) error {
			time.Sleep(time.Minute) // deaf to its context, as a stuck driver is
			return nil
		}})
		inicio := time.Now()
		if salud.Estado().Lista {
			t.Error("a hanging dependency counts as ready")
		}
		if tardo := time.Since(inicio); tardo != time.Second {
			t.Errorf("took %s", tardo)
		}
		time.Sleep(time.Hour) // let the stuck check end inside the bubble
	})
}

func TestManyAskersShareOneCheck(t *testing.T) {
	var veces atomic.Int32
	salud := NuevaSalud(Dependencia{"x", true, func(context.Context) error { veces.Add(1); return nil }})
	var grupo sync.WaitGroup
	for range 50 {
		grupo.Go(func() { salud.Estado() })
	}
	grupo.Wait()
	if n := veces.Load(); n > 2 {
		t.Errorf("50 askers caused %d checks", n)
	}
}

func TestAnInstantHasMillisecondsAndIsUTC(t *testing.T) {
	chile := time.FixedZone("-03", -3*3600)
	b, err := json.Marshal(Instante{time.Date(2027, 3, 1, 21, 0, 0, 0, chile)})
	if err != nil || string(b) != `"2027-03-02T00:00:00.000Z"` {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestServirEndsWithItsSignal(t *testing.T) {
	api := NuevaAPI(NuevaSalud())
	ctx, senal := context.WithCancel(t.Context())
	fin := make(chan error, 1)
	go func() { fin <- Servir(ctx, "0", api) }()
	senal()
	select {
	case err := <-fin:
		if err != nil {
			t.Errorf("Servir: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Servir did not end within 5 s of its signal")
	}
}
