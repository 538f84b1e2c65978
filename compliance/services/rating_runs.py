"""Rating many customers: those without a rating, and those of whom something has changed since theirs. Each chunk is a transaction.

Who has been rated is on the list no more, so a run that is interrupted is simply run again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.choices import CustomerStatus
from accounts.models import Customer
from compliance.choices import RatingCause
from compliance.models import CustomerRisk
from compliance.selectors import risk as selectors
from compliance.services import ratings, risk_models
from compliance.services.risk_facts import level_of
from flowlet.core.actors import Actor

CHUNK = 500
LOOKED_AT_AFTER = timedelta(days=30)


@dataclass(slots=True)
class Outcome:
    """How many customers were looked at, by cause; how many ratings say something new, by the band that counts."""

    looked_at: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)


def run(
    *, actor: Actor, at: datetime, everybody: bool = False, told: Callable[[int, int], None] = lambda done, total: None
) -> Outcome:
    """Rate whoever has to be rated at the moment; everybody who is open if wanted. ``told`` hears how many are done, and of how many."""
    outcome = Outcome()
    queries = due(at=at)
    total = selectors.unrated().count() + (selectors.rated().count() if everybody else sum(rows.count() for _, rows in queries))
    causes: list[tuple[RatingCause, QuerySet]] = [(RatingCause.FIRST, selectors.unrated().values_list("pk", flat=True))]
    if everybody:
        causes.append((RatingCause.OFFICER, selectors.rated().values_list("customer_id", flat=True)))
    else:
        causes += [(cause, rows.values_list("customer_id", flat=True)) for cause, rows in queries]
    for cause, keys in causes:
        last: UUID | None = None
        name = "pk" if keys.model is Customer else "customer_id"
        while chunk := list((keys.filter(**{f"{name}__gt": last}) if last else keys).order_by(name)[:CHUNK]):
            last = chunk[-1]
            made = ratings.rate(customer_ids=chunk, cause=cause, actor=actor, at=at)
            outcome.looked_at[cause] += len(chunk)
            outcome.made.update(rating.band for rating in made)
            told(outcome.looked_at.total(), total)
    return outcome


def due(*, at: datetime) -> list[tuple[RatingCause, QuerySet[CustomerRisk]]]:
    """Rated customers who are to be rated again, by cause; each stays on it until it is done."""
    rows = selectors.rated()
    return [
        (RatingCause.MODEL, rows.exclude(model_digest=risk_models.in_force().digest)),
        (RatingCause.COUNTRIES, rows.filter(_moved(at=at))),
        (RatingCause.OVERRIDE, rows.filter(override_until__lte=at)),
        (RatingCause.BEHAVIOUR, rows.filter(rated_at__lte=at - LOOKED_AT_AFTER)),
    ]


def _moved(*, at: datetime) -> Q:
    """Whose country counts otherwise than when they were rated."""
    found = Q(pk__in=())
    open_ones = Customer.objects.exclude(status=CustomerStatus.CLOSED)
    for country in open_ones.order_by("country").values_list("country", flat=True).distinct():
        found |= Q(customer__country=country) & ~Q(geography=level_of(country, at=at).value)
    return found
