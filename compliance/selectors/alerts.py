"""What an alert's screen shows beside the alert itself. Each is asked with a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import Customer, User
from compliance.models import Activity, Alert, AlertEvidence, CustomerProfile, IdentityMark, NoteCall
from flowlet.core import ids
from payments.choices import Direction
from payments.models import ExternalAccount, Payment

DAYS: Final = 90
SHOWN: Final = 50
PARTIES: Final = 6
_SOURCES: Final = ("pay", "trf", "rfd")


@dataclass(frozen=True, slots=True)
class Party:
    """What went one way between the customer and one other: how much in US dollars, how often, when last."""

    direction: str
    counterparty: UUID | None
    is_customer: bool
    worth: Decimal
    count: int
    last_at: datetime


def evidence_of(alert: Alert) -> list[AlertEvidence]:
    """What it saw, the newest first."""
    return list(alert.evidence.select_related("payment").order_by("-happened_at", "-id")[:SHOWN])


def references_in(evidence: Iterable[AlertEvidence]) -> set[UUID]:
    """The keys of payments, transfers and refunds that the evidence names."""
    found = {one.payment_id for one in evidence if one.payment_id is not None}
    for one in evidence:
        for text in one.facts.get("transactions") or ():
            prefix, _, _ = str(text).partition("_")
            if prefix in _SOURCES:
                found.add(ids.parse(prefix, text))
    return found


def transactions_of(alert: Alert, evidence: Iterable[AlertEvidence]) -> tuple[list[Activity], list[Payment]]:
    """The movements that did it, as the customer saw them; and payments of which no movement is known, such as those stopped.

    Of an account outside that was screened, all payments with it.
    """
    evidence = list(evidence)
    keys = references_in(evidence)
    outside = {str(one.facts.get("of", "")) for one in evidence}
    accounts = [ExternalAccount.key(name) for name in outside if name.startswith(f"{ExternalAccount.PREFIX}_")]
    if accounts:
        keys |= set(Payment.objects.filter(external_account__in=accounts).order_by("-pk").values_list("pk", flat=True)[:SHOWN])
    rows = (
        Activity.objects.filter(customer_id=alert.customer_id, source_id__in=keys)
        if alert.customer_id
        else Activity.objects.none()
    )
    moved = list(rows.order_by("-happened_at")[:SHOWN])
    return moved, list(Payment.objects.filter(pk__in=keys - {row.source_id for row in moved}).order_by("-id")[:SHOWN])


def _recent(alert: Alert) -> QuerySet[Activity]:
    return Activity.objects.filter(
        customer_id=alert.customer_id,
        happened_at__gt=alert.evidence_at - timedelta(days=DAYS),
        happened_at__lte=alert.evidence_at,
    )


def days_of(alert: Alert) -> dict[date, tuple[Decimal, Decimal]]:
    """What came in and went out on each day with movement in the ninety days before, in US dollars."""
    rows = _recent(alert).annotate(day=TruncDate("happened_at")).values("day").order_by("day")
    summed = rows.annotate(
        into=Sum("worth", filter=Q(direction=Direction.IN)), out=Sum("worth", filter=Q(direction=Direction.OUT))
    )
    return {row["day"]: (row["into"] or Decimal(0), row["out"] or Decimal(0)) for row in summed}


def expected_monthly(alert: Alert) -> Decimal | None:
    """What the customer declared to move in a month, in US dollars."""
    return CustomerProfile.objects.filter(customer_id=alert.customer_id).values_list("expected_monthly", flat=True).first()


def parties_of(alert: Alert) -> list[Party]:
    """The largest others of the ninety days before, in each direction."""
    rows = _recent(alert).filter(is_own=False).values("direction", "counterparty").order_by()
    summed = list(rows.annotate(worth=Sum("worth"), count=Count("id"), last_at=Max("happened_at")))
    known = set(
        Customer.objects.filter(pk__in=[row["counterparty"] for row in summed if row["counterparty"]]).values_list(
            "pk", flat=True
        )
    )
    found = [Party(**(row | {"worth": row["worth"] or Decimal(0)}), is_customer=row["counterparty"] in known) for row in summed]
    found.sort(key=lambda one: (-one.worth, -one.count))
    return [one for way in Direction for one in [one for one in found if one.direction == way][:PARTIES]]


def earlier(alert: Alert) -> QuerySet[Alert]:
    """Other alerts of the customer, the newest first."""
    return Alert.objects.filter(customer_id=alert.customer_id).exclude(customer_id=None).exclude(pk=alert.pk).order_by("-id")


def linked(customer: Customer) -> list[tuple[UUID, str]]:
    """Other customers with the same account outside, device, e-mail address, phone number, person or document: key and by what."""
    found: dict[tuple[UUID, str], None] = {}

    def take(rows: Iterable[UUID], label: str) -> None:
        found.update(dict.fromkeys((key, label) for key in rows if key != customer.pk))

    prints = ExternalAccount.objects.filter(customer=customer).exclude(fingerprint="").values("fingerprint")
    take(ExternalAccount.objects.filter(fingerprint__in=prints).values_list("customer_id", flat=True)[:SHOWN], "Account outside")
    devices = list(
        Activity.objects.filter(customer=customer)
        .exclude(device=None)
        .order_by()
        .values_list("device", flat=True)
        .distinct()[:20]
    )
    if devices:
        same = Activity.objects.filter(device__in=devices).order_by().values_list("customer_id", flat=True).distinct()
        take(same[:SHOWN], "Device")
    for column, label in (("email_index", "E-mail address"), ("phone_index", "Phone number")):
        if value := getattr(customer, column):
            take(Customer.objects.filter(**{column: value}).values_list("pk", flat=True)[:SHOWN], label)
    marks = Q(pk__in=())
    for mark in IdentityMark.objects.filter(customer=customer):
        marks |= Q(partner_id=mark.partner_id, kind=mark.kind, index=mark.index)
    for mark in IdentityMark.objects.filter(marks).exclude(customer=customer)[:SHOWN]:
        take([mark.customer_id], mark.get_kind_display())
    return list(found)


def notes_calling(person: User) -> QuerySet[NoteCall]:
    """The calls of notes that the person has not seen, the newest first."""
    return NoteCall.objects.filter(user=person, seen_at=None).select_related("note__alert", "note__case").order_by("-id")
