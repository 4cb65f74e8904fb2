"""Seats: none sold twice, none created or lost, none refused to a buyer while it was free."""

from tfbench.checks.finding import Finding, no_data, tally
from tfbench.checks.seat_model import HOLD_S
from tfbench.rundata import RunData

# Every (seat, order) that anybody ever called sold. The database alone cannot see an acked sale that a
# failover erased and sold again; the buyer's page and the boleta can. A sale that was annulled frees its
# seat.
_CLAIMS = """
claims AS (
  SELECT 'client' AS source, evento, unnest(asientos) AS asiento, orden_id FROM purchases
  UNION ALL SELECT 'sales', evento, asiento_id, orden_id FROM standing_sales
  UNION ALL SELECT 'boleta', coalesce(o.evento, p.evento, s.evento), b.asiento, b.orden_id
    FROM (SELECT orden_id, unnest(asientos) AS asiento FROM boletas) b
    LEFT JOIN (SELECT orden_id, any_value(evento) AS evento FROM orders GROUP BY orden_id) o USING (orden_id)
    LEFT JOIN purchases p USING (orden_id)
    LEFT JOIN (SELECT orden_id, any_value(evento) AS evento FROM sales GROUP BY orden_id) s USING (orden_id)),
annulled AS (
  SELECT evento, asiento_id AS asiento, orden_id FROM sales
  GROUP BY ALL HAVING bool_and(coalesce(anulada, false))),
standing AS (
  SELECT * FROM claims ANTI JOIN annulled USING (evento, asiento, orden_id) WHERE evento IS NOT NULL)
"""

_SOLD_TWICE = f"""
WITH {_CLAIMS}
SELECT format('evento={{}} asiento={{}} ordenes={{}} fuentes={{}}', evento, asiento,
              string_agg(DISTINCT orden_id, ',' ORDER BY orden_id),
              string_agg(DISTINCT source, ',' ORDER BY source))
FROM standing GROUP BY evento, asiento HAVING count(DISTINCT orden_id) > 1
"""


def no_seat_sold_twice(run: RunData) -> Finding:
    """No seat is in two orders, whoever says so: buyers, sales or boletas."""
    checked = run.count(f"WITH {_CLAIMS} SELECT count(*) FROM (SELECT DISTINCT evento, asiento FROM standing)")
    return tally(run, "no-seat-sold-twice", checked=checked, violations=_SOLD_TWICE)


_NOT_CONSERVED = """
WITH now AS (SELECT evento, count(*) AS n FROM seats GROUP BY evento),
sold AS (SELECT evento, asiento_id, orden_id FROM standing_sales)
SELECT format('evento={} asientos_al_inicio={} asientos_al_final={}', coalesce(now.evento, i.evento),
              coalesce(i.n, 0), coalesce(now.n, 0))
  FROM now FULL JOIN initial_seats i ON i.evento = now.evento WHERE now.n IS DISTINCT FROM i.n
UNION ALL SELECT format('evento={} asiento={} filas={}', evento, asiento_id, count(*))
  FROM seats GROUP BY evento, asiento_id HAVING count(*) > 1
UNION ALL SELECT format('evento={} asiento={} estado={}', evento, asiento_id, coalesce(estado, 'null'))
  FROM seats WHERE coalesce(estado, '') NOT IN ('DISPONIBLE', 'RETENIDO', 'VENDIDO')
UNION ALL SELECT format('evento={} asiento={} VENDIDO orden={} sin_venta', evento, asiento_id,
                        coalesce(orden_id, 'null'))
  FROM (SELECT * FROM seats WHERE estado = 'VENDIDO') ANTI JOIN sold USING (evento, asiento_id, orden_id)
UNION ALL SELECT format('evento={} asiento={} venta_de={} asiento_no_VENDIDO', evento, asiento_id, orden_id)
  FROM sold ANTI JOIN (SELECT * FROM seats WHERE estado = 'VENDIDO') USING (evento, asiento_id, orden_id)
UNION ALL SELECT format('evento={} asiento={} ventas={}', evento, asiento_id, count(*))
  FROM sold GROUP BY evento, asiento_id HAVING count(*) > 1
"""


