"""Exchange spreads: changed by two people through ``flowlet.approvals``."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import Partner
from accounts.policies import check_reason
from accounts.services import partners
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.money import exponent
from flowlet.events.services import outbox
from wallets import errors, events
from wallets.models import FxSpread
from wallets.selectors import spreads as selectors

CHANGE = "wallets.spread_change"
HIGHEST = 1000


def request_change(
    *, partner_id: UUID, currencies: tuple[str, str] | None, basis_points: int, reason: str, actor: Actor, at: datetime
) -> Approval:
    """Ask for another spread of a pair of currencies (None: of all pairs without one of their own); another person approves.

    Raises PartnerNotFound, UnknownCurrency, MalformedSpread, SpreadUnchanged, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    partner = partners.get(partner_id)
    pair = _pair(currencies)
    if not 0 <= basis_points <= HIGHEST:
        raise errors.MalformedSpread(f"A spread is 0 to {HIGHEST:,} basis points.", param="basis_points")
    row = FxSpread.objects.filter(partner_id=partner_id, pair=pair).first()
    if row is not None and row.basis_points == basis_points:
        raise errors.SpreadUnchanged()
    return requests.submit(
        kind=CHANGE,
        payload={"partner": partner.public_id, "pair": pair, "basis_points": basis_points},
        subject=f"{partner.public_id}.{pair}",
        reason=check_reason(reason),
        actor=actor,
        at=at,
        partner_id=partner_id,
    )


@transaction.atomic
def execute_change(*, approval: Approval, actor: Actor, at: datetime) -> FxSpread:
    """Carry an approved request out: the next quote has the new spread; quotes that were given stay as they are."""
    payload = approval.payload
    partner_id = Partner.key(payload["partner"])
    row = FxSpread.objects.select_for_update(no_key=True).filter(partner_id=partner_id, pair=payload["pair"]).first()
    before = None if row is None else {"basis_points": row.basis_points}
    row = row or FxSpread(partner_id=partner_id, pair=payload["pair"])
    row.basis_points, row.updated_at = payload["basis_points"], at
    row.save()
    data = {"pair": row.pair or None, "basis_points": row.basis_points}
    log.record(
        action=events.SPREAD_CHANGED,
        actor=actor,
        at=at,
        target=row.public_id,
        partner_id=partner_id,
        reason=approval.reason,
        before=before,
        after={**data, "approval": approval.public_id},
    )
    outbox.publish(type=events.SPREAD_CHANGED, partner_id=partner_id, subject=row.public_id, data=data, at=at)
    return row


def describe_change(approval: Approval) -> dict[str, str]:
    """What the checker sees: old and new side by side."""
    payload = approval.payload
    partner = Partner.objects.filter(pk=Partner.key(payload["partner"])).first()
    pair = payload["pair"]
    row = FxSpread.objects.filter(partner=partner, pair=pair).first()
    if row is not None:
        now = percent(row.basis_points)
    elif pair:
        now = percent(selectors.basis_points(partner_id=partner.pk, first=pair[:3], second=pair[3:])) + " (as all other pairs)"
    else:
        now = percent(settings.FX_SPREAD_BASIS_POINTS) + " (the platform's)"
    return {
        "Partner": str(partner),
        "Currencies": f"{pair[:3]}/{pair[3:]}" if pair else "All pairs without a spread of their own",
        "Spread": f"{now} → {percent(payload['basis_points'])}",
    }


def percent(basis_points: int) -> str:
    """0.50 % for 50 basis points."""
    return f"{basis_points / 100:.2f} %"


def _pair(currencies: tuple[str, str] | None) -> str:
    if currencies is None:
        return ""
    for code in currencies:
        exponent(code)
    if currencies[0] == currencies[1]:
        raise errors.MalformedSpread("A pair is of two currencies.", param="currencies")
    return selectors.pair_of(*currencies)
