package reservas

import (
	"net/mail"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ticketflow/comun"
)

// Comprador is who buys; the boleta and the ticket carry this, so it is checked before the sale.
type Comprador struct {
	RUT    string `json:"rut"`
	Nombre string `json:"nombre"`
	Correo string `json:"correo"`
}

// Normalizar checks the buyer, and writes the RUT as 12345678-5.
func (c *Comprador) Normalizar() error {
	rut, ok := rutCanonico(c.RUT)
	if !ok {
		return compradorInvalido("El RUT no es válido.")
	}
	c.RUT = rut
	c.Nombre = strings.TrimSpace(c.Nombre)
	if n := utf8.RuneCountInString(c.Nombre); n < 1 || n > 80 || !esTexto(c.Nombre) {
		return compradorInvalido("El nombre debe tener entre 1 y 80 caracteres.")
	}
	c.Correo = strings.TrimSpace(c.Correo)
	direccion, err := mail.ParseAddress(c.Correo)
	if err != nil || direccion.Address != c.Correo || len(c.Correo) > 80 {
		return compradorInvalido("El correo no es válido.")
	}
	return nil
}

func compradorInvalido(detalle string) *comun.Error {
	return comun.NuevoError("comprador_invalido", detalle)
}

// esTexto refuses control characters: PostgreSQL does not store NUL, and no name has a line break.
func esTexto(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// rutCanonico accepts a RUT with or without dots, ASCII only, and checks its verification digit.
func rutCanonico(texto string) (string, bool) {
	cuerpo, dv, hay := strings.Cut(strings.ReplaceAll(strings.TrimSpace(texto), ".", ""), "-")
	if !hay || len(dv) != 1 || strings.ContainsFunc(cuerpo, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", false
	}
	numero, err := strconv.Atoi(cuerpo)
	if err != nil || numero < 100_000 || numero > 99_999_999 || strings.ToUpper(dv) != digitoVerificador(numero) {
		return "", false
	}
	return strconv.Itoa(numero) + "-" + strings.ToUpper(dv), true
}

// digitoVerificador is modulo 11 with the weights 2..7 from the right.
func digitoVerificador(numero int) string {
	suma := 0
	for i := 0; numero > 0; i++ {
		suma += numero % 10 * (2 + i%6)
		numero /= 10
	}
	switch dv := 11 - suma%11; dv {
	case 11:
		return "0"
	case 10:
		return "K"
	default:
		return strconv.Itoa(dv)
	}
}
