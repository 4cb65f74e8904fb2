package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	reservas "ticketflow/app1_reservas"
)

// vidaDesprendida is how much longer an unanswered COMMIT is listened to. Hanging up afterwards does not
// end it: a backend that waits for its standby does not look at its client.
const vidaDesprendida = 30 * time.Second

// comprometer commits, and takes conn over. It returns nil only when the server says that the transaction
// is committed and raises no warning about it: then it is replicated as synchronous_commit asks.
func (b *Base) comprometer(conn *pgxpool.Conn) error {
	pg := conn.Conn()
	respuesta := make(chan error, 1)
	go func() { respuesta <- commit(pg) }()
	plazo := time.NewTimer(plazoCompromiso)
	defer plazo.Stop()
	var err error
	select {
	case err = <-respuesta:
		conn.Release()
	case <-plazo.C:
		err = desconocido(fmt.Errorf("COMMIT not answered in %s", plazoCompromiso))
		b.abandonar(conn, respuesta)
	}
	if errors.Is(err, reservas.ErrResultadoDesconocido) {
		b.desconocidos.Inc()
	}
	return err
}

// abandonar frees the slot of a connection whose COMMIT goes on, as long as not too many are outside
// already; beyond that the slot waits with it, and the pool's exhaustion is the backpressure.
func (b *Base) abandonar(conn *pgxpool.Conn, respuesta <-chan error) {
	enchufe := conn.Conn().PgConn().Conn()
	corte := time.AfterFunc(vidaDesprendida, func() { _ = enchufe.Close() })
	devolver := conn.Release
	select {
	case b.desprendidas <- struct{}{}:
		suelta := conn.Hijack()
		devolver = func() {
			_ = enchufe.Close()
			_ = suelta.Close(context.Background())
			<-b.desprendidas
		}
	default:
	}
	go func() {
		err := <-respuesta
		corte.Stop()
		slog.Warn("COMMIT tardío", "resultado", textoResultado(err))
		devolver()
	}()
}

// commit runs with no deadline and no cancel: to interrupt the wait would turn "not yet replicated" into
// "visible, and maybe lost".
func commit(conn *pgx.Conn) error {
	olvidarAviso(conn.PgConn())
	marca, err := conn.Exec(context.Background(), "commit")
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.SeverityUnlocalized == "ERROR":
		return traducir(err, !conn.IsClosed()) // refused before it was durable: after that, PostgreSQL panics
	case err != nil:
		return desconocido(err)
	case marca.String() != "COMMIT":
		return fmt.Errorf("COMMIT answered %q: a failed statement went unnoticed", marca)
	}
	// Any warning, in whatever language: the one that matters is "canceling wait for synchronous
	// replication", which comes with a success that a failover can undo.
	if aviso, hay := avisoDe(conn.PgConn()); hay {
		return desconocido(errors.New(aviso))
	}
	return nil
}

func desconocido(causa error) error { return reservas.ErrResultadoDesconocido.Por(causa) }

func textoResultado(err error) string {
	if err == nil {
		return "comprometido"
	}
	return err.Error()
}
