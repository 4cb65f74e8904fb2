package patroni

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// Moods of a false Patroni.
const (
	sano      int32 = iota // answers
	enApuros               // answers 503: PostgreSQL is not well, Patroni is
	congelado              // takes connections and says nothing, as docker pause
)

// falso is the REST API of one node.
type falso struct {
	*httptest.Server
	humor   atomic.Int32
	rol     atomic.Value
	pedidas atomic.Int32
}

func nuevoFalso(t *testing.T, rol string) *falso {
	t.Helper()
	f := &falso{}
	f.rol.Store(rol)
	f.Server = httptest.NewServer(http.HandlerFunc(f.contestar))
	t.Cleanup(f.Close)
	return f
}

func (f *falso) contestar(w http.ResponseWriter, r *http.Request) {
	f.pedidas.Add(1)
	switch f.humor.Load() {
	case congelado:
		<-r.Context().Done()
		return
	case enApuros:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = fmt.Fprintf(w, `{"state":"running","role":%q,"timeline":1,"patroni":{"version":"4.1.5","scope":"tf"}}`, f.rol.Load())
}
