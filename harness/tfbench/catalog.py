"""Every name a scenario or an SLO table may use, with one line on what it means.

The files are refused when they name anything else, so a name stands here only when the bench can do it.
What readers of a report see is written in `reports/texts.yaml`; these lines are for `plan` and for messages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SYSTEMS = {"ticketflow": "the ticket shop in system_under_test/"}

PROFILES = {
    "default": "two PostgreSQL nodes and one etcd; fits two cores",
    "ha": "three PostgreSQL nodes (quorum commit, strict) and three etcd",
}

TICKETFLOW, LOCUSTFILE = "ticketflow", "locustfile"
WORKLOADS = {
    TICKETFLOW: "buyers who look, hold seats, buy, and come back for their tickets",
    LOCUSTFILE: "user classes of your own locustfile, one user an arrival",
}

ARRIVALS = {
    "poisson": "independent buyers: exponential gaps, drawn ahead from the seed",
    "constant": "one arrival every 1/rate seconds",
    "ramp": "independent buyers, from none to the rate within `ramp_s`",
    "spike": "independent buyers, and `factor` times as many for a while",
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

ROLES = {
    "app1": "reservations: app1-1 and app1-2",
    "app2": "issuing: app2-api and app2-trabajador",
    "app3": "the portal: app3-1 and app3-2",
    "middleware": "the orchestrator: middleware-1 and middleware-2",
    "postgres": "the reservations' database: every node",
    "mariadb": "the issuing database: both nodes",
    "rabbitmq": "the broker",
    "etcd": "where Patroni keeps who leads",
    "haproxy": "the load balancer in front of the portal",
    "correo": "the mail server",
}

# What may follow a role after a colon; asked of the servers themselves at the moment of the injection.
SELECTORS = {
    "one": "the first one that runs, by name",
    "all": "every one of them, as is the role alone",
    "primary": "the node that takes writes now (postgres, mariadb)",
    "standby": "a node that follows the primary (postgres)",
    "replica": "the node that follows the primary (mariadb)",
}
DATABASE_SELECTORS = {"postgres": ("primary", "standby"), "mariadb": ("primary", "replica")}

# Who opens connections to whom.
LINKS = (
    "haproxy -> app3", "app3 -> middleware", "middleware -> app1", "middleware -> app2", "middleware -> postgres",
    "middleware -> mariadb", "middleware -> rabbitmq", "app1 -> postgres", "app2 -> mariadb", "app2 -> rabbitmq",
    "app2 -> correo",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting of a fault: a number within `low..high`, or one of `choices`."""

    line: str
    default: float | str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FaultType:
    """What a type of fault does, what it may be aimed at (`role` or `link`), and its settings.

    `targets` narrows the roles or links it works on; empty: all of them. `is_proxied`: it needs Toxiproxy in its link,
    which is there from the start of the run, so that the baseline is measured through it too.
    """

    line: str
    takes: str = "role"
    targets: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    is_proxied: bool = False


PROXIED_LINKS = (
    "app3 -> middleware", "middleware -> app1", "middleware -> app2", "middleware -> mariadb", "middleware -> rabbitmq",
    "app2 -> mariadb", "app2 -> rabbitmq", "app2 -> correo",
)  # fmt: skip

FAULT_TYPES = {
    "kill": FaultType("SIGKILL to every container of the target, which stays down until healed"),
    "stop": FaultType(
        "an orderly stop (SIGTERM, then SIGKILL after the grace); stays down until healed",
        parameters={"grace_s": Parameter("seconds until SIGKILL", 10, 0, 300)},
    ),
    "pause": FaultType("every process of the target is frozen: connections stay open and nothing answers"),
    "restart": FaultType("SIGKILL, and started again at once, as a supervisor does after a crash"),
    "partition": FaultType(
        "packets of the link are dropped or rejected, one way or both",
        takes="link",
        parameters={
            "mode": Parameter("drop: silence; reject: refused at once", "drop", choices=("drop", "reject")),
            "direction": Parameter(
                "both, or only those sent by the first or by the second end", "both", choices=("both", "forth", "back")
            ),
        },
    ),
    "latency": FaultType(
        "every answer and every request on the link takes longer",
        takes="link",
        targets=PROXIED_LINKS,
        parameters={
            "latency_ms": Parameter("added to each direction", 200, 1, 60_000),
            "jitter_ms": Parameter("more or less, at random", 0, 0, 60_000),
        },
        is_proxied=True,
    ),
    "bandwidth": FaultType(
        "the link carries no more than so many kilobytes a second",
        takes="link",
        targets=PROXIED_LINKS,
        parameters={"rate_kb_per_s": Parameter("kilobytes a second, each direction", 50, 1, 1_000_000)},
        is_proxied=True,
    ),
    "reset": FaultType(
        "connections of the link are reset (RST) a moment after they open",
        takes="link",
        targets=PROXIED_LINKS,
        parameters={"after_ms": Parameter("life of a connection", 0, 0, 60_000)},
        is_proxied=True,
    ),
    "disk-full": FaultType(
        "the disk of the target's data has no byte left",
        targets=("postgres", "mariadb", "rabbitmq"),
    ),
    "cpu": FaultType(
        "the target gets only a part of one processor",
        parameters={"cpus": Parameter("processors' worth of time", 0.1, 0.01, 64)},
    ),
    "memory-alarm": FaultType(
        "the broker believes that its memory is used up: it blocks whoever publishes", targets=("rabbitmq",)
    ),
    "replication-break": FaultType(
        "the node that follows stops applying what the primary sends", targets=("mariadb", "postgres")
    ),
    "connection-exhaustion": FaultType(
        "every connection that the server allows is taken by others", targets=("postgres", "mariadb")
    ),
}

