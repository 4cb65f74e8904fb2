-- Every DATETIME(3) is UTC. Identifiers are ASCII, so that an index entry stays short.

CREATE TABLE IF NOT EXISTS mensaje_recibido (
    mensaje_id   VARCHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    orden_id     CHAR(36) CHARACTER SET ascii NOT NULL,
    modo_entrega TINYINT NULL,
    reentregado  BOOLEAN NOT NULL,
    recibido_en  DATETIME(3) NOT NULL,
    KEY mensaje_recibido_orden (orden_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A row, not AUTO_INCREMENT: a folio taken by a transaction that rolls back must be taken again.
CREATE TABLE IF NOT EXISTS folio_contador (
    tipo_dte  SMALLINT NOT NULL PRIMARY KEY,
    siguiente INT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT IGNORE INTO folio_contador (tipo_dte, siguiente) VALUES (39, 1);

CREATE TABLE IF NOT EXISTS boleta (
    orden_id   CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    tipo_dte   SMALLINT NOT NULL,
    folio      INT UNSIGNED NOT NULL,
    documento  JSON NOT NULL,
    total      INT UNSIGNED NOT NULL,
    emitida_en DATETIME(3) NOT NULL,
    UNIQUE KEY boleta_folio (tipo_dte, folio)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS entrada (
    orden_id      CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    estado        ENUM('EN_PROCESO', 'EMITIDO', 'ENVIADO', 'ERROR') NOT NULL,
    datos         JSON NOT NULL,
    pdf           LONGBLOB NULL,
    pdf_sha256    CHAR(64) CHARACTER SET ascii NULL,
    pdf_creado_en DATETIME(3) NULL,
    creado_en     DATETIME(3) NOT NULL,
    KEY entrada_por_hacer (estado, creado_en)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS correo_saliente (
    orden_id        CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    message_id      VARCHAR(120) CHARACTER SET ascii NOT NULL,
    destinatario    VARCHAR(254) NOT NULL,
    estado          ENUM('PENDIENTE', 'ENVIADO', 'FALLIDO') NOT NULL,
    intentos        INT UNSIGNED NOT NULL DEFAULT 0,
    proximo_intento DATETIME(3) NOT NULL,
    enviado_en      DATETIME(3) NULL,
    ultimo_motivo   VARCHAR(500) NULL,
    UNIQUE KEY correo_saliente_message_id (message_id),
    KEY correo_saliente_por_hacer (estado, proximo_intento)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- INVOKER: the view must work on the replica whatever accounts exist there.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW entradas_publicas AS
SELECT e.orden_id, e.estado, b.folio, e.datos, b.total, e.creado_en, e.pdf_creado_en, e.pdf
FROM entrada e JOIN boleta b ON b.orden_id = e.orden_id;
