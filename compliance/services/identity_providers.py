"""The identity provider asked about a verification in review, outside of any transaction; what it says becomes checks of the round."""

import re
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.choices import Mode
from compliance.choices import CheckSource, VerificationStatus
from compliance.errors import DocumentNotFound
from compliance.models import Verification, VerificationCheck
from compliance.policies.identity_checks import Finding
from compliance.providers import identity
from compliance.selectors import verifications as selectors
from compliance.services import documents, verification_rows
from flowlet.core.outbound import OutboundError

_log = structlog.get_logger("compliance.identity_providers")
_CODE = re.compile(r"[a-z0-9_.]{1,40}", re.ASCII)


def ask(*, verification_id: UUID, at: datetime) -> bool:
    """Ask once per round, where somebody is there to ask; whether anything was written. Raises VerificationNotFound, OutboundError,
    DocumentNotFound where a file is lost.
    """
    row = selectors.get(verification_id)
    provider = identity.provider(row.partner.mode)
    personal = selectors.personal_of(row.customer)
    if provider is None or personal is None or not _waits(row):
        return False
    papers = [
        identity.Paper(
            item=str(document.item_id),
            type=document.type,
            content_type=document.content_type,
            content=documents.content_of(document, for_display=False),
        )
        for document in documents.newest(row).values()
    ]
    said = provider.check(
        identity.Question(
            reference=f"{row.public_id}-{row.round}",
            kind=row.customer.kind,
            name=personal.name,
            country=row.customer.country,
            born_on=personal.born_on,
            papers=papers,
        )
    )
    found = [Finding(one.item, f"provider.{_safe(one.code)}", one.outcome) for one in said]
    with transaction.atomic():
        now = selectors.locked(verification_id)
        if now.round != row.round or not _waits(now):
            return False
        verification_rows.record(now, found, source=CheckSource.PROVIDER, at=at)
    return True


def ask_due(*, at: datetime, limit: int = 100) -> int:
    """Ask about what nobody was asked about yet, because the provider or the worker was away; how many were answered."""
    modes = [mode for mode in Mode.values if identity.provider(mode) is not None]
    answered = VerificationCheck.objects.filter(verification=OuterRef("pk"), round=OuterRef("round"), source=CheckSource.PROVIDER)
    rows = Verification.objects.filter(~Exists(answered), status=VerificationStatus.IN_REVIEW, partner__mode__in=modes)
    asked = 0
    for key in list(rows.order_by("submitted_at").values_list("pk", flat=True)[:limit]):
        try:
            asked += ask(verification_id=key, at=at)
        except (OutboundError, DocumentNotFound) as refusal:
            _log.warning("identity provider could not be asked", verification=str(key), code=refusal.code)
    return asked


def _waits(row: Verification) -> bool:
    """Whether it is in review, and nobody has answered about this round."""
    asked = row.checks.filter(round=row.round, source=CheckSource.PROVIDER)
    return row.status == VerificationStatus.IN_REVIEW and not asked.exists()


def _safe(code: str) -> str:
    """A provider's code, if it is one: what it says in words may be personal."""
    return code if _CODE.fullmatch(code) else "other"
