package reservas

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// Operacion names what an idempotency key is for; the same key may serve one of each.
type Operacion string

// The operations that need a key.
const (
	OperacionRetener   Operacion = "retener"
	OperacionConfirmar Operacion = "confirmar"
)

// Clave is an idempotency key with the fingerprint of the request it came with.
type Clave struct {
	Valor     string
	Operacion Operacion
	Huella    [sha256.Size]byte
}

// largoClave bounds a key, in bytes; a UUID has 36.
const largoClave = 200

// NuevaClave takes the header's value, and the request as it was understood: the same request in other
// bytes (spaces, order of members) is the same request.
func NuevaClave(valor string, operacion Operacion, pedido any) (Clave, error) {
	if valor == "" {
		return Clave{}, ErrFaltaClave
	}
	if len(valor) > largoClave || !esImprimible(valor) {
		return Clave{}, parametroInvalido(fmt.Sprintf("Idempotency-Key admite hasta %d caracteres ASCII.", largoClave))
	}
	canonico, err := json.Marshal(pedido)
	if err != nil {
		return Clave{}, fmt.Errorf("fingerprint of the request: %w", err)
	}
	return Clave{Valor: valor, Operacion: operacion, Huella: sha256.Sum256(canonico)}, nil
}

// Respuesta is the JSON that answers a request with a key. Repetida: it was first given to an earlier one.
type Respuesta struct {
	Cuerpo   []byte
	Repetida bool
}

func esImprimible(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
