"""The commands of payments: the screens' services and rights, in the name of a person, by two where two are needed; refusals in words."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.choices import Role
from accounts.models import User
from accounts.services import staff
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from payments.choices import BatchStatus, DisputeState, ExternalAccountStatus, InboundState, PaymentStatus, RecurringStatus
from payments.models import Batch, Dispute, FeeSchedule, InboundFile, InboundItem
from payments.services import disputes, inbound_files, outcomes, settlement
from payments.tests import standings
from payments.tests.bank_files import refusal_of
from payments.tests.test_recurring import run, standing_order
from payments.tests.world import OTHER, STAFF, books_are_sound, fresh_world

S = PaymentStatus
REASON = "the customer's papers are complete"


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def person(db):
    def make(role, email=""):
        email = email or f"{role.lower()}@flowlet.test"
        user = User.objects.create_user(email, name="Somebody", is_staff=True, roles=[role])
        return ("--as", user.email), f"staff:{user.public_id}"

    return make


def call(*arguments):
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def refused(code, *arguments):
    with pytest.raises(CommandError, match=code):
        call(*arguments)


def status(payment):
    payment.refresh_from_db()
    return payment.status


# Payments


def test_a_payment_in_review_is_found_and_released_by_somebody_who_may(world, person):
    by, name = person(Role.COMPLIANCE_OFFICER)
    auditor, _ = person(Role.AUDITOR)
    payment = standings.make(world, S.REVIEW)
    assert call("payments", "list", "--queue", "review", "--mode", "sandbox").startswith(payment.public_id)
    assert call("payments", "list", "--queue", "review") == "Nothing to list.\n"
    shown = call("payments", "show", payment.public_id)
    assert payment.reference in shown and "Looks odd." in shown and "Hopper" not in shown
    release = ("payments", "release", payment.public_id, "--reason", REASON)
    refused("--as", *release)
    refused("payments.decide_payment", *release, *auditor)
    refused("no active member of staff", *release, "--as", "nobody@flowlet.test")
    assert status(payment) == S.REVIEW
    assert "approval" in call(*release, *by)
    assert status(payment) == S.APPROVAL
    record = Record.objects.filter(target=payment.public_id, action="payment.approval").get()
    assert (record.reason, f"staff:{record.actor_id}") == (REASON, name)
    assert record.actor_label.endswith("by command")
    refused("not_in_review", *release, *by)
    approve = ("payments", "approve", payment.public_id)
    refused("four_eyes", *approve, *by)
    second, _ = person(Role.COMPLIANCE_MANAGER)
    assert "held" in call(*approve, *second)
    assert status(payment) == S.HELD


def test_a_reason_has_the_length_that_the_page_asks_for(world, person):
    by, _ = person(Role.COMPLIANCE_OFFICER)
    payment = standings.make(world, S.REVIEW)
    refused("at least 5 characters", "payments", "reject", payment.public_id, "--reason", " x ", *by)
    refused("--reason", "payments", "reject", payment.public_id, *by)
    call("payments", "reject", payment.public_id, "--reason", "no papers came", *by)
    assert (status(payment), payment.reason) == (S.REJECTED, "no papers came")


def test_an_approval_takes_somebody_else_than_who_asked(world, person, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": Decimal(5)}
    maker, _ = person(Role.FINANCE, "maker@flowlet.test")
    checker, name = person(Role.FINANCE, "checker@flowlet.test")
    wallet = world.wallet("100.00")
    actor = staff.acting(email="maker@flowlet.test", permission="payments.decide_payment")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet), actor=actor)
    refused("four_eyes", "payments", "approve", payment.public_id, *maker)
    assert status(payment) == S.APPROVAL
    call("payments", "approve", payment.public_id, *checker)
    assert (status(payment), payment.approved_by) == (S.HELD, name)


def test_what_a_bank_says_is_booked_and_only_with_codes_of_the_rail(world, person):
    by, _ = person(Role.OPERATIONS)
    payment = standings.sent(world)
    call("payments", "settle", payment.public_id, "--reason", "their portal shows it", *by)
    assert status(payment) == S.SETTLED
    refused("no return code", "payments", "return", payment.public_id, "--code", "AC04", *by)
    call("payments", "return", payment.public_id, "--code", "R03", *by)
    assert (status(payment), payment.reason_code) == (S.RETURNED, "R03")
    call("payments", "redeem", payment.public_id, "--reason", "dishonored, R69", *by)
    assert status(payment) == S.SETTLED
    other = standings.sent(world)
    refused("invalid choice", "payments", "fail", other.public_id, "--code", "anything", "--reason", REASON, *by)
    call("payments", "fail", other.public_id, "--code", "bank.refused", "--reason", "they called", *by)
    assert status(other) == S.FAILED
    waits = standings.make(world, S.HELD)
    refused("cannot become", "payments", "settle", waits.public_id, "--reason", "wishful thinking", *by)
    call("payments", "cancel", waits.public_id, "--reason", "the customer asked", *by)
    assert status(waits) == S.CANCELED
    books_are_sound()


@pytest.mark.django_db(transaction=True)
def test_a_provider_is_asked_again_by_command(transactional_db, person):
    world = fresh_world()
    by, name = person(Role.OPERATIONS)
    payment = standings.card_payment(world, fault="LOSE_ANSWER")
    assert payment.status == S.UNKNOWN
    assert "settled" in call("payments", "ask", payment.public_id, *by)
    assert f"staff:{Record.objects.get(action='payment.asked_again').actor_id}" == name


def test_an_id_of_another_kind_is_refused(world, person):
    by, _ = person(Role.COMPLIANCE_OFFICER)
    refused("expected", "payments", "release", "wal_nothing", "--reason", REASON, *by)
    refused("not_found", "payments", "release", Batch().public_id.replace("bat_", "pay_"), "--reason", REASON, *by)


# Files


def test_a_large_file_is_released_by_another_than_who_built_it(world, person, settings, tmp_path):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal(1)}
    maker, _ = person(Role.OPERATIONS, "maker@flowlet.test")
    checker, name = person(Role.FINANCE)
    builder = staff.acting(email="maker@flowlet.test", permission="payments.close_day")
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet))
    settlement.run(at=world.at, actor=builder, early=True, partner_id=world.partner.pk)
    batch = Batch.objects.get()
    assert "two people" in call("payment_files", "list", "--status", "built")
    refused("four_eyes", "payment_files", "release", batch.public_id, *maker)
    call("payment_files", "release", batch.public_id, *checker)
    batch.refresh_from_db()
    assert (batch.status, batch.released_by) == (BatchStatus.RELEASED, name)
    assert "Byte-identical" in call("payment_files", "compare", batch.public_id, *checker)
    call("payment_files", "download", batch.public_id, "--to", tmp_path / "out.ach", "--reason", "the bank asks again", *checker)
    assert (tmp_path / "out.ach").read_bytes().startswith(b"101")
    assert Record.objects.get(action="payments.batch.file_downloaded").reason == "the bank asks again"


@pytest.mark.django_db(transaction=True)
def test_a_released_file_is_delivered_and_the_banks_answer_booked(transactional_db, person, settings):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal(1)}
    world, (by, _) = fresh_world(), person(Role.OPERATIONS)
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    settlement.run(at=world.at, actor=STAFF, early=True, partner_id=world.partner.pk)
    batch = Batch.objects.get()
    refused("illegal_move", "payment_files", "deliver", batch.public_id, *by)
    call("payment_files", "release", batch.public_id, *by)
    assert "delivered" in call("payment_files", "deliver", batch.public_id, *by)
    call("payment_files", "reject", batch.public_id, "--reason", "the file was not readable", *by)
    assert status(payment) == S.FAILED
    assert "the file was not readable" in call("payment_files", "show", batch.public_id)


# Disputes, banks' files, recurring payments, external accounts, fees


def disputed(world):
    payment = standings.card_payment(world)
    outcomes.dispute(
        payment_id=payment.pk, reason_code="fraudulent", due_at=world.at + timedelta(days=2), actor=OTHER, at=world.at
    )
    return Dispute.objects.get(payment=payment)


def test_a_dispute_is_answered_from_a_file_and_ended(world, person, tmp_path):
    by, name = person(Role.OPERATIONS)
    row, path = disputed(world), tmp_path / "evidence.json"
    assert call("disputes", "list").startswith(row.public_id)
    path.write_text("[]")
    refused("an object of texts", "disputes", "answer", row.public_id, "--evidence", path, *by)
    path.write_text(json.dumps({"video": "x"}))
    refused("evidence|invalid", "disputes", "answer", row.public_id, "--evidence", path, *by)
    path.write_text(json.dumps({"uncategorized_text": "Signed for."}))
    call("disputes", "answer", row.public_id, "--evidence", path, *by)
    row.refresh_from_db()
    assert (row.state, row.answered_by, disputes.evidence_of(row)) == (
        DisputeState.ANSWERED,
        name,
        {"uncategorized_text": "Signed for."},
    )
    assert "Signed for" not in call("disputes", "show", row.public_id)
    refused("dispute_answered", "disputes", "accept", row.public_id, "--reason", "too late", *by)
    call("disputes", "won", row.public_id, "--reason", "the acquirer's letter", *by)
    assert status(row.payment) == S.SETTLED
    other = disputed(world)
    call("disputes", "accept", other.public_id, "--reason", "the goods never left", *by)
    assert status(other.payment) == S.RETURNED
    books_are_sound()


def test_what_banks_left_over_is_listed_and_closed(world, person):
    by, name = person(Role.FINANCE)
    auditor, _ = person(Role.AUDITOR)
    file = inbound_files.take(name="answer.xml", content=refusal_of("nobody-1"), actor=STAFF, at=world.at)
    assert "1 pending" in call("bank_files", "list")
    assert call("bank_files", "handle", file.public_id, *by) == "1 unmatched.\n"
    item = InboundItem.objects.get()
    assert call("bank_files", "list", "--left").startswith(item.public_id)
    refused("take_bank_file", "bank_files", "close", item.public_id, "--reason", "seen to", *auditor)
    call("bank_files", "close", item.public_id, "--reason", "not one of ours", *by)
    item.refresh_from_db()
    assert (item.state, item.handled_by) == (InboundState.CLOSED, name)
    assert "1 closed" in call("bank_files", "show", InboundFile.objects.get().public_id)


def test_a_recurring_payment_is_paused_resumed_and_ended(world, person):
    by, _ = person(Role.OPERATIONS)
    row = standing_order(world, world.wallet("15.00"))
    run(world, days=1)
    assert "every day" in call("recurring_payments", "list")
    for word, state in (("pause", RecurringStatus.PAUSED), ("resume", RecurringStatus.ACTIVE), ("end", RecurringStatus.ENDED)):
        call("recurring_payments", word, row.public_id, "--reason", "the customer asked", *by)
        row.refresh_from_db()
        assert row.status == state
    assert "insufficient" in call("recurring_payments", "show", row.public_id)
    refused("illegal", "recurring_payments", "pause", row.public_id, "--reason", "the customer asked", *by)


def test_an_external_account_is_blocked_and_its_mandate_revoked(world, person):
    by, _ = person(Role.COMPLIANCE_OFFICER)
    account = world.bank(world.wallet(), relation="OWN")
    mandate = world.ach_mandate(account)
    call("external_accounts", "block", account.public_id, "--reason", "stolen papers", *by)
    assert "stolen papers" in call("external_accounts", "list", "--status", "blocked")
    call("external_accounts", "revoke-mandate", mandate.public_id, "--reason", "the holder wrote", *by)
    shown = call("external_accounts", "show", account.public_id)
    assert "revoked" in shown and "Hopper" not in shown
    call("external_accounts", "unblock", account.public_id, "--reason", "papers were found", *by)
    account.refresh_from_db()
    assert account.status == ExternalAccountStatus.ACTIVE


def test_fees_are_asked_for_and_take_two_people(world, person):
    by, _ = person(Role.OPERATIONS)
    other, _ = person(Role.FINANCE)
    terms = json.dumps({"tiers": [{"flat": "0.30", "basis_points": "290"}]})
    refused("--withdraw", "fees", "request", "USD", "--reason", "new contract", *by)
    refused("no JSON", "fees", "request", "USD", "--terms", "{", "--reason", "new contract", *by)
    asked = call("fees", "request", "usd", "--rail", "ach", "--terms", terms, "--reason", "new contract", *by)
    approval = Approval.objects.get()
    assert approval.public_id in asked and "another person" in asked
    assert approval.public_id in call("approvals", "list")
    refused("four_eyes|another person", "approvals", "approve", approval.public_id, *by)
    done = call("approvals", "approve", approval.public_id, *other)
    assert "approved and carried out" in done and "another person" not in done
    assert FeeSchedule.objects.get().currency == "USD"
    assert "USD" in call("fees", "list")


def test_limits_of_a_rail_are_asked_for_and_take_two_people(world, person):
    by, _ = person(Role.OPERATIONS)
    request = ("rail_limits", "request", "ach", "out", "usd", "--reason", "new contract", *by)
    refused("--withdraw", *request)
    refused("--withdraw", *request, "--maximum", "10", "--withdraw")
    asked = call(*request, "--maximum", "500.00", "--customer-daily-count", "3")
    assert Approval.objects.get().public_id in asked
    assert Approval.objects.get().public_id in call("approvals", "list")
    assert call("rail_limits", "list") == "Nothing to list.\n"  # nothing counts before another person approved
    other, _ = person(Role.COMPLIANCE_MANAGER)
    call("approvals", "approve", Approval.objects.get().public_id, *other)
    assert "maximum 500.00, customer daily count 3" in call("rail_limits", "list")
