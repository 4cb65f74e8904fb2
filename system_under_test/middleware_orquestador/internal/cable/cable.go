// Package cable is a TCP line to a real server that tests can cut, freeze and mend.
package cable

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Cable forwards connections to a server.
type Cable struct {
	destino, direccion string

	mu         sync.Mutex
	suelto     *sync.Cond // wakes the copies that a freeze holds
	congelado  bool
	oyente     net.Listener
	conexiones map[net.Conn]bool
}

// Nuevo lays a line to destino ("host:port") that lasts for the test.
func Nuevo(t *testing.T, destino string) *Cable {
	t.Helper()
	c := &Cable{destino: destino, direccion: "127.0.0.1:0", conexiones: map[net.Conn]bool{}}
	c.suelto = sync.NewCond(&c.mu)
	c.Reparar(t)
	t.Cleanup(c.Cortar)
	return c
}

// Direccion is this end of the line.
func (c *Cable) Direccion() string { return c.direccion }

// Cortar drops every connection and refuses new ones, as a killed server does.
func (c *Cable) Cortar() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.oyente.Close()
	for conexion := range c.conexiones {
		_ = conexion.Close()
	}
	c.conexiones = map[net.Conn]bool{}
	c.congelado = false
	c.suelto.Broadcast()
}

// Congelar holds all bytes back while connections stay up and new ones are accepted, as a stopped process does.
func (c *Cable) Congelar() { c.congelar(true) }

// Descongelar lets the bytes go on.
func (c *Cable) Descongelar() { c.congelar(false) }

func (c *Cable) congelar(si bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.congelado = si
	c.suelto.Broadcast()
}

// Reparar takes connections again, at the same address.
func (c *Cable) Reparar(t *testing.T) {
	t.Helper()
	oyente, err := net.Listen("tcp", c.direccion)
	if err != nil {
		t.Fatalf("listen for the line to %s: %v", c.destino, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.oyente, c.direccion = oyente, oyente.Addr().String()
	go c.aceptar(oyente)
}

func (c *Cable) aceptar(oyente net.Listener) {
	for {
		aqui, err := oyente.Accept()
		if err != nil {
			return
		}
		alla, err := net.Dial("tcp", c.destino)
		if err != nil {
			_ = aqui.Close()
			continue
		}
		c.mu.Lock()
		c.conexiones[aqui], c.conexiones[alla] = true, true
		c.mu.Unlock()
		go c.copiar(alla, aqui)
		go c.copiar(aqui, alla)
	}
}

func (c *Cable) copiar(destino io.WriteCloser, origen io.ReadCloser) {
	defer func() { _ = destino.Close(); _ = origen.Close() }()
	bloque := make([]byte, 32<<10)
	for {
		n, err := origen.Read(bloque)
		c.mu.Lock()
		for c.congelado {
			c.suelto.Wait()
		}
		c.mu.Unlock()
		if n > 0 {
			if _, errEscritura := destino.Write(bloque[:n]); errEscritura != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
