package http

import (
	"net/http"
	"time"

	"ticketflow/comun"
	orquestador "ticketflow/middleware_orquestador"
)

type estado struct {
	Dependencias map[string]comun.EstadoDependencia `json:"dependencias"`
	Bandeja      estadoBandeja                      `json:"bandeja"`
	Relevo       estadoRelevo                       `json:"relevo"`
	Lecturas     map[string]orquestador.Fuente      `json:"lecturas"`
	Postgres     estadoPostgres                     `json:"postgres"`
}

type estadoPostgres struct {
	Vigila           bool            `json:"vigila"`
	Lider            *string         `json:"lider"` // null: nobody, or not known yet
	Desde            *comun.Instante `json:"desde"`
	Fallos           uint64          `json:"fallos"`
	Revocaciones     uint64          `json:"revocaciones"`
	UltimaRevocacion *comun.Instante `json:"ultima_revocacion"`
}

type estadoBandeja struct {
	Pendientes *int64          `json:"pendientes"` // null: the outbox cannot be read
	MasAntiguo *comun.Instante `json:"mas_antiguo"`
	MedidoEn   *comun.Instante `json:"medido_en"`
}

type estadoRelevo struct {
	Estado           string          `json:"estado"`
	UltimoError      string          `json:"ultimo_error"`
	Publicados       int             `json:"publicados"`
	Confirmados      int             `json:"confirmados"`
	Devueltos        int             `json:"devueltos"`
	Rechazados       int             `json:"rechazados"`
	Desconocidos     int             `json:"desconocidos"`
	UltimaConfirmada *comun.Instante `json:"ultima_confirmada"`
}

// verEstado is GET /v1/estado. It answers 200 in any state: it is for people and for the bench.
func (s Servicios) verEstado(w http.ResponseWriter, _ *http.Request) error {
	c := s.Relevo.Cifras()
	bandeja := estadoBandeja{MedidoEn: instante(c.PendientesMedidos)}
	if c.Pendientes != nil {
		bandeja.Pendientes, bandeja.MasAntiguo = &c.Pendientes.Cantidad, instante(c.Pendientes.MasAntiguo)
	}
	return comun.EscribirJSON(w, http.StatusOK, estado{
		Dependencias: s.Salud.Estado().Dependencias,
		Bandeja:      bandeja,
		Relevo: estadoRelevo{Estado: c.Estado, UltimoError: c.UltimoError, Publicados: c.Total.Tomados,
			Confirmados: c.Total.Confirmados, Devueltos: c.Total.Devueltos, Rechazados: c.Total.Rechazados,
			Desconocidos: c.Total.Desconocidos, UltimaConfirmada: instante(c.UltimaConfirmada)},
		Lecturas: map[string]orquestador.Fuente{"fuente": s.Entradas.Fuente()},
		Postgres: verPostgres(s.Lider.Estado()),
	})
}

func verPostgres(l orquestador.EstadoLider) estadoPostgres {
	e := estadoPostgres{Vigila: l.Vigila, Desde: instante(l.Desde), Fallos: l.Fallos, Revocaciones: l.Revocaciones,
		UltimaRevocacion: instante(l.UltimaRevocacion)}
	if l.Lider != "" {
		e.Lider = &l.Lider
	}
	return e
}

func instante(t time.Time) *comun.Instante {
	if t.IsZero() {
		return nil
	}
	return &comun.Instante{Time: t}
}
