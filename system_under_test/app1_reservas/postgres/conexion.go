package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// plazoConexion bounds one attempt at one node.
	plazoConexion = 2 * time.Second
	// conexionesMaximas leaves headroom: a slot is slow to come back from a node that froze.
	conexionesMaximas = 30
	conexionesOciosas = 4
)

// errSinCancelacion keeps pgx from ever sending a CancelRequest.
//
// pgx sends one by itself whenever a connection dies under it. If it hits a backend that waits in COMMIT for
// its synchronous standby, that backend stops waiting and the transaction stands on the primary alone: a
// failover then erases a sale that others may have seen. Cancels are dialled through the connection's own
// DialFunc, so a DialFunc that refuses once its connection is up makes them impossible. The server ends
// abandoned statements itself: lock_timeout, client_connection_check_interval.
var errSinCancelacion = errors.New("cancel requests are disabled: they would end the wait of a COMMIT")

// configurar is the pool's configuration: the DSN's, with what correctness here depends on.
func configurar(dsn string, nodos *nodos) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read POSTGRES_DSN: %w", err)
	}
	cfg.MaxConns, cfg.MinIdleConns = conexionesMaximas, conexionesOciosas
	cfg.PingTimeout, cfg.HealthCheckPeriod = time.Second, time.Second
	cfg.BeforeConnect = nodos.preparar
	cfg.BeforeClose = cortar
	cfg.ConnConfig.ConnectTimeout = plazoConexion
	cfg.ConnConfig.OnNotice = anotarAviso
	// Names are resolved by the dialer, within its deadline, and not beforehand without one.
	cfg.ConnConfig.LookupFunc = func(_ context.Context, nombre string) ([]string, error) { return []string{nombre}, nil }
	// Plans are made once a connection, and always by index: one made while a table is still empty would
	// read it whole, and go on doing so when it has grown. A plan that reads a table whole all the same is
	// priced beyond measure then, and would be compiled each time it runs: 250 ms for the catalogue's 9.
	//
	// No statement_timeout, ever: nothing on the server may end a COMMIT that waits for its standby.
	for nombre, valor := range map[string]string{
		"application_name":                    "app1",
		"timezone":                            "UTC",
		"synchronous_commit":                  "on",
		"default_transaction_isolation":       "read committed",
		"statement_timeout":                   "0",
		"lock_timeout":                        "1000",
		"idle_in_transaction_session_timeout": "5000",
		"client_connection_check_interval":    "1000",
		"plan_cache_mode":                     "force_generic_plan",
		"enable_seqscan":                      "off",
		"jit":                                 "off",
	} {
		cfg.ConnConfig.RuntimeParams[nombre] = valor
	}
	return cfg, nil
}

// cortar closes a dead connection's socket before the pool does: pgx would drain it for up to 15 s, and
// keep its slot all that time.
func cortar(conn *pgx.Conn) {
	if conn.IsClosed() {
		_ = conn.PgConn().Conn().Close()
	}
}

const avisoGrave = "aviso_grave"

// anotarAviso keeps a WARNING of the server with its connection. It is called by whoever reads from the
// connection, so there is no race.
func anotarAviso(conn *pgconn.PgConn, aviso *pgconn.Notice) {
	if aviso.SeverityUnlocalized == "WARNING" {
		conn.CustomData()[avisoGrave] = aviso.Message
	}
}

func olvidarAviso(conn *pgconn.PgConn) { delete(conn.CustomData(), avisoGrave) }

func avisoDe(conn *pgconn.PgConn) (string, bool) {
	texto, hay := conn.CustomData()[avisoGrave].(string)
	return texto, hay
}
