-- +goose Up
CREATE SCHEMA reservas;

-- One row; every change of events, sectors or seats on sale adds one.
CREATE TABLE reservas.catalogo (
    solo_una bool PRIMARY KEY DEFAULT true CHECK (solo_una),
    version  bigint NOT NULL
);

CREATE TABLE reservas.evento (
    codigo           text PRIMARY KEY CHECK (length(codigo) BETWEEN 1 AND 5),
    nombre           text NOT NULL CHECK (length(nombre) BETWEEN 1 AND 80),
    lugar            text NOT NULL CHECK (length(lugar) BETWEEN 1 AND 80),
    inicia_en        timestamptz NOT NULL,
    afecto_iva       bool NOT NULL,
    rut_mandante     text NOT NULL,
    cargo_porcentaje smallint NOT NULL CHECK (cargo_porcentaje BETWEEN 0 AND 100),
    aforo            int NOT NULL CHECK (aforo > 0)
);

CREATE TABLE reservas.sector (
    evento_codigo text NOT NULL REFERENCES reservas.evento,
    nombre        text NOT NULL CHECK (length(nombre) BETWEEN 1 AND 20),
    orden         smallint NOT NULL,
    precio        bigint NOT NULL CHECK (precio > 0),
    tipo_ticket   text NOT NULL CHECK (length(tipo_ticket) BETWEEN 1 AND 10),
    PRIMARY KEY (evento_codigo, nombre)
);

-- What never changes of a seat. ordinal runs 1..aforo within the event: tickets' numbers come from it.
CREATE TABLE reservas.asiento (
    evento_codigo text NOT NULL,
    id            bigint NOT NULL,
    sector        text NOT NULL,
    fila          text NOT NULL CHECK (length(fila) BETWEEN 1 AND 3),
    numero        int NOT NULL CHECK (numero BETWEEN 1 AND 999),
    ordinal       int NOT NULL CHECK (ordinal > 0),
    PRIMARY KEY (evento_codigo, id),
    UNIQUE (evento_codigo, ordinal),
    UNIQUE (evento_codigo, sector, fila, numero),
    FOREIGN KEY (evento_codigo, sector) REFERENCES reservas.sector
);

-- What changes of a seat. No column that changes is indexed and half of each page is left free, so that
-- an update stays on its page and touches no index (HOT). sector is asiento's, copied: the two reads that
-- every visitor makes go by it.
CREATE TABLE reservas.evento_asiento (
    evento_codigo    text NOT NULL,
    asiento_id       bigint NOT NULL,
    sector           text NOT NULL,
    estado           text NOT NULL DEFAULT 'DISPONIBLE' CHECK (estado IN ('DISPONIBLE', 'RETENIDO', 'VENDIDO')),
    retencion_id     uuid,
    expira_en        timestamptz,
    orden_id         uuid,
    ventas_anuladas  int NOT NULL DEFAULT 0,
    version          bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (evento_codigo, asiento_id),
    FOREIGN KEY (evento_codigo, asiento_id) REFERENCES reservas.asiento,
    CHECK ((estado = 'VENDIDO') = (orden_id IS NOT NULL)),
    CHECK ((estado = 'RETENIDO') = (expira_en IS NOT NULL)),
    CHECK ((estado = 'DISPONIBLE') = (retencion_id IS NULL))
) WITH (fillfactor = 50);
CREATE INDEX evento_asiento_sector ON reservas.evento_asiento (evento_codigo, sector);

-- asientos is what the buyer was shown, prices included; asiento_ids the same seats for the joins.
-- EXPIRADA is never written: a hold expires by the clock. evento_codigo is no foreign key, here and in
-- orden: each check would lock the event's one row, and all its sales would meet there. It comes from seats,
-- which have theirs.
CREATE TABLE reservas.retencion (
    id             uuid PRIMARY KEY,
    evento_codigo  text NOT NULL,
    sesion         text NOT NULL,
    asiento_ids    bigint[] NOT NULL,
    asientos       jsonb NOT NULL,
    cargo_servicio bigint NOT NULL,
    total          bigint NOT NULL,
    estado         text NOT NULL DEFAULT 'ACTIVA' CHECK (estado IN ('ACTIVA', 'CONFIRMADA', 'LIBERADA')),
    creada_en      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expira_en      timestamptz NOT NULL
) WITH (fillfactor = 80);

-- documento is the confirmation as it was answered.
CREATE TABLE reservas.orden (
    id             uuid PRIMARY KEY,
    clave_idem     text NOT NULL,
    retencion_id   uuid NOT NULL UNIQUE REFERENCES reservas.retencion,
    evento_codigo  text NOT NULL,
    comprador      jsonb NOT NULL,
    total          bigint NOT NULL,
    cargo_servicio bigint NOT NULL,
    creada_en      timestamptz NOT NULL,
    documento      json NOT NULL
);

-- The last line of defence: whatever the code does, a seat has one sale that stands.
CREATE TABLE reservas.venta_asiento (
    evento_codigo text NOT NULL,
    asiento_id    bigint NOT NULL,
    orden_id      uuid NOT NULL REFERENCES reservas.orden,
    folio_ticket  bigint NOT NULL CHECK (folio_ticket BETWEEN 1 AND 999999),
    precio        bigint NOT NULL,
    vendida_en    timestamptz NOT NULL,
    anulada_en    timestamptz,
    PRIMARY KEY (evento_codigo, folio_ticket),
    FOREIGN KEY (evento_codigo, asiento_id) REFERENCES reservas.asiento
);
CREATE UNIQUE INDEX venta_asiento_una_vigente
    ON reservas.venta_asiento (evento_codigo, asiento_id) WHERE anulada_en IS NULL;
CREATE INDEX venta_asiento_orden ON reservas.venta_asiento (orden_id);

CREATE TABLE reservas.auditoria_asiento (
    seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    evento_codigo text NOT NULL,
    asiento_id    bigint NOT NULL,
    de            text NOT NULL,
    a             text NOT NULL,
    retencion_id  uuid,
    orden_id      uuid,
    nodo          text NOT NULL,
    en            timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A row exists only together with the work it answers for: it is written in the same transaction.
CREATE TABLE reservas.idempotencia (
    clave        text NOT NULL,
    operacion    text NOT NULL,
    huella       bytea NOT NULL,
    cuerpo       json NOT NULL,
    repeticiones int NOT NULL DEFAULT 0,
    creada_en    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (clave, operacion)
);

CREATE TABLE reservas.bandeja_salida (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mensaje_id    uuid NOT NULL UNIQUE,
    orden_id      uuid NOT NULL REFERENCES reservas.orden,
    tipo          text NOT NULL,
    cuerpo        jsonb NOT NULL,
    creado_en     timestamptz NOT NULL DEFAULT clock_timestamp(),
    publicado_en  timestamptz,
    confirmado_en timestamptz,
    intentos      int NOT NULL DEFAULT 0,
    UNIQUE (orden_id, tipo)
) WITH (fillfactor = 70);
CREATE INDEX bandeja_salida_pendiente ON reservas.bandeja_salida (id) WHERE confirmado_en IS NULL;

-- +goose Down
DROP SCHEMA reservas CASCADE;
