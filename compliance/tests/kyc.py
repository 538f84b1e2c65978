"""Customers and verifications for tests, made by the real services."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from accounts.choices import Mode, PartnerStatus
from accounts.models import Customer, Partner
from accounts.services import customers, partners
from compliance.services import verifications
from flowlet.core import actors

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SYSTEM = actors.system("tests")
ADDRESS = {"line1": "12 Analytical Road", "city": "London", "postal_code": "N1 9GU", "country": "GB"}
PERSON = {"name": "Ada Lovelace", "country": "GB", "email": "ada@lovelace.co.uk", "phone": "+442079460018", "address": ADDRESS}
BUSINESS = {
    "name": "Engines Ltd",
    "country": "GB",
    "email": "office@engines.co.uk",
    "address": ADDRESS,
    "registration_number": "01234567",
    "incorporated_on": date(2015, 3, 1),
}
OWNER = {"name": "Charles Babbage", "born_on": date(1971, 12, 26), "country": "GB", "share": Decimal("60.00")}


def company(name: str = "Acme", mode: str = Mode.LIVE) -> Partner:
    """An active partner."""
    made = partners.create(name=name, country="GB", actor=SYSTEM, at=AT)
    Partner.objects.filter(name=name).update(status=PartnerStatus.ACTIVE)
    return made.live if mode == Mode.LIVE else made.sandbox


def said_of_ada(text):
    """What a text gives away of Ada. Four digits count where they stand alone: ids, tokens and parts of a second hold any."""
    whole = ("Lovelace", "ada@", "79460018", "19851210", "851210", "10121985", "12101985")
    alone = ("7946", "1985")
    found = [word for word in whole if word in text]
    return found + [word for word in alone if re.search(rf"(?<![0-9A-Za-z]){word}(?![0-9A-Za-z])", text)]


def person(partner: Partner, **more: object) -> Customer:
    """A person with everything that a record can hold."""
    values = {"kind": "PERSON", "born_on": date(1985, 12, 10)} | PERSON | more
    return customers.create(partner_id=partner.pk, actor=SYSTEM, at=AT, **values)


def business(partner: Partner, **more: object) -> Customer:
    """A company with everything that a record can hold."""
    return customers.create(partner_id=partner.pk, actor=SYSTEM, at=AT, **({"kind": "BUSINESS"} | BUSINESS | more))


def opened(customer: Customer, level: str = "BASIC", at: datetime = AT):
    """A verification, as it is opened."""
    return verifications.open(customer_id=customer.pk, level=level, actor=SYSTEM, at=at)


def submitted(customer: Customer, level: str = "BASIC", at: datetime = AT):
    """One in review."""
    return verifications.submit(verification_id=opened(customer, level, at).pk, actor=SYSTEM, at=at)
