package orquestador_test

import (
	"context"
	"slices"
	"testing"
	"time"

	orquestador "ticketflow/middleware_orquestador"
)

// These tests move rows of a real PostgreSQL through a real RabbitMQ; see escenario_test.go.

func TestEveryRowReachesTheQueueAsTheContractSays(t *testing.T) {
	e := montar(t)
	e.insertar(450)
	e.relevar(1)
	e.esperarConfirmadas(450, 20*time.Second)
	mensajes := e.vaciarCola()
	if len(mensajes) != 450 {
		t.Fatalf("%d messages in the queue, want each of 450 once", len(mensajes))
	}
	m := mensajes[0]
	orden := e.texto(`SELECT orden_id::text FROM reservas.bandeja_salida WHERE mensaje_id = $1`, m.MessageId)
	if m.DeliveryMode != 2 || m.RoutingKey != "orden.creada.v1" || m.Headers["orden_id"] != orden || string(m.Body) != `{"n": 1}` {
		t.Errorf("message is %+v with body %s, want it persistent, of order %s", m, m.Body, orden)
	}
	if n := e.numero(`SELECT count(*) FROM reservas.bandeja_salida WHERE intentos <> 1 OR publicado_en IS NULL OR publicado_en > confirmado_en`); n != 0 {
		t.Errorf("%d rows are not dated published and then confirmed, at the first try", n)
	}
}

func TestWithTheBrokerDownRowsStayAndNoTransactionWaits(t *testing.T) {
	e := montar(t)
	e.cable.Cortar()
	e.relevar(1)
	e.insertar(300)
	time.Sleep(time.Second)
	if n := e.numero(`SELECT count(*) FROM reservas.bandeja_salida WHERE confirmado_en IS NULL AND publicado_en IS NULL AND intentos = 0`); n != 300 {
		t.Errorf("%d rows untouched, want 300", n)
	}
	if n := e.numero(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`); n != 0 {
		t.Errorf("%d transactions open while there is no broker", n)
	}
	e.cable.Reparar(t)
	e.esperarConfirmadas(300, 20*time.Second)
	e.ningunaPerdida()
}

func TestAnUnroutableMessageIsNotMarked(t *testing.T) {
	e := montar(t)
	e.desatar()
	relevo := e.relevar(1)[0]
	e.insertar(3)
	e.esperar(10*time.Second, "the broker to return the messages twice", func() bool { return relevo.Cifras().Total.Devueltos >= 6 })
	if n := e.numero(`SELECT count(*) FROM reservas.bandeja_salida WHERE publicado_en IS NULL AND confirmado_en IS NULL AND intentos > 0`); n != 3 {
		t.Errorf("%d rows unmarked after being returned, want 3", n)
	}
	if c := relevo.Cifras(); c.Total.Confirmados != 0 || c.Estado != "reintentando" {
		t.Errorf("relay says %+v", c)
	}
	e.atar()
	e.esperarConfirmadas(3, 20*time.Second)
	e.ningunaPerdida()
}

func TestARejectedMessageIsNotMarked(t *testing.T) {
	e := montar(t)
	liberar := e.atarColaLlena()
	relevo := e.relevar(1)[0]
	e.insertar(20)
	e.esperar(10*time.Second, "the full queue to refuse messages", func() bool { return relevo.Cifras().Total.Rechazados > 0 })
	if c, n := relevo.Cifras().Total, e.numero(`SELECT count(*) FROM reservas.bandeja_salida WHERE confirmado_en IS NOT NULL`); n > int64(c.Confirmados) {
		t.Errorf("%d rows marked, but the broker confirmed %d", n, c.Confirmados)
	}
	liberar()
	e.esperarConfirmadas(20, 20*time.Second)
	e.ningunaPerdida()
}

func TestAFrozenBrokerHoldsNoTransactionForLong(t *testing.T) {
	e := montar(t)
	e.relevar(1)
	e.insertar(50)
	e.esperarConfirmadas(50, 20*time.Second)
	e.cable.Congelar()
	e.insertar(400)
	time.Sleep(7 * time.Second) // confirms are waited for 5 s
	if n := e.numero(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`); n != 0 {
		t.Errorf("%d transactions still open 7 s after the broker froze", n)
	}
	if n := e.numero(`SELECT count(*) FROM reservas.bandeja_salida WHERE confirmado_en IS NULL`); n != 400 {
		t.Errorf("%d rows wait, want the 400 that the broker could not confirm", n)
	}
	e.cable.Descongelar()
	e.esperarConfirmadas(450, 30*time.Second)
	e.ningunaPerdida()
}

