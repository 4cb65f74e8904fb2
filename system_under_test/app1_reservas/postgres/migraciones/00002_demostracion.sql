-- +goose Up
INSERT INTO reservas.evento
    (codigo, nombre, lugar, inicia_en, afecto_iva, rut_mandante, cargo_porcentaje, aforo)
VALUES
    ('EV001', 'Festival Cordillera Sonora 2027', 'Estadio Víctor Jara, Santiago',
     '2027-03-20 20:30 America/Santiago', true, '97975000-5', 10, 5000),
    ('EV002', 'Gala de Ballet: El lago de los cisnes', 'Teatro Municipal de Viña del Mar',
     '2027-05-15 19:00 America/Santiago', false, '97975000-5', 10, 1200),
    ('EV003', 'Noche de Humor en el Biobío', 'Teatro Regional del Biobío, Concepción',
     '2027-07-03 21:00 America/Santiago', true, '97975000-5', 8, 600),
    ('EV004', 'Final de la Copa Araucanía', 'Estadio Parque Central, Temuco',
     '2027-09-18 17:00 America/Santiago', true, '97975000-5', 10, 20000);

-- One row a family of equal sectors: "Platea Andes" with 6 makes "Platea Andes 1" to "Platea Andes 6".
CREATE TEMPORARY TABLE familia ON COMMIT DROP AS
SELECT * FROM (VALUES
    ('EV001', 1, 'Cancha VIP',        4, 10, 25, 95000, 'VIP'),
    ('EV001', 2, 'Platea Andes',      6, 10, 25, 68000, 'PLATEA'),
    ('EV001', 3, 'Platea Pacífico',   6, 10, 25, 54000, 'PLATEA'),
    ('EV001', 4, 'Galería',           4, 10, 25, 32000, 'GALERIA'),
    ('EV002', 1, 'Platea Baja',       2, 10, 20, 58000, 'PLATEA'),
    ('EV002', 2, 'Platea Alta',       2, 10, 20, 42000, 'PLATEA'),
    ('EV002', 3, 'Balcón',            2, 10, 20, 24990, 'BALCON'),
    ('EV003', 1, 'Platea Central',    1, 10, 20, 34000, 'PLATEA'),
    ('EV003', 2, 'Platea Lateral',    1, 10, 20, 27000, 'PLATEA'),
    ('EV003', 3, 'Anfiteatro',        1, 10, 20, 18990, 'GENERAL'),
    ('EV004', 1, 'Tribuna Oriente',  20, 10, 25, 45000, 'PLATEA'),
    ('EV004', 2, 'Tribuna Poniente', 20, 10, 25, 38000, 'PLATEA'),
    ('EV004', 3, 'Norte',            20, 10, 25, 16990, 'GALERIA'),
    ('EV004', 4, 'Sur',              20, 10, 25, 16990, 'GALERIA')
) AS f (evento, lugar, nombre, sectores, filas, por_fila, precio, tipo);

INSERT INTO reservas.sector (evento_codigo, nombre, orden, precio, tipo_ticket)
SELECT evento, CASE WHEN sectores = 1 THEN nombre ELSE nombre || ' ' || n END,
       row_number() OVER (PARTITION BY evento ORDER BY lugar, n), precio, tipo
FROM familia, generate_series(1, sectores) AS n;

-- Seat ids say their event: 100001 is the first of EV001, 200001 of EV002.
INSERT INTO reservas.asiento (evento_codigo, id, sector, fila, numero, ordinal)
SELECT evento, right(evento, 3)::bigint * 100000 + ordinal, sector, fila, numero, ordinal
FROM (
    SELECT f.evento, s.nombre AS sector, chr(64 + fila) AS fila, numero,
           row_number() OVER (PARTITION BY f.evento ORDER BY s.orden, fila, numero) AS ordinal
    FROM familia f
    JOIN reservas.sector s ON s.evento_codigo = f.evento
        AND (s.nombre = f.nombre OR s.nombre ~ ('^' || f.nombre || ' [0-9]+$'))
    CROSS JOIN generate_series(1, f.filas) AS fila
    CROSS JOIN generate_series(1, f.por_fila) AS numero
) AS butacas;

INSERT INTO reservas.evento_asiento (evento_codigo, asiento_id, sector)
SELECT evento_codigo, id, sector FROM reservas.asiento;

INSERT INTO reservas.catalogo (version) VALUES (1);

-- Before the first sale, not whenever autovacuum comes by: plans depend on it.
ANALYZE reservas.asiento, reservas.evento_asiento, reservas.sector, reservas.evento;

-- +goose Down
TRUNCATE reservas.catalogo, reservas.evento CASCADE;
