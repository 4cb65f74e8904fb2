package mariadb

import (
	"testing"
	"time"

	orquestador "ticketflow/middleware_orquestador"
)

const (
	primario = orquestador.FuentePrimario
	replica  = orquestador.FuenteReplica
	ninguna  = orquestador.FuenteNinguna
)

// Probes, one a letter: P/p the primary answers or not; R the replica replicates, C it cannot connect to its
// primary, S its SQL thread has stopped, L it is far behind, r it does not answer. A dot lets a second pass.
func sondear(v *vigia, sondas string) {
	ahora := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, sonda := range sondas {
		switch sonda {
		case 'P', 'p':
			v.anotarPrimario(sonda == 'P')
		case 'R':
			v.anotarReplica(true, replicacion{recibe: true, aplica: true}, ahora)
		case 'C':
			v.anotarReplica(true, replicacion{aplica: true}, ahora)
		case 'S':
			v.anotarReplica(true, replicacion{recibe: true}, ahora)
		case 'L':
			v.anotarReplica(true, replicacion{recibe: true, aplica: true, retraso: time.Minute}, ahora)
		case 'r':
			v.anotarReplica(false, replicacion{}, ahora)
		case '.':
			ahora = ahora.Add(time.Second)
		}
	}
}

func TestReadsGoWhereTheProbesSay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence string
		sondas   string
		quiere   eleccion
	}{
		{"before any probe nobody is trusted, and reads fail at once", "", eleccion{ninguna, ninguna, true}},
		{"the first answers are believed", "PR", eleccion{primario, replica, true}},
		{"two misses are not an outage", "PRpp", eleccion{primario, replica, true}},
		{"three misses are", "PRppp", eleccion{replica, ninguna, true}},
		{"a miss between answers starts the count over", "PRppPpp", eleccion{primario, replica, true}},
		{"a primary that comes back is not trusted yet, but is a second choice", "PRpppPPP", eleccion{replica, primario, true}},
		{"after four answers in a row it is", "PRpppPPPP", eleccion{primario, replica, true}},
		{"a flapping primary stays out", "PRpppPPpPPpPPp", eleccion{replica, ninguna, true}},
		{"with neither, reads fail at once", "PRppprrr", eleccion{ninguna, ninguna, true}},
		{"a primary that is coming back is better than nobody", "PRppprrrP", eleccion{primario, ninguna, true}},
		{"a primary alone has no second", "Pr", eleccion{primario, ninguna, true}},
		{"a replica cut off from a living primary is no second after 3 s", "PRC...C", eleccion{primario, ninguna, false}},
		{"cut off for a moment it still is", "PRC.C", eleccion{primario, replica, true}},
		{"it stops receiving because the primary died: it is as fresh as can be", "PRCpCpCp..C..C", eleccion{replica, ninguna, true}},
		{"stopped before the primary died: it serves, and may lack things", "PRC...CpppC", eleccion{replica, ninguna, false}},
		{"replicating again it is fresh again", "PRC...CR", eleccion{primario, replica, true}},
		{"one that receives and does not apply is old at once", "PRS", eleccion{primario, ninguna, false}},
		{"even while the primary is down", "PRpppS", eleccion{replica, ninguna, false}},
		{"and so is one far behind", "PRL", eleccion{primario, ninguna, false}},
		{"its lag is not forgotten when the primary dies and the lag reads as unknown", "PRLpppC", eleccion{replica, ninguna, false}},
		{"nor is it that it had stopped applying just before", "PRSpppC", eleccion{replica, ninguna, false}},
		{"caught up it is fresh again", "PRLR", eleccion{primario, replica, true}},
		{"a server that never replicated is old", "PS", eleccion{primario, ninguna, false}},
	}
	for _, tt := range tests {
		v := &vigia{}
		sondear(v, tt.sondas)
		if sale := v.elegir(); sale != tt.quiere {
			t.Errorf("%s (%s): got %+v, want %+v", tt.sentence, tt.sondas, sale, tt.quiere)
		}
	}
}
