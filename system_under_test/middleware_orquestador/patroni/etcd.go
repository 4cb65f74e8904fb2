package patroni

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

const (
	plazoLectura    = 500 * time.Millisecond
	plazoRevocacion = time.Second
)

// dcs is what Patroni keeps in etcd, below a prefix such as "/db/tf/".
type dcs struct {
	cliente *clientv3.Client
	prefijo string
}

// abrirDCS does not connect. gRPC's own pause between connection attempts grows to 2 minutes: an etcd that
// was away for long would be back for that time before anybody here noticed.
func abrirDCS(direcciones []string, prefijo string) (*dcs, error) {
	reconexion := grpc.ConnectParams{MinConnectTimeout: time.Second,
		Backoff: backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second}}
	cliente, err := clientv3.New(clientv3.Config{
		Endpoints: direcciones,
		// These two also bound how long sent bytes may stay unacknowledged by a machine that vanished.
		DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: time.Second,
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(reconexion)},
		Logger:      zap.NewNop(), // what fails is returned, and logged once by whoever decides
	})
	if err != nil {
		return nil, fmt.Errorf("read ETCD_URLS: %w", err)
	}
	return &dcs{cliente: cliente, prefijo: prefijo}, nil
}

func (d *dcs) cerrar() { _ = d.cliente.Close() }

// leer reads the leader key and what must be known with it, as of one moment and agreed by etcd's majority.
func (d *dcs) leer(ctx context.Context) (grupo, error) {
	ctx, fin := context.WithTimeout(ctx, plazoLectura)
	defer fin()
	respuesta, err := d.cliente.Txn(ctx).Then(clientv3.OpGet(d.prefijo+"leader"), clientv3.OpGet(d.prefijo+"config"),
		clientv3.OpGet(d.prefijo+"sync")).Commit()
	if err != nil {
		return grupo{}, fmt.Errorf("read the leader key: %w", err)
	}
	var g grupo
	for _, parte := range respuesta.Responses {
		for _, clave := range parte.GetResponseRange().GetKvs() {
			if err := g.anotar(strings.TrimPrefix(string(clave.Key), d.prefijo), clave.Value); err != nil {
				return grupo{}, err
			}
			if string(clave.Key) == d.prefijo+"leader" {
				g.mandato.concesion, g.mandato.revision = clave.Lease, clave.CreateRevision
			}
		}
	}
	return g, nil
}

// anotar takes one key. What cannot be read is an error, and so a reason not to act.
func (g *grupo) anotar(clave string, valor []byte) error {
	var err error
	switch clave {
	case "leader":
		g.mandato.lider = string(valor)
	case "config":
		var config struct {
			Pausa bool `json:"pause"`
		}
		err = json.Unmarshal(valor, &config)
		g.pausado = config.Pausa
	case "sync":
		var sinc struct {
			Replicas string `json:"sync_standby"` // names separated by commas, or null
		}
		err = json.Unmarshal(valor, &sinc)
		g.sincronas = strings.FieldsFunc(sinc.Replicas, func(r rune) bool { return r == ',' })
	}
	if err != nil {
		return fmt.Errorf("read Patroni's key %q: %w", clave, err)
	}
	return nil
}

// revocar ends a lease, and with it the key that it keeps: nothing else, whoever may hold the key by then.
// propia is false when the lease was gone already: the other middleware was faster, or it had run out.
func (d *dcs) revocar(ctx context.Context, concesion int64) (propia bool, err error) {
	ctx, fin := context.WithTimeout(ctx, plazoRevocacion)
	defer fin()
	_, err = d.cliente.Revoke(ctx, clientv3.LeaseID(concesion))
	switch {
	case errors.Is(err, rpctypes.ErrLeaseNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("revoke lease %x: %w", concesion, err)
	}
	return true, nil
}
