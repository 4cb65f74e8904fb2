package http

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	orquestador "ticketflow/middleware_orquestador"
)

// registrarMetricas reads every figure from its owner when it is scraped, so that none is kept twice.
func registrarMetricas(registro prometheus.Registerer, s Servicios) {
	for resultado, de := range map[string]func(orquestador.Lote) int{
		"publicado":   func(l orquestador.Lote) int { return l.Tomados },
		"confirmado":  func(l orquestador.Lote) int { return l.Confirmados },
		"devuelto":    func(l orquestador.Lote) int { return l.Devueltos },
		"rechazado":   func(l orquestador.Lote) int { return l.Rechazados },
		"desconocido": func(l orquestador.Lote) int { return l.Desconocidos },
	} {
		registro.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "ticketflow_relevo_mensajes_total", Help: "Mensajes que el relevo entregó a RabbitMQ, por resultado.",
			ConstLabels: prometheus.Labels{"resultado": resultado},
		}, func() float64 { return float64(de(s.Relevo.Cifras().Total)) }))
	}
	registro.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ticketflow_bandeja_pendientes", Help: "Mensajes sin publicar; NaN cuando no se puede leer la bandeja.",
		}, func() float64 { return pendientes(s.Relevo.Cifras()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ticketflow_bandeja_antiguedad_segundos", Help: "Edad del mensaje sin publicar más antiguo, en segundos.",
		}, func() float64 { return antiguedad(s.Relevo.Cifras(), time.Now()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "ticketflow_app1_reintentos_total", Help: "Intentos hacia app1 después del primero de cada petición.",
		}, func() float64 { return float64(s.Reservas.Reintentos()) }),
	)
	for _, fuente := range []orquestador.Fuente{orquestador.FuentePrimario, orquestador.FuenteReplica, orquestador.FuenteNinguna} {
		registro.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ticketflow_lecturas_fuente", Help: "1 en la fuente de MariaDB que sirve las lecturas ahora.",
			ConstLabels: prometheus.Labels{"fuente": string(fuente)},
		}, func() float64 { return siEs(s.Entradas.Fuente() == fuente) }))
	}
	registrarLider(registro, s.Lider)
}

func registrarLider(registro prometheus.Registerer, l Lider) {
	contar := func(nombre, ayuda string, valor func(orquestador.EstadoLider) uint64) {
		registro.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: nombre, Help: ayuda},
			func() float64 { return float64(valor(l.Estado())) }))
	}
	contar("ticketflow_postgres_lider_fallos_total", "Sondas que el líder de PostgreSQL no contestó.",
		func(e orquestador.EstadoLider) uint64 { return e.Fallos })
	contar("ticketflow_postgres_concesiones_revocadas_total", "Veces que el vigía quitó la clave a un líder que no respondía.",
		func(e orquestador.EstadoLider) uint64 { return e.Revocaciones })
	for _, nodo := range l.Nodos() {
		registro.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ticketflow_postgres_lider", Help: "1 en el nodo que tiene la clave de líder de PostgreSQL.",
			ConstLabels: prometheus.Labels{"nodo": nodo},
		}, func() float64 { return siEs(l.Estado().Lider == nodo) }))
	}
}

func pendientes(c orquestador.Cifras) float64 {
	if c.Pendientes == nil {
		return math.NaN()
	}
	return float64(c.Pendientes.Cantidad)
}

func antiguedad(c orquestador.Cifras, ahora time.Time) float64 {
	switch {
	case c.Pendientes == nil:
		return math.NaN()
	case c.Pendientes.MasAntiguo.IsZero():
		return 0
	}
	return ahora.Sub(c.Pendientes.MasAntiguo).Seconds()
}

func siEs(si bool) float64 {
	if si {
		return 1
	}
	return 0
}
