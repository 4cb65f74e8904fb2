package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ticketflow/app1_reservas/pgprueba"
)

// programa is the real program, running as a process of its own.
type programa struct {
	raiz string // http://127.0.0.1:PORT
	cmd  *exec.Cmd
	fin  chan error
}

func arrancar(t *testing.T, dsn string) *programa {
	t.Helper()
	binario := filepath.Join(t.TempDir(), "app1")
	if salida, err := exec.Command("go", "build", "-o", binario, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, salida)
	}
	p := &programa{cmd: exec.Command(binario), fin: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), "PUERTO=0", "NODO=prueba", "POSTGRES_DSN="+dsn)
	salida, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	puerto := make(chan int, 1)
	go func() {
		seguir(salida, puerto)
		p.fin <- p.cmd.Wait()
	}()
	select {
	case n := <-puerto:
		p.raiz = fmt.Sprintf("http://127.0.0.1:%d", n)
	case <-time.After(20 * time.Second):
		t.Fatal("the program did not say its port within 20 s")
	}
	return p
}

// seguir reads the program's log to its end, and hands on the port it names.
func seguir(salida io.Reader, puerto chan<- int) {
	lineas := bufio.NewScanner(salida)
	for lineas.Scan() {
		var linea struct {
			Msg    string
			Puerto int
		}
		if json.Unmarshal(lineas.Bytes(), &linea) == nil && linea.Msg == "escuchando" {
			puerto <- linea.Puerto
		}
	}
}

// pedir sends one request and decodes the answer's JSON.
func (p *programa) pedir(t *testing.T, metodo, ruta, clave, cuerpo string) (*http.Response, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), metodo, p.raiz+ruta, strings.NewReader(cuerpo))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Idempotency-Key", clave)
	respuesta, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", metodo, ruta, err)
	}
	defer func() { _ = respuesta.Body.Close() }()
	contenido, err := io.ReadAll(respuesta.Body)
	if err != nil {
		t.Fatal(err)
	}
	documento := map[string]any{}
	if len(bytes.TrimSpace(contenido)) > 0 && strings.Contains(respuesta.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(contenido, &documento); err != nil {
			t.Fatalf("%s %s answered %q: %v", metodo, ruta, contenido, err)
		}
	}
	return respuesta, documento
}

func (p *programa) exigir(t *testing.T, estado int, metodo, ruta, clave, cuerpo string) map[string]any {
	t.Helper()
	respuesta, documento := p.pedir(t, metodo, ruta, clave, cuerpo)
	if respuesta.StatusCode != estado {
		t.Fatalf("%s %s: %d %v, want %d", metodo, ruta, respuesta.StatusCode, documento, estado)
	}
	return documento
}

func (p *programa) esperarLista(t *testing.T, estado int) {
	t.Helper()
	for plazo := time.Now().Add(20 * time.Second); time.Now().Before(plazo); time.Sleep(50 * time.Millisecond) {
		if respuesta, _ := p.pedir(t, "GET", "/salud/lista", "", ""); respuesta.StatusCode == estado {
			return
		}
	}
	t.Fatalf("/salud/lista was not %d within 20 s", estado)
}

const comprador = `{"comprador":{"rut":"12345678-5","nombre":"Ana","correo":"ana@example.cl"}}`

func TestItLivesThroughTheDatabasesAbsenceAndSells(t *testing.T) {
	dsn := pgprueba.NuevaBase(t)
	red := pgprueba.NuevaRed(t, dsn)
	p := arrancar(t, red.DSN(t, dsn))

	p.exigir(t, 200, "GET", "/salud/viva", "", "")
	p.exigir(t, 503, "GET", "/salud/lista", "", "")
	p.exigir(t, 503, "GET", "/v1/eventos", "", "")
	retencion := `{"evento":"EV003","asientos":[300001,300002],"sesion":"s"}`
	p.exigir(t, 503, "POST", "/v1/retenciones", "k", retencion)

	red.Levantar(t)
	p.esperarLista(t, 200)
	id := p.exigir(t, 201, "POST", "/v1/retenciones", "k", retencion)["retencion_id"].(string)
	orden := p.exigir(t, 201, "POST", "/v1/retenciones/"+id+"/confirmacion", "k", comprador)
	leidas := p.exigir(t, 200, "GET", "/v1/ordenes?ids="+orden["orden_id"].(string), "", "")["ordenes"].([]any)
	if len(leidas) != 1 || leidas[0].(map[string]any)["total"] != orden["total"] {
		t.Errorf("read back %v", leidas)
	}

	red.Bajar()
	p.esperarLista(t, 503)
	p.exigir(t, 200, "GET", "/v1/eventos", "", "")
	p.exigir(t, 503, "POST", "/v1/retenciones", "k2", retencion)
	red.Levantar(t)
	p.esperarLista(t, 200)
	p.exigir(t, 409, "POST", "/v1/retenciones", "k2", retencion)
	respuesta, _ := p.pedir(t, "POST", "/v1/retenciones/"+id+"/confirmacion", "k", comprador)
	if respuesta.StatusCode != 201 || respuesta.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("replay: %d", respuesta.StatusCode)
	}
}

func TestSIGTERMFinishesWhatIsInFlight(t *testing.T) {
	dsn := pgprueba.NuevaBase(t)
	p := arrancar(t, dsn)
	p.esperarLista(t, 200)
	espejo := pgprueba.Conectar(t, dsn)
	estorbo, err := espejo.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := estorbo.Exec(t.Context(), "SELECT FROM reservas.evento_asiento WHERE asiento_id = 100001 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	estado := make(chan int, 1)
	go func() {
		respuesta, _ := p.pedir(t, "POST", "/v1/retenciones", "k", `{"evento":"EV001","asientos":[100001],"sesion":"s"}`)
		estado <- respuesta.StatusCode
	}()
	for plazo := time.Now().Add(5 * time.Second); pgprueba.Contar(t, espejo, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0; {
		if time.Now().After(plazo) {
			t.Fatal("the hold did not wait for its seat within 5 s")
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if err := estorbo.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := <-estado; n != 201 {
		t.Errorf("the request in flight got %d", n)
	}
	select {
	case err := <-p.fin:
		if err != nil {
			t.Errorf("exit: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still running 5 s after SIGTERM")
	}
}
