"""Business days: closed when all is explained, refused with words when not, reopened by two people."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from accounts.choices import Role
from accounts.models import User
from accounts.services import staff
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import FourEyesRequired
from flowlet.core.money import Money
from flowlet.events.models import Event
from ledger.errors import PeriodClosed
from ledger.events import ENTRIES_MATCHED, ENTRIES_UNMATCHED
from ledger.models import Book, Break, Match, ReconciliationItem
from ledger.services import accounts, breaks, charts, journals, matches
from ledger.services.journals import Leg
from payments import errors, handlers
from payments.choices import DayStatus, PaymentKind, Rail
from payments.models import BusinessDay, Payment
from payments.services import days, outcomes, sandbox_statements, settlement
from payments.tests.world import OTHER, STAFF, books_are_sound, fresh_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


def book_of(world):
    return Book.objects.get(partner=world.partner)


def yesterday(world):
    return world.at.date() - timedelta(days=1)


def funded(world, amount="100.00"):
    """A wallet whose money came in yesterday."""
    wallet, book = world.wallet(), book_of(world)
    bank = accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency="USD", actor=STAFF, at=world.at)
    value = Money(amount, "USD")
    journals.post(
        book_id=book.pk,
        legs=[Leg(bank.pk, "DEBIT", value), Leg(wallet.account_id, "CREDIT", value)],
        kind="funding",
        actor=STAFF,
        effective_on=yesterday(world),
    )
    return wallet


def state(world, **options):
    return sandbox_statements.state(
        **{"partner_id": world.partner.pk, "currency": "USD", "actor": STAFF, "at": world.at} | options
    )


def close(world, **options):
    return days.close(**{"book_id": book_of(world).pk, "day": yesterday(world), "actor": STAFF, "at": clock.now()} | options)


def test_a_day_whose_bank_is_not_reconciled_stays_open_and_says_so(world):
    funded(world)
    with pytest.raises(errors.DayNotReady, match="1010 USD is not reconciled with any bank account") as refusal:
        close(world)
    row = BusinessDay.objects.get()
    assert (row.status, row.missing) == (DayStatus.OPEN, refusal.value.details["missing"])
    assert [step["step"] for step in row.steps if not step["is_done"]] == ["prove"]


def test_a_proven_day_is_closed_sealed_and_takes_no_more_postings(world):
    wallet = funded(world)
    assert state(world, on=yesterday(world)).lines == 1
    row = close(world)
    assert (row.status, row.missing, len(row.head)) == (DayStatus.CLOSED, [], 64)
    assert close(world).runs == 1
    with pytest.raises(PeriodClosed):
        world.send(wallet, world.wallet(), "1.00", effective_on=yesterday(world))
    world.send(wallet, world.wallet(), "1.00")
    books_are_sound()


def test_a_break_without_owner_keeps_the_day_open_until_somebody_takes_it(world):
    funded(world)
    state(world, on=yesterday(world), extra=[(Money("-4.50", "USD"), "bank fee")])
    with pytest.raises(errors.DayNotReady, match="1 break has no owner"):
        close(world)
    person = staff.create_staff(email="f@example.com", name="F", roles=[Role.FINANCE], actor=STAFF, at=world.at).user
    for one in Break.objects.all():
        breaks.assign(break_id=one.pk, owner=person, actor=STAFF, at=world.at)
    assert close(world).status == DayStatus.CLOSED


def test_a_day_that_is_not_over_is_not_closed(world):
    world.wallet()
    with pytest.raises(errors.DayNotOver):
        close(world, day=world.at.date())


def test_reopening_takes_two_people_and_lets_postings_in_again(world):
    wallet = funded(world)
    state(world, on=yesterday(world))
    row = close(world)
    first, second = (
        staff.create_staff(email=f"{name}@example.com", name=name, roles=[Role.FINANCE], actor=STAFF, at=world.at).user
        for name in "ab"
    )
    one, other = (Actor(kind=ActorKind.STAFF, id=user.public_id, label="finance") for user in (first, second))
    approval = days.request_reopening(day_id=row.pk, reason="late invoice", actor=one, at=world.at)
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=approval.pk, actor=one, at=world.at)
    requests.approve(approval_id=approval.pk, actor=other, at=world.at)
    row.refresh_from_db()
    assert row.status == DayStatus.REOPENED
    world.send(wallet, world.wallet(), "1.00", effective_on=yesterday(world))
    assert close(world).status == DayStatus.CLOSED


def test_the_command_answers_in_json_and_exits_with_one_when_refused(world, capsys):
    funded(world)
    with pytest.raises(SystemExit):
        call_command("close_day", "--json")
    told = {line["book"]: line for line in json.loads(capsys.readouterr().out)["days"]}
    assert "1010 USD" in told[book_of(world).public_id]["missing"][0]
    state(world, on=yesterday(world))
    call_command("close_day", book_of(world).public_id, "--json")
    assert json.loads(capsys.readouterr().out)["days"][0]["status"] == "CLOSED"


def test_a_day_is_closed_in_a_persons_name_and_asked_to_reopen_by_them(world):
    funded(world)
    state(world, on=yesterday(world))
    people = {
        role: User.objects.create_user(f"{role.lower()}@example.com", name=role, is_staff=True, roles=[role]) for role in Role
    }
    auditor, finance = people[Role.AUDITOR], people[Role.FINANCE]
    book, day = book_of(world).public_id, yesterday(world).isoformat()
    with pytest.raises(CommandError, match=r"takes payments\.close_day"):
        call_command("close_day", book, "--as", auditor.email)
    assert not BusinessDay.objects.exists()
    call_command("close_day", book, "--as", finance.email)
    row = BusinessDay.objects.get()
    assert (row.status, row.closed_by) == (DayStatus.CLOSED, f"staff:{finance.public_id}")
    record = Record.objects.get(action="payments.day.closed", target=row.public_id)
    assert (record.actor_id, record.actor_label) == (finance.public_id, "Finance, by command")
    asking = ("reopen_day", book, day, "--reason", "late invoice", "--as")
    with pytest.raises(CommandError, match=r"takes payments\.request_day_reopening"):
        call_command(*asking, auditor.email)
    with pytest.raises(CommandError, match="was never closed"):
        call_command("reopen_day", book, "2020-01-01", "--reason", "late invoice", "--as", finance.email)
    assert not Approval.objects.exists()
    call_command(*asking, finance.email)
    approval = Approval.objects.get()
    assert (approval.subject, approval.maker_id, approval.reason) == (row.public_id, finance.public_id, "late invoice")


def test_a_payment_is_matched_with_the_sandbox_banks_line_by_its_reference(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", kind=PaymentKind.TRANSFER, rail=Rail.ACH, to=world.bank(wallet))
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, payment)
    stated = state(world)
    assert (stated.lines, sum(stated.result.matched.values())) == (2, 2)
    assert stated.statement.closing == Decimal(70)
    assert state(world, left_out=0).lines == 0


def test_what_is_posted_for_the_day_after_it_was_proven_keeps_it_open(world):
    funded(world)
    state(world, on=yesterday(world))

    def told(step):
        if step == "seal":
            funded(world, "7.00")

    with pytest.raises(errors.DayNotReady, match="-7.00 USD are explained by nothing"):
        close(world, told=told)
    row = BusinessDay.objects.get()
    assert (row.status, [step["step"] for step in row.steps if not step["is_done"]]) == (DayStatus.OPEN, ["close"])
    funded(world, "1.00")  # the day still takes postings


def test_a_proof_is_what_the_ledger_says_in_whatever_order_it_is_told(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, payment)

    def told():
        return list(Event.objects.filter(type__in=[ENTRIES_MATCHED, ENTRIES_UNMATCHED]).order_by("id"))

    def hear(*news):
        for event in news:
            (handlers.reconciled if event.type == ENTRIES_MATCHED else handlers.unreconciled)(event)
        payment.refresh_from_db()
        return payment.reconciled_on

    state(world)
    [first] = [event for event in told() if event.type == ENTRIES_MATCHED]
    assert hear(first) == world.at.date()
    [match] = Match.objects.filter(items__journal_id=payment.journal_id).distinct()
    matches.undo(match_id=match.pk, reason="the wrong one", actor=STAFF, at=world.at)
    undone = told()[-1]
    assert hear(undone, first) is None  # the first is told again after the second
    members = list(
        ReconciliationItem.objects.filter(pk__in=Match.objects.get(pk=match.pk).former_items).values_list("pk", flat=True)
    )
    matches.make(bank_account_id=match.bank_account_id, item_ids=members, reason="the right one", actor=STAFF, at=world.at)
    assert hear(told()[-1], undone) == world.at.date()


@pytest.mark.parametrize(("back", "is_in_the_way"), [(timedelta(days=1), True), (timedelta(0), False)])
def test_a_file_that_nobody_released_keeps_the_day_of_its_cut_off_open_and_no_other(world, settings, back, is_in_the_way):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal(5)}
    wallet = funded(world)
    state(world, on=yesterday(world))
    made = world.pay(wallet, "10.00", to=world.bank(wallet))
    cutoff = world.at - back
    Payment.objects.filter(pk=made.pk).update(cutoff_at=cutoff)
    (key,) = settlement.run(at=cutoff, actor=STAFF, partner_id=world.partner.pk).waiting_keys
    if not is_in_the_way:
        assert close(world).status == DayStatus.CLOSED
        return
    with pytest.raises(errors.DayNotReady, match="Files that wait for a second person to release them: 1."):
        close(world)
    settlement.release(batch_id=key, actor=OTHER, at=world.at)
    assert close(world).status == DayStatus.CLOSED
