package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	reservas "ticketflow/app1_reservas"
)

// vigenciaCatalogo is how old the catalogue in memory may get while the database answers; while it does
// not, the last one read goes on being served.
const vigenciaCatalogo = 5 * time.Second

const sqlCatalogo = `
SELECT (SELECT version FROM reservas.catalogo), e.codigo, e.nombre, e.lugar, e.inicia_en, e.afecto_iva,
	e.rut_mandante, s.nombre, s.precio,
	(SELECT count(*) FROM reservas.asiento a WHERE a.evento_codigo = s.evento_codigo AND a.sector = s.nombre)
FROM reservas.evento e JOIN reservas.sector s ON s.evento_codigo = e.codigo
ORDER BY e.codigo, s.orden`

// Catalogo is the last catalogue that was read.
func (b *Base) Catalogo() (*reservas.Catalogo, error) {
	if catalogo := b.catalogo.Load(); catalogo != nil {
		return catalogo, nil
	}
	return nil, reservas.ErrServicioNoDisponible
}

func (b *Base) evento(codigo string) (*reservas.Evento, error) {
	catalogo, err := b.Catalogo()
	if err != nil {
		return nil, err
	}
	return catalogo.Evento(codigo)
}

func (b *Base) refrescarCatalogo(ctx context.Context) error {
	catalogo := &reservas.Catalogo{Eventos: []reservas.Evento{}}
	err := b.leer(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		filas, err := conn.Query(ctx, sqlCatalogo)
		if err != nil {
			return err
		}
		var e reservas.Evento
		var s reservas.Sector
		_, err = pgx.ForEachRow(filas, []any{&catalogo.Version, &e.Codigo, &e.Nombre, &e.Lugar,
			&e.IniciaEn.Time, &e.AfectoIVA, &e.RUTMandante, &s.Nombre, &s.Precio, &s.Capacidad}, func() error {
			if n := len(catalogo.Eventos); n == 0 || catalogo.Eventos[n-1].Codigo != e.Codigo {
				catalogo.Eventos = append(catalogo.Eventos, e)
			}
			ultimo := &catalogo.Eventos[len(catalogo.Eventos)-1]
			ultimo.Sectores = append(ultimo.Sectores, s)
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("read the catalogue: %w", err)
	}
	b.catalogo.Store(catalogo)
	return nil
}

const sqlDisponibles = `
SELECT sector, count(*) FROM reservas.evento_asiento
WHERE evento_codigo = $1
	AND (estado = 'DISPONIBLE' OR (estado = 'RETENIDO' AND expira_en <= statement_timestamp()))
GROUP BY sector`

// Disponibilidad counts an event's free seats by sector.
func (b *Base) Disponibilidad(ctx context.Context, codigo string) (*reservas.Disponibilidad, error) {
	evento, err := b.evento(codigo)
	if err != nil {
		return nil, err
	}
	libres := map[string]int{}
	err = b.leer(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		filas, err := conn.Query(ctx, sqlDisponibles, codigo)
		if err != nil {
			return err
		}
		var sector string
		var n int
		_, err = pgx.ForEachRow(filas, []any{&sector, &n}, func() error {
			libres[sector] = n
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	d := &reservas.Disponibilidad{Evento: codigo, Sectores: make([]reservas.SectorDisponible, len(evento.Sectores))}
	for i, s := range evento.Sectores {
		d.Sectores[i] = reservas.SectorDisponible{Sector: s, Disponibles: libres[s.Nombre]}
	}
	return d, nil
}

const sqlMapa = `
SELECT a.id, a.fila, a.numero,
	CASE WHEN e.estado = 'RETENIDO' AND e.expira_en <= statement_timestamp() THEN 'DISPONIBLE' ELSE e.estado END
FROM reservas.asiento a JOIN reservas.evento_asiento e ON e.evento_codigo = a.evento_codigo AND e.asiento_id = a.id
WHERE e.evento_codigo = $1 AND e.sector = $2 AND a.evento_codigo = $1 AND a.sector = $2
ORDER BY a.ordinal`

// Mapa is a sector's seats with their state, row by row.
func (b *Base) Mapa(ctx context.Context, codigo, nombre string) (*reservas.Mapa, error) {
	evento, err := b.evento(codigo)
	if err != nil {
		return nil, err
	}
	sector, err := evento.Sector(nombre)
	if err != nil {
		return nil, err
	}
	mapa := &reservas.Mapa{Evento: codigo, Sector: nombre, Precio: sector.Precio,
		Asientos: make([]reservas.AsientoMapa, 0, sector.Capacidad)}
	err = b.leer(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		filas, err := conn.Query(ctx, sqlMapa, codigo, nombre)
		if err != nil {
			return err
		}
		var a reservas.AsientoMapa
		_, err = pgx.ForEachRow(filas, []any{&a.ID, &a.Fila, &a.Numero, &a.Estado}, func() error {
			mapa.Asientos = append(mapa.Asientos, a)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return mapa, nil
}
