"""What is known of customers for their rating: for every factor of the model at least one fact, with where it comes from.

A few queries for any number of customers. What other parts know (screening, alerts) comes through ``tell``: a function of customers' keys
and the moment that answers the facts of one factor.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import Customer
from compliance.choices import AlertKind, Behaviour, Disposition, HitState, ListKind, ScreeningResult, SubjectKind
from compliance.models import Alert, CustomerRisk, Hit, ScreeningSubject
from compliance.policies.country_risk import ListsNotKnown, country_risk
from compliance.policies.risk_model import Fact, RiskModel
from payments.choices import PaymentStatus
from payments.models import ExternalAccount, Payment

WINDOW, CONFIRMED_WITHIN = timedelta(days=90), timedelta(days=365)
_BAD_ENDS = (PaymentStatus.RETURNED, PaymentStatus.DISPUTED)
Facts = dict[str, list[Fact]]
Teller = Callable[[Sequence[UUID], datetime], Mapping[UUID, Sequence[Fact]]]
_tellers: dict[str, list[Teller]] = defaultdict(list)


def tell(factor: str, teller: Teller) -> None:
    """Have ``teller`` say what it knows of customers for the factor, beside what others say."""
    if teller not in _tellers[factor]:
        _tellers[factor].append(teller)


@dataclass(frozen=True, slots=True)
class Level:
    """The level of a country as a value of the model, and why."""

    value: str
    source: str


def level_of(country: str, *, at: datetime) -> Level:
    """How the lists count a country on the day."""
    try:
        found = country_risk(country, on=at.date())
    except ListsNotKnown as refusal:
        return Level("UNKNOWN", refusal.message)
    return Level(found.level.name, " ".join(found.reasons))


def facts_of(rows: Sequence[CustomerRisk], *, model: RiskModel, at: datetime) -> dict[UUID, Facts]:
    """The facts of each customer, by the customer's key. ``rows`` come with their customers."""
    keys = [row.customer_id for row in rows]
    used, abroad = _payments(keys, at=at), _counterparties(keys)
    told = {factor: [teller(keys, at) for teller in tellers] for factor, tellers in _tellers.items()}
    levels: dict[str, Level] = {}

    def level(country: str) -> Level:
        if country not in levels:
            levels[country] = level_of(country, at=at)
        return levels[country]

    found: dict[UUID, Facts] = {}
    for row in rows:
        customer: Customer = row.customer
        home = level(customer.country)
        facts: Facts = {
            "GEOGRAPHY": [Fact(home.value, home.source)],
            "COUNTERPARTIES": [_counterparty(level(country)) for country in abroad[customer.pk]]
            or [Fact("NONE", "The customer has no external accounts.")],
            "KIND": [Fact(customer.kind, "The customer's own record.")],
            "PRODUCT": [Fact(rail, f"{count} payments.") for rail, count in used[customer.pk].rails.items()]
            or [Fact("NONE", "No payments over a rail.")],
            "CHANNEL": [Fact(row.channel, "Declared.")],
            "PROFESSION": [Fact(row.profession, "Declared.")],
            "SCREENING": [Fact(ScreeningResult.PEP, "Declared.")] if row.is_exposed else [],
            "BEHAVIOUR": _behaviour(used[customer.pk], model),
            "VERIFICATION": [Fact(customer.kyc_tier, "The customer's own record.")],
        }
        for factor, answers in told.items():
            for answer in answers:
                facts[factor] += answer.get(customer.pk, ())
        facts["SCREENING"] = facts["SCREENING"] or [Fact(ScreeningResult.UNSCREENED, "No screening has been run.")]
        found[customer.pk] = facts
    return found


@dataclass(slots=True)
class _Used:
    rails: dict[str, int]
    bad: int = 0


def _payments(keys: Sequence[UUID], *, at: datetime) -> dict[UUID, _Used]:
    """Per customer the payments of the window: how many over which rail, and how many came back."""
    found: dict[UUID, _Used] = defaultdict(lambda: _Used({}))
    rows = (
        Payment.objects.filter(customer__in=keys, created_at__gt=at - WINDOW, created_at__lte=at)
        .order_by()
        .values_list("customer_id", "rail")
        .annotate(count=Count("id"), bad=Count("id", filter=Q(status__in=_BAD_ENDS)))
    )
    for customer_id, rail, count, bad in rows:
        found[customer_id].rails[rail] = count
        found[customer_id].bad += bad
    return found


def _counterparties(keys: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Per customer the countries of the external accounts."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = (
        ExternalAccount.objects.filter(customer__in=keys)
        .exclude(country="")
        .order_by()
        .values_list("customer_id", "country")
        .distinct()
    )
    for customer_id, country in rows:
        found[customer_id].append(country)
    return found


def confirmed_alerts(keys: Sequence[UUID], at: datetime) -> dict[UUID, list[Fact]]:
    """Customers of whom an alert about transactions was confirmed within a year."""
    rows = Alert.objects.filter(
        customer__in=keys, kind=AlertKind.MONITORING, disposition=Disposition.CONFIRMED, closed_at__gt=at - CONFIRMED_WITHIN
    )
    counted = Counter(rows.values_list("customer_id", flat=True))
    return {key: [Fact(Behaviour.SUSPICIOUS, f"{count} confirmed within a year.")] for key, count in counted.items()}


_LISTED = {
    ListKind.SANCTIONS: ScreeningResult.SANCTIONS,
    ListKind.PEP: ScreeningResult.PEP,
    ListKind.OWN: ScreeningResult.ADVERSE,
}


def screened(keys: Sequence[UUID], at: datetime) -> dict[UUID, list[Fact]]:
    """What screening knows of the customers and their owners: confirmed hits by kind of list, open ones, or nothing found."""
    rows = ScreeningSubject.objects.filter(
        customer__in=keys, kind__in=[SubjectKind.CUSTOMER, SubjectKind.OWNER], ended_at=None, screened_at__isnull=False
    )
    clear = Fact(ScreeningResult.CLEAR, "Screened, nothing stands.")
    found = {key: [clear] for key in rows.values_list("customer_id", flat=True)}
    hits = Hit.objects.filter(subject__in=rows, state__in=[HitState.OPEN, HitState.CONFIRMED]).values_list(
        "subject__customer_id", "state", "list_kind", "entry"
    )
    for customer_id, state, kind, entry in hits:
        value = _LISTED[ListKind(kind)] if state == HitState.CONFIRMED else ScreeningResult.OPEN
        found[customer_id].append(Fact(value, f"{entry}, {HitState(state).label.lower()}."))
    return found


def _counterparty(level: Level) -> Fact:
    return Fact("STANDARD" if level.value == "UNKNOWN" else level.value, level.source)


def _behaviour(used: _Used, model: RiskModel) -> list[Fact]:
    count = sum(used.rails.values())
    if not count:
        return [Fact(Behaviour.NONE, "No payments in ninety days.")]
    found = [Fact(Behaviour.USUAL, f"{count} payments in ninety days.")]
    if count >= model.content["busy_payments"]:
        found.append(Fact(Behaviour.BUSY, f"{count} payments in ninety days."))
    if used.bad >= model.content["returned_payments"]:
        found.append(Fact(Behaviour.RETURNED, f"{used.bad} of {count} payments were returned or disputed."))
    return found
