package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	reservas "ticketflow/app1_reservas"
	"ticketflow/comun"
)

// SQLSTATE codes that decide something here; named as in PostgreSQL's appendix A.
const (
	estadoSerializacion = "40001" // serialization_failure
	estadoInterbloqueo  = "40P01" // deadlock_detected
	estadoSoloLectura   = "25006" // read_only_sql_transaction: this node is no longer the primary
	estadoCerrojo       = "55P03" // lock_not_available: lock_timeout
	estadoCancelada     = "57014" // query_canceled, by an operator
	estadoInactiva      = "25P03" // idle_in_transaction_session_timeout
	estadoTextoInvalido = "22P02" // invalid_text_representation: here, a key that is taken
)

// clasesAusencia are the SQLSTATE classes of a database that can't serve now: connection, resources,
// operator intervention (shutdown, starting up), system error.
var clasesAusencia = []string{"08", "53", "57", "58"}

// traducir turns what the database did into what a client can act on. viva says whether the connection
// outlived the error: one that did not is trouble between here and the server, whatever its type.
func traducir(err error, viva bool) error {
	var propio *comun.Error
	if errors.As(err, &propio) {
		return err
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		// A deadline that ends between two statements leaves the connection whole.
		if viva && !errors.Is(err, context.DeadlineExceeded) {
			return err // ours: a scan, an encoding
		}
		return reservas.ErrServicioNoDisponible.Por(err)
	}
	pasajeros := []string{estadoSerializacion, estadoInterbloqueo, estadoSoloLectura, estadoCerrojo,
		estadoCancelada, estadoInactiva}
	if slices.Contains(clasesAusencia, pg.Code[:2]) || slices.Contains(pasajeros, pg.Code) {
		return reservas.ErrServicioNoDisponible.Por(err)
	}
	return err
}

// esRepetible: the server undid the transaction to let another one through.
func esRepetible(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == estadoSerializacion || pg.Code == estadoInterbloqueo)
}

// esAjena: the connection is healthy, but to a node that does not write any more.
func esAjena(err error) bool { return tieneEstado(err, estadoSoloLectura) }

func tieneEstado(err error, estado string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == estado
}
