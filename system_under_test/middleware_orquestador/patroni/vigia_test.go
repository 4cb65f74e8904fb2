package patroni

import (
	"strings"
	"testing"
	"time"
)

var (
	inicio = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	uno    = mandato{lider: "postgres1", concesion: 11, revision: 5}
	dos    = mandato{lider: "postgres2", concesion: 22, revision: 9}
	unoDe  = mandato{lider: "postgres1", concesion: 33, revision: 9} // the same node, a later tenure
)

// What happens, one letter each: A the leader answers a probe, f it does not; x an answer to a probe of the
// tenure before arrives late, y a miss of it; t a miss arrives of a probe older than the last answered one;
// L the key goes to postgres2, l the same node takes the key anew; R a revocation; a dot lets a second pass.
func vivir(v *vigia, sucesos string) (ahora time.Time, avisos int) {
	ahora = inicio
	v.anotarMandato(uno, ahora)
	anterior, n := uno, uint64(1)
	for _, suceso := range sucesos {
		n++
		callo := false
		switch suceso {
		case 'A', 'f':
			callo = v.anotarSonda(v.mandato, n, ahora, suceso == 'A')
		case 'x', 'y':
			callo = v.anotarSonda(anterior, n, ahora, suceso == 'x')
		case 't':
			callo = v.anotarSonda(v.mandato, v.visto-1, ahora, false)
		case 'L', 'l':
			anterior = v.mandato
			v.anotarMandato(map[rune]mandato{'L': dos, 'l': unoDe}[suceso], ahora)
		case 'R':
			v.pausar(ahora)
		case '.':
			ahora = ahora.Add(time.Second)
		}
		if callo {
			avisos++
		}
	}
	return ahora, avisos
}

func TestALeaderIsSuspectedWhenTheProbesSay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence, sucesos string
		sospecha          bool
		avisos            int
	}{
		{"a leader that answers is not suspected", "AAAA", false, 0},
		{"three misses are not silence", "Afff", false, 0},
		{"four in a row are", "Affff", true, 1},
		{"silence is told once, not at every miss", "Affffff", true, 1},
		{"an answer between starts the count over", "AffAff", false, 0},
		{"an answer ends the suspicion", "AffffA", false, 1},
		{"a leader that falls silent again is told again", "AffffAffff", true, 2},
		{"a late miss of a probe older than an answered one counts for nothing", "AfffAtttt", false, 0},
		{"after a revocation it rests", "AffffR", false, 1},
		{"for five seconds", "AffffR....f", false, 1},
		{"and no longer", "AffffR.....f", true, 1},
		{"another leader starts with a clean slate", "AffffL", false, 1},
		{"and is suspected by the same measure", "AffffLAffff", true, 2},
		{"a node that took the key again was alive when it did", "Affffl", false, 1},
		{"misses of a tenure that has ended do not count", "AffLyyyy", false, 0},
		{"answers of a tenure that has ended do not count either", "ALffffx", true, 1},
	}
	for _, tt := range tests {
		v := &vigia{}
		ahora, avisos := vivir(v, tt.sucesos)
		if sale := v.sospecha(ahora); sale != tt.sospecha || avisos != tt.avisos {
			t.Errorf("%s (%s): suspected %t and told %d times, want %t and %d", tt.sentence, tt.sucesos, sale, avisos, tt.sospecha, tt.avisos)
		}
	}
}

func TestSilenceIsDatedFromTheFirstMiss(t *testing.T) {
	t.Parallel()
	v := &vigia{}
	vivir(v, "A.f.f.f.f")
	if quiere := inicio.Add(time.Second); !v.primerFallo.Equal(quiere) {
		t.Errorf("silent since %s, want %s", v.primerFallo, quiere)
	}
}

func TestANewLeaderIsTold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence string
		vivir    func(*vigia)
		anterior string
		silencio time.Time
	}{
		{"whom it follows, and since when that one was silent", func(v *vigia) { vivir(v, "A.ffff..L") }, "postgres1", inicio.Add(time.Second)},
		{"also when nobody held the key in between", func(v *vigia) {
			vivir(v, "A.ffff")
			v.anotarMandato(mandato{}, inicio.Add(2*time.Second))
			v.anotarMandato(dos, inicio.Add(5*time.Second))
		}, "postgres1", inicio.Add(time.Second)},
		{"a leader that left in good order was not silent", func(v *vigia) { vivir(v, "AffAL") }, "postgres1", time.Time{}},
		{"nor is a silence told twice", func(v *vigia) { vivir(v, "AffffLAl") }, "postgres2", time.Time{}},
	}
	for _, tt := range tests {
		v := &vigia{}
		tt.vivir(v)
		if v.anterior != tt.anterior || !v.silencio.Equal(tt.silencio) {
			t.Errorf("%s: after %q, silent since %s; want %q, %s", tt.sentence, v.anterior, v.silencio, tt.anterior, tt.silencio)
		}
	}
}

