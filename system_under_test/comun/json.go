package comun

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// CuerpoMaximo bounds a request's body, in bytes: the largest the contract knows is under 2 kB.
const CuerpoMaximo = 64 << 10

// LeerCuerpo reads a request's whole body, up to CuerpoMaximo.
func LeerCuerpo(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	cuerpo, err := io.ReadAll(http.MaxBytesReader(w, r.Body, CuerpoMaximo))
	var excedido *http.MaxBytesError
	switch {
	case errors.As(err, &excedido):
		return nil, NuevoError("cuerpo_muy_grande", "El cuerpo de la petición es demasiado grande.")
	case err != nil:
		return nil, NuevoError("cuerpo_invalido", "El cuerpo de la petición llegó incompleto.").Por(err)
	}
	return cuerpo, nil
}

// LeerJSON decodes a request's body into destino: one JSON value, no unknown fields.
func LeerJSON(w http.ResponseWriter, r *http.Request, destino any) error {
	cuerpo, err := LeerCuerpo(w, r)
	if err != nil {
		return err
	}
	return DecodificarJSON(cuerpo, destino)
}

// DecodificarJSON decodes exactly one JSON value and refuses unknown fields.
func DecodificarJSON(cuerpo []byte, destino any) error {
	lector := json.NewDecoder(bytes.NewReader(cuerpo))
	lector.DisallowUnknownFields()
	if err := lector.Decode(destino); err != nil {
		return NuevoError("cuerpo_invalido", fmt.Sprintf("El cuerpo no es el JSON esperado: %s.", err))
	}
	if _, err := lector.Token(); !errors.Is(err, io.EOF) {
		return NuevoError("cuerpo_invalido", "El cuerpo trae más de un valor JSON.")
	}
	return nil
}

// EscribirJSON answers with valor as JSON.
func EscribirJSON(w http.ResponseWriter, estado int, valor any) error {
	cuerpo, err := json.Marshal(valor)
	if err != nil {
		return fmt.Errorf("encode the response: %w", err)
	}
	EscribirCuerpo(w, estado, cuerpo)
	return nil
}

// EscribirCuerpo answers with bytes that already are JSON.
func EscribirCuerpo(w http.ResponseWriter, estado int, cuerpo []byte) {
	escribir(w, estado, "application/json", cuerpo)
}

func escribir(w http.ResponseWriter, estado int, tipo string, cuerpo []byte) {
	w.Header().Set("Content-Type", tipo)
	w.Header().Set("Content-Length", strconv.Itoa(len(cuerpo)))
	w.WriteHeader(estado)
	_, _ = w.Write(cuerpo) // a client that has left is not an error of ours
}

// Instante is a time that reads and writes as RFC 3339 in UTC with milliseconds.
type Instante struct{ time.Time }

// FormatoInstante is the layout of every time in a contract.
const FormatoInstante = "2006-01-02T15:04:05.000Z"

// MarshalJSON implements json.Marshaler.
func (i Instante) MarshalJSON() ([]byte, error) {
	return []byte(`"` + i.UTC().Format(FormatoInstante) + `"`), nil
}
