-- One purchase of one seat, as App 1 makes it: its statements, in its batches (a unit test compares them with those in
-- system_under_test/app1_reservas/postgres). Seats are drawn without repetition; keys at random, as clients draw them;
-- ids ascend, as UUIDv7 do. What the rows hold comes from a real purchase (-D).
\set n :n + 1
\set i (:n - 1) * :clients + :client_id
\set seat :first_seat + permute(:i, :seats, :seed)
\set folio :seat - :first_seat + 1
\set hold_key random(1000000000000000000, 9223372036854775807)
\set order_key random(1000000000000000000, 9223372036854775807)

\startpipeline
begin;
SELECT (CASE WHEN pg_try_advisory_xact_lock(hashtextextended(:hold_key || '/' || :hold_operation, 0))
	THEN 'true' ELSE 'clave en curso' END)::bool;
UPDATE reservas.idempotencia SET repeticiones = repeticiones + 1
	WHERE clave = :hold_key AND operacion = :hold_operation RETURNING huella, cuerpo::text;
SELECT FROM reservas.evento_asiento
	WHERE evento_codigo = :event AND asiento_id = ANY(ARRAY[:seat::bigint]) ORDER BY asiento_id FOR UPDATE;
WITH plazo AS MATERIALIZED (
	SELECT date_trunc('milliseconds', clock_timestamp() + :duration::interval) AS hasta),
tomado AS (
	UPDATE reservas.evento_asiento a
	SET estado = 'RETENIDO', retencion_id = lpad(:i::text, 32, '0')::uuid, expira_en = plazo.hasta, version = a.version + 1
	FROM reservas.evento_asiento antes, plazo
	WHERE a.evento_codigo = :event AND a.asiento_id = ANY(ARRAY[:seat::bigint])
		AND antes.evento_codigo = a.evento_codigo AND antes.asiento_id = a.asiento_id
		AND (a.estado = 'DISPONIBLE' OR (a.estado = 'RETENIDO' AND a.expira_en <= clock_timestamp()))
	RETURNING a.asiento_id, a.expira_en, antes.estado AS de),
auditado AS (
	INSERT INTO reservas.auditoria_asiento (evento_codigo, asiento_id, de, a, retencion_id, nodo)
	SELECT :event, asiento_id, de, 'RETENIDO', lpad(:i::text, 32, '0')::uuid, :node FROM tomado)
SELECT s.id, s.sector, s.fila, s.numero, c.precio, e.cargo_porcentaje, t.expira_en
FROM tomado t
JOIN reservas.asiento s ON s.evento_codigo = :event AND s.id = t.asiento_id
JOIN reservas.sector c ON c.evento_codigo = :event AND c.nombre = s.sector
JOIN reservas.evento e ON e.codigo = :event
ORDER BY s.id;
\endpipeline
\startpipeline
INSERT INTO reservas.retencion
	(id, evento_codigo, sesion, asiento_ids, asientos, cargo_servicio, total, expira_en)
	VALUES (lpad(:i::text, 32, '0')::uuid, :event, :session, ARRAY[:seat::bigint], :seats_held, :fee, :total, :expires_at);
INSERT INTO reservas.idempotencia (clave, operacion, huella, cuerpo)
	VALUES (:hold_key, :hold_operation, :fingerprint, :hold_body);
\endpipeline
commit;

\startpipeline
begin;
SELECT (CASE WHEN pg_try_advisory_xact_lock(hashtextextended(:order_key || '/' || :order_operation, 0))
	THEN 'true' ELSE 'clave en curso' END)::bool;
UPDATE reservas.idempotencia SET repeticiones = repeticiones + 1
	WHERE clave = :order_key AND operacion = :order_operation RETURNING huella, cuerpo::text;
SELECT r.estado, r.asientos, r.cargo_servicio, r.total,
	date_trunc('milliseconds', clock_timestamp()),
	e.codigo, e.nombre, e.lugar, e.inicia_en, e.afecto_iva, e.rut_mandante
FROM reservas.retencion r JOIN reservas.evento e ON e.codigo = r.evento_codigo
WHERE r.id = lpad(:i::text, 32, '0')::uuid FOR UPDATE OF r;
SELECT FROM reservas.evento_asiento a
		JOIN reservas.retencion r ON r.evento_codigo = a.evento_codigo AND a.asiento_id = ANY(r.asiento_ids)
		WHERE r.id = lpad(:i::text, 32, '0')::uuid ORDER BY a.asiento_id FOR UPDATE OF a;
WITH vendido AS (
	UPDATE reservas.evento_asiento a
	SET estado = 'VENDIDO', orden_id = lpad(:i::text, 32, '0')::uuid, expira_en = NULL, version = a.version + 1
	FROM reservas.retencion r
	WHERE r.id = lpad(:i::text, 32, '0')::uuid AND a.evento_codigo = r.evento_codigo AND a.asiento_id = ANY(r.asiento_ids)
		AND a.retencion_id = lpad(:i::text, 32, '0')::uuid AND a.estado = 'RETENIDO' AND a.expira_en > clock_timestamp()
	RETURNING a.evento_codigo, a.asiento_id, a.ventas_anuladas),
auditado AS (
	INSERT INTO reservas.auditoria_asiento (evento_codigo, asiento_id, de, a, retencion_id, orden_id, nodo)
	SELECT evento_codigo, asiento_id, 'RETENIDO', 'VENDIDO', lpad(:i::text, 32, '0')::uuid, lpad(:i::text, 32, '0')::uuid, :node FROM vendido)
SELECT v.asiento_id, s.ordinal + v.ventas_anuladas * e.aforo, c.tipo_ticket
FROM vendido v
JOIN reservas.asiento s ON s.evento_codigo = v.evento_codigo AND s.id = v.asiento_id
JOIN reservas.sector c ON c.evento_codigo = s.evento_codigo AND c.nombre = s.sector
JOIN reservas.evento e ON e.codigo = v.evento_codigo;
\endpipeline
\startpipeline
INSERT INTO reservas.orden
		(id, clave_idem, retencion_id, evento_codigo, comprador, total, cargo_servicio, creada_en, documento)
		VALUES (lpad(:i::text, 32, '0')::uuid, :order_key, lpad(:i::text, 32, '0')::uuid, :event, :buyer, :total, :fee, :created_at, :order_body);
INSERT INTO reservas.venta_asiento
		(evento_codigo, asiento_id, orden_id, folio_ticket, precio, vendida_en)
		SELECT :event, v.asiento, lpad(:i::text, 32, '0')::uuid, v.folio, v.precio, :created_at
		FROM unnest(ARRAY[:seat]::bigint[], ARRAY[:folio]::bigint[], ARRAY[:price]::bigint[]) AS v (asiento, folio, precio);
UPDATE reservas.retencion SET estado = 'CONFIRMADA' WHERE id = lpad(:i::text, 32, '0')::uuid;
INSERT INTO reservas.bandeja_salida (mensaje_id, orden_id, tipo, cuerpo)
		VALUES (lpad(:i::text, 32, '0')::uuid, lpad(:i::text, 32, '0')::uuid, 'OrdenCreada', :message);
INSERT INTO reservas.idempotencia (clave, operacion, huella, cuerpo)
	VALUES (:order_key, :order_operation, :fingerprint, :order_body);
\endpipeline
commit;
