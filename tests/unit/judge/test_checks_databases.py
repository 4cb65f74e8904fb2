"""What a scenario promises when a database dies: in a run that keeps it, and in each way of breaking it."""

import pytest
from database_run import MARIADB, POSTGRES, RETURNED, database_run, earlier_reads, looks
from in_memory import found
from spoilable_run import BASELINE, EFFECT, HEAL, HEALED, KILL, LOAD_END, RECOVERED, RunFolder, Spoil
from spoils import cases
from tfbench.model import FaultSpec
from tfbench.verdict import Verdict

READABLE = "earlier-tickets-readable"
MOVED = "ticket-reads-moved-to-replica"
BACK = "ticket-reads-returned-to-primary"
PROMOTED = "standby-promoted"
REJOINED = "old-primary-rejoined"
NO_500 = "no-http-500"
IN_FLIGHT = "only-in-flight-lost"
RESUMED = "sale-resumed"
UNDISTURBED = "writes-undisturbed"


def faults_of(name: str) -> tuple[FaultSpec, ...]:
    return POSTGRES if name in (PROMOTED, REJOINED, RESUMED, UNDISTURBED) else MARIADB


SAID = [
    (READABLE, "were read 104 times", "all 90 reads later than 1.5 s"),
    (MOVED, "between 0.20 and 0.35 s", "limit 1.0 s"),
    (BACK, "from 3.0 s after healing began", "del primario, desde 3,0 s"),
    (PROMOTED, "postgres2 was seen leading 1.5 s after the fault; before it, postgres1 led", "después de la falla"),
    (REJOINED, "4.0 s after healing began postgres1 served again and postgres1 was the", "changed 0 times"),
    (NO_500, "none with an HTTP 500", "ninguna con un HTTP 500"),
    (RESUMED, "the first 0.8 s after it", "longest time between two confirmed purchases was 0.2 s"),
    (UNDISTURBED, "none unknown; the slowest took 0.0 s (limit 5 s)", "0,0 s"),
]


@pytest.mark.parametrize(("name", "english", "other"), SAID, ids=[name for name, *_ in SAID])
def test_a_run_that_keeps_it_says_the_numbers(name: str, english: str, other: str) -> None:
    finding = found(database_run(), name, faults_of(name))
    assert finding.verdict is Verdict.PASS, finding.reason
    assert finding.checked > 0
    assert english in finding.reason["en"]
    assert other in finding.reason["en"] + finding.reason["es"]


def test_with_two_standbys_the_lost_node_is_waited_for() -> None:
    run = database_run()
    every_look(KILL, LOAD_END, sync_standby="postgres3")(run)
    probes_say("postgres1", HEAL + 6)(run)
    finding = found(run, REJOINED, POSTGRES)
    assert finding.verdict is Verdict.PASS, finding.reason
    assert "6.0 s after healing began postgres1 served again and postgres3 was" in finding.reason["en"]


def test_a_lost_standby_is_waited_for_too() -> None:
    run = database_run()
    every_look(BASELINE, LOAD_END, leader="postgres1", sync_standby="postgres3")(run)
    run.aim_at("postgres2")
    finding = found(run, REJOINED, POSTGRES)
    assert finding.verdict is Verdict.FAIL, finding.reason
    assert "never seen serving: postgres2" in finding.reason["en"]


def test_what_was_in_flight_is_counted_and_allowed() -> None:
    run = database_run()
    for row in earlier_reads(run, EFFECT, LOAD_END):
        row.update(outcome="ok")
    hold = next(row for row in run.ops("hold") if row["t_start"] > KILL)
    hold.update(outcome="unknown", status=0, error="timeout")
    finding = found(run, IN_FLIGHT)
    assert finding.verdict is Verdict.PASS, finding.violations
    assert "4 got no answer" in finding.reason["en"]


def read_in_outage(**values: object) -> Spoil:
    return lambda run: earlier_reads(run)[20].update(values)


def first_purchase_after(t: float, **values: object) -> Spoil:
    return lambda run: next(row for row in run.ops("purchase") if row["t_start"] > t).update(values)


def every_look(begin: float, end: float, **values: object) -> Spoil:
    return lambda run: [row.update(values) for row in looks(run, begin, end)]


def probes_say(node: str, t: float) -> Spoil:
    """The node's own probe fails until `t`, then passes."""
    return lambda run: [row.update(services={node: "up" if row["t"] >= t else "down"}) for row in looks(run)]


