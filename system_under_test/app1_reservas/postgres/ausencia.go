package postgres

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// ausencia tells when the database is back after it was lost: one line of log, with the server that answered,
// so that a failover can be told step by step afterwards. It decides nothing.
type ausencia struct {
	desde atomic.Pointer[time.Time] // nil while all is well
}

// perdida notes a connection that broke, or could not be made.
func (a *ausencia) perdida() {
	ahora := time.Now()
	a.desde.CompareAndSwap(nil, &ahora)
}

// volvio notes work that succeeded. What began before the loss says nothing of after it.
func (a *ausencia) volvio(conn *pgx.Conn, empezado time.Time) {
	desde := a.desde.Load()
	if desde == nil || empezado.Before(*desde) || !a.desde.CompareAndSwap(desde, nil) {
		return
	}
	slog.Info("reconectado", servidor, conn.PgConn().CustomData()[servidor], "tras_ms", time.Since(*desde).Milliseconds())
}
