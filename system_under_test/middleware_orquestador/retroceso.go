package orquestador

import (
	"context"
	"math/rand/v2"
	"time"
)

// Retroceso gives the pauses between tries: each twice the one before, up to Tope, each drawn from its
// upper half so that instances which failed together do not come back together.
type Retroceso struct {
	Base, Tope time.Duration
	siguiente  time.Duration
}

// Pausa is how long to wait before the next try.
func (r *Retroceso) Pausa() time.Duration {
	if r.siguiente == 0 {
		r.siguiente = r.Base
	}
	pausa := min(r.siguiente, r.Tope)
	r.siguiente = min(2*pausa, r.Tope)
	return pausa/2 + rand.N(pausa/2+1)
}

// Reiniciar makes the next pause the shortest again.
func (r *Retroceso) Reiniciar() { r.siguiente = 0 }

// Dormir waits, and says false if ctx ended first.
func Dormir(ctx context.Context, pausa time.Duration) bool {
	if pausa <= 0 {
		return ctx.Err() == nil
	}
	reloj := time.NewTimer(pausa)
	defer reloj.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-reloj.C:
		return true
	}
}
