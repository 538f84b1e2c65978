"""suspense: money that found no wallet, as on its pages, from the command line."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.choices import Mode
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from accounts.models import User
from accounts.roles import has_permission
from flowlet.approvals.models import Approval
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import NotFound
from flowlet.core.money import to_text
from ledger.models import Journal
from payments.choices import SuspenseState
from payments.models import SuspenseItem
from payments.policies import suspense as policies
from payments.policies.recalls import RETURN_REASONS
from payments.services import recipes, suspense, suspense_rows
from wallets.models import Wallet

ASSIGN, BOOK = "payments.assign_suspense", "payments.book_outcome"


def assign(*, item_id: UUID, wallet: str, reason: str, actor: Actor, at: datetime) -> SuspenseItem | Approval:
    """To the wallet with this id."""
    return suspense.assign(item_id=item_id, wallet_id=Wallet.key(wallet), reason=reason, actor=actor, at=at)


def close(*, item_id: UUID, journal: str, reason: str, actor: Actor, at: datetime) -> Approval:
    """By the journal with this id."""
    return suspense.close(item_id=item_id, journal_id=Journal.key(journal), reason=reason, actor=actor, at=at)


def hand_over(*, item_id: UUID, owner: str, actor: Actor, at: datetime) -> SuspenseItem:
    """To somebody who may look after it."""
    user = User.objects.filter(email__iexact=owner, is_active=True, is_staff=True).first()
    if user is None or not has_permission(user, ASSIGN):
        raise NotFound(f"{owner} is no active member of staff who looks after money in suspense.")
    return suspense.hand_over(item_id=item_id, owner=user, actor=actor, at=at)


def _deed(name: str, service: Any, text: str, **more: Any) -> Deed:
    common = {"model": SuspenseItem, "subject": "item_id", "permission": ASSIGN, "policy": policies.check_is_open}
    return Deed(name=name, service=service, help=text, **common | more)


class Command(DeedCommand):
    help = (
        "List money in suspense, what has lain longest first; take one on, hand it over, assign it to a wallet (above the "
        "threshold another person approves), send a wire back, or say which manual journal took it out (another person approves)."
    )
    shows = SuspenseItem
    list_options = (
        option("--mode", choices=Mode.values, type=str.upper, default=Mode.LIVE.value, help="default: LIVE"),
        option("--state", choices=SuspenseState.values, type=str.upper, default=SuspenseState.OPEN.value, help="default: OPEN"),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed("take", suspense.take, "look after it oneself"),
        _deed(
            "hand-over",
            hand_over,
            "have somebody else look after it",
            options=(option("--owner", required=True, metavar="EMAIL"),),
        ),
        _deed(
            "assign",
            assign,
            "it is this wallet's",
            options=(option("--wallet", required=True, metavar="wal_…"),),
            reason=REQUIRED,
        ),
        _deed(
            "send-back",
            suspense.send_back,
            "return the wire to whom it came from",
            permission=BOOK,
            policy=suspense.check_can_send_back,
            options=(
                option("--code", choices=sorted(RETURN_REASONS), required=True, help="why, in ISO 20022's word"),
                option("--note", default="", help="for the other bank, in plain Latin letters, at most 105"),
            ),
        ),
        _deed(
            "close",
            close,
            "a manual journal took it out; another person approves",
            options=(option("--journal", required=True, metavar="jrn_…"),),
            reason=REQUIRED,
        ),
    )

    def listed(self, *, mode: str, state: str, limit: int) -> Iterable[str]:
        """What has lain longest first; payers masked."""
        rows = SuspenseItem.objects.filter(partner__mode=mode, state=state).select_related("partner", "owner").order_by("pk")
        for row in rows[:limit]:
            yield line(
                row.public_id,
                f"{to_text(row.amount, row.currency)} {row.currency}",
                row.get_cause_display().lower(),
                suspense_rows.masked_payer(row),
                f"since {row.created_at:%Y-%m-%d %H:%M}",
                row.owner.email if row.owner else "nobody's",
                row.partner,
            )

    def described(self, row: SuspenseItem) -> Iterable[tuple[str, Any]]:
        """As on the page; the payer masked."""
        payment = row.payment
        yield from (
            ("In suspense", row.public_id),
            ("Amount", f"{to_text(row.amount, row.currency)} {row.currency}"),
            ("State", row.get_state_display()),
            ("Why", row.get_cause_display()),
            ("How it came", recipes.label(row.came_by)),
            ("Since", f"{row.created_at:%Y-%m-%d %H:%M:%S}"),
            ("Partner", row.partner),
            ("Payment", payment.public_id),
            ("What", f"{payment.get_kind_display()}, {payment.get_rail_display()}"),
            ("Payer", suspense_rows.masked_payer(row)),
            ("Text", payment.description),
            ("Owner", row.owner.email if row.owner else "nobody"),
            ("Assigned to", row.wallet.public_id if row.wallet else ""),
            ("Taken out by", ids.public_id(Journal.PREFIX, row.journal_id) if row.journal_id else ""),
            ("Reason", row.reason),
        )
        for wallet in suspense.candidates(row) if row.state == SuspenseState.OPEN else ():
            yield "Could be for", wallet.public_id
