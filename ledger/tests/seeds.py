"""How the things behind the example ids of the API are made."""

from datetime import date
from decimal import Decimal

from moneyed import Money

from accounts.models import Partner
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from ledger.api.rates import RATE, name_of
from ledger.models import Account, Book, Rate
from ledger.services import accounts, books, charts, journals, rates
from ledger.services.journals import Leg

DAY = date(2026, 1, 15)


def book_of(tenant: Tenant) -> Book:
    """The tenant's book, open since long before the examples."""
    partner = Partner.objects.get(pk=tenant.partner_id)
    book = books.create(partner=partner, actor=tenant.actor, at=tenant.at, opened_on=date(2025, 1, 1))
    if book.opened_on > DAY:  # another seed opened it
        book.opened_on = date(2025, 1, 1)
        book.save(update_fields=["opened_on"])
    return book


def _account(tenant: Tenant, line: str) -> Account:
    return accounts.system_account(book_id=book_of(tenant).pk, line=line, currency="USD", actor=tenant.actor, at=tenant.at)


def _post(tenant: Tenant, debit: str, credit: str, amount: str) -> str:
    money = Money(amount, "USD")
    legs = [Leg(_account(tenant, debit).pk, "DEBIT", money), Leg(_account(tenant, credit).pk, "CREDIT", money)]
    posted = journals.post(
        book_id=book_of(tenant).pk,
        legs=legs,
        kind="supplier_invoice",
        actor=tenant.actor,
        effective_on=DAY,
        description="Bank fees of January",
        metadata={"invoice": "2026-17"},
    )
    return posted.public_id


@seed(example_id("acc"))
def bank(tenant: Tenant) -> str:
    """The operating bank account, with capital on it."""
    _post(tenant, charts.OPERATING_BANK, charts.SHARE_CAPITAL, "50000.00")
    return _account(tenant, charts.OPERATING_BANK).public_id


@seed(example_id("bok"))
def book(tenant: Tenant) -> str:
    """The tenant's book, with capital and a fee."""
    _post(tenant, charts.OPERATING_BANK, charts.SHARE_CAPITAL, "50000.00")
    _post(tenant, charts.PROVIDER_COSTS, charts.OPERATING_BANK, "410.75")
    return book_of(tenant).public_id


@seed(example_id("acc", 2))
def costs(tenant: Tenant) -> str:
    """Bank and provider costs."""
    return _account(tenant, charts.PROVIDER_COSTS).public_id


@seed(example_id("jrn"), fresh=True)
def journal(tenant: Tenant) -> str:
    """Bank fees."""
    tenant.id(example_id("acc"))
    return _post(tenant, charts.PROVIDER_COSTS, charts.OPERATING_BANK, "410.75")


@seed(RATE["id"])
def rate(tenant: Tenant) -> str:
    """The European Central Bank's rate of the day."""
    new = rates.NewRate(base="EUR", quote="USD", valid_on=DAY, rate=Decimal("1.0866"))
    rates.add(rates=[new], source="ECB", at=tenant.at)
    return name_of(Rate.objects.get(base="EUR", quote="USD", valid_on=DAY, source="ECB"))


@seed("EURUSD")
def pair(tenant: Tenant) -> str:
    """A pair that has a rate."""
    tenant.id(RATE["id"])
    return "EURUSD"
