"""Money that somebody wants back: ours recalled in time, theirs decided by an officer, each moving money once."""

import re
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.choices import Role
from accounts.models import User
from flowlet.audit.models import Record
from flowlet.core import ids
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from payments import errors
from payments.choices import InboundState, PaymentStatus, Rail, RecallState
from payments.models import Payment, Recall
from payments.policies import recalls as policies
from payments.providers.iso20022 import recalls as messages
from payments.providers.iso20022 import reports
from payments.providers.iso20022.parts import Agent
from payments.providers.iso20022.recalls import Answer, Original, Verdict
from payments.services import files, outcomes, recall_rows, recalls, settlement, simulations
from payments.states import RECALL_MOVES
from payments.tests.external.test_api import Caller
from payments.tests.test_deposits import another, declared, entry, heard, instruction, notice, part, received, states
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world

D, S, R, I = Decimal, PaymentStatus, RecallState, InboundState  # noqa: E741


@pytest.fixture
def world(db):
    return fresh_world()


def sent(world, rail=Rail.SEPA_CT, *, settled=True, **account):
    wallet = world.wallet("500.00", currency="EUR" if rail == Rail.SEPA_CT else "USD")
    payment = world.pay(wallet, "100.00", rail=rail, to=world.bank(wallet, **{"iban": rail == Rail.SEPA_CT} | account))
    settlement.run(at=world.at, actor=STAFF, early=True)
    if settled:
        world.act(outcomes.settle, payment)
    payment.refresh_from_db()
    return payment


def asked(world, payment, reason="DUPL", **options):
    return recalls.request(payment_id=payment.pk, reason=reason, **{"actor": STAFF, "at": world.at} | options)


def answer_to(row, verdict, *, reason=""):
    original = Original(message_id="M", message="pacs.008.001.08", end_to_end_id=row.payment.reference)
    bank = Agent(bic="COBADEFFXXX")
    said = Answer(
        id="A-1",
        case_id=row.case_id,
        assigner=bank,
        assignee=bank,
        creator=bank,
        verdict=verdict,
        original=original,
        reason=reason,
    )
    return messages.write_answer(answer=said, created_at=row.created_at).content


# We ask


@pytest.mark.parametrize("rail", [Rail.SEPA_CT, Rail.WIRE])
def test_a_payment_that_has_left_is_recalled_by_a_message_that_names_it(world, rail):
    payment = sent(world, rail)
    row = asked(world, payment, note="Sent twice")
    assert (row.state, row.direction, row.amount, row.message) == (R.REQUESTED, "OUT", D(100), "camt.056.001.08")
    [said] = messages.requests(recalls.content_of(row))
    original = said.recall.original
    assert (said.recall.case_id, said.recall.reason, said.recall.note) == (row.case_id, "DUPL", "Sent twice")
    assert (original.end_to_end_id, original.message_id) == (payment.reference, files.message_of(payment.batch))
    assert original.uetr == (files.uetr_of(payment) if rail == Rail.WIRE else "")
    assert (recalls.deliver_due(at=world.at, actor=STAFF), recalls.deliver_due(at=world.at, actor=STAFF)) == (1, 0)
    row.refresh_from_db()
    assert (row.state, row.delivered_to) == (R.SENT, f"sandbox:{row.file_name}")
    assert payment.status == S.SETTLED


def test_a_wire_abroad_is_asked_back_from_the_bank_that_sent_it_on(world, settings):
    payment = sent(world, Rail.WIRE, iban="DE89370400440532013000", currency="USD")
    [said] = messages.requests(recalls.content_of(asked(world, payment)))
    assert said.recall.assignee == Agent(aba=settings.SANDBOX_IDENTITY["wire"]["correspondent"])


def test_a_grant_moves_no_money_and_the_return_does(world):
    payment = sent(world)
    row = asked(world, payment)
    recalls.deliver_due(at=world.at, actor=STAFF)
    assert states(heard(world, answer_to(row, Verdict.GRANTED))) == [(I.HANDLED, "")]
    row.refresh_from_db()
    payment.refresh_from_db()
    assert (row.state, payment.status) == (R.ACCEPTED, S.SETTLED)
    world.act(outcomes.return_, payment, reason_code="FOCR")
    assert world.funds(payment.wallet)[0] == D("500.00")
    books_are_sound()


