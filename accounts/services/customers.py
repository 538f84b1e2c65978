"""Customers: created, changed, frozen, verified, closed, erased.

Every step is one transaction with its audit record and its event; the audit keeps personal values under the customer's own key,
and events tell only ids, states and the names of what changed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import errors, events, policies
from accounts.choices import CustomerKind, CustomerStatus, FreezeOrigin, KycTier, PartnerStatus
from accounts.models import Customer
from accounts.models.personal import Personal, checked, email_index, name_indexes, phone_index
from accounts.selectors import customers as selectors
from accounts.services import authentication_factors, partners
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core import countries, ids, reasons
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.events.services import outbox
from flowlet.vault.services import subjects

ERASE: Final = "customer.erase"
PERSONAL: Final = ("name", "email", "phone", "address", "born_on", "incorporated_on", "registration_number")
READABLE: Final = ("country", "external_id", "metadata")
_NOTED: Final = ("external_id", "metadata")  # readable here, sealed in the audit: a partner may name people in them
_erasure_guard: Callable[[Customer, datetime], None] | None = None


def create(
    *,
    partner_id: UUID,
    kind: str,
    name: str,
    country: str,
    email: str | None = None,
    phone: str | None = None,
    address: Any = None,
    born_on: Any = None,
    incorporated_on: Any = None,
    registration_number: str | None = None,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Customer:
    """A new customer of the partner, ACTIVE and UNVERIFIED.

    Raises PartnerNotFound, PartnerSuspended, DuplicateExternalId, and the refusals of form of each value (MalformedEmail,
    MalformedPhone, UnknownCountry, ImpossibleDate, MalformedAddress, FieldNotForKind…).
    """
    if kind not in CustomerKind.values:
        raise Invalid(f"Use {' or '.join(CustomerKind.values)}.", param="kind")
    given = {
        "name": name,
        "email": email,
        "phone": phone,
        "address": address,
        "born_on": born_on,
        "incorporated_on": incorporated_on,
        "registration_number": registration_number,
    }
    personal = checked(given, kind=kind, at=at)
    customer = Customer(
        id=ids.uuid7(),
        partner_id=partner_id,
        kind=kind,
        country=countries.check(country),
        external_id=_checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
        updated_at=at,
    )
    with transaction.atomic():
        if partners.get(partner_id).status == PartnerStatus.SUSPENDED:
            raise errors.PartnerSuspended()
        _seal(customer, personal, box=subjects.new_box(customer.pk, at=at))
        _save(customer, force_insert=True)
        _tell(
            customer,
            events.CUSTOMER_CREATED,
            actor=actor,
            at=at,
            after=_facts(customer),
            personal={"after": _values(personal, PERSONAL) | {name: value for name, value in _noted(customer).items() if value}},
            data={"kind": customer.kind, "country": customer.country, "external_id": None},
            told={"external_id": customer.external_id} if customer.external_id else None,
        )
    return customer


def update(*, customer_id: UUID, partner_id: UUID | None = None, changes: dict[str, Any], actor: Actor, at: datetime) -> Customer:
    """The named values become those in ``changes``; None or "" takes a value away; what is not named stays.

    Names are those of ``PERSONAL`` and ``READABLE``; metadata is replaced as a whole. Nothing is written, audited or told when
    nothing changes. Raises CustomerNotFound, CustomerClosed, PersonalDataErased, DuplicateExternalId, Invalid for an unknown
    name, and the refusals of form as ``create``.
    """
    for name in changes:
        if name not in PERSONAL and name not in READABLE:
            raise Invalid(f"A customer's {str(name)[:40]!r} cannot be changed.", param=str(name)[:40])
    with transaction.atomic():
        customer = selectors.for_update(customer_id, partner_id=partner_id)
        policies.check_is_open(customer)
        before = _facts(customer) | _noted(customer)
        if "country" in changes:
            customer.country = countries.check(changes["country"] or "")
        if "external_id" in changes:
            customer.external_id = _checked_external_id(changes["external_id"])
        if "metadata" in changes:
            customer.metadata = notes.checked(changes["metadata"] or {})
        after = _facts(customer) | _noted(customer)
        changed = [name for name in READABLE if before[name] != after[name]]
        noted = [name for name in _NOTED if name in changed]
        sealed = {"before": {name: before[name] for name in noted}, "after": {name: after[name] for name in noted}}
        if any(name in PERSONAL for name in changes):
            personal = _change_personal(customer, changes, at=at)
            changed += personal["changed"]
            sealed = {when: values | personal[when] for when, values in sealed.items()}
        if not changed:
            return customer
        customer.updated_at = at
        _save(customer)
        _tell(
            customer,
            events.CUSTOMER_UPDATED,
            actor=actor,
            at=at,
            before={"country": before["country"]} if "country" in changed else {},
            after={"country": after["country"]} if "country" in changed else {},
            personal=sealed if set(changed) - {"country"} else None,
            data={"changed": sorted(changed)},
        )
    return customer


@transaction.atomic
def freeze(*, customer_id: UUID, partner_id: UUID | None = None, reason: str, actor: Actor, at: datetime) -> Customer:
    """Nothing may move for the customer. A freeze by staff can only be lifted by staff, and goes over a partner's, which stands again
    when it is lifted.

    Raises CustomerNotFound, CustomerClosed, IllegalMove when frozen already, ReasonMissing.
    """
    customer = selectors.for_update(customer_id, partner_id=partner_id)
    policies.check_can_freeze(customer, actor)
    reason = policies.check_reason(reason)
    before = _standing(customer)
    customer.partner_freeze_reason = customer.freeze_reason  # what it goes over is a partner's
    customer.status, customer.freeze_reason, customer.freeze_origin = CustomerStatus.FROZEN, reason, policies.origin_of(actor)
    data = {"origin": customer.freeze_origin}
    return _stand(customer, events.CUSTOMER_FROZEN, before=before, reason=reason, data=data, actor=actor, at=at)


@transaction.atomic
def unfreeze(*, customer_id: UUID, partner_id: UUID | None = None, reason: str, actor: Actor, at: datetime) -> Customer:
    """The customer is active again, unless the partner's own freeze stands below the platform's.

    Raises CustomerNotFound, CustomerClosed, IllegalMove, FrozenByPlatform, ReasonMissing.
    """
    customer = selectors.for_update(customer_id, partner_id=partner_id)
    policies.check_can_unfreeze(customer, actor)
    reason = policies.check_reason(reason)
    before = _standing(customer)
    fact, data = events.CUSTOMER_UNFROZEN, {}
    if customer.partner_freeze_reason:
        fact, data = events.CUSTOMER_FROZEN, {"origin": FreezeOrigin.PARTNER}
        customer.freeze_reason, customer.freeze_origin = customer.partner_freeze_reason, FreezeOrigin.PARTNER
        customer.partner_freeze_reason = ""
    else:
        customer.status, customer.freeze_reason, customer.freeze_origin = CustomerStatus.ACTIVE, "", ""
    return _stand(customer, fact, before=before, reason=reason, data=data, actor=actor, at=at)


@transaction.atomic
def set_kyc_tier(*, customer_id: UUID, kyc_tier: str, reason: str, actor: Actor, at: datetime) -> Customer:
    """The customer's identity is verified to this tier from now on; limits follow.

    Raises CustomerNotFound, CustomerClosed, TierUnchanged, ReasonMissing, Invalid for an unknown tier.
    """
    if kyc_tier not in KycTier.values:
        raise Invalid(f"Use {', '.join(KycTier.values)}.", param="kyc_tier")
    customer = selectors.for_update(customer_id)
    policies.check_is_open(customer)
    if customer.kyc_tier == kyc_tier:
        raise errors.TierUnchanged()
    reason = policies.check_reason(reason)
    before = _standing(customer)
    customer.kyc_tier = kyc_tier
    data = {"previous_kyc_tier": before["kyc_tier"]}
    return _stand(customer, events.CUSTOMER_KYC_TIER_CHANGED, before=before, reason=reason, data=data, actor=actor, at=at)


@transaction.atomic
def close(*, customer_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Customer:
    """The customer is served no more; the record stays.

    Raises CustomerNotFound, CustomerClosed, CustomerFrozen, CustomerHasOpenProducts.
    """
    customer = selectors.for_update(customer_id, partner_id=partner_id)
    policies.check_can_close(customer)
    before = _standing(customer)
    customer.status, customer.closed_at = CustomerStatus.CLOSED, at
    return _stand(customer, events.CUSTOMER_CLOSED, before=before, reason=reasons.kept(reason), data={}, actor=actor, at=at)


@transaction.atomic
def erase(*, customer_id: UUID, reason: str, actor: Actor, at: datetime) -> Customer:
    """Destroy a closed customer's key: personal values are unreadable for good, in the audit too, and cannot be searched for.

    Whether the law still wants them kept is for the caller to know. Raises CustomerNotFound, IllegalMove unless closed,
    PersonalDataErased when it was done before, ReasonMissing.
    """
    customer = selectors.for_update(customer_id)
    policies.check_can_erase(customer)
    reason = policies.check_reason(reason)
    if not subjects.erase(customer.pk, at=at):
        raise errors.PersonalDataErased()
    authentication_factors.forget(customer_id=customer.pk, actor=actor, at=at)
    customer.email_index, customer.phone_index, customer.name_indexes, customer.updated_at = "", "", [], at
    customer.external_id, customer.metadata = "", {}
    customer.save(update_fields=["email_index", "phone_index", "name_indexes", "external_id", "metadata", "updated_at"])
    _tell(customer, events.CUSTOMER_ERASED, actor=actor, at=at, reason=reason, after={"is_erased": True}, data={})
    return customer


@transaction.atomic
def forget_contact(*, customer_id: UUID, actor: Actor, at: datetime) -> bool:
    """Take e-mail address, phone number and metadata of a closed customer away: no law wants them kept. Whether there were any.

    Raises CustomerNotFound, IllegalMove unless closed, PersonalDataErased.
    """
    customer = selectors.for_update(customer_id)
    policies.check_can_erase(customer)
    names = _change_personal(customer, {"email": "", "phone": ""}, at=at)["changed"] + (["metadata"] if customer.metadata else [])
    if names:
        customer.metadata, customer.updated_at = {}, at
        customer.save(update_fields=["personal", "email_index", "phone_index", "name_indexes", "metadata", "updated_at"])
        _tell(customer, events.CUSTOMER_UPDATED, actor=actor, at=at, after={"forgotten": names}, data={"changed": sorted(names)})
    return bool(names)


@transaction.atomic
def request_erasure(*, customer_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for ``erase``; another person approves it in ``flowlet.approvals``, as nobody can undo it.

    Raises CustomerNotFound, IllegalMove unless closed, PersonalDataErased, ReasonMissing, approvals' MayNot and AlreadyPending, and
    whatever the guards raise that upper apps have set (``set_erasure_guard``), such as that a law wants the data kept.
    """
    customer = selectors.for_update(customer_id)
    policies.check_can_request_erasure(customer)
    _ask_the_law(customer, at=at)
    return requests.submit(
        kind=ERASE,
        payload={"customer": customer.public_id},
        subject=customer.public_id,
        reason=policies.check_reason(reason),
        actor=actor,
        at=at,
        partner_id=customer.partner_id,
    )