def never_confirmed(run: RunFolder) -> None:
    for row in run.ops("purchase"):
        if EFFECT < row["t_start"] < HEAL:
            row.update(outcome="unknown", read_success=False)


def flapping(run: RunFolder) -> None:
    for row, leader in zip(looks(run, HEALED + 5), ["postgres1", "postgres2"] * 50, strict=False):
        row["leader"] = leader


def never_healed(run: RunFolder) -> None:
    for state in ("healing", "healed", "recovered"):
        run.drop_records(kind="fault", state=state)


BROKEN: list[tuple[str, str, Spoil, str]] = [
    (NO_500, "one page was a 500", read_in_outage(status=500, outcome="unknown"), "1 of"),
    (NO_500, "a try before the last answer was a 500",
     first_purchase_after(KILL, error="status 500; status 503"), "1 of"),
    (READABLE, "a 500, however soon",
     lambda run: earlier_reads(run, KILL)[0].update(status=500), "status=500"),
    (READABLE, "no answer when it should have been settled", read_in_outage(outcome="unknown", status=503), "1 of 104"),
    (READABLE, "not its order", read_in_outage(outcome="fail", error="order not on the page"), "1 of 104"),
    (READABLE, "no PDF of an order that had one",
     lambda run: next(r for r in earlier_reads(run) if r["op"] == "ticket_pdf").update(
         outcome="fail", status=404, error="entrada_en_proceso"), "ticket_pdf"),
    (MOVED, "one came from the primary later", read_in_outage(source="primario"), "1 of"),
    (MOVED, "one came from nowhere later", read_in_outage(source="ninguna"), "fuente=ninguna"),
    (MOVED, "one got no answer later", read_in_outage(source=None, outcome="unknown"), "fuente=null"),
    (BACK, "the last one came from the replica",
     lambda run: max(run.ops("ticket_state"), key=lambda row: float(row["t_start"])).update(source="replica"),
     "does not come from the primary"),
    (PROMOTED, "the same node led on", every_look(KILL, LOAD_END, leader="postgres1"), "no other node"),
    (PROMOTED, "only once it was healed", every_look(KILL, HEAL, leader="postgres1"), "no other node"),
    (PROMOTED, "nobody led until it was healed, and then the same",
     lambda run: [every_look(KILL, HEAL, leader=None)(run), every_look(HEAL, LOAD_END, leader="postgres1")(run)],
     "no other node"),
    (REJOINED, "no standby came", every_look(HEAL, LOAD_END, sync_standby=None), "standby: -"),
    (REJOINED, "another one is synchronous, and the lost one stays away",
     every_look(HEAL, LOAD_END, sync_standby="postgres3"), "never seen serving: postgres1"),
    (REJOINED, "the lost one serves, but nobody may take over", lambda run: [
        every_look(HEAL, LOAD_END, sync_standby=None)(run), probes_say("postgres1", HEALED + 3)(run)], "standby: -"),
    (REJOINED, "leadership went to and fro", flapping, "changed"),
    (RESUMED, "not before it was healed", never_confirmed, "none was confirmed"),
    (UNDISTURBED, "one was slow",
     lambda run: next(r for r in run.ops("hold") if r["t_start"] > KILL).update(t_end=KILL + 9), "1 of"),
    (UNDISTURBED, "one ended unknown", first_purchase_after(KILL, outcome="unknown"), "outcome=unknown"),
    (IN_FLIGHT, "one was lost later", first_purchase_after(EFFECT, outcome="unknown"), "op=purchase"),
    (IN_FLIGHT, "one was refused without a reason",
     first_purchase_after(EFFECT, outcome="fail", status=400, error="falta_clave"), "falta_clave"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "said"), cases(BROKEN))
def test_a_broken_expectation_is_found(name: str, spoil: Spoil, said: str) -> None:
    run = database_run()
    if name == IN_FLIGHT:
        run.operations = [row for row in run.operations if row["arrival"] != "my_tickets"]
    spoil(run)
    finding = found(run, name, faults_of(name))
    assert finding.verdict is Verdict.FAIL, finding.reason
    assert said in "\n".join([finding.reason["en"], *finding.violations])


def only_reads(*kept: tuple[float, float]) -> Spoil:
    def spoil(run: RunFolder) -> None:
        run.operations = [
            row for row in run.operations
            if row["op"] not in ("ticket_state", "ticket_pdf") or any(t0 <= row["t_start"] < t1 for t0, t1 in kept)
        ]  # fmt: skip

    return spoil


