package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"

	reservas "ticketflow/app1_reservas"
	"ticketflow/app1_reservas/pgprueba"
)

const sqlEnEspera = `SELECT count(*) FROM pg_stat_activity
	WHERE datname = current_database() AND wait_event = 'SyncRep'`

// sinReplica makes every COMMIT wait for a standby that does not exist, as when the standby has just died.
// The returned function ends it, and whoever waits is let go.
func sinReplica(t *testing.T, b *banco) (volver func()) {
	t.Helper()
	poner := func(nombre string) {
		pgprueba.Ejecutar(t, b.espejo, "ALTER SYSTEM SET synchronous_standby_names = '"+nombre+"'")
		pgprueba.Ejecutar(t, b.espejo, "SELECT pg_reload_conf()")
	}
	volver = func() { poner("") }
	t.Cleanup(volver)
	poner("missing")
	esperar(t, "the server to miss its standby", func() bool {
		return pgprueba.Contar(t, b.espejo, `SELECT count(*) FROM pg_settings
			WHERE name = 'synchronous_standby_names' AND setting = 'missing'`) == 1
	})
	// Each backend reads the new setting at its next statement, but whether anybody waits at all is a flag
	// that the checkpointer raises in its own time.
	time.Sleep(300 * time.Millisecond)
	return volver
}

// retenida is a hold made while all is well.
func retenida(t *testing.T, b *banco, valor string, asiento int64) uuid.UUID {
	t.Helper()
	r, err := retener(t, b.Base, valor, asiento)
	return idRetencion(t, r, err)
}

func TestAnUnansweredCommitIsUnknownAndTheSameKeySettlesIt(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	id := retenida(t, b, "h", 100001)
	volver := sinReplica(t, b)

	inicio := time.Now()
	_, err := confirmar(t, b.Base, "c", id)
	exigir(t, err, reservas.ErrResultadoDesconocido)
	if tardo := time.Since(inicio); tardo < plazoCompromiso || tardo > plazoCompromiso+time.Second {
		t.Errorf("answered after %s", tardo)
	}
	if n := b.piscina.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d slots of the pool still taken", n)
	}
	if n := pgprueba.Contar(t, b.espejo, sqlEnEspera); n != 1 {
		t.Errorf("%d backends wait for the standby, want 1: was the wait cancelled?", n)
	}
	if n := pgprueba.Contar(t, b.espejo, "SELECT count(*) FROM reservas.orden"); n != 0 {
		t.Error("the order is visible before it is replicated")
	}
	_, err = confirmar(t, b.Base, "c", id)
	exigir(t, err, reservas.ErrClaveEnCurso)

	volver()
	esperar(t, "the COMMIT to end", func() bool { return pgprueba.Contar(t, b.espejo, sqlEnEspera) == 0 })
	r, err := confirmar(t, b.Base, "c", id)
	if err != nil || !r.Repetida {
		t.Fatalf("the key does not settle it: %+v, %v", r, err)
	}
	cuadrar(t, b, 1)
	esperar(t, "the loose connection to go", func() bool { return len(b.desprendidas) == 0 })
}

func TestACancelledReplicationWaitIsNeverASuccess(t *testing.T) {
	for _, c := range []struct{ frase, sql string }{
		{"an operator cancels the statement", "SELECT pg_cancel_backend(pid)"},
		{"an operator terminates the backend", "SELECT pg_terminate_backend(pid)"},
	} {
		t.Run(c.frase, func(t *testing.T) {
			b := nuevoBanco(t, time.Minute)
			id := retenida(t, b, "h", 100001)
			volver := sinReplica(t, b)
			fin := make(chan error, 1)
			go func() { _, err := confirmar(t, b.Base, "c", id); fin <- err }()
			esperar(t, "the COMMIT to wait", func() bool { return pgprueba.Contar(t, b.espejo, sqlEnEspera) == 1 })
			pgprueba.Ejecutar(t, b.espejo, c.sql+" FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'")
			exigir(t, <-fin, reservas.ErrResultadoDesconocido)

			// Now the sale can be seen, and is not replicated: a replay must not vouch for it.
			if n := pgprueba.Contar(t, b.espejo, "SELECT count(*) FROM reservas.orden"); n != 1 {
				t.Fatalf("%d orders visible: this server does not do what the test is about", n)
			}
			_, err := confirmar(t, b.Base, "c", id)
			exigir(t, err, reservas.ErrResultadoDesconocido)
			volver()
			esperar(t, "the replay's COMMIT to end", func() bool { return pgprueba.Contar(t, b.espejo, sqlEnEspera) == 0 })
			if r, err := confirmar(t, b.Base, "c", id); err != nil || !r.Repetida {
				t.Errorf("the key does not settle it: %+v, %v", r, err)
			}
			cuadrar(t, b, 1)
		})
	}
}

func TestALongStallNeverExhaustsTheServer(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	volver := sinReplica(t, b)
	resultados := make(chan error, conexionesMaximas)
	for i := range conexionesMaximas {
		go func() { _, err := retener(t, b.Base, "k"+string(rune('A'+i)), int64(100001+i)); resultados <- err }()
	}
	for range conexionesMaximas {
		exigir(t, <-resultados, reservas.ErrResultadoDesconocido)
	}
	if n := len(b.desprendidas); n != desprendidasMaximas {
		t.Errorf("%d connections left the pool, want %d", n, desprendidasMaximas)
	}
	if n := int(b.piscina.Stat().AcquiredConns()); n != conexionesMaximas-desprendidasMaximas {
		t.Errorf("%d slots taken, want %d", n, conexionesMaximas-desprendidasMaximas)
	}
	volver()
	esperar(t, "all slots to come back", func() bool {
		return b.piscina.Stat().AcquiredConns() == 0 && len(b.desprendidas) == 0
	})
	if _, err := retener(t, b.Base, "after", 100200); err != nil {
		t.Errorf("no hold after the stall: %v", err)
	}
}
