"""Orders: none that a buyer saw confirmed is lost, none appears unasked, a key has one answer."""

from tfbench.checks.finding import Finding, tally
from tfbench.rundata import RunData

_LOST = """
WITH seats_of AS (SELECT orden_id, list(asiento_id) AS asientos FROM sales GROUP BY orden_id),
acked AS (
  SELECT p.orden_id, concat_ws(',',
    CASE WHEN p.orden_id NOT IN (SELECT orden_id FROM orders WHERE orden_id IS NOT NULL) THEN 'orders' END,
    CASE WHEN NOT coalesce(list_has_all(s.asientos, p.asientos), false) THEN 'sales' END,
    CASE WHEN p.orden_id NOT IN (SELECT orden_id FROM outbox WHERE orden_id IS NOT NULL) THEN 'outbox' END,
    CASE WHEN p.orden_id NOT IN (SELECT orden_id FROM boletas WHERE orden_id IS NOT NULL) THEN 'boletas' END,
    CASE WHEN p.orden_id NOT IN (SELECT orden_id FROM mails WHERE orden_id IS NOT NULL) THEN 'mails' END
    ) AS lacking
  FROM purchases p LEFT JOIN seats_of s USING (orden_id))
SELECT format('orden={} falta_en={}', orden_id, lacking) FROM acked WHERE lacking <> ''
UNION ALL SELECT format('flow={} clave={} confirmada sin orden', flow, coalesce(clave, 'null'))
  FROM operations WHERE op = 'purchase' AND outcome = 'ok' AND orden_id IS NULL
"""


def no_acked_purchase_lost(run: RunData) -> Finding:
    """Each purchase whose buyer read "Compra Exitosa" is in every store, with all its seats."""
    checked = run.count("SELECT count(*) FROM purchases")
    return tally(run, "no-acked-purchase-lost", checked=checked, violations=_LOST)


_PHANTOMS = """
WITH mine AS (SELECT * FROM orders WHERE creada_en >= {started_at}),
asked AS (SELECT orden_id, clave FROM operations WHERE op = 'purchase' AND outcome IN ('ok', 'unknown'))
SELECT format('orden={{}} clave={{}} sin_compra', orden_id, coalesce(clave_idem, 'null')) FROM mine
  WHERE orden_id NOT IN (SELECT orden_id FROM asked WHERE orden_id IS NOT NULL)
    AND coalesce(clave_idem, '') NOT IN (SELECT clave FROM asked WHERE clave IS NOT NULL)
UNION ALL SELECT format('orden={{}} evento={{}} asiento={{}} venta_sin_orden', orden_id, evento, asiento_id)
  FROM sales ANTI JOIN orders USING (orden_id)
"""


def no_phantom_sale(run: RunData) -> Finding:
    """Each order made in this run was asked for by a buyer, and not one who was surely refused."""
    started_at = f"{run.windows.started_at!r}::DOUBLE"
    return tally(
        run,
        "no-phantom-sale",
        checked=run.count(f"SELECT count(*) FROM orders WHERE creada_en >= {started_at}"),
        violations=_PHANTOMS.format(started_at=started_at),
    )


_TWO_ANSWERS = """
WITH answers AS (
  SELECT op, clave, CASE op WHEN 'purchase' THEN orden_id ELSE retencion_id END AS answer
  FROM operations WHERE op IN ('hold', 'purchase') AND outcome = 'ok' AND clave IS NOT NULL
  UNION ALL SELECT 'purchase', o.clave_idem, o.orden_id FROM orders o
    WHERE o.clave_idem IN (SELECT clave FROM operations WHERE op = 'purchase' AND clave IS NOT NULL))
SELECT format('{} clave={} respuestas={}', op, clave, string_agg(DISTINCT answer, ',' ORDER BY answer))
FROM answers WHERE answer IS NOT NULL GROUP BY op, clave HAVING count(DISTINCT answer) > 1
"""


def one_answer_per_key(run: RunData) -> Finding:
    """An idempotency key led to one order, as buyers and the database tell it."""
    checked = run.count(
        "SELECT count(DISTINCT clave) FROM operations WHERE op IN ('hold', 'purchase') AND clave IS NOT NULL"
    )
    return tally(run, "one-answer-per-key", checked=checked, violations=_TWO_ANSWERS)
