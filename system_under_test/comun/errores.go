package comun

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
)

// Error is a refusal or failure with a code that clients decide on and a text that buyers can read.
// Extra holds further members of the problem document, such as the seats that were taken.
type Error struct {
	Codigo  string
	Detalle string
	Extra   map[string]any
	Causa   error // for the log; never sent
}

// NuevoError makes an Error without further members.
func NuevoError(codigo, detalle string) *Error { return &Error{Codigo: codigo, Detalle: detalle} }

// Por returns a copy that carries the cause for the log.
func (e *Error) Por(causa error) *Error {
	copia := *e
	copia.Causa = causa
	return &copia
}

func (e *Error) Error() string {
	if e.Causa != nil {
		return e.Codigo + ": " + e.Detalle + ": " + e.Causa.Error()
	}
	return e.Codigo + ": " + e.Detalle
}

func (e *Error) Unwrap() error { return e.Causa }

// Is makes errors.Is compare codes: the same refusal with another cause is the same refusal.
func (e *Error) Is(otro error) bool {
	o, ok := otro.(*Error)
	return ok && o.Codigo == e.Codigo
}

// Estado is the HTTP status of the error's code; a code nobody listed is our own mistake: 500.
func (e *Error) Estado() int {
	if estado, hay := estados[e.Codigo]; hay {
		return estado
	}
	return http.StatusInternalServerError
}

// estados is the one map from code to HTTP status, for all Go services.
var estados = map[string]int{
	"falta_clave":            http.StatusBadRequest,
	"cuerpo_invalido":        http.StatusBadRequest,
	"parametro_invalido":     http.StatusBadRequest,
	"cuerpo_muy_grande":      http.StatusRequestEntityTooLarge,
	"comprador_invalido":     http.StatusUnprocessableEntity,
	"clave_reutilizada":      http.StatusUnprocessableEntity,
	"clave_en_curso":         http.StatusConflict,
	"ruta_desconocida":       http.StatusNotFound,
	"metodo_no_permitido":    http.StatusMethodNotAllowed,
	"evento_desconocido":     http.StatusNotFound,
	"sector_desconocido":     http.StatusNotFound,
	"retencion_desconocida":  http.StatusNotFound,
	"orden_desconocida":      http.StatusNotFound,
	"entrada_en_proceso":     http.StatusNotFound,
	"boleta_en_proceso":      http.StatusNotFound,
	"asiento_no_disponible":  http.StatusConflict,
	"retencion_expirada":     http.StatusConflict,
	"retencion_liberada":     http.StatusConflict,
	"retencion_confirmada":   http.StatusConflict,
	"resultado_desconocido":  http.StatusServiceUnavailable,
	"servicio_no_disponible": http.StatusServiceUnavailable,
	"reservas_no_disponible": http.StatusServiceUnavailable,
	"emision_no_disponible":  http.StatusServiceUnavailable,
	"error_interno":          http.StatusInternalServerError,
}

// EscribirError answers with the problem document of err. An error that is not an *Error is ours:
// it is logged in full and answered as 500 `error_interno`, without its text.
func EscribirError(w http.ResponseWriter, r *http.Request, err error) {
	var problema *Error
	if !errors.As(err, &problema) {
		problema = NuevoError("error_interno", "Ocurrió un error inesperado.").Por(err)
	}
	estado := problema.Estado()
	if estado >= http.StatusInternalServerError {
		slog.ErrorContext(r.Context(), "peticion fallida", "metodo", r.Method, "ruta", r.URL.Path,
			"codigo", problema.Codigo, "error", err.Error())
	}
	if estado == http.StatusServiceUnavailable || problema.Codigo == "clave_en_curso" {
		w.Header().Set("Retry-After", "1") // asking again is the way on
	}
	documento := map[string]any{}
	maps.Copy(documento, problema.Extra)
	maps.Copy(documento, map[string]any{"type": "about:blank", "title": http.StatusText(estado),
		"status": estado, "codigo": problema.Codigo, "detail": problema.Detalle})
	cuerpo, errJSON := json.Marshal(documento)
	if errJSON != nil {
		slog.ErrorContext(r.Context(), "problema sin forma JSON", "error", errJSON.Error())
		cuerpo, estado = []byte(`{"status":500,"codigo":"error_interno"}`), http.StatusInternalServerError
	}
	escribir(w, estado, "application/problem+json", cuerpo)
}
