package app1

import (
	"net/http"
	"testing"
	"time"

	"ticketflow/middleware_orquestador/enlace"
)

// What the portal waits for one address of the middleware (app3_portal/portal/configuracion.py).
const (
	portalPagina = 2 * time.Second
	portalCompra = 5 * time.Second
)

func TestAnAnswerLeavesBeforeThePortalStopsWaiting(t *testing.T) {
	t.Parallel()
	conClave := http.Header{enlace.CabeceraClave: {"k"}}
	tests := []struct {
		sentence  string
		cabeceras http.Header
		espera    time.Duration
	}{
		{"a page's data", http.Header{}, portalPagina},
		{"a hold or a purchase, which a failover may delay", conClave, portalCompra},
	}
	for _, tt := range tests {
		plazos := plazosDe(tt.cabeceras)
		if plazos.Total >= tt.espera {
			t.Errorf("%s: the answer may take %s, and the portal waits %s", tt.sentence, plazos.Total, tt.espera)
		}
		// app1 lives at two addresses, and the first may be frozen.
		if dos := 2 * plazos.Intento; dos > plazos.Total {
			t.Errorf("%s: two tries take %s of %s", tt.sentence, dos, plazos.Total)
		}
	}
}
