"""The order event: persistent from the confirmed sale until it is consumed, or given up on with a reason."""

from tfbench.checks.finding import Finding, no_data, tally
from tfbench.rundata import RunData

# The queue's messages cannot be read without taking them, only counted: as many confirmed messages may be
# missing from the inbox and from the dead letters as the queue still holds.
_NOT_DURABLE = """
WITH missing AS (
  SELECT mensaje_id, orden_id, row_number() OVER (ORDER BY confirmado_en DESC) AS newest
  FROM outbox ANTI JOIN inbox USING (mensaje_id) ANTI JOIN dead_letters USING (mensaje_id)
  WHERE confirmado_en IS NOT NULL)
SELECT format('mensaje={{}} orden={{}} sin_confirmar', mensaje_id, coalesce(orden_id, 'null')) FROM outbox
  WHERE publicado_en IS NULL OR confirmado_en IS NULL
UNION ALL SELECT format('mensaje={{}} orden={{}} modo_entrega={{}}', mensaje_id, orden_id,
                        coalesce(modo_entrega::VARCHAR, 'null'))
  FROM inbox WHERE modo_entrega IS DISTINCT FROM 2
UNION ALL SELECT format('mensaje={{}} orden={{}} confirmado y perdido', mensaje_id,
                        coalesce(orden_id, 'null'))
  FROM missing WHERE newest > {in_queues}
UNION ALL SELECT format('mensaje={{}} orden={{}} muerto sin motivo', coalesce(mensaje_id, 'null'),
                        coalesce(orden_id, 'null'))
  FROM dead_letters WHERE coalesce(motivo, '') = ''
UNION ALL SELECT format('cola={{}} tipo={{}} durable={{}}', name, type, durable)
  FROM (VALUES {queues}) q(name, type, durable) WHERE type <> 'quorum' OR durable <> 'true'
"""


def order_event_durable(run: RunData) -> Finding:
    """Each order's event was confirmed by a durable quorum queue, sent persistent, and consumed, held or explained."""
    queues = [record for record in run.journal.of_kind("queue") if record.get("type") is not None]
    held = run.meta.get("queue") or {}
    counts = [held.get(name) for name in ("ready", "unacked", "dead_letters")]
    if not queues or any(count is None for count in counts):
        return no_data("check.order-event-durable.no_queue")
    if counts[-1] and "dead_letters" not in run.stores:  # a run older than this store may have had none
        return no_data("check.missing_stores", stores="dead_letters")
    in_queues = sum(int(count) for count in counts[:2] if count is not None)
    return tally(
        run,
        "order-event-durable",
        checked=run.count("SELECT count(*) FROM outbox"),
        violations=_NOT_DURABLE.format(in_queues=in_queues, queues=", ".join(map(_queue_row, queues))),
        in_queues=in_queues,
        dead=run.count("SELECT count(DISTINCT mensaje_id) FROM dead_letters"),
    )


def _queue_row(record: dict[str, object]) -> str:
    durable = "true" if record.get("durable") is True else "false"
    values = (str(record.get("name")), str(record.get("type")), durable)
    return "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + ")"
