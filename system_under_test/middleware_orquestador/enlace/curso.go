package enlace

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// CabeceraClave marks a request that its service answers the same however often it comes.
const CabeceraClave = "Idempotency-Key"

// SinRespuesta says that no address gave an answer worth passing on. When Incierto, the request may have
// been carried out all the same.
type SinRespuesta struct {
	Incierto bool
	Causa    error
}

func (s *SinRespuesta) Error() string {
	return fmt.Sprintf("no address answered (may have been done: %t): %v", s.Incierto, s.Causa)
}

func (s *SinRespuesta) Unwrap() error { return s.Causa }

// repetible says whether sending a request twice does no more than sending it once.
func repetible(metodo string, cabeceras http.Header) bool {
	switch metodo {
	case http.MethodGet, http.MethodHead, http.MethodDelete:
		return true
	}
	return cabeceras.Get(CabeceraClave) != ""
}

type paso int

const (
	parar paso = iota
	otraDireccion
	esperarRonda
)

// curso is what has happened to one request so far. It decides and does no I/O.
type curso struct {
	repetible, conClave bool
	direcciones         int

	intentos int
	incierto bool       // some try may have been carried out without our seeing the answer
	ultima   *Respuesta // the last 503, whose body says why
	causa    error
}

// anotar takes the outcome of a try and says whether it is final.
func (c *curso) anotar(r Respuesta, err error) bool {
	repetido := c.intentos > 0
	c.intentos++
	switch {
	case err != nil:
		c.causa = err
		c.incierto = c.incierto || !sinConectar(err)
		return false
	case r.Estado >= http.StatusInternalServerError:
		codigo := codigoDe(r)
		c.causa = fmt.Errorf("status %d, codigo %q", r.Estado, codigo)
		c.incierto = c.incierto || r.Estado != http.StatusServiceUnavailable || codigo == "resultado_desconocido"
		if r.Estado == http.StatusServiceUnavailable {
			c.ultima = &r
		}
		return false
	case repetido && c.incierto && r.Estado == http.StatusConflict && codigoDe(r) == "clave_en_curso":
		// The one in flight is our own earlier try: its outcome is not known yet, nothing was refused.
		c.causa = errors.New("an earlier try of this request is still in flight")
		return false
	}
	return true
}

// siguiente is what to do after a try that was not final.
func (c *curso) siguiente() paso {
	switch {
	case !c.repetible:
		return parar
	case c.intentos%c.direcciones != 0:
		return otraDireccion
	case c.conClave:
		return esperarRonda
	}
	return parar
}

// resultado is what to answer when no try was final. A request that may have been carried out is not
// answered with a reason that a later try gave for itself.
func (c *curso) resultado() (Respuesta, error) {
	if c.ultima != nil && (!c.incierto || codigoDe(*c.ultima) == "resultado_desconocido") {
		return *c.ultima, nil
	}
	return Respuesta{}, &SinRespuesta{Incierto: c.incierto, Causa: c.causa}
}

// sinConectar is true when the request cannot have reached the service.
func sinConectar(err error) bool {
	var deRed *net.OpError
	return errors.As(err, &deRed) && deRed.Op == "dial"
}

func codigoDe(r Respuesta) string {
	var problema struct{ Codigo string }
	_ = json.Unmarshal(r.Cuerpo, &problema) // no JSON: no code
	return problema.Codigo
}
