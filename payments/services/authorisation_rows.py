"""The rows of payers' authorisations: which payments have one, and what their end does to it."""

from datetime import datetime

from payments.choices import AuthorisationStatus, Rail
from payments.models import Authorisation, Payment

RAILS = frozenset({Rail.OPEN_BANKING, Rail.CARD})


def of(payment: Payment) -> Authorisation | None:
    """The payment's authorisation; None when nobody authorises it."""
    return Authorisation.objects.filter(payment_id=payment.pk).first() if payment.rail in RAILS else None


def end_for(payment: Payment, *, at: datetime) -> None:
    """The locked payment has settled, or ended: forget what was kept. Money that came was authorised, with us or without."""
    if payment.rail not in RAILS:
        return
    row = Authorisation.objects.select_for_update(no_key=True).filter(payment=payment, sealed__isnull=False).first()
    if row is None:
        return
    row.sealed, row.updated_at = None, at
    if row.status in {AuthorisationStatus.ASKING, AuthorisationStatus.AWAITING}:
        if payment.settled_at is None:
            row.status = AuthorisationStatus.REJECTED
        else:
            row.status, row.authorised_at = AuthorisationStatus.AUTHORISED, at
    row.save(update_fields=["sealed", "status", "authorised_at", "updated_at"])
