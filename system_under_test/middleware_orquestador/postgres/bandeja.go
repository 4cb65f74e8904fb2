// Package postgres reads and marks app1's outbox, reservas.bandeja_salida, on whichever server of the pair
// is the primary now.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	orquestador "ticketflow/middleware_orquestador"
)

const (
	// plazoSentencia: a frozen primary keeps its TCP connections alive; only a deadline frees us.
	plazoSentencia = 3 * time.Second
	plazoCommit    = 5 * time.Second
	soloLectura    = "25006" // read_only_sql_transaction: this server was demoted
)

// Bandeja is the outbox. It connects when it is first used, and again after every failover.
type Bandeja struct{ conexiones *pgxpool.Pool }

// Abrir takes a DSN that may name several hosts with target_session_attrs=primary. It does not connect.
func Abrir(ctx context.Context, dsn string) (*Bandeja, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read POSTGRES_DSN: %w", err)
	}
	config.MaxConns = max(config.MaxConns, 8) // a connection to a dead server holds its slot for a while
	config.PingTimeout = time.Second
	config.HealthCheckPeriod = time.Second
	config.ConnConfig.ConnectTimeout = 2 * time.Second
	parametros := config.ConnConfig.RuntimeParams
	parametros["application_name"] = "middleware-relevo"
	parametros["statement_timeout"] = "3000"
	// Should this process freeze with rows locked, the other instance gets them after this.
	parametros["idle_in_transaction_session_timeout"] = "15000"
	conexiones, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("prepare the PostgreSQL pool: %w", err)
	}
	return &Bandeja{conexiones: conexiones}, nil
}

// Cerrar closes the connections.
func (b *Bandeja) Cerrar() { b.conexiones.Close() }

// Revisar is nil when a primary answers.
func (b *Bandeja) Revisar(ctx context.Context) error { return b.conexiones.Ping(ctx) }

// Pendientes counts what waits to be published.
func (b *Bandeja) Pendientes(ctx context.Context) (orquestador.Pendientes, error) {
	ctx, fin := context.WithTimeout(ctx, plazoSentencia)
	defer fin()
	var p orquestador.Pendientes
	var desde *time.Time
	err := b.conexiones.QueryRow(ctx,
		`SELECT count(*), min(creado_en) FROM reservas.bandeja_salida WHERE confirmado_en IS NULL`).Scan(&p.Cantidad, &desde)
	if desde != nil {
		p.MasAntiguo = *desde
	}
	return p, b.revisarServidor(err)
}

// EntregarLote implements orquestador.Bandeja.
func (b *Bandeja) EntregarLote(ctx context.Context, limite int,
	publicar func(context.Context, []orquestador.Mensaje) []orquestador.Desenlace) (orquestador.Lote, error) {
	if err := ctx.Err(); err != nil {
		return orquestador.Lote{}, err
	}
	lote, err := b.entregar(ctx, limite, publicar)
	return lote, b.revisarServidor(err)
}

func (b *Bandeja) entregar(ctx context.Context, limite int,
	publicar func(context.Context, []orquestador.Mensaje) []orquestador.Desenlace) (orquestador.Lote, error) {
	var lote orquestador.Lote
	// From here to the mark SIGTERM must not interrupt: what was published has to be written down.
	base := context.WithoutCancel(ctx)
	tx, err := b.comenzar(base)
	if err != nil {
		return lote, err
	}
	defer deshacer(base, tx)
	mensajes, err := tomar(base, tx, limite)
	if err != nil || len(mensajes) == 0 {
		return lote, err
	}
	publicadoEn, err := b.esperarReplica(base)
	if err != nil {
		return lote, err
	}
	desenlaces := publicar(ctx, mensajes)
	lote = orquestador.ContarLote(desenlaces)
	if err := marcar(base, tx, mensajes, desenlaces, publicadoEn); err != nil {
		return lote, err
	}
	// A COMMIT that fails or is cut short leaves rows unpublished: they go out again, which app2 tolerates.
	ctxCommit, fin := context.WithTimeout(base, plazoCommit)
	defer fin()
	if err := tx.Commit(ctxCommit); err != nil {
		return lote, fmt.Errorf("commit the published messages: %w", err)
	}
	return lote, nil
}

