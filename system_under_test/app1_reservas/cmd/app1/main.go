// Command app1 serves TicketFlow's reservations. It starts without a database, and is ready when there is one.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	reservashttp "ticketflow/app1_reservas/http"
	"ticketflow/app1_reservas/postgres"
	"ticketflow/comun"
)

func main() {
	comun.ConfigurarRegistro("app1", nodo())
	if err := servir(); err != nil {
		slog.Error("app1 terminó con error", "error", err.Error())
		os.Exit(1)
	}
}

func servir() error {
	ctx, fin := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer fin()
	duracion, err := time.ParseDuration(comun.Variable("RETENCION_DURACION", "10m"))
	if err != nil || duracion <= 0 {
		return fmt.Errorf("RETENCION_DURACION must be a positive duration such as 10m, got %q",
			os.Getenv("RETENCION_DURACION"))
	}
	dsn := os.Getenv("POSTGRES_DSN")
	if dsn == "" {
		return errors.New("POSTGRES_DSN is not set; it must name the PostgreSQL nodes")
	}
	base, err := postgres.Abrir(postgres.Opciones{DSN: dsn, Nodo: nodo(), Duracion: duracion})
	if err != nil {
		return err
	}
	go base.Mantener(ctx)
	api := comun.NuevaAPI(comun.NuevaSalud(
		comun.Dependencia{Nombre: "postgres", Esencial: true, Revisar: base.Revisar}))
	base.Registrar(api.Metricas())
	reservashttp.Registrar(api, base)
	return comun.Servir(ctx, comun.Variable("PUERTO", "8000"), api)
}

// nodo signs logs and audit rows.
func nodo() string {
	anfitrion, _ := os.Hostname() // without a name, rows are signed ""
	return comun.Variable("NODO", anfitrion)
}
