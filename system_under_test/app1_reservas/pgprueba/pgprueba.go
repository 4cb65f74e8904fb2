// Package pgprueba gives tests a database of their own on a real PostgreSQL.
//
// TICKETFLOW_PRUEBA_POSTGRES names a server by the URL of a superuser; without it these tests are skipped.
package pgprueba

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Variable is the environment variable that holds the server's URL.
const Variable = "TICKETFLOW_PRUEBA_POSTGRES"

// turno is the advisory lock that keeps test packages, which Go runs at once, from disturbing each other:
// one of them changes the server's settings.
const turno = 20271124

// NuevaBase makes a scratch database that goes when the test ends, and returns its URL.
func NuevaBase(t *testing.T) string {
	t.Helper()
	servidor := os.Getenv(Variable)
	if servidor == "" {
		t.Skipf("%s is not set: this test needs a PostgreSQL superuser's URL", Variable)
	}
	direccion, err := url.Parse(servidor)
	if err != nil || direccion.Host == "" {
		t.Fatalf("%s must be a URL such as postgres://postgres@127.0.0.1:5432/postgres", Variable)
	}
	conn := Conectar(t, servidor)
	Ejecutar(t, conn, "SELECT pg_advisory_lock($1)", turno)
	nombre := "ticketflow_prueba_" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
	Ejecutar(t, conn, "CREATE DATABASE "+nombre)
	t.Cleanup(func() { Ejecutar(t, conn, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", nombre)) })
	direccion.Path = "/" + nombre
	return direccion.String()
}

// Conectar opens a plain connection that closes when the test ends.
func Conectar(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	ctx, fin := context.WithTimeout(context.Background(), 10*time.Second)
	defer fin()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Ejecutar runs one statement; the turn of another package may take a while.
func Ejecutar(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	ctx, fin := context.WithTimeout(context.Background(), 5*time.Minute)
	defer fin()
	if _, err := conn.Exec(ctx, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Contar reads one number.
func Contar(t *testing.T, conn *pgx.Conn, sql string, args ...any) int {
	t.Helper()
	ctx, fin := context.WithTimeout(context.Background(), 10*time.Second)
	defer fin()
	var n int
	if err := conn.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
