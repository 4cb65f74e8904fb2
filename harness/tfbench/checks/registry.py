"""Every check by its name, and the one way to run one: whatever happens inside, the outcome is a finding.

a store it needs could not be read   NO_DATA; still FAIL where what could be read is proof enough
(`proves_alone`) it crashed                           INCONCLUSIVE, naming the exception: never PASS, and not
the system's fault the run was cut short                what had no time to happen is not a failure
(`needs_whole_run`): INCONCLUSIVE
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tfbench import texts
from tfbench.catalog import TICKETFLOW, has_evidence
from tfbench.checks import documents, events, leadership, orders, outage, seat_history, seats, tickets, traffic
from tfbench.checks.finding import Finding, no_data
from tfbench.results import ExpectationResult, InvariantResult
from tfbench.rundata import RunData
from tfbench.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `needs` names stores of the run folder."""

    id: str
    judge: Callable[[RunData], Finding]
    needs: tuple[str, ...] = ()
    proves_alone: bool = False
    needs_whole_run: bool = False


def _by_id(*checks: Check) -> dict[str, Check]:
    return {check.id: check for check in checks}


EXPECTATIONS = _by_id(
    Check("purchase-confirmed-during-outage", outage.purchase_confirmed_during_outage),
    Check(
        "ticket-in-process-until-return",
        outage.ticket_in_process_until_return,
        needs=("tickets",),
        needs_whole_run=True,
    ),
    Check(
        "issued-exactly-once-after-return",
        documents.issued_exactly_once_after_return,
        needs=("orders", "sales", "boletas", "tickets", "mails"),
        needs_whole_run=True,
    ),
    Check("queue-drained-by-itself", outage.queue_drained_by_itself, needs_whole_run=True),
    Check("no-http-500", traffic.no_http_500),
    Check("earlier-tickets-readable", tickets.earlier_tickets_readable, needs=("tickets",)),
    Check("ticket-reads-moved-to-replica", tickets.ticket_reads_moved_to_replica),
    Check("ticket-reads-returned-to-primary", tickets.ticket_reads_returned_to_primary, needs_whole_run=True),
    Check("only-in-flight-lost", traffic.only_in_flight_lost),
    Check("standby-promoted", leadership.standby_promoted, needs_whole_run=True),
    Check("old-primary-rejoined", leadership.old_primary_rejoined, needs_whole_run=True),
    Check("sale-resumed", traffic.sale_resumed, needs_whole_run=True),
    Check("writes-undisturbed", traffic.writes_undisturbed),
)

INVARIANTS = _by_id(
    Check(
        "no-seat-sold-twice",
        seats.no_seat_sold_twice,
        needs=("orders", "sales", "boletas"),
        proves_alone=True,
    ),
    Check("seat-linearizable", seat_history.seat_linearizable, needs=("orders", "sales"), needs_whole_run=True),
    Check(
        "no-acked-purchase-lost",
        orders.no_acked_purchase_lost,
        needs=("orders", "sales", "outbox", "boletas", "mails"),
        needs_whole_run=True,
    ),
    Check("no-phantom-sale", orders.no_phantom_sale, needs=("orders", "sales"), needs_whole_run=True),
    Check("order-event-durable", events.order_event_durable, needs=("outbox", "inbox"), needs_whole_run=True),
    Check(
        "one-boleta-one-pdf-one-mail",
        documents.one_boleta_one_pdf_one_mail,
        needs=("orders", "sales", "boletas", "tickets", "mails"),
        needs_whole_run=True,
    ),
    Check("folios-unique-gapless", documents.folios_unique_gapless, needs=("boletas",), needs_whole_run=True),
    Check("one-answer-per-key", orders.one_answer_per_key, needs=("orders",), proves_alone=True),
    Check("seats-conserved", seats.seats_conserved, needs=("seats", "sales"), needs_whole_run=True),
    Check("refusals-justified", seats.refusals_justified, needs=("sales",), needs_whole_run=True),
)


def judge_expectation(run: RunData, name: str) -> ExpectationResult:
    """Judge what the scenario promises of itself."""
    finding = judged(run, name, EXPECTATIONS)
    return ExpectationResult(name, _title(name), finding.verdict, finding.reason)


def judge_invariant(run: RunData, name: str, required: bool, workload: str = TICKETFLOW) -> InvariantResult:
    """Judge an invariant of the system. One that reads what another workload does not leave has no data."""
    if has_evidence(workload, name):
        finding = judged(run, name, INVARIANTS)
    else:
        finding = no_data("check.other_workload", workload=workload)
    return InvariantResult(
        id=name,
        title=_title(name),
        required=required,
        verdict=finding.verdict,
        reason=finding.reason,
        checked=finding.checked,
        violation_count=finding.violation_count,
        violations=finding.violations,
    )


def judged(run: RunData, name: str, checks: dict[str, Check]) -> Finding:
    """The finding of the check with this name."""
    try:
        check = checks[name]
        finding = check.judge(run)
    except Exception as error:  # noqa: BLE001 - a check that crashed says nothing of the system, and must say so
        shown = f"{type(error).__name__}: {error}"
        return Finding(Verdict.INCONCLUSIVE, texts.render("check.crashed", error=shown))
    missing = sorted(set(check.needs) - run.stores)
    if missing and not (check.proves_alone and finding.verdict is Verdict.FAIL):
        return Finding(Verdict.NO_DATA, texts.render("check.missing_stores", stores=", ".join(missing)))
    if finding.verdict is Verdict.FAIL and check.needs_whole_run and not run.windows.complete:
        reason = texts.joined(texts.render("check.cut_short"), finding.reason)
        return replace(finding, verdict=Verdict.INCONCLUSIVE, reason=reason)
    return finding


def _title(name: str) -> texts.Rendered:
    try:
        return texts.render(f"check.{name}.title")
    except KeyError:
        return {"en": name, "es": name}
