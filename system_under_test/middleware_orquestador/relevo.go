package orquestador

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Bandeja is the outbox of app1.
type Bandeja interface {
	// EntregarLote hands up to limite unpublished messages to publicar and marks those confirmed, in one
	// transaction: whatever breaks on the way, a message that was not confirmed stays unpublished.
	EntregarLote(ctx context.Context, limite int, publicar func(context.Context, []Mensaje) []Desenlace) (Lote, error)
	Pendientes(ctx context.Context) (Pendientes, error)
}

// Publicador is the way to the broker.
type Publicador interface {
	// Listo is nil when a message published now has a chance, else the reason why not.
	Listo() error
	// Publicar answers one outcome a message, within a few seconds whatever the broker does.
	Publicar(ctx context.Context, mensajes []Mensaje) []Desenlace
}

const (
	// TamanoLote: confirms in flight pay off up to about 200 at a time.
	TamanoLote      = 200
	esperaOciosa    = 100 * time.Millisecond
	esperaMuestra   = time.Second
	retrocesoMinimo = 100 * time.Millisecond
	retrocesoMaximo = 5 * time.Second
)

// Cifras is what the relay has done since it started, and what it is doing.
type Cifras struct {
	Estado            string // publicando, en_espera, sin_rabbitmq, sin_postgres, reintentando
	UltimoError       string
	Total             Lote
	UltimaConfirmada  time.Time
	Pendientes        *Pendientes // nil: the outbox could not be read
	PendientesMedidos time.Time
}

// Relevo moves the outbox to the broker.
//
//	Publicador.Listo? -no-> wait, without touching PostgreSQL
//	      | yes
//	EntregarLote: take rows -> publish -> confirms -> mark, one transaction
//	      '- full and all confirmed: again at once; empty: 100 ms; trouble: back off
type Relevo struct {
	bandeja    Bandeja
	publicador Publicador

	mu     sync.Mutex
	cifras Cifras
}

// NuevoRelevo makes a relay that has not started.
func NuevoRelevo(bandeja Bandeja, publicador Publicador) *Relevo {
	return &Relevo{bandeja: bandeja, publicador: publicador, cifras: Cifras{Estado: "en_espera"}}
}

// Correr relays until ctx ends; a batch in flight is finished first.
func (r *Relevo) Correr(ctx context.Context) {
	retroceso := Retroceso{Base: retrocesoMinimo, Tope: retrocesoMaximo}
	for Dormir(ctx, r.vuelta(ctx, &retroceso)) {
	}
}

// Medir samples the outbox's depth until ctx ends.
func (r *Relevo) Medir(ctx context.Context) {
	for {
		pendientes, err := r.bandeja.Pendientes(ctx)
		r.mu.Lock()
		r.cifras.Pendientes, r.cifras.PendientesMedidos = &pendientes, time.Now()
		if err != nil {
			r.cifras.Pendientes = nil // an old figure must not pass for today's
		}
		r.mu.Unlock()
		if !Dormir(ctx, esperaMuestra) {
			return
		}
	}
}

// Cifras is a copy of the relay's figures.
func (r *Relevo) Cifras() Cifras {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cifras
}

// vuelta does one round and says how long to wait for the next.
func (r *Relevo) vuelta(ctx context.Context, retroceso *Retroceso) time.Duration {
	if err := r.publicador.Listo(); err != nil {
		r.anotar("sin_rabbitmq", err.Error(), Lote{})
		return esperaOciosa
	}
	lote, err := r.bandeja.EntregarLote(ctx, TamanoLote, r.publicador.Publicar)
	switch {
	case err != nil && ctx.Err() != nil:
		return 0
	case err != nil:
		// What the broker confirmed was not marked: those messages go out again.
		r.anotar("sin_postgres", err.Error(), lote)
		return retroceso.Pausa()
	case lote.Confirmados < lote.Tomados:
		r.anotar("reintentando", motivo(lote), lote)
		return retroceso.Pausa()
	}
	retroceso.Reiniciar()
	return r.anotarExito(lote)
}

func (r *Relevo) anotarExito(lote Lote) time.Duration {
	if lote.Tomados == TamanoLote {
		r.anotar("publicando", "", lote)
		return 0
	}
	r.anotar("en_espera", "", lote)
	return esperaOciosa
}

func motivo(lote Lote) string {
	switch {
	case lote.Devueltos > 0:
		return "ninguna cola recibe los mensajes"
	case lote.Rechazados > 0:
		return "RabbitMQ rechazó mensajes"
	}
	return "RabbitMQ no confirmó a tiempo"
}

// anotar adds a batch to the figures. It logs trouble when it begins or changes, not ten times a second.
func (r *Relevo) anotar(estado, fallo string, lote Lote) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fallo != r.cifras.UltimoError && fallo != "" {
		slog.Warn("relevo detenido", "estado", estado, "error", fallo, "tomados", lote.Tomados,
			"confirmados", lote.Confirmados, "devueltos", lote.Devueltos)
	}
	if fallo == "" && r.cifras.UltimoError != "" {
		slog.Info("relevo reanudado", "confirmados", lote.Confirmados)
	}
	r.cifras.Estado, r.cifras.UltimoError = estado, fallo
	r.cifras.Total = r.cifras.Total.mas(lote)
	if lote.Confirmados > 0 {
		r.cifras.UltimaConfirmada = time.Now()
	}
}

func (l Lote) mas(otro Lote) Lote {
	return Lote{
		Tomados:      l.Tomados + otro.Tomados,
		Confirmados:  l.Confirmados + otro.Confirmados,
		Rechazados:   l.Rechazados + otro.Rechazados,
		Devueltos:    l.Devueltos + otro.Devueltos,
		Desconocidos: l.Desconocidos + otro.Desconocidos,
	}
}
