"""Wallets: opened, renamed, frozen, unfrozen, closed."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts import errors as people
from accounts.choices import FreezeOrigin, PartnerStatus
from accounts.policies import check_reason, origin_of
from accounts.services import customers, partners
from flowlet.core import ids, money, reasons
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from ledger.choices import AccountMode, AccountStatus
from ledger.models import Book
from ledger.services import accounts as ledger_accounts
from ledger.services import books, charts
from wallets import errors, events, policies
from wallets.choices import WalletStatus
from wallets.models import Allowance, TierLimit, Wallet
from wallets.services import notices, spending
from wallets.services.limits import Limits, check_limits
from wallets.services.names import check_external_id_is_free, checked_external_id, unique_external_id

CHANGEABLE: Final = ("name", "metadata")
FREEZER: Final = "wallets"
_FREEZE: Final = ("freeze_reason", "freeze_origin", "freeze_is_kept", "partner_freeze_reason", "staff_freeze_reason")


def create(
    *,
    partner_id: UUID,
    customer_id: UUID,
    currency: str,
    name: str = "",
    limits: Limits | None = None,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Wallet:
    """A new wallet of the customer, empty and open, with its account in the partner's book (which is opened with the first wallet).

    Raises PartnerNotFound, PartnerSuspended, UnknownCurrency, NoLimitForCurrency, CustomerNotFound, CustomerClosed,
    CustomerFrozen, MalformedLimits, DuplicateExternalId and refusals of form.
    """
    money.exponent(currency)
    limits = limits or Limits()
    check_limits(limits, currency)
    name = _checked_name(name)
    external_id = checked_external_id(external_id)
    metadata = notes.checked(metadata or {})
    wallet_id = ids.uuid7()
    public_id = ids.public_id(Wallet.PREFIX, wallet_id)
    with transaction.atomic(savepoint=False):
        if partners.get(partner_id).status == PartnerStatus.SUSPENDED:
            raise people.PartnerSuspended()
        book_id = _book_of(partner_id, actor=actor, at=at)
        check_external_id_is_free(Wallet, partner_id=partner_id, external_id=external_id)
        customer = customers.open_product(customer_id=customer_id, partner_id=partner_id)
        if not TierLimit.objects.filter(tier=customer.kyc_tier, currency=currency).exists():
            raise errors.NoLimitForCurrency(f"No limits are set for {currency}.", param="currency", currency=currency)
        Allowance.objects.bulk_create([Allowance(customer_id=customer_id, currency=currency)], ignore_conflicts=True)
        allowance = Allowance.objects.get(customer_id=customer_id, currency=currency)
        account = ledger_accounts.open(
            book_id=book_id,
            line=charts.CUSTOMER_WALLETS,
            currency=currency,
            mode=AccountMode.STRICT,
            floor=Decimal(0),
            code=public_id,
            name=f"Wallet {public_id}",
            owner=public_id,
            actor=actor,
            at=at,
        )
        wallet = Wallet(
            id=wallet_id,
            partner_id=partner_id,
            customer_id=customer_id,
            account=account,
            allowance=allowance,
            currency=currency,
            name=name,
            limit_per_transaction=limits.per_transaction,
            limit_daily=limits.daily,
            limit_monthly=limits.monthly,
            external_id=external_id,
            metadata=metadata,
            created_at=at,
            updated_at=at,
        )
        with unique_external_id(Wallet, partner_id=partner_id, external_id=external_id):
            wallet.save(force_insert=True)
        _tell(wallet, events.WALLET_CREATED, actor=actor, at=at)
    return wallet


@transaction.atomic
def update(*, wallet_id: UUID, partner_id: UUID | None = None, changes: dict[str, Any], actor: Actor, at: datetime) -> Wallet:
    """The named values (``name``, ``metadata``) become those in ``changes``; None takes one away, what is not named stays.

    Metadata is replaced as a whole. Nothing is written, audited or told when nothing changes. A frozen wallet can be renamed; a
    closed one stays as it is. Raises WalletNotFound, WalletClosed, and Invalid for an unknown name or a value of wrong form.
    """
    for name in changes:
        if name not in CHANGEABLE:
            raise Invalid(f"A wallet's {str(name)[:40]!r} cannot be changed.", param=str(name)[:40])
    wallet = locked(wallet_id, partner_id=partner_id)
    policies.check_is_not_closed(wallet)
    before = _notes(wallet)
    if "name" in changes:
        wallet.name = _checked_name(changes["name"] or "")
    if "metadata" in changes:
        wallet.metadata = notes.checked(changes["metadata"] or {})
    after = _notes(wallet)
    changed = [name for name in CHANGEABLE if before[name] != after[name]]
    if not changed:
        return wallet
    wallet.updated_at = at
    wallet.save(update_fields=[*changed, "updated_at"])
    notices.tell(
        events.WALLET_UPDATED,
        subject=wallet.public_id,
        partner_id=wallet.partner_id,
        actor=actor,
        at=at,
        data={**notices.of_wallet(wallet), "changed": changed},
        after={"changed": changed},
        # A partner may name people in both.
        personal={"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}},
        person_id=wallet.customer_id,
    )
    return wallet


@transaction.atomic(savepoint=False)
def freeze(
    *, wallet_id: UUID, partner_id: UUID | None = None, reason: str, is_kept: bool = False, actor: Actor, at: datetime
) -> Wallet:
    """Stop all movement on the wallet, in and out; holds already placed stay, and can be released.

    With ``is_kept`` an upper app keeps it frozen until it lifts that itself, over a freeze by staff too. A freeze by staff can only be
    lifted by staff, and goes over a partner's. What stood before stands again when the one over it is lifted.

    Raises WalletNotFound, WalletClosed, IllegalMove when frozen already, ReasonMissing.
    """
    wallet = locked(wallet_id, partner_id=partner_id)
    policies.check_can_freeze(wallet, actor, is_kept=is_kept)
    reason = check_reason(reason)
    before = _standing(wallet)
    if wallet.freeze_origin == FreezeOrigin.PARTNER:
        wallet.partner_freeze_reason = wallet.freeze_reason
    elif wallet.freeze_origin:
        wallet.staff_freeze_reason = wallet.freeze_reason
    _set_account(wallet, AccountStatus.FROZEN, actor=actor, at=at, reason=reason)
    wallet.status, wallet.freeze_reason, wallet.freeze_origin = WalletStatus.FROZEN, reason, origin_of(actor)
    wallet.freeze_is_kept = is_kept
    return _stand(wallet, events.WALLET_FROZEN, before=before, reason=reason, actor=actor, at=at)


@transaction.atomic(savepoint=False)
def unfreeze(
    *, wallet_id: UUID, partner_id: UUID | None = None, reason: str, was_kept: bool = False, actor: Actor, at: datetime
) -> Wallet:
    """One freeze is lifted, and the wallet open again unless another stands below; ``was_kept`` is for the app that kept it frozen.

    Raises WalletNotFound, WalletClosed, IllegalMove, FrozenByPlatform, FreezeIsKept, ReasonMissing.
    """
    wallet = locked(wallet_id, partner_id=partner_id)
    wallet.freeze_is_kept = wallet.freeze_is_kept and not was_kept
    policies.check_can_unfreeze(wallet, actor)
    reason = check_reason(reason)
    before = _standing(wallet)
    fact = events.WALLET_FROZEN
    if wallet.staff_freeze_reason:
        wallet.freeze_reason, wallet.staff_freeze_reason = wallet.staff_freeze_reason, ""
    elif wallet.partner_freeze_reason:
        wallet.freeze_reason, wallet.freeze_origin = wallet.partner_freeze_reason, FreezeOrigin.PARTNER
        wallet.partner_freeze_reason = ""
    else:
        fact = events.WALLET_UNFROZEN
        _set_account(wallet, AccountStatus.OPEN, actor=actor, at=at, reason=reason)
        wallet.status, wallet.freeze_reason, wallet.freeze_origin = WalletStatus.OPEN, "", ""
    return _stand(wallet, fact, before=before, reason=reason, actor=actor, at=at)


@transaction.atomic(savepoint=False)
def close(*, wallet_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Wallet:
    """Close for good, at zero and without open holds. Raises WalletNotFound, WalletClosed, WalletFrozen, WalletNotEmpty."""
    found = get(wallet_id, partner_id=partner_id)
    policies.check_can_close(found)
    spending.lock(wallet_id=wallet_id, at=at)
    customers.close_product(customer_id=found.customer_id)
    wallet = locked(wallet_id, partner_id=partner_id)
    policies.check_can_close(wallet)
    before = _standing(wallet)
    reason = reasons.kept(reason)
    _set_account(wallet, AccountStatus.CLOSED, actor=actor, at=at, reason=reason)
    wallet.status, wallet.closed_at = WalletStatus.CLOSED, at
    return _stand(wallet, events.WALLET_CLOSED, before=before, reason=reason, actor=actor, at=at)


def get(wallet_id: UUID, *, partner_id: UUID | None = None) -> Wallet:
    """The wallet, of this partner if one is named. Raises WalletNotFound, also for another partner's."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    wallet = Wallet.objects.filter(pk=wallet_id, **scope).first()
    if wallet is None:
        raise spending.not_found(wallet_id, "")
    return wallet


