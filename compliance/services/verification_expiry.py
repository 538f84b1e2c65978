"""Time: verifications that nobody completes, approvals that run out, and their renewal before they do."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from compliance.choices import VerificationStatus
from compliance.models import Verification
from compliance.models.verification import UNDECIDED
from compliance.policies.verifications import COLLECTED, RANKS
from compliance.services import verification_decisions, verifications
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError

_log = structlog.get_logger("compliance.verifications")
AHEAD: Final = timedelta(days=30)


def sweep(*, at: datetime, actor: Actor, limit: int = 500) -> tuple[int, int]:
    """Open the renewal of approvals that end within thirty days, end what is over; how many were renewed and ended."""
    held = Verification.objects.filter(status=VerificationStatus.APPROVED)
    soon = held.filter(expires_at__lte=at + AHEAD, expires_at__gt=at, renewal=None)
    renewed = sum(_renew(key, at=at, actor=actor) for key in soon.order_by("expires_at").values_list("pk", flat=True)[:limit])
    over = Verification.objects.filter(status__in=[*COLLECTED, VerificationStatus.APPROVED], expires_at__lte=at)
    ended = sum(_expire(key, at=at, actor=actor) for key in over.order_by("expires_at").values_list("pk", flat=True)[:limit])
    return renewed, ended


@transaction.atomic
def end_all(*, customer_id: UUID, reason: str, actor: Actor, at: datetime) -> int:
    """End what is not decided of a customer who is served no more; how many there were."""
    rows = Verification.objects.filter(customer_id=customer_id, status__in=UNDECIDED)
    found = list(rows.values_list("pk", flat=True))
    for key in found:
        verification_decisions.expire(verification_id=key, reason=reason, actor=actor, at=at)
    return len(found)


def _renew(verification_id: UUID, *, at: datetime, actor: Actor) -> bool:
    """Whether a renewal was opened: not beside another verification, nor below a higher level that holds longer."""
    row = Verification.objects.get(pk=verification_id)
    later = Verification.objects.filter(customer_id=row.customer_id, status=VerificationStatus.APPROVED)
    if later.filter(expires_at__gt=at + AHEAD, level__in=_levels_from(row.level)).exists():
        return False
    try:
        verifications.open(customer_id=row.customer_id, level=row.level, renews=row, actor=actor, at=at)
    except DomainError as refusal:
        _log.info("approval is not renewed", verification=row.public_id, code=refusal.code)
        return False
    return True


def _expire(verification_id: UUID, *, at: datetime, actor: Actor) -> bool:
    try:
        verification_decisions.expire(verification_id=verification_id, reason="Its time was over.", actor=actor, at=at)
    except DomainError as refusal:  # somebody else was faster
        _log.info("verification is not ended", verification=str(verification_id), code=refusal.code)
        return False
    return True


def _levels_from(level: str) -> list[str]:
    return [one for one, rank in RANKS.items() if rank >= RANKS[level]]
