package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	reservas "ticketflow/app1_reservas"
)

const sqlTomarRetencion = `
SELECT r.estado, r.asientos, r.cargo_servicio, r.total,
	date_trunc('milliseconds', clock_timestamp()),
	e.codigo, e.nombre, e.lugar, e.inicia_en, e.afecto_iva, e.rut_mandante
FROM reservas.retencion r JOIN reservas.evento e ON e.codigo = r.evento_codigo
WHERE r.id = $1 FOR UPDATE OF r`

// The hold's id is the fencing token: a seat that has gone to another hold does not match.
//
// folio_ticket needs neither a sequence (it would leave gaps and, after a failover, could repeat) nor a
// counter row (it would make all sales of an event queue for one lock, through the replicated COMMIT). It
// is the seat's ordinal within the event, 1..aforo: unique because the seat is sold once at a time. Each
// annulled sale of the seat moves its next one by aforo, into a range that no other seat reaches.
const sqlVenderAsientos = `
WITH vendido AS (
	UPDATE reservas.evento_asiento a
	SET estado = 'VENDIDO', orden_id = $2, expira_en = NULL, version = a.version + 1
	FROM reservas.retencion r
	WHERE r.id = $1 AND a.evento_codigo = r.evento_codigo AND a.asiento_id = ANY(r.asiento_ids)
		AND a.retencion_id = $1 AND a.estado = 'RETENIDO' AND a.expira_en > clock_timestamp()
	RETURNING a.evento_codigo, a.asiento_id, a.ventas_anuladas),
auditado AS (
	INSERT INTO reservas.auditoria_asiento (evento_codigo, asiento_id, de, a, retencion_id, orden_id, nodo)
	SELECT evento_codigo, asiento_id, 'RETENIDO', 'VENDIDO', $1, $2, $3 FROM vendido)
SELECT v.asiento_id, s.ordinal + v.ventas_anuladas * e.aforo, c.tipo_ticket
FROM vendido v
JOIN reservas.asiento s ON s.evento_codigo = v.evento_codigo AND s.id = v.asiento_id
JOIN reservas.sector c ON c.evento_codigo = s.evento_codigo AND c.nombre = s.sector
JOIN reservas.evento e ON e.codigo = v.evento_codigo`