def locked(wallet_id: UUID, *, partner_id: UUID | None = None) -> Wallet:
    """The wallet with its row locked. Raises WalletNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    wallet = Wallet.objects.select_for_update(no_key=True).filter(pk=wallet_id, **scope).first()
    if wallet is None:
        raise spending.not_found(wallet_id, "")
    return wallet


def _book_of(partner_id: UUID, *, actor: Actor, at: datetime) -> int:
    found = Book.objects.filter(partner_id=partner_id).values_list("id", flat=True).first()
    return found or books.create(partner=partners.locked(partner_id), actor=actor, at=at).pk


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > 120 or not name.isprintable():
        raise Invalid("A wallet's name has at most 120 printable characters.", param="name")
    return name


def _set_account(wallet: Wallet, status: AccountStatus, *, actor: Actor, at: datetime, reason: str) -> None:
    """Close the account, or bring the wallets' own freeze of it to ``status``; a freeze by others stays theirs to lift."""
    told: dict[str, Any] = {"account_id": wallet.account_id, "actor": actor, "at": at, "reason": reason}
    with spending.in_words_of_wallets({wallet.account_id: wallet.pk}):
        if status == AccountStatus.CLOSED:
            ledger_accounts.close(**told)
        elif (wallet.status == WalletStatus.FROZEN) != (status == AccountStatus.FROZEN):
            move = ledger_accounts.freeze if status == AccountStatus.FROZEN else ledger_accounts.unfreeze
            move(**told, by=FREEZER)


def _stand(wallet: Wallet, fact: str, *, before: dict[str, Any], reason: str, actor: Actor, at: datetime) -> Wallet:
    wallet.updated_at = at
    wallet.save(update_fields=["status", *_FREEZE, "closed_at", "updated_at"])
    _tell(wallet, fact, actor=actor, at=at, reason=reason, before=before, after=_standing(wallet))
    return wallet


def _notes(wallet: Wallet) -> dict[str, Any]:
    return {"name": wallet.name or None, "metadata": dict(wallet.metadata)}


def _standing(wallet: Wallet) -> dict[str, Any]:
    return {"status": wallet.status, "freeze_origin": wallet.freeze_origin or None}


def _tell(
    wallet: Wallet,
    fact: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    notices.tell(
        fact,
        subject=wallet.public_id,
        partner_id=wallet.partner_id,
        actor=actor,
        at=at,
        data=notices.of_wallet(wallet),
        reason=reason,
        before=before,
        after=after,
    )
