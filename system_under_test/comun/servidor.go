package comun

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// plazoDespedida is how long requests in flight may still take after SIGTERM: under the 5 s the contract
// allows for the whole exit.
const plazoDespedida = 4500 * time.Millisecond

// Servir listens on puerto ("0" takes a free one, named in the log line "escuchando") and serves until ctx
// ends, as with signal.NotifyContext; then it finishes what is in flight.
func Servir(ctx context.Context, puerto string, api http.Handler) error {
	oyente, err := net.Listen("tcp", ":"+puerto)
	if err != nil {
		return fmt.Errorf("listen on port %s: %w", puerto, err)
	}
	servidor := &http.Server{
		Handler:           api,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	fallo := make(chan error, 1)
	go func() { fallo <- servidor.Serve(oyente) }()
	slog.Info("escuchando", "puerto", oyente.Addr().(*net.TCPAddr).Port)
	select {
	case err := <-fallo:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
		return despedir(servidor)
	}
}

func despedir(servidor *http.Server) error {
	slog.Info("terminando")
	ctx, fin := context.WithTimeout(context.Background(), plazoDespedida)
	defer fin()
	err := servidor.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		slog.Warn("quedaron peticiones sin terminar")
		return servidor.Close()
	}
	return err
}
