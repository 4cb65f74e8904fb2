// Package enlace sends HTTP requests to a service that lives at several addresses.
//
//	address whose turn it is -> next -> ... (each within Intento, all within Total)
//	   answer < 500: done      no answer or >= 500: it rests; next address, if the request may be repeated
//
// Only a request that is safe to repeat is sent twice: GET, HEAD, DELETE, or one with an Idempotency-Key.
// One with a key also waits and goes round again, which carries a purchase over a database's failover.
package enlace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	orquestador "ticketflow/middleware_orquestador"
)

const (
	// On one host a connection takes under 1 ms; only an address that is gone does not answer.
	plazoConexion  = 100 * time.Millisecond
	respuestaMayor = 8 << 20 // bytes; the largest seat map is under 100 kB
	// Requests that may wait for another round at the same time. Beyond it they fail at once: during an
	// outage a crowd of waiting buyers must not fill the portal's workers, nor hit app1 all together after.
	cupoDeEspera = 64
)

// Plazos bound a request: each try, and all of them with their pauses.
type Plazos struct{ Intento, Total time.Duration }

// Peticion is a request without its address. Ruta is escaped, and carries the query.
type Peticion struct {
	Metodo, Ruta string
	Cabeceras    http.Header
	Cuerpo       []byte
	Plazos       Plazos
}

// Respuesta is an answer, read whole.
type Respuesta struct {
	Estado    int
	Cabeceras http.Header
	Cuerpo    []byte
}

// Enlace is the way to one service.
type Enlace struct {
	direcciones []*direccion
	cliente     *http.Client
	turno       atomic.Uint64 // counts requests: each begins with the address after the one before
	reintentos  atomic.Uint64
	cupo        chan struct{}
}

// Nuevo makes a link to base addresses such as http://app1-1:8000, which share the requests.
func Nuevo(bases ...string) *Enlace {
	marcador := &net.Dialer{Timeout: plazoConexion, KeepAlive: 15 * time.Second}
	direcciones := make([]*direccion, len(bases))
	for i, base := range bases {
		direcciones[i] = &direccion{base: base}
	}
	return &Enlace{
		direcciones: direcciones,
		cupo:        make(chan struct{}, cupoDeEspera),
		cliente: &http.Client{
			Transport: &http.Transport{DialContext: marcador.DialContext, MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second},
			// A redirection is the caller's to follow.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Reintentos counts the tries beyond the first since the start.
func (e *Enlace) Reintentos() uint64 { return e.reintentos.Load() }

// Revisar is nil when some address says that it lives; else it is the last reason why none does.
func (e *Enlace) Revisar(ctx context.Context) error {
	plazos := Plazos{Intento: 400 * time.Millisecond, Total: 900 * time.Millisecond}
	_, err := e.Enviar(ctx, Peticion{Metodo: http.MethodGet, Ruta: "/salud/viva", Plazos: plazos})
	var sin *SinRespuesta
	if errors.As(err, &sin) {
		return sin.Causa
	}
	return err
}

// Enviar returns the first answer under 500; else the last 503, so that its reason reaches the caller; else
// a *SinRespuesta.
func (e *Enlace) Enviar(ctx context.Context, p Peticion) (Respuesta, error) {
	ctx, fin := context.WithTimeout(ctx, p.Plazos.Total)
	defer fin()
	curso := curso{repetible: repetible(p.Metodo, p.Cabeceras), conClave: p.Cabeceras.Get(CabeceraClave) != "", direcciones: len(e.direcciones)}
	retroceso := orquestador.Retroceso{Base: 100 * time.Millisecond, Tope: 800 * time.Millisecond}
	espera := e.espera()
	defer espera.dejar()
	for orden := e.orden(); ; e.reintentos.Add(1) {
		d := orden[curso.intentos%len(orden)]
		r, err := e.intentar(ctx, d, p)
		if curso.anotar(r, err) {
			return r, nil
		}
		if r.Estado >= http.StatusInternalServerError || err != nil && ctx.Err() == nil {
			e.descansar(d) // a request that ran out of time or whose sender left says nothing of the address
		}
		switch curso.siguiente() {
		case parar:
			return curso.resultado()
		case esperarRonda:
			if !espera.tomar() || !orquestador.Dormir(ctx, retroceso.Pausa()) {
				return curso.resultado()
			}
			orden = e.orden()
		}
		if ctx.Err() != nil {
			return curso.resultado()
		}
	}
}

func (e *Enlace) intentar(ctx context.Context, d *direccion, p Peticion) (Respuesta, error) {
	ctx, fin := context.WithTimeout(ctx, p.Plazos.Intento)
	defer fin()
	peticion, err := http.NewRequestWithContext(ctx, p.Metodo, d.base+p.Ruta, bytes.NewReader(p.Cuerpo))
	if err != nil {
		return Respuesta{}, fmt.Errorf("prepare %s %s: %w", p.Metodo, p.Ruta, err)
	}
	if p.Cabeceras != nil {
		peticion.Header = p.Cabeceras.Clone()
	}
	respuesta, err := e.cliente.Do(peticion)
	if err != nil {
		return Respuesta{}, err
	}
	defer func() { _ = respuesta.Body.Close() }()
	cuerpo, err := io.ReadAll(io.LimitReader(respuesta.Body, respuestaMayor+1))
	if err != nil {
		return Respuesta{}, fmt.Errorf("read the answer of %s: %w", d.base, err)
	}
	if len(cuerpo) > respuestaMayor {
		return Respuesta{}, fmt.Errorf("the answer of %s is over %d bytes: %w", d.base, respuestaMayor, errDemasiado)
	}
	return Respuesta{Estado: respuesta.StatusCode, Cabeceras: respuesta.Header, Cuerpo: cuerpo}, nil
}

var errDemasiado = errors.New("answer too large")

// turnoDeEspera is one request's place among those that may wait.
type turnoDeEspera struct {
	cupo  chan struct{}
	tiene bool
}

func (e *Enlace) espera() *turnoDeEspera { return &turnoDeEspera{cupo: e.cupo} }

func (t *turnoDeEspera) tomar() bool {
	if t.tiene {
		return true
	}
	select {
	case t.cupo <- struct{}{}:
		t.tiene = true
	default:
	}
	return t.tiene
}

func (t *turnoDeEspera) dejar() {
	if t.tiene {
		<-t.cupo
	}
}
