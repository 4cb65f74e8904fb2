package patroni

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// paciente waits longer than the real one, for slow machines.
func paciente(nodos map[string]string) *rest {
	r := nuevoRest(nodos)
	r.cliente.Timeout = 3 * time.Second
	return r
}

func TestAPatroniThatSaysAnythingLives(t *testing.T) {
	t.Parallel()
	muerto := nuevoFalso(t, "primary")
	muerto.Close()
	tests := []struct {
		sentence string
		nodo     *falso
		humor    int32
		vive     bool
	}{
		{"it answers", nuevoFalso(t, "primary"), sano, true},
		{"its PostgreSQL is in trouble: that is its own business", nuevoFalso(t, "primary"), enApuros, true},
		{"it is frozen: connections are taken and nothing is said", nuevoFalso(t, "primary"), congelado, false},
		{"it refuses connections", muerto, sano, false},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			t.Parallel()
			tt.nodo.humor.Store(tt.humor)
			r := paciente(map[string]string{"postgres1": tt.nodo.URL})
			if err := r.vive(t.Context(), "postgres1"); (err == nil) != tt.vive {
				t.Errorf("got %v, want alive %t", err, tt.vive)
			}
		})
	}
}

func TestOnlyNodesThatAnswerAreHeard(t *testing.T) {
	t.Parallel()
	lider, replica, helado := nuevoFalso(t, "primary"), nuevoFalso(t, "replica"), nuevoFalso(t, "replica")
	helado.humor.Store(congelado)
	r := paciente(map[string]string{"postgres1": lider.URL, "postgres2": replica.URL, "postgres3": helado.URL})
	hallados := r.otros(t.Context(), "postgres1")
	if len(hallados) != 1 || !hallados["postgres2"].esReplicaSana() {
		t.Errorf("got %+v, want only postgres2, a healthy replica", hallados)
	}
	if n := lider.pedidas.Load(); n != 0 {
		t.Errorf("the suspect was asked %d times about the others", n)
	}
}

func TestEveryProbeHasItsOwnConnection(t *testing.T) {
	t.Parallel()
	var conexiones atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, estado http.ConnState) {
		if estado == http.StateNew {
			conexiones.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	r := paciente(map[string]string{"postgres1": s.URL})
	for range 3 {
		if err := r.vive(t.Context(), "postgres1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := conexiones.Load(); n != 3 {
		t.Errorf("3 probes used %d connections", n)
	}
}

func TestAProbeOfAFrozenNodeEndsByItself(t *testing.T) {
	t.Parallel()
	helado := nuevoFalso(t, "primary")
	helado.humor.Store(congelado)
	r := nuevoRest(map[string]string{"postgres1": helado.URL})
	ctx, fin := context.WithTimeout(t.Context(), 30*time.Second)
	defer fin()
	if err := r.vive(ctx, "postgres1"); err == nil || ctx.Err() != nil {
		t.Errorf("got %v; want the probe's own deadline, not the test's", err)
	}
}
