package reservas

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"ticketflow/comun"
)

func TestARUTIsAcceptedOnlyWithItsDigit(t *testing.T) {
	casos := []struct{ frase, texto, canonico string }{
		{"plain", "12345678-5", "12345678-5"},
		{"with dots", "12.345.678-5", "12345678-5"},
		{"K, lower case", "6824160-k", "6824160-K"},
		{"leading zero", "06824160-K", "6824160-K"},
		{"generic receiver", "66666666-6", "66666666-6"},
		{"digit zero", "11222333-9", "11222333-9"},
		{"wrong digit", "12345678-9", ""},
		{"no dash", "123456785", ""},
		{"two digits", "12345678-55", ""},
		{"too small", "1-9", ""},
		{"too big", "100000000-4", ""},
		{"full-width digits", "１２３４５６７８-5", ""},
		{"a sign", "+12345678-5", ""},
		{"nothing", "", ""},
	}
	for _, c := range casos {
		t.Run(c.frase, func(t *testing.T) {
			canonico, ok := rutCanonico(c.texto)
			if canonico != c.canonico || ok != (c.canonico != "") {
				t.Errorf("%q gives %q, %v", c.texto, canonico, ok)
			}
		})
	}
}

func TestABuyerIsCheckedBeforeTheSale(t *testing.T) {
	bueno := Comprador{RUT: "12.345.678-5", Nombre: " Ana Pérez ", Correo: "ana@example.cl"}
	if err := bueno.Normalizar(); err != nil || bueno.RUT != "12345678-5" || bueno.Nombre != "Ana Pérez" {
		t.Errorf("got %+v, %v", bueno, err)
	}
	casos := []struct {
		frase string
		c     Comprador
	}{
		{"bad RUT", Comprador{"12345678-1", "Ana", "ana@example.cl"}},
		{"no name", Comprador{"12345678-5", " ", "ana@example.cl"}},
		{"a name with a line break", Comprador{"12345678-5", "Ana\nBcc: x", "ana@example.cl"}},
		{"a name too long", Comprador{"12345678-5", strings.Repeat("ñ", 81), "ana@example.cl"}},
		{"no address", Comprador{"12345678-5", "Ana", "ana"}},
		{"an address with a display name", Comprador{"12345678-5", "Ana", "Ana <ana@example.cl>"}},
	}
	for _, c := range casos {
		t.Run(c.frase, func(t *testing.T) {
			var rechazo *comun.Error
			if err := c.c.Normalizar(); !errors.As(err, &rechazo) || rechazo.Codigo != "comprador_invalido" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAHoldRequestIsCheckedAndSorted(t *testing.T) {
	p := PedidoRetencion{Evento: "EV001", Asientos: []int64{3, 1, 2}, Sesion: "s"}
	if err := p.Normalizar(); err != nil || p.Asientos[0] != 1 || p.Asientos[2] != 3 {
		t.Errorf("got %+v, %v", p, err)
	}
	for frase, p := range map[string]PedidoRetencion{
		"no event":       {Asientos: []int64{1}, Sesion: "s"},
		"no seats":       {Evento: "EV001", Sesion: "s"},
		"nine seats":     {Evento: "EV001", Asientos: []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, Sesion: "s"},
		"one seat twice": {Evento: "EV001", Asientos: []int64{1, 1}, Sesion: "s"},
		"no session":     {Evento: "EV001", Asientos: []int64{1}},
		"a NUL":          {Evento: "EV001", Asientos: []int64{1}, Sesion: "\x00"},
	} {
		if p.Normalizar() == nil {
			t.Errorf("%s was accepted", frase)
		}
	}
}

func TestTheChargeIsRoundedHalfUp(t *testing.T) {
	for precio, cargo := range map[int64]int64{24990: 2499, 18995: 1900, 18994: 1899, 5: 1, 4: 0} {
		r := Retencion{Asientos: []AsientoRetenido{{Precio: precio}}}
		r.Sumar(10)
		if r.CargoServicio != cargo || r.Total != precio+cargo {
			t.Errorf("%d: charge %d, total %d", precio, r.CargoServicio, r.Total)
		}
	}
}

func TestAKeyIsBoundToWhatWasAsked(t *testing.T) {
	huella := func(p PedidoRetencion) [32]byte {
		c, err := NuevaClave("k", OperacionRetener, p)
		if err != nil {
			t.Fatal(err)
		}
		return c.Huella
	}
	a := PedidoRetencion{Evento: "EV001", Asientos: []int64{1, 2}, Sesion: "s"}
	b := PedidoRetencion{Evento: "EV001", Asientos: []int64{1, 3}, Sesion: "s"}
	if huella(a) != huella(a) || huella(a) == huella(b) {
		t.Error("fingerprints do not tell requests apart")
	}
	for frase, c := range map[string]struct {
		valor string
		err   error
	}{
		"none":        {"", ErrFaltaClave},
		"too long":    {strings.Repeat("k", 201), parametroInvalido("")},
		"not ASCII":   {"ñ", parametroInvalido("")},
		"a line feed": {"a\nb", parametroInvalido("")},
	} {
		if _, err := NuevaClave(c.valor, OperacionRetener, a); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v", frase, err)
		}
	}
}

func TestOrdenCreadaIsTheContractsMessage(t *testing.T) {
	id := uuid.MustParse("01a20c9f-19a0-7db8-a8a7-44b849ac1dd9")
	momento := comun.Instante{Time: time.Date(2027, 1, 2, 3, 4, 5, 6e6, time.UTC)}
	o := Orden{ID: id, CreadaEn: momento, CargoServicio: 10, Total: 110,
		Evento:    EventoOrden{Codigo: "E", Nombre: "N", Lugar: "L", IniciaEn: momento},
		Comprador: Comprador{"12345678-5", "Ana", "ana@example.cl"},
		Asientos: []AsientoVendido{{AsientoRetenido: AsientoRetenido{ID: 7, Sector: "S", Fila: "A", Numero: 3, Precio: 100},
			FolioTicket: 9, TipoTicket: "VIP"}}}
	mensaje, err := json.Marshal(o.Mensaje(true, "97975000-5"))
	esperado := `{"version":1,"orden_id":"01a20c9f-19a0-7db8-a8a7-44b849ac1dd9","creada_en":"2027-01-02T03:04:05.006Z",` +
		`"evento":{"codigo":"E","nombre":"N","lugar":"L","inicia_en":"2027-01-02T03:04:05.006Z","afecto_iva":true,"rut_mandante":"97975000-5"},` +
		`"comprador":{"rut":"12345678-5","nombre":"Ana","correo":"ana@example.cl"},` +
		`"items":[{"asiento_id":7,"sector":"S","fila":"A","numero":3,"tipo_ticket":"VIP","folio_ticket":9,"precio":100}],` +
		`"cargo_servicio":10,"total":110,"moneda":"CLP","medio_pago":2}`
	if err != nil || string(mensaje) != esperado {
		t.Errorf("got  %s, %v\nwant %s", mensaje, err, esperado)
	}
}
