package postgres

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketflow/app1_reservas/pgprueba"
)

// registro keeps what is logged; pools log from goroutines of their own.
type registro struct {
	mu     sync.Mutex
	lineas bytes.Buffer
}

func (r *registro) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lineas.Write(b)
}

// vueltas are the returns of the database that were logged.
func (r *registro) vueltas(t *testing.T) (halladas []string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for linea := range strings.Lines(r.lineas.String()) {
		var evento struct{ Msg, Servidor string }
		if err := json.Unmarshal([]byte(linea), &evento); err != nil {
			t.Fatalf("%q: %v", linea, err)
		}
		if evento.Msg == "reconectado" {
			halladas = append(halladas, evento.Servidor)
		}
	}
	return halladas
}

func anotarRegistro(t *testing.T) *registro {
	t.Helper()
	r := &registro{}
	antes := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(r, nil)))
	t.Cleanup(func() { slog.SetDefault(antes) })
	return r
}

func TestTheReturnOfALostDatabaseIsLoggedWithItsServer(t *testing.T) {
	reg := anotarRegistro(t)
	b, r := porRed(t, solo)
	retenida(t, b, "h", 100001)
	if v := reg.vueltas(t); len(v) != 0 {
		t.Fatalf("%v logged before anything was lost", v)
	}
	r.Bajar()
	esperar(t, "the loss to be met", func() bool { _, err := retener(t, b.Base, "k", 100002); return err != nil })
	if v := reg.vueltas(t); len(v) != 0 {
		t.Errorf("%v logged while the server was away", v)
	}
	r.Levantar(t)
	esperar(t, "the return to be logged", func() bool {
		_, _ = retener(t, b.Base, "k", 100002)
		return len(reg.vueltas(t)) > 0
	})
	if v := reg.vueltas(t); v[0] != r.Direccion {
		t.Errorf("back from %q", v[0])
	}
	for range 5 {
		_, _ = retener(t, b.Base, "k", 100002)
	}
	if v := reg.vueltas(t); len(v) != 1 {
		t.Errorf("logged %d times, want once", len(v))
	}
}

func TestWorkThatBeganBeforeTheLossIsNoReturn(t *testing.T) {
	reg := anotarRegistro(t)
	b := nuevoBanco(t, time.Minute)
	conn := pgprueba.Conectar(t, b.dsn)
	var a ausencia
	antes := time.Now()
	a.perdida()
	a.volvio(conn, antes)
	if v := reg.vueltas(t); len(v) != 0 {
		t.Errorf("%v logged", v)
	}
	a.volvio(conn, time.Now())
	a.volvio(conn, time.Now())
	if v := reg.vueltas(t); len(v) != 1 {
		t.Errorf("logged %d times, want once", len(v))
	}
}
