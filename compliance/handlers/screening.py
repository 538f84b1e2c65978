"""Screening: who is new or changed, which list changed, whom nobody serves any more."""

from accounts import events as people
from accounts.models import Customer
from compliance import events
from compliance.choices import AlertKind, SubjectKind
from compliance.models import Alert, ScreeningSubject
from compliance.services import screening_hits, screening_subjects, standings
from compliance.tasks import screening
from flowlet.core import ids
from flowlet.events import registry
from flowlet.events.models import Event
from payments import events as payments
from payments.choices import PaymentKind, PaymentStatus

# What of a customer is compared; a change of anything else changes no hit.
COMPARED = frozenset({"name", "born_on", "country", "address", "registration_number"})


@registry.handler("compliance.screen_customer", types=(people.CUSTOMER_CREATED, people.CUSTOMER_UPDATED))
def screen_customer(event: Event) -> None:
    """A customer is new, or what is compared of them is: screen them, outside of this transaction."""
    if event.type == people.CUSTOMER_CREATED or COMPARED.intersection(event.data["changed"]):
        screening.screen_customer.delay(customer_id=event.subject)


@registry.handler("compliance.screen_owners", types=(events.VERIFICATION_SUBMITTED,))
def screen_owners(event: Event) -> None:
    """A verification was handed in, perhaps with the owners of a business: screen them."""
    screening.screen_owners.delay(customer_id=event.data["customer_id"])


@registry.handler("compliance.end_counterparty", types=(payments.EXTERNAL_ACCOUNT_CLOSED,))
def end_counterparty(event: Event) -> None:
    """Nobody is paid on a closed account."""
    screening_subjects.end_one(key=event.subject, at=event.created_at)


@registry.handler("compliance.end_screening", types=(people.CUSTOMER_CLOSED,))
def end_screening(event: Event) -> None:
    """Who is served no more is not screened."""
    screening_subjects.end(customer_id=Customer.key(event.subject), at=event.created_at)


@registry.handler("compliance.forget_screening", types=(people.CUSTOMER_ERASED,))
def forget_screening(event: Event) -> None:
    """Whose data was erased cannot be found by them."""
    screening_subjects.forget(customer_id=Customer.key(event.subject), at=event.created_at)


@registry.handler("compliance.screen_change", types=(events.WATCHLIST_IMPORTED,))
def screen_change(event: Event) -> None:
    """A list has another version: screen those whom the change may concern. Its event comes in parts; the first one speaks for all."""
    if event.data["part"] == 1:
        screening.screen_change.delay(version_id=event.subject)


@registry.handler("compliance.decide_hits", types=(events.ALERT_CLOSED,))
def decide_hits(event: Event) -> None:
    """Two people have decided an alert about hits: so the hits are decided."""
    if event.data["kind"] == AlertKind.SCREENING:
        alert = Alert.objects.get(pk=Alert.key(event.subject))
        screening_hits.decide_with(alert=alert, at=alert.closed_at)


@registry.handler(
    "compliance.tell_standing",
    types=(events.STANDING_TOUCHED, events.HIT_OPENED, events.HIT_LAPSED, events.HIT_CLEARED, events.HIT_CONFIRMED),
)
def tell_standing(event: Event) -> None:
    """How a customer stands may have changed: the partner is told where it has."""
    if event.type == events.STANDING_TOUCHED:
        standings.tell(customer_id=Customer.key(event.subject), at=event.created_at)
    elif event.data["kind"] in {SubjectKind.CUSTOMER, SubjectKind.OWNER}:
        subject = ScreeningSubject.objects.get(pk=ids.parse(ScreeningSubject.PREFIX, event.data["subject"]))
        standings.tell(customer_id=subject.customer_id, at=event.created_at)


@registry.handler("compliance.screen_counterparty", types=(payments.EXTERNAL_ACCOUNT_ADDED, payments.EXTERNAL_ACCOUNT_CORRECTED))
def screen_counterparty(event: Event) -> None:
    """An account outside is new, or its bank has corrected it: screen its holder and the bank."""
    screening.screen_counterparty.delay(external_account_id=event.subject)


@registry.handler("compliance.screen_deposit", types=(payments.PAYMENT[PaymentStatus.SETTLED],))
def screen_deposit(event: Event) -> None:
    """Money came by itself, and nobody could be asked before: look at who sent it, and at its text."""
    if event.data["kind"] == PaymentKind.DEPOSIT:
        screening.screen_payment.delay(payment_id=event.subject)


@registry.handler(
    "compliance.screen_payment", types=(payments.PAYMENT[PaymentStatus.REVIEW], payments.PAYMENT[PaymentStatus.REJECTED])
)
def screen_payment(event: Event) -> None:
    """A payment waits or was refused: where screening said so, keep what it found, so that somebody decides about it."""
    screening.screen_payment.delay(payment_id=event.subject)