def test_money_that_comes_back_is_a_grant_whatever_was_said(world):
    payment = sent(world)
    row = asked(world, payment)
    recalls.deliver_due(at=world.at, actor=STAFF)
    heard(world, answer_to(row, Verdict.REFUSED, reason="NOAS"))
    row.refresh_from_db()
    assert (row.state, row.answer_code) == (R.REFUSED, "NOAS")
    world.act(outcomes.return_, payment, reason_code="FOCR")
    row.refresh_from_db()
    assert row.state == R.ACCEPTED


def test_an_answer_that_decides_nothing_leaves_the_recall_waiting(world):
    row = asked(world, sent(world))
    recalls.deliver_due(at=world.at, actor=STAFF)
    assert states(heard(world, answer_to(row, Verdict.PENDING))) == [(I.HANDLED, "")]
    odd = answer_to(row, Verdict.PENDING).replace(b"<Conf>PDCR", b"<Conf>XXXX")
    assert states(heard(world, odd)) == [(I.REFUSED, "payments.inbound_needs_person")]
    row.refresh_from_db()
    assert row.state == R.SENT


def test_an_answer_to_what_nobody_asked_is_left_over(world):
    payment = sent(world)
    row = Recall(payment=payment, case_id="ELSE", created_at=world.at)
    assert states(heard(world, answer_to(row, Verdict.GRANTED))) == [(I.UNMATCHED, "payments.inbound_unmatched")]


def test_an_answer_with_the_case_of_one_payment_and_the_name_of_another_grants_neither(world):
    row, other = asked(world, sent(world)), sent(world)
    recalls.deliver_due(at=world.at, actor=STAFF)
    told = answer_to(Recall(payment=other, case_id=row.case_id, created_at=world.at), Verdict.GRANTED)
    assert states(heard(world, told)) == [(I.UNMATCHED, "payments.inbound_unmatched")]
    row.refresh_from_db()
    assert row.state == R.SENT


def test_a_payment_has_one_recall_at_a_time(world):
    payment = sent(world)
    row = asked(world, payment)
    with pytest.raises(errors.RecallUnderWay) as refused:
        asked(world, payment, "FRAD")
    assert refused.value.details == {"recall": row.public_id}


def test_a_payment_whose_file_waits_for_a_second_person_is_not_recalled(world, settings):
    settings.FILE_TWO_PEOPLE_ABOVE = {"EUR": D("1.00")}
    waits = sent(world, settled=False)
    assert (waits.status, waits.batch.status) == (S.SUBMITTED, "BUILT")
    with pytest.raises(errors.NotRecallable, match="has not left"):
        asked(world, waits)


