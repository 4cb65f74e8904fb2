package postgres

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestANodeThatOwesAnAnswerIsAskedLast(t *testing.T) {
	const a, b = "a:5432", "b:5432"
	casos := []struct {
		frase   string
		suceden func(n *nodos, pasa func(time.Duration))
		primero string
	}{
		{"nobody was asked: the DSN's order", func(*nodos, func(time.Duration)) {}, "a"},
		{"an attempt that has just begun is no reason", func(n *nodos, pasa func(time.Duration)) {
			n.pregunta(a)
			pasa(paciencia / 2)
		}, "a"},
		{"silence is", func(n *nodos, pasa func(time.Duration)) { n.pregunta(a); pasa(2 * paciencia) }, "b"},
		{"asking again does not excuse it", func(n *nodos, pasa func(time.Duration)) {
			n.pregunta(a)
			pasa(2 * paciencia)
			n.pregunta(a)
		}, "b"},
		{"an answer does", func(n *nodos, pasa func(time.Duration)) {
			n.pregunta(a)
			pasa(2 * paciencia)
			n.respondio(a)
		}, "a"},
		{"all silent: the DSN's order", func(n *nodos, pasa func(time.Duration)) {
			n.pregunta(a)
			n.pregunta(b)
			pasa(2 * paciencia)
		}, "a"},
	}
	for _, c := range casos {
		t.Run(c.frase, func(t *testing.T) {
			ahora := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
			n := nuevosNodos()
			n.reloj = func() time.Time { return ahora }
			c.suceden(n, func(d time.Duration) { ahora = ahora.Add(d) })
			cfg := &pgconn.Config{Host: "a", Port: 5432, Fallbacks: []*pgconn.FallbackConfig{{Host: "b", Port: 5432}}}
			n.ordenar(cfg)
			if cfg.Host != c.primero || len(cfg.Fallbacks) != 1 || cfg.Fallbacks[0].Host == cfg.Host {
				t.Errorf("asks %s, then %s", cfg.Host, cfg.Fallbacks[0].Host)
			}
		})
	}
}
