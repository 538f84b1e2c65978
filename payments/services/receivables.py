"""What people do with what a customer owes: look after it, take it from the customer's wallets, write it off.

Locks: the customer's allowance, the balances of the wallets, then the row. A write-off is a request that another person approves.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.policies import check_reason
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core.actors import Actor
from flowlet.core.money import Money, in_words
from ledger.services import accounts as books
from ledger.services import charts, journals
from ledger.services.journals import Leg
from payments import errors, events
from payments.choices import ReceivableState
from payments.models import Receivable
from payments.policies import receivables as policies
from payments.selectors.receivables import wallets_of
from payments.services import owners, postings, receivable_rows, recipes
from payments.services.steps import plain
from wallets.services import custody

WRITE_OFF: Final = "payments.receivable_write_off"
S = ReceivableState


@transaction.atomic
def recover(*, receivable_id: UUID, actor: Actor, at: datetime) -> Receivable:
    """Take what the customer's open wallets in the currency have available, the oldest first, up to what is owed.

    Limits do not count it. Raises ReceivableNotFound, NotOwed, NothingToRecover, and what the books refuse.
    """
    row = get(receivable_id)
    policies.check_is_owed(row, actor)
    wallets = list(wallets_of(row).select_related("account"))
    available = custody.available(wallets=wallets, at=at)
    row = locked(receivable_id)
    policies.check_is_owed(row, actor)
    rest, legs = receivable_rows.left(row), []
    for wallet in wallets:
        part = min(rest, available[wallet.pk])
        if part.amount > 0:
            legs.append(Leg(wallet.account_id, "DEBIT", part))
            rest -= part
    taken = receivable_rows.left(row) - rest
    if not legs:
        raise errors.NothingToRecover()
    journal_id = _post(row, recipes.RECOVERY, [*legs, Leg(_account(row, actor, at), "CREDIT", taken)], actor=actor)
    row.recovered, row.updated_at = row.recovered + taken.amount, at
    if rest.amount:
        row.save(update_fields=["recovered", "updated_at"])
    else:
        receivable_rows.end(row, S.RECOVERED, actor=actor, at=at)
    receivable_rows.tell(row, events.RECEIVABLE_RECOVERED, taken, actor=actor, at=at, journal_id=journal_id)
    return row


@transaction.atomic
def request_write_off(*, receivable_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask that what is still owed be given up, as a loss of the platform's. Another person approves.

    Raises ReceivableNotFound, NotOwed, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    row = locked(receivable_id)
    policies.check_is_owed(row, actor)
    return requests.submit(
        kind=WRITE_OFF,
        payload={"receivable": row.public_id, "amount": plain(receivable_rows.left(row).amount, row.currency)},
        subject=row.public_id,
        reason=check_reason(reason),
        actor=actor,
        at=at,
        partner_id=row.partner_id,
    )


@transaction.atomic
def execute_write_off(*, approval: Approval, actor: Actor, at: datetime) -> Receivable:
    """Carry an approved request out. Raises Obsolete when it is no longer owed, or another amount is."""
    row = locked(Receivable.key(approval.payload["receivable"]))
    amount = receivable_rows.left(row)
    if row.state != S.OPEN or plain(amount.amount, row.currency) != approval.payload["amount"]:
        raise Obsolete("It is no longer owed, or not the same amount.")
    loss = books.system_account(
        book_id=postings.book_of(row.partner_id), line=charts.LOSSES, currency=row.currency, actor=actor, at=at
    )
    legs = [Leg(loss.pk, "DEBIT", amount), Leg(_account(row, actor, at), "CREDIT", amount)]
    journal_id = _post(row, recipes.WRITE_OFF, legs, actor=actor)
    receivable_rows.end(row, S.WRITTEN_OFF, reason=approval.reason, actor=actor, at=at)
    receivable_rows.tell(
        row, events.RECEIVABLE_WRITTEN_OFF, amount, reason=approval.reason, actor=actor, at=at, journal_id=journal_id
    )
    return row


def describe_write_off(approval: Approval) -> dict[str, str]:
    """What a checker reads."""
    row = get(Receivable.key(approval.payload["receivable"]))
    return {
        "Given up": in_words(receivable_rows.left(row)),
        "Recovered before": in_words(Money(row.recovered, row.currency)),
        "Owed since": f"{row.created_at:%Y-%m-%d %H:%M} UTC",
        "Customer": row.customer.public_id,
        "Last payment": row.payment.public_id if row.payment else "not known",
    }


@transaction.atomic
def take(*, receivable_id: UUID, actor: Actor, at: datetime) -> Receivable:
    """Look after it oneself. Raises ReceivableNotFound, NotOwed, and Invalid for who is no person."""
    return hand_over(receivable_id=receivable_id, owner=owners.oneself(actor, what="what customers owe"), actor=actor, at=at)


@transaction.atomic
def hand_over(*, receivable_id: UUID, owner: User, actor: Actor, at: datetime) -> Receivable:
    """Give it an owner. Raises ReceivableNotFound, NotOwed, Invalid for an owner who is not active."""
    row = locked(receivable_id)
    policies.check_is_owed(row, actor)
    owners.give(row, owner, fact=events.RECEIVABLE_OWNED, actor=actor, at=at)
    return row


def get(receivable_id: UUID, *, partner_id: UUID | None = None) -> Receivable:
    """The receivable, of this partner if one is named. Raises ReceivableNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = Receivable.objects.select_related("customer", "payment", "owner").filter(pk=receivable_id, **scope).first()
    if found is None:
        raise errors.ReceivableNotFound
    return found


def locked(receivable_id: UUID) -> Receivable:
    """The row, locked. Raises ReceivableNotFound."""
    found = Receivable.objects.select_for_update(no_key=True, of=("self",)).filter(pk=receivable_id).first()
    if found is None:
        raise errors.ReceivableNotFound
    return found


def _account(row: Receivable, actor: Actor, at: datetime) -> int:
    account = custody.recovery_account(
        book_id=postings.book_of(row.partner_id), customer_id=row.customer_id, currency=row.currency, actor=actor, at=at
    )
    return account.pk


def _post(row: Receivable, kind: str, legs: list[Leg], *, actor: Actor) -> Any:
    posted = journals.post(book_id=postings.book_of(row.partner_id), legs=legs, kind=kind, cause=row.public_id, actor=actor)
    return str(posted.journal_id)