def test_what_has_not_left_or_came_in_is_not_recalled(world):
    ach, wrong = sent(world, Rail.ACH, settled=False), sent(world)
    wallet = world.wallet("500.00", currency="EUR")
    held = world.pay(wallet, "10.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True))
    credit = world.credit(wallet, "10.00", name="C-1", rail=Rail.SEPA_CT, currency="EUR")
    for payment in (held, credit, ach):
        with pytest.raises(errors.NotRecallable):
            asked(world, payment)
    with pytest.raises(Invalid):
        asked(world, wrong, "WHY")
    with pytest.raises(Invalid):
        asked(world, wrong, note="ü" * 3)
    assert Recall.objects.count() == 0


@pytest.mark.parametrize(("reason", "days"), [("DUPL", 30), ("TECH", 30), ("FRAD", 420), ("CUST", 420)])
def test_a_recall_has_its_time(world, reason, days):
    payment = sent(world)
    until = policies.latest(payment, reason=reason)
    late = world.at + timedelta(days=days)
    with pytest.raises(errors.RecallTooLate) as refused:
        asked(world, payment, reason, at=late)
    assert refused.value.details == {"until": str(until)}
    if reason in {"FRAD", "CUST"}:
        asked(world, payment, reason, at=world.at + timedelta(days=30))


def test_ten_banking_days_and_thirteen_months_are_counted_from_the_execution(world):
    payment = sent(world)
    payment.value_on = payment.value_on.replace(year=2026, month=12, day=22)
    assert str(policies.latest(payment, reason="DUPL")) == "2027-01-07"  # 25 December, 1 January and weekends do not count
    assert str(policies.latest(payment, reason="FRAD")) == "2028-01-22"


def test_a_recall_that_nobody_answers_lapses_and_can_still_be_granted(world):
    row = asked(world, sent(world))
    recalls.deliver_due(at=world.at, actor=STAFF)
    later = world.at + timedelta(days=40)
    assert recalls.lapse_due(at=world.at, actor=STAFF) == 0
    assert (recalls.lapse_due(at=later, actor=STAFF), recalls.lapse_due(at=later, actor=STAFF)) == (1, 0)
    assert recalls.answered(recall_id=row.pk, verdict=Verdict.GRANTED, actor=STAFF, at=later).state == R.ACCEPTED


# The sandbox's bank answers


def simulated(world, row, answer, **options):
    return simulations.answer_recall(
        **{"recall_id": row.pk, "partner_id": world.partner.pk, "answer": answer, "actor": KEY, "at": world.at} | options
    )


@pytest.mark.parametrize("rail", [Rail.SEPA_CT, Rail.WIRE])
@pytest.mark.parametrize("settled", [True, False])
def test_the_sandbox_grants_a_recall_and_the_money_comes_back_once(world, rail, settled):
    payment = sent(world, rail, settled=settled)
    row = asked(world, payment)
    for _ in range(2):
        assert simulated(world, row, "GRANT").state == R.ACCEPTED
    payment.refresh_from_db()
    row.refresh_from_db()
    assert (payment.status, payment.reason_code, row.delivered_to) == (S.RETURNED, "FOCR", f"sandbox:{row.file_name}")
    assert world.funds(payment.wallet) == (D("500.00"), D(0))
    with pytest.raises(IllegalMove):
        simulated(world, row, "REFUSE", code="CUST")
    books_are_sound()


def test_the_sandbox_refuses_a_recall_and_may_grant_it_after_all(world):
    payment = sent(world)
    row = asked(world, payment)
    refused = simulated(world, row, "REFUSE", code="LEGL")
    payment.refresh_from_db()
    assert (refused.state, refused.answer_code, payment.status) == (R.REFUSED, "LEGL", S.SETTLED)
    assert simulated(world, row, "GRANT").state == R.ACCEPTED
    payment.refresh_from_db()
    assert payment.status == S.RETURNED


def test_the_sandbox_lets_a_recalls_time_pass(world):
    payment = sent(world)
    row = asked(world, payment)
    assert simulated(world, row, "NO_ANSWER").state == R.LAPSED
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert simulated(world, row, "REFUSE", code="NOAS").state == R.REFUSED


def test_a_partner_recalls_a_payment_and_gets_it_back_with_what_curl_can_do(world):
    payment, caller = sent(world), Caller(world.partner)
    made = caller.post(f"payments/{payment.public_id}/recall", {"reason": "DUPL"})
    path = f"simulations/recalls/{made.json()['id']}/answer"
    refused = caller.post(path, {"answer": "REFUSE"})
    assert (refused.status_code, refused.json()["param"]) == (400, "code")
    granted = caller.post(path, {"answer": "GRANT"})
    assert (granted.status_code, granted.json()["state"]) == (200, "ACCEPTED")
    back = caller.get(f"payments/{payment.public_id}").json()
    assert (back["status"], back["reason_code"]) == ("RETURNED", "FOCR")


@pytest.mark.parametrize(("answer", "code"), [("REFUSE", ""), ("REFUSE", "WHY"), ("GRANT", "CUST"), ("NO_ANSWER", "CUST")])
def test_a_simulated_refusal_has_a_code_and_nothing_else_has(world, answer, code):
    row = asked(world, sent(world))
    with pytest.raises(Invalid):
        simulated(world, row, answer, code=code)
    row.refresh_from_db()
    assert (row.state, row.delivered_at) == (R.REQUESTED, None)


def test_what_a_bank_asks_for_is_not_answered_by_a_simulation(world):
    deposit(world)
    heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))
    with pytest.raises(Invalid):
        simulated(world, Recall.objects.get(), "GRANT")
    with pytest.raises(errors.RecallNotFound):
        simulated(world, Recall.objects.get(), "GRANT", partner_id=another().partner.pk)


