"""A little of everything that has a page in the back office, made through the real services.

``build`` is called once a test; a model without a row here has only its list tested, and ``test_every_page_has_a_row`` names it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from moneyed import Money

from accounts.choices import Role
from accounts.models import Customer, Partner, User
from accounts.services import api_keys, customers, partners
from flowlet.core import actors, clock
from flowlet.core.actors import Actor, ActorKind
from ledger.choices import AccountMode
from ledger.models import Account, Book
from ledger.services import accounts, books, charts, journals
from ledger.services.journals import Leg

SYSTEM = actors.system("tests")


@dataclass(frozen=True)
class World:
    """What there is."""

    at: datetime
    live: Partner
    sandbox: Partner
    book: Book
    wallet: Account
    customer: Customer
    staff: dict[str, User]


def person(role: str, email: str = "") -> User:
    """A member of staff with one role."""
    email = email or f"{role.lower()}@flowlet.test"
    return User.objects.create_user(email, name=Role(role).label, is_staff=True, roles=[role])


def actor(user: User) -> Actor:
    """The actor a person is."""
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


def fund(book: Book, wallet: Account, amount: str, *, at: datetime, **fields: Any) -> Any:
    """Money from the bank into a wallet."""
    cash = accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency=wallet.currency, actor=SYSTEM, at=at)
    money = Money(amount, wallet.currency)
    legs = [Leg(cash.pk, "DEBIT", money), Leg(wallet.pk, "CREDIT", money)]
    return journals.post(book_id=book.pk, kind="funding", legs=legs, actor=SYSTEM, **fields)


def open_wallet(book: Book, currency: str, code: str, *, at: datetime) -> Account:
    """A customer's account."""
    return accounts.open(
        book_id=book.pk,
        line=charts.CUSTOMER_WALLETS,
        currency=currency,
        mode=AccountMode.STRICT,
        floor=Decimal(0),
        code=code,
        actor=SYSTEM,
        at=at,
    )


def book_of(partner: Partner, *, at: datetime) -> Book:
    """The partner's book: the one it has, else a new one."""
    known = Book.objects.filter(partner=partner).first()
    return known or books.create(partner=partner, actor=SYSTEM, at=at, opened_on=date(2020, 1, 1))


def build() -> World:
    """Two siblings, a book with a journal, a customer, a key, a request for approval, one person of each role."""
    at = clock.now()
    staff = {role: person(role) for role in Role.values}
    pair = partners.create(name="Acme", country="US", actor=SYSTEM, at=at)
    partners.request_activation(partner_id=pair.live.pk, reason="papers are complete", actor=actor(staff[Role.OPERATIONS]), at=at)
    api_keys.issue(partner_id=pair.sandbox.pk, name="first", scopes=["wallets:read"], actor=SYSTEM, at=at)
    customer = customers.create(
        partner_id=pair.sandbox.pk, kind="PERSON", name="Ada Lovelace", country="GB", email="ada@example.com", actor=SYSTEM, at=at
    )
    book = book_of(pair.live, at=at)
    wallet = open_wallet(book, "USD", "wallet-1", at=at)
    fund(book, wallet, "100.00", at=at)
    return World(at=at, live=pair.live, sandbox=pair.sandbox, book=book, wallet=wallet, customer=customer, staff=staff)
