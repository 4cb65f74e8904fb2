package reservas

import "ticketflow/comun"

// What this service refuses, and how it says so to a buyer.
var (
	ErrFaltaClave           = comun.NuevoError("falta_clave", "Falta la cabecera Idempotency-Key.")
	ErrClaveReutilizada     = comun.NuevoError("clave_reutilizada", "Esa clave ya se usó para otra petición.")
	ErrClaveEnCurso         = comun.NuevoError("clave_en_curso", "Tu petición anterior aún está en curso.")
	ErrEventoDesconocido    = comun.NuevoError("evento_desconocido", "No conocemos ese evento.")
	ErrSectorDesconocido    = comun.NuevoError("sector_desconocido", "Ese evento no tiene ese sector.")
	ErrRetencionDesconocida = comun.NuevoError("retencion_desconocida", "No conocemos esa reserva.")
	ErrRetencionExpirada    = comun.NuevoError("retencion_expirada", "Tu reserva expiró; vuelve a elegir tus asientos.")
	ErrRetencionLiberada    = comun.NuevoError("retencion_liberada", "Esa reserva ya fue liberada.")
	ErrRetencionConfirmada  = comun.NuevoError("retencion_confirmada", "Esa reserva ya es una compra.")
	ErrResultadoDesconocido = comun.NuevoError("resultado_desconocido", "No sabemos aún si tu operación quedó hecha; repítela y te lo diremos.")
	ErrServicioNoDisponible = comun.NuevoError("servicio_no_disponible", "La venta no está disponible en este momento; intenta de nuevo.")
)

// AsientosNoDisponibles refuses a hold, naming the seats that someone else has.
func AsientosNoDisponibles(ids []int64) *comun.Error {
	return &comun.Error{Codigo: "asiento_no_disponible",
		Detalle: "Alguno de los asientos ya no está disponible.", Extra: map[string]any{"asientos": ids}}
}

func parametroInvalido(detalle string) *comun.Error {
	return comun.NuevoError("parametro_invalido", detalle)
}
