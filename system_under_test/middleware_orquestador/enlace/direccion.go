package enlace

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	pausaEntreExamenes = 250 * time.Millisecond
	plazoExamen        = time.Second
)

// direccion is one of the addresses of a service. After a failed try it rests: others are tried before it,
// until /salud/lista says that it is ready.
type direccion struct {
	base     string
	descansa atomic.Bool
	examen   atomic.Int64 // when the next examination is due, as Unix nanoseconds
}

// orden is the order in which to try the addresses: in turn, those that rest last. Those that are due are
// examined meanwhile; without requests nobody examines them.
func (e *Enlace) orden() []*direccion {
	n := len(e.direcciones)
	primera := int(e.turno.Add(1)-1) % n
	orden, descansan := make([]*direccion, 0, n), make([]*direccion, 0, n)
	for i := range n {
		d := e.direcciones[(primera+i)%n]
		if !d.descansa.Load() {
			orden = append(orden, d)
			continue
		}
		descansan = append(descansan, d)
		if hora := d.examen.Load(); time.Now().UnixNano() >= hora && d.examen.CompareAndSwap(hora, proximoExamen()) {
			go e.examinar(d)
		}
	}
	return append(orden, descansan...)
}

func (e *Enlace) descansar(d *direccion) {
	if len(e.direcciones) > 1 && d.descansa.CompareAndSwap(false, true) {
		d.examen.Store(proximoExamen())
	}
}

func proximoExamen() int64 { return time.Now().Add(pausaEntreExamenes).UnixNano() }

// examinar ends the rest of an address that is ready again.
func (e *Enlace) examinar(d *direccion) {
	r, err := e.intentar(context.Background(), d, Peticion{Metodo: http.MethodGet, Ruta: "/salud/lista", Plazos: Plazos{Intento: plazoExamen}})
	if err == nil && r.Estado == http.StatusOK {
		d.descansa.Store(false)
	}
}
