// Package postgres keeps the reservations in PostgreSQL.
//
//	adquirir -> begin + statements (one deadline) -> comprometer: COMMIT (no deadline the server can see)
//	                                                   |- answered: done, or surely not done
//	                                                   '- silent, warned, cut off: resultado_desconocido
//
// It promises that success is only reported for a COMMIT that the server acknowledged, replicated as its
// synchronous_commit says. It does not promise to know the fate of the others: the idempotency key does.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	reservas "ticketflow/app1_reservas"
)

const (
	// plazoTrabajo bounds getting a connection and all statements before COMMIT.
	plazoTrabajo = 2 * time.Second
	// plazoMigracion bounds one attempt to migrate: the primary may freeze in the middle of it.
	plazoMigracion = 2 * time.Minute
	// plazoCompromiso is how long a client waits for a COMMIT; the COMMIT itself goes on.
	plazoCompromiso = 4 * time.Second
	// desprendidasMaximas bounds the connections that left the pool with an unanswered COMMIT, so that a
	// long stall does not use up the server's max_connections.
	desprendidasMaximas = 20
)

// Base is the reservations' database: the pair's primary, wherever it is.
type Base struct {
	piscina      *pgxpool.Pool
	nodos        *nodos
	nodo         string
	duracion     time.Duration
	migrada      atomic.Bool
	catalogo     atomic.Pointer[reservas.Catalogo]
	desprendidas chan struct{}
	desconocidos prometheus.Counter
	ausencia     ausencia
}

// Opciones configure a Base.
type Opciones struct {
	DSN      string
	Nodo     string        // signs the audit rows
	Duracion time.Duration // of a hold
}

// Abrir prepares the pool; it needs no server yet. Mantener makes it usable.
func Abrir(o Opciones) (*Base, error) {
	nodos := nuevosNodos()
	cfg, err := configurar(o.DSN, nodos)
	if err != nil {
		return nil, err
	}
	piscina, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	return &Base{piscina: piscina, nodos: nodos, nodo: o.Nodo, duracion: o.Duracion,
		desprendidas: make(chan struct{}, desprendidasMaximas),
		desconocidos: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "reservas_resultado_desconocido_total", Help: "COMMIT cuyo resultado no se supo a tiempo.",
		})}, nil
}

// Cerrar waits for the connections in use and closes the pool.
func (b *Base) Cerrar() { b.piscina.Close() }

// Mantener migrates as soon as there is a primary, then keeps the catalogue fresh, until ctx ends.
func (b *Base) Mantener(ctx context.Context) {
	for ctx.Err() == nil {
		pausa := time.Second
		if err := b.ponerAlDia(ctx); err != nil {
			slog.WarnContext(ctx, "base de datos no disponible", "error", err.Error())
		} else {
			pausa = vigenciaCatalogo
		}
		select {
		case <-ctx.Done():
		case <-time.After(pausa):
		}
	}
}

func (b *Base) ponerAlDia(ctx context.Context) error {
	if !b.migrada.Load() {
		migracion, fin := context.WithTimeout(ctx, plazoMigracion)
		defer fin()
		if err := b.Migrar(migracion); err != nil {
			return err
		}
		b.migrada.Store(true)
	}
	return b.refrescarCatalogo(ctx)
}

// Revisar says whether the schema is there and a primary answers.
func (b *Base) Revisar(ctx context.Context) error {
	if !b.migrada.Load() || b.catalogo.Load() == nil {
		return errors.New("esquema o catálogo aún no listos")
	}
	var replica bool
	if err := b.piscina.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&replica); err != nil {
		return err
	}
	if replica {
		return errors.New("el nodo conectado no es el primario")
	}
	return nil
}

// Registrar publishes the pool's state as metrics.
func (b *Base) Registrar(r prometheus.Registerer) {
	medidor := func(nombre, ayuda string, valor func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: nombre, Help: ayuda}, valor)
	}
	r.MustRegister(b.desconocidos,
		medidor("reservas_conexiones", "Conexiones del pool.", func() float64 { return float64(b.piscina.Stat().TotalConns()) }),
		medidor("reservas_conexiones_en_uso", "Conexiones prestadas.", func() float64 { return float64(b.piscina.Stat().AcquiredConns()) }),
		medidor("reservas_conexiones_desprendidas", "Conexiones fuera del pool a la espera de su COMMIT.",
			func() float64 { return float64(len(b.desprendidas)) }))
}

// leer runs read-only work on a connection of its own, within plazoTrabajo. It sees what is committed on
// the primary: good to show, never a reason to report success.
func (b *Base) leer(ctx context.Context, hacer func(context.Context, *pgx.Conn) error) error {
	ctx, fin := context.WithTimeout(context.WithoutCancel(ctx), plazoTrabajo)
	defer fin()
	conn, err := b.adquirir(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	empezado := time.Now()
	if err := hacer(ctx, conn.Conn()); err != nil {
		return b.fallo(conn, err)
	}
	b.ausencia.volvio(conn.Conn(), empezado)
	return nil
}

// fallo translates what went wrong on a connection, and notes one that did not outlive it.
func (b *Base) fallo(conn *pgxpool.Conn, err error) error {
	viva := !conn.Conn().IsClosed()
	if !viva {
		b.ausencia.perdida()
	}
	return traducir(err, viva)
}

func (b *Base) adquirir(ctx context.Context) (*pgxpool.Conn, error) {
	if !b.migrada.Load() {
		return nil, reservas.ErrServicioNoDisponible
	}
	conn, err := b.piscina.Acquire(ctx)
	if err != nil {
		if b.piscina.Stat().AcquiredConns() < conexionesMaximas { // else all are in use, and none was wanting
			b.ausencia.perdida()
		}
		return nil, reservas.ErrServicioNoDisponible.Por(err)
	}
	return conn, nil
}
