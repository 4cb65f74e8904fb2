package postgres

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	reservas "ticketflow/app1_reservas"
)

// The key's own lock, held to the end of the transaction: two requests with one key never run at once. A key
// that is taken is an error, so that the server skips what was sent with it: the work must neither wait for the
// key's holder nor run beside it. hashtextextended may collide: then one of two strangers is told to ask again.
const sqlTomarClave = `SELECT (CASE WHEN pg_try_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0))
	THEN 'true' ELSE 'clave en curso' END)::bool`

// A replay writes. Its COMMIT is acknowledged only when the standby has everything up to it, so the first
// answer's transaction too; a SELECT could show a commit that a failover is about to erase.
const sqlRepetir = `UPDATE reservas.idempotencia SET repeticiones = repeticiones + 1
	WHERE clave = $1 AND operacion = $2 RETURNING huella, cuerpo::text`

const sqlGuardarClave = `INSERT INTO reservas.idempotencia (clave, operacion, huella, cuerpo)
	VALUES ($1, $2, $3, $4)`

// errRepetida: the key has an answer already, and the work that went with the question must be undone.
var errRepetida = errors.New("the key has been answered before")

// conClave does hacer once per key. hacer gets the open transaction and returns the answer's body and the
// writes that complete it; the key's row goes with them, and so exists only if they do.
//
// A key is nearly always new, so the question goes in one round trip with the work's first statements. A
// replay, where they did not belong, is rolled back whole and answered by a transaction of its own.
func (b *Base) conClave(ctx context.Context, clave reservas.Clave,
	hacer func(context.Context, *tx) ([]byte, *pgx.Batch, error)) (reservas.Respuesta, error) {
	var respuesta reservas.Respuesta
	err := b.transaccion(ctx, func(ctx context.Context, t *tx) error {
		t.llave = &llave{clave: clave}
		cuerpo, escrituras, err := hacer(ctx, t)
		if err != nil {
			return err
		}
		respuesta = reservas.Respuesta{Cuerpo: cuerpo}
		escrituras.Queue(sqlGuardarClave, clave.Valor, clave.Operacion, clave.Huella[:], cuerpo)
		return t.enviar(ctx, escrituras)
	})
	switch {
	case errors.Is(err, errRepetida):
		return b.repetir(ctx, clave)
	case err != nil:
		return reservas.Respuesta{}, err
	}
	return respuesta, nil
}

// repetir gives a key's first answer, on a write of its own.
func (b *Base) repetir(ctx context.Context, clave reservas.Clave) (reservas.Respuesta, error) {
	var cuerpo []byte
	err := b.transaccion(ctx, func(ctx context.Context, t *tx) error {
		t.llave = &llave{clave: clave}
		err := t.enviar(ctx, &pgx.Batch{})
		cuerpo = t.llave.cuerpo
		switch {
		case errors.Is(err, errRepetida):
			return nil
		case err == nil: // the node that had it is no longer the primary
			return reservas.ErrServicioNoDisponible
		}
		return err
	})
	if err != nil {
		return reservas.Respuesta{}, err
	}
	return reservas.Respuesta{Cuerpo: cuerpo, Repetida: true}, nil
}

// llave is a key as an open transaction finds it: taken or not, and the first answer if it has one.
type llave struct {
	clave          reservas.Clave
	tomada         bool
	huella, cuerpo []byte
}

// pedir queues the question; veredicto reads its answer, whatever became of the statements behind it.
func (l *llave) pedir(lote *pgx.Batch) {
	lote.Queue(sqlTomarClave, l.clave.Valor, l.clave.Operacion).QueryRow(func(fila pgx.Row) error {
		return fila.Scan(&l.tomada)
	})
	// A statement of its own: it sees what the key's last holder committed.
	lote.Queue(sqlRepetir, l.clave.Valor, l.clave.Operacion).QueryRow(func(fila pgx.Row) error {
		return sinFilas(fila.Scan(&l.huella, &l.cuerpo))
	})
}

// veredicto is err, the batch's, unless the key decides. A replay may also have failed at the work, on a lock
// that somebody else has: it needs none of it.
func (l *llave) veredicto(err error) error {
	switch {
	case l.cuerpo != nil && !bytes.Equal(l.huella, l.clave.Huella[:]):
		return reservas.ErrClaveReutilizada
	case l.cuerpo != nil:
		return errRepetida
	case !l.tomada && tieneEstado(err, estadoTextoInvalido):
		return reservas.ErrClaveEnCurso
	}
	return err
}

// sinFilas: no row is an answer too.
func sinFilas(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
