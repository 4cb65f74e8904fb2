package enlace

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// servidor answers with estados in turn (the last for ever; 0 never answers) and counts what it got. At
// /salud/lista, which is not counted, it says whether it is lista.
type servidor struct {
	*httptest.Server
	recibidas, examenes atomic.Int32
	lista               atomic.Bool
	claves              chan string
}

func nuevoServidor(t *testing.T, estados ...int) *servidor {
	t.Helper()
	s := &servidor{claves: make(chan string, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/salud/lista" {
			s.examenes.Add(1)
			if !s.lista.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return
		}
		n := int(s.recibidas.Add(1))
		s.claves <- r.Header.Get(CabeceraClave)
		estado := estados[min(n, len(estados))-1]
		_, _ = io.Copy(io.Discard, r.Body) // the server notices that a client left only once it has read the body
		if estado == 0 {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(estado)
		_, _ = io.WriteString(w, `{"codigo":"de_prueba"}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// direccionMuerta refuses connections.
func direccionMuerta(t *testing.T) string {
	t.Helper()
	oyente, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = oyente.Close() }()
	return "http://" + oyente.Addr().String()
}

func TestRequestsGoToAnAddressThatAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence         string
		metodo, clave    string
		primero, segundo []int // nil: refuses connections
		estado           int   // 0: no answer
		llegan           [2]int32
	}{
		{"the first address answers and the second is left alone", "GET", "", []int{200}, []int{200}, 200, [2]int32{1, 0}},
		{"a GET moves on from a dead address", "GET", "", nil, []int{200}, 200, [2]int32{0, 1}},
		{"a GET moves on from a frozen address", "GET", "", []int{0}, []int{200}, 200, [2]int32{1, 1}},
		{"a POST without a key stays with a dead address", "POST", "", nil, []int{201}, 0, [2]int32{0, 0}},
		{"a POST with a key moves on from a frozen address", "POST", "k1", []int{0}, []int{201}, 201, [2]int32{1, 1}},
		{"a POST with a key tries again until the service is back", "POST", "k2", []int{503, 503, 201}, nil, 201, [2]int32{3, 0}},
		{"a GET asks each address once about a 503", "GET", "", []int{503}, []int{503}, 503, [2]int32{1, 1}},
		{"a refusal is not asked again elsewhere", "POST", "k3", []int{409}, []int{201}, 409, [2]int32{1, 0}},
		{"a DELETE moves on from a 500", "DELETE", "", []int{500}, []int{204}, 204, [2]int32{1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			t.Parallel()
			var servidores [2]*servidor
			var bases []string
			for i, estados := range [][]int{tt.primero, tt.segundo} {
				if estados == nil {
					bases = append(bases, direccionMuerta(t))
					continue
				}
				servidores[i] = nuevoServidor(t, estados...)
				bases = append(bases, servidores[i].URL)
			}
			cabeceras := http.Header{}
			if tt.clave != "" {
				cabeceras.Set(CabeceraClave, tt.clave)
			}
			r, err := Nuevo(bases...).Enviar(t.Context(), Peticion{Metodo: tt.metodo, Ruta: "/x?a=1", Cabeceras: cabeceras,
				Cuerpo: []byte(`{"n":1}`), Plazos: Plazos{Intento: 200 * time.Millisecond, Total: 3 * time.Second}})
			if r.Estado != tt.estado || (tt.estado == 0) != (err != nil) {
				t.Fatalf("got status %d, error %v; want %d", r.Estado, err, tt.estado)
			}
			for i, s := range servidores {
				if s == nil {
					continue
				}
				if n := s.recibidas.Load(); n != tt.llegan[i] {
					t.Errorf("address %d got %d requests, want %d", i+1, n, tt.llegan[i])
				}
				for range s.recibidas.Load() {
					if clave := <-s.claves; clave != tt.clave {
						t.Errorf("address %d got key %q, want %q", i+1, clave, tt.clave)
					}
				}
			}
		})
	}
}

// pedir sends veces GETs, which all must be answered.
func pedir(t *testing.T, enlace *Enlace, veces int) {
	t.Helper()
	plazos := Plazos{Intento: 200 * time.Millisecond, Total: time.Second}
	for range veces {
		if _, err := enlace.Enviar(t.Context(), Peticion{Metodo: "GET", Ruta: "/", Plazos: plazos}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAddressesShareTheRequests(t *testing.T) {
	t.Parallel()
	uno, otro := nuevoServidor(t, 200), nuevoServidor(t, 200)
	pedir(t, Nuevo(uno.URL, otro.URL), 10)
	if a, b := uno.recibidas.Load(), otro.recibidas.Load(); a != 5 || b != 5 {
		t.Errorf("the addresses got %d and %d of 10 requests, want 5 each", a, b)
	}
}

func TestAnAddressThatFailedRestsUntilItIsReady(t *testing.T) {
	t.Parallel()
	for sentence, estado := range map[string]int{"frozen": 0, "without its database": 503} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			vivo, enfermo := nuevoServidor(t, 200), nuevoServidor(t, estado, 200)
			enlace := Nuevo(enfermo.URL, vivo.URL)
			limite := time.Now().Add(10 * time.Second)
			for pedir(t, enlace, 5); enfermo.examenes.Load() < 2; pedir(t, enlace, 1) {
				if time.Now().After(limite) {
					t.Fatal("the resting address was not examined twice")
				}
				time.Sleep(20 * time.Millisecond)
			}
			if n := enfermo.recibidas.Load(); n != 1 {
				t.Errorf("the address was asked %d times while it was not ready, want once", n)
			}
			if n := enlace.Reintentos(); n != 1 {
				t.Errorf("%d retries counted, want 1", n)
			}
			for enfermo.lista.Store(true); enfermo.recibidas.Load() == 1; pedir(t, enlace, 1) {
				if time.Now().After(limite) {
					t.Fatal("the address was ready again and was not asked")
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
}

func TestARequestWithoutTimeLeftSaysNothingOfTheAddress(t *testing.T) {
	t.Parallel()
	lento, otro := nuevoServidor(t, 0), nuevoServidor(t, 200)
	enlace := Nuevo(lento.URL, otro.URL)
	ctx, dejar := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer dejar()
	if _, err := enlace.Enviar(ctx, Peticion{Metodo: "GET", Ruta: "/", Plazos: Plazos{Intento: time.Second, Total: time.Second}}); err == nil {
		t.Fatal("a request without time left was answered")
	}
	for _, d := range enlace.direcciones {
		if d.descansa.Load() {
			t.Errorf("%s rests", d.base)
		}
	}
}

func TestARequestEndsWithinItsDeadline(t *testing.T) {
	t.Parallel()
	enlace := Nuevo(nuevoServidor(t, 0).URL, nuevoServidor(t, 503).URL)
	plazos := Plazos{Intento: 150 * time.Millisecond, Total: 600 * time.Millisecond}
	inicio := time.Now()
	_, err := enlace.Enviar(t.Context(), Peticion{Metodo: "POST", Ruta: "/", Cabeceras: http.Header{CabeceraClave: {"k"}}, Plazos: plazos})
	var sin *SinRespuesta
	if !errors.As(err, &sin) || !sin.Incierto {
		t.Errorf("got %v, want no answer and an uncertain outcome", err)
	}
	if duro := time.Since(inicio); duro < 400*time.Millisecond || duro > 1500*time.Millisecond {
		t.Errorf("took %s, want about %s", duro, plazos.Total)
	}
}

func TestWaitingRequestsAreBounded(t *testing.T) {
	t.Parallel()
	enlace := Nuevo(nuevoServidor(t, 503).URL)
	for range cupoDeEspera {
		enlace.cupo <- struct{}{}
	}
	inicio := time.Now()
	r, err := enlace.Enviar(context.Background(), Peticion{Metodo: "POST", Ruta: "/", Cabeceras: http.Header{CabeceraClave: {"k"}},
		Plazos: Plazos{Intento: time.Second, Total: 5 * time.Second}})
	if err != nil || r.Estado != 503 {
		t.Fatalf("got %d, %v; want the 503 as it came", r.Estado, err)
	}
	if duro := time.Since(inicio); duro > 2*time.Second {
		t.Errorf("waited %s though nobody else may wait", duro)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	var conexiones atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	s.Config.ConnState = func(_ net.Conn, estado http.ConnState) {
		if estado == http.StateNew {
			conexiones.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	enlace := Nuevo(s.URL)
	for range 20 {
		if _, err := enlace.Enviar(t.Context(), Peticion{Metodo: "GET", Ruta: "/", Plazos: Plazos{time.Second, time.Second}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := conexiones.Load(); n != 1 {
		t.Errorf("20 requests opened %d connections, want 1", n)
	}
}
