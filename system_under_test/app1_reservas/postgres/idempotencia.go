package postgres

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	reservas "ticketflow/app1_reservas"
)

// The key's own lock, held to the end of the transaction: two requests with one key never run at once.
// hashtextextended may collide: then one of two strangers is told to ask again.
const sqlTomarClave = `SELECT pg_try_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0))`

// A replay writes. Its COMMIT is acknowledged only when the standby has everything up to it, so the first
// answer's transaction too; a SELECT could show a commit that a failover is about to erase.
const sqlRepetir = `UPDATE reservas.idempotencia SET repeticiones = repeticiones + 1
	WHERE clave = $1 AND operacion = $2 RETURNING huella, cuerpo::text`

const sqlGuardarClave = `INSERT INTO reservas.idempotencia (clave, operacion, huella, cuerpo)
	VALUES ($1, $2, $3, $4)`

// conClave does hacer once per key. hacer gets the open transaction and returns the answer's body and the
// writes that complete it; the key's row goes with them, and so exists only if they do.
func (b *Base) conClave(ctx context.Context, clave reservas.Clave,
	hacer func(context.Context, *tx) ([]byte, *pgx.Batch, error)) (reservas.Respuesta, error) {
	var respuesta reservas.Respuesta
	err := b.transaccion(ctx, func(ctx context.Context, t *tx) error {
		cuerpo, err := repetir(ctx, t, clave)
		if err != nil || cuerpo != nil {
			respuesta = reservas.Respuesta{Cuerpo: cuerpo, Repetida: true}
			return err
		}
		cuerpo, escrituras, err := hacer(ctx, t)
		if err != nil {
			return err
		}
		respuesta = reservas.Respuesta{Cuerpo: cuerpo}
		escrituras.Queue(sqlGuardarClave, clave.Valor, clave.Operacion, clave.Huella[:], cuerpo)
		return t.enviar(ctx, escrituras)
	})
	if err != nil {
		return reservas.Respuesta{}, err
	}
	return respuesta, nil
}

// repetir takes the key, and returns its first answer, or nil when this is the first request.
func repetir(ctx context.Context, t *tx, clave reservas.Clave) ([]byte, error) {
	var tomada bool
	var huella, cuerpo []byte
	lote := &pgx.Batch{}
	lote.Queue(sqlTomarClave, clave.Valor, clave.Operacion).QueryRow(func(fila pgx.Row) error {
		return fila.Scan(&tomada)
	})
	// A statement of its own: it sees what the key's last holder committed.
	lote.Queue(sqlRepetir, clave.Valor, clave.Operacion).QueryRow(func(fila pgx.Row) error {
		return sinFilas(fila.Scan(&huella, &cuerpo))
	})
	if err := t.enviar(ctx, lote); err != nil {
		return nil, err
	}
	switch {
	case !tomada:
		return nil, reservas.ErrClaveEnCurso
	case cuerpo != nil && !bytes.Equal(huella, clave.Huella[:]):
		return nil, reservas.ErrClaveReutilizada
	}
	return cuerpo, nil
}

// sinFilas: no row is an answer too.
func sinFilas(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
