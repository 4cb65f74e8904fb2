package rabbitmq

import (
	"context"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// marcarTCP connects within plazoConexion and leaves plazoSaludo for the AMQP handshake; the library
// lifts that deadline once the connection is open.
func marcarTCP(ctx context.Context, red, direccion string) (net.Conn, error) {
	marcador := net.Dialer{Timeout: plazoConexion}
	conexion, err := marcador.DialContext(ctx, red, direccion)
	if err != nil {
		return nil, err
	}
	if err := conexion.SetDeadline(time.Now().Add(plazoSaludo)); err != nil {
		return nil, err
	}
	return conexionConPlazo{conexion}, nil
}

// conexionConPlazo puts a deadline on each write: a frozen or blocked broker stops reading, and a write
// that waits for it would hold the outbox's transaction open.
type conexionConPlazo struct{ net.Conn }

func (c conexionConPlazo) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(plazoEscritura)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// bloqueo follows connection.blocked, which a broker short of memory or disk sends.
type bloqueo struct {
	mu    sync.Mutex
	si    bool
	senal chan struct{} // closed while blocked
}

func nuevoBloqueo() *bloqueo { return &bloqueo{senal: make(chan struct{})} }

func (b *bloqueo) seguir(avisos <-chan amqp.Blocking) {
	for aviso := range avisos {
		b.poner(aviso.Active)
	}
}

func (b *bloqueo) poner(si bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case si && !b.si:
		close(b.senal)
	case !si && b.si:
		b.senal = make(chan struct{})
	}
	b.si = si
}

func (b *bloqueo) activo() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.si
}

// aviso is closed when the broker blocks.
func (b *bloqueo) aviso() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.senal
}
