"""When a hit may be decided, for how long a clearing counts, how urgent an alert about it is, and what it means for a payment."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from compliance.choices import HitState, ListKind
from compliance.models import Hit
from compliance.states import HIT_MOVES
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Forbidden, Invalid
from flowlet.core.states import check_move
from flowlet.decisions.choices import Outcome

# For how long a clearing counts unless less was asked for, and at most: then somebody looks again.
CLEARED_FOR: Final = timedelta(days=365)
# What an alert about the most urgent hit of a list is worth, of 100.
_WORTH: Final = {ListKind.SANCTIONS: 100, ListKind.OWN: 80, ListKind.PEP: 60}
SCENARIOS: Final = {ListKind.SANCTIONS: "sanctions", ListKind.OWN: "own_list", ListKind.PEP: "pep"}
# Hits whose birth dates differ lie at or below it (docs/screening.md, "Two figures").
UNLIKELY: Final = Decimal("0.30")
# A name in a text is a hit only when it is nearly the same: a text has many more words than a name.
IN_TEXT: Final = 0.92


class Rule(NamedTuple):
    """What a hit means for a payment: of which list, in which state, from which priority on."""

    list_kind: str
    state: str
    above: Decimal
    outcome: Outcome


# The first rule that fits counts; what fits none, such as a cleared hit or a politically exposed person, stops no payment.
PAYMENT_RULES: Final = (
    Rule(ListKind.SANCTIONS, HitState.CONFIRMED, Decimal(-1), Outcome.BLOCK),
    Rule(ListKind.OWN, HitState.CONFIRMED, Decimal(-1), Outcome.BLOCK),
    Rule(ListKind.SANCTIONS, HitState.OPEN, UNLIKELY, Outcome.REVIEW),
    Rule(ListKind.OWN, HitState.OPEN, UNLIKELY, Outcome.REVIEW),
)


def for_payment(list_kind: str, state: str, priority: Decimal) -> Outcome:
    """What a hit means for a payment with which it has to do."""
    for rule in PAYMENT_RULES:
        if (rule.list_kind, rule.state) == (list_kind, state) and priority > rule.above:
            return rule.outcome
    return Outcome.ALLOW


def stops_now(hit: Hit) -> bool:
    """Whether a payment with which the hit has to do is stopped by it, as it stands."""
    return for_payment(hit.list_kind, hit.state, hit.priority) != Outcome.ALLOW


def stops_payments(list_kind: str) -> bool:
    """Whether hits on such a list stop payments at all."""
    return any(rule.list_kind == list_kind for rule in PAYMENT_RULES)


def urgency(hits: Iterable[Hit]) -> int:
    """How urgent an alert about the hits is, 0 to 100: as its most urgent hit."""
    return max(int(_WORTH[ListKind(hit.list_kind)] * hit.priority) for hit in hits)


def check_is_person(actor: Actor) -> None:
    """A person decides about hits, not a process. Raises Forbidden."""
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden("A member of staff decides about hits.")


def check_can_decide(hit: Hit, actor: Actor | None = None) -> None:
    """Raises IllegalMove."""
    check_move(HIT_MOVES, HitState(hit.state), HitState.CLEARED)


def check_can_reopen(hit: Hit, actor: Actor | None = None) -> None:
    """Raises IllegalMove. What lapsed is opened by a screening alone."""
    if hit.state not in {HitState.CLEARED, HitState.CONFIRMED}:
        check_move({}, HitState(hit.state), HitState.OPEN)


def check_expiry(expires_at: datetime | None, *, at: datetime) -> datetime:
    """Until when a clearing counts. Raises Invalid."""
    latest = at + CLEARED_FOR
    if expires_at is not None and not at < expires_at <= latest:
        raise Invalid(f"A clearing ends after today and by {latest:%Y-%m-%d}.", param="expires_on")
    return expires_at or latest
