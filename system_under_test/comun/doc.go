// Package comun is what every Go service of TicketFlow needs around its own work: errors a client can
// act on, JSON in and out, health, metrics, logs, and an orderly end.
//
//	request -> API: counts, times, catches panics -> Manejador -> error -> problem+json
//
// It knows nothing of seats, orders or databases.
package comun
