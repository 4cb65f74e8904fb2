package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/internal/cable"
)

// These tests read from real servers, each behind a line that can be cut. TICKETFLOW_PRUEBA_MARIADB is the DSN
// (go-sql-driver form) of a user that may create databases; TICKETFLOW_PRUEBA_MARIADB_REPLICA that of the same
// user on a replica of it.

const (
	emitida = "0192e8a0-0000-7000-8000-000000000001"
	enCurso = "0192e8a0-0000-7000-8000-000000000002"
	ausente = "0192e8a0-0000-7000-8000-000000000003"
)

type escenario struct {
	t                         *testing.T
	lector                    *Lector
	cablePrimario, cableRepl  *cable.Cable
	adminPrimario, adminRepli *sql.DB
}

// montar makes a scratch database with two tickets and a reader of it that probes.
func montar(t *testing.T, variableReplica string) *escenario {
	t.Helper()
	dsnPrimario, dsnReplica := exigir(t, "TICKETFLOW_PRUEBA_MARIADB"), exigir(t, variableReplica)
	e := &escenario{t: t, adminPrimario: abrirAdmin(t, dsnPrimario), adminRepli: abrirAdmin(t, dsnReplica)}
	nombre := fmt.Sprintf("prueba_%d_%d", os.Getpid(), rand.N(1_000_000))
	e.ejecutar(e.adminPrimario, "CREATE DATABASE "+nombre)
	t.Cleanup(func() { _, _ = e.adminPrimario.Exec("DROP DATABASE " + nombre) })
	for _, sentencia := range []string{
		"CREATE TABLE %[1]s.boleta (orden_id CHAR(36) CHARACTER SET ascii PRIMARY KEY, folio INT UNSIGNED NOT NULL, total INT UNSIGNED NOT NULL)",
		"CREATE TABLE %[1]s.entrada (orden_id CHAR(36) CHARACTER SET ascii PRIMARY KEY, estado ENUM('EN_PROCESO','EMITIDO','ENVIADO','ERROR') NOT NULL," +
			" datos JSON NOT NULL, pdf LONGBLOB, pdf_creado_en DATETIME(3), creado_en DATETIME(3) NOT NULL)",
		"CREATE SQL SECURITY INVOKER VIEW %[1]s.entradas_publicas AS SELECT e.orden_id, e.estado, b.folio, e.datos, b.total, e.creado_en," +
			" e.pdf_creado_en, e.pdf FROM %[1]s.entrada e JOIN %[1]s.boleta b ON b.orden_id = e.orden_id",
		"INSERT INTO %[1]s.boleta VALUES ('" + emitida + "', 41, 9000), ('" + enCurso + "', 42, 100)",
		"INSERT INTO %[1]s.entrada VALUES ('" + emitida + "', 'EMITIDO', '{\"total\":9000}', '%%PDF-prueba', '2026-11-24 10:00:01.5', '2026-11-24 10:00:00.25')," +
			" ('" + enCurso + "', 'EN_PROCESO', '{}', NULL, NULL, '2026-11-24 10:00:00')",
	} {
		e.ejecutar(e.adminPrimario, fmt.Sprintf(sentencia, nombre))
	}
	e.esperar(10*time.Second, "the replica to have the tickets", func() bool {
		var n int
		return e.adminRepli.QueryRow("SELECT count(*) FROM "+nombre+".entrada").Scan(&n) == nil && n == 2
	})
	var dsn [2]string
	dsn[0], e.cablePrimario = porCable(t, dsnPrimario, nombre)
	dsn[1], e.cableRepl = porCable(t, dsnReplica, nombre)
	lector, err := Abrir(dsn[0], dsn[1])
	if err != nil {
		t.Fatal(err)
	}
	e.lector = lector
	ctx, fin := context.WithCancel(context.Background())
	acabo := make(chan struct{})
	go func() { defer close(acabo); lector.Vigilar(ctx) }()
	t.Cleanup(func() { fin(); <-acabo })
	e.esperarFuente(orquestador.FuentePrimario, 3*time.Second)
	return e
}