def execute_erasure(*, approval: Approval, actor: Actor, at: datetime) -> Customer:
    """Carry an approved request out. Raises Obsolete when it has been done already, and what the guard raises."""
    customer = selectors.for_update(Customer.key(approval.payload["customer"]))
    try:
        policies.check_can_request_erasure(customer)
        _ask_the_law(customer, at=at)
        return erase(customer_id=customer.pk, reason=approval.reason, actor=actor, at=at)
    except errors.PersonalDataErased as refusal:
        raise Obsolete(refusal.message) from None


def describe_erasure(approval: Approval) -> dict[str, str]:
    """What the checker sees; nothing personal."""
    customer = selectors.get(Customer.key(approval.payload["customer"]))
    return {
        "Customer of": str(partners.get(customer.partner_id)),
        "Kind": customer.get_kind_display(),
        "Closed": customer.closed_at.isoformat(timespec="minutes") if customer.closed_at else "not closed",
        "What happens": "Personal values become unreadable for good, in the audit too; the books stay.",
    }


@transaction.atomic
def open_product(*, customer_id: UUID, partner_id: UUID) -> Customer:
    """Count one more open product (a wallet) of an active customer, who cannot close while there is one; the row is locked.

    Called by the app that opens it, in the same transaction. Raises CustomerNotFound, CustomerClosed, CustomerFrozen.
    """
    customer = selectors.for_update(customer_id, partner_id=partner_id)
    policies.check_is_open(customer)
    if customer.status == CustomerStatus.FROZEN:
        raise errors.CustomerFrozen()
    Customer.objects.filter(pk=customer.pk).update(open_products=F("open_products") + 1)
    customer.open_products += 1
    return customer


