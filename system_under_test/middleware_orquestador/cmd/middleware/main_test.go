package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// nada is an address where nobody listens.
const nada = "127.0.0.1:1"

func ponerEntorno(t *testing.T, puerto string) {
	t.Helper()
	for nombre, valor := range map[string]string{
		"PUERTO":               puerto,
		"POSTGRES_DSN":         "postgres://x@" + nada + "," + nada + "/x?target_session_attrs=primary",
		"RABBITMQ_URL":         "amqp://x:x@" + nada + "/",
		"APP1_URLS":            "http://" + nada + ", http://" + nada + "/",
		"APP2_URL":             "http://" + nada,
		"MARIADB_PRIMARIO_DSN": "lectura:lectura@tcp(" + nada + ")/emision",
		"MARIADB_REPLICA_DSN":  "lectura:lectura@tcp(" + nada + ")/emision",
		"PATRONI_URLS":         "postgres1=http://" + nada + ", postgres2=http://" + nada + "/",
		"ETCD_URLS":            "http://" + nada,
	} {
		t.Setenv(nombre, valor)
	}
}

func puertoLibre(t *testing.T) string {
	t.Helper()
	oyente, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = oyente.Close() }()
	return fmt.Sprint(oyente.Addr().(*net.TCPAddr).Port)
}

func TestItLivesAndLeavesInOrderWithNothingBehindIt(t *testing.T) {
	puerto := puertoLibre(t)
	ponerEntorno(t, puerto)
	ctx, fin := context.WithCancel(t.Context())
	salida := make(chan error, 1)
	go func() { salida <- correr(ctx) }()
	base := "http://127.0.0.1:" + puerto
	esperarViva(t, base)
	tests := []struct {
		sentence, ruta string
		estado         int
		contiene       string
	}{
		{"it is not ready to take purchases", "/salud/lista", 503, `"app1":{"ok":false`},
		{"its state can be read", "/v1/estado", 200, `"estado":"sin_rabbitmq"`},
		{"who leads PostgreSQL is not known, and said to be so", "/v1/estado", 200, `"postgres":{"vigila":true,"lider":null`},
		{"the catalogue is unavailable, not broken", "/v1/eventos", 503, "reservas_no_disponible"},
		{"orders are empty, not broken", "/v1/ordenes?ids=0192e8a0-0000-7000-8000-000000000001", 200, `"sin_datos":["0192e8a0`},
	}
	for _, tt := range tests {
		estado, cuerpo := obtener(t, base+tt.ruta)
		if estado != tt.estado || !strings.Contains(cuerpo, tt.contiene) {
			t.Errorf("%s: got %d %s, want %d with %s", tt.sentence, estado, cuerpo, tt.estado, tt.contiene)
		}
	}
	fin()
	select {
	case err := <-salida:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it was still running 5 s after it was told to stop")
	}
}

func esperarViva(t *testing.T, base string) {
	t.Helper()
	for limite := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if r, err := http.Get(base + "/salud/viva"); err == nil {
			_ = r.Body.Close()
			return
		}
		if time.Now().After(limite) {
			t.Fatal("waited 5 s for /salud/viva")
		}
	}
}

func obtener(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	cuerpo, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(cuerpo)
}

func TestAMissingSettingIsNamed(t *testing.T) {
	for _, nombre := range []string{"POSTGRES_DSN", "APP1_URLS", "PATRONI_URLS", "ETCD_URLS"} {
		ponerEntorno(t, "0")
		t.Setenv(nombre, "")
		if _, err := leerConfiguracion(); err == nil || !strings.Contains(err.Error(), nombre) {
			t.Errorf("without %s: got %v, want an error that names it", nombre, err)
		}
	}
}

func TestAddressListsForgiveSpacesAndSlashes(t *testing.T) {
	sale := direcciones(" http://a:1/ ,,http://b:2")
	if len(sale) != 2 || sale[0] != "http://a:1" || sale[1] != "http://b:2" {
		t.Errorf("got %q", sale)
	}
}

func TestTheWatchIsConfiguredByItsEnvironment(t *testing.T) {
	ponerEntorno(t, "0")
	c, err := leerConfiguracion()
	if err != nil || !c.patroni.Actua || c.patroni.Prefijo != "/db/tf/" || c.patroni.Nodos["postgres2"] != "http://"+nada {
		t.Errorf("by default it is %+v, %v", c.patroni, err)
	}
	t.Setenv("VIGIA_POSTGRES", "no")
	t.Setenv("PATRONI_NAMESPACE", "servicio")
	t.Setenv("PATRONI_SCOPE", "otro")
	if c, err := leerConfiguracion(); err != nil || c.patroni.Actua || c.patroni.Prefijo != "/servicio/otro/" {
		t.Errorf("switched off it is %+v, %v", c.patroni, err)
	}
	for nombre, valor := range map[string]string{"VIGIA_POSTGRES": "quizás", "PATRONI_URLS": "http://postgres1:8008"} {
		ponerEntorno(t, "0")
		t.Setenv("VIGIA_POSTGRES", "si")
		t.Setenv(nombre, valor)
		if _, err := leerConfiguracion(); err == nil || !strings.Contains(err.Error(), nombre) {
			t.Errorf("with %s=%s: got %v, want an error that names it", nombre, valor, err)
		}
	}
}
