// Package rabbitmq publishes to the exchange of TicketFlow with confirms, and keeps a connection for it.
//
// It declares nothing: exchange, queues and bindings belong to the broker's own definitions.
package rabbitmq

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	orquestador "ticketflow/middleware_orquestador"
)

// Where OrdenCreada goes.
const (
	Intercambio = "ticketflow.eventos"
	Clave       = "orden.creada.v1"
)

const (
	retrocesoMinimo = 100 * time.Millisecond
	retrocesoMaximo = 5 * time.Second
	vidaEstable     = 5 * time.Second // a connection that dies sooner does not reset the back-off
)

var (
	errSinConexion = errors.New("sin conexión con RabbitMQ")
	errBloqueada   = errors.New("RabbitMQ bloqueó la conexión por falta de recursos")
)

// Publicador keeps one connection with one channel in confirm mode, for one caller at a time.
type Publicador struct {
	url, intercambio, clave string

	mu     sync.Mutex
	actual *sesion // nil while there is no connection
	fallo  error   // why there is none
}

// NuevoPublicador makes a publisher to an exchange and key; Mantener connects it.
func NuevoPublicador(url, intercambio, clave string) *Publicador {
	return &Publicador{url: url, intercambio: intercambio, clave: clave, fallo: errSinConexion}
}

// Mantener connects, and connects again for as long as ctx lives.
func (p *Publicador) Mantener(ctx context.Context) {
	retroceso := orquestador.Retroceso{Base: retrocesoMinimo, Tope: retrocesoMaximo}
	defer func() { p.guardar(nil, errSinConexion) }()
	for {
		desde := time.Now()
		err := p.unaVida(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(desde) > vidaEstable {
			retroceso.Reiniciar()
		}
		p.guardar(nil, err)
		orquestador.Dormir(ctx, retroceso.Pausa())
	}
}

// unaVida connects and returns when that connection has ended.
func (p *Publicador) unaVida(ctx context.Context) error {
	s, err := conectar(ctx, p.url, p.intercambio)
	if err != nil {
		return err
	}
	slog.Info("rabbitmq conectado")
	p.guardar(s, nil)
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case err = <-s.muerte():
	}
	s.cerrar()
	return err
}

func (p *Publicador) guardar(s *sesion, fallo error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fallo != nil && (p.fallo == nil || p.fallo.Error() != fallo.Error()) {
		slog.Warn("rabbitmq sin conexión", "error", fallo.Error())
	}
	p.actual, p.fallo = s, fallo
}

func (p *Publicador) sesion() (*sesion, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.actual, p.fallo
}

// Listo implements orquestador.Publicador.
func (p *Publicador) Listo() error {
	s, err := p.sesion()
	switch {
	case err != nil:
		return err
	case s.bloqueo.activo():
		return errBloqueada
	}
	return nil
}

// Publicar implements orquestador.Publicador. When ctx ends it gives the broker a last second.
func (p *Publicador) Publicar(ctx context.Context, mensajes []orquestador.Mensaje) []orquestador.Desenlace {
	s, err := p.sesion()
	if err != nil {
		return make([]orquestador.Desenlace, len(mensajes)) // all unknown
	}
	plazo, fin := context.WithTimeout(context.WithoutCancel(ctx), plazoConfirmacion)
	defer fin()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(plazoDespedida, fin) })()
	return s.publicar(plazo, p.clave, mensajes)
}