func (b *Bandeja) comenzar(ctx context.Context) (pgx.Tx, error) {
	ctx, fin := context.WithTimeout(ctx, plazoSentencia)
	defer fin()
	tx, err := b.conexiones.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin on the outbox: %w", err)
	}
	return tx, nil
}

func deshacer(ctx context.Context, tx pgx.Tx) {
	ctx, fin := context.WithTimeout(ctx, time.Second)
	defer fin()
	_ = tx.Rollback(ctx) // after a commit it does nothing; on a dead connection the server rolls back
}

// tomar locks the oldest unpublished rows that no other instance holds.
func tomar(ctx context.Context, tx pgx.Tx, limite int) ([]orquestador.Mensaje, error) {
	ctx, fin := context.WithTimeout(ctx, plazoSentencia)
	defer fin()
	filas, err := tx.Query(ctx, `
		SELECT id, mensaje_id::text, orden_id::text, cuerpo::text FROM reservas.bandeja_salida
		WHERE confirmado_en IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`, limite)
	if err != nil {
		return nil, fmt.Errorf("take messages: %w", err)
	}
	mensajes, err := pgx.CollectRows(filas, func(fila pgx.CollectableRow) (m orquestador.Mensaje, err error) {
		return m, fila.Scan(&m.ID, &m.MensajeID, &m.OrdenID, &m.Cuerpo)
	})
	if err != nil {
		return nil, fmt.Errorf("take messages: %w", err)
	}
	return mensajes, nil
}

// esperarReplica commits a small record of its own and returns its time. With synchronous replication that
// commit returns only when the standby has everything before it, the rows just taken included. Without it, a
// row whose COMMIT was cut short could be visible here, published, and then erased by a failover: a ticket
// for an order that does not exist.
func (b *Bandeja) esperarReplica(ctx context.Context) (instante time.Time, err error) {
	ctx, fin := context.WithTimeout(ctx, plazoSentencia)
	defer fin()
	err = b.conexiones.QueryRow(ctx,
		`SELECT clock_timestamp() FROM pg_logical_emit_message(true, 'ticketflow', 'relevo')`).Scan(&instante)
	if err != nil {
		return instante, fmt.Errorf("wait for the standby before publishing: %w", err)
	}
	return instante, nil
}

// marcar counts the try on every row and dates the confirmed ones.
func marcar(ctx context.Context, tx pgx.Tx, mensajes []orquestador.Mensaje, desenlaces []orquestador.Desenlace, publicadoEn time.Time) error {
	ctx, fin := context.WithTimeout(ctx, plazoSentencia)
	defer fin()
	todos, confirmados := make([]int64, len(mensajes)), []int64{}
	for i, m := range mensajes {
		todos[i] = m.ID
		if desenlaces[i] == orquestador.Confirmado {
			confirmados = append(confirmados, m.ID)
		}
	}
	_, err := tx.Exec(ctx, `
		UPDATE reservas.bandeja_salida SET intentos = intentos + 1,
		       publicado_en  = CASE WHEN id = ANY($2) THEN $3::timestamptz END,
		       confirmado_en = CASE WHEN id = ANY($2) THEN clock_timestamp() END
		WHERE id = ANY($1)`, todos, confirmados, publicadoEn)
	if err != nil {
		return fmt.Errorf("mark %d published messages: %w", len(confirmados), err)
	}
	return nil
}

// revisarServidor drops all connections when the server behind them froze or was demoted, so that the next
// use looks for the primary again. It returns err as it is.
func (b *Bandeja) revisarServidor(err error) error {
	var deServidor *pgconn.PgError
	demovido := errors.As(err, &deServidor) && deServidor.Code == soloLectura
	if demovido || errors.Is(err, context.DeadlineExceeded) {
		b.conexiones.Reset()
	}
	return err
}
