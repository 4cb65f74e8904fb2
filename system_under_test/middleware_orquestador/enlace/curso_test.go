package enlace

import (
	"errors"
	"net"
	"net/http"
	"testing"
)

var (
	rechazada = &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	muda      = errors.New("deadline exceeded while waiting for the answer")
)

func respuesta(estado int, codigo string) Respuesta {
	return Respuesta{Estado: estado, Cuerpo: []byte(`{"codigo":"` + codigo + `"}`)}
}

func TestWhatFollowsATry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence            string
		repetible, conClave bool
		intentos            int
		quiere              paso
	}{
		{"a POST without a key is never sent twice", false, false, 1, parar},
		{"a GET goes on to the second of two addresses", true, false, 1, otraDireccion},
		{"a GET that both addresses failed is over", true, false, 2, parar},
		{"a POST with a key goes on to the second address", true, true, 1, otraDireccion},
		{"a POST with a key that both failed waits and goes round", true, true, 2, esperarRonda},
		{"in the second round it goes on to the second address", true, true, 3, otraDireccion},
	}
	for _, tt := range tests {
		c := curso{repetible: tt.repetible, conClave: tt.conClave, direcciones: 2, intentos: tt.intentos}
		if sale := c.siguiente(); sale != tt.quiere {
			t.Errorf("%s: got %d, want %d", tt.sentence, sale, tt.quiere)
		}
	}
}

func TestWhatIsFinalAndWhatIsAnswered(t *testing.T) {
	t.Parallel()
	type intento struct {
		r   Respuesta
		err error
	}
	sinBase := respuesta(503, "servicio_no_disponible")
	tests := []struct {
		sentence string
		intentos []intento
		final    bool
		estado   int // 0: no answer
		incierto bool
	}{
		{"a refusal of the request is final", []intento{{respuesta(409, "asiento_no_disponible"), nil}}, true, 409, false},
		{"someone else's key in flight is final at the first try", []intento{{respuesta(409, "clave_en_curso"), nil}}, true, 409, false},
		{"after a silent try, a key in flight is our own and settles nothing",
			[]intento{{Respuesta{}, muda}, {respuesta(409, "clave_en_curso"), nil}}, false, 0, true},
		{"after a refused connection, a key in flight is not ours", []intento{{Respuesta{}, rechazada}, {respuesta(409, "clave_en_curso"), nil}}, true, 409, false},
		{"the reason of a 503 reaches the caller", []intento{{sinBase, nil}}, false, 503, false},
		{"a 503 after a refused connection does too", []intento{{Respuesta{}, rechazada}, {sinBase, nil}}, false, 503, false},
		{"a 503 after a silent try would hide that it may have been done", []intento{{Respuesta{}, muda}, {sinBase, nil}}, false, 0, true},
		{"an unknown outcome says so in app1's own words", []intento{{respuesta(503, "resultado_desconocido"), nil}, {Respuesta{}, rechazada}}, false, 503, true},
		{"a 500 is not passed on, and may have been done", []intento{{respuesta(500, "error_interno"), nil}}, false, 0, true},
		{"refused connections cannot have done anything", []intento{{Respuesta{}, rechazada}, {Respuesta{}, rechazada}}, false, 0, false},
	}
	for _, tt := range tests {
		c := curso{repetible: true, conClave: true, direcciones: 2}
		final := false
		for _, i := range tt.intentos {
			final = c.anotar(i.r, i.err)
		}
		if final != tt.final {
			t.Errorf("%s: final %t, want %t", tt.sentence, final, tt.final)
		}
		if final {
			continue
		}
		r, err := c.resultado()
		var sin *SinRespuesta
		if r.Estado != tt.estado || (tt.estado == 0) != errors.As(err, &sin) {
			t.Errorf("%s: answered %d, %v; want %d", tt.sentence, r.Estado, err, tt.estado)
		}
		if c.incierto != tt.incierto {
			t.Errorf("%s: may have been done %t, want %t", tt.sentence, c.incierto, tt.incierto)
		}
	}
}

func TestOnlySafeRequestsRepeat(t *testing.T) {
	t.Parallel()
	conClave := http.Header{CabeceraClave: {"k"}}
	tests := []struct {
		metodo    string
		cabeceras http.Header
		quiere    bool
	}{{"GET", nil, true}, {"HEAD", nil, true}, {"DELETE", nil, true}, {"POST", nil, false}, {"POST", conClave, true}}
	for _, tt := range tests {
		if sale := repetible(tt.metodo, tt.cabeceras); sale != tt.quiere {
			t.Errorf("%s with %v: got %t, want %t", tt.metodo, tt.cabeceras, sale, tt.quiere)
		}
	}
}
