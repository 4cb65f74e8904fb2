package patroni

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// examinar gathers all that juzgar wants to know of a silent leader, and acts on what it says.
func (g *Guardia) examinar(ctx context.Context, sospechoso mandato) {
	if !g.examen.TryLock() {
		return
	}
	defer g.examen.Unlock()
	nodos := make(chan map[string]nodo, 1)
	go func() { nodos <- g.rest.otros(ctx, sospechoso.lider) }()
	leido, err := g.leer(ctx)
	if err != nil {
		g.descartar(sospechoso, sinLectura)
		return
	}
	i := indicios{sospechoso: sospechoso, grupo: leido, nodos: <-nodos}
	v := g.copia() // last: the leader may have answered meanwhile
	i.fallos = v.fallos
	sucesora, por := juzgar(i)
	if por != ninguno {
		g.descartar(sospechoso, por)
		return
	}
	g.revocar(ctx, sospechoso, sucesora, v.primerFallo)
}

// descartar logs why a silent leader keeps its lease, when the reason is another than the last one.
func (g *Guardia) descartar(m mandato, por motivo) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if por != g.ultimoDescarte {
		slog.Warn("concesion_no_revocada", "lider", m.lider, "motivo", string(por))
	}
	g.ultimoDescarte = por
}

func (g *Guardia) revocar(ctx context.Context, m mandato, sucesora string, primerFallo time.Time) {
	propia, err := g.dcs.revocar(ctx, m.concesion)
	if err != nil {
		slog.Warn("concesion_no_revocada", "lider", m.lider, "motivo", err.Error())
		return
	}
	ahora := time.Now()
	g.mu.Lock()
	g.vigia.pausar(ahora)
	if propia {
		g.revocaciones, g.revocadaEn = g.revocaciones+1, ahora
	}
	g.mu.Unlock()
	slog.Warn("concesion_revocada", "lider", m.lider, "concesion", fmt.Sprintf("%x", m.concesion),
		"propia", propia, "sucesora", sucesora, "tras_ms", ahora.Sub(primerFallo).Milliseconds())
}
