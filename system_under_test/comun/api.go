package comun

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Manejador answers a request, or returns the error that EscribirError turns into a problem document.
type Manejador func(http.ResponseWriter, *http.Request) error

// API is a service's HTTP surface: its routes, /salud/viva, /salud/lista and /metrics.
type API struct {
	rutas      *http.ServeMux
	registro   *prometheus.Registry
	duraciones *prometheus.HistogramVec
}

// NuevaAPI makes a surface that has only the common routes.
func NuevaAPI(salud *Salud) *API {
	a := &API{
		rutas:    http.NewServeMux(),
		registro: prometheus.NewRegistry(),
		duraciones: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_peticion_segundos", Help: "Duración de cada petición HTTP, en segundos.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, 1, 2, 4, 8},
		}, []string{"metodo", "ruta", "estado"}),
	}
	a.registro.MustRegister(a.duraciones, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.Ruta("GET /salud/viva", viva)
	a.Ruta("GET /salud/lista", salud.lista)
	a.rutas.Handle("GET /metrics", promhttp.HandlerFor(a.registro, promhttp.HandlerOpts{}))
	return a
}

// Metricas is where a service registers metrics of its own.
func (a *API) Metricas() prometheus.Registerer { return a.registro }

// Ruta serves a pattern of net/http, such as "GET /v1/eventos/{codigo}".
func (a *API) Ruta(patron string, m Manejador) {
	a.rutas.HandleFunc(patron, func(w http.ResponseWriter, r *http.Request) {
		if err := m(w, r); err != nil {
			EscribirError(w, r, err)
		}
	})
}

// ServeHTTP implements http.Handler. A panic becomes a 500 problem, counted as any other answer.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	inicio := time.Now()
	testigo := &testigo{ResponseWriter: w}
	defer func() {
		if p := recover(); p != nil {
			atender(testigo, r, p)
		}
		// r.Pattern and not the path: a label per seat or order would never stop growing.
		a.duraciones.WithLabelValues(metodo(r), r.Pattern, strconv.Itoa(testigo.estado)).
			Observe(time.Since(inicio).Seconds())
	}()
	if manejador, patron := a.rutas.Handler(r); patron == "" {
		sinRuta(testigo, r, manejador)
		return
	}
	a.rutas.ServeHTTP(testigo, r)
}

// atender answers for a handler that panicked; what is already on the wire can only be cut off.
func atender(t *testigo, r *http.Request, p any) {
	slog.ErrorContext(r.Context(), "panico", "valor", fmt.Sprint(p), "pila", string(debug.Stack()))
	if t.estado != 0 {
		panic(http.ErrAbortHandler)
	}
	EscribirError(t, r, fmt.Errorf("panic: %v", p))
}

// metodo keeps invented methods out of the labels.
func metodo(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return r.Method
	}
	return "OTRO"
}

// sinRuta says as a problem what ServeMux says as plain text: 404, or 405 with its Allow header.
func sinRuta(w http.ResponseWriter, r *http.Request, deServeMux http.Handler) {
	mudo := &mudo{cabecera: http.Header{}}
	deServeMux.ServeHTTP(mudo, r)
	if mudo.estado != http.StatusMethodNotAllowed {
		EscribirError(w, r, NuevoError("ruta_desconocida", "Esta dirección no existe."))
		return
	}
	w.Header().Set("Allow", mudo.cabecera.Get("Allow"))
	EscribirError(w, r, NuevoError("metodo_no_permitido", "Esta dirección no admite ese método."))
}

// testigo remembers the status that was sent.
type testigo struct {
	http.ResponseWriter
	estado int
}

func (t *testigo) WriteHeader(estado int) {
	if t.estado == 0 {
		t.estado = estado
	}
	t.ResponseWriter.WriteHeader(estado)
}

func (t *testigo) Write(b []byte) (int, error) {
	if t.estado == 0 {
		t.estado = http.StatusOK
	}
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (t *testigo) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// mudo takes an answer and sends nothing.
type mudo struct {
	cabecera http.Header
	estado   int
}

func (m *mudo) Header() http.Header         { return m.cabecera }
func (m *mudo) WriteHeader(estado int)      { m.estado = estado }
func (m *mudo) Write(b []byte) (int, error) { return len(b), nil }
