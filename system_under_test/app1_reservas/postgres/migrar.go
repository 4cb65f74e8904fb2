package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migraciones/*.sql
var migraciones embed.FS

// Migrar brings the schema to this program's version. Instances that start together take turns: the
// second waits at an advisory lock, then finds nothing left to do.
func (b *Base) Migrar(ctx context.Context) error {
	archivos, err := fs.Sub(migraciones, "migraciones")
	if err != nil {
		return fmt.Errorf("embedded migrations: %w", err)
	}
	bd := stdlib.OpenDB(*b.piscina.Config().ConnConfig, stdlib.OptionBeforeConnect(b.nodos.preparar))
	defer func() { _ = bd.Close() }()
	turno, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60), lock.WithUnlockTimeout(1, 5))
	if err != nil {
		return fmt.Errorf("migration lock: %w", err)
	}
	proveedor, err := goose.NewProvider(goose.DialectPostgres, bd, archivos,
		goose.WithSessionLocker(turno), goose.WithTableName("reservas_migracion"))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	aplicadas, err := proveedor.Up(ctx)
	if err != nil {
		return fmt.Errorf("apply the migrations: %w", err)
	}
	for _, m := range aplicadas {
		slog.InfoContext(ctx, "migracion aplicada", "archivo", m.Source.Path, "duracion", m.Duration.String())
	}
	return nil
}
