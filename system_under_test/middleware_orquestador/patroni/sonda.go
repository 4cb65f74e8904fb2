package patroni

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const plazoSonda = 400 * time.Millisecond

// rest asks Patroni's REST APIs. Every question has a connection of its own, name look-up included, all
// within plazoSonda: a kept connection would lead to a container that is gone, and a frozen one still accepts.
type rest struct {
	cliente *http.Client
	nodos   map[string]string // name -> base address
}

func nuevoRest(nodos map[string]string) *rest {
	return &rest{nodos: nodos, cliente: &http.Client{
		Timeout:   plazoSonda,
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{KeepAlive: -1}).DialContext},
	}}
}

func (r *rest) conoce(nombre string) bool { return r.nodos[nombre] != "" }

// vive is nil when the node's Patroni answers, whatever it says: a PostgreSQL that is down under a Patroni
// that is up is Patroni's to deal with. /liveness does not query PostgreSQL, and so costs next to nothing.
func (r *rest) vive(ctx context.Context, nombre string) error {
	return r.pedir(ctx, nombre, "/liveness", func(io.Reader) error { return nil })
}

func (r *rest) estado(ctx context.Context, nombre string) (n nodo, err error) {
	err = r.pedir(ctx, nombre, "/patroni", func(cuerpo io.Reader) error { return json.NewDecoder(cuerpo).Decode(&n) })
	return n, err
}

// otros asks all nodes but one at once, and returns those that answered.
func (r *rest) otros(ctx context.Context, menos string) map[string]nodo {
	var mu sync.Mutex
	var grupo sync.WaitGroup
	hallados := map[string]nodo{}
	for nombre := range r.nodos {
		if nombre == menos {
			continue
		}
		grupo.Go(func() {
			n, err := r.estado(ctx, nombre)
			if err != nil {
				return // no answer, no candidate
			}
			mu.Lock()
			defer mu.Unlock()
			hallados[nombre] = n
		})
	}
	grupo.Wait()
	return hallados
}

func (r *rest) pedir(ctx context.Context, nombre, ruta string, leer func(io.Reader) error) error {
	peticion, err := http.NewRequestWithContext(ctx, http.MethodGet, r.nodos[nombre]+ruta, nil)
	if err != nil {
		return fmt.Errorf("prepare a probe of %s: %w", nombre, err)
	}
	respuesta, err := r.cliente.Do(peticion)
	if err != nil {
		return fmt.Errorf("probe %s: %w", nombre, err)
	}
	defer func() { _ = respuesta.Body.Close() }()
	return leer(io.LimitReader(respuesta.Body, 1<<20))
}