func TestALeaseIsRevokedOnlyForAGoodReason(t *testing.T) {
	t.Parallel()
	replica := nodo{Estado: "running", Rol: "replica"}
	buenos := func() indicios {
		return indicios{sospechoso: uno, fallos: fallosParaActuar, grupo: grupo{mandato: uno, sincronas: []string{"postgres2"}},
			nodos: map[string]nodo{"postgres2": replica}}
	}
	tests := []struct {
		sentence string
		cambiar  func(*indicios)
		sucesora string
		por      motivo
	}{
		{"a silent leader with a healthy synchronous standby loses its lease", func(*indicios) {}, "postgres2", ninguno},
		{"one that has answered meanwhile keeps it", func(i *indicios) { i.fallos = 3 }, "", volvio},
		{"the key has gone to another node: there is nothing to do", func(i *indicios) { i.grupo.mandato = dos }, "", otroMandato},
		{"the same node has taken the key anew: it lives", func(i *indicios) { i.grupo.mandato = unoDe }, "", otroMandato},
		{"nobody holds the key", func(i *indicios) { i.grupo.mandato = mandato{} }, "", otroMandato},
		{"nobody held it in the first place", func(i *indicios) { i.sospechoso, i.grupo.mandato = mandato{}, mandato{} }, "", otroMandato},
		{"in maintenance mode nobody acts", func(i *indicios) { i.grupo.pausado = true }, "", enPausa},
		{"a key without a lease is none of Patroni's", func(i *indicios) { i.sospechoso.concesion, i.grupo.mandato.concesion = 0, 0 }, "", sinConcesion},
		{"no other node answers", func(i *indicios) { i.nodos = nil }, "", sinReplica},
		{"the standby is starting", func(i *indicios) { i.nodos["postgres2"] = nodo{Estado: "starting", Rol: "replica"} }, "", sinReplica},
		{"the other node says it is a primary: somebody has promoted it", func(i *indicios) { i.nodos["postgres2"] = nodo{Estado: "running", Rol: "primary"} }, "", sinReplica},
		{"the standby had fallen behind: Patroni would not promote it, and the leader may have gone on alone",
			func(i *indicios) { i.grupo.sincronas = nil }, "", sinReplica},
		{"a healthy node that is not the synchronous one does not count",
			func(i *indicios) { i.nodos = map[string]nodo{"postgres3": replica} }, "", sinReplica},
		{"one of two synchronous standbys is enough", func(i *indicios) {
			i.grupo.sincronas, i.nodos = []string{"postgres2", "postgres3"}, map[string]nodo{"postgres3": replica}
		}, "postgres3", ninguno},
		{"the leader is no standby of its own, whatever the list says", func(i *indicios) {
			i.grupo.sincronas, i.nodos = []string{"postgres1"}, map[string]nodo{"postgres1": replica}
		}, "", sinReplica},
	}
	for _, tt := range tests {
		i := buenos()
		tt.cambiar(&i)
		if sucesora, por := juzgar(i); sucesora != tt.sucesora || por != tt.por {
			t.Errorf("%s: got %q, %q; want %q, %q", tt.sentence, sucesora, por, tt.sucesora, tt.por)
		}
	}
}

func TestPatronisKeysAreReadAsItWritesThem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence, clave, valor string
		quiere                 grupo
		falla                  bool
	}{
		{"the leader key holds a name", "leader", "postgres1", grupo{mandato: mandato{lider: "postgres1"}}, false},
		{"one synchronous standby", "sync", `{"leader":"postgres1","quorum":0,"sync_standby":"postgres2"}`, grupo{sincronas: []string{"postgres2"}}, false},
		{"two of them", "sync", `{"leader":"postgres1","sync_standby":"postgres2,postgres3"}`, grupo{sincronas: []string{"postgres2", "postgres3"}}, false},
		{"none of them", "sync", `{"leader":"postgres1","sync_standby":null}`, grupo{}, false},
		{"maintenance", "config", `{"ttl":20,"pause":true}`, grupo{pausado: true}, false},
		{"maintenance over", "config", `{"ttl":20,"pause":false}`, grupo{}, false},
		{"no word of maintenance", "config", `{"ttl":20}`, grupo{}, false},
		{"what cannot be read is an error, not a no", "config", `{"pause":"maybe"}`, grupo{}, true},
		{"and so is what is cut short", "sync", `{"leader":`, grupo{}, true},
	}
	for _, tt := range tests {
		var g grupo
		err := g.anotar(tt.clave, []byte(tt.valor))
		if (err != nil) != tt.falla || g.mandato != tt.quiere.mandato || g.pausado != tt.quiere.pausado ||
			strings.Join(g.sincronas, " ") != strings.Join(tt.quiere.sincronas, " ") {
			t.Errorf("%s: got %+v, %v; want %+v", tt.sentence, g, err, tt.quiere)
		}
	}
}
