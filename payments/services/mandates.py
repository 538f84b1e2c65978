"""Mandates: given, suspended, revoked, expired, and used one collection after the other."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import errors as people
from accounts.policies import check_reason
from flowlet.core import ids, reasons
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.vault.services import subjects
from payments import errors, events
from payments.choices import AchAuthorization, ExternalAccountStatus, MandateKind, MandateScheme, MandateStatus, Sequence
from payments.models import Mandate, MandateUse
from payments.policies import external_accounts as account_policies
from payments.policies import mandates as policies
from payments.selectors import external_accounts as account_selectors
from payments.selectors import mandates as selectors
from payments.services import account_notices, mandate_amendments
from payments.services.names import checked_external_id, duplicate_external_id

EVIDENCE_LEAST, EVIDENCE_MOST = 10, 2000
SWEEP_SIZE = 500


def create(
    *,
    partner_id: UUID,
    external_account_id: UUID,
    scheme: str,
    signed_on: date,
    kind: str = MandateKind.RECURRENT,
    reference: str | None = None,
    creditor_id: str | None = None,
    authorization: str | None = None,
    evidence: str | None = None,
    notice_days: int | None = None,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Mandate:
    """A new mandate of the account's holder, ACTIVE. The reference is made up where none is given. With ``notice_days`` (SEPA) its
    collections are held to so many days between the debtor's notice and the day on which they are due.

    SEPA needs ``creditor_id``; ACH needs ``authorization`` and ``evidence``. Raises ExternalAccountNotFound, -Closed, -Blocked,
    NotDebitable, MandateSchemeUnfit, MandateDayOutOfRange, DuplicateMandateReference, DuplicateExternalId, PersonalDataErased,
    FieldMissing, FieldNotForKind, EvidenceMissing, and the refusals of form.
    """
    for name, value, choices in (("scheme", scheme, MandateScheme), ("kind", kind, MandateKind)):
        if value not in choices.values:
            raise Invalid(f"Use {', '.join(choices.values)}.", param=name)
    mandate = Mandate(
        id=ids.uuid7(),
        partner_id=partner_id,
        scheme=scheme,
        kind=kind,
        signed_on=signed_on,
        notice_days=notice_days,
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
        updated_at=at,
    )
    mandate.reference = policies.check_reference(reference) if reference else _made_up(mandate)
    mandate.reference_key = mandate.reference.upper()
    text = _read_scheme(mandate, creditor_id=creditor_id, authorization=authorization, evidence=evidence)
    if notice_days is not None and scheme not in policies.SEPA:
        raise errors.FieldNotForKind("Only SEPA asks for a notice.", param="notice_days")
    if notice_days is not None and not 0 <= notice_days <= policies.LONGEST_NOTICE:
        raise Invalid(f"0 to {policies.LONGEST_NOTICE} days.", param="notice_days")
    policies.check_signed_on(signed_on, scheme=scheme, at=at)
    if scheme in policies.SEPA:
        mandate.expires_on = policies.months_after(signed_on, policies.UNUSED_MONTHS)
    with transaction.atomic():
        account = account_selectors.for_update(external_account_id, partner_id=partner_id)
        account_policies.check_is_not_closed(account)
        if account.status == ExternalAccountStatus.BLOCKED:
            raise errors.ExternalAccountBlocked(external_account=account.public_id)
        details = account_selectors.details_of([account])[account.pk]
        if details is None:
            raise people.PersonalDataErased()
        policies.check_scheme(account, scheme=scheme, authorization=mandate.authorization, number=details.number)
        mandate.external_account, mandate.customer_id = account, account.customer_id
        if text:
            mandate.evidence = subjects.encrypt(account.customer_id, text, aad=selectors.evidence_aad(mandate.pk))
        _insert(mandate)
        account_notices.tell(
            events.MANDATE_CREATED,
            mandate,
            actor=actor,
            at=at,
            after={
                "external_account": account.public_id,
                "scheme": mandate.scheme,
                "kind": mandate.kind,
                "reference": mandate.reference,
                "creditor_id": mandate.creditor_id or None,
                "authorization": mandate.authorization or None,
                "signed_on": mandate.signed_on,
                "external_id": mandate.external_id or None,
            },
            personal={"after": {"evidence": text}} if text else None,
        )
    return mandate


@transaction.atomic
def suspend(*, mandate_id: UUID, partner_id: UUID | None = None, reason: str, actor: Actor, at: datetime) -> Mandate:
    """Nothing is collected until ``resume``. Raises MandateNotFound, MandateEnded, IllegalMove, ReasonMissing."""
    mandate = selectors.for_update(mandate_id, partner_id=partner_id)
    policies.check_can_suspend(mandate)
    return _stand(mandate, MandateStatus.SUSPENDED, events.MANDATE_SUSPENDED, check_reason(reason), actor=actor, at=at)


@transaction.atomic
def resume(*, mandate_id: UUID, partner_id: UUID | None = None, reason: str, actor: Actor, at: datetime) -> Mandate:
    """Money can be collected again. Raises MandateNotFound, MandateEnded, IllegalMove, ReasonMissing."""
    mandate = selectors.for_update(mandate_id, partner_id=partner_id)
    policies.check_can_resume(mandate)
    return _stand(mandate, MandateStatus.ACTIVE, events.MANDATE_RESUMED, check_reason(reason), actor=actor, at=at)


@transaction.atomic
def revoke(*, mandate_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Mandate:
    """Nothing is collected any more; what is under way is not recalled by this. Raises MandateNotFound, MandateEnded."""
    mandate = selectors.for_update(mandate_id, partner_id=partner_id)
    policies.check_is_open(mandate)
    return _stand(mandate, MandateStatus.REVOKED, events.MANDATE_REVOKED, reasons.kept(reason), actor=actor, at=at)


@transaction.atomic
def revoke_all(*, external_account_id: UUID, reason: str, actor: Actor, at: datetime) -> int:
    """Revoke every open mandate of an account; answers how many there were."""
    rows = Mandate.objects.select_for_update(no_key=True).filter(external_account_id=external_account_id)
    found = list(rows.filter(status__in=selectors.OPEN).order_by("id"))
    for mandate in found:
        _stand(mandate, MandateStatus.REVOKED, events.MANDATE_REVOKED, reason, actor=actor, at=at)
    return len(found)


@transaction.atomic
def expire_unused(*, on: date, actor: Actor, at: datetime) -> int:
    """End up to ``SWEEP_SIZE`` mandates that were not used for 36 months; answers how many. May run twice without harm."""
    found = list(
        selectors.unused_until(on).select_for_update(no_key=True, skip_locked=True).order_by("expires_on", "id")[:SWEEP_SIZE]
    )
    for mandate in found:
        reason = f"No collection for {policies.UNUSED_MONTHS} months"
        _stand(mandate, MandateStatus.EXPIRED, events.MANDATE_EXPIRED, reason, actor=actor, at=at)
    return len(found)


@transaction.atomic
def next_sequence(
    *,
    mandate_id: UUID,
    reference: str,
    on: date,
    is_final: bool = False,
    partner_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> Sequence:
    """The place of the collection ``reference`` (the payment's public id), due on day ``on``, in the mandate's sequence.

    Taken under the mandate's lock; asked again for the same reference, the answer is the same and nothing is used. Raises
    MandateNotFound, MandateNotActive, and MandateUseRejected when the collection gave its place back.
    """
    mandate = selectors.for_update(mandate_id, partner_id=partner_id)
    known = MandateUse.objects.filter(mandate=mandate, reference=reference).first()
    if known is not None:
        if known.rejected_at is not None:
            raise errors.MandateUseRejected(mandate=mandate.public_id)
        return Sequence(known.sequence)
    policies.check_can_collect(mandate, on=on)
    place = policies.place_of_next(mandate, is_final=is_final)
    MandateUse.objects.create(mandate=mandate, reference=reference, sequence=place, used_on=on, created_at=at)
    mandate_amendments.carry(mandate, reference)
    before = _usage(mandate)
    mandate.uses, mandate.last_sequence = mandate.uses + 1, place
    mandate.last_used_on = on if mandate.last_used_on is None else max(on, mandate.last_used_on)
    if mandate.expires_on is not None:
        mandate.expires_on = max(mandate.expires_on, policies.months_after(on, policies.UNUSED_MONTHS))
    _use(mandate, events.MANDATE_USED, reference, before=before, sequence=place, actor=actor, at=at)
    return place


@transaction.atomic
def give_back(*, mandate_id: UUID, reference: str, actor: Actor, at: datetime) -> Mandate:
    """The collection was rejected before settlement, so its place is free: after a rejected FRST comes FRST again.

    What was returned or refunded after settlement keeps its place. The 36 months count from the collection all the same. Nothing
    happens when it was given back before, or never taken. Raises MandateNotFound.
    """
    mandate = selectors.for_update(mandate_id)
    if not MandateUse.objects.filter(mandate=mandate, reference=reference, rejected_at=None).update(rejected_at=at):
        return mandate
    mandate_amendments.take_back(mandate, reference)
    left = list(MandateUse.objects.filter(mandate=mandate, rejected_at=None).order_by("id").values_list("sequence", "used_on"))
    before = _usage(mandate)
    mandate.uses = len(left)
    mandate.last_sequence = left[-1][0] if left else ""
    mandate.last_used_on = max((used_on for _, used_on in left), default=None)
    _use(mandate, events.MANDATE_USE_REJECTED, reference, before=before, sequence=None, actor=actor, at=at)
    return mandate


def _made_up(mandate: Mandate) -> str:
    """A reference that no other mandate has, in the characters that SEPA takes."""
    return f"{mandate.PREFIX}{mandate.public_id.partition('_')[2]}".upper()


def _read_scheme(mandate: Mandate, *, creditor_id: str | None, authorization: str | None, evidence: str | None) -> str:
    """Put what the scheme needs on the mandate; answers the evidence to seal, "" for none."""
    sepa = mandate.scheme in policies.SEPA
    given = {"creditor_id": creditor_id, "authorization": authorization, "evidence": evidence}
    belongs = {"creditor_id"} if sepa else {"authorization", "evidence"}
    for name, value in given.items():
        if value and name not in belongs:
            raise errors.FieldNotForKind(f"{mandate.get_scheme_display()}: there is no {name}.", param=name)
        if not value and name in belongs:
            refusal = errors.EvidenceMissing if name == "evidence" else errors.FieldMissing
            raise refusal(param=name)
    if sepa:
        mandate.creditor_id = policies.check_creditor_id(creditor_id)
        return ""
    if authorization not in AchAuthorization.values:
        raise Invalid(f"Use {', '.join(AchAuthorization.values)}.", param="authorization")
    mandate.authorization = authorization
    text = (evidence or "").strip()
    if not EVIDENCE_LEAST <= len(text) <= EVIDENCE_MOST or "\x00" in text:
        raise errors.EvidenceMissing(param="evidence")
    return text


def _insert(mandate: Mandate) -> None:
    try:
        with transaction.atomic():
            mandate.save(force_insert=True)
    except IntegrityError as error:
        if "mandate_reference_is_unique_per_creditor" in str(error):
            raise errors.DuplicateMandateReference(param="reference") from None
        if "mandate_external_id_is_unique_per_partner" in str(error):
            raise duplicate_external_id(Mandate, partner_id=mandate.partner_id, external_id=mandate.external_id) from None
        raise


_STANDING: Final = ("status", "status_reason", "ended_at", "updated_at")
_USAGE: Final = ("uses", "last_sequence", "last_used_on", "expires_on", "updated_at")


def _stand(mandate: Mandate, status: MandateStatus, fact: str, reason: str, *, actor: Actor, at: datetime) -> Mandate:
    before = {"status": mandate.status}
    mandate.status, mandate.updated_at = status, at
    mandate.status_reason = "" if status == MandateStatus.ACTIVE else reason
    mandate.ended_at = None if status in selectors.OPEN else at
    mandate.save(update_fields=_STANDING)
    account_notices.tell(fact, mandate, actor=actor, at=at, reason=reason, before=before, after={"status": mandate.status})
    return mandate


def _use(
    mandate: Mandate,
    fact: str,
    reference: str,
    *,
    before: dict[str, Any],
    sequence: Sequence | None,
    actor: Actor,
    at: datetime,
) -> None:
    mandate.updated_at = at
    mandate.save(update_fields=_USAGE)
    data = {"payment": reference, "sequence": sequence}
    account_notices.tell(fact, mandate, actor=actor, at=at, before=before, after={**_usage(mandate), **data}, data=data)


def _usage(mandate: Mandate) -> dict[str, Any]:
    return {"uses": mandate.uses, "last_sequence": mandate.last_sequence or None}
