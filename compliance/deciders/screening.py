"""Screening at the verdict port: the people of a payment, the bank of its other side, and its text, against the lists.

What is known already counts first: the hits of both customers and of the counterparty. Customers who were not screened yet, a
counterparty that was not or has changed, and the text are asked about on the spot, with the index that the process has at hand.
What each hit means stands in a table (``compliance.policies.hits.PAYMENT_RULES``). What was found here is kept, and an alert raised,
once the payment is told of.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import FilteredRelation, Q

from accounts.models import Customer
from accounts.selectors import customers
from compliance.choices import HitState, SubjectKind
from compliance.models import Hit, ScreeningSubject
from compliance.policies import hits as policies
from compliance.services import screening, screening_subjects, standing_index
from compliance.services.standing_index import Standing
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome, worst
from flowlet.decisions.opinions import Opinion, Reason, allow, review
from payments.models import ExternalAccount
from payments.selectors import external_accounts
from payments.services.deciding import POINT, PaymentFacts
from wallets.models import Wallet

_STANDING: Final = (HitState.OPEN, HitState.CONFIRMED)


class Seen(NamedTuple):
    """One hit that has to do with the payment: whose, and what it means."""

    of: str
    entry: str
    list_kind: str
    state: str
    outcome: Outcome


@registry.decider("compliance.screening", point=POINT, budget_ms=400)
def screen(facts: PaymentFacts) -> Opinion:
    """BLOCK for who is confirmed to be listed, REVIEW for who may be, and where the lists cannot be asked."""
    standing = standing_index.at_hand()
    if standing is None:
        return review(Reason("screening.not_ready", "The lists could not be asked: their index is being built."))
    if not standing.versions:
        return allow()
    found = [*_people(facts, standing), *_counterparty(facts, standing), *_text(facts, standing)]
    details = {
        "versions": dict(standing.versions),
        "hits": [{"of": one.of, "entry": one.entry, "list_kind": one.list_kind, "state": one.state} for one in found],
    }
    outcome = worst([Outcome.ALLOW, *(one.outcome for one in found)])
    if outcome == Outcome.ALLOW:
        return allow(**details)
    reasons = {Reason(f"screening.{one.list_kind.lower()}", _words(one)) for one in found if one.outcome == outcome}
    return Opinion(outcome=outcome, reasons=tuple(sorted(reasons)), details=details)


def _people(facts: PaymentFacts, standing: Standing) -> Iterator[Seen]:
    """What is known of the customers on either side and their owners; a customer whom nobody screened yet is asked about now."""
    keys = {Customer.key(facts.customer_id)} if facts.customer_id else set()
    if facts.target_wallet_id:
        keys |= set(Wallet.objects.filter(pk=Wallet.key(facts.target_wallet_id)).values_list("customer_id", flat=True))
    subjects = ScreeningSubject.objects.filter(
        customer_id__in=keys, kind__in=[SubjectKind.CUSTOMER, SubjectKind.OWNER], ended_at=None, screened_at__isnull=False
    ).annotate(standing=FilteredRelation("hits", condition=Q(hits__state__in=_STANDING)))
    fields = ("customer_id", "kind", "standing__entry", "standing__list_kind", "standing__state", "standing__priority")
    unseen = set(keys)
    for customer_id, kind, entry, list_kind, state, priority in subjects.order_by("pk", "standing__pk").values_list(*fields):
        if kind == SubjectKind.CUSTOMER:
            unseen.discard(customer_id)
        if entry is not None:
            yield Seen(kind, entry, list_kind, state, policies.for_payment(list_kind, state, priority))
    people = list(Customer.objects.filter(pk__in=unseen)) if unseen else []
    for customer, personal in customers.personal_of(people).items() if people else ():
        if personal is not None:
            profile = screening_subjects.of_customer(next(one for one in people if one.pk == customer), personal)
            yield from _asked(SubjectKind.CUSTOMER, screening.screen(profile=profile, standing=standing), standing)


def _counterparty(facts: PaymentFacts, standing: Standing) -> Iterator[Seen]:
    """Whoever holds the account outside: by what is known, or asked about now."""
    if not facts.external_account_id:
        return
    account = ExternalAccount.objects.get(pk=ExternalAccount.key(facts.external_account_id))
    details = external_accounts.details_of([account])[account.pk]
    if details is None:
        return
    profile = screening_subjects.of_counterparty(account, details)
    subject = ScreeningSubject.objects.filter(kind=SubjectKind.COUNTERPARTY, key=account.public_id).first()
    if subject is not None and subject.screened_at and subject.digest == screening_subjects.digest_of(profile.dump()):
        yield from _known(subject_id=subject.pk)
    else:
        yield from _asked(SubjectKind.COUNTERPARTY, screening.screen(profile=profile, standing=standing), standing)


def _text(facts: PaymentFacts, standing: Standing) -> Iterator[Seen]:
    """Names that stand in what the payment is for."""
    if facts.description:
        profile = screening_subjects.of_text(facts.description)
        yield from _asked(SubjectKind.MESSAGE, screening.screen(profile=profile, standing=standing), standing)


def _known(**of: object) -> Iterator[Seen]:
    rows = Hit.objects.filter(state__in=_STANDING, subject__ended_at=None, **of).order_by("pk")
    for kind, entry, list_kind, state, priority in rows.values_list("subject__kind", "entry", "list_kind", "state", "priority"):
        yield Seen(kind, entry, list_kind, state, policies.for_payment(list_kind, state, priority))


def _asked(kind: str, found: screening.Outcome, standing: Standing) -> Iterator[Seen]:
    for hit in found.hits:
        list_kind = standing.places[hit.entry_id].kind
        outcome = policies.for_payment(list_kind, HitState.OPEN, Decimal(str(hit.priority)))
        yield Seen(kind, hit.entry_id, list_kind, HitState.OPEN, outcome)


def _words(one: Seen) -> str:
    is_sure = "is" if one.state == HitState.CONFIRMED else "may be"
    return f"{SubjectKind(one.of).label} {is_sure} on a list ({one.list_kind.lower()})."