# They ask


def wanted(world, names, amount, currency="EUR", *, case="CASE-1", reason="FRAD"):
    original = Original(message_id="M-1", message="pacs.008.001.08", amount=None, **names)
    bank, us = Agent(bic="COBADEFFXXX"), Agent(bic="KREDBEBB")
    asks = messages.Recall(id="R-1", case_id=case, assigner=bank, assignee=us, original=original, reason=reason)
    content = messages.write(recall=asks, created_at=world.at).content
    figure = f'<OrgnlIntrBkSttlmAmt Ccy="{currency}">{amount}</OrgnlIntrBkSttlmAmt><CxlRsnInf>'.encode()
    return content.replace(b"<CxlRsnInf>", figure, 1)


def deposit(world, amount="120.50", **options):
    wallet = world.wallet(currency="EUR")
    declared(world)
    heard(world, notice(entry(world, amount, part(text=instruction(world, wallet).reference, e2e="PAYER-7"))))
    return Payment.objects.get(kind="DEPOSIT")


def test_a_bank_that_wants_a_deposit_back_waits_for_an_officer(world):
    paid = deposit(world)
    assert states(heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))) == [(I.HANDLED, "")]
    [row] = Recall.objects.all()
    assert (row.state, row.direction, row.payment, row.case_id, row.reason_code) == (R.RECEIVED, "IN", paid, "CASE-1", "FRAD")
    assert world.funds(paid.wallet)[0] == D("120.50")
    again = wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50").replace(b"R-1", b"R-2")
    assert states(heard(world, again)) == [(I.HANDLED, "")]
    assert Recall.objects.count() == 1


def test_a_yes_returns_the_deposit_and_is_answered(world, iso20022_data):
    paid = deposit(world)
    heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))
    row = recalls.accept(recall_id=Recall.objects.get().pk, actor=STAFF, at=world.at)
    paid.refresh_from_db()
    assert (row.state, paid.status, paid.reason_code) == (R.ACCEPTED, S.RETURNED, "FOCR")
    assert world.funds(paid.wallet)[0] == 0
    [said] = messages.answers(recalls.content_of(row))
    assert (row.message, said.verdict, said.case_id) == ("camt.029.001.09", Verdict.GRANTED, "CASE-1")
    assert said.original.end_to_end_id == "PAYER-7"
    with pytest.raises(errors.RecallAnswered):
        recalls.accept(recall_id=row.pk, actor=STAFF, at=world.at)
    taken = entry(world, "120.50", part(e2e="PAYER-7", code="FOCR"), name="BACK-1", mark="DBIT")
    assert states(heard(world, notice(taken, number=2))) == [(I.HANDLED, "")]
    assert recalls.deliver_due(at=world.at, actor=STAFF) == 1
    books_are_sound()


def test_a_no_keeps_the_deposit_and_says_why(world):
    paid = deposit(world)
    heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))
    row = Recall.objects.get()
    with pytest.raises(Invalid):
        recalls.refuse(recall_id=row.pk, code="WHY", actor=STAFF, at=world.at)
    row = recalls.refuse(recall_id=row.pk, code="LEGL", note="Court order", actor=STAFF, at=world.at)
    paid.refresh_from_db()
    assert (row.state, paid.status, world.funds(paid.wallet)[0]) == (R.REFUSED, S.SETTLED, D("120.50"))
    [said] = messages.answers(recalls.content_of(row))
    assert (said.verdict, said.reasons[0].code, said.reasons[0].note) == (Verdict.REFUSED, "LEGL", "Court order")


