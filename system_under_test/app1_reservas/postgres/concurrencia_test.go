package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	reservas "ticketflow/app1_reservas"
	"ticketflow/app1_reservas/pgprueba"
	"ticketflow/comun"
)

// libro is what the buyers were told: the database alone can't know whom it promised what.
type libro struct {
	mu      sync.Mutex
	ventas  map[int64][]uuid.UUID // seat -> orders acknowledged to a buyer
	errores []error
}

func (l *libro) anotar(orden reservas.Orden) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range orden.Asientos {
		l.ventas[a.ID] = append(l.ventas[a.ID], orden.ID)
	}
}

func (l *libro) fallar(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errores = append(l.errores, err)
}

// comprar holds and mostly confirms random seats until the time is up; refusals are part of the game.
func comprar(t *testing.T, b *Base, l *libro, comprador int, asientos []int64, fin time.Time) {
	azar := rand.New(rand.NewPCG(7, uint64(comprador)))
	for n := 0; time.Now().Before(fin); n++ {
		elegidos := elegir(azar, asientos)
		valor := fmt.Sprintf("%d-%d", comprador, n)
		r, err := retener(t, b, valor, elegidos...)
		if err != nil {
			l.juzgar(err, "asiento_no_disponible")
			continue
		}
		if azar.IntN(4) == 0 {
			continue // walks away; the hold expires
		}
		time.Sleep(time.Duration(azar.IntN(50)) * time.Millisecond) // some will be too late
		r, err = confirmar(t, b, valor, idRetencion(t, r, nil))
		if err != nil {
			l.juzgar(err, "retencion_expirada")
			continue
		}
		var orden reservas.Orden
		leerJSON(t, r.Cuerpo, &orden)
		l.anotar(orden)
	}
}

func elegir(azar *rand.Rand, asientos []int64) []int64 {
	barajados := slices.Clone(asientos)
	azar.Shuffle(len(barajados), func(i, j int) { barajados[i], barajados[j] = barajados[j], barajados[i] })
	return barajados[:1+azar.IntN(4)]
}

func (l *libro) juzgar(err error, permitido string) {
	var rechazo *comun.Error
	if !errors.As(err, &rechazo) || rechazo.Codigo != permitido {
		l.fallar(err)
	}
}

func TestFortyBuyersNeverGetOneSeatTwice(t *testing.T) {
	uno := nuevoBanco(t, 40*time.Millisecond)
	otro := abrir(t, uno.dsn, 40*time.Millisecond)
	asientos := make([]int64, 40)
	for i := range asientos {
		asientos[i] = int64(100001 + i)
	}
	l := &libro{ventas: map[int64][]uuid.UUID{}}
	fin := time.Now().Add(3 * time.Second)
	var grupo sync.WaitGroup
	for comprador := range 40 {
		base := []*Base{uno.Base, otro}[comprador%2]
		grupo.Go(func() { comprar(t, base, l, comprador, asientos, fin) })
	}
	grupo.Wait()
	for _, err := range l.errores {
		t.Errorf("a refusal nobody may get: %v", err)
	}
	if len(l.ventas) < len(asientos)/2 {
		t.Fatalf("only %d of %d seats sold: the fight proves nothing", len(l.ventas), len(asientos))
	}
	for asiento, ordenes := range l.ventas {
		if len(ordenes) != 1 {
			t.Errorf("seat %d was sold to orders %v", asiento, ordenes)
		}
	}
	cuadrar(t, uno, len(l.ventas))
}

// cuadrar checks that the tables agree with each other and with what the buyers were told.
func cuadrar(t *testing.T, b *banco, vendidos int) {
	t.Helper()
	for _, c := range []struct {
		frase, sql string
		n          int
	}{
		{"seats marked as sold", `SELECT count(*) FROM reservas.evento_asiento WHERE estado = 'VENDIDO'`, vendidos},
		{"sales that stand", `SELECT count(*) FROM reservas.venta_asiento WHERE anulada_en IS NULL`, vendidos},
		{"seats whose sale is another order's", `SELECT count(*) FROM reservas.evento_asiento e
			JOIN reservas.venta_asiento v USING (evento_codigo, asiento_id) WHERE e.orden_id IS DISTINCT FROM v.orden_id`, 0},
		{"orders without exactly one message", `SELECT count(*) FROM reservas.orden o WHERE 1 <>
			(SELECT count(*) FROM reservas.bandeja_salida b WHERE b.orden_id = o.id)`, 0},
		{"orders whose total is not seats and charge", `SELECT count(*) FROM reservas.orden o WHERE total <> cargo_servicio +
			(SELECT sum(precio) FROM reservas.venta_asiento v WHERE v.orden_id = o.id)`, 0},
		{"audited sales", `SELECT count(*) FROM reservas.auditoria_asiento WHERE a = 'VENDIDO'`, vendidos},
	} {
		if n := pgprueba.Contar(t, b.espejo, c.sql); n != c.n {
			t.Errorf("%s: %d, want %d", c.frase, n, c.n)
		}
	}
}

