package patroni

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// pareja is a cluster of two with its REST APIs: postgres1 leads, postgres2 is its synchronous standby.
type pareja struct {
	*cluster
	nodos map[string]*falso
}

func nuevaPareja(t *testing.T) *pareja {
	t.Helper()
	p := &pareja{nuevoCluster(t), map[string]*falso{"postgres1": nuevoFalso(t, "primary"), "postgres2": nuevoFalso(t, "replica")}}
	p.tomarClave("postgres1")
	return p
}

// abrir makes a watch that has not started.
func (p *pareja) abrir(cambiar func(*Opciones)) *Guardia {
	p.t.Helper()
	o := Opciones{Nodos: map[string]string{}, Etcd: []string{p.direccion}, Prefijo: p.prefijo, Actua: true}
	for nombre, nodo := range p.nodos {
		o.Nodos[nombre] = nodo.URL
	}
	cambiar(&o)
	g, err := Abrir(o)
	if err != nil {
		p.t.Fatal(err)
	}
	return g
}

func comoEs(*Opciones) {}

// vigilar starts a watch and waits until it knows who leads; what it returns stops it and waits for its end.
func (p *pareja) vigilar(g *Guardia) (parar func()) {
	p.t.Helper()
	ctx, fin := context.WithCancel(context.Background())
	acabo := make(chan struct{})
	go func() { defer close(acabo); g.Vigilar(ctx) }()
	parar = func() { fin(); <-acabo }
	p.t.Cleanup(parar)
	p.esperarLider(g, "postgres1")
	return parar
}

func (p *pareja) esperarLider(g *Guardia, lider string) {
	p.t.Helper()
	esperar(p.t, fmt.Sprintf("the watch to see that %q leads", lider), func() error {
		if e := g.Estado(); e.Lider != lider {
			return fmt.Errorf("it sees %+v", e)
		}
		return nil
	})
}

func (p *pareja) esperarDescarte(g *Guardia, por motivo) {
	p.t.Helper()
	esperar(p.t, "the watch to decide that "+string(por), func() error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.ultimoDescarte != por {
			return fmt.Errorf("its last reason is %q", g.ultimoDescarte)
		}
		return nil
	})
}

func TestTwoWatchesTakeTheKeyFromASilentLeaderOnce(t *testing.T) {
	for _, caso := range []struct {
		sentence string
		callar   func(*falso)
	}{
		{"frozen", func(f *falso) { f.humor.Store(congelado) }},
		{"killed", func(f *falso) { f.Close() }},
	} {
		t.Run(caso.sentence, func(t *testing.T) {
			var registro bytes.Buffer
			antes := slog.Default()
			slog.SetDefault(slog.New(slog.NewJSONHandler(&registro, nil)))
			t.Cleanup(func() { slog.SetDefault(antes) })
			p := nuevaPareja(t)
			una, otra := p.abrir(comoEs), p.abrir(comoEs)
			pararUna, pararOtra := p.vigilar(una), p.vigilar(otra)
			caso.callar(p.nodos["postgres1"])
			esperar(t, "the key to be free", func() error {
				if lider := p.lider(); lider != "" {
					return fmt.Errorf("%s has it", lider)
				}
				return nil
			})
			p.tomarClave("postgres2")
			p.esperarLider(una, "postgres2")
			p.esperarLider(otra, "postgres2")
			if n := una.Estado().Revocaciones + otra.Estado().Revocaciones; n != 1 {
				t.Errorf("%d revocations between the two, want 1", n)
			}
			if e := una.Estado(); e.Fallos < fallosParaActuar || e.Desde.IsZero() {
				t.Errorf("its state is %+v, want the misses counted and the new leader dated", e)
			}
			pararUna()
			pararOtra()
			enOrden(t, registro.String(), `"msg":"nuevo_lider","lider":"postgres1"`, `"msg":"lider_no_responde","lider":"postgres1"`,
				`"msg":"concesion_revocada","lider":"postgres1"`, `"msg":"nuevo_lider","lider":"postgres2","anterior":"postgres1","tras_ms":`)
		})
	}
}

// enOrden checks that the texts come one after the other.
func enOrden(t *testing.T, donde string, textos ...string) {
	t.Helper()
	resto := donde
	for _, texto := range textos {
		_, despues, hay := strings.Cut(resto, texto)
		if !hay {
			t.Errorf("%s is missing, or out of order, in:\n%s", texto, donde)
			return
		}
		resto = despues
	}
}

