// Package reservas sells the seats of mass events, each of them once.
//
//	DISPONIBLE --Retener--> RETENIDO --Confirmar--> VENDIDO
//	     ^                     |
//	     '--Liberar, expiry----'
//
// A hold's id is the fencing token of its seats: whoever confirms must still own them. This package holds
// what the domain is; folder postgres keeps it, folder http shows it.
package reservas