const (
	sqlGuardarOrden = `INSERT INTO reservas.orden
		(id, clave_idem, retencion_id, evento_codigo, comprador, total, cargo_servicio, creada_en, documento)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	sqlGuardarVentas = `INSERT INTO reservas.venta_asiento
		(evento_codigo, asiento_id, orden_id, folio_ticket, precio, vendida_en)
		SELECT $1, v.asiento, $2, v.folio, v.precio, $3
		FROM unnest($4::bigint[], $5::bigint[], $6::bigint[]) AS v (asiento, folio, precio)`

	sqlConfirmarRetencion = `UPDATE reservas.retencion SET estado = 'CONFIRMADA' WHERE id = $1`

	sqlEncolarMensaje = `INSERT INTO reservas.bandeja_salida (mensaje_id, orden_id, tipo, cuerpo)
		VALUES ($1, $2, 'OrdenCreada', $3)`
)

// venta is an order in the making, with what only its message needs.
type venta struct {
	reservas.Orden
	estadoRetencion string
	afectoIVA       bool
	rutMandante     string
}

// Confirmar sells a hold's seats: order, sales, audit, message and idempotency key in one transaction.
func (b *Base) Confirmar(ctx context.Context, clave reservas.Clave, p reservas.PedidoConfirmacion) (reservas.Respuesta, error) {
	return b.conClave(ctx, clave, func(ctx context.Context, t *tx) ([]byte, *pgx.Batch, error) {
		v, err := b.vender(ctx, t, p)
		if err != nil {
			return nil, nil, err
		}
		cuerpo, err := json.Marshal(v.Orden)
		if err != nil {
			return nil, nil, fmt.Errorf("encode the order: %w", err)
		}
		escrituras, err := v.escrituras(clave, p, cuerpo)
		return cuerpo, escrituras, err
	})
}

// vender moves the hold's seats to VENDIDO, all of them or an error.
func (b *Base) vender(ctx context.Context, t *tx, p reservas.PedidoConfirmacion) (*venta, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("order id: %w", err)
	}
	v := &venta{Orden: reservas.Orden{ID: id, Estado: reservas.OrdenConfirmada, Comprador: p.Comprador}}
	vendidos := 0
	lote := &pgx.Batch{}
	lote.Queue(sqlTomarRetencion, p.RetencionID).QueryRow(func(fila pgx.Row) error {
		return siFalta(fila.Scan(&v.estadoRetencion, &v.Asientos, &v.CargoServicio, &v.Total, &v.CreadaEn.Time,
			&v.Evento.Codigo, &v.Evento.Nombre, &v.Evento.Lugar, &v.Evento.IniciaEn.Time, &v.afectoIVA,
			&v.rutMandante), reservas.ErrRetencionDesconocida)
	})
	lote.Queue(sqlBloquearSusAsientos, p.RetencionID)
	lote.Queue(sqlVenderAsientos, p.RetencionID, id, b.nodo).Query(func(filas pgx.Rows) (err error) {
		vendidos, err = v.numerar(filas)
		return err
	})
	if err := t.enviar(ctx, lote); err != nil {
		return nil, err
	}
	return v, rechazo(v.estadoRetencion, vendidos == len(v.Asientos))
}

// numerar gives each seat that was sold its ticket's number and type, and counts them.
func (v *venta) numerar(filas pgx.Rows) (int, error) {
	var asiento, folio int64
	var tipo string
	vendidos := 0
	_, err := pgx.ForEachRow(filas, []any{&asiento, &folio, &tipo}, func() error {
		i := slices.IndexFunc(v.Asientos, func(a reservas.AsientoVendido) bool { return a.ID == asiento })
		if i < 0 {
			return fmt.Errorf("seat %d was sold but is not in the hold's list", asiento)
		}
		v.Asientos[i].FolioTicket, v.Asientos[i].TipoTicket = folio, tipo
		vendidos++
		return nil
	})
	return vendidos, err
}

// rechazo says why a hold can't be confirmed, or nil.
func rechazo(estado string, completa bool) error {
	switch {
	case estado == reservas.RetencionConfirmada:
		return reservas.ErrRetencionConfirmada
	case estado == reservas.RetencionLiberada:
		return reservas.ErrRetencionLiberada
	case !completa:
		return reservas.ErrRetencionExpirada
	}
	return nil
}

// escrituras are the rows that record the sale.
func (v *venta) escrituras(clave reservas.Clave, p reservas.PedidoConfirmacion, documento []byte) (*pgx.Batch, error) {
	mensajeID, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("message id: %w", err)
	}
	var asientos, folios, precios []int64
	for _, a := range v.Asientos {
		asientos, folios, precios = append(asientos, a.ID), append(folios, a.FolioTicket), append(precios, a.Precio)
	}
	lote := &pgx.Batch{}
	lote.Queue(sqlGuardarOrden, v.ID, clave.Valor, p.RetencionID, v.Evento.Codigo, v.Comprador, v.Total,
		v.CargoServicio, v.CreadaEn.Time, documento)
	lote.Queue(sqlGuardarVentas, v.Evento.Codigo, v.ID, v.CreadaEn.Time, asientos, folios, precios)
	lote.Queue(sqlConfirmarRetencion, p.RetencionID)
	lote.Queue(sqlEncolarMensaje, mensajeID, v.ID, v.Mensaje(v.afectoIVA, v.rutMandante))
	return lote, nil
}

// Ordenes reads orders by id; the ids that are none come back as unknown, in the order asked.
func (b *Base) Ordenes(ctx context.Context, ids []uuid.UUID) (*reservas.Ordenes, error) {
	halladas := map[uuid.UUID]json.RawMessage{}
	err := b.leer(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		filas, err := conn.Query(ctx, `SELECT id, documento FROM reservas.orden WHERE id = ANY($1)`, ids)
		if err != nil {
			return err
		}
		var id uuid.UUID
		var documento json.RawMessage
		_, err = pgx.ForEachRow(filas, []any{&id, &documento}, func() error {
			halladas[id] = slices.Clone(documento)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	respuesta := &reservas.Ordenes{Ordenes: []json.RawMessage{}, Desconocidas: []uuid.UUID{}}
	for _, id := range ids {
		if documento, hay := halladas[id]; hay {
			respuesta.Ordenes = append(respuesta.Ordenes, documento)
		} else {
			respuesta.Desconocidas = append(respuesta.Desconocidas, id)
		}
	}
	return respuesta, nil
}
