package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	reservas "ticketflow/app1_reservas"
)

func TestADatabaseThatCanNotServeIsNeverOurMistake(t *testing.T) {
	pg := func(codigo string) error { return fmt.Errorf("exec: %w", &pgconn.PgError{Code: codigo}) }
	casos := []struct {
		frase       string
		err         error
		viva        bool
		noDisponble bool
	}{
		{"admin shutdown", pg("57P01"), false, true},
		{"starting up", pg("57P03"), false, true},
		{"too many connections", pg("53300"), false, true},
		{"a replica by now", pg("25006"), true, true},
		{"a row that stays locked", pg("55P03"), true, true},
		{"a deadlock, again and again", pg("40P01"), true, true},
		{"a connection that broke", io.ErrUnexpectedEOF, false, true},
		{"a deadline that ends between two statements", fmt.Errorf("send: %w", context.DeadlineExceeded), true, true},
		{"a broken rule of the schema", pg("23505"), true, false},
		{"bad SQL", pg("42601"), true, false},
		{"a value that does not scan", errors.New("can't scan"), true, false},
	}
	for _, c := range casos {
		t.Run(c.frase, func(t *testing.T) {
			err := traducir(c.err, c.viva)
			if es := errors.Is(err, reservas.ErrServicioNoDisponible); es != c.noDisponble {
				t.Errorf("got %v", err)
			}
			if !errors.Is(err, c.err) {
				t.Error("the cause is lost for the log")
			}
		})
	}
	if err := traducir(reservas.ErrRetencionExpirada, true); err != error(reservas.ErrRetencionExpirada) {
		t.Errorf("a refusal became %v", err)
	}
}
