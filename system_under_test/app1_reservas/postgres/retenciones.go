package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	reservas "ticketflow/app1_reservas"
)

// Rows are locked in one order by everybody, so that two requests never wait for each other in a circle.
const sqlBloquearAsientos = `SELECT FROM reservas.evento_asiento
	WHERE evento_codigo = $1 AND asiento_id = ANY($2) ORDER BY asiento_id FOR UPDATE`

// With the rows locked, this statement's snapshot shows them as they are. Fewer rows than seats asked for:
// the caller rolls back. clock_timestamp() and not now(), which is when the transaction began.
const sqlRetener = `
WITH plazo AS MATERIALIZED (
	SELECT date_trunc('milliseconds', clock_timestamp() + $4::interval) AS hasta),
tomado AS (
	UPDATE reservas.evento_asiento a
	SET estado = 'RETENIDO', retencion_id = $3, expira_en = plazo.hasta, version = a.version + 1
	FROM reservas.evento_asiento antes, plazo
	WHERE a.evento_codigo = $1 AND a.asiento_id = ANY($2)
		AND antes.evento_codigo = a.evento_codigo AND antes.asiento_id = a.asiento_id
		AND (a.estado = 'DISPONIBLE' OR (a.estado = 'RETENIDO' AND a.expira_en <= clock_timestamp()))
	RETURNING a.asiento_id, a.expira_en, antes.estado AS de),
auditado AS (
	INSERT INTO reservas.auditoria_asiento (evento_codigo, asiento_id, de, a, retencion_id, nodo)
	SELECT $1, asiento_id, de, 'RETENIDO', $3, $5 FROM tomado)
SELECT s.id, s.sector, s.fila, s.numero, c.precio, e.cargo_porcentaje, t.expira_en
FROM tomado t
JOIN reservas.asiento s ON s.evento_codigo = $1 AND s.id = t.asiento_id
JOIN reservas.sector c ON c.evento_codigo = $1 AND c.nombre = s.sector
JOIN reservas.evento e ON e.codigo = $1
ORDER BY s.id`

const sqlGuardarRetencion = `INSERT INTO reservas.retencion
	(id, evento_codigo, sesion, asiento_ids, asientos, cargo_servicio, total, expira_en)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// Retener holds all seats of the request for a session, or none.
func (b *Base) Retener(ctx context.Context, clave reservas.Clave, p reservas.PedidoRetencion) (reservas.Respuesta, error) {
	if _, err := b.evento(p.Evento); err != nil {
		return reservas.Respuesta{}, err
	}
	return b.conClave(ctx, clave, func(ctx context.Context, t *tx) ([]byte, *pgx.Batch, error) {
		retencion, err := b.tomarAsientos(ctx, t, p)
		if err != nil {
			return nil, nil, err
		}
		cuerpo, err := json.Marshal(retencion)
		if err != nil {
			return nil, nil, fmt.Errorf("encode the hold: %w", err)
		}
		escrituras := &pgx.Batch{}
		escrituras.Queue(sqlGuardarRetencion, retencion.ID, p.Evento, p.Sesion, p.Asientos, retencion.Asientos,
			retencion.CargoServicio, retencion.Total, retencion.ExpiraEn.Time)
		return cuerpo, escrituras, nil
	})
}

func (b *Base) tomarAsientos(ctx context.Context, t *tx, p reservas.PedidoRetencion) (*reservas.Retencion, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("hold id: %w", err)
	}
	retencion := &reservas.Retencion{ID: id, Evento: p.Evento}
	var cargoPorcentaje int64
	lote := &pgx.Batch{}
	lote.Queue(sqlBloquearAsientos, p.Evento, p.Asientos)
	lote.Queue(sqlRetener, p.Evento, p.Asientos, id, b.duracion, b.nodo).Query(func(filas pgx.Rows) error {
		var a reservas.AsientoRetenido
		_, err := pgx.ForEachRow(filas, []any{&a.ID, &a.Sector, &a.Fila, &a.Numero, &a.Precio,
			&cargoPorcentaje, &retencion.ExpiraEn.Time}, func() error {
			retencion.Asientos = append(retencion.Asientos, a)
			return nil
		})
		return err
	})
	if err := t.enviar(ctx, lote); err != nil {
		return nil, err
	}
	if faltan := retencion.Faltantes(p.Asientos); len(faltan) > 0 {
		return nil, reservas.AsientosNoDisponibles(faltan)
	}
	retencion.Sumar(cargoPorcentaje)
	return retencion, nil
}

// The clock decides whether an active hold still is one.
const sqlLeerRetencion = `
SELECT evento_codigo, asientos, cargo_servicio, total, expira_en,
	CASE WHEN estado = 'ACTIVA' AND expira_en <= clock_timestamp() THEN 'EXPIRADA' ELSE estado END
