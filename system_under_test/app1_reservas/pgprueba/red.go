package pgprueba

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Modo is what a network does with what passes through it.
type Modo int32

// The moods of a network.
const (
	Pasa         Modo = iota
	Congela           // bytes stop in both directions, connections stay open: as docker pause
	CortaAntes        // a COMMIT never arrives: its connection breaks instead
	CortaDespues      // a COMMIT arrives, its answer does not: the connection breaks
)

// Red is a network between a program and the test server, a TCP proxy that can misbehave.
type Red struct {
	Direccion string // what the program connects to
	destino   string
	modo      atomic.Int32

	mu         sync.Mutex
	oyente     net.Listener
	conexiones []net.Conn
}

// NuevaRed makes a network to the server of a DSN. It is down: nobody listens at its address yet.
func NuevaRed(t *testing.T, dsn string) *Red {
	t.Helper()
	direccion, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	oyente, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Red{Direccion: oyente.Addr().String(), destino: direccion.Host}
	_ = oyente.Close()
	t.Cleanup(r.Bajar)
	return r
}

// DSN is the scratch database through the network, and then, if there are any, through other hosts.
func (r *Red) DSN(t *testing.T, dsn string, otros ...string) string {
	t.Helper()
	direccion, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	direccion.Host = r.Direccion
	for _, otro := range otros {
		direccion.Host += "," + otro
	}
	return direccion.String()
}

// Destino is the server's own address.
func (r *Red) Destino() string { return r.destino }

// Poner changes the mood.
func (r *Red) Poner(m Modo) { r.modo.Store(int32(m)) }

// Levantar opens the address.
func (r *Red) Levantar(t *testing.T) {
	t.Helper()
	oyente, err := net.Listen("tcp", r.Direccion)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.oyente = oyente
	r.mu.Unlock()
	go func() {
		for {
			cliente, err := oyente.Accept()
			if err != nil {
				return
			}
			go r.unir(cliente)
		}
	}()
}

// Bajar closes the address and breaks what goes through: connections are refused from now on.
func (r *Red) Bajar() {
	r.mu.Lock()
	oyente := r.oyente
	r.mu.Unlock()
	if oyente != nil {
		_ = oyente.Close()
	}
	r.Cortar()
}

// Cortar breaks the connections of this moment; new ones are taken.
func (r *Red) Cortar() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conexion := range r.conexiones {
		_ = conexion.Close()
	}
	r.conexiones = nil
}

func (r *Red) unir(cliente net.Conn) {
	servidor, err := net.Dial("tcp", r.destino)
	if err != nil {
		_ = cliente.Close()
		return
	}
	r.mu.Lock()
	r.conexiones = append(r.conexiones, cliente)
	r.mu.Unlock()
	cerrar := func() { _ = cliente.Close(); _ = servidor.Close() }
	go func() { defer cerrar(); r.llevar(servidor, cliente) }()
	defer cerrar()
	r.llevar(cliente, servidor)
}

func (r *Red) llevar(hacia io.Writer, desde io.Reader) {
	bufer := make([]byte, 32<<10)
	for {
		n, err := desde.Read(bufer)
		if err != nil {
			return
		}
		for Modo(r.modo.Load()) == Congela {
			time.Sleep(5 * time.Millisecond)
		}
		if r.corta(bufer[:n]) {
			return
		}
		if _, err := hacia.Write(bufer[:n]); err != nil {
			return
		}
	}
}

// corta knows the protocol's two messages by their text: the simple query, and the command tag.
func (r *Red) corta(mensaje []byte) bool {
	switch Modo(r.modo.Load()) {
	case CortaAntes:
		return bytes.Contains(mensaje, []byte("commit\x00"))
	case CortaDespues:
		return bytes.Contains(mensaje, []byte("COMMIT\x00"))
	}
	return false
}
