// Command middleware runs TicketFlow's orchestrator: gateway, purchases, ticket reads and the outbox relay.
// It starts, and stays up, whatever is missing behind it.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"ticketflow/comun"
	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/app1"
	"ticketflow/middleware_orquestador/app2"
	"ticketflow/middleware_orquestador/enlace"
	portada "ticketflow/middleware_orquestador/http"
	"ticketflow/middleware_orquestador/mariadb"
	"ticketflow/middleware_orquestador/patroni"
	"ticketflow/middleware_orquestador/postgres"
	"ticketflow/middleware_orquestador/rabbitmq"
)

// plazoSalida is how long the relay may still take to write down what it published.
const plazoSalida = 4500 * time.Millisecond

func main() {
	anfitrion, _ := os.Hostname()
	comun.ConfigurarRegistro("middleware", comun.Variable("NODO", anfitrion))
	ctx, fin := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer fin()
	if err := correr(ctx); err != nil {
		slog.Error("el middleware no puede seguir", "error", err.Error())
		os.Exit(1)
	}
}

func correr(ctx context.Context) error {
	ctx, fin := context.WithCancel(ctx)
	defer fin()
	c, err := leerConfiguracion()
	if err != nil {
		return err
	}
	bandeja, err := postgres.Abrir(ctx, c.postgres)
	if err != nil {
		return err
	}
	lector, err := mariadb.Abrir(c.mariadbPrimario, c.mariadbReplica)
	if err != nil {
		return err
	}
	guardia, err := patroni.Abrir(c.patroni)
	if err != nil {
		return err
	}
	publicador := rabbitmq.NuevoPublicador(c.rabbitmq, rabbitmq.Intercambio, rabbitmq.Clave)
	relevo := orquestador.NuevoRelevo(bandeja, publicador)
	reservas, boletas := app1.Nuevo(enlace.Nuevo(c.app1...)), app2.Nuevo(enlace.Nuevo(c.app2...))
	api := portada.NuevaAPI(portada.Servicios{Reservas: reservas, Entradas: lector, Boletas: boletas, Relevo: relevo, Lider: guardia,
		Salud: comun.NuevaSalud(
			comun.Dependencia{Nombre: "app1", Esencial: true, Revisar: reservas.Revisar},
			comun.Dependencia{Nombre: "app2", Revisar: boletas.Revisar},
			comun.Dependencia{Nombre: "postgres", Revisar: bandeja.Revisar},
			comun.Dependencia{Nombre: "etcd", Revisar: guardia.Revisar},
			comun.Dependencia{Nombre: "rabbitmq", Revisar: func(context.Context) error { return publicador.Listo() }},
			comun.Dependencia{Nombre: "mariadb_primario", Revisar: lector.RevisarPrimario},
			comun.Dependencia{Nombre: "mariadb_replica", Revisar: lector.RevisarReplica},
		)})
	relevar := func(ctx context.Context) { relevarConRabbitMQ(ctx, relevo, publicador) }
	terminar := enSegundoPlano(ctx, relevar, relevo.Medir, lector.Vigilar, guardia.Vigilar)
	err = comun.Servir(ctx, comun.Variable("PUERTO", "8000"), api)
	fin() // also when the port could not be had
	terminar()
	return err
}

// relevarConRabbitMQ keeps the connection until the relay has ended: its last batch still needs confirms.
func relevarConRabbitMQ(ctx context.Context, relevo *orquestador.Relevo, publicador *rabbitmq.Publicador) {
	ctxConexion, fin := context.WithCancel(context.WithoutCancel(ctx))
	defer fin()
	go publicador.Mantener(ctxConexion)
	relevo.Correr(ctx)
}

// enSegundoPlano starts the tasks; what it returns waits for their end, up to plazoSalida after ctx's.
func enSegundoPlano(ctx context.Context, tareas ...func(context.Context)) (terminar func()) {
	var grupo sync.WaitGroup
	for _, tarea := range tareas {
		grupo.Go(func() { tarea(ctx) })
	}
	fin := make(chan struct{})
	go func() { defer close(fin); grupo.Wait() }()
	limite := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(plazoSalida, func() { close(limite) }) })
	return func() {
		select {
		case <-fin:
		case <-limite:
			slog.Warn("quedaron tareas sin terminar")
		}
	}
}