func exigir(t *testing.T, variable string) *mysql.Config {
	t.Helper()
	texto := os.Getenv(variable)
	if texto == "" {
		t.Skipf("%s is not set: this test needs a real server", variable)
	}
	config, err := mysql.ParseDSN(texto)
	if err != nil {
		t.Fatalf("read %s: %v", variable, err)
	}
	return config
}

func abrirAdmin(t *testing.T, config *mysql.Config) *sql.DB {
	t.Helper()
	base, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = base.Close() })
	return base
}

func porCable(t *testing.T, config *mysql.Config, base string) (string, *cable.Cable) {
	t.Helper()
	c := cable.Nuevo(t, config.Addr)
	copia := config.Clone()
	copia.Addr, copia.DBName = c.Direccion(), base
	return copia.FormatDSN(), c
}

func (e *escenario) ejecutar(base *sql.DB, sentencia string) {
	e.t.Helper()
	if _, err := base.Exec(sentencia); err != nil {
		e.t.Fatalf("%s: %v", sentencia, err)
	}
}

func (e *escenario) esperar(plazo time.Duration, que string, cumple func() bool) {
	e.t.Helper()
	for limite := time.Now().Add(plazo); !cumple(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limite) {
			e.t.Fatalf("waited %s for %s", plazo, que)
		}
	}
}

func (e *escenario) esperarFuente(fuente orquestador.Fuente, plazo time.Duration) {
	e.t.Helper()
	e.esperar(plazo, "reads to come from "+string(fuente), func() bool { return e.lector.Fuente() == fuente })
}

// leer reads the issued ticket and says how long it took.
func (e *escenario) leer() (orquestador.LecturaEntradas, time.Duration, error) {
	inicio := time.Now()
	lectura, err := e.lector.Entradas(e.t.Context(), []string{emitida})
	return lectura, time.Since(inicio), err
}

func TestTicketsAreReadAsTheViewShowsThem(t *testing.T) {
	e := montar(t, "TICKETFLOW_PRUEBA_MARIADB")
	lectura, err := e.lector.Entradas(t.Context(), []string{emitida, enCurso, ausente})
	if err != nil || lectura.Fuente != orquestador.FuentePrimario || !lectura.AlDia || len(lectura.Entradas) != 2 {
		t.Fatalf("got %+v, %v; want two tickets from the primary", lectura, err)
	}
	una, otra := lectura.Entradas[emitida], lectura.Entradas[enCurso]
	creada := time.Date(2026, 11, 24, 10, 0, 0, 250e6, time.UTC)
	if una.Estado != "EMITIDO" || *una.Folio != 41 || una.Total != 9000 || !una.TienePDF || !una.CreadoEn.Equal(creada) || string(una.Datos) != `{"total":9000}` {
		t.Errorf("issued ticket is %+v", una)
	}
	if otra.Estado != "EN_PROCESO" || otra.TienePDF {
		t.Errorf("ticket in process is %+v", otra)
	}
	if pdf, _, err := e.lector.PDF(t.Context(), emitida); err != nil || string(pdf) != "%PDF-prueba" {
		t.Errorf("PDF is %q, %v", pdf, err)
	}
	for _, id := range []string{enCurso, ausente} {
		if _, _, err := e.lector.PDF(t.Context(), id); !errors.Is(err, orquestador.ErrEnProceso) {
			t.Errorf("PDF of %s: %v, want entrada_en_proceso", id, err)
		}
	}
}