def says_no_source(run: RunFolder) -> None:
    for row in run.operations:
        row["source"] = None


def observes_no_leader(run: RunFolder) -> None:
    run.journal = [row for row in run.journal if "leader" not in row]


SILENT: list[tuple[str, str, Spoil, Verdict]] = [
    *((name, "nobody did anything", lambda run: run.operations.clear(), Verdict.NO_DATA)
      for name in (READABLE, MOVED, BACK, NO_500, IN_FLIGHT, RESUMED, UNDISTURBED)),
    *((name, "the fault was never injected", lambda run: run.drop_records(kind="fault"), Verdict.NO_DATA)
      for name in (READABLE, MOVED, BACK, PROMOTED, REJOINED, IN_FLIGHT, RESUMED, UNDISTURBED)),
    *((name, "an older run, whose pages said no source", says_no_source, Verdict.NO_DATA) for name in (MOVED, BACK)),
    *((name, "an older run, without leaders", observes_no_leader, Verdict.NO_DATA) for name in (PROMOTED, REJOINED)),
    (READABLE, "only in the first moment", only_reads((BASELINE, EFFECT + 1)), Verdict.INCONCLUSIVE),
    (READABLE, "the tickets could not be read", lambda run: run.stores.pop("tickets"), Verdict.NO_DATA),
    (MOVED, "nobody read soon enough to tell", only_reads((EFFECT + 3, HEAL)), Verdict.INCONCLUSIVE),
    (BACK, "it never recovered", never_healed, Verdict.NO_DATA),
    (BACK, "nobody read after it recovered", only_reads((BASELINE, RECOVERED)), Verdict.NO_DATA),
    (BACK, "few read after the return", only_reads((BASELINE, RETURNED), (LOAD_END - 0.5, LOAD_END)),
     Verdict.INCONCLUSIVE),
    (PROMOTED, "nobody was seen leading before", every_look(BASELINE, KILL, leader=None), Verdict.NO_DATA),
    (PROMOTED, "nobody was seen leading after", every_look(KILL, LOAD_END, leader=None), Verdict.NO_DATA),
    (PROMOTED, "nobody was seen leading until it was healed", every_look(KILL, HEAL, leader=None),
     Verdict.INCONCLUSIVE),
    (REJOINED, "it was never healed", never_healed, Verdict.NO_DATA),
    (REJOINED, "nobody was seen leading after it", every_look(HEAL, LOAD_END, leader=None), Verdict.NO_DATA),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "verdict"), cases(SILENT))
def test_without_evidence_nothing_passes(name: str, spoil: Spoil, verdict: Verdict) -> None:
    run = database_run()
    spoil(run)
    finding = found(run, name, faults_of(name))
    assert finding.verdict is verdict, finding.reason


def test_a_pdf_not_yet_made_when_the_fault_struck_may_be_missing() -> None:
    run = database_run()
    next(row for row in run.stores["tickets"] if row["orden_id"] == "orden-0000")["pdf_creado_en"] = HEAL + 9
    for row in earlier_reads(run):
        if row["op"] == "ticket_pdf":
            row.update(outcome="fail", status=404, error="entrada_en_proceso")
    assert found(run, READABLE, MARIADB).verdict is Verdict.PASS


def test_a_page_without_a_state_is_counted() -> None:
    run = database_run()
    earlier_reads(run)[20].update(ticket_state="DESCONOCIDO")
    assert "(1 of them without a state to show)" in found(run, READABLE, MARIADB).reason["en"]


def strike_postgres_too(run: RunFolder) -> tuple[FaultSpec, ...]:
    """A second fault, on PostgreSQL, at the same moments."""
    own = [row for row in run.journal if row["kind"] == "fault"]
    run.journal += [row | {"id": "kill-postgres"} for row in own]
    return (*MARIADB, FaultSpec("kill-postgres", "kill", "postgres:primary", ("containers-exited",)))


def test_with_several_faults_a_database_s_check_looks_at_its_own() -> None:
    run = database_run()
    reason = found(run, PROMOTED, strike_postgres_too(run)).reason["en"]
    assert reason.startswith("postgres2 was seen leading")


def test_a_check_of_buyers_looks_at_every_fault_and_says_which() -> None:
    run = database_run()
    finding = found(run, RESUMED, strike_postgres_too(run))
    assert finding.verdict is Verdict.PASS
    assert finding.reason["en"].startswith("kill-app2: While the fault still held")
    assert "kill-postgres: While" in finding.reason["en"]