@transaction.atomic
def close_product(*, customer_id: UUID) -> None:
    """Count one open product less, in the transaction that closes it."""
    if not Customer.objects.filter(pk=customer_id, open_products__gt=0).update(open_products=F("open_products") - 1):
        raise RuntimeError(f"customer {customer_id} has no open product to close")


def set_erasure_guard(guard: Callable[[Customer, datetime], None] | None) -> None:
    """Say who knows whether the law wants a customer's data kept: ``guard(customer, at)`` raises then. The law lives above."""
    global _erasure_guard
    _erasure_guard = guard


def _ask_the_law(customer: Customer, *, at: datetime) -> None:
    if _erasure_guard is not None:
        _erasure_guard(customer, at)


def _checked_external_id(value: str | None) -> str:
    text = "" if value is None else str(value)
    if len(text) > 128 or (text and (not text.isprintable() or text != text.strip())):
        raise errors.MalformedExternalId(param="external_id")
    return text


def _change_personal(customer: Customer, changes: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """Seal the changed document; before, after and the names of what differs."""
    old = selectors.personal_of([customer])[customer.pk]
    if old is None:
        raise errors.PersonalDataErased()
    wanted = {name: changes.get(name, getattr(old, name)) for name in PERSONAL}
    new = checked(wanted, kind=customer.kind, at=at)
    names = old.differences(new)
    if names:
        _seal(customer, new, box=subjects.key_for(customer.pk))
    return {"changed": names, "before": _values(old, names), "after": _values(new, names)}


def _seal(customer: Customer, personal: Personal, *, box: subjects.SubjectBox) -> None:
    customer.personal = box.encrypt(personal.dump(), aad=selectors.personal_aad(customer.pk))
    customer.email_index = email_index(personal.email)
    customer.phone_index = phone_index(personal.phone)
    customer.name_indexes = name_indexes(personal.name)


def _save(customer: Customer, **options: Any) -> None:
    try:
        with transaction.atomic():
            customer.save(**options)
    except IntegrityError as error:
        if "customer_external_id_is_unique_per_partner" not in str(error):
            raise
        twin = Customer.objects.filter(partner_id=customer.partner_id, external_id=customer.external_id).first()
        raise errors.DuplicateExternalId(param="external_id", **({"customer": twin.public_id} if twin else {})) from None


def _stand(
    customer: Customer, fact: str, *, before: dict[str, Any], reason: str, data: dict[str, Any], actor: Actor, at: datetime
) -> Customer:
    customer.updated_at = at
    freeze = ("freeze_reason", "freeze_origin", "partner_freeze_reason")
    customer.save(update_fields=["status", "kyc_tier", *freeze, "closed_at", "updated_at"])
    _tell(customer, fact, actor=actor, at=at, reason=reason, before=before, after=_standing(customer), data=data)
    return customer


def _standing(customer: Customer) -> dict[str, Any]:
    return {"status": customer.status, "kyc_tier": customer.kyc_tier, "freeze_origin": customer.freeze_origin or None}


def _facts(customer: Customer) -> dict[str, Any]:
    return {
        "kind": customer.kind,
        **_standing(customer),
        "country": customer.country,
    }


def _noted(customer: Customer) -> dict[str, Any]:
    return {"external_id": customer.external_id or None, "metadata": dict(customer.metadata)}


def _values(personal: Personal, names: Any) -> dict[str, Any]:
    return {name: getattr(personal, name) for name in names if getattr(personal, name)}


def _tell(
    customer: Customer,
    fact: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
    data: dict[str, Any],
    told: dict[str, Any] | None = None,
) -> None:
    """``personal`` is for the audit, ``told`` for the partner; both lie under the customer's key."""
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=customer.public_id,
        partner_id=customer.partner_id,
        reason=reason,
        before=before,
        after=after,
        personal=personal,
        subject_id=None if personal is None else customer.pk,
    )
    shown = {"id": customer.public_id, "status": customer.status, "kyc_tier": customer.kyc_tier, **data}
    outbox.publish(
        type=fact,
        partner_id=customer.partner_id,
        subject=customer.public_id,
        data=shown,
        personal=told,
        person_id=customer.pk,
        at=at,
    )