def test_what_was_spent_already_is_owed(world):
    paid = deposit(world)
    world.pay(paid.wallet, "100.00", rail=Rail.SEPA_CT, to=world.bank(paid.wallet, iban=True))
    settlement.run(at=world.at, actor=STAFF, early=True)
    heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))
    recalls.accept(recall_id=Recall.objects.get().pk, actor=STAFF, at=world.at)
    assert (world.funds(paid.wallet)[0], world.lines()["1210"]) == (D(0), D("100.00"))
    books_are_sound()


@pytest.mark.parametrize(
    ("names", "amount", "state", "code"),
    [
        ({"end_to_end_id": "OTHER"}, "120.50", I.UNMATCHED, "payments.inbound_unmatched"),
        ({"end_to_end_id": "PAYER-7"}, "120.51", I.UNMATCHED, "payments.inbound_unmatched"),
    ],
)
def test_a_request_for_what_never_came_is_left_over(world, names, amount, state, code):
    deposit(world)
    assert states(heard(world, wanted(world, names, amount))) == [(state, code)]
    assert Recall.objects.count() == 0


# A wire goes back


def test_a_wire_to_us_goes_back_by_pacs_004(world, iso20022_data):
    wallet = world.wallet()
    declared(world, currency="USD", identification="000123456789")
    heard(world, received(world, instruction(world, wallet).reference))
    paid = Payment.objects.get(kind="DEPOSIT")
    row = recalls.send_back(payment_id=paid.pk, code="AC04", note="Account closed", actor=STAFF, at=world.at)
    paid.refresh_from_db()
    assert (row.state, row.message, paid.status, paid.reason_code) == (R.ACCEPTED, "pacs.004.001.10", S.RETURNED, "AC04")
    [back] = reports.returns(recalls.content_of(row))
    assert (back.uetr, back.end_to_end_id, back.message_id) == (paid.provider_reference, "E2E-1", "20261123B1QDRCQR000001")
    assert (str(back.amount.amount), back.reasons[0].code, back.reasons[0].note) == ("510000.74", "AC04", "Account closed")
    assert world.funds(wallet)[0] == 0
    with pytest.raises(errors.NotRecallable):
        recalls.send_back(payment_id=paid.pk, code="AC04", actor=STAFF, at=world.at)
    books_are_sound()


def test_a_recalled_wire_is_found_by_its_uetr_and_goes_back(world):
    wallet = world.wallet()
    declared(world, currency="USD", identification="000123456789")
    heard(world, received(world, instruction(world, wallet).reference))
    paid = Payment.objects.get(kind="DEPOSIT")
    heard(world, wanted(world, {"uetr": paid.provider_reference}, "510000.74", "USD"))
    with pytest.raises(errors.RecallUnderWay):
        recalls.send_back(payment_id=paid.pk, code="AC04", actor=STAFF, at=world.at)
    row = recalls.accept(recall_id=Recall.objects.get().pk, actor=STAFF, at=world.at)
    [back] = reports.returns(recalls.content_of(row))
    assert (row.message, back.reasons[0].code, back.uetr) == ("pacs.004.001.10", "FOCR", paid.provider_reference)


def test_only_a_wire_of_its_own_is_sent_back_by_us(world):
    paid = deposit(world)
    with pytest.raises(errors.NotRecallable):
        recalls.send_back(payment_id=paid.pk, code="AC04", actor=STAFF, at=world.at)
    with pytest.raises(Invalid):
        recalls.send_back(payment_id=paid.pk, code="R03", actor=STAFF, at=world.at)
    paid.refresh_from_db()
    assert (paid.status, Recall.objects.count()) == (S.SETTLED, 0)


# Rows and commands


