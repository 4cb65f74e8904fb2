package comun

import (
	"log/slog"
	"os"
)

// ConfigurarRegistro makes slog write one JSON line an event on stdout, signed with the service's name.
func ConfigurarRegistro(servicio, nodo string) {
	manejador := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelInfo})
	slog.SetDefault(slog.New(manejador).With("servicio", servicio, "nodo", nodo))
}

// Variable reads an environment variable, or its default where it is unset or empty.
func Variable(nombre, omision string) string {
	if valor := os.Getenv(nombre); valor != "" {
		return valor
	}
	return omision
}
