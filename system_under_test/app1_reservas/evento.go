package reservas

import "ticketflow/comun"

// States of a seat, as buyers see them: an expired hold reads Disponible.
const (
	Disponible = "DISPONIBLE"
	Retenido   = "RETENIDO"
	Vendido    = "VENDIDO"
)

// Catalogo is all that is on sale. Version grows with every change of the events.
type Catalogo struct {
	Version int64    `json:"version"`
	Eventos []Evento `json:"eventos"`
}

// Evento is one performance at one place and time.
type Evento struct {
	Codigo      string         `json:"codigo"`
	Nombre      string         `json:"nombre"`
	Lugar       string         `json:"lugar"`
	IniciaEn    comun.Instante `json:"inicia_en"`
	AfectoIVA   bool           `json:"afecto_iva"`
	RUTMandante string         `json:"rut_mandante"`
	Sectores    []Sector       `json:"sectores"`
}

// Sector is a part of the venue with one price, in CLP.
type Sector struct {
	Nombre    string `json:"nombre"`
	Precio    int64  `json:"precio"`
	Capacidad int    `json:"capacidad"`
}

// Disponibilidad counts the free seats of an event by sector.
type Disponibilidad struct {
	Evento   string             `json:"evento"`
	Sectores []SectorDisponible `json:"sectores"`
}

// SectorDisponible is a sector with its count of free seats.
type SectorDisponible struct {
	Sector
	Disponibles int `json:"disponibles"`
}

// Mapa is every seat of one sector with its state.
type Mapa struct {
	Evento   string        `json:"evento"`
	Sector   string        `json:"sector"`
	Precio   int64         `json:"precio"`
	Asientos []AsientoMapa `json:"asientos"`
}

// AsientoMapa is a seat as the map draws it.
type AsientoMapa struct {
	ID     int64  `json:"id"`
	Fila   string `json:"fila"`
	Numero int    `json:"numero"`
	Estado string `json:"estado"`
}

// Evento finds an event, or refuses with `evento_desconocido`.
func (c *Catalogo) Evento(codigo string) (*Evento, error) {
	for i := range c.Eventos {
		if c.Eventos[i].Codigo == codigo {
			return &c.Eventos[i], nil
		}
	}
	return nil, ErrEventoDesconocido
}

// Sector finds a sector of the event, or refuses with `sector_desconocido`.
func (e *Evento) Sector(nombre string) (*Sector, error) {
	for i := range e.Sectores {
		if e.Sectores[i].Nombre == nombre {
			return &e.Sectores[i], nil
		}
	}
	return nil, ErrSectorDesconocido
}
