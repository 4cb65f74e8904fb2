package orquestador_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	amqp "github.com/rabbitmq/amqp091-go"

	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/internal/cable"
	"ticketflow/middleware_orquestador/postgres"
	"ticketflow/middleware_orquestador/rabbitmq"
)

// escenario is a scratch database with an outbox, and a scratch exchange with its quorum queue, both reached
// by the code under test through lines that can be cut.
//
// TICKETFLOW_PRUEBA_POSTGRES is a URL of a role that may create databases, TICKETFLOW_PRUEBA_RABBITMQ one of
// a user that may declare queues.
type escenario struct {
	t                *testing.T
	nombre           string
	cable, cableBase *cable.Cable
	base             *pgxpool.Pool // past the line
	bandeja          *postgres.Bandeja
	canal            *amqp.Channel // past the line
	urlRabbit        string
}

func montar(t *testing.T) *escenario {
	t.Helper()
	e := &escenario{t: t, nombre: fmt.Sprintf("prueba_%d_%d", os.Getpid(), rand.N(1_000_000))}
	urlBase, urlRabbit := exigir(t, "TICKETFLOW_PRUEBA_POSTGRES"), exigir(t, "TICKETFLOW_PRUEBA_RABBITMQ")
	e.montarBase(urlBase)
	e.montarRabbit(urlRabbit)
	return e
}

func exigir(t *testing.T, variable string) *url.URL {
	t.Helper()
	texto := os.Getenv(variable)
	if texto == "" {
		t.Skipf("%s is not set: this test needs a real server", variable)
	}
	u, err := url.Parse(texto)
	if err != nil {
		t.Fatalf("%s is not a URL: %v", variable, err)
	}
	return u
}

func (e *escenario) montarBase(u *url.URL) {
	ctx := e.t.Context()
	admin, err := pgxpool.New(ctx, u.String())
	e.sinError(err)
	e.ejecutar(admin, "CREATE DATABASE "+e.nombre)
	e.t.Cleanup(func() {
		_, _ = admin.Exec(context.Background(), "DROP DATABASE "+e.nombre+" WITH (FORCE)")
		admin.Close()
	})
	propia := *u
	propia.Path = "/" + e.nombre
	e.base, err = pgxpool.New(ctx, propia.String())
	e.sinError(err)
	e.t.Cleanup(e.base.Close)
	e.ejecutar(e.base, `CREATE SCHEMA reservas; CREATE TABLE reservas.bandeja_salida (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mensaje_id uuid NOT NULL UNIQUE, orden_id uuid NOT NULL, tipo text NOT NULL,
		cuerpo jsonb NOT NULL, creado_en timestamptz NOT NULL DEFAULT clock_timestamp(), publicado_en timestamptz,
		confirmado_en timestamptz, intentos int NOT NULL DEFAULT 0)`)
	e.cableBase = cable.Nuevo(e.t, u.Host)
	propia.Host = e.cableBase.Direccion()
	e.bandeja, err = postgres.Abrir(ctx, propia.String())
	e.sinError(err)
	e.t.Cleanup(e.bandeja.Cerrar)
}

func (e *escenario) montarRabbit(u *url.URL) {
	conexion, err := amqp.Dial(u.String())
	e.sinError(err)
	e.canal, err = conexion.Channel()
	e.sinError(err)
	e.t.Cleanup(func() {
		_, _ = e.canal.QueueDelete(e.nombre, false, false, false)
		_ = e.canal.ExchangeDelete(e.nombre, false, false)
		_ = conexion.Close()
	})
	e.sinError(e.canal.ExchangeDeclare(e.nombre, amqp.ExchangeTopic, true, false, false, false, nil))
	_, err = e.canal.QueueDeclare(e.nombre, true, false, false, false, amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeQuorum})
	e.sinError(err)
	e.atar()
	e.cable = cable.Nuevo(e.t, u.Host)
	porCable := *u
	porCable.Host = e.cable.Direccion()
	e.urlRabbit = porCable.String()
}

func (e *escenario) atar() {
	e.t.Helper()
	e.sinError(e.canal.QueueBind(e.nombre, "orden.*.v1", e.nombre, false, nil))
}

func (e *escenario) desatar() {
	e.t.Helper()
	e.sinError(e.canal.QueueUnbind(e.nombre, "orden.*.v1", e.nombre, nil))
}

