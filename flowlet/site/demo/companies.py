"""The platform's people and its two partners: staff by role, LIVE and SANDBOX rows with keys, books and chart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from accounts.choices import Role
from accounts.models import Partner, User
from accounts.services import api_keys, partners, staff
from flowlet.approvals.services import requests
from flowlet.core.actors import Actor, ActorKind, system
from flowlet.site.demo.people import Places
from ledger.models import Book
from ledger.services import books

SEEDER = system("seed_demo")
# Known to everybody who reads this; the command refuses to run in production.
PASSWORD = "{place}-before-breakfast"  # noqa: S105
STAFF = (
    (Role.ADMINISTRATOR, "admin", "Avery Stone", "harbour"),
    (Role.COMPLIANCE_MANAGER, "compliance.manager", "Carla Mendes", "orchard"),
    (Role.COMPLIANCE_OFFICER, "compliance", "Cyrus Bell", "lantern"),
    (Role.FRAUD_ANALYST, "fraud", "Farida Noor", "meadow"),
    (Role.OPERATIONS, "operations", "Owen Price", "quayside"),
    (Role.FINANCE, "finance", "Fiona Grant", "juniper"),
    (Role.FINANCE, "finance.second", "Felix Adler", "cobalt"),
    (Role.AUDITOR, "auditor", "Aiko Mori", "willow"),
)


@dataclass(frozen=True, slots=True)
class Company:
    """What the demo knows of a partner before it exists."""

    name: str
    country: str
    time_zone: str
    places: Places


COMPANIES = (
    Company(
        "Harbor Market",
        "US",
        "America/New_York",
        Places(lands={"US": 78, "GB": 6, "FR": 6, "JP": 10}, currencies={"USD": 100, "EUR": 22, "JPY": 14}),
    ),
    Company(
        "Albion Pay",
        "GB",
        "Europe/London",
        Places(lands={"GB": 64, "DE": 12, "FR": 12, "KW": 12}, currencies={"GBP": 100, "EUR": 30, "KWD": 12}),
    ),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff and how they sign in."""

    user: User
    role: Role
    password: str
    totp_secret: str

    @property
    def actor(self) -> Actor:
        """The person, acting."""
        return Actor(kind=ActorKind.STAFF, id=self.user.public_id, label=self.user.role)

    def card(self) -> dict[str, str]:
        """The credentials file's entry."""
        return {
            "email": self.user.email,
            "password": self.password,
            "totp_secret": self.totp_secret,
            "name": self.user.name,
            "role": self.role.label,
        }


@dataclass(frozen=True, slots=True)
class Side:
    """One mode of a partner: its row, its key and its book."""

    partner: Partner
    key: str
    backend: Actor
    book: Book


@dataclass(frozen=True, slots=True)
class Founded:
    """A company with both its sides."""

    company: Company
    live: Side
    sandbox: Side

    def card(self) -> dict[str, object]:
        """The credentials file's entry."""
        sides = (("live", self.live), ("sandbox", self.sandbox))
        return {"name": self.company.name, **{name: {"id": side.partner.public_id, "api_key": side.key} for name, side in sides}}


def hire(*, at: datetime) -> list[Member]:
    """The staff of the platform."""
    hired = []
    for role, login, name, place in STAFF:
        password = PASSWORD.format(place=place)
        access = staff.create_staff(
            email=f"{login}@flowlet.example", name=name, roles=[role], password=password, actor=SEEDER, at=at
        )
        hired.append(Member(access.user, role, access.password, access.totp_secret))
    return hired


def found(company: Company, *, members: Iterable[Member], opened_on: date, at: datetime) -> Founded:
    """The company as a partner: activated by two people, with keys and books."""
    by_role = {member.role: member.actor for member in members}
    pair = partners.create(
        name=company.name, country=company.country, time_zone=company.time_zone, actor=by_role[Role.OPERATIONS], at=at
    )
    asked = partners.request_activation(
        partner_id=pair.live.pk, reason="contract signed, due diligence done", actor=by_role[Role.OPERATIONS], at=at
    )
    requests.approve(approval_id=asked.pk, actor=by_role[Role.COMPLIANCE_MANAGER], at=at)
    pair.live.refresh_from_db()
    return Founded(
        company,
        *(
            _side(partner, company.places.main, by_role[Role.ADMINISTRATOR], opened_on, at)
            for partner in (pair.live, pair.sandbox)
        ),
    )


def _side(partner: Partner, currency: str, administrator: Actor, opened_on: date, at: datetime) -> Side:
    issued = api_keys.issue(
        partner_id=partner.pk, name="backend", scopes=api_keys.scopes_for(partner), actor=administrator, at=at
    )
    book = books.create(partner=partner, reporting_currency=currency, opened_on=opened_on, actor=administrator, at=at)
    backend = Actor(kind=ActorKind.API_KEY, id=issued.key.public_id, label=issued.key.name)
    return Side(partner, issued.secret, backend, book)
