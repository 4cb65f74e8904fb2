"""The scenario's own promises, in a healthy run and in each way of breaking them."""

import pytest
from in_memory import found
from spoilable_run import ASKED, HEAL, VERIFIED, RunFolder, Spoil, both, healthy
from spoils import cases
from tfbench.catalog import EXPECTATIONS as NAMES
from tfbench.checks.registry import EXPECTATIONS
from tfbench.verdict import Verdict

CONFIRMED = "purchase-confirmed-during-outage"
IN_PROCESS = "ticket-in-process-until-return"
ISSUED = "issued-exactly-once-after-return"
DRAINED = "queue-drained-by-itself"


def test_the_catalogue_names_what_the_registry_judges() -> None:
    assert set(EXPECTATIONS) == set(NAMES)


@pytest.mark.parametrize("name", ASKED)
def test_a_healthy_run_keeps_every_expectation(name: str) -> None:
    finding = found(healthy(), name)
    assert finding.verdict is Verdict.PASS, finding.reason


def test_the_counts_are_those_of_the_outage() -> None:
    run = healthy()
    tried = [row for row in run.ops("purchase") if VERIFIED <= row["t_intended"] < HEAL]
    tried[0].update(outcome="fail", status=409, error="retencion_expirada")
    hold = next(row for row in run.ops("hold") if row["t_intended"] > VERIFIED)
    hold.update(outcome="fail", status=409, error="asiento_no_disponible")
    reason = found(run, CONFIRMED).reason
    assert reason["en"].startswith(f"All {len(tried) - 1} purchases")
    assert "1 purchases and 1 holds" in reason["en"]


def in_outage(**values: object) -> Spoil:
    return lambda run: run.bought_in_outage()[3].update(values)


def reads_in_outage(run: RunFolder) -> list[dict[str, object]]:
    orders = {row["orden_id"] for row in run.bought_in_outage()}
    return [row for row in run.ops("ticket_state") if row["orden_id"] in orders and row["t_end"] < HEAL]


def sold_in_outage(run: RunFolder, store: str) -> dict[str, object]:
    order = run.bought_in_outage()[3]["orden_id"]
    return next(row for row in run.stores[store] if row["orden_id"] == order)


def observed(run: RunFolder, **values: object) -> None:
    for row in run.journal:
        if row["kind"] == "observation":
            row.update(values)


def drain(run: RunFolder, **values: object) -> None:
    next(row for row in run.journal if row["kind"] == "drain").update(values)


def test_a_page_without_compra_exitosa_is_one_of_those_that_fail() -> None:
    run = healthy()
    in_outage(read_success=False)(run)
    finding = found(run, CONFIRMED)
    assert (finding.verdict, finding.violation_count) == (Verdict.FAIL, 1)
    assert "75 of 76 purchases" in finding.reason["en"]


