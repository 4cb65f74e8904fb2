package postgres

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// servidor is the key under which a connection keeps the address that it was made to.
const servidor = "servidor"

// paciencia is how long a node may owe an answer before the others are asked first.
const paciencia = 300 * time.Millisecond

// nodos remembers which nodes of the DSN leave attempts unanswered. A frozen node accepts the TCP
// connection and then says nothing, so each attempt there costs plazoConexion: with the DSN's fixed order
// every new connection would go on paying that, long after the failover.
//
//	preparar: patient order of nodes -> DialFunc: the node owes an answer -> ValidateConnect: it gave one
type nodos struct {
	mu    sync.Mutex
	deben map[string]time.Time // address -> since when it owes an answer
	reloj func() time.Time
}

func nuevosNodos() *nodos {
	return &nodos{deben: map[string]time.Time{}, reloj: time.Now}
}

// preparar gets a connection's own copy of the configuration just before it connects.
func (n *nodos) preparar(_ context.Context, cfg *pgx.ConnConfig) error {
	n.ordenar(&cfg.Config)
	var (
		conectada atomic.Bool
		actual    string // a connection tries one node at a time
		marcador  net.Dialer
	)
	cfg.DialFunc = func(ctx context.Context, red, direccion string) (net.Conn, error) {
		if conectada.Load() {
			return nil, errSinCancelacion
		}
		actual = direccion
		n.pregunta(direccion)
		return marcador.DialContext(ctx, red, direccion)
	}
	validar := cfg.ValidateConnect // target_session_attrs of the DSN
	cfg.ValidateConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		n.respondio(actual)
		if validar == nil {
			return nil
		}
		return validar(ctx, conn)
	}
	cfg.AfterConnect = func(_ context.Context, conn *pgconn.PgConn) error {
		conectada.Store(true)
		conn.CustomData()[servidor] = actual
		return nil
	}
	return nil
}

// ordenar puts the nodes that owe an answer last, and keeps the DSN's order otherwise.
func (n *nodos) ordenar(cfg *pgconn.Config) {
	lista := append([]*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port, TLSConfig: cfg.TLSConfig}},
		cfg.Fallbacks...)
	slices.SortStableFunc(lista, func(a, b *pgconn.FallbackConfig) int {
		return n.mora(a) - n.mora(b)
	})
	cfg.Host, cfg.Port, cfg.TLSConfig = lista[0].Host, lista[0].Port, lista[0].TLSConfig
	cfg.Fallbacks = lista[1:]
}

// mora is 1 for a node that has owed an answer for longer than paciencia, else 0.
func (n *nodos) mora(nodo *pgconn.FallbackConfig) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	desde, debe := n.deben[net.JoinHostPort(nodo.Host, strconv.Itoa(int(nodo.Port)))]
	if debe && n.reloj().Sub(desde) > paciencia {
		return 1
	}
	return 0
}

func (n *nodos) pregunta(direccion string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, debe := n.deben[direccion]; !debe {
		n.deben[direccion] = n.reloj()
	}
}

func (n *nodos) respondio(direccion string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.deben, direccion)
}
