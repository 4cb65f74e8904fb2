package mariadb

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	orquestador "ticketflow/middleware_orquestador"
)

// Three misses in a row of a server that freezes just after an answer: 3 * 250 + 200 ms, under a second. The
// deadline is shorter than the interval, or each miss would push the next probe back.
const (
	intervaloSonda = 250 * time.Millisecond
	plazoSonda     = 200 * time.Millisecond
)

// Vigilar probes both servers until ctx ends; each on its own, so that a frozen one does not delay the other.
func (l *Lector) Vigilar(ctx context.Context) {
	listo := make(chan struct{})
	go func() {
		defer close(listo)
		repetir(ctx, func() { l.sondearReplica(ctx) })
	}()
	repetir(ctx, func() { l.sondearPrimario(ctx) })
	<-listo
}

func repetir(ctx context.Context, sondear func()) {
	reloj := time.NewTicker(intervaloSonda)
	defer reloj.Stop()
	for ctx.Err() == nil {
		sondear()
		select {
		case <-reloj.C:
		case <-ctx.Done():
		}
	}
}

func (l *Lector) sondearPrimario(ctx context.Context) {
	ctx, fin := context.WithTimeout(ctx, plazoSonda)
	defer fin()
	var uno int
	err := l.primario.sonda.QueryRowContext(ctx, "SELECT 1").Scan(&uno)
	antes := l.vigia.elegir().primera
	l.vigia.anotarPrimario(err == nil)
	l.avisarCambio(antes, err)
}

func (l *Lector) sondearReplica(ctx context.Context) {
	ctx, fin := context.WithTimeout(ctx, plazoSonda)
	defer fin()
	estado, err := leerReplicacion(ctx, l.replica.sonda)
	antes := l.vigia.elegir().primera
	l.vigia.anotarReplica(err == nil, estado, time.Now())
	l.avisarCambio(antes, err)
}

func (l *Lector) avisarCambio(antes orquestador.Fuente, err error) {
	if ahora := l.vigia.elegir().primera; ahora != antes {
		slog.Warn("cambió la fuente de lectura", "antes", antes, "ahora", ahora, "error", fmt.Sprint(err))
	}
}

// leerReplicacion asks a server for its replication threads; one that is nobody's replica has neither.
func leerReplicacion(ctx context.Context, base *sql.DB) (replicacion, error) {
	filas, err := base.QueryContext(ctx, "SHOW REPLICA STATUS")
	if err != nil {
		return replicacion{}, fmt.Errorf("ask for the replica's status: %w", err)
	}
	defer func() { _ = filas.Close() }()
	columnas, err := filas.Columns()
	if err != nil || !filas.Next() {
		return replicacion{}, filas.Err()
	}
	valores, destinos := make([]sql.NullString, len(columnas)), make([]any, len(columnas))
	for i := range valores {
		destinos[i] = &valores[i]
	}
	if err := filas.Scan(destinos...); err != nil {
		return replicacion{}, fmt.Errorf("read the replica's status: %w", err)
	}
	var r replicacion
	for i, columna := range columnas {
		switch columna {
		case "Slave_IO_Running":
			r.recibe = valores[i].String == "Yes" // "Connecting" is not receiving
		case "Slave_SQL_Running":
			r.aplica = valores[i].String == "Yes"
		case "Seconds_Behind_Master":
			segundos, _ := strconv.Atoi(valores[i].String) // NULL while it receives nothing
			r.retraso = time.Duration(segundos) * time.Second
		}
	}
	return r, filas.Err()
}
