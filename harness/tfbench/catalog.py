"""Every name a scenario or an SLO table may use, with one line on what it means.

The files are refused when they name anything else, so a name stands here only when the bench can do it.
What readers of a report see is written in `reports/texts.yaml`; these lines are for `plan` and for messages.
"""

SYSTEMS = {"ticketflow": "the ticket shop in system_under_test/"}

PROFILES = {"default": "two PostgreSQL nodes and one etcd; fits two cores"}

WORKLOADS = {"ticketflow": "buyers who look, hold seats, buy, and come back for their tickets"}

ARRIVALS = {
    "poisson": "independent buyers: exponential gaps, drawn ahead from the seed",
    "constant": "one arrival every 1/rate seconds",
}

ARRIVAL_KINDS = {
    "catalogue": "reads the catalogue",
    "seat_map": "looks at one sector's seats",
    "hold": "holds seats without buying them",
    "purchase": "holds seats and buys them",
    "my_tickets": "comes back to see an order's tickets",
    "boleta": "asks for an order's boleta",
}

OPERATIONS = {
    "catalogue": "the page of events",
    "seat_map": "the seats of one sector",
    "hold": "POST of a hold",
    "release": "giving a hold back",
    "purchase": "POST of a purchase, up to the page that confirms it",
    "ticket_state": "the page of one order, with its ticket's state",
    "ticket_pdf": "the ticket's PDF",
    "boleta": "the order's boleta",
}

OUTCOMES = {
    "ok": "happened, and the client was told so",
    "fail": "surely did not happen: a justified refusal",
    "unknown": "a timeout, a reset or a 5xx: it may have happened",
}

SOURCES = {
    "operations": "what the clients saw, one record an operation",
    "issuance": "one record a confirmed order: how long until its ticket's PDF was stored",
}

FAULT_TYPES = {"kill": "SIGKILL to every container of the target, which stays down until healed"}

TARGETS = {"app2": "issuing: app2-api and app2-trabajador"}

VERIFICATIONS = {
    "containers-exited": "the engine reports every container of the target as exited",
    "queue-growing": "the broker's own count of waiting orders grows while purchases go on",
}

EXPECTATIONS = {
    "purchase-confirmed-during-outage": 'buyers read "Compra Exitosa" while the target is down',
    "ticket-in-process-until-return": 'those buyers see their ticket "En Proceso" until the target is back',
    "issued-exactly-once-after-return": "each of those orders then gets one boleta, one PDF and one e-mail",
    "queue-drained-by-itself": "the queue empties after the return, with nobody's help",
}

INVARIANTS = {
    "no-seat-sold-twice": "no seat is sold to two orders, in clients' history, database or boletas",
    "no-acked-purchase-lost": "every purchase that a client saw confirmed is in the database",
    "no-phantom-sale": "every sale in the database was asked for by a client",
    "order-event-durable": "every confirmed order event was persistent, in a durable quorum queue, and used",
    "one-boleta-one-pdf-one-mail": "an order has one boleta, one PDF and one e-mail",
    "folios-unique-gapless": "boleta folios are unique and have no gaps",
    "one-answer-per-key": "an idempotency key got one answer, however often it was sent",
    "seats-conserved": "seats free, held and sold add up to the seats there were",
    "refusals-justified": "a seat refused as taken was held or sold to somebody else then",
}

# What an arrival of each kind does (load/ticketflow.py), while seats last and orders exist.
OPERATIONS_OF_ARRIVAL = {
    "catalogue": ("catalogue",),
    "seat_map": ("seat_map",),
    "hold": ("seat_map", "hold", "release"),
    "purchase": ("seat_map", "hold", "purchase", "ticket_state"),
    "my_tickets": ("ticket_state", "ticket_pdf"),
    "boleta": ("boleta",),
}

# Some buyers walk away from a hold, and a ticket has no PDF before it is issued: no plan counts on these.
UNCERTAIN_OPERATIONS = ("release", "ticket_pdf")

# Kinds of arrival that come back to an order, so somebody has to buy.
ARRIVALS_AFTER_PURCHASE = ("my_tickets", "boleta")
