package patroni

import (
	"slices"
	"time"
)

const (
	fallosParaActuar = 4
	// Patroni needs 1 to 3 s to give the key to somebody: acting again before that would undo its work.
	pausaTrasRevocar = 5 * time.Second
)

// mandato is one tenure of the leader key. A node that takes the key again, or puts a new lease on it, was
// alive when it did so: that is another tenure, and the misses of the former one say nothing about it.
type mandato struct {
	lider     string // "": nobody holds the key
	concesion int64  // the lease that keeps the key
	revision  int64  // at which the key was created
}

// vigia counts the leader's missed probes. It does no I/O; the clock is a parameter.
//
//	probe n -> answered: 0 misses | no answer: one more, unless a later probe was answered
//	4 misses in a row, and no revocation in the last 5 s -> suspicion: look closer (juzgar)
type vigia struct {
	mandato     mandato
	desde       time.Time // since when the key reads as it does
	fallos      int       // in a row
	visto       uint64    // the newest probe that was answered
	primerFallo time.Time // when the first probe of those misses was sent
	pausaHasta  time.Time

	anterior string    // who led before, and
	silencio time.Time // since when it was silent then; zero: it was not
}

// anotarMandato takes what the key says now, and tells whether that is news.
func (v *vigia) anotarMandato(m mandato, ahora time.Time) bool {
	if m == v.mandato {
		return false
	}
	if v.mandato.lider != "" {
		v.anterior, v.silencio = v.mandato.lider, time.Time{}
	}
	if v.fallos > 0 {
		v.silencio = v.primerFallo
	}
	v.mandato, v.desde, v.fallos = m, ahora, 0
	return true
}

// anotarSonda takes the outcome of probe n, and tells whether the leader counts as silent from now on.
// Several probes are in flight at once: they may end in another order than they were sent.
func (v *vigia) anotarSonda(m mandato, n uint64, enviada time.Time, respondio bool) (callo bool) {
	switch {
	case m != v.mandato: // late news of a former tenure
	case respondio:
		v.fallos, v.visto = 0, max(v.visto, n)
	case n > v.visto:
		if v.fallos == 0 {
			v.primerFallo = enviada
		}
		v.fallos++
		return v.fallos == fallosParaActuar
	}
	return false
}

func (v *vigia) sospecha(ahora time.Time) bool {
	return v.fallos >= fallosParaActuar && !ahora.Before(v.pausaHasta)
}

func (v *vigia) pausar(ahora time.Time) { v.pausaHasta = ahora.Add(pausaTrasRevocar) }

// grupo is the cluster as etcd has it, all read at once.
type grupo struct {
	mandato   mandato
	pausado   bool     // maintenance: an operator does not want failovers
	sincronas []string // standbys without which the leader acknowledges nothing
}

// nodo is what a node's REST API says of its PostgreSQL.
type nodo struct {
	Estado string `json:"state"`
	Rol    string `json:"role"`
}

func (n nodo) esReplicaSana() bool { return n.Estado == "running" && n.Rol == "replica" }

// motivo is why a silent leader keeps its lease.
type motivo string

const (
	ninguno      motivo = ""
	sinLectura   motivo = "no se pudo leer etcd"
	volvio       motivo = "el líder volvió a responder"
	otroMandato  motivo = "la clave ya es de otro mandato"
	enPausa      motivo = "Patroni está en pausa"
	sinConcesion motivo = "la clave no tiene concesión"
	sinReplica   motivo = "ninguna réplica síncrona responde"
)

// indicios is all that is known of a silent leader.
type indicios struct {
	sospechoso mandato
	fallos     int // in a row, read after everything else was gathered
	grupo      grupo
	nodos      map[string]nodo // the other nodes, those that answered
}

// juzgar names the standby that will take over when the leader's lease is revoked, or says why not to.
//
// The standby must be in Patroni's own list of synchronous ones: only those have everything that was
// acknowledged, Patroni promotes no other, and while one of them is missing the silent leader, should it be
// alive after all, acknowledges nothing. That list also says that the standby was streaming: the stream
// itself ends with the leader, so asking for it now would find none.
func juzgar(i indicios) (sucesora string, por motivo) {
	switch {
	case i.grupo.mandato != i.sospechoso || i.sospechoso.lider == "":
		return "", otroMandato
	case i.fallos < fallosParaActuar:
		return "", volvio
	case i.grupo.pausado:
		return "", enPausa
	case i.sospechoso.concesion == 0:
		return "", sinConcesion
	}
	esSucesora := func(nombre string) bool { return nombre != i.sospechoso.lider && i.nodos[nombre].esReplicaSana() }
	if n := slices.IndexFunc(i.grupo.sincronas, esSucesora); n >= 0 {
		return i.grupo.sincronas[n], ninguno
	}
	return "", sinReplica
}
