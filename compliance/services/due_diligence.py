"""Enhanced due diligence: a checklist that is opened by a rating, answered by officers, decided by another person."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.policies import check_reason
from compliance import errors, events
from compliance.choices import DiligenceAnswer, DiligenceKey, DiligenceState, SourceOfFunds
from compliance.models import DueDiligence, DueDiligenceItem, RiskRating
from compliance.policies import risk as policies
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.vault.services import subjects

_ABOUT_MONEY = {DiligenceKey.SOURCE_OF_FUNDS, DiligenceKey.SOURCE_OF_WEALTH}


@transaction.atomic
def open_for(ratings: Sequence[RiskRating], *, actor: Actor, at: datetime) -> list[DueDiligence]:
    """Begin due diligence for the customers rated; whoever has one that is open keeps that one."""
    busy = set(
        DueDiligence.objects.filter(
            customer__in=[rating.customer_id for rating in ratings], state__in=[DiligenceState.OPEN, DiligenceState.READY]
        ).values_list("customer_id", flat=True)
    )
    opened = [
        DueDiligence(partner_id=one.partner_id, customer_id=one.customer_id, rating=one, created_at=at, updated_at=at)
        for one in ratings
        if one.customer_id not in busy
    ]
    DueDiligence.objects.bulk_create(opened)
    kinds = dict(DueDiligence.objects.filter(pk__in=[row.pk for row in opened]).values_list("pk", "customer__kind"))
    DueDiligenceItem.objects.bulk_create(
        [DueDiligenceItem(diligence=row, key=key) for row in opened for key in policies.checklist(kinds[row.pk])]
    )
    for row in opened:
        _tell(row, events.DILIGENCE_OPENED, after={"state": row.state}, actor=actor, at=at)
    return opened


@transaction.atomic
def answer(
    *, duediligence_id: UUID, key: str, answer: str, source: str = "", words: str, actor: Actor, at: datetime
) -> DueDiligence:
    """Answer an item, or answer it anew. ``words`` are sealed under the customer's key; ``source`` is for funds and wealth.

    Raises DiligenceNotFound, IllegalMove once decided, Invalid, SubjectErased.
    """
    row = locked(duediligence_id)
    policies.check_can_answer(row)
    item = row.items.filter(key=key).first()
    if item is None:
        raise errors.DiligenceNotFound("It does not ask that.", param="key")
    if answer not in DiligenceAnswer.values or answer == DiligenceAnswer.OPEN:
        raise Invalid("Say satisfied, not satisfied, or that it does not apply.", param="answer")
    wants_source = key in _ABOUT_MONEY and answer != DiligenceAnswer.NOT_APPLICABLE
    if wants_source != bool(source) or (source and source not in SourceOfFunds.values):
        raise Invalid("Say where the money comes from; only of funds and of wealth.", param="source")
    if not 5 <= len(words.strip()) <= 4000:
        raise Invalid("Say in 5 to 4,000 characters what was seen.", param="words")
    item.answer, item.source, item.answered_by, item.answered_at = answer, source, str(actor), at
    item.sealed = subjects.encrypt(row.customer_id, words.strip(), aad=aad(item))
    item.save()
    row.prepared_by, row.updated_at = str(actor), at
    row.state = policies.state_of(row.items.values_list("answer", flat=True))
    row.save(update_fields=["prepared_by", "updated_at", "state"])
    after = {"item": key, "answer": answer, "digest": digest_of(item), "state": row.state}
    _tell(row, events.DILIGENCE_ANSWERED, after=after, actor=actor, at=at)
    return row


@transaction.atomic
def decide(*, duediligence_id: UUID, accept: bool, reason: str, actor: Actor, at: datetime) -> DueDiligence:
    """The relationship goes on, or is to end, as somebody other than the last to answer says (AMLR Art. 34 and 42).

    Raises DiligenceNotFound, IllegalMove while something is open, FourEyesRequired, ReasonMissing.
    """
    row = locked(duediligence_id)
    policies.check_can_decide(row, actor)
    row.decision, row.decided_by, row.decided_at, row.updated_at = check_reason(reason), str(actor), at, at
    row.state = DiligenceState.ACCEPTED if accept else DiligenceState.DECLINED
    row.save()
    _tell(row, events.DILIGENCE_DECIDED, after={"state": row.state}, reason=row.decision, actor=actor, at=at)
    return row


def words_of(row: DueDiligence) -> list[tuple[str, str]]:
    """(item, words) of what was answered: personal data, for a look that the caller has written to the audit. Raises SubjectErased."""
    items = [item for item in row.items.order_by("pk") if item.sealed is not None]
    return [(item.get_key_display(), subjects.decrypt(row.customer_id, bytes(item.sealed), aad=aad(item))) for item in items]


def locked(duediligence_id: UUID) -> DueDiligence:
    """The row, locked. Raises DiligenceNotFound."""
    found = (
        DueDiligence.objects.select_for_update(no_key=True, of=("self",))
        .select_related("customer")
        .filter(pk=duediligence_id)
        .first()
    )
    if found is None:
        raise errors.DiligenceNotFound()
    return found


def aad(item: DueDiligenceItem) -> str:
    """The place of an item's words."""
    return f"compliance_duediligenceitem.sealed:{item.pk}"


def digest_of(item: DueDiligenceItem) -> str:
    """SHA-256 of the sealed words and of the source: by the trail nobody learns them, nor after an erasure whether a guess is right."""
    return hashlib.sha256(bytes(item.sealed or b"") + item.source.encode()).hexdigest()


def _tell(row: DueDiligence, fact: str, *, after: dict[str, str], reason: str = "", actor: Actor, at: datetime) -> None:
    after = {"customer": row.customer.public_id, **after}
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, reason=reason, after=after)