// atarColaLlena binds a second queue that refuses all but its first messages, and returns what removes it.
func (e *escenario) atarColaLlena() (liberar func()) {
	e.t.Helper()
	nombre := e.nombre + "_llena"
	_, err := e.canal.QueueDeclare(nombre, true, false, false, false, amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeClassic,
		amqp.QueueMaxLenArg: 1, amqp.QueueOverflowArg: amqp.QueueOverflowRejectPublish})
	e.sinError(err)
	liberar = func() { _, _ = e.canal.QueueDelete(nombre, false, false, false) }
	e.t.Cleanup(liberar)
	e.sinError(e.canal.QueueBind(nombre, "orden.*.v1", e.nombre, false, nil))
	return liberar
}

// publicador connects through the line until the test ends.
func (e *escenario) publicador() *rabbitmq.Publicador {
	p := rabbitmq.NuevoPublicador(e.urlRabbit, e.nombre, rabbitmq.Clave)
	e.enSegundoPlano(p.Mantener)
	return p
}

// relevar starts n relays, each with its own connections.
func (e *escenario) relevar(n int) []*orquestador.Relevo {
	relevos := make([]*orquestador.Relevo, n)
	for i := range relevos {
		relevos[i] = orquestador.NuevoRelevo(e.bandeja, e.publicador())
		e.enSegundoPlano(relevos[i].Correr)
	}
	return relevos
}

func (e *escenario) enSegundoPlano(tarea func(context.Context)) {
	ctx, fin := context.WithCancel(context.Background())
	acabo := make(chan struct{})
	go func() { defer close(acabo); tarea(ctx) }()
	e.t.Cleanup(func() { fin(); <-acabo })
}

func (e *escenario) insertar(n int) {
	e.t.Helper()
	e.ejecutar(e.base, `INSERT INTO reservas.bandeja_salida (mensaje_id, orden_id, tipo, cuerpo)
		SELECT gen_random_uuid(), gen_random_uuid(), 'OrdenCreada', jsonb_build_object('n', g) FROM generate_series(1, $1) g`, n)
}

func (e *escenario) ejecutar(base *pgxpool.Pool, sql string, parametros ...any) {
	e.t.Helper()
	_, err := base.Exec(e.t.Context(), sql, parametros...)
	e.sinError(err)
}

func (e *escenario) numero(sql string) (n int64) {
	e.t.Helper()
	e.sinError(e.base.QueryRow(e.t.Context(), sql).Scan(&n))
	return n
}

func (e *escenario) texto(sql string, parametro string) (texto string) {
	e.t.Helper()
	e.sinError(e.base.QueryRow(e.t.Context(), sql, parametro).Scan(&texto))
	return texto
}

func (e *escenario) esperarConfirmadas(n int64, plazo time.Duration) {
	e.t.Helper()
	e.esperar(plazo, fmt.Sprintf("%d confirmed rows and none left", n), func() bool {
		return e.numero(`SELECT count(*) FROM reservas.bandeja_salida WHERE confirmado_en IS NOT NULL AND publicado_en IS NOT NULL`) == n &&
			e.numero(`SELECT count(*) FROM reservas.bandeja_salida`) == n
	})
}

func (e *escenario) esperar(plazo time.Duration, que string, cumple func() bool) {
	e.t.Helper()
	for limite := time.Now().Add(plazo); !cumple(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limite) {
			e.t.Fatalf("waited %s for %s", plazo, que)
		}
	}
}

// vaciarCola takes all messages out of the queue.
func (e *escenario) vaciarCola() (mensajes []amqp.Delivery) {
	e.t.Helper()
	for {
		m, hay, err := e.canal.Get(e.nombre, true)
		e.sinError(err)
		if !hay {
			return mensajes
		}
		mensajes = append(mensajes, m)
	}
}

// ningunaPerdida checks that the queue has every row's message, and counts the copies beyond the first.
func (e *escenario) ningunaPerdida() (sobran int) {
	e.t.Helper()
	veces := map[string]int{}
	for _, m := range e.vaciarCola() {
		veces[m.MessageId]++
	}
	filas, err := e.base.Query(e.t.Context(), `SELECT mensaje_id::text FROM reservas.bandeja_salida`)
	e.sinError(err)
	defer filas.Close()
	for filas.Next() {
		var id string
		e.sinError(filas.Scan(&id))
		if veces[id] == 0 {
			e.t.Errorf("message %s is marked as confirmed and is not in the queue", id)
		}
		sobran += veces[id] - 1
	}
	e.sinError(filas.Err())
	return sobran
}

func (e *escenario) sinError(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}
