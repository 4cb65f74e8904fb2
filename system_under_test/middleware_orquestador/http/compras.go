package http

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	"ticketflow/comun"
	orquestador "ticketflow/middleware_orquestador"
	"ticketflow/middleware_orquestador/enlace"
)

// An id goes into app1's path: no dots or slashes, which would lead elsewhere.
var idValido = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

type pedido struct {
	RetencionID string          `json:"retencion_id"`
	Comprador   json.RawMessage `json:"comprador"`
}

// comprar is POST /v1/ordenes: app1 confirms the hold; the ticket follows through the queue.
func (s Servicios) comprar(w http.ResponseWriter, r *http.Request) error {
	clave := r.Header.Get(enlace.CabeceraClave)
	if clave == "" {
		return comun.NuevoError("falta_clave", "Falta la cabecera Idempotency-Key.")
	}
	var p pedido
	if err := comun.LeerJSON(w, r, &p); err != nil {
		return err
	}
	if !idValido.MatchString(p.RetencionID) || len(p.Comprador) == 0 {
		return comun.NuevoError("cuerpo_invalido", "El pedido necesita retencion_id y comprador.")
	}
	respuesta, err := s.Reservas.Confirmar(r.Context(), p.RetencionID, clave, p.Comprador)
	if err != nil {
		return err
	}
	cuerpo := respuesta.Cuerpo
	if respuesta.Estado < http.StatusMultipleChoices {
		if cuerpo, err = conMensaje(cuerpo); err != nil {
			return err
		}
	}
	responder(w, respuesta, cuerpo)
	return nil
}

// conMensaje adds to app1's confirmation what the buyer is told, and leaves the rest as it is.
func conMensaje(confirmacion []byte) ([]byte, error) {
	var campos map[string]json.RawMessage
	if err := json.Unmarshal(confirmacion, &campos); err != nil {
		return nil, orquestador.ErrResultado.Por(fmt.Errorf("read app1's confirmation: %w", err))
	}
	campos["mensaje"] = json.RawMessage(`"Compra Exitosa"`)
	campos["ticket_estado"] = json.RawMessage(`"EN_PROCESO"`)
	return json.Marshal(campos)
}