def seats_conserved(run: RunData) -> Finding:
    """Each event has the seats it began with, and its sold seats are its standing sales, one by one."""
    initial = run.meta.get("initial_seats")
    if not isinstance(initial, dict) or not initial:
        return no_data("check.seats-conserved.no_initial")
    run.db.execute("CREATE OR REPLACE TABLE initial_seats (evento VARCHAR, n BIGINT)")
    run.db.executemany("INSERT INTO initial_seats VALUES (?, ?)", [list(item) for item in initial.items()])
    return tally(
        run,
        "seats-conserved",
        checked=run.count("SELECT count(*) FROM seats"),
        violations=_NOT_CONSERVED,
        sold=run.count("SELECT count(*) FROM standing_sales"),
    )


# A refusal is justified by a hold or purchase of one of its seats by somebody else. What started after the
# refusal ended cannot be the cause; nor can a hold that was surely given back, or had expired, before the
# refusal was asked for, unless it was bought. Sales of an earlier run on the same stack count too.
# `is_certain`: the seat was surely taken all along. A hold lasts HOLD_S from some moment of its operation.
_REFUSALS = f"""
WITH refused AS (
  SELECT row_number() OVER () AS id, flow, evento, asientos, t_start, t_end
  FROM operations WHERE op = 'hold' AND outcome = 'fail' AND error = 'asiento_no_disponible'),
asked AS (SELECT id, evento, unnest(asientos) AS asiento, t_start, t_end FROM refused),
released AS (
  SELECT retencion_id, min(t_end) FILTER (WHERE outcome = 'ok') AS t_released, min(t_start) AS t_asked
  FROM operations WHERE op = 'release' AND retencion_id IS NOT NULL GROUP BY retencion_id),
touches AS (
  SELECT o.evento, unnest(o.asientos) AS asiento, o.t_start, o.t_end, o.outcome = 'ok' AS is_sure,
         CASE WHEN o.op = 'hold' AND (o.outcome = 'ok' OR o.retencion_id IS NOT NULL)
              THEN least(r.t_released, o.t_end + {HOLD_S}) ELSE 'infinity'::DOUBLE END AS until,
         CASE WHEN o.op = 'hold' THEN least(r.t_asked, o.t_start + {HOLD_S}) ELSE 'infinity'::DOUBLE END AS sure_until
  FROM operations o LEFT JOIN released r ON r.retencion_id = o.retencion_id
  WHERE o.op IN ('hold', 'purchase') AND o.outcome IN ('ok', 'unknown')
  UNION ALL SELECT evento, asiento_id, vendida_en, vendida_en, true, 'infinity'::DOUBLE, 'infinity'::DOUBLE FROM sales),
judged AS (
  SELECT r.id, any_value(r.flow) AS flow, any_value(r.evento) AS evento, any_value(r.asientos) AS asientos,
         any_value(r.t_start) AS t_start, coalesce(bool_or(t.until > r.t_start), false) AS is_possible,
         coalesce(bool_or(t.is_sure AND t.t_end <= r.t_start AND t.sure_until >= r.t_end), false) AS is_certain
  FROM refused r LEFT JOIN asked a ON a.id = r.id
  LEFT JOIN touches t ON t.evento = a.evento AND t.asiento = a.asiento AND t.t_start < a.t_end
  GROUP BY r.id)
"""

_UNJUSTIFIED = f"""
{_REFUSALS}
SELECT format('flow={{}} evento={{}} asientos={{}} t={{:.3f}}', flow, evento, asientos::VARCHAR, t_start)
FROM judged WHERE NOT is_possible AND len(asientos) > 0
"""


def refusals_justified(run: RunData) -> Finding:
    """No seat was refused as taken when, as far as every buyer's history goes, nobody can have had it."""
    answered = run.count("SELECT count(*) FROM operations WHERE op = 'hold' AND outcome IN ('ok', 'fail')")
    refused, certain = run.row(f"{_REFUSALS} SELECT count(*), count(*) FILTER (WHERE is_certain) FROM judged")
    return tally(
        run,
        "refusals-justified",
        checked=answered,
        violations=_UNJUSTIFIED,
        refused=refused,
        certain=certain,
    )