def test_the_database_keeps_the_table_and_what_was_asked(world):
    row = asked(world, sent(world))
    text = (Path(__file__).parents[1] / "migrations" / "recalls.sql").read_text()
    kept = {before: set(after.split(",")) for before, after in re.findall(r"WHEN '([A-Z]+)' THEN '\{([A-Z,]*)\}'", text)}
    assert kept == {before.value: {after.value for after in onward} for before, onward in RECALL_MOVES.items() if onward}
    with pytest.raises(IntegrityError, match="REQUESTED cannot become LAPSED"), transaction.atomic():
        Recall.objects.filter(pk=row.pk).update(state=R.LAPSED, ended_at=world.at)
    with pytest.raises(IntegrityError, match="asked and sent is fixed"), transaction.atomic():
        Recall.objects.filter(pk=row.pk).update(amount=D(1))
    with pytest.raises(IllegalMove):
        recall_rows.move(row, R.LAPSED, actor=STAFF, at=world.at)


def told(*arguments):
    out = StringIO()
    call_command("recall", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_officers_work_by_command_too(world):
    paid = deposit(world)
    heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))
    row = Recall.objects.get()
    ada = User.objects.create_user("ada@example.com", name="Ada", is_staff=True, roles=[Role.OPERATIONS])
    eve = User.objects.create_user("eve@example.com", name="Eve", is_staff=True, roles=[Role.AUDITOR])
    assert told("list") == f"{row.public_id}  {paid.public_id}  120.50 EUR  FRAD  RECEIVED  due {row.due_on}\n"
    assert row.case_id in told("show", row.public_id)
    refuse = ("refuse", row.public_id, "--code", "NOAS")
    for who, words in (("nobody@example.com", "no active member of staff"), (eve.email, r"takes payments\.book_outcome")):
        with pytest.raises(CommandError, match=words):
            told(*refuse, "--as", who)
    with pytest.raises(CommandError, match="--as"):
        told(*refuse)
    row.refresh_from_db()
    assert row.state == R.RECEIVED
    assert told(*refuse, "--note", "No answer", "--as", ada.email).endswith(f"FRAD  REFUSED  due {row.due_on}\n")
    row.refresh_from_db()
    assert (row.state, row.answer_code, row.answer_note, row.decided_by) == (
        R.REFUSED,
        "NOAS",
        "No answer",
        f"staff:{ada.public_id}",
    )
    assert Record.objects.filter(target=row.public_id).latest("id").actor_label == "Operations, by command"
    with pytest.raises(CommandError, match=r"payments\.recall_answered"):
        told("accept", row.public_id, "--as", ada.email)
    assert told("list") == ""


def test_the_database_takes_no_digest_without_the_message(world):
    row = asked(world, sent(world))
    assert row.sealed is not None
    digest, name = row.digest, row.file_name
    row.pk, row.payment, row.sealed = ids.uuid7(), sent(world), None
    with pytest.raises(IntegrityError, match="nothing that it is of"), transaction.atomic():
        row.save(force_insert=True)
    row.digest = row.file_name = ""
    row.save(force_insert=True)
    with pytest.raises(IntegrityError, match="what was asked and sent is fixed"), transaction.atomic():
        Recall.objects.filter(pk=row.pk).update(digest=digest, file_name=name)


def test_what_has_left_is_asked_for_and_a_deposit_given_back_by_command(world):
    ada = User.objects.create_user("ada@example.com", name="Ada", is_staff=True, roles=[Role.OPERATIONS])
    payment = sent(world)
    assert " DUPL  REQUESTED " in told("request", payment.public_id, "--code", "DUPL", "--as", ada.email)
    assert Recall.objects.get().created_by == f"staff:{ada.public_id}"
    with pytest.raises(CommandError, match=r"payments\.recall_under_way"):
        told("request", payment.public_id, "--code", "DUPL", "--as", ada.email)
    paid = deposit(world)
    heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))
    told("accept", Recall.objects.get(state=R.RECEIVED).public_id, "--as", ada.email)
    paid.refresh_from_db()
    assert paid.status == S.RETURNED
    with pytest.raises(CommandError, match=r"payments\.not_recallable"):
        told("send-back", paid.public_id, "--code", "AC04", "--as", ada.email)
    books_are_sound()