FROM reservas.retencion WHERE id = $1`

// Retencion reads a hold.
func (b *Base) Retencion(ctx context.Context, id uuid.UUID) (*reservas.Retencion, error) {
	r := &reservas.Retencion{ID: id}
	err := b.leer(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sqlLeerRetencion, id).Scan(&r.Evento, &r.Asientos, &r.CargoServicio,
			&r.Total, &r.ExpiraEn.Time, &r.Estado)
	})
	return r, siFalta(err, reservas.ErrRetencionDesconocida)
}

// The hold's row first, then its seats in order: the order in which a confirmation takes them.
const (
	sqlBloquearRetencion = `SELECT estado FROM reservas.retencion WHERE id = $1 FOR UPDATE`

	sqlBloquearSusAsientos = `SELECT FROM reservas.evento_asiento a
		JOIN reservas.retencion r ON r.evento_codigo = a.evento_codigo AND a.asiento_id = ANY(r.asiento_ids)
		WHERE r.id = $1 ORDER BY a.asiento_id FOR UPDATE OF a`

	sqlSoltarAsientos = `
	WITH suelto AS (
		UPDATE reservas.evento_asiento a
		SET estado = 'DISPONIBLE', retencion_id = NULL, expira_en = NULL, version = a.version + 1
		FROM reservas.retencion r
		WHERE r.id = $1 AND a.evento_codigo = r.evento_codigo AND a.asiento_id = ANY(r.asiento_ids)
			AND a.retencion_id = $1 AND a.estado = 'RETENIDO'
		RETURNING a.evento_codigo, a.asiento_id)
	INSERT INTO reservas.auditoria_asiento (evento_codigo, asiento_id, de, a, retencion_id, nodo)
	SELECT evento_codigo, asiento_id, 'RETENIDO', 'DISPONIBLE', $1, $2 FROM suelto`

	// Also when it was released before: the answer rests on a write that is acknowledged now.
	sqlLiberarRetencion = `UPDATE reservas.retencion SET estado = 'LIBERADA'
		WHERE id = $1 AND estado <> 'CONFIRMADA'`
)

// Liberar gives a hold's seats back. To do it again changes nothing; a confirmed hold is refused.
func (b *Base) Liberar(ctx context.Context, id uuid.UUID) error {
	return b.transaccion(ctx, func(ctx context.Context, t *tx) error {
		var estado string
		lote := &pgx.Batch{}
		lote.Queue(sqlBloquearRetencion, id).QueryRow(func(fila pgx.Row) error {
			return siFalta(fila.Scan(&estado), reservas.ErrRetencionDesconocida)
		})
		lote.Queue(sqlBloquearSusAsientos, id)
		lote.Queue(sqlSoltarAsientos, id, b.nodo)
		lote.Queue(sqlLiberarRetencion, id)
		if err := t.enviar(ctx, lote); err != nil {
			return err
		}
		if estado == reservas.RetencionConfirmada {
			return reservas.ErrRetencionConfirmada
		}
		return nil
	})
}

// siFalta gives "no such row" its name in the domain.
func siFalta(err, ausencia error) error {
	if err != nil && sinFilas(err) == nil {
		return ausencia
	}
	return err
}
