"""Fixtures of the books: a partner with a book, accounts of both modes."""

import contextlib
import os
from datetime import date
from decimal import Decimal

import psycopg2
import pytest
from moneyed import Money

from accounts.models import Partner
from flowlet.core import actors, clock
from ledger.choices import AccountMode
from ledger.services import accounts, books, charts, journals
from ledger.services.journals import Leg

ACTOR = actors.system("tests")


def new_partner(name):
    return Partner.objects.create(name=name, mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")


@pytest.fixture
def book(db):
    return books.create(partner=new_partner("Acme"), actor=ACTOR, at=clock.now(), opened_on=date(2020, 1, 1))


@pytest.fixture
def second_connection(transactional_db):
    """Another session of the application's role, in a transaction of its own."""
    with contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        yield connection


@pytest.fixture
def wallet(book):
    """Opens customers' accounts: ``wallet()``, ``wallet("JPY")``, ``wallet(funds="10.00")``."""
    return lambda currency="USD", funds="", **kwargs: open_wallet(book, currency, funds, **kwargs)


def open_wallet(book, currency="USD", funds="", floor=Decimal(0)):
    number = book.accounts.count()
    account = accounts.open(
        book_id=book.pk,
        line=charts.CUSTOMER_WALLETS,
        currency=currency,
        mode=AccountMode.STRICT,
        floor=floor,
        code=f"wallet-{number}",
        actor=ACTOR,
        at=clock.now(),
    )
    if funds:
        fund(book, account, funds)
    return account


def cash(book, currency="USD"):
    return accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency=currency, actor=ACTOR, at=clock.now())


def fund(book, account, amount, **kwargs):
    money = Money(amount, account.currency)
    return journals.post(
        book_id=book.pk,
        kind="funding",
        actor=ACTOR,
        legs=[Leg(cash(book, account.currency).pk, "DEBIT", money), Leg(account.pk, "CREDIT", money)],
        **kwargs,
    )


def move(source, target, amount, **kwargs):
    money = Money(amount, source.currency)
    return journals.post(
        book_id=source.book_id,
        kind="transfer",
        actor=ACTOR,
        legs=[Leg(source.pk, "DEBIT", money), Leg(target.pk, "CREDIT", money)],
        **kwargs,
    )
