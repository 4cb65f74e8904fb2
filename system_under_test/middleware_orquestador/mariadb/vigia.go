package mariadb

import (
	"sync"
	"time"

	orquestador "ticketflow/middleware_orquestador"
)

const (
	fallosParaCaer     = 3
	aciertosParaVolver = 4
	// A primary that dies cuts its replica off a little before we count it as dead: only a replica that has
	// received nothing for this long, under a living primary, is one whose data have gone old.
	graciaReplica = 3 * time.Second
	retrasoMaximo = 10 * time.Second
)

// replicacion is what a replica says of its own threads.
type replicacion struct {
	recibe, aplica bool          // IO and SQL threads
	retraso        time.Duration // 0 when unknown
}

// vigia decides, from the probes, which server reads go to. It does no I/O; the clock is a parameter.
//
//	primario: 3 misses in a row -> down; 4 answers in a row -> up again
//	up: primary | down: replica, if it answers | neither: nobody, and reads fail at once
type vigia struct {
	mu                sync.Mutex
	primario, replica pulso
	detenidaDesde     time.Time // zero: receiving, or cut off only because its primary is down
	atrasada          bool      // cut off while the primary was alive, stopped, or far behind: may lack what the primary has
	ultima            replicacion
}

// pulso turns single probes into up and down, slowly enough not to flap. The first probe decides at once.
type pulso struct {
	vive             bool
	aciertos, fallos int
	medido           bool
}

func (p *pulso) anotar(acierto bool) {
	if acierto {
		p.aciertos, p.fallos = p.aciertos+1, 0
	} else {
		p.aciertos, p.fallos = 0, p.fallos+1
	}
	switch {
	case !p.medido, p.vive && p.fallos >= fallosParaCaer, !p.vive && p.aciertos >= aciertosParaVolver:
		p.vive, p.medido = acierto, true
	}
}

func (v *vigia) anotarPrimario(acierto bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.primario.anotar(acierto)
}

func (v *vigia) anotarReplica(acierto bool, r replicacion, ahora time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.replica.anotar(acierto)
	if !acierto {
		return // what it said last still holds
	}
	v.ultima = r
	switch {
	case !r.aplica || r.retraso > retrasoMaximo:
		// At once, and until it replicates again: should the primary die now, its lag reads as unknown, and
		// what it had not yet applied would be missing without anybody knowing.
		v.atrasada = true
	case r.recibe:
		v.atrasada, v.detenidaDesde = false, time.Time{}
	case !v.primario.vive:
		v.detenidaDesde = time.Time{} // nothing to receive: it is as fresh as when the primary fell
	case v.detenidaDesde.IsZero():
		v.detenidaDesde = ahora
	case ahora.Sub(v.detenidaDesde) >= graciaReplica:
		v.atrasada = true
	}
}

// eleccion is where a read goes, and where once more if that fails.
type eleccion struct {
	primera, segunda orquestador.Fuente // FuenteNinguna: nowhere
	replicaAlDia     bool
}

// elegir is the present choice. A replica that lags is no stand-in for a primary that is up.
func (v *vigia) elegir() eleccion {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := eleccion{orquestador.FuenteNinguna, orquestador.FuenteNinguna, !v.atrasada}
	switch {
	case v.primario.vive:
		e.primera = orquestador.FuentePrimario
		if v.replica.vive && !v.atrasada {
			e.segunda = orquestador.FuenteReplica
		}
	case v.replica.vive:
		e.primera = orquestador.FuenteReplica
		if v.primario.aciertos > 0 { // coming back, not yet trusted
			e.segunda = orquestador.FuentePrimario
		}
	case v.primario.aciertos > 0:
		e.primera = orquestador.FuentePrimario // the only one that answers
	}
	return e
}
