package main

import (
	"fmt"
	"os"
	"strings"
)

// configuracion is the environment, read once.
type configuracion struct {
	postgres, rabbitmq, mariadbPrimario, mariadbReplica string
	app1, app2                                          []string
}

func leerConfiguracion() (c configuracion, err error) {
	textos := map[string]*string{"POSTGRES_DSN": &c.postgres, "RABBITMQ_URL": &c.rabbitmq,
		"MARIADB_PRIMARIO_DSN": &c.mariadbPrimario, "MARIADB_REPLICA_DSN": &c.mariadbReplica}
	for nombre, destino := range textos {
		if *destino = os.Getenv(nombre); *destino == "" {
			return c, fmt.Errorf("environment variable %s is not set: see docs/ticketflow.md, middleware", nombre)
		}
	}
	for nombre, destino := range map[string]*[]string{"APP1_URLS": &c.app1, "APP2_URL": &c.app2} {
		if *destino = direcciones(os.Getenv(nombre)); len(*destino) == 0 {
			return c, fmt.Errorf("environment variable %s is empty: it takes base addresses, separated by commas", nombre)
		}
	}
	return c, nil
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
