// Package mariadb reads tickets from the view entradas_publicas: from the primary, or from the replica
// while the primary is down.
//
// A read never finds out by waiting which server is dead: probes decide beforehand (see vigia), and a read
// that fails all the same tries the other server once.
package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	orquestador "ticketflow/middleware_orquestador"
)

const (
	plazoConexion = 500 * time.Millisecond
	plazoLectura  = time.Second
	plazoIntento  = 700 * time.Millisecond // of a whole query; leaves a page time for the other server
)

// servidor has a connection apart for its probe, which must not queue behind reads.
type servidor struct{ lecturas, sonda *sql.DB }

// Lector reads tickets.
type Lector struct {
	primario, replica servidor
	vigia             vigia
}

// Abrir takes the DSNs of both servers. It does not connect.
func Abrir(dsnPrimario, dsnReplica string) (*Lector, error) {
	primario, err := abrirServidor(dsnPrimario)
	if err != nil {
		return nil, fmt.Errorf("read MARIADB_PRIMARIO_DSN: %w", err)
	}
	replica, err := abrirServidor(dsnReplica)
	if err != nil {
		return nil, fmt.Errorf("read MARIADB_REPLICA_DSN: %w", err)
	}
	return &Lector{primario: primario, replica: replica}, nil
}

func abrirServidor(dsn string) (servidor, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return servidor{}, err
	}
	config.Timeout, config.ReadTimeout, config.WriteTimeout = plazoConexion, plazoLectura, plazoLectura
	config.ParseTime, config.Loc = true, time.UTC
	config.InterpolateParams = true // one round trip a read instead of two
	config.Logger = &mysql.NopLogger{}
	conector, err := mysql.NewConnector(config)
	if err != nil {
		return servidor{}, err
	}
	s := servidor{sql.OpenDB(conector), sql.OpenDB(conector)}
	s.lecturas.SetMaxOpenConns(32)
	s.lecturas.SetMaxIdleConns(16)
	s.lecturas.SetConnMaxIdleTime(time.Minute)
	s.sonda.SetMaxOpenConns(1)
	return s, nil
}

// Fuente is where a read would go now.
func (l *Lector) Fuente() orquestador.Fuente { return l.vigia.elegir().primera }

// RevisarPrimario is nil while the primary counts as up.
func (l *Lector) RevisarPrimario(context.Context) error {
	l.vigia.mu.Lock()
	defer l.vigia.mu.Unlock()
	if !l.vigia.primario.vive {
		return errors.New("no responde a las sondas")
	}
	return nil
}

// RevisarReplica is nil while the replica is up and follows its primary.
func (l *Lector) RevisarReplica(context.Context) error {
	l.vigia.mu.Lock()
	defer l.vigia.mu.Unlock()
	switch r := l.vigia.ultima; {
	case !l.vigia.replica.vive:
		return errors.New("no responde a las sondas")
	case !r.recibe || !r.aplica:
		return fmt.Errorf("no replica (recibe: %t, aplica: %t)", r.recibe, r.aplica)
	case r.retraso > retrasoMaximo:
		return fmt.Errorf("va %s atrás", r.retraso)
	}
	return nil
}

// Entradas reads the tickets of some orders, without their PDFs. The error is orquestador.ErrEmision.
func (l *Lector) Entradas(ctx context.Context, ids []string) (orquestador.LecturaEntradas, error) {
	entradas, origen, err := leer(ctx, l, func(ctx context.Context, base *sql.DB) (map[string]orquestador.EntradaPublica, error) {
		return consultarEntradas(ctx, base, ids)
	})
	return orquestador.LecturaEntradas{Fuente: origen.fuente, AlDia: origen.alDia, Entradas: entradas}, err
}

// PDF reads a ticket's PDF. It is ErrEnProceso when there is none yet, ErrEmision when that cannot be known.
func (l *Lector) PDF(ctx context.Context, ordenID string) ([]byte, orquestador.Fuente, error) {
	pdf, origen, err := leer(ctx, l, func(ctx context.Context, base *sql.DB) (pdf []byte, err error) {
		err = base.QueryRowContext(ctx, "SELECT pdf FROM entradas_publicas WHERE orden_id = ?", ordenID).Scan(&pdf)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		return pdf, err
	})
	switch {
	case err != nil:
		return nil, origen.fuente, err
	case pdf == nil && origen.alDia:
		return nil, origen.fuente, orquestador.ErrEnProceso
	case pdf == nil:
		return nil, origen.fuente, orquestador.ErrEmision
	}
	return pdf, origen.fuente, nil
}

type origen struct {
	fuente orquestador.Fuente
	alDia  bool
}

// leer asks the chosen server, and the other one once if that fails.
func leer[T any](ctx context.Context, l *Lector, consultar func(context.Context, *sql.DB) (T, error)) (T, origen, error) {
	var nada T
	var fallos []error
	eleccion := l.vigia.elegir()
	for _, fuente := range []orquestador.Fuente{eleccion.primera, eleccion.segunda} {
		if fuente == orquestador.FuenteNinguna {
			continue
		}
		valor, err := intentar(ctx, l.base(fuente), consultar)
		if err == nil {
			return valor, origen{fuente, fuente == orquestador.FuentePrimario || eleccion.replicaAlDia}, nil
		}
		fallos = append(fallos, fmt.Errorf("read tickets from %s: %w", fuente, err))
	}
	if fallos == nil {
		fallos = []error{errors.New("neither MariaDB server answers its probes")}
	}
	return nada, origen{fuente: orquestador.FuenteNinguna}, orquestador.ErrEmision.Por(errors.Join(fallos...))
}

func intentar[T any](ctx context.Context, base *sql.DB, consultar func(context.Context, *sql.DB) (T, error)) (T, error) {
	ctx, fin := context.WithTimeout(ctx, plazoIntento)
	defer fin()
	return consultar(ctx, base)
}

func (l *Lector) base(fuente orquestador.Fuente) *sql.DB {
	if fuente == orquestador.FuenteReplica {
		return l.replica.lecturas
	}
	return l.primario.lecturas
}

func consultarEntradas(ctx context.Context, base *sql.DB, ids []string) (map[string]orquestador.EntradaPublica, error) {
	parametros := make([]any, len(ids))
	for i, id := range ids {
		parametros[i] = id
	}
	filas, err := base.QueryContext(ctx, `
		SELECT orden_id, estado, folio, datos, total, creado_en, pdf_creado_en IS NOT NULL
		FROM entradas_publicas WHERE orden_id IN (?`+strings.Repeat(",?", len(ids)-1)+`)`, parametros...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = filas.Close() }()
	entradas := map[string]orquestador.EntradaPublica{}
	for filas.Next() {
		var e orquestador.EntradaPublica
		var datos []byte
		if err := filas.Scan(&e.OrdenID, &e.Estado, &e.Folio, &datos, &e.Total, &e.CreadoEn, &e.TienePDF); err != nil {
			return nil, err
		}
		e.Datos = datos
		entradas[e.OrdenID] = e
	}
	return entradas, filas.Err()
}