func TestTwoRelaysShareTheRowsWithoutRepeating(t *testing.T) {
	e := montar(t)
	e.insertar(3000)
	relevos := e.relevar(2)
	e.esperarConfirmadas(3000, 40*time.Second)
	if n := len(e.vaciarCola()); n != 3000 {
		t.Errorf("%d messages in the queue, want 3000: nothing failed, so nothing is repeated", n)
	}
	for i, r := range relevos {
		t.Logf("relay %d confirmed %d", i+1, r.Cifras().Total.Confirmados)
	}
}

func TestNoRowIsLostWhileTheBrokerComesAndGoes(t *testing.T) {
	e := montar(t)
	relevos := e.relevar(2)
	for range 5 {
		e.insertar(400)
		time.Sleep(150 * time.Millisecond)
		e.cable.Cortar()
		time.Sleep(200 * time.Millisecond)
		e.cable.Reparar(t)
		time.Sleep(300 * time.Millisecond)
	}
	e.esperarConfirmadas(2000, 60*time.Second)
	sobran := e.ningunaPerdida()
	inciertos := 0
	for _, r := range relevos {
		inciertos += r.Cifras().Total.Desconocidos
	}
	t.Logf("%d copies beyond the first; %d sendings ended unknown", sobran, inciertos)
	if sobran > inciertos {
		t.Errorf("%d copies, but only %d sendings were repeated for want of an answer", sobran, inciertos)
	}
}

func TestTheLastBatchIsMarkedWhenTheRelayIsToldToStop(t *testing.T) {
	e := montar(t)
	e.insertar(1000)
	relevo := orquestador.NuevoRelevo(e.bandeja, e.publicador())
	ctx, fin := context.WithCancel(t.Context())
	acabo := make(chan struct{})
	go func() { defer close(acabo); relevo.Correr(ctx) }()
	e.esperar(10*time.Second, "a first batch", func() bool { return relevo.Cifras().Total.Confirmados > 0 })
	fin()
	select {
	case <-acabo:
	case <-time.After(4 * time.Second):
		t.Fatal("the relay was still running 4 s after it was told to stop")
	}
	confirmadas := e.numero(`SELECT count(*) FROM reservas.bandeja_salida WHERE confirmado_en IS NOT NULL`)
	enCola := len(e.vaciarCola())
	if int(confirmadas) != enCola || enCola%orquestador.TamanoLote != 0 {
		t.Errorf("%d rows marked and %d messages sent, want whole batches and no difference", confirmadas, enCola)
	}
}

func TestTheOutboxSurvivesADatabaseThatComesBack(t *testing.T) {
	e := montar(t)
	relevo := e.relevar(1)[0]
	e.insertar(100)
	e.esperarConfirmadas(100, 20*time.Second)
	e.cableBase.Cortar()
	e.esperar(10*time.Second, "the relay to notice", func() bool { return relevo.Cifras().Estado == "sin_postgres" })
	e.insertar(100)
	e.cableBase.Reparar(t)
	e.esperarConfirmadas(200, 20*time.Second)
	e.cableBase.Congelar()
	e.insertar(100)
	e.esperar(15*time.Second, "the relay to notice the freeze", func() bool { return relevo.Cifras().Estado == "sin_postgres" })
	e.cableBase.Cortar() // a failover: the frozen server's connections lead nowhere, a new one answers
	e.cableBase.Reparar(t)
	e.esperarConfirmadas(300, 20*time.Second)
	e.ningunaPerdida()
	if !slices.Contains([]string{"en_espera", "publicando"}, relevo.Cifras().Estado) {
		t.Errorf("relay is %s, want it at work again", relevo.Cifras().Estado)
	}
}
