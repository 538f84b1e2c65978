"""When a verification may move: ``check_…`` raises."""

from collections.abc import Iterable

from accounts.choices import KycTier, Mode
from compliance import errors
from compliance.choices import CheckOutcome, ItemKind, ItemStatus, VerificationStatus
from compliance.models import Verification, VerificationItem
from compliance.states import VERIFICATION_MOVES
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import check_move

RANKS = {tier: rank for rank, tier in enumerate(KycTier.values)}
COLLECTED = (VerificationStatus.OPEN, VerificationStatus.COLLECTING)


def check_is_person(verification: Verification, actor: Actor) -> None:
    """People decide; in the sandbox the partner's own program plays them. Raises NotAPerson."""
    if actor.kind != ActorKind.STAFF and verification.partner.mode != Mode.SANDBOX:
        raise errors.NotAPerson()


def check_can_collect(verification: Verification, actor: Actor | None = None) -> None:
    """Raises IllegalMove once it is in review or decided."""
    if verification.status not in COLLECTED:
        check_move({}, verification.status, VerificationStatus.COLLECTING)


def check_can_tell_owners(verification: Verification, actor: Actor | None = None) -> None:
    """Raises IllegalMove once it is in review or decided, OwnersNotAsked where its level wants none."""
    check_can_collect(verification, actor)
    if all(each["kind"] != ItemKind.OWNERS for each in verification.requirement_set.items):
        raise errors.OwnersNotAsked()


def check_has_owners(verification: Verification, actor: Actor | None = None) -> None:
    """Raises what ``check_can_tell_owners`` raises, and OwnerNotFound where nobody was told."""
    check_can_tell_owners(verification, actor)
    if not verification.owners.exists():
        raise errors.OwnerNotFound()


def check_can_submit(verification: Verification, actor: Actor | None = None) -> None:
    """Raises IllegalMove."""
    check_move(VERIFICATION_MOVES, verification.status, VerificationStatus.IN_REVIEW)


def check_can_accept(verification: Verification, actor: Actor) -> None:
    """Raises NotAPerson, or IllegalMove unless it is in review."""
    check_is_person(verification, actor)
    if verification.status != VerificationStatus.IN_REVIEW:
        check_move({}, verification.status, VerificationStatus.IN_REVIEW)


def check_can_ask_again(verification: Verification, actor: Actor) -> None:
    """Raises NotAPerson or IllegalMove."""
    check_is_person(verification, actor)
    check_move(VERIFICATION_MOVES, verification.status, VerificationStatus.COLLECTING)


def check_can_refuse(verification: Verification, actor: Actor) -> None:
    """Raises NotAPerson or IllegalMove."""
    check_is_person(verification, actor)
    check_move(VERIFICATION_MOVES, verification.status, VerificationStatus.REFUSED)


def check_can_approve(verification: Verification, actor: Actor) -> None:
    """Raises NotAPerson, IllegalMove, FourEyesRequired for who proposed it, ItemsUndecided naming what stands in the way."""
    check_is_person(verification, actor)
    check_move(VERIFICATION_MOVES, verification.status, VerificationStatus.APPROVED)
    if verification.proposed_by == str(actor):
        raise FourEyesRequired("You proposed the approval; another person has to give it.")
    if left := undecided(verification):
        names = sorted({one.kind for one in left})
        raise errors.ItemsUndecided(
            f"Decide first about {', '.join(ItemKind(name).label.lower() for name in names)}.", items=names
        )


def priority_of(verification: Verification, *, is_high_risk: bool) -> int:
    """How urgent it is once submitted."""
    return 70 if is_high_risk else 50 if verification.level == KycTier.PREMIUM else 40


def undecided(verification: Verification) -> list[VerificationItem]:
    """What is not there, and what failed a check of this round that nobody accepted."""
    items = list(verification.items.all())
    checks = verification.checks.filter(round=verification.round, outcome=CheckOutcome.FAIL)
    failed = set(checks.exclude(item=None).values_list("item_id", flat=True))
    return [one for one in items if one.status != ItemStatus.ACCEPTED and (one.status != ItemStatus.PROVIDED or one.pk in failed)]


def reached_by(levels: Iterable[str]) -> str:
    """The highest of the levels, UNVERIFIED without any."""
    return max(levels, key=RANKS.__getitem__, default=KycTier.UNVERIFIED)
