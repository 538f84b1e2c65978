"""The accounting equation after every operation: whatever is posted, reversed, backdated or closed, the reports foot and agree."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moneyed import Money

from accounts.models import Partner
from flowlet.core import clock
from ledger import errors
from ledger.choices import AccountType
from ledger.models import Entry, Journal
from ledger.selectors import reports
from ledger.services import books, charts, journals, periods
from ledger.services.journals import Leg
from ledger.tests.conftest import ACTOR
from ledger.tests.test_reports import ledger_account

LINES = [line.code for line in charts.STANDARD]
TODAY = date(2026, 3, 31)
amounts = st.integers(1, 10_000_000).map(lambda cents: Decimal(cents) / 100)
posting = st.tuples(
    st.just("post"),
    st.sampled_from(LINES),
    st.sampled_from(LINES),
    amounts,
    st.sampled_from(["USD", "EUR"]),
    st.dates(date(2024, 6, 1), TODAY),
)
operation = st.one_of(
    posting,
    posting,
    posting,
    st.tuples(st.just("reverse"), st.integers(0, 30)),
    st.tuples(st.just("close"), st.sampled_from([2024, 2025])),
)


def perform(book, step):
    """One operation; what the books refuse leaves nothing."""
    try:
        with transaction.atomic():
            if step[0] == "post":
                _, debit, credit, amount, currency, day = step
                money = Money(amount, currency)
                legs = [
                    Leg(ledger_account(book, debit, currency).pk, "DEBIT", money),
                    Leg(ledger_account(book, credit, currency).pk, "CREDIT", money),
                ]
                journals.post(book_id=book.pk, legs=legs, kind="step", actor=ACTOR, effective_on=day)
            elif step[0] == "reverse":
                found = list(Journal.objects.filter(book=book).order_by("pk").values_list("pk", flat=True))
                if found:
                    journals.reverse(book_id=book.pk, journal_id=found[step[1] % len(found)], actor=ACTOR, reason="step")
            else:
                periods.close_year(book_id=book.pk, year=step[1], actor=ACTOR, at=clock.now())
    except (
        errors.AlreadyReversed,
        errors.ReversalOfReversal,
        errors.NothingToClose,
        errors.YearAlreadyClosed,
        errors.PeriodOutOfOrder,
    ):
        pass


def naive(book, on, types, currency):
    """Debits less credits of the entries themselves."""
    rows = Entry.objects.filter(account__book=book, account__line__type__in=types, currency=currency, effective_on__lte=on)
    return sum((amount if side == "DEBIT" else -amount for side, amount in rows.values_list("side", "amount")), Decimal(0))


def check(book):
    for on in (date(2024, 12, 31), date(2025, 7, 1), TODAY):
        sheet = reports.balance_sheet(book=book, on=on)
        assert sheet.foots, sheet.gaps
        assert reports.trial_balance(book=book, on=on).foots
        for currency in sheet.currencies:
            assert sheet.row("total_assets", currency).amounts[0] == naive(book, on, [AccountType.ASSET], currency)
            assert sheet.row("total_liabilities", currency).amounts[0] == -naive(book, on, [AccountType.LIABILITY], currency)
            assert sheet.row("total_assets", currency).amounts == sheet.row("total_liabilities_and_equity", currency).amounts
    for first, last in (
        (date(2024, 6, 1), date(2024, 12, 31)),
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), TODAY),
    ):
        assert reports.cash_flow(book=book, first=first, last=last).foots
        assert reports.trial_balance(book=book, on=last, since=first).foots


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(operation, min_size=1, max_size=12))
def test_assets_equal_liabilities_equity_and_earnings_after_every_operation(db, steps):
    with transaction.atomic():
        partner = Partner.objects.create(name="Any", mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")
        book = books.create(partner=partner, actor=ACTOR, at=clock.now(), opened_on=date(2024, 1, 1))
        for step in steps:
            perform(book, step)
            check(book)
        transaction.set_rollback(True)
