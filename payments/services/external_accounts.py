"""External accounts: added, corrected by their banks, blocked, unblocked, closed, forgotten.

Every step is one transaction with its audit record and its event. Rows are locked account first, then its verification, then its
mandates.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import errors as people
from accounts.choices import CustomerKind, PartnerStatus
from accounts.models import Customer
from accounts.policies import check_is_open, check_reason
from accounts.selectors import customers as customer_selectors
from accounts.services import partners
from flowlet.core import ids, money, reasons
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.vault.services import subjects
from payments import errors, events
from payments.choices import (
    AttemptStatus,
    BlockOrigin,
    ExternalAccountKind,
    ExternalAccountStatus,
    HolderKind,
    Relation,
    VerificationState,
)
from payments.models import AccountVerification, ExternalAccount
from payments.models.account_details import AccountDetails, fingerprint, number_index, owner_indexes
from payments.policies import account_numbers as numbers
from payments.policies import account_values
from payments.policies import external_accounts as policies
from payments.policies.account_values import Correction
from payments.selectors import external_accounts as selectors
from payments.services import account_notices, mandates
from payments.services.names import checked_external_id, duplicate_external_id

# What goes with the customer's key.
_FORGOTTEN: Final[dict[str, Any]] = {
    "fingerprint": "",
    "number_index": "",
    "last_four": "",
    "owner_indexes": [],
    "external_id": "",
    "metadata": {},
}


def create(
    *,
    partner_id: UUID,
    customer_id: UUID,
    kind: str,
    currency: str,
    owner_name: str,
    owner_address: Any = None,
    holder_kind: str | None = None,
    relation: str = Relation.OWN,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
    **values: Any,
) -> ExternalAccount:
    """A new external account of the customer: PENDING until verified when it is a bank account of the customer's own, else ACTIVE.

    ``values`` are those that ``payments.policies.account_values`` names for the kind; ``holder_kind`` is the customer's own kind
    unless given.
    Raises PartnerSuspended, CustomerNotFound, CustomerClosed, CustomerFrozen, PersonalDataErased, ExternalAccountKnown,
    DuplicateExternalId, CurrencyNotForKind, FieldMissing, FieldNotForKind, and the refusals of form of each value.
    """
    for name, value, choices in (("kind", kind, ExternalAccountKind), ("relation", relation, Relation)):
        if value not in choices.values:
            raise Invalid(f"Use {', '.join(choices.values)}.", param=name)
    if holder_kind not in {None, *HolderKind.values}:
        raise Invalid(f"Use {', '.join(HolderKind.values)}.", param="holder_kind")
    money.exponent(currency)
    account = ExternalAccount(
        id=ids.uuid7(),
        partner_id=partner_id,
        customer_id=customer_id,
        kind=kind,
        relation=relation,
        currency=currency,
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
        updated_at=at,
    )
    number = account_values.read(account, values, today=at.date())
    details = AccountDetails(
        owner_name=numbers.owner_name(owner_name),
        number=number,
        owner_address=None if owner_address is None else numbers.owner_address(owner_address),
    )
    account.status = policies.resting_status(account)
    with transaction.atomic():
        if partners.get(partner_id).status == PartnerStatus.SUSPENDED:
            raise people.PartnerSuspended()
        customer = customer_selectors.for_update(customer_id, partner_id=partner_id)
        check_is_open(customer)
        if customer.is_frozen:
            raise people.CustomerFrozen()
        account.holder_kind = holder_kind or _holder_kind(customer)
        _seal(account, details)
        _save(account, force_insert=True)
        account_notices.tell(
            events.EXTERNAL_ACCOUNT_ADDED,
            account,
            actor=actor,
            at=at,
            after={**_facts(account), "relation": account.relation},
            personal={"after": _personal(account, details) | ({"metadata": account.metadata} if account.metadata else {})},
        )
    return account


@transaction.atomic
def apply_correction(
    *, external_account_id: UUID, correction: Correction, reference: str = "", actor: Actor, at: datetime
) -> ExternalAccount:
    """The account has the values that its bank named; the old ones stay in the audit, under the customer's key.

    Nothing happens when all of them are so already, so a notification may be heard twice. The verification stays: the bank itself
    says where the account has moved. Raises ExternalAccountNotFound, ExternalAccountClosed, PersonalDataErased,
    ExternalAccountKnown when the customer has the corrected account already, CorrectionRefused for a value of wrong form or of
    another kind of account.
    """
    account = selectors.for_update(external_account_id)
    policies.check_is_not_closed(account)
    old = _opened(account)
    before = _correctable(account)
    new = account_values.corrected(account, old, correction)
    after = _correctable(account)
    if new == old and before == after:
        return account
    account.updated_at = at
    _seal(account, new)
    _save(account)
    account_notices.tell(
        events.EXTERNAL_ACCOUNT_CORRECTED,
        account,
        actor=actor,
        at=at,
        reason=f"{correction.code} {reference}".strip(),
        before={name: value for name, value in before.items() if value != after[name]},
        after={"code": correction.code, **{name: value for name, value in after.items() if value != before[name]}},
        personal={"before": _personal(account, old), "after": _personal(account, new)},
        data={"code": correction.code},
    )
    return account


@transaction.atomic
def block(
    *, external_account_id: UUID, partner_id: UUID | None = None, reason: str, actor: Actor, at: datetime
) -> ExternalAccount:
    """Nothing is sent to the account or collected from it. The platform's block is not the partner's to lift, and goes over it.

    Raises ExternalAccountNotFound, ExternalAccountClosed, IllegalMove when blocked already, ReasonMissing.
    """
    account = selectors.for_update(external_account_id, partner_id=partner_id)
    policies.check_can_block(account, actor)
    return put_block(account, check_reason(reason), policies.block_origin_of(actor), actor=actor, at=at)


@transaction.atomic
def unblock(
    *, external_account_id: UUID, partner_id: UUID | None = None, reason: str, actor: Actor, at: datetime
) -> ExternalAccount:
    """The account is as it was: ACTIVE, or PENDING while nobody verified it. Returns are counted from zero again.

    Raises ExternalAccountNotFound, ExternalAccountClosed, IllegalMove, BlockNotYours, ReasonMissing.
    """
    account = selectors.for_update(external_account_id, partner_id=partner_id)
    policies.check_can_unblock(account, actor)
    reason = check_reason(reason)
    before = standing(account)
    account.status, account.block_reason, account.block_origin = policies.resting_status(account), "", ""
    account.return_streak = 0
    return stand(account, events.EXTERNAL_ACCOUNT_UNBLOCKED, before=before, reason=reason, actor=actor, at=at)


@transaction.atomic
def close(
    *, external_account_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime
) -> ExternalAccount:
    """The account is used no more; its mandates are revoked, and a verification under way is canceled. The record stays.

    Raises ExternalAccountNotFound, ExternalAccountClosed.
    """
    account = selectors.for_update(external_account_id, partner_id=partner_id)
    policies.check_is_not_closed(account)
    return _close(account, reasons.kept(reason), actor=actor, at=at)


@transaction.atomic
def close_all(*, customer_id: UUID, reason: str, actor: Actor, at: datetime) -> int:
    """Close all open accounts of a customer; answers how many there were."""
    rows = ExternalAccount.objects.select_for_update(no_key=True).filter(customer_id=customer_id).order_by("id")
    found = list(rows.exclude(status=ExternalAccountStatus.CLOSED))
    for account in found:
        _close(account, reason, actor=actor, at=at)
    return len(found)


@transaction.atomic
def forget(*, customer_id: UUID, actor: Actor, at: datetime) -> int:
    """The customer's key is destroyed: drop what could still be searched for, and the partner's own id and notes.

    Answers how many accounts were changed. Called when a customer was erased, who is closed by then, as are the accounts; a second call
    finds nothing to do.
    """
    rows = ExternalAccount.objects.select_for_update(no_key=True).filter(customer_id=customer_id).order_by("id")
    found = list(rows.exclude(**_FORGOTTEN))
    for account in found:
        for name, blank in _FORGOTTEN.items():
            setattr(account, name, blank)
        account.updated_at = at
        account.save(update_fields=[*_FORGOTTEN, "updated_at"])
        account_notices.tell(events.EXTERNAL_ACCOUNT_ERASED, account, actor=actor, at=at, after={"is_erased": True})
    return len(found)


def _holder_kind(customer: Customer) -> str:
    return HolderKind.BUSINESS if customer.kind == CustomerKind.BUSINESS else HolderKind.PERSON


def _opened(account: ExternalAccount) -> AccountDetails:
    details = selectors.details_of([account])[account.pk]
    if details is None:
        raise people.PersonalDataErased()
    return details


def _seal(account: ExternalAccount, details: AccountDetails) -> None:
    box = subjects.key_for(account.customer_id)
    account.personal = box.encrypt(details.dump(), aad=selectors.details_aad(account.pk))
    account.fingerprint = fingerprint(kind=account.kind, routing_number=account.routing_number, number=details.number)
    account.number_index = number_index(details.number)
    account.owner_indexes = owner_indexes(details.owner_name)


def _save(account: ExternalAccount, **options: Any) -> None:
    try:
        with transaction.atomic():
            account.save(**options)
    except IntegrityError as error:
        if "external_account_external_id_is_unique_per_partner" in str(error):
            raise duplicate_external_id(ExternalAccount, partner_id=account.partner_id, external_id=account.external_id) from None
        if "external_account_is_added_once_per_customer" not in str(error):
            raise
        twin = selectors.open_twin(customer_id=account.customer_id, fingerprint=account.fingerprint)
        raise errors.ExternalAccountKnown(**({"external_account": twin.public_id} if twin else {})) from None


def put_block(account: ExternalAccount, reason: str, origin: BlockOrigin, *, actor: Actor, at: datetime) -> ExternalAccount:
    """Block the locked account, which may be blocked."""
    before = standing(account)
    account.status, account.block_reason, account.block_origin = ExternalAccountStatus.BLOCKED, reason, origin
    return stand(account, events.EXTERNAL_ACCOUNT_BLOCKED, before=before, reason=reason, actor=actor, at=at)


def _close(account: ExternalAccount, reason: str, *, actor: Actor, at: datetime) -> ExternalAccount:
    before = standing(account)
    under_way = AccountVerification.objects.filter(external_account=account, status=AttemptStatus.PENDING)
    under_way.update(status=AttemptStatus.CANCELED, ended_at=at, reason="The account was closed")
    if account.verification == VerificationState.PENDING:
        account.verification = VerificationState.UNVERIFIED
    mandates.revoke_all(external_account_id=account.pk, reason=reason or "The account was closed", actor=actor, at=at)
    account.status, account.closed_at, account.block_reason, account.block_origin = ExternalAccountStatus.CLOSED, at, "", ""
    return stand(account, events.EXTERNAL_ACCOUNT_CLOSED, before=before, reason=reason, actor=actor, at=at)


_STANDING: Final = ("status", "verification", "block_reason", "block_origin", "return_streak", "closed_at", "updated_at")


def stand(
    account: ExternalAccount, fact: str, *, before: dict[str, Any], reason: str, actor: Actor, at: datetime
) -> ExternalAccount:
    """Write how the locked account stands now, and tell of it."""
    account.updated_at = at
    account.save(update_fields=_STANDING)
    account_notices.tell(fact, account, actor=actor, at=at, reason=reason, before=before, after=standing(account))
    return account


def standing(account: ExternalAccount) -> dict[str, Any]:
    """What the audit says of how it stands."""
    return {
        "status": account.status,
        "verification": account.verification,
        "block_origin": account.block_origin or None,
    }


def _correctable(account: ExternalAccount) -> dict[str, Any]:
    return {"routing_number": account.routing_number, "account_type": account.account_type, "bic": account.bic}


def _facts(account: ExternalAccount) -> dict[str, Any]:
    return {
        "customer": ids.public_id(Customer.PREFIX, account.customer_id),
        "kind": account.kind,
        "currency": account.currency,
        **standing(account),
        **{name: value for name, value in _correctable(account).items() if value},
        "external_id": account.external_id or None,
    }


def _personal(account: ExternalAccount, details: AccountDetails) -> dict[str, Any]:
    address = details.owner_address
    return {
        "owner_name": details.owner_name,
        "number": details.number,
        **({"owner_address": str(address)} if address else {}),
    }
