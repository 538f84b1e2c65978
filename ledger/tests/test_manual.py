"""Manual journals: made by one, checked by another; remarks; reversals by officers; what a partner's key may post."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from moneyed import Money

from accounts.models import User
from accounts.tests.conftest import actor_for
from flowlet.approvals import registry
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import FourEyesRequired, MayNot
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import actors, clock
from flowlet.core.errors import Invalid
from ledger import errors
from ledger.models import Account, Annotation, Journal
from ledger.selectors import journals as found
from ledger.selectors import position
from ledger.services import accounts, annotations, charts, corrections, manual, partner_journals, periods
from ledger.services.journals import Leg
from ledger.services.partner_journals import AskedJournal, AskedLeg
from ledger.tests.conftest import ACTOR, fund
from ledger.tests.test_reports import both, ledger_account

pytestmark = pytest.mark.django_db
D = Decimal
BANK, COSTS = charts.OPERATING_BANK, charts.PROVIDER_COSTS


@pytest.fixture
def finance(db):
    """Makes members of finance."""
    return lambda name, role="FINANCE": actor_for(
        User.objects.create_user(f"{name}@example.com", name=name, is_staff=True, roles=[role])
    )


@pytest.fixture
def maker(finance):
    return finance("maker")


def costs(book, amount="25.00"):
    money = Money(amount, "USD")
    return [Leg(ledger_account(book, COSTS).pk, "DEBIT", money), Leg(ledger_account(book, BANK).pk, "CREDIT", money)]


def ask(book, maker, **kwargs):
    given = {"legs": costs(book), "description": "Bank fee of May", "reason": "invoice 17"} | kwargs
    return manual.submit(book_id=book.pk, actor=maker, at=clock.now(), **given)


def approve(approval, checker):
    return requests.approve(approval_id=approval.pk, actor=checker, at=clock.now())


def test_a_manual_journal_is_posted_when_another_person_approves(book, maker, finance):
    approval = ask(book, maker, effective_on=date(2020, 5, 4))
    assert Journal.objects.count() == 0
    checker = finance("checker")
    assert approve(approval, checker).status == ApprovalStatus.APPROVED
    journal = Journal.objects.get()
    assert journal.public_id == approval.subject
    assert (journal.kind, journal.effective_on, journal.description) == ("manual", date(2020, 5, 4), "Bank fee of May")
    assert (journal.cause, journal.metadata) == (approval.public_id, {"maker": maker.id, "checker": checker.id})
    legs = found.get(journal_id=journal.pk, book=book).legs
    assert [(leg.account.code, leg.side, leg.amount) for leg in legs] == [(COSTS, "DEBIT", D(25)), (BANK, "CREDIT", D(25))]


def test_the_maker_does_not_check_their_own_journal(book, maker):
    approval = ask(book, maker)
    with pytest.raises(FourEyesRequired):
        approve(approval, maker)
    assert Journal.objects.count() == 0


def test_who_may_not_make_cannot_ask_and_who_may_not_check_cannot_approve(book, maker, finance):
    with pytest.raises(MayNot):
        ask(book, finance("auditor", "AUDITOR"))
    approval = ask(book, maker)
    with pytest.raises(MayNot):
        approve(approval, finance("ops", "OPERATIONS"))
    assert Journal.objects.count() == 0


def test_what_cannot_be_posted_is_not_asked_for(book, maker):
    legs = costs(book)
    with pytest.raises(errors.Unbalanced), transaction.atomic():
        ask(book, maker, legs=[legs[0], Leg(legs[1].account_id, "CREDIT", Money("24.99", "USD"))])
    with pytest.raises(errors.EffectiveDayOutOfRange), transaction.atomic():
        ask(book, maker, effective_on=date(2019, 1, 1))
    assert not Record.objects.filter(target__startswith="apr_").exists()


def test_a_request_waits_when_its_period_was_closed_meanwhile(book, maker, finance):
    approval = ask(book, maker, effective_on=date(2020, 1, 4))
    periods.define_months(book_id=book.pk, through=date(2020, 1, 31), actor=ACTOR, at=clock.now())
    periods.close_through(book_id=book.pk, through=date(2020, 1, 31), soft=False, actor=ACTOR, at=clock.now())
    with pytest.raises(errors.PeriodClosed):
        approve(approval, finance("checker"))
    approval.refresh_from_db()
    assert (approval.status, Journal.objects.count()) == (ApprovalStatus.PENDING, 0)


def test_the_checker_reads_accounts_by_name(book, maker):
    shown = registry.find(manual.KIND).describe(ask(book, maker, effective_on=date(2020, 5, 4)))
    assert shown == {
        "Book": str(book),
        "Effective on": "2020-05-04",
        "Text": "Bank fee of May",
        "1. Debit 5010 Bank and provider costs": "25.00 USD",
        "2. Credit 1020 Operating bank accounts": "25.00 USD",
    }


def test_a_remark_stands_beside_the_journal(book, wallet):
    posted = fund(book, wallet(), "5.00")
    made = annotations.add(journal_id=posted.journal_id, text=" checked with the bank ", actor=ACTOR, at=clock.now())
    assert [(a.text, a.author) for a in found.annotations_of(journal=made.journal)] == [("checked with the bank", "system:tests")]
    for text in ("", " ", "x" * 2001):
        with pytest.raises(Invalid):
            annotations.add(journal_id=posted.journal_id, text=text, actor=ACTOR, at=clock.now())
    with pytest.raises(errors.JournalNotFound):
        annotations.add(journal_id=made.pk, text="x", actor=ACTOR, at=clock.now())
    assert Annotation.objects.count() == 1


def test_an_officer_reverses_what_no_product_owns_once(book):
    posted = both(book, date(2020, 5, 4), COSTS, BANK, "25.00")
    back = corrections.reverse(journal_id=posted.journal_id, reason="wrong month", actor=ACTOR, at=clock.now())
    assert (back.reverses_id, back.description, back.effective_on) == (posted.journal_id, "wrong month", date(2020, 5, 4))
    with pytest.raises(errors.AlreadyReversed):
        corrections.reverse(journal_id=posted.journal_id, reason="again", actor=ACTOR, at=clock.now())
    with pytest.raises(errors.ReversalOfReversal):
        corrections.reverse(journal_id=back.pk, reason="undo", actor=ACTOR, at=clock.now())
    owned = both(book, date(2020, 5, 4), COSTS, BANK, "25.00", cause="trf_x")
    with pytest.raises(errors.JournalOwned):
        corrections.reverse(journal_id=owned.journal_id, reason="no", actor=ACTOR, at=clock.now())
    assert Journal.objects.count() == 3


def test_finds_journals_by_their_metadata(book, wallet):
    a = wallet()
    one = fund(book, a, "1.00", metadata={"order": "A-1", "shop": "berlin"})
    fund(book, a, "1.00", metadata={"order": "A-2", "shop": "berlin"})
    fund(book, a, "1.00")
    search = found.journals_by_metadata
    assert [j.pk for j in search(book=book, metadata={"order": "A-1", "shop": "berlin"})] == [one.journal_id]
    assert search(book=book, metadata={"shop": "berlin"}).count() == 2
    assert not search(book=book, metadata={"order": "A-1", "shop": "paris"}).exists()
    with pytest.raises(Invalid):
        search(book=book, metadata={})


def test_the_position_sets_customers_money_against_safeguarding(book, wallet):
    fund(book, wallet("USD"), "100.00")
    fund(book, wallet("JPY"), "5000")
    both(book, date(2020, 1, 5), BANK, charts.SAFEGUARDING, "1.00")
    shown = [(p.currency, p.customers.amount, p.safeguarded.amount, p.gap.amount) for p in position.by_currency()]
    assert shown == [("JPY", 5000, 5000, 0), ("USD", 100, 99, -1)]
    assert position.by_currency(mode="SANDBOX") == []


def asked(*legs, **kwargs):
    return AskedJournal(
        kind="payout", legs=[AskedLeg(a.uid, side, Money(amount, a.currency)) for a, side, amount in legs], **kwargs
    )


KEY = actors.system("key")


def own_post(book, journal, **kwargs):
    return partner_journals.post(book=book, asked=journal, actor=KEY, at=clock.now(), **kwargs)


def owned_account(book):
    return accounts.open(
        book_id=book.pk,
        line=charts.CUSTOMER_WALLETS,
        currency="USD",
        mode="STRICT",
        code="w",
        owner="wal_1",
        actor=ACTOR,
        at=clock.now(),
    )


def test_a_partner_posts_on_its_own_accounts_and_not_on_a_products(book):
    bank, costs_account, owned = ledger_account(book, BANK), ledger_account(book, COSTS), owned_account(book)
    posted = own_post(book, asked((costs_account, "DEBIT", "3.00"), (bank, "CREDIT", "3.00"), external_id="inv-1"))
    assert Journal.objects.get().external_id == "inv-1"
    assert Record.objects.filter(target=posted.public_id, action="ledger.journal.posted").count() == 1
    with pytest.raises(errors.AccountOwned) as refusal, transaction.atomic():
        own_post(book, asked((bank, "DEBIT", "3.00"), (owned, "CREDIT", "3.00")))
    assert (refusal.value.param, refusal.value.details) == ("legs[1].account_id", {"owner": "wal_1"})
    with pytest.raises(errors.ReservedKind), transaction.atomic():
        own_post(book, AskedJournal(kind="year_close", legs=[]))
    assert Journal.objects.count() == 1
    both(book, date(2020, 1, 1), BANK, owned, "1.00")
    with pytest.raises(errors.AccountOwned), transaction.atomic():
        latest = Journal.objects.order_by("-pk").first()
        partner_journals.reverse(book=book, journal_id=latest.pk, reason="mine", actor=KEY, at=clock.now())


def test_a_batch_refuses_item_by_item_or_as_a_whole(book):
    bank, costs_account, owned = ledger_account(book, BANK), ledger_account(book, COSTS), owned_account(book)
    good = asked((costs_account, "DEBIT", "1.00"), (bank, "CREDIT", "1.00"))
    bad = asked((bank, "DEBIT", "1.00"), (owned, "CREDIT", "1.00"))
    uneven = asked((costs_account, "DEBIT", "1.00"), (bank, "CREDIT", "2.00"))
    batch = {"book": book, "actor": KEY, "at": clock.now()}
    results = partner_journals.post_batch(asked=[bad, good, uneven, good], atomic=False, **batch)
    assert [getattr(r.refusal, "code", None) for r in results] == ["ledger.account_owned", None, "ledger.unbalanced", None]
    assert Journal.objects.count() == 2
    with pytest.raises(errors.BatchRefused) as refusal, transaction.atomic():
        partner_journals.post_batch(asked=[good, bad], atomic=True, **batch)
    assert (refusal.value.details["item"], refusal.value.details["reason"]) == (1, "ledger.account_owned")
    with pytest.raises(errors.BatchTooLarge), transaction.atomic():
        partner_journals.post_batch(asked=[good] * 1001, atomic=True, **batch)
    assert Journal.objects.count() == 2
    assert Account.objects.get(pk=owned.pk).balance.posted == 0
