package patroni

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"ticketflow/middleware_orquestador/internal/cable"
)

// These tests use a real etcd. TICKETFLOW_PRUEBA_ETCD is its client address, such as 127.0.0.1:2379; each test
// writes below a prefix of its own.

const plazoPrueba = 30 * time.Second

// cluster plays the Patronis of a cluster in etcd: it writes the keys that they write.
type cluster struct {
	t         *testing.T
	prefijo   string
	direccion string // of etcd, through a line that can be cut
	cable     *cable.Cable
	propio    *dcs // past the line
}

func nuevoCluster(t *testing.T) *cluster {
	t.Helper()
	direccion := strings.TrimPrefix(os.Getenv("TICKETFLOW_PRUEBA_ETCD"), "http://")
	if direccion == "" {
		t.Skip("TICKETFLOW_PRUEBA_ETCD is not set: this test needs a real etcd")
	}
	c := &cluster{t: t, prefijo: fmt.Sprintf("/prueba_%d_%d/tf/", os.Getpid(), rand.N(1_000_000)), cable: cable.Nuevo(t, direccion)}
	c.direccion, c.propio = c.cable.Direccion(), abrirPrueba(t, direccion, c.prefijo)
	t.Cleanup(func() {
		_, err := c.propio.cliente.Delete(context.Background(), c.prefijo, clientv3.WithPrefix())
		if err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	c.poner("config", `{"ttl":20,"loop_wait":1,"synchronous_mode":true}`)
	c.poner("sync", `{"leader":"postgres1","quorum":0,"sync_standby":"postgres2"}`)
	return c
}

func abrirPrueba(t *testing.T, direccion, prefijo string) *dcs {
	t.Helper()
	d, err := abrirDCS([]string{direccion}, prefijo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.cerrar)
	return d
}

func (c *cluster) poner(clave, valor string, opciones ...clientv3.OpOption) {
	c.t.Helper()
	ctx, fin := context.WithTimeout(context.Background(), plazoPrueba)
	defer fin()
	if _, err := c.propio.cliente.Put(ctx, c.prefijo+clave, valor, opciones...); err != nil {
		c.t.Fatalf("write %s: %v", clave, err)
	}
}

// tomarClave makes nombre the leader, under a lease of its own that outlasts the test.
func (c *cluster) tomarClave(nombre string) (concesion int64) {
	c.t.Helper()
	ctx, fin := context.WithTimeout(context.Background(), plazoPrueba)
	defer fin()
	concedida, err := c.propio.cliente.Grant(ctx, 600)
	if err != nil {
		c.t.Fatalf("get a lease: %v", err)
	}
	c.poner("leader", nombre, clientv3.WithLease(concedida.ID))
	c.t.Cleanup(func() { _, _ = c.propio.cliente.Revoke(context.Background(), concedida.ID) }) // it may be gone
	return int64(concedida.ID)
}

func (c *cluster) leer() (g grupo) {
	c.t.Helper()
	esperar(c.t, "etcd to answer the test", func() (err error) { g, err = c.propio.leer(context.Background()); return err })
	return g
}

// lider is the key's value alone, whatever else is in etcd.
func (c *cluster) lider() (nombre string) {
	c.t.Helper()
	ctx, fin := context.WithTimeout(context.Background(), plazoPrueba)
	defer fin()
	r, err := c.propio.cliente.Get(ctx, c.prefijo+"leader")
	if err != nil {
		c.t.Fatalf("read the leader key: %v", err)
	}
	for _, clave := range r.Kvs {
		nombre = string(clave.Value)
	}
	return nombre
}

// esperar tries until there is no error.
func esperar(t *testing.T, que string, intentar func() error) {
	t.Helper()
	for limite := time.Now().Add(plazoPrueba); ; time.Sleep(20 * time.Millisecond) {
		err := intentar()
		if err == nil {
			return
		}
		if time.Now().After(limite) {
			t.Fatalf("waited %s for %s: %v", plazoPrueba, que, err)
		}
	}
}

func TestTheLeaderKeyIsReadWithItsLease(t *testing.T) {
	c := nuevoCluster(t)
	if lider := c.lider(); lider != "" {
		t.Fatalf("nobody has taken the key and %q leads", lider)
	}
	primera := c.tomarClave("postgres1")
	antes := c.leer()
	if antes.mandato.lider != "postgres1" || antes.mandato.concesion != primera || antes.mandato.revision == 0 {
		t.Fatalf("got %+v; want postgres1 under lease %x", antes, primera)
	}
	if len(antes.sincronas) != 1 || antes.sincronas[0] != "postgres2" || antes.pausado {
		t.Errorf("got %+v; want postgres2 synchronous, and no pause", antes)
	}
	c.tomarClave("postgres1")
	c.poner("config", `{"pause":true}`)
	despues := c.leer()
	if despues.mandato == antes.mandato || !despues.pausado {
		t.Errorf("got %+v; want another tenure of the same node, paused", despues)
	}
}

func TestRevokingEndsOneLeaseAndNothingElse(t *testing.T) {
	c := nuevoCluster(t)
	vieja := c.tomarClave("postgres1")
	if propia, err := c.propio.revocar(t.Context(), vieja); err != nil || !propia {
		t.Fatalf("got %t, %v; want the lease revoked", propia, err)
	}
	if lider := c.lider(); lider != "" {
		t.Errorf("%q still holds the key", lider)
	}
	c.tomarClave("postgres2")
	if propia, err := c.propio.revocar(t.Context(), vieja); err != nil || propia {
		t.Errorf("the second to come got %t, %v; want neither an error nor a revocation", propia, err)
	}
	if lider := c.lider(); lider != "postgres2" {
		t.Errorf("%q leads after the old lease was revoked again, want postgres2", lider)
	}
}

func TestAnEtcdThatFreezesOrGoesIsAnErrorAndComesBack(t *testing.T) {
	c := nuevoCluster(t)
	c.tomarClave("postgres1")
	d := abrirPrueba(t, c.direccion, c.prefijo)
	leer := func() error { _, err := d.leer(context.Background()); return err }
	esperar(t, "the first reading", leer)
	for _, caso := range []struct {
		sentence        string
		romper, reparar func()
	}{
		{"frozen", c.cable.Congelar, c.cable.Descongelar},
		{"gone", c.cable.Cortar, func() { c.cable.Reparar(t) }},
	} {
		caso.romper()
		if err := leer(); err == nil {
			t.Errorf("%s, it was read all the same", caso.sentence)
		}
		if propia, err := d.revocar(t.Context(), 1); err == nil || propia {
			t.Errorf("%s, a revocation got %t, %v", caso.sentence, propia, err)
		}
		caso.reparar()
		esperar(t, "a reading after it was "+caso.sentence, leer)
	}
}