func TestWithBothServersCutReadsFailAtOnce(t *testing.T) {
	e := montar(t, "TICKETFLOW_PRUEBA_MARIADB")
	e.cablePrimario.Cortar()
	e.cableRepl.Cortar()
	e.esperarFuente(orquestador.FuenteNinguna, 3*time.Second)
	lectura, duro, err := e.leer()
	if err == nil || lectura.Fuente != orquestador.FuenteNinguna || duro > 50*time.Millisecond {
		t.Errorf("got %+v, %v in %s; want a failure at once", lectura, err, duro)
	}
	e.cablePrimario.Reparar(t)
	e.esperarFuente(orquestador.FuentePrimario, 3*time.Second)
	if _, _, err := e.leer(); err != nil {
		t.Errorf("read after the primary came back: %v", err)
	}
}

func TestAFrozenPrimaryDoesNotSlowReads(t *testing.T) {
	e := montar(t, "TICKETFLOW_PRUEBA_MARIADB_REPLICA")
	e.cablePrimario.Congelar()
	inicio := time.Now()
	lectura, duro, err := e.leer()
	if err != nil || lectura.Fuente != orquestador.FuenteReplica || duro > time.Second {
		t.Errorf("read in the moment of the freeze: %+v, %v in %s; want the replica's answer within 1 s", lectura, err, duro)
	}
	e.esperarFuente(orquestador.FuenteReplica, 3*time.Second)
	t.Logf("reads left the frozen primary after %s", time.Since(inicio).Round(time.Millisecond))
	for range 20 {
		lectura, duro, err := e.leer()
		if err != nil || lectura.Fuente != orquestador.FuenteReplica || !lectura.AlDia || duro > 200*time.Millisecond {
			t.Fatalf("read while frozen: %+v, %v in %s; want the replica's answer without delay", lectura, err, duro)
		}
	}
	if pdf, fuente, err := e.lector.PDF(t.Context(), emitida); err != nil || fuente != orquestador.FuenteReplica || string(pdf) != "%PDF-prueba" {
		t.Errorf("PDF while frozen: %q from %s, %v; want the replica's", pdf, fuente, err)
	}
	e.cablePrimario.Descongelar()
	vuelta := time.Now()
	e.esperarFuente(orquestador.FuentePrimario, 5*time.Second)
	if duro := time.Since(vuelta); duro < 2*intervaloSonda {
		t.Errorf("reads went back after %s, want some answers in a row first", duro)
	}
}

func TestAReplicaThatStoppedIsNotTakenForFresh(t *testing.T) {
	for _, hilo := range []string{"IO_THREAD", "SQL_THREAD"} {
		t.Run(hilo, func(t *testing.T) { detenerReplica(t, hilo) })
	}
}

func detenerReplica(t *testing.T, hilo string) {
	e := montar(t, "TICKETFLOW_PRUEBA_MARIADB_REPLICA")
	e.ejecutar(e.adminRepli, "STOP SLAVE "+hilo)
	t.Cleanup(func() { _, _ = e.adminRepli.Exec("START SLAVE") })
	e.esperar(8*time.Second, "the reader to notice", func() bool { return !e.lector.vigia.elegir().replicaAlDia })
	if err := e.lector.RevisarReplica(t.Context()); err == nil {
		t.Error("the replica's health is good though it does not replicate")
	}
	if segunda := e.lector.vigia.elegir().segunda; segunda != orquestador.FuenteNinguna {
		t.Errorf("second choice is %s while the primary is up, want none", segunda)
	}
	e.cablePrimario.Cortar()
	e.esperarFuente(orquestador.FuenteReplica, 3*time.Second)
	if lectura, _, err := e.leer(); err != nil || lectura.AlDia || len(lectura.Entradas) != 1 {
		t.Errorf("got %+v, %v; want what the replica has, and no claim to freshness", lectura, err)
	}
	if _, _, err := e.lector.PDF(t.Context(), ausente); !errors.Is(err, orquestador.ErrEmision) {
		t.Errorf("PDF that an old replica lacks: %v, want emision_no_disponible", err)
	}
	e.cablePrimario.Reparar(t)
	e.ejecutar(e.adminRepli, "START SLAVE")
	e.esperar(8*time.Second, "the replica to count as fresh", func() bool { return e.lector.vigia.elegir().replicaAlDia })
}
