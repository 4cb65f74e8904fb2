package postgres

import (
	"testing"
	"time"

	reservas "ticketflow/app1_reservas"
	"ticketflow/app1_reservas/pgprueba"
)

// porRed is a scratch database reached through a network; otros follow it in the DSN's list of hosts.
func porRed(t *testing.T, otros func(*pgprueba.Red) []string) (*banco, *pgprueba.Red) {
	t.Helper()
	dsn := pgprueba.NuevaBase(t)
	r := pgprueba.NuevaRed(t, dsn)
	r.Levantar(t)
	base := abrir(t, r.DSN(t, dsn, otros(r)...), time.Minute)
	return &banco{Base: base, dsn: dsn, espejo: pgprueba.Conectar(t, dsn)}, r
}

func solo(*pgprueba.Red) []string       { return nil }
func yDirecto(r *pgprueba.Red) []string { return []string{r.Destino()} }

func TestACommitCutOffIsUnknownAndTheSameKeySettlesIt(t *testing.T) {
	for _, c := range []struct {
		frase    string
		modo     pgprueba.Modo
		repetida bool
	}{
		{"before it arrived: the key does it for the first time", pgprueba.CortaAntes, false},
		{"after it arrived: the key repeats the answer", pgprueba.CortaDespues, true},
	} {
		t.Run(c.frase, func(t *testing.T) {
			b, r := porRed(t, solo)
			id := retenida(t, b, "h", 100001)
			r.Poner(c.modo)
			_, err := confirmar(t, b.Base, "c", id)
			exigir(t, err, reservas.ErrResultadoDesconocido)
			r.Poner(pgprueba.Pasa)
			esperar(t, "the old backend to end", func() bool {
				return pgprueba.Contar(t, b.espejo, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 0
			})
			respuesta, err := confirmar(t, b.Base, "c", id)
			if err != nil || respuesta.Repetida != c.repetida {
				t.Fatalf("got %+v, %v", respuesta, err)
			}
			cuadrar(t, b, 1)
		})
	}
}

func TestABrokenConnectionNeverCancelsItsCommit(t *testing.T) {
	b, r := porRed(t, solo)
	id := retenida(t, b, "h", 100001)
	volver := sinReplica(t, b)
	fin := make(chan error, 1)
	go func() { _, err := confirmar(t, b.Base, "c", id); fin <- err }()
	esperar(t, "the COMMIT to wait", func() bool { return pgprueba.Contar(t, b.espejo, sqlEnEspera) == 1 })
	r.Cortar()
	exigir(t, <-fin, reservas.ErrResultadoDesconocido)
	time.Sleep(time.Second) // a cancel request would have ended the wait by now
	if n := pgprueba.Contar(t, b.espejo, sqlEnEspera); n != 1 {
		t.Error("the wait for the standby was cancelled")
	}
	volver()
	esperar(t, "the COMMIT to end", func() bool { return pgprueba.Contar(t, b.espejo, sqlEnEspera) == 0 })
	if r, err := confirmar(t, b.Base, "c", id); err != nil || !r.Repetida {
		t.Errorf("the key does not settle it: %+v, %v", r, err)
	}
}

func TestAFrozenNodeIsLeftForTheOneThatAnswers(t *testing.T) {
	b, r := porRed(t, yDirecto)
	retenida(t, b, "h", 100001)
	r.Poner(pgprueba.Congela)
	inicio := time.Now()
	_, err := retener(t, b.Base, "k", 100002)
	if err != nil {
		exigir(t, err, reservas.ErrServicioNoDisponible)
	}
	if tardo := time.Since(inicio); tardo > plazoTrabajo+500*time.Millisecond {
		t.Errorf("the first answer took %s", tardo)
	}
	esperar(t, "a hold through the other node", func() bool {
		_, err := retener(t, b.Base, "k", 100002)
		return err == nil
	})
	// The connection in use costs a whole try, each idle one a ping of 1 s: how many there are is the pool's affair.
	if tardo := time.Since(inicio); tardo > 8*time.Second {
		t.Errorf("recovered only after %s", tardo)
	}
	b.piscina.Reset()
	inicio = time.Now()
	if _, err := retener(t, b.Base, "k2", 100003); err != nil || time.Since(inicio) > time.Second {
		t.Errorf("a new connection still asks the frozen node first: %v after %s", err, time.Since(inicio))
	}
}

func TestAServerThatIsAwayIs503AndComesBackByItself(t *testing.T) {
	b, r := porRed(t, solo)
	retenida(t, b, "h", 100001)
	r.Bajar()
	esperar(t, "the loss to be seen", func() bool { return b.Revisar(t.Context()) != nil })
	for range 5 {
		_, err := retener(t, b.Base, "k", 100002)
		exigir(t, err, reservas.ErrServicioNoDisponible)
	}
	if _, err := b.Catalogo(); err != nil {
		t.Errorf("the catalogue went with it: %v", err)
	}
	r.Levantar(t)
	esperar(t, "a hold after the return", func() bool { _, err := retener(t, b.Base, "k", 100002); return err == nil })
}

func TestAPrimaryThatTurnedReadOnlyIs503(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	pgprueba.Ejecutar(t, b.espejo, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
	b.piscina.Reset()
	_, err := retener(t, b.Base, "k", 100001)
	exigir(t, err, reservas.ErrServicioNoDisponible)
	pgprueba.Ejecutar(t, b.espejo, "BEGIN READ WRITE; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$; COMMIT")
	// The pool may have opened idle ones meanwhile; each is dropped by the first who meets it, and none is kept.
	esperar(t, "the connections to the read-only node to be dropped", func() bool {
		_, err := retener(t, b.Base, "k", 100001)
		return err == nil
	})
}

func TestDeadConnectionsGiveTheirSlotsBackAtOnce(t *testing.T) {
	b, r := porRed(t, solo)
	r.Poner(pgprueba.Congela)
	const n = 10
	errores := make(chan error, n)
	for i := range n {
		go func() { _, err := retener(t, b.Base, "k"+string(rune('A'+i)), int64(100001+i)); errores <- err }()
	}
	for range n {
		exigir(t, <-errores, reservas.ErrServicioNoDisponible)
	}
	inicio := time.Now()
	esperar(t, "the slots", func() bool { return b.piscina.Stat().AcquiredConns() == 0 })
	if tardo := time.Since(inicio); tardo > 2*time.Second {
		t.Errorf("the slots came back only after %s", tardo)
	}
	r.Poner(pgprueba.Pasa)
}