func TestASilentLeaderKeepsItsKeyWhenRevokingWouldNotHelp(t *testing.T) {
	for _, caso := range []struct {
		sentence string
		preparar func(*pareja)
		por      motivo
	}{
		{"in maintenance mode", func(p *pareja) { p.poner("config", `{"pause":true}`) }, enPausa},
		{"when the standby is silent too", func(p *pareja) { p.nodos["postgres2"].humor.Store(congelado) }, sinReplica},
		{"when the standby was not in step", func(p *pareja) { p.poner("sync", `{"leader":"postgres1","sync_standby":null}`) }, sinReplica},
		{"when the standby has been promoted already", func(p *pareja) { p.nodos["postgres2"].rol.Store("primary") }, sinReplica},
		{"when what Patroni wrote cannot be read", func(p *pareja) { p.poner("config", `{`) }, sinLectura},
		{"when etcd is frozen", func(p *pareja) { p.cable.Congelar() }, sinLectura},
		{"when etcd is gone", func(p *pareja) { p.cable.Cortar() }, sinLectura},
	} {
		t.Run(caso.sentence, func(t *testing.T) {
			p := nuevaPareja(t)
			g := p.abrir(comoEs)
			parar := p.vigilar(g)
			caso.preparar(p)
			p.nodos["postgres1"].humor.Store(congelado)
			p.esperarDescarte(g, caso.por)
			if lider, n := p.lider(), g.Estado().Revocaciones; lider != "postgres1" || n != 0 {
				t.Errorf("%q leads after %d revocations, want postgres1 as before", lider, n)
			}
			parar() // with all of it still broken: the watch must be able to leave
		})
	}
}

func TestALeaderInTroubleThatAnswersIsLeftAlone(t *testing.T) {
	p := nuevaPareja(t)
	g := p.abrir(comoEs)
	g.rest.cliente.Timeout = plazoPrueba // only its answers are the matter here, however slow this machine is
	p.vigilar(g)
	p.nodos["postgres1"].humor.Store(enApuros)
	desde := p.nodos["postgres1"].pedidas.Load()
	esperar(t, "ten more probes", func() error {
		if n := p.nodos["postgres1"].pedidas.Load() - desde; n < 10 {
			return fmt.Errorf("%d so far", n)
		}
		return nil
	})
	if e := g.Estado(); e.Revocaciones != 0 || e.Lider != "postgres1" {
		t.Errorf("its state is %+v, want nothing done", e)
	}
}

func TestAWatchThatIsOffTellsWhoLeadsAndDoesNothing(t *testing.T) {
	p := nuevaPareja(t)
	p.nodos["postgres1"].humor.Store(congelado)
	g := p.abrir(func(o *Opciones) { o.Actua = false })
	p.vigilar(g)
	p.tomarClave("postgres2") // as Patroni does in its own time
	p.esperarLider(g, "postgres2")
	if n := p.nodos["postgres1"].pedidas.Load() + p.nodos["postgres2"].pedidas.Load(); n != 0 {
		t.Errorf("%d probes were sent", n)
	}
	if e := g.Estado(); e.Vigila || e.Fallos != 0 || e.Revocaciones != 0 {
		t.Errorf("its state is %+v", e)
	}
}

func TestALeaderWithoutAKnownAddressIsReportedAndNotCountedAsSilent(t *testing.T) {
	p := nuevaPareja(t)
	g := p.abrir(func(o *Opciones) { delete(o.Nodos, "postgres1") })
	p.vigilar(g)
	if err := g.Revisar(t.Context()); err == nil || !strings.Contains(err.Error(), "postgres1") {
		t.Errorf("health says %v, want postgres1 named", err)
	}
	p.tomarClave("postgres2")
	p.esperarLider(g, "postgres2")
	if e := g.Estado(); e.Fallos != 0 {
		t.Errorf("%d misses of a leader nobody could ask", e.Fallos)
	}
}

func TestHealthFollowsEtcd(t *testing.T) {
	p := nuevaPareja(t)
	g := p.abrir(comoEs)
	p.vigilar(g)
	if err := g.Revisar(t.Context()); err != nil {
		t.Errorf("with etcd up, health says %v", err)
	}
	p.cable.Cortar()
	esperar(t, "health to miss etcd", func() error {
		if g.Revisar(t.Context()) == nil {
			return errors.New("all is well")
		}
		return nil
	})
	p.cable.Reparar(t)
	esperar(t, "health to find etcd again", func() error { return g.Revisar(t.Context()) })
}
