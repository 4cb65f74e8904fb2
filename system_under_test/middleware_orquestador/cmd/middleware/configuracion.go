package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"ticketflow/comun"
	"ticketflow/middleware_orquestador/patroni"
)

// configuracion is the environment, read once.
type configuracion struct {
	postgres, rabbitmq, mariadbPrimario, mariadbReplica string
	app1, app2                                          []string
	patroni                                             patroni.Opciones
}

func leerConfiguracion() (c configuracion, err error) {
	textos := map[string]*string{"POSTGRES_DSN": &c.postgres, "RABBITMQ_URL": &c.rabbitmq,
		"MARIADB_PRIMARIO_DSN": &c.mariadbPrimario, "MARIADB_REPLICA_DSN": &c.mariadbReplica}
	for nombre, destino := range textos {
		if *destino = os.Getenv(nombre); *destino == "" {
			return c, fmt.Errorf("environment variable %s is not set: see docs/ticketflow.md, middleware", nombre)
		}
	}
	for nombre, destino := range map[string]*[]string{"APP1_URLS": &c.app1, "APP2_URL": &c.app2, "ETCD_URLS": &c.patroni.Etcd} {
		if *destino = direcciones(os.Getenv(nombre)); len(*destino) == 0 {
			return c, fmt.Errorf("environment variable %s is empty: it takes base addresses, separated by commas", nombre)
		}
	}
	c.patroni.Prefijo = path.Join("/", comun.Variable("PATRONI_NAMESPACE", "/db/"), comun.Variable("PATRONI_SCOPE", "tf")) + "/"
	if c.patroni.Nodos, err = nodos(os.Getenv("PATRONI_URLS")); err != nil {
		return c, err
	}
	c.patroni.Actua, err = siONo("VIGIA_POSTGRES", "si")
	return c, err
}

// nodos reads a list such as "postgres1=http://postgres1:8008,postgres2=http://postgres2:8008".
func nodos(lista string) (map[string]string, error) {
	bases := map[string]string{}
	for _, par := range direcciones(lista) {
		nombre, base, hay := strings.Cut(par, "=")
		if !hay || nombre == "" || base == "" {
			return nil, fmt.Errorf("environment variable PATRONI_URLS has %q: it takes name=base address, separated by commas", par)
		}
		bases[nombre] = base
	}
	if len(bases) == 0 {
		return nil, errors.New("environment variable PATRONI_URLS is empty: it takes name=base address, separated by commas")
	}
	return bases, nil
}

func siONo(nombre, omision string) (bool, error) {
	switch valor := comun.Variable(nombre, omision); valor {
	case "si":
		return true, nil
	case "no":
		return false, nil
	default:
		return false, fmt.Errorf("environment variable %s is %q: it takes si or no", nombre, valor)
	}
}

// direcciones splits a list of base addresses such as "http://app1-1:8000,http://app1-2:8000".
func direcciones(lista string) (bases []string) {
	for base := range strings.SplitSeq(lista, ",") {
		if base = strings.TrimRight(strings.TrimSpace(base), "/"); base != "" {
			bases = append(bases, base)
		}
	}
	return bases
}