BROKEN: list[tuple[str, str, Spoil]] = [
    (CONFIRMED, "one got no answer", in_outage(outcome="unknown", status=0, error="timeout")),
    (CONFIRMED, "one was refused without a reason", in_outage(outcome="fail", status=400, error="falta_clave")),
    (CONFIRMED, "its page did not say so", in_outage(read_success=None)),
    (IN_PROCESS, "a page said it was sent", lambda run: reads_in_outage(run)[0].update(ticket_state="ENVIADO")),
    (IN_PROCESS, "a page had nothing to say", lambda run: reads_in_outage(run)[0].update(ticket_state="DESCONOCIDO")),
    (IN_PROCESS, "no page came", lambda run: reads_in_outage(run)[0].update(outcome="unknown", ticket_state=None)),
    (IN_PROCESS, "the confirmation said otherwise", in_outage(ticket_state="EMITIDO")),
    (IN_PROCESS, "one was never sent", lambda run: sold_in_outage(run, "tickets").update(estado="EMITIDO")),
    (IN_PROCESS, "one was never issued",
     lambda run: run.stores["tickets"].remove(sold_in_outage(run, "tickets"))),
    (ISSUED, "no boleta", lambda run: run.stores["boletas"].pop(7)),
    (ISSUED, "two e-mails", lambda run: run.stores["mails"].append(run.stores["mails"][7])),
    (ISSUED, "a PDF that does not open", lambda run: run.stores["mails"][7].update(pdf_opens=False)),
    (ISSUED, "a PDF without its seats", lambda run: run.stores["mails"][7].update(pdf_names_seats=False)),
    (ISSUED, "a PDF without its event", lambda run: run.stores["mails"][7].update(pdf_names_event=None)),
    (ISSUED, "another PDF than the stored one", lambda run: run.stores["mails"][7].update(pdf_sha256="x")),
    (ISSUED, "a boleta of other seats", lambda run: run.stores["boletas"][7].update(asientos=[8])),
    (ISSUED, "one whose answer was lost was not issued",
     both(lambda run: run.ops("purchase")[7].update(outcome="unknown", orden_id=None),
          lambda run: run.stores["mails"].pop(7))),
    (DRAINED, "not before the deadline", lambda run: drain(run, state="deadline", pending=3)),
    (DRAINED, "some still wait", lambda run: run.meta["queue"].update(ready=2)),
    (DRAINED, "some were never acknowledged", lambda run: run.meta["queue"].update(unacked=1)),
    (DRAINED, "some were given up on", lambda run: run.meta["queue"].update(dead_letters=1)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil"), cases(BROKEN))
def test_a_broken_expectation_is_found(name: str, spoil: Spoil) -> None:
    run = healthy()
    spoil(run)
    finding = found(run, name)
    assert finding.verdict is Verdict.FAIL, finding.reason


SILENT: list[tuple[str, str, Spoil, Verdict]] = [
    (CONFIRMED, "nobody bought", lambda run: run.operations.clear(), Verdict.NO_DATA),
    (CONFIRMED, "the fault was not verified", lambda run: run.drop_records(kind="fault", state="verified"),
     Verdict.NO_DATA),
    (IN_PROCESS, "nobody bought", lambda run: run.operations.clear(), Verdict.NO_DATA),
    (IN_PROCESS, "the tickets could not be read", lambda run: run.stores.pop("tickets"), Verdict.NO_DATA),
    (IN_PROCESS, "an order was never looked at",
     both(in_outage(ticket_state=None), lambda run: run.operations.remove(reads_in_outage(run)[3])),
     Verdict.INCONCLUSIVE),
    (ISSUED, "nobody bought",
     both(lambda run: run.operations.clear(), lambda run: run.stores.update(orders=[])), Verdict.NO_DATA),
    (ISSUED, "the mails could not be read", lambda run: run.stores.pop("mails"), Verdict.NO_DATA),
    (DRAINED, "nothing ever waited", lambda run: observed(run, queue_ready=0), Verdict.NO_DATA),
    (DRAINED, "nobody could look", lambda run: observed(run, queue_ready=None), Verdict.NO_DATA),
    (DRAINED, "the queue could not be read at the end", lambda run: run.meta.update(queue={}), Verdict.NO_DATA),
    (DRAINED, "there was no drain", lambda run: run.drop_records(kind="drain"), Verdict.NO_DATA),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "verdict"), cases(SILENT))
def test_without_evidence_nothing_passes(name: str, spoil: Spoil, verdict: Verdict) -> None:
    run = healthy()
    spoil(run)
    assert found(run, name).verdict is verdict


def test_purchases_before_and_after_the_outage_do_not_count_in_it() -> None:
    run = healthy()
    for row in run.ops("purchase"):
        if not VERIFIED <= row["t_intended"] < HEAL:
            row.update(outcome="unknown", read_success=False)
    assert found(run, CONFIRMED).verdict is Verdict.PASS


def test_a_fault_never_healed_leaves_its_outage_open() -> None:
    run = healthy()
    run.drop_records(kind="fault", state="healing")
    run.drop_records(kind="fault", state="healed")
    late = [row for row in run.ops("purchase") if row["t_intended"] >= VERIFIED]
    assert found(run, CONFIRMED).checked == len(late)


def test_how_long_the_queue_took_is_said() -> None:
    reason = found(healthy(), DRAINED).reason
    assert "6.0 s after healing began" in reason["en"]
    assert "6,0 s después" in reason["es"]
