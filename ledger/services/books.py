"""Books: one per partner row."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import Partner
from flowlet.audit.services import log
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.money import exponent
from ledger.models import Book
from ledger.services import charts


@transaction.atomic
def create(
    *,
    partner: Partner,
    actor: Actor,
    at: datetime,
    reporting_currency: str = "USD",
    opened_on: date | None = None,
    name: str = "",
    template: str = "standard",
) -> Book:
    """Open the partner's book with a chart from a template; the same book is answered if there is one already.

    ``opened_on`` is the first day on which journals may take effect (default: today in the partner's time zone).
    """
    existing = Book.objects.filter(partner=partner).first()
    if existing is not None:
        return existing
    exponent(reporting_currency)
    book = Book.objects.create(
        partner=partner,
        name=name or str(partner),
        time_zone=partner.time_zone,
        reporting_currency=reporting_currency,
        opened_on=opened_on or clock.day_of(at, zone=partner.time_zone),
        created_at=at,
    )
    charts.install(book=book, template=template)
    log.record(
        action="ledger.book.created", actor=actor, at=at, target=book.public_id, partner_id=partner.pk, after={"name": book.name}
    )
    return book
