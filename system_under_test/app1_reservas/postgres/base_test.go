package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	reservas "ticketflow/app1_reservas"
	"ticketflow/app1_reservas/pgprueba"
	"ticketflow/comun"
)

// banco is a scratch database with one instance on it and a connection to look behind its back.
type banco struct {
	*Base
	dsn    string
	espejo *pgx.Conn
}

func nuevoBanco(t *testing.T, duracion time.Duration) *banco {
	t.Helper()
	dsn := pgprueba.NuevaBase(t)
	return &banco{Base: abrir(t, dsn, duracion), dsn: dsn, espejo: pgprueba.Conectar(t, dsn)}
}

func abrir(t *testing.T, dsn string, duracion time.Duration) *Base {
	t.Helper()
	base, err := Abrir(Opciones{DSN: dsn, Nodo: t.Name(), Duracion: duracion})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(base.Cerrar)
	if err := base.ponerAlDia(t.Context()); err != nil {
		t.Fatal(err)
	}
	return base
}

func clave(t *testing.T, valor string, operacion reservas.Operacion, pedido any) reservas.Clave {
	t.Helper()
	c, err := reservas.NuevaClave(valor, operacion, pedido)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func retener(t *testing.T, b *Base, valor string, asientos ...int64) (reservas.Respuesta, error) {
	t.Helper()
	p := reservas.PedidoRetencion{Evento: "EV001", Asientos: asientos, Sesion: "s"}
	return b.Retener(t.Context(), clave(t, valor, reservas.OperacionRetener, p), p)
}

func confirmar(t *testing.T, b *Base, valor string, id uuid.UUID) (reservas.Respuesta, error) {
	t.Helper()
	p := reservas.PedidoConfirmacion{RetencionID: id,
		Comprador: reservas.Comprador{RUT: "12345678-5", Nombre: "Ana", Correo: "ana@example.cl"}}
	return b.Confirmar(t.Context(), clave(t, valor, reservas.OperacionConfirmar, p), p)
}

func idRetencion(t *testing.T, r reservas.Respuesta, err error) uuid.UUID {
	t.Helper()
	var cuerpo struct {
		ID uuid.UUID `json:"retencion_id"`
	}
	if err != nil {
		t.Fatalf("the hold was refused: %v", err)
	}
	leerJSON(t, r.Cuerpo, &cuerpo)
	return cuerpo.ID
}

func exigir(t *testing.T, err error, esperado *comun.Error) {
	t.Helper()
	if !errors.Is(err, esperado) {
		t.Fatalf("got %v, want %s", err, esperado.Codigo)
	}
}

func TestAHoldTakesAllItsSeatsOrNone(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	r, err := retener(t, b.Base, "a", 100001)
	idRetencion(t, r, err)
	_, err = retener(t, b.Base, "b", 100001, 100002, 999)
	var rechazo *comun.Error
	if !errors.As(err, &rechazo) || rechazo.Codigo != "asiento_no_disponible" {
		t.Fatalf("got %v", err)
	}
	if faltan := rechazo.Extra["asientos"].([]int64); len(faltan) != 2 || faltan[0] != 100001 || faltan[1] != 999 {
		t.Errorf("the refusal names %v", faltan)
	}
	mapa, err := b.Mapa(t.Context(), "EV001", "Cancha VIP 1")
	if err != nil || mapa.Asientos[0].Estado != reservas.Retenido || mapa.Asientos[1].Estado != reservas.Disponible {
		t.Errorf("the map reads %+v, %v", mapa.Asientos[:2], err)
	}
	if n := pgprueba.Contar(t, b.espejo, "SELECT count(*) FROM reservas.auditoria_asiento"); n != 1 {
		t.Errorf("%d audit rows for one seat held", n)
	}
}

func TestAnOrderIsRecordedOnceInEveryTable(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	r, err := retener(t, b.Base, "h", 100010, 100011)
	id := idRetencion(t, r, err)
	r, err = confirmar(t, b.Base, "c", id)
	if err != nil {
		t.Fatal(err)
	}
	var orden reservas.Orden
	leerJSON(t, r.Cuerpo, &orden)
	if orden.Total != 95000*2+19000 || orden.CargoServicio != 19000 || orden.Asientos[1].FolioTicket != 11 {
		t.Errorf("order %s", r.Cuerpo)
	}
	for sql, n := range map[string]int{
		`SELECT count(*) FROM reservas.orden WHERE retencion_id = $1`:                                                                        1,
		`SELECT count(*) FROM reservas.venta_asiento v JOIN reservas.orden o ON o.id = v.orden_id WHERE o.retencion_id = $1`:                 2,
		`SELECT count(*) FROM reservas.bandeja_salida b JOIN reservas.orden o ON o.id = b.orden_id WHERE o.retencion_id = $1`:                1,
		`SELECT count(*) FROM reservas.auditoria_asiento WHERE retencion_id = $1`:                                                            4,
		`SELECT count(*) FROM reservas.evento_asiento WHERE retencion_id = $1 AND estado = 'VENDIDO'`:                                        2,
		`SELECT count(*) FROM reservas.retencion WHERE id = $1 AND estado = 'CONFIRMADA'`:                                                    1,
		`SELECT jsonb_array_length(cuerpo->'items') FROM reservas.bandeja_salida WHERE cuerpo->>'total' = '209000' AND $1::uuid IS NOT NULL`: 2,
	} {
		if hay := pgprueba.Contar(t, b.espejo, sql, id); hay != n {
			t.Errorf("%s: %d, want %d", sql, hay, n)
		}
	}
	desconocida := uuid.New()
	leidas, err := b.Ordenes(t.Context(), []uuid.UUID{desconocida, orden.ID})
	if err != nil || string(leidas.Ordenes[0]) != string(r.Cuerpo) || leidas.Desconocidas[0] != desconocida {
		t.Errorf("read back %s, %v", leidas.Ordenes, err)
	}
	_, err = confirmar(t, b.Base, "another key", id)
	exigir(t, err, reservas.ErrRetencionConfirmada)
	exigir(t, b.Liberar(t.Context(), id), reservas.ErrRetencionConfirmada)
}

func TestAnExpiredHoldCanNotBeConfirmedAndItsSeatsAreFree(t *testing.T) {
	b := nuevoBanco(t, 150*time.Millisecond)
	r, err := retener(t, b.Base, "h", 100001, 100002)
	viejo := idRetencion(t, r, err)
	time.Sleep(200 * time.Millisecond)
	_, err = confirmar(t, b.Base, "c", viejo)
	exigir(t, err, reservas.ErrRetencionExpirada)
	if leida, err := b.Retencion(t.Context(), viejo); err != nil || leida.Estado != reservas.RetencionExpirada {
		t.Errorf("reads %+v, %v", leida, err)
	}
	d, err := b.Disponibilidad(t.Context(), "EV001")
	if err != nil || d.Sectores[0].Disponibles != 250 {
		t.Errorf("availability %+v, %v", d.Sectores[0], err)
	}
	r, err = retener(t, b.Base, "h2", 100002)
	nuevo := idRetencion(t, r, err)
	if _, err := confirmar(t, b.Base, "c2", nuevo); err != nil {
		t.Fatal(err)
	}
	_, err = confirmar(t, b.Base, "c3", viejo)
	exigir(t, err, reservas.ErrRetencionExpirada)
}

func TestAReleasedHoldGivesItsSeatsBack(t *testing.T) {
	b := nuevoBanco(t, time.Minute)
	r, err := retener(t, b.Base, "h", 100001)
	id := idRetencion(t, r, err)
	for range 2 {
		if err := b.Liberar(t.Context(), id); err != nil {
			t.Fatalf("release: %v", err)
		}
	}
	_, err = confirmar(t, b.Base, "c", id)
	exigir(t, err, reservas.ErrRetencionLiberada)
	if _, err := retener(t, b.Base, "h2", 100001); err != nil {
		t.Errorf("the seat is not free: %v", err)
	}
	exigir(t, b.Liberar(t.Context(), uuid.New()), reservas.ErrRetencionDesconocida)
	_, err = confirmar(t, b.Base, "c2", uuid.New())
	exigir(t, err, reservas.ErrRetencionDesconocida)
}

func TestTwoInstancesMigrateAtOnce(t *testing.T) {
	dsn := pgprueba.NuevaBase(t)
	errores := make(chan error, 2)
	for range 2 {
		base, err := Abrir(Opciones{DSN: dsn, Nodo: "n", Duracion: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(base.Cerrar)
		go func() { errores <- base.Migrar(context.Background()) }()
	}
	for range 2 {
		if err := <-errores; err != nil {
			t.Errorf("migration: %v", err)
		}
	}
	espejo := pgprueba.Conectar(t, dsn)
	for evento, aforo := range map[string]int{"EV001": 5000, "EV002": 1200, "EV003": 600, "EV004": 20000} {
		if n := pgprueba.Contar(t, espejo, "SELECT count(*) FROM reservas.evento_asiento WHERE evento_codigo = $1", evento); n != aforo {
			t.Errorf("%s has %d seats, want %d", evento, n, aforo)
		}
	}
	if n := pgprueba.Contar(t, espejo, `SELECT count(*) FROM reservas.evento e WHERE aforo <>
		(SELECT max(ordinal) FROM reservas.asiento a WHERE a.evento_codigo = e.codigo)`); n != 0 {
		t.Errorf("%d events whose aforo is not their last ordinal: ticket numbers could repeat", n)
	}
}

func leerJSON(t *testing.T, cuerpo []byte, destino any) {
	t.Helper()
	if err := json.Unmarshal(cuerpo, destino); err != nil {
		t.Fatalf("body %s: %v", cuerpo, err)
	}
}