func TestAKeyAnswersOnce(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	primera, err := retener(t, b.Base, "k", 100001)
	id := idRetencion(t, primera, err)
	segunda, err := retener(t, b.Base, "k", 100001)
	if err != nil || !segunda.Repetida || string(segunda.Cuerpo) != string(primera.Cuerpo) {
		t.Errorf("replay: %+v, %v", segunda, err)
	}
	_, err = retener(t, b.Base, "k", 100002)
	exigir(t, err, reservas.ErrClaveReutilizada)
	if _, err := confirmar(t, b.Base, "k", id); err != nil {
		t.Errorf("the key of a hold is free for a confirmation: %v", err)
	}
	n := pgprueba.Contar(t, b.espejo, "SELECT repeticiones FROM reservas.idempotencia WHERE operacion = 'retener'")
	if n != 1 {
		t.Errorf("%d replays written, want 1: a replay must commit a write of its own", n)
	}
}

func TestAKeyInFlightIsRefusedAtOnce(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	// Another buyer's transaction keeps the seat, so the first request waits with its key taken.
	estorbo, err := b.espejo.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := estorbo.Exec(t.Context(), "SELECT FROM reservas.evento_asiento WHERE asiento_id = 100001 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	primera := make(chan error, 1)
	go func() { _, err := retener(t, b.Base, "k", 100001); primera <- err }()
	esperar(t, "the first request to wait for the seat", func() bool {
		return pgprueba.Contar(t, b.espejo, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 1
	})
	inicio := time.Now()
	_, err = retener(t, b.Base, "k", 100001)
	exigir(t, err, reservas.ErrClaveEnCurso)
	if tardo := time.Since(inicio); tardo > 500*time.Millisecond {
		t.Errorf("the refusal took %s", tardo)
	}
	exigir(t, <-primera, reservas.ErrServicioNoDisponible) // lock_timeout: whether the seat goes is not known
	if err := estorbo.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := retener(t, b.Base, "k", 100001); err != nil {
		t.Errorf("the key did not come free: %v", err)
	}
}

func TestAReplayUndoesTheWorkThatCameWithIt(t *testing.T) {
	b := nuevoBanco(t, time.Millisecond)
	primera, err := retener(t, b.Base, "k", 100001)
	id := idRetencion(t, primera, err)
	esperar(t, "the hold to expire, so that its seat could be held anew", func() bool {
		return pgprueba.Contar(t, b.espejo, `SELECT count(*) FROM reservas.evento_asiento
			WHERE asiento_id = 100001 AND expira_en <= clock_timestamp()`) == 1
	})
	segunda, err := retener(t, b.Base, "k", 100001)
	if err != nil || !segunda.Repetida || string(segunda.Cuerpo) != string(primera.Cuerpo) {
		t.Errorf("replay: %+v, %v", segunda, err)
	}
	suyo := `SELECT count(*) FROM reservas.evento_asiento WHERE asiento_id = 100001 AND version = 1 AND retencion_id = $1`
	if n := pgprueba.Contar(t, b.espejo, suyo, id); n != 1 {
		t.Error("the replay held the seat again")
	}
	if n := pgprueba.Contar(t, b.espejo, "SELECT count(*) FROM reservas.auditoria_asiento"); n != 1 {
		t.Errorf("%d changes audited, want 1", n)
	}
}

func TestAReplayNeedsNoSeat(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	primera, err := retener(t, b.Base, "k", 100001)
	if err != nil {
		t.Fatal(err)
	}
	estorbo, err := b.espejo.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := estorbo.Exec(t.Context(), "SELECT FROM reservas.evento_asiento WHERE asiento_id = 100001 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	segunda, err := retener(t, b.Base, "k", 100001)
	if err != nil || !segunda.Repetida || string(segunda.Cuerpo) != string(primera.Cuerpo) {
		t.Errorf("replay while another transaction has the seat: %+v, %v", segunda, err)
	}
	if err := estorbo.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOneKeySentByManyMakesOneOrder(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	r, err := retener(t, b.Base, "h", 100001)
	id := idRetencion(t, r, err)
	respuestas := make(chan string, 20)
	var grupo sync.WaitGroup
	for range cap(respuestas) {
		grupo.Go(func() {
			r, err := confirmar(t, b.Base, "c", id)
			for errors.Is(err, reservas.ErrClaveEnCurso) {
				time.Sleep(time.Millisecond)
				r, err = confirmar(t, b.Base, "c", id)
			}
			if err != nil {
				t.Errorf("confirm: %v", err)
			}
			respuestas <- string(r.Cuerpo)
		})
	}
	grupo.Wait()
	primera := <-respuestas
	for range cap(respuestas) - 1 {
		if otra := <-respuestas; otra != primera {
			t.Errorf("one key, two answers: %s and %s", primera, otra)
		}
	}
	cuadrar(t, b, 1)
}

// esperar polls until listo, for at most 10 s, and names what it waited for.
func esperar(t *testing.T, que string, listo func() bool) {
	t.Helper()
	ctx, fin := context.WithTimeout(t.Context(), 10*time.Second)
	defer fin()
	for !listo() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", que)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
