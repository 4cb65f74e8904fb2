package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// intentosMaximos bounds how often a transaction that lost a deadlock starts again.
const intentosMaximos = 3

// tx is an open transaction. It begins, and takes its key if it has one, together with its first batch, to
// save round trips.
type tx struct {
	conn    *pgx.Conn
	llave   *llave
	abierta bool
}

func (t *tx) enviar(ctx context.Context, lote *pgx.Batch) error {
	if t.abierta {
		return t.conn.SendBatch(ctx, lote).Close()
	}
	t.abierta = true
	completo := &pgx.Batch{}
	completo.Queue("begin")
	if t.llave != nil {
		t.llave.pedir(completo)
	}
	completo.QueuedQueries = append(completo.QueuedQueries, lote.QueuedQueries...)
	err := t.conn.SendBatch(ctx, completo).Close()
	if t.llave != nil {
		return t.llave.veredicto(err)
	}
	return err
}

// transaccion does hacer and commits, all or nothing; hacer is done again after a deadlock. The client's
// context does not end it: a client that leaves must not cost a connection, or a COMMIT its answer.
func (b *Base) transaccion(ctx context.Context, hacer func(context.Context, *tx) error) error {
	ctx, fin := context.WithTimeout(context.WithoutCancel(ctx), plazoTrabajo)
	defer fin()
	for intento := 1; ; intento++ {
		err := b.intentar(ctx, hacer)
		if intento < intentosMaximos && esRepetible(err) {
			continue
		}
		return err
	}
}

func (b *Base) intentar(ctx context.Context, hacer func(context.Context, *tx) error) error {
	conn, err := b.adquirir(ctx)
	if err != nil {
		return err
	}
	hecho, empezado := false, time.Now()
	defer func() {
		if !hecho { // an error, or a panic: the slot must come back either way
			deshacer(conn)
		}
	}()
	if err := hacer(ctx, &tx{conn: conn.Conn()}); err != nil {
		if esAjena(err) {
			_ = conn.Conn().Close(ctx)
		}
		return b.fallo(conn, err)
	}
	b.ausencia.volvio(conn.Conn(), empezado)
	hecho = true
	return b.comprometer(conn)
}

// deshacer rolls back and gives the connection back; one that can't roll back is dropped by the pool.
func deshacer(conn *pgxpool.Conn) {
	defer conn.Release()
	if conn.Conn().IsClosed() || conn.Conn().PgConn().TxStatus() == 'I' {
		return
	}
	ctx, fin := context.WithTimeout(context.Background(), time.Second)
	defer fin()
	_, _ = conn.Conn().Exec(ctx, "rollback")
}
