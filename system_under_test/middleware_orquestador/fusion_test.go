package orquestador

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func TestOrdersAreMergedFromWhatAnswers(t *testing.T) {
	t.Parallel()
	folio := int64(7)
	vendida := map[string]OrdenConfirmada{"a": {OrdenID: "a", CreadaEn: "2026-11-24T10:00:00.000Z", Total: 500,
		Evento: json.RawMessage(`{"codigo":"EV001"}`), Asientos: json.RawMessage(`[]`), Comprador: json.RawMessage(`{}`)}}
	emitida := map[string]EntradaPublica{"a": {OrdenID: "a", Estado: "EMITIDO", Folio: &folio, Total: 500, TienePDF: true,
		Datos: json.RawMessage(`{"creada_en":"2026-11-24T10:00:00.000Z","evento":{"codigo":"EV001"},"asientos":[{"id":3}],"comprador":{"rut":"1-9"}}`)}}
	primario := func(e map[string]EntradaPublica) LecturaEntradas { return LecturaEntradas{FuentePrimario, true, e} }
	ninguna := LecturaEntradas{Fuente: FuenteNinguna}
	tests := []struct {
		sentence    string
		confirmadas map[string]OrdenConfirmada
		lectura     LecturaEntradas
		sinDatos    []string
		estado      string // "" stands for null
		pdf         bool
	}{
		{"both know it: app1's order with the view's ticket", vendida, primario(emitida), []string{}, "EMITIDO", true},
		{"sold and not yet issued: in process", vendida, primario(nil), []string{}, "EN_PROCESO", false},
		{"sold, MariaDB down: nobody knows the ticket's state", vendida, ninguna, []string{}, "", false},
		{"sold, and absent from a replica that lags: nobody knows either", vendida, LecturaEntradas{FuenteReplica, false, nil}, []string{}, "", false},
		{"sold, and present in a replica that lags: what it shows holds", vendida, LecturaEntradas{FuenteReplica, false, emitida}, []string{}, "EMITIDO", true},
		{"app1 down: what the view knows", nil, primario(emitida), []string{}, "EMITIDO", true},
		{"app1 down and not issued: no data", nil, primario(nil), []string{"a"}, "", false},
		{"nobody answers: no data, and no error", nil, ninguna, []string{"a"}, "", false},
	}
	for _, tt := range tests {
		ordenes, sinDatos := Fusionar([]string{"a"}, tt.confirmadas, tt.lectura)
		if !slices.Equal(sinDatos, tt.sinDatos) || len(ordenes)+len(sinDatos) != 1 {
			t.Errorf("%s: without data %v, want %v", tt.sentence, sinDatos, tt.sinDatos)
		}
		for _, o := range ordenes {
			estado := ""
			if o.TicketEstado != nil {
				estado = *o.TicketEstado
			}
			if estado != tt.estado || o.PDF != tt.pdf || !o.Confirmada || o.Total != 500 || string(o.Evento) != `{"codigo":"EV001"}` {
				t.Errorf("%s: got %+v with state %q", tt.sentence, o, estado)
			}
		}
	}
}

func TestATicketWithUnreadableDataStillShowsItsState(t *testing.T) {
	t.Parallel()
	creado := time.Date(2026, 11, 24, 10, 0, 0, 5e6, time.UTC)
	lectura := LecturaEntradas{FuentePrimario, true, map[string]EntradaPublica{
		"a": {OrdenID: "a", Estado: "ERROR", Datos: json.RawMessage(`{`), CreadoEn: creado}}}
	ordenes, _ := Fusionar([]string{"a"}, nil, lectura)
	texto, err := json.Marshal(ordenes)
	quiere := `[{"orden_id":"a","creada_en":"2026-11-24T10:00:00.005Z","evento":null,"asientos":null,"total":0,"comprador":null,` +
		`"confirmada":true,"ticket_estado":"ERROR","folio":null,"pdf":false}]`
	if err != nil || string(texto) != quiere {
		t.Errorf("got %s, %v\nwant %s", texto, err, quiere)
	}
}
