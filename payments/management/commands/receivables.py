"""receivables: what customers owe, as on its pages, from the command line."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.choices import Mode
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from accounts.models import User
from accounts.roles import has_permission
from flowlet.core.actors import Actor
from flowlet.core.errors import NotFound
from flowlet.core.money import Money, in_words
from payments.choices import ReceivableState
from payments.models import Receivable
from payments.policies import receivables as policies
from payments.selectors.receivables import wallets_of
from payments.services import receivable_rows, receivables

RECOVER = "payments.recover_receivable"


def hand_over(*, receivable_id: UUID, owner: str, actor: Actor, at: datetime) -> Receivable:
    """To somebody who may look after it."""
    user = User.objects.filter(email__iexact=owner, is_active=True, is_staff=True).first()
    if user is None or not has_permission(user, RECOVER):
        raise NotFound(f"{owner} is no active member of staff who looks after what customers owe.")
    return receivables.hand_over(receivable_id=receivable_id, owner=user, actor=actor, at=at)


def _deed(name: str, service: Any, text: str, **more: Any) -> Deed:
    common = {"model": Receivable, "subject": "receivable_id", "permission": RECOVER, "policy": policies.check_is_owed}
    return Deed(name=name, service=service, help=text, **common | more)


class Command(DeedCommand):
    help = (
        "List what customers owe, what has been owed longest first; take one on, hand it over, recover it from the customer's "
        "wallets, or ask for it to be written off, which another person approves."
    )
    shows = Receivable
    list_options = (
        option("--mode", choices=Mode.values, type=str.upper, default=Mode.LIVE.value, help="default: LIVE"),
        option(
            "--state", choices=ReceivableState.values, type=str.upper, default=ReceivableState.OPEN.value, help="default: OPEN"
        ),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed("take", receivables.take, "look after it oneself"),
        _deed(
            "hand-over",
            hand_over,
            "have somebody else look after it",
            options=(option("--owner", required=True, metavar="EMAIL"),),
        ),
        _deed("recover", receivables.recover, "take what the customer's wallets have"),
        _deed("write-off", receivables.request_write_off, "ask for it to be given up", reason=REQUIRED),
    )

    def listed(self, *, mode: str, state: str, limit: int) -> Iterable[str]:
        """What has been owed longest first."""
        rows = (
            Receivable.objects.filter(partner__mode=mode, state=state)
            .select_related("partner", "owner", "customer")
            .order_by("pk")
        )
        for row in rows[:limit]:
            yield line(
                row.public_id,
                in_words(receivable_rows.left(row)),
                row.customer.public_id,
                f"since {row.created_at:%Y-%m-%d %H:%M}",
                row.owner.email if row.owner else "nobody's",
                row.partner,
            )

    def described(self, row: Receivable) -> Iterable[tuple[str, Any]]:
        """As on the page."""
        yield from (
            ("Receivable", row.public_id),
            ("Left", in_words(receivable_rows.left(row))),
            ("Owed in all", in_words(Money(row.owed, row.currency))),
            ("Recovered", in_words(Money(row.recovered, row.currency))),
            ("State", row.get_state_display()),
            ("Since", f"{row.created_at:%Y-%m-%d %H:%M:%S}"),
            ("Partner", row.partner),
            ("Customer", row.customer.public_id),
            ("Last payment", row.payment.public_id if row.payment else ""),
            ("Owner", row.owner.email if row.owner else "nobody"),
            ("Reason", row.reason),
        )
        for wallet in wallets_of(row) if row.state == ReceivableState.OPEN else ():
            yield "Could come from", wallet.public_id
