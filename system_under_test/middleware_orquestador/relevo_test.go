package orquestador

import (
	"context"
	"errors"
	"testing"
	"time"
)

type bandejaFija struct {
	lote     Lote
	err      error
	entregas int
}

func (b *bandejaFija) EntregarLote(context.Context, int, func(context.Context, []Mensaje) []Desenlace) (Lote, error) {
	b.entregas++
	return b.lote, b.err
}

func (b *bandejaFija) Pendientes(context.Context) (Pendientes, error) {
	return Pendientes{Cantidad: 3}, b.err
}

type publicadorFijo struct{ fallo error }

func (p publicadorFijo) Listo() error { return p.fallo }
func (p publicadorFijo) Publicar(context.Context, []Mensaje) []Desenlace {
	panic("the fixed outbox publishes nothing")
}

func TestPacingOfTheRelay(t *testing.T) {
	t.Parallel()
	roto := errors.New("roto")
	lleno := Lote{Tomados: TamanoLote, Confirmados: TamanoLote}
	tests := []struct {
		sentence     string
		sinRabbit    error
		lote         Lote
		sinPostgres  error
		minima, tope time.Duration
		estado       string
		entregas     int
	}{
		{"without RabbitMQ the outbox is left alone", roto, lleno, nil, esperaOciosa, esperaOciosa, "sin_rabbitmq", 0},
		{"after a full batch the next follows at once", nil, lleno, nil, 0, 0, "publicando", 1},
		{"after a batch that was not full it waits for the poll", nil, Lote{Tomados: 5, Confirmados: 5}, nil, esperaOciosa, esperaOciosa, "en_espera", 1},
		{"an empty outbox is polled every 100 ms", nil, Lote{}, nil, 100 * time.Millisecond, 100 * time.Millisecond, "en_espera", 1},
		{"a full batch that nobody takes is not tried again at once", nil, Lote{Tomados: TamanoLote, Devueltos: TamanoLote}, nil,
			retrocesoMinimo / 2, retrocesoMinimo, "reintentando", 1},
		{"a database that fails is given time", nil, Lote{}, roto, retrocesoMinimo / 2, retrocesoMinimo, "sin_postgres", 1},
	}
	for _, tt := range tests {
		bandeja := &bandejaFija{lote: tt.lote, err: tt.sinPostgres}
		relevo := NuevoRelevo(bandeja, publicadorFijo{tt.sinRabbit})
		pausa := relevo.vuelta(t.Context(), &Retroceso{Base: retrocesoMinimo, Tope: retrocesoMaximo})
		if pausa < tt.minima || pausa > tt.tope {
			t.Errorf("%s: waits %s, want %s to %s", tt.sentence, pausa, tt.minima, tt.tope)
		}
		if c := relevo.Cifras(); c.Estado != tt.estado || bandeja.entregas != tt.entregas {
			t.Errorf("%s: state %q after %d batches, want %q after %d", tt.sentence, c.Estado, bandeja.entregas, tt.estado, tt.entregas)
		}
	}
}

func TestBackOffDoublesUpToItsTopAndStartsOver(t *testing.T) {
	t.Parallel()
	r := Retroceso{Base: 100 * time.Millisecond, Tope: time.Second}
	for i, entera := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		entera *= time.Millisecond
		if pausa := r.Pausa(); pausa < entera/2 || pausa > entera {
			t.Errorf("pause %d is %s, want %s to %s", i+1, pausa, entera/2, entera)
		}
	}
	r.Reiniciar()
	if pausa := r.Pausa(); pausa > 100*time.Millisecond {
		t.Errorf("after starting over the pause is %s, want at most 100ms", pausa)
	}
}

func TestAnOutboxThatCannotBeReadHasNoDepth(t *testing.T) {
	t.Parallel()
	bandeja := &bandejaFija{}
	relevo := NuevoRelevo(bandeja, publicadorFijo{})
	ctx, fin := context.WithCancel(t.Context())
	fin()
	relevo.Medir(ctx)
	if p := relevo.Cifras().Pendientes; p == nil || p.Cantidad != 3 {
		t.Fatalf("depth is %v, want 3", p)
	}
	bandeja.err = errors.New("roto")
	relevo.Medir(ctx)
	if p := relevo.Cifras().Pendientes; p != nil {
		t.Errorf("depth is still %v, want none", p)
	}
}
