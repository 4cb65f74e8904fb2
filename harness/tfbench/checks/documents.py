"""What each order is owed: one boleta, one PDF, one e-mail with that PDF; and folios that the tax law can
count on.

`repeticiones` is not a second e-mail: it counts deliveries of a Message-ID that the mail system already had.
"""

from tfbench.checks.finding import Finding, tally
from tfbench.rundata import RunData

# One row an order and what is wrong with its documents ('' when nothing is). `owed` must be defined before.
_DOCUMENTS = """
b AS (SELECT orden_id, count(*) AS n, any_value(asientos) AS asientos FROM boletas GROUP BY orden_id),
t AS (SELECT orden_id, count(*) AS n, any_value(pdf_sha256) AS sha, any_value(pdf_bytes) AS bytes
      FROM tickets WHERE pdf_creado_en IS NOT NULL GROUP BY orden_id),
m AS (SELECT orden_id, count(*) AS n, bool_and(coalesce(pdf_opens, false)) AS opens,
             bool_and(coalesce(pdf_names_seats, false)) AS names_seats,
             bool_and(coalesce(pdf_names_event, false)) AS names_event,
             any_value(pdf_pages) AS pages, any_value(pdf_sha256) AS sha
      FROM mails WHERE orden_id IS NOT NULL GROUP BY orden_id),
s AS (SELECT orden_id, list(DISTINCT asiento_id) AS asientos FROM standing_sales GROUP BY orden_id),
documents AS (
  SELECT orden_id, concat_ws(' ',
    CASE WHEN coalesce(b.n, 0) <> 1 THEN format('boletas={}', coalesce(b.n, 0)) END,
    CASE WHEN b.n = 1 AND s.asientos IS NOT NULL
              AND list_sort(b.asientos) IS DISTINCT FROM list_sort(s.asientos)
         THEN 'boleta_con_otros_asientos' END,
    CASE WHEN coalesce(t.n, 0) <> 1 OR coalesce(t.bytes, 0) = 0 THEN format('pdf={}', coalesce(t.n, 0)) END,
    CASE WHEN coalesce(m.n, 0) <> 1 THEN format('correos={}', coalesce(m.n, 0)) END,
    CASE WHEN m.n >= 1 AND NOT m.opens THEN 'pdf_no_abre' END,
    CASE WHEN m.n >= 1 AND m.opens AND NOT m.names_seats THEN 'pdf_sin_sus_asientos' END,
    CASE WHEN m.n >= 1 AND m.opens AND NOT m.names_event THEN 'pdf_sin_su_evento' END,
    CASE WHEN m.opens AND s.asientos IS NOT NULL AND m.pages IS DISTINCT FROM len(s.asientos)
         THEN format('paginas={}', coalesce(m.pages::VARCHAR, 'null')) END,
    CASE WHEN m.n = 1 AND t.n = 1 AND m.sha IS DISTINCT FROM t.sha THEN 'pdf_enviado_distinto' END) AS wrong
  FROM owed LEFT JOIN b USING (orden_id) LEFT JOIN t USING (orden_id) LEFT JOIN m USING (orden_id)
  LEFT JOIN s USING (orden_id))
"""

# What buyers of this run bought, whether they were told so or the store alone knows (an answer that got
# lost).
_PURCHASED = """
owed AS (
  SELECT orden_id FROM purchases
  UNION SELECT orden_id FROM orders WHERE clave_idem IN (
    SELECT clave FROM operations WHERE op = 'purchase' AND outcome = 'unknown' AND clave IS NOT NULL))
"""

_EVERY_ORDER = "owed AS (SELECT orden_id FROM orders UNION SELECT orden_id FROM standing_sales)"

_WRONG = "SELECT format('orden={} {}', orden_id, wrong) FROM documents WHERE wrong <> ''"

# Documents of no order: one more way of issuing twice.
_STRAY = """
UNION ALL SELECT format('orden={} boleta sin orden', orden_id) FROM boletas ANTI JOIN owed USING (orden_id)
UNION ALL SELECT format('orden={} entrada sin orden', orden_id) FROM tickets ANTI JOIN owed USING (orden_id)
UNION ALL SELECT format('correo={} orden={} sin orden', n, coalesce(orden_id, 'null'))
  FROM mails ANTI JOIN owed USING (orden_id)
"""


def issued_exactly_once_after_return(run: RunData) -> Finding:
    """Each purchase of the run, during the outage or not, has its documents once, and they are right."""
    return _issued(run, "issued-exactly-once-after-return", _PURCHASED, _WRONG)


def one_boleta_one_pdf_one_mail(run: RunData) -> Finding:
    """Each order in the stores has its documents once, and no document is without an order."""
    return _issued(run, "one-boleta-one-pdf-one-mail", _EVERY_ORDER, _WRONG + _STRAY)


def _issued(run: RunData, check_id: str, owed: str, wrong: str) -> Finding:
    return tally(
        run,
        check_id,
        checked=run.count(f"WITH {owed} SELECT count(*) FROM owed"),
        violations=f"WITH {owed}, {_DOCUMENTS} {wrong}",
        repeated=run.count("SELECT coalesce(sum(repeticiones), 0) FROM mails"),
    )


_FOLIOS = """
WITH following AS (
  SELECT tipo_dte, folio, lead(folio) OVER (PARTITION BY tipo_dte ORDER BY folio) AS next
  FROM (SELECT DISTINCT tipo_dte, folio FROM boletas)),
newest AS (SELECT tipo_dte, max(folio) AS folio FROM boletas GROUP BY tipo_dte)
SELECT format('tipo={} folio={} ordenes={}', tipo_dte, folio, string_agg(orden_id, ',' ORDER BY orden_id))
  FROM boletas GROUP BY tipo_dte, folio HAVING count(*) > 1
UNION ALL SELECT format('tipo={} faltan={}..{}', tipo_dte, folio + 1, next - 1)
  FROM following WHERE next > folio + 1
UNION ALL SELECT format('orden={} sin folio', orden_id) FROM boletas WHERE folio IS NULL
UNION ALL SELECT format('tipo={} ultimo={} siguiente={}', tipo_dte, folio, next_folio)
  FROM newest, (SELECT {next_folio}::BIGINT AS next_folio)
  WHERE next_folio <> folio + 1 AND (SELECT count(*) FROM newest) = 1
"""


def folios_unique_gapless(run: RunData) -> Finding:
    """Boleta folios of a type are unique and without gaps, up to the counter's next one."""
    siguiente = (run.meta.get("folio") or {}).get("siguiente")
    next_folio = "NULL" if siguiente is None else str(int(siguiente))
    return tally(
        run,
        "folios-unique-gapless",
        checked=run.count("SELECT count(*) FROM boletas"),
        violations=_FOLIOS.replace("{next_folio}", next_folio),
    )
