// Package patroni watches PostgreSQL's leader, and takes the leader key from one that is dead or frozen.
//
// Patroni alone waits until the leader's lease runs out: 20 s. The watch asks the leader itself, and revokes
// its lease when nothing answers; who leads next, and when, stays Patroni's decision.
//
//	every 250 ms: the leader's REST API (400 ms each, several in flight) -> vigia counts misses
//	every 1 s:    the leader key in etcd                                 -> vigia knows whom to ask
//	4 misses:     etcd again + the other nodes' REST API -> juzgar -> revoke the lease by id, pause 5 s
//
// It promises not to touch a lease while etcd does not answer, while Patroni is paused, or without a healthy
// synchronous standby. It does not promise that a silent leader is dead: docs/decisions/failover.md.
package patroni

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ticketflow/comun"
	orquestador "ticketflow/middleware_orquestador"
)

const (
	intervaloSonda   = 250 * time.Millisecond
	intervaloLectura = time.Second // while all is well
)

// Opciones configure a Guardia.
type Opciones struct {
	Nodos   map[string]string // Patroni's name of each node -> base address of its REST API
	Etcd    []string
	Prefijo string // of Patroni's keys, such as "/db/tf/"
	Actua   bool   // false: it tells who leads, and leaves failover to Patroni alone
}

// Guardia is the watch.
type Guardia struct {
	rest  *rest
	dcs   *dcs
	actua bool

	lectura, examen sync.Mutex // one of each at a time

	mu             sync.Mutex
	vigia          vigia
	fallos         uint64
	revocaciones   uint64
	revocadaEn     time.Time
	falloEtcd      error
	ultimoDescarte motivo
}

// Abrir prepares the watch. It does not connect.
func Abrir(o Opciones) (*Guardia, error) {
	dcs, err := abrirDCS(o.Etcd, o.Prefijo)
	if err != nil {
		return nil, err
	}
	return &Guardia{rest: nuevoRest(o.Nodos), dcs: dcs, actua: o.Actua,
		falloEtcd: errors.New("todavía no se ha leído")}, nil
}

// Vigilar watches until ctx ends. Nothing it waits for holds up the next probe.
func (g *Guardia) Vigilar(ctx context.Context) {
	defer g.dcs.cerrar()
	var tareas sync.WaitGroup
	defer tareas.Wait()
	reloj := time.NewTicker(intervaloSonda)
	defer reloj.Stop()
	var leida time.Time
	for n := uint64(1); ctx.Err() == nil; n++ {
		v, ahora := g.copia(), time.Now()
		if v.mandato.lider == "" || v.fallos > 0 || ahora.Sub(leida) >= intervaloLectura {
			leida = ahora
			tareas.Go(func() { g.leerSiToca(ctx) })
		}
		if g.actua && g.rest.conoce(v.mandato.lider) {
			tareas.Go(func() { g.sondear(ctx, v.mandato, n) })
		}
		if v.sospecha(ahora) {
			tareas.Go(func() { g.examinar(ctx, v.mandato) })
		}
		select {
		case <-reloj.C:
		case <-ctx.Done():
		}
	}
}

func (g *Guardia) copia() vigia {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.vigia
}

func (g *Guardia) sondear(ctx context.Context, m mandato, n uint64) {
	enviada := time.Now()
	err := g.rest.vive(ctx, m.lider)
	if ctx.Err() != nil {
		return // we are leaving: that says nothing about the leader
	}
	if g.anotarSonda(m, n, enviada, err) {
		g.examinar(ctx, m) // at once, not at the next probe
	}
}

// anotarSonda tells whether the leader has just fallen silent and may be acted upon.
func (g *Guardia) anotarSonda(m mandato, n uint64, enviada time.Time, err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.fallos++
	}
	if !g.vigia.anotarSonda(m, n, enviada, err == nil) {
		return false
	}
	g.ultimoDescarte = ninguno
	slog.Warn("lider_no_responde", "lider", m.lider, "desde", comun.Instante{Time: g.vigia.primerFallo},
		"fallos", fallosParaActuar, "error", err.Error())
	return g.vigia.sospecha(time.Now())
}

func (g *Guardia) leerSiToca(ctx context.Context) {
	if g.lectura.TryLock() {
		defer g.lectura.Unlock()
		_, _ = g.leerConTurno(ctx) // kept for Revisar
	}
}

func (g *Guardia) leer(ctx context.Context) (grupo, error) {
	g.lectura.Lock() // held for plazoLectura at most
	defer g.lectura.Unlock()
	return g.leerConTurno(ctx)
}

// leerConTurno reads and takes note in one turn, so that an old reading never replaces a newer one.
func (g *Guardia) leerConTurno(ctx context.Context) (grupo, error) {
	leido, err := g.dcs.leer(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.falloEtcd = err
	if err != nil {
		return leido, err
	}
	if g.vigia.anotarMandato(leido.mandato, time.Now()) {
		avisarCambio(g.vigia)
	}
	return leido, nil
}

func avisarCambio(v vigia) {
	campos := []any{"lider", v.mandato.lider, "anterior", v.anterior}
	if !v.silencio.IsZero() {
		campos = append(campos, "tras_ms", v.desde.Sub(v.silencio).Milliseconds())
	}
	if v.mandato.lider == "" {
		slog.Warn("sin_lider", campos...)
		return
	}
	slog.Info("nuevo_lider", campos...)
}

// Estado is what the watch knows now.
func (g *Guardia) Estado() orquestador.EstadoLider {
	g.mu.Lock()
	defer g.mu.Unlock()
	return orquestador.EstadoLider{Vigila: g.actua, Lider: g.vigia.mandato.lider, Desde: g.vigia.desde, Fallos: g.fallos,
		Revocaciones: g.revocaciones, UltimaRevocacion: g.revocadaEn}
}

// Nodos are the nodes that may lead, sorted.
func (g *Guardia) Nodos() []string { return slices.Sorted(maps.Keys(g.rest.nodos)) }

// Revisar is nil while etcd answers, and names a leader that this watch knows how to ask.
func (g *Guardia) Revisar(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if lider := g.vigia.mandato.lider; g.falloEtcd == nil && lider != "" && !g.rest.conoce(lider) {
		return fmt.Errorf("%s es líder y no está en PATRONI_URLS", lider)
	}
	return g.falloEtcd
}
