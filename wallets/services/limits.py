"""Limits: checked, and changed by two people through ``flowlet.approvals``."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.choices import KycTier
from accounts.policies import check_reason
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.events.services import outbox
from wallets import errors, events, policies
from wallets.models import TierLimit, Wallet

CHANGE = "wallets.limit_change"
SPANS = ("per_transaction", "daily", "monthly")


@dataclass(frozen=True, slots=True)
class Limits:
    """The three limits, in a currency that stands beside them; None for none. A tier has all three."""

    per_transaction: Decimal | None = None
    daily: Decimal | None = None
    monthly: Decimal | None = None

    def as_texts(self, currency: str) -> dict[str, str | None]:
        """As payloads and events write them."""
        return {span: None if (value := getattr(self, span)) is None else money.to_text(value, currency) for span in SPANS}


def of_wallet(wallet: Wallet) -> Limits:
    """The wallet's own limits."""
    return Limits(wallet.limit_per_transaction, wallet.limit_daily, wallet.limit_monthly)


def of_tier(row: TierLimit) -> Limits:
    """A tier's limits."""
    return Limits(row.per_transaction, row.daily, row.monthly)


def check_limits(limits: Limits, currency: str, *, complete: bool = False) -> None:
    """Raise MalformedLimits unless they are exact in the currency, not negative, and grow with their span; all given if ``complete``."""
    values = []
    for span in SPANS:
        value = getattr(limits, span)
        if value is None:
            if complete:
                raise errors.MalformedLimits("A tier has all three limits.", param=span)
            continue
        try:
            money.exact(value, currency, param=span)
        except DomainError as refusal:
            raise errors.MalformedLimits(refusal.message, param=span) from None
        if value < 0:
            raise errors.MalformedLimits("A limit is zero or more.", param=span)
        if values and value < values[-1]:
            raise errors.MalformedLimits("A limit is at least that of the shorter span.", param=span)
        values.append(value)


def request_tier_change(*, tier: str, currency: str, limits: Limits, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for other limits of a KYC tier in a currency, or for its first ones; another person approves.

    Raises MalformedLimits, UnknownCurrency, LimitsUnchanged, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    money.exponent(currency)
    if tier not in KycTier.values:
        raise errors.MalformedLimits(f"Use {', '.join(KycTier.values)}.", param="tier")
    check_limits(limits, currency, complete=True)
    row = TierLimit.objects.filter(tier=tier, currency=currency).first()
    if row is not None and of_tier(row) == limits:
        raise errors.LimitsUnchanged()
    return requests.submit(
        kind=CHANGE,
        payload={"scope": "tier", "tier": tier, "currency": currency, **limits.as_texts(currency)},
        subject=f"{tier}.{currency}",
        reason=check_reason(reason),
        actor=actor,
        at=at,
    )


def request_wallet_change(*, wallet_id: UUID, limits: Limits, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for other limits of one wallet (None takes one away); another person approves. They narrow the tier's, never widen it.

    Raises WalletNotFound, WalletClosed, MalformedLimits, LimitsUnchanged, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    wallet = Wallet.objects.filter(pk=wallet_id).first()
    if wallet is None:
        raise errors.WalletNotFound()
    policies.check_can_change_limits(wallet)
    check_limits(limits, wallet.currency)
    if of_wallet(wallet) == limits:
        raise errors.LimitsUnchanged()
    return requests.submit(
        kind=CHANGE,
        payload={"scope": "wallet", "wallet": wallet.public_id, "currency": wallet.currency, **limits.as_texts(wallet.currency)},
        subject=wallet.public_id,
        reason=check_reason(reason),
        actor=actor,
        at=at,
        partner_id=wallet.partner_id,
    )


@transaction.atomic
def execute_change(*, approval: Approval, actor: Actor, at: datetime) -> TierLimit | Wallet:
    """Carry an approved request out: the next transfer is counted against the new limits. Raises Obsolete for a closed wallet."""
    payload = approval.payload
    limits = Limits(**{span: None if payload[span] is None else Decimal(payload[span]) for span in SPANS})
    if payload["scope"] == "wallet":
        return _change_wallet(Wallet.key(payload["wallet"]), limits, approval, actor, at)
    return _change_tier(payload["tier"], payload["currency"], limits, approval, actor, at)


def _change_wallet(wallet_id: UUID, limits: Limits, approval: Approval, actor: Actor, at: datetime) -> Wallet:
    wallet = Wallet.objects.select_for_update(no_key=True).get(pk=wallet_id)
    try:
        policies.check_can_change_limits(wallet)
    except DomainError as refusal:
        raise Obsolete(refusal.message) from None
    before = of_wallet(wallet).as_texts(wallet.currency)
    wallet.limit_per_transaction, wallet.limit_daily, wallet.limit_monthly = limits.per_transaction, limits.daily, limits.monthly
    wallet.updated_at = at
    wallet.save(update_fields=["limit_per_transaction", "limit_daily", "limit_monthly", "updated_at"])
    data = {"scope": "wallet", "wallet_id": wallet.public_id, "currency": wallet.currency}
    _tell(wallet.public_id, wallet.partner_id, data, before, limits.as_texts(wallet.currency), approval, actor, at)
    return wallet


def _change_tier(tier: str, currency: str, limits: Limits, approval: Approval, actor: Actor, at: datetime) -> TierLimit:
    row = TierLimit.objects.select_for_update(no_key=True).filter(tier=tier, currency=currency).first()
    before = None if row is None else of_tier(row).as_texts(currency)
    row = row or TierLimit(tier=tier, currency=currency)
    row.per_transaction, row.daily, row.monthly, row.updated_at = limits.per_transaction, limits.daily, limits.monthly, at
    row.save()
    data = {"scope": "tier", "tier": tier, "currency": currency}
    _tell(row.public_id, None, data, before, limits.as_texts(currency), approval, actor, at)
    return row


def _tell(
    subject: str,
    partner_id: UUID | None,
    data: dict[str, Any],
    before: dict[str, Any] | None,
    after: dict[str, Any],
    approval: Approval,
    actor: Actor,
    at: datetime,
) -> None:
    log.record(
        action=events.LIMIT_CHANGED,
        actor=actor,
        at=at,
        target=subject,
        partner_id=partner_id,
        reason=approval.reason,
        before=before,
        after={**data, **after, "approval": approval.public_id},
    )
    outbox.publish(type=events.LIMIT_CHANGED, partner_id=partner_id, subject=subject, data={**data, **after}, at=at)


def describe_change(approval: Approval) -> dict[str, str]:
    """What the checker sees: old and new side by side."""
    payload = approval.payload
    currency = payload["currency"]
    if payload["scope"] == "wallet":
        wallet = Wallet.objects.filter(pk=Wallet.key(payload["wallet"])).first()
        shown = {"Wallet": payload["wallet"]}
        now = of_wallet(wallet).as_texts(currency) if wallet else {}
    else:
        row = TierLimit.objects.filter(tier=payload["tier"], currency=currency).first()
        shown = {"KYC tier": KycTier(payload["tier"]).label}
        now = of_tier(row).as_texts(currency) if row else {}
    shown["Currency"] = currency
    names = {"per_transaction": "One transaction", "daily": "A day", "monthly": "A month"}
    for span in SPANS:
        shown[names[span]] = f"{_readable(now.get(span))} → {_readable(payload[span])}"
    return shown


def _readable(limit: str | None) -> str:
    return f"{Decimal(limit):,}" if limit else "none"
