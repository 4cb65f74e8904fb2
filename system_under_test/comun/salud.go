package comun

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Dependencia is something a service needs. Without an essential one it is not ready; the others are shown.
type Dependencia struct {
	Nombre   string
	Esencial bool
	Revisar  func(context.Context) error
}

// EstadoDependencia is the last known state of one dependency.
type EstadoDependencia struct {
	OK      bool   `json:"ok"`
	Detalle string `json:"detalle"`
}

// EstadoSalud is the body of /salud/lista.
type EstadoSalud struct {
	Lista        bool                         `json:"lista"`
	Dependencias map[string]EstadoDependencia `json:"dependencias"`
}

// Salud checks the dependencies at most once every vigencia, each within plazo, whoever asks and however often.
type Salud struct {
	dependencias    []Dependencia
	plazo, vigencia time.Duration

	mu     sync.Mutex
	ultima EstadoSalud
	vence  time.Time
}

// NuevaSalud watches the dependencies with a deadline of 1 s, and keeps each answer for 250 ms.
func NuevaSalud(dependencias ...Dependencia) *Salud {
	return &Salud{dependencias: dependencias, plazo: time.Second, vigencia: 250 * time.Millisecond}
}

// Estado is the state now, or at most vigencia ago.
func (s *Salud) Estado() EstadoSalud {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.vence) {
		return s.ultima
	}
	s.ultima = s.revisar()
	s.vence = time.Now().Add(s.vigencia)
	return s.ultima
}

// revisar asks all dependencies at once. It uses no request's context: the answer is shared.
func (s *Salud) revisar() EstadoSalud {
	ctx, fin := context.WithTimeout(context.Background(), s.plazo)
	defer fin()
	respuestas := make([]chan error, len(s.dependencias))
	for i, d := range s.dependencias {
		respuestas[i] = make(chan error, 1) // buffered: a check that overstays its deadline must not leak for ever
		go func() { respuestas[i] <- d.Revisar(ctx) }()
	}
	estado := EstadoSalud{Lista: true, Dependencias: map[string]EstadoDependencia{}}
	for i, d := range s.dependencias {
		err := esperar(ctx, respuestas[i], s.plazo)
		estado.Dependencias[d.Nombre] = EstadoDependencia{OK: err == nil, Detalle: detalle(err)}
		if err != nil && d.Esencial {
			estado.Lista = false
		}
	}
	return estado
}

func esperar(ctx context.Context, respuesta <-chan error, plazo time.Duration) error {
	select {
	case err := <-respuesta:
		return err
	case <-ctx.Done():
		return fmt.Errorf("no respondió en %s", plazo)
	}
}

func detalle(err error) string {
	if err == nil {
		return "responde"
	}
	return err.Error()
}

func (s *Salud) lista(w http.ResponseWriter, _ *http.Request) error {
	estado := s.Estado()
	codigo := http.StatusOK
	if !estado.Lista {
		codigo = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	return EscribirJSON(w, codigo, estado)
}

func viva(w http.ResponseWriter, _ *http.Request) error {
	return EscribirJSON(w, http.StatusOK, map[string]bool{"viva": true})
}