VERIFICATIONS = {
    "containers-exited": "the engine reports every container of the target as exited",
    "containers-paused": "the engine reports every container of the target as paused",
    "containers-restarted": "the engine reports that every container of the target was started after the injection",
    "service-down": "the target's own probe, through its published port, fails",
    "queue-growing": "the broker's own count of waiting orders grows while purchases go on",
    "link-cut": "a connection tried from inside the first end to the second does not come about",
    "link-slow": "a connection through the link takes as much longer as was asked",
    "link-narrow": "bytes through the link come no faster than was asked",
    "link-reset": "connections through the link are reset",
    "disk-is-full": "a write to the target's data folder is refused for want of space",
    "cpu-throttled": "the kernel's own count of throttled periods of the target grows",
    "memory-alarm-raised": "the broker's API reports the alarm",
    "replication-stopped": "the servers themselves report that nothing is applied",
    "connections-refused": "a new connection is refused for their number",
}

EXPECTATIONS = {
    "purchase-confirmed-during-outage": 'buyers read "Compra Exitosa" while the target is down',
    "ticket-in-process-until-return": 'those buyers see their ticket "En Proceso" until the target is back',
    "issued-exactly-once-after-return": "each of those orders then gets one boleta, one PDF and one e-mail",
    "queue-drained-by-itself": "the queue empties after the return, with nobody's help",
    "no-http-500": "no buyer was ever shown an HTTP 500",
    "earlier-tickets-readable": "tickets of orders made before the fault are read during it, after 1.5 s at most",
    "ticket-reads-moved-to-replica": "within 1 s of the fault ticket reads come from the replica, until healing",
    "ticket-reads-returned-to-primary": "once it has recovered, ticket reads come from the primary again",
    "only-in-flight-lost": "the fault cost only operations that were in flight when it struck",
    "standby-promoted": "another PostgreSQL node leads before anybody heals the fault",
    "old-primary-rejoined": "after healing the lost node serves, with a synchronous standby, and leadership settles",
    "sale-resumed": "purchases are confirmed again while the fault still holds",
    "writes-undisturbed": "no hold or purchase is slow or unknown while the fault holds",
}

INVARIANTS = {
    "no-seat-sold-twice": "no seat is sold to two orders, in clients' history, database or boletas",
    "seat-linearizable": "each seat's holds, releases and purchases happened in an order that one seat allows",
    "no-acked-purchase-lost": "every purchase that a client saw confirmed is in the database",
    "no-phantom-sale": "every sale in the database was asked for by a client",
    "order-event-durable": "every confirmed order event was kept in a durable quorum queue, then used or explained",
    "one-boleta-one-pdf-one-mail": "an order has one boleta, one PDF and one e-mail",
    "folios-unique-gapless": "boleta folios are unique and have no gaps",
    "one-answer-per-key": "an idempotency key got one answer, however often it was sent",
    "seats-conserved": "seats free, held and sold add up to the seats there were",
    "refusals-justified": "a seat refused as taken was held or sold to somebody else then",
}

# Expectations that make sense when nothing is broken.
EXPECTATIONS_WITHOUT_FAULT = frozenset({"no-http-500"})

# Those of both that read what any workload leaves: stores, journal, or every operation whatever its name. The others
# read what TicketFlow's own buyers wrote down, such as which seats a purchase got.
OF_ANY_WORKLOAD = frozenset({
    "queue-drained-by-itself", "no-http-500", "standby-promoted", "old-primary-rejoined",
    "order-event-durable", "one-boleta-one-pdf-one-mail", "folios-unique-gapless", "seats-conserved",
})  # fmt: skip

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


def operations_made(workload: str, mix: Mapping[str, float]) -> frozenset[str] | None:
    """The operations that arrivals of this mix make; None where only the run tells their names."""
    if workload != TICKETFLOW:
        return None
    return frozenset(op for kind, share in mix.items() if share > 0 for op in OPERATIONS_OF_ARRIVAL[kind])


def has_evidence(workload: str, check: str) -> bool:
    """Whether an expectation or invariant can be judged by what this workload leaves."""
    return workload == TICKETFLOW or check in OF_ANY_WORKLOAD


@dataclass(frozen=True, slots=True)
class AbortFigure:
    """A figure that `abort_when` may name, and its largest `above`; that of an operation reads `FIGURE:OPERATION`."""

    line: str
    high: float
    is_of_operation: bool = False


ABORT_FIGURES = {
    "error_ratio": AbortFigure(
        "share (0..1) of an operation that ended unknown in the last 5 s, refusals apart", 1, True
    ),
    "p99_ms": AbortFigure("99th percentile of an operation's latency in the last 5 s", 600_000, True),
    "queue": AbortFigure("orders waiting in the broker or in a consumer's hands", 1e9),
    "dropped": AbortFigure("arrivals that the load could not offer, since it began", 1e9),
    "bystanders_down": AbortFigure("services whose probe fails and that no fault is aimed at", 100),
}


def abort_figures(operations: Iterable[str] = tuple(OPERATIONS)) -> tuple[str, ...]:
    """Every full name of a figure: `queue`, `p99_ms:purchase`."""
    return tuple(
        f"{name}:{operation}" if operation else name
        for name, figure in ABORT_FIGURES.items()
        for operation in (operations if figure.is_of_operation else ("",))
    )
