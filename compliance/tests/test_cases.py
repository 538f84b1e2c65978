"""Cases: they gather alerts, customers and payments, freeze and release, and end with two people where a report is due."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from moneyed import Money

from accounts.choices import Role
from accounts.models import Partner, User
from accounts.services import customers
from compliance import errors, events
from compliance.choices import AlertState, CaseOutcome, CaseState
from compliance.models import Alert, Case, CaseFreeze, CaseTask, NoteCall, WorkFile, WorkNote
from compliance.models.case import TWO_PEOPLE
from compliance.policies import cases as policies
from compliance.services import alerts, cases, decisions, queues, work_notes
from compliance.states import CASE_MOVES
from compliance.tests.alert_world import AT, SYSTEM, person, world
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Forbidden, FourEyesRequired, Invalid, NotFound
from flowlet.core.reasons import ReasonTooLong
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from ledger import errors as documents
from payments.choices import Rail
from payments.services import receipts
from wallets.choices import WalletStatus
from wallets.errors import FreezeIsKept, FrozenByPlatform
from wallets.models import Wallet
from wallets.services import wallets

NOW = AT + timedelta(hours=5)


@pytest.fixture
def here(db):
    return world()


@pytest.fixture
def ada(db):
    return person("ada")


@pytest.fixture
def ben(db):
    return person("ben")


def user(actor):
    return User.fetch(actor.id)


def opened(here, actor, *made):
    made = made or (here.alert(priority=70),)
    return cases.open_case(title="Money in and out", alert_ids=[alert.pk for alert in made], actor=actor, at=NOW)


def test_what_is_said_at_the_end_is_kept_whole_or_refused(here, ada):
    alert = here.alert()
    case = opened(here, ada, alert)
    decide(alert, ada)
    told = {"case_id": case.pk, "outcome": "NO_SUSPICION", "actor": ada, "at": NOW}
    with pytest.raises(ReasonTooLong, match="2000 characters; these are 2001"):
        cases.close(words="y" * 2001, **told)
    assert cases.close(words="y" * 2000, **told).words == "y" * 2000


def decide(alert, actor):
    return alerts.decide(alert_id=alert.pk, disposition="FALSE_POSITIVE", reason_code="USUAL_BEHAVIOUR", actor=actor, at=NOW)


def settled(here, actor):
    """A case whose alert is decided."""
    alert = here.alert()
    decide(alert, actor)
    return opened(here, actor, alert)


def ended(case, actor, outcome="REPORT"):
    return cases.close(case_id=case.pk, outcome=outcome, words="Nothing explains it", actor=actor, at=NOW)


def test_a_case_gathers_alerts_and_their_customers_and_is_as_urgent_as_the_most_urgent(here, ada):
    other = here.new_customer(name="Grace Hopper")
    first, second = here.alert(priority=70), here.alert("x", customer_id=other.pk, priority=90)
    case = opened(here, ada, first, second)
    case.refresh_from_db()
    assert (case.priority, case.state, case.assignee, case.due_at) == (90, CaseState.OPEN, user(ada), NOW + timedelta(days=30))
    assert {subject.customer_id for subject in case.subjects.all()} == {here.customer.pk, other.pk}
    assert queues.next_item(queue="alerts", actor=ada, at=NOW) is None, "its alerts are decided within it"
    assert queues.next_item(queue="cases", actor=ada, at=NOW).pk == case.pk


def test_a_closed_alert_joins_a_case_and_stays_as_it_was_decided(here, ada):
    case = opened(here, ada)
    closed = decide(here.alert("x", scenario="old", priority=99), ada)
    cases.add_alert(case_id=case.pk, alert=closed.public_id, actor=ada, at=NOW)
    closed.refresh_from_db()
    assert (closed.case_id, closed.state, closed.disposition) == (case.pk, AlertState.CLOSED, "FALSE_POSITIVE")
    assert Case.objects.get().priority == 99
    assert not list(decisions.differences())


def test_refuses_alerts_of_another_partner_or_case_or_none(here, ada):
    case = opened(here, ada)
    partner = Partner.objects.create(name="Other", mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")
    strange = customers.create(partner_id=partner.pk, kind="PERSON", country="US", name="Eve", actor=SYSTEM, at=AT)
    theirs = here.alert("t", partner_id=partner.pk, customer_id=strange.pk)
    for refused in (theirs, case.alerts.get()):
        with pytest.raises(errors.CaseMixed):
            opened(here, ada, here.alert("y", scenario=f"fresh-{refused.pk}"), refused)
    with pytest.raises(errors.AlertNotFound):
        cases.open_case(title="x", alert_ids=[here.partner.pk], actor=ada, at=NOW)
    with pytest.raises(Invalid):
        cases.open_case(title=" ", alert_ids=[theirs.pk], actor=ada, at=NOW)
    assert Case.objects.count() == 1


def test_without_a_report_one_person_closes_it(here, ada):
    done = ended(settled(here, ada), ada, "NO_SUSPICION")
    assert (done.state, done.checked_by) == (CaseState.CLOSED, "")
    assert not list(decisions.differences())


def test_with_a_report_it_takes_two_and_no_event_leaves(here, ada, ben):
    case = ended(settled(here, ada), ada)
    assert case.state == CaseState.PROPOSED
    with pytest.raises(FourEyesRequired):
        cases.confirm(case_id=case.pk, actor=ada, at=NOW)
    assert queues.next_item(queue="closings", actor=ada, at=NOW) is None
    assert queues.next_item(queue="closings", actor=ben, at=NOW).pk == case.pk
    done = cases.confirm(case_id=case.pk, actor=ben, at=NOW)
    assert (done.state, done.decided_by, done.checked_by) == (CaseState.CLOSED, str(ada), str(ben))
    assert not Event.objects.filter(subject=case.public_id).exists()
    told = [f"{record.after}{record.reason}" for record in Record.objects.filter(target=case.public_id)]
    assert not any("REPORT" in text for text in told), "the audit is read by people who may not know"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"checked_by": "self"}, "case_is_checked_by_another_person"),
        ({}, "case_that_needs_two_people_had_them"),
        ({"outcome": "NO_SUSPICION"}, "what was proposed stays"),
    ],
)
def test_the_database_refuses_self_approval_of_a_report_by_shell(here, ada, written, named):
    case = ended(settled(here, ada), ada)
    written = {name: str(ada) if value == "self" else value for name, value in written.items()}
    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state="CLOSED", closed_at=NOW, **written)


def test_the_database_refuses_that_one_person_ends_a_relationship(here, ada):
    case = settled(here, ada)
    ends = {"outcome": "ENDED", "words": "no more", "decided_by": str(ada), "decided_at": NOW}
    with pytest.raises(IntegrityError, match="case_that_needs_two_people_had_them"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state="CLOSED", closed_at=NOW, **ends)


def test_two_people_are_needed_where_the_constraint_of_cases_says_so():
    assert (
        {found for found in CaseOutcome if policies.needs_two(found)}
        == {CaseOutcome.REPORT, CaseOutcome.ENDED}
        == set(TWO_PEOPLE)
    )


@pytest.mark.parametrize(
    "deed",
    [
        lambda case, actor: ended(case, actor, "NO_SUSPICION"),
        lambda case, actor: cases.escalate(case_id=case.pk, reason="see", actor=actor, at=NOW),
    ],
    ids=["close", "escalate"],
)
def test_what_somebody_else_has_open_is_not_ended_until_the_lock_runs_out(here, ada, ben, deed):
    case = settled(here, ada)
    queues.hold(item_id=case.pk, model=Case, actor=ada, at=NOW)
    with pytest.raises(errors.ItemTaken), transaction.atomic():
        deed(case, ben)
    case.refresh_from_db()
    assert (case.state, case.outcome) == (CaseState.OPEN, "")
    deed(case, ada)


def test_a_closed_case_is_final(here, ada):
    case = ended(settled(here, ada), ada, "WATCHED")
    with pytest.raises(IntegrityError, match="a decision is final"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(words="other")
    for deed in (
        lambda: cases.narrate(case_id=case.pk, text="more", actor=ada, at=NOW),
        lambda: ended(case, ada),
        lambda: cases.escalate(case_id=case.pk, reason="see", actor=ada, at=NOW),
    ):
        with pytest.raises(IllegalMove):
            deed()


def test_the_second_person_sends_it_back(here, ada, ben):
    case = ended(settled(here, ada), ada)
    back = cases.send_back(case_id=case.pk, reason="The account of March is missing", actor=ben, at=NOW)
    assert (back.state, back.outcome, back.decided_by) == (CaseState.OPEN, "", "")


def test_it_is_not_closed_while_an_alert_is_open_or_a_task_not_done(here, ada):
    case = opened(here, ada)
    with pytest.raises(errors.CaseNotDone):
        ended(case, ada, "NO_SUSPICION")
    decide(case.alerts.get(), ada)
    task = cases.add_task(case_id=case.pk, text="Ask for the invoice", due_on=NOW.date(), person=user(ada), actor=ada, at=NOW)
    with pytest.raises(errors.CaseNotDone):
        ended(case, ada, "NO_SUSPICION")
    cases.finish_task(task_id=task.pk, actor=ada, at=NOW)
    assert CaseTask.objects.get().done_by == str(ada)
    with pytest.raises(errors.CaseNotDone):
        cases.finish_task(task_id=task.pk, actor=ada, at=NOW)
    assert ended(case, ada, "NO_SUSPICION").state == CaseState.CLOSED


def test_refuses_a_task_without_words_or_with_a_day_that_is_over(here, ada):
    case = opened(here, ada)
    for wrong in ({"text": " ", "due_on": NOW.date()}, {"text": "x", "due_on": NOW.date() - timedelta(days=1)}):
        with pytest.raises(Invalid):
            cases.add_task(case_id=case.pk, **wrong, actor=ada, at=NOW)


def test_what_is_escalated_waits_for_managers(here, ada):
    case = opened(here, ada)
    cases.escalate(case_id=case.pk, reason="Too large for me", actor=ada, at=NOW)
    assert queues.next_item(queue="cases", actor=ada, at=NOW) is None
    boss = person("boss", Role.COMPLIANCE_MANAGER)
    assert queues.next_item(queue="cases", actor=boss, at=NOW).pk == case.pk


@pytest.mark.parametrize(
    ("deed", "state"),
    [
        (lambda case, actor: cases.send_back(case_id=case.pk, reason="You can do it", actor=actor, at=NOW), CaseState.OPEN),
        (lambda case, actor: ended(case, actor, "NO_SUSPICION"), CaseState.CLOSED),
        (ended, CaseState.PROPOSED),
    ],
    ids=["send back", "close", "propose"],
)
def test_what_was_escalated_is_a_managers_to_end_or_to_hand_back(here, ada, deed, state):
    case, boss = settled(here, ada), person("boss", Role.COMPLIANCE_MANAGER)
    cases.escalate(case_id=case.pk, reason="Too large for me", actor=ada, at=NOW)
    with pytest.raises(Forbidden, match="a manager decides it or hands it back"):
        deed(case, ada)
    assert deed(case, boss).state == state
    assert not list(decisions.differences())
    if state == CaseState.OPEN:
        with pytest.raises(IllegalMove):
            deed(case, boss)
        assert queues.next_item(queue="cases", actor=ada, at=NOW).pk == case.pk


def test_case_moves_are_those_of_the_database(here):
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'compliance_case_guard'")
        text = cursor.fetchone()[0]
    for state, targets in CASE_MOVES.items():
        if targets:
            listed = text.partition(f"WHEN '{state}' THEN '{{")[2].partition("}")[0].split(",")
            assert set(listed) == set(targets)


def test_the_narrative_is_sealed_and_told_by_version(here, ada):
    case = opened(here, ada)
    for text in ("First", "Ada Lovelace got 9,900 USD"):
        cases.narrate(case_id=case.pk, text=text, actor=ada, at=NOW)
    case.refresh_from_db()
    assert (cases.narrative_of(case), case.version) == ("Ada Lovelace got 9,900 USD", 2)
    assert b"Lovelace" not in bytes(case.sealed)
    records = Record.objects.filter(target=case.public_id, action=events.CASE_NARRATED)
    assert [record.after["version"] for record in records.order_by("id")] == [1, 2]


# Freezing


@pytest.fixture
def purse(here):
    customers.set_kyc_tier(customer_id=here.customer.pk, kyc_tier="PREMIUM", reason="papers", actor=SYSTEM, at=AT)
    return wallets.create(partner_id=here.partner.pk, customer_id=here.customer.pk, currency="USD", actor=SYSTEM, at=AT)


def status(wallet):
    return Wallet.objects.values_list("status", flat=True).get(pk=wallet.pk)


def test_what_a_case_froze_is_released_by_two(here, ada, ben, purse):
    case = opened(here, ada)
    assert cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW) == 1
    assert status(purse) == WalletStatus.FROZEN
    with pytest.raises(errors.CaseNotDone):
        cases.release(case_id=case.pk, reason="please", actor=ben, at=NOW)
    assert cases.ask_release(case_id=case.pk, reason="Explained by the invoice", actor=ada, at=NOW) == 1
    with pytest.raises(FourEyesRequired):
        cases.release(case_id=case.pk, reason="please", actor=ada, at=NOW)
    assert status(purse) == WalletStatus.FROZEN
    assert cases.release(case_id=case.pk, reason="I agree", actor=ben, at=NOW) == 1
    assert status(purse) == WalletStatus.OPEN


def test_what_a_case_froze_is_not_lifted_by_one_past_the_case(here, ada, ben, purse):
    case = opened(here, ada)
    cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW)
    with pytest.raises(FreezeIsKept), transaction.atomic():
        wallets.unfreeze(wallet_id=purse.pk, reason="past the case", actor=ben, at=NOW)
    assert status(purse) == WalletStatus.FROZEN


def test_a_case_freezes_over_a_partners_freeze_which_the_partner_then_cannot_lift(here, ada, purse):
    partner = Actor(kind=ActorKind.API_KEY, id="key_1", label="key")
    wallets.freeze(wallet_id=purse.pk, reason="Phone stolen", actor=partner, at=NOW)
    assert cases.freeze(case_id=opened(here, ada).pk, reason="Money leaves today", actor=ada, at=NOW) == 1
    with pytest.raises(FrozenByPlatform), transaction.atomic():
        wallets.unfreeze(wallet_id=purse.pk, reason="Phone found", actor=partner, at=NOW)


@pytest.mark.parametrize("before", [["partner"], ["staff"], ["partner", "staff"]], ids=" and ".join)
def test_a_release_lifts_the_cases_own_freeze_and_each_who_froze_before_lets_go_of_theirs(here, ada, ben, purse, before):
    partner = Actor(kind=ActorKind.API_KEY, id="key_1", label="key")
    who = {"partner": (partner, "PARTNER"), "staff": (ben, "PLATFORM")}
    for name in before:
        wallets.freeze(wallet_id=purse.pk, reason=f"The {name} says so", actor=who[name][0], at=NOW)
    case = opened(here, ada)
    assert cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW) == 1
    cases.ask_release(case_id=case.pk, reason="Explained by the invoice", actor=ada, at=NOW)
    cases.release(case_id=case.pk, reason="I agree", actor=ben, at=NOW)
    for name in reversed(before):
        purse.refresh_from_db()
        assert (purse.status, purse.freeze_origin, purse.freeze_reason) == ("FROZEN", who[name][1], f"The {name} says so")
        assert purse.account.status == "FROZEN"
        wallets.unfreeze(wallet_id=purse.pk, reason="It is over", actor=who[name][0], at=NOW)
    purse.refresh_from_db()
    assert (purse.status, purse.freeze_reason, purse.partner_freeze_reason, purse.staff_freeze_reason) == ("OPEN", "", "", "")


def test_what_two_cases_froze_stays_frozen_until_both_released_it(here, ada, ben, purse):
    first, second = opened(here, ada), opened(here, ada, here.alert("y", scenario="fan_in"))
    for case in (first, second):
        assert cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW) == 1
        assert cases.freeze(case_id=case.pk, reason="Once more", actor=ada, at=NOW) == 0
    for case, after in ((first, WalletStatus.FROZEN), (second, WalletStatus.OPEN)):
        cases.ask_release(case_id=case.pk, reason="Explained by the invoice", actor=ada, at=NOW)
        assert cases.release(case_id=case.pk, reason="I agree", actor=ben, at=NOW) == 1
        assert status(purse) == after


def test_the_database_refuses_a_release_by_one(here, ada, purse):
    case = opened(here, ada)
    cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW)
    cases.ask_release(case_id=case.pk, reason="Explained", actor=ada, at=NOW)
    with pytest.raises(IntegrityError, match="frozen_wallet_is_released_by_two"), transaction.atomic():
        CaseFreeze.objects.update(released_by=str(ada), released_at=NOW)


@pytest.mark.parametrize(
    ("asked", "written", "says"),
    [
        (False, {"asked_by": "staff:usr_other", "released_by": "ada", "released_at": NOW}, "released without being asked for"),
        (True, {"asked_by": "staff:usr_other", "released_by": "ada", "released_at": NOW}, "stays as it was"),
        (True, {"asked_by": ""}, "stays as it was"),
        (False, {"frozen_at": AT}, "stays as it was"),
    ],
)
def test_the_database_refuses_a_release_that_nobody_else_asked_for(here, ada, purse, asked, written, says):
    case = opened(here, ada)
    cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW)
    if asked:
        cases.ask_release(case_id=case.pk, reason="Explained", actor=ada, at=NOW)
    written = {name: str(ada) if value == "ada" else value for name, value in written.items()}
    with pytest.raises(IntegrityError, match=says), transaction.atomic():
        CaseFreeze.objects.update(**written)


def test_a_freeze_begins_without_a_release_and_is_never_deleted(here, ada, purse):
    case = opened(here, ada)
    cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW)
    with pytest.raises(IntegrityError, match="freezes are kept"), transaction.atomic():
        CaseFreeze.objects.all()._raw_delete("default")
    ready = {"asked_by": "staff:usr_a", "released_by": "staff:usr_b", "released_at": NOW}
    with pytest.raises(IntegrityError, match="begins without a release"), transaction.atomic():
        CaseFreeze.objects.create(case=case, wallet=purse, frozen_by=str(ada), frozen_at=NOW, **ready)


@pytest.mark.parametrize(
    "written",
    [{"status": "OPEN", "freeze_reason": "", "freeze_origin": "", "freeze_is_kept": False}, {"freeze_is_kept": False}],
    ids=["opened", "let go"],
)
def test_the_database_opens_no_wallet_that_a_case_holds(here, ada, ben, purse, written):
    case = opened(here, ada)
    cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW)
    cases.ask_release(case_id=case.pk, reason="Explained", actor=ada, at=NOW)
    with pytest.raises(IntegrityError, match="frozen by a case until two people release it"), transaction.atomic():
        Wallet.objects.filter(pk=purse.pk).update(**written)
    cases.release(case_id=case.pk, reason="I agree", actor=ben, at=NOW)
    assert status(purse) == WalletStatus.OPEN


# Notes and files


def test_a_note_is_sealed_and_calls_colleagues_until_they_have_seen_it(here, ada, ben):
    alert = here.alert()
    made = work_notes.note(item=alert, text="See @ben and @ada@flowlet.test: Grace Hopper's account", actor=ada, at=NOW)
    made.refresh_from_db()
    assert work_notes.text_of(made).endswith("Grace Hopper's account")
    assert b"Hopper" not in bytes(made.sealed)
    assert {call.user for call in made.calls.all()} == {user(ada), user(ben)}
    assert work_notes.see(item=alert, person=user(ben), at=NOW) == 1
    assert list(NoteCall.objects.filter(seen_at=None).values_list("user", flat=True)) == [user(ada).pk]


@pytest.mark.parametrize("text", ["@nobody look", "@auditor look", " ", "x" * 4001])
def test_refuses_a_note_that_calls_nobody_or_says_nothing(here, ada, text):
    person("auditor", Role.AUDITOR)
    with pytest.raises(Invalid):
        work_notes.note(item=here.alert(), text=text, actor=ada, at=NOW)
    assert not WorkNote.objects.exists()


def test_a_file_is_sealed_kept_once_and_taken_out_with_a_reason(here, ada):
    case = opened(here, ada)
    made = work_notes.attach(item=case, name="../invoice", content=b"%PDF-1.7 x", actor=ada, at=NOW)
    assert (made.name, made.type) == ("invoice.pdf", "application/pdf")
    with pytest.raises(documents.DocumentKnown):
        work_notes.attach(item=case, name="again.pdf", content=b"%PDF-1.7 x", actor=ada, at=NOW)
    with pytest.raises(documents.DocumentNotTaken):
        work_notes.attach(item=case, name="x.exe", content=b"MZ\x00\x01", actor=ada, at=NOW)
    found = work_notes.take_out(file_id=made.pk, reason="For the report", actor=ada, at=NOW)
    assert found.content == b"%PDF-1.7 x"
    assert Record.objects.get(action=events.FILE_TAKEN_OUT).reason == "For the report"


def test_notes_and_files_are_kept_as_they_were(here, ada):
    alert = here.alert()
    work_notes.note(item=alert, text="A note", actor=ada, at=NOW)
    work_notes.attach(item=alert, name="a.txt", content=b"text", actor=ada, at=NOW)
    for spoil in (
        lambda: WorkNote.objects.update(author="staff:usr_x"),
        lambda: WorkFile.objects.update(name="x"),
        lambda: WorkFile.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="is kept"), transaction.atomic():
            spoil()


def test_a_process_opens_no_case_and_writes_no_note(here):
    alert = here.alert()
    for deed in (lambda: opened(here, SYSTEM, alert), lambda: work_notes.note(item=alert, text="x", actor=SYSTEM, at=NOW)):
        with pytest.raises(Forbidden):
            deed()
    assert Alert.objects.get().case_id is None


def test_a_payment_and_its_customer_join(here, ada, purse):
    paid = receipts.take_in(
        partner_id=here.partner.pk,
        rail=Rail.WIRE,
        amount=Money("4.00", "USD"),
        wallet_id=purse.pk,
        provider="bank",
        provider_reference="told once",
        actor=SYSTEM,
        at=NOW,
    )
    case = opened(here, ada, here.alert(customer_id=None))
    cases.add_payment(case_id=case.pk, payment=paid.public_id, actor=ada, at=NOW)
    assert set(case.subjects.values_list("customer", "payment")) == {(here.customer.pk, None), (None, paid.pk)}


def test_a_customer_joins_without_an_alert_and_is_frozen_with_the_case(here, ada, purse):
    other = here.new_customer(name="Grace Hopper")
    case = opened(here, ada, here.alert(customer_id=other.pk))
    for _ in range(2):
        cases.add_customer(case_id=case.pk, customer=f" {here.customer.public_id} ", actor=ada, at=NOW)
    assert set(case.subjects.values_list("customer", flat=True)) == {here.customer.pk, other.pk}
    told = Record.objects.filter(target=case.public_id, action=events.CASE_GREW).latest("id")
    assert told.after["customer"] == here.customer.public_id
    assert cases.freeze(case_id=case.pk, reason="Money leaves today", actor=ada, at=NOW) == 1
    assert status(purse) == WalletStatus.FROZEN


def test_refuses_a_customer_of_another_partner_or_none(here, ada):
    case = opened(here, ada)
    partner = Partner.objects.create(name="Other", mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")
    strange = customers.create(partner_id=partner.pk, kind="PERSON", country="US", name="Eve", actor=SYSTEM, at=AT)
    for named in (strange.public_id, "cus_1", "nonsense"):
        with pytest.raises(NotFound):
            cases.add_customer(case_id=case.pk, customer=named, actor=ada, at=NOW)
    assert case.subjects.count() == 1
