package rabbitmq

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	orquestador "ticketflow/middleware_orquestador"
)

const (
	plazoConexion     = 2 * time.Second
	plazoSaludo       = 3 * time.Second
	plazoEscritura    = 3 * time.Second
	plazoConfirmacion = 5 * time.Second
	plazoDespedida    = time.Second
	latido            = 4 * time.Second
)

// sesion is one connection's life. A broken one is never mended: the publisher makes another.
type sesion struct {
	conexion    *amqp.Connection
	canal       *amqp.Channel
	intercambio string
	devueltos   chan amqp.Return
	cierres     chan *amqp.Error
	bloqueo     *bloqueo
	unaVez      sync.Once
	cerrada     chan struct{}
}

// conectar opens connection and channel. The library's own recovery stays off: it gives up after five tries.
func conectar(ctx context.Context, url, intercambio string) (*sesion, error) {
	propiedades := amqp.NewConnectionProperties()
	propiedades.SetClientConnectionName("middleware-relevo")
	conexion, err := amqp.DialConfig(url, amqp.Config{
		Heartbeat: latido, Properties: propiedades,
		Dial: func(red, direccion string) (net.Conn, error) { return marcarTCP(ctx, red, direccion) },
	})
	if err != nil {
		return nil, fmt.Errorf("connect to RabbitMQ: %w", err)
	}
	s := &sesion{conexion: conexion, intercambio: intercambio, bloqueo: nuevoBloqueo(), cerrada: make(chan struct{}),
		// Room for two batches: what comes back late of an abandoned one must not stall the reader.
		devueltos: make(chan amqp.Return, 2*orquestador.TamanoLote),
		cierres:   make(chan *amqp.Error, 2)} // one from the connection, one from the channel
	if err := s.preparar(); err != nil {
		s.cerrar()
		return nil, err
	}
	return s, nil
}

func (s *sesion) preparar() (err error) {
	if s.canal, err = s.conexion.Channel(); err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	err = s.canal.ExchangeDeclarePassive(s.intercambio, amqp.ExchangeTopic, true, false, false, false, nil)
	if err != nil {
		return fmt.Errorf("look for exchange %s: %w", s.intercambio, err)
	}
	if err := s.canal.Confirm(false); err != nil {
		return fmt.Errorf("ask for confirms: %w", err)
	}
	s.canal.NotifyReturn(s.devueltos)
	s.conexion.NotifyClose(reenviar(s.cierres))
	s.canal.NotifyClose(reenviar(s.cierres))
	go s.bloqueo.seguir(s.conexion.NotifyBlocked(make(chan amqp.Blocking, 8)))
	return nil
}

// reenviar gives the library, which closes the channel it is handed, one of its own.
func reenviar(destino chan<- *amqp.Error) chan *amqp.Error {
	origen := make(chan *amqp.Error, 1)
	go func() { destino <- <-origen }() // nil when closed without an error
	return origen
}

// muerte yields the reason once the connection or its channel has ended, or the session was given up.
func (s *sesion) muerte() <-chan error {
	fin := make(chan error, 1)
	go func() {
		select {
		case err := <-s.cierres:
			fin <- fmt.Errorf("RabbitMQ closed the connection: %w", orSinMotivo(err))
		case <-s.cerrada:
			fin <- fmt.Errorf("gave up a connection without confirms: %w", errSinConexion)
		}
	}()
	return fin
}

func orSinMotivo(err *amqp.Error) error {
	if err == nil {
		return errSinConexion
	}
	return err
}

// cerrar gives the connection up, politely for half a second. It does not wait.
func (s *sesion) cerrar() {
	s.unaVez.Do(func() {
		close(s.cerrada)
		go func() { _ = s.conexion.CloseDeadline(time.Now().Add(500 * time.Millisecond)) }()
	})
}

// publicar sends all messages, then waits for all confirms: one round trip a batch, not one a message.
func (s *sesion) publicar(ctx context.Context, clave string, mensajes []orquestador.Mensaje) []orquestador.Desenlace {
	s.recogerDevueltos() // of an earlier batch that was not waited for
	confirmaciones := s.enviar(ctx, clave, mensajes)
	desenlaces := make([]orquestador.Desenlace, len(mensajes))
	bloqueada := s.bloqueo.aviso()
	for i, c := range confirmaciones {
		desenlaces[i] = s.esperar(ctx, c, bloqueada)
	}
	// The broker returns a message before it confirms it, and the library reads them in that order: the
	// returns of every confirmed message are here by now.
	devueltos := s.recogerDevueltos()
	for i, m := range mensajes {
		if devueltos[m.MensajeID] {
			desenlaces[i] = orquestador.Devuelto
		}
	}
	if orquestador.ContarLote(desenlaces).Desconocidos > 0 && !s.bloqueo.activo() {
		s.cerrar() // silent or broken; a blocked broker, instead, will say when it takes messages again
	}
	return desenlaces
}

// enviar stops at the first message that cannot be written; only those written have a confirmation.
func (s *sesion) enviar(ctx context.Context, clave string, mensajes []orquestador.Mensaje) []*amqp.DeferredConfirmation {
	confirmaciones := make([]*amqp.DeferredConfirmation, 0, len(mensajes))
	for _, m := range mensajes {
		c, err := s.canal.PublishWithDeferredConfirmWithContext(ctx, s.intercambio, clave, true, false, amqp.Publishing{
			MessageId: m.MensajeID, DeliveryMode: amqp.Persistent, ContentType: "application/json",
			Type: "OrdenCreada", AppId: "middleware", Timestamp: time.Now(),
			Headers: amqp.Table{"orden_id": m.OrdenID}, Body: m.Cuerpo,
		})
		if err != nil {
			slog.Warn("publicación interrumpida", "mensaje_id", m.MensajeID, "error", err.Error())
			break
		}
		confirmaciones = append(confirmaciones, c)
	}
	return confirmaciones
}

// esperar waits for one confirm. A closed connection nacks everything that is pending: that is unknown,
// while a nack on a live one is the broker's word.
func (s *sesion) esperar(ctx context.Context, c *amqp.DeferredConfirmation, bloqueada <-chan struct{}) orquestador.Desenlace {
	select {
	case <-c.Done():
	case <-ctx.Done():
	case <-bloqueada:
	}
	select {
	case <-c.Done(): // looked at again: when several cases were ready, one was picked at random
	default:
		return orquestador.Desconocido
	}
	switch {
	case c.Acked():
		return orquestador.Confirmado
	case s.canal.IsClosed():
		return orquestador.Desconocido
	}
	return orquestador.Rechazado
}

// recogerDevueltos empties the returns that have arrived, by message id.
func (s *sesion) recogerDevueltos() map[string]bool {
	devueltos := map[string]bool{}
	for {
		select {
		case d, abierto := <-s.devueltos:
			if !abierto {
				return devueltos
			}
			if len(devueltos) == 0 {
				slog.Error("mensaje sin cola que lo reciba", "mensaje_id", d.MessageId, "codigo", d.ReplyCode, "motivo", d.ReplyText)
			}
			devueltos[d.MessageId] = true
		default:
			return devueltos
		}
	}
}
