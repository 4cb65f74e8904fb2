package http

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"ticketflow/comun"
	orquestador "ticketflow/middleware_orquestador"
)

const (
	ordenesPorConsulta = 50
	plazoOrdenes       = 1500 * time.Millisecond
	cabeceraFuente     = "X-Fuente"
)

type ordenesVistas struct {
	Ordenes  []orquestador.Orden `json:"ordenes"`
	SinDatos []string            `json:"sin_datos"`
}

// verOrdenes is GET /v1/ordenes?ids=: app1 and the view are asked at once, and either may be missing.
func (s Servicios) verOrdenes(w http.ResponseWriter, r *http.Request) error {
	ids, invalidos, err := leerIDs(r.URL.Query().Get("ids"))
	if err != nil {
		return err
	}
	ctx, fin := context.WithTimeout(r.Context(), plazoOrdenes)
	defer fin()
	lectura := orquestador.LecturaEntradas{Fuente: s.Entradas.Fuente()}
	var confirmadas map[string]orquestador.OrdenConfirmada
	if len(ids) > 0 {
		confirmadas, lectura = s.consultar(ctx, ids)
	}
	ordenes, sinDatos := orquestador.Fusionar(ids, confirmadas, lectura)
	w.Header().Set(cabeceraFuente, string(lectura.Fuente))
	return comun.EscribirJSON(w, http.StatusOK, ordenesVistas{ordenes, append(sinDatos, invalidos...)})
}

func (s Servicios) consultar(ctx context.Context, ids []string) (map[string]orquestador.OrdenConfirmada, orquestador.LecturaEntradas) {
	lecturas := make(chan orquestador.LecturaEntradas, 1)
	go func() {
		lectura, err := s.Entradas.Entradas(ctx, ids)
		if err != nil {
			slog.WarnContext(ctx, "ordenes sin entradas", "error", err.Error())
			lectura = orquestador.LecturaEntradas{Fuente: orquestador.FuenteNinguna}
		}
		lecturas <- lectura
	}()
	confirmadas, err := s.Reservas.Ordenes(ctx, ids)
	if err != nil {
		slog.WarnContext(ctx, "ordenes sin reservas", "error", err.Error())
	}
	return confirmadas, <-lecturas
}

// leerIDs splits the parameter. What is no UUID is nobody's order, and goes straight to sin_datos: one bad
// entry in a session must not hide the good ones.
func leerIDs(parametro string) (ids, invalidos []string, err error) {
	vistos := map[string]bool{}
	for texto := range strings.SplitSeq(parametro, ",") {
		texto = strings.TrimSpace(texto)
		if texto == "" || vistos[texto] {
			continue
		}
		vistos[texto] = true
		if id, err := uuid.Parse(texto); err != nil || id.String() != texto {
			invalidos = append(invalidos, texto)
			continue
		}
		ids = append(ids, texto)
	}
	if len(vistos) > ordenesPorConsulta {
		return nil, nil, comun.NuevoError("parametro_invalido", fmt.Sprintf("Se consultan hasta %d órdenes a la vez.", ordenesPorConsulta))
	}
	return ids, invalidos, nil
}

// verPDF is GET /v1/ordenes/{id}/entrada.pdf.
func (s Servicios) verPDF(w http.ResponseWriter, r *http.Request) error {
	id, err := ordenDe(r)
	if err != nil {
		return err
	}
	pdf, fuente, err := s.Entradas.PDF(r.Context(), id)
	w.Header().Set(cabeceraFuente, string(fuente))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.Itoa(len(pdf)))
	w.Header().Set("Content-Disposition", fmt.Sprintf(`inline; filename="entrada-%s.pdf"`, id))
	_, _ = w.Write(pdf) // a client that has left is not an error of ours
	return nil
}

// verBoleta is GET /v1/ordenes/{id}/boleta.
func (s Servicios) verBoleta(w http.ResponseWriter, r *http.Request) error {
	id, err := ordenDe(r)
	if err != nil {
		return err
	}
	respuesta, err := s.Boletas.Boleta(r.Context(), id)
	if err != nil {
		return err
	}
	responder(w, respuesta, respuesta.Cuerpo)
	return nil
}

func ordenDe(r *http.Request) (string, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return "", comun.NuevoError("orden_desconocida", "No existe una orden con ese número.")
	}
	return id.String(), nil
}
