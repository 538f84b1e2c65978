"""How the things behind the example ids of the API are made."""

from datetime import date
from decimal import Decimal

from moneyed import Money

from accounts.models import Partner
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from ledger.api.rates import RATE, name_of
from ledger.models import Account, BankAccount, BankStatement, Book, Break, Rate
from ledger.services import accounts, bank_accounts, bank_statements, books, charts, journals, rates, reconciliation
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


def _reconciled(tenant: Tenant) -> BankAccount:
    """The operating bank account with a statement: the capital, and charges that the books do not have."""
    tenant.id(example_id("acc"))
    account = _account(tenant, charts.OPERATING_BANK)
    known = BankAccount.objects.filter(members__account=account).first()
    if known is not None:
        return known
    made = bank_accounts.declare(
        code=f"bank-{account.pk}", account_ids=[account.pk], starts_on=DAY, actor=tenant.actor, at=tenant.at
    )
    mapping = bank_statements.mapping_from(
        {
            "columns": {"booked_on": "day", "amount": "amount", "reference": "ref"},
            "currency": "USD",
            "opening": "0.00",
            "closing": "49976.50",
        }
    )
    content = f"day,amount,ref\n{DAY},50000.00,CAPITAL-{account.pk}\n{DAY},-23.50,CHARGES-01\n".encode()
    given = {"bank_account_id": made.pk, "actor": tenant.actor, "at": tenant.at}
    bank_statements.take_in(content=content, name="statement.csv", mapping=mapping, **given)
    reconciliation.run(**given)
    return made


@seed(example_id("bac"))
def bank_account(tenant: Tenant) -> str:
    """The operating bank account at the bank."""
    return _reconciled(tenant).public_id


@seed(example_id("bst"))
def bank_statement(tenant: Tenant) -> str:
    """Its one statement."""
    return BankStatement.objects.get(bank_account=_reconciled(tenant)).public_id


@seed(example_id("brk"))
def charges(tenant: Tenant) -> str:
    """Charges that the bank took and the books do not know."""
    return Break.objects.get(bank_account=_reconciled(tenant), side="THEIRS", amount=Decimal("-23.50")).public_id
