"""What people do with money in suspense: look after it, assign it to a wallet, send it back, say which manual journal took it out.

Locks: the payment, then its row of suspense. Above the threshold of payments out an assignment is a request that another person approves;
that it was taken out by hand always is.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.policies import check_reason
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from ledger.models import Account, Entry, Journal
from ledger.selectors import balances
from ledger.services import charts, manual
from payments import errors, events
from payments.choices import PaymentKind, SuspenseCause, SuspenseState
from payments.models import Payment, SuspenseItem
from payments.policies import suspense as policies
from payments.services import deposit_instructions, deposit_payers, owners, postings, recalls, steps, suspense_rows
from payments.services.steps import plain
from wallets.choices import WalletStatus
from wallets.models import Wallet
from wallets.services import custody, wallets

ASSIGN: Final = "payments.suspense_assignment"
CLOSE: Final = "payments.suspense_closing"
OFFERED: Final = 10
S = SuspenseState


@transaction.atomic
def assign(*, item_id: UUID, wallet_id: UUID, reason: str, actor: Actor, at: datetime) -> SuspenseItem | Approval:
    """Give the money to a wallet of the same partner and currency (of the payment's customer, where one is known); above the threshold
    ask for it, and another person approves.

    Raises SuspenseItemNotFound, NotInSuspense, SuspenseWalletUnfit, SuspenseSpent, ReasonMissing, of wallets WalletNotFound and standing,
    and approvals' MayNot and AlreadyPending.
    """
    row = locked(item_id)
    policies.check_is_open(row, actor)
    reason = check_reason(reason)
    wallet = _fitting(row, wallet_id, at=at)
    if not policies.needs_two(row.amount, row.currency):
        return _assign(row, wallet, reason=reason, actor=actor, at=at)
    return requests.submit(
        kind=ASSIGN,
        payload={"item": row.public_id, "wallet": wallet.public_id, "amount": plain(row.amount, row.currency)},
        subject=row.public_id,
        reason=reason,
        actor=actor,
        at=at,
        partner_id=row.partner_id,
    )


@transaction.atomic
def execute_assignment(*, approval: Approval, actor: Actor, at: datetime) -> SuspenseItem:
    """Carry an approved request out. Raises Obsolete when the money is no longer there, or another amount; else as ``assign``."""
    row = _as_asked(approval)
    wallet = _fitting(row, Wallet.key(approval.payload["wallet"]), at=at)
    return _assign(row, wallet, reason=approval.reason, approval=approval, actor=actor, at=at)


@transaction.atomic
def close(*, item_id: UUID, journal_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask that it counts as taken out by a manual journal, one of ``fitting_journals``; another person approves.

    Raises SuspenseItemNotFound, NotInSuspense, Invalid for another journal, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    row = locked(item_id)
    policies.check_is_open(row, actor)
    journal = fitting_journals(row).filter(pk=journal_id).first()
    if journal is None:
        raise Invalid("No manual journal of the book that took just this amount out of suspense since.", param="journal_id")
    return requests.submit(
        kind=CLOSE,
        payload={"item": row.public_id, "journal": journal.public_id, "amount": plain(row.amount, row.currency)},
        subject=row.public_id,
        reason=check_reason(reason),
        actor=actor,
        at=at,
        partner_id=row.partner_id,
    )


@transaction.atomic
def execute_closing(*, approval: Approval, actor: Actor, at: datetime) -> SuspenseItem:
    """Carry an approved request out. Raises Obsolete when the row has ended, or changed, or the journal was reversed or used meanwhile."""
    row = _as_asked(approval)
    journal = fitting_journals(row).filter(pk=Journal.key(approval.payload["journal"])).first()
    if journal is None:
        raise Obsolete("The journal was reversed, or another amount counts as taken out by it.")
    suspense_rows.end(row, S.CLOSED, journal_id=journal.pk, reason=approval.reason, actor=actor, at=at)
    log.record(
        action=events.SUSPENSE_CLOSED,
        actor=actor,
        at=at,
        target=row.public_id,
        partner_id=row.partner_id,
        reason=approval.reason,
        after={"state": str(row.state), "journal": journal.public_id, "amount": approval.payload["amount"]},
    )
    return row


def fitting_journals(row: SuspenseItem) -> QuerySet[Journal]:
    """Manual journals that took just its amount out of the book's suspense since it came, still stand, and ended no other row."""
    legs = Entry.objects.filter(
        account__book__partner_id=row.partner_id, account__line__code=charts.SUSPENSE, account__currency=row.currency
    )
    used = SuspenseItem.objects.filter(journal_id__isnull=False)
    found = Journal.objects.filter(
        pk__in=legs.filter(side="DEBIT", amount=row.amount).values("journal_id"),
        kind=manual.JOURNAL_KIND,
        reverses=None,
        reversals=None,
        posted_at__gte=row.created_at,
    )
    return (
        found.exclude(pk__in=legs.filter(side="CREDIT").values("journal_id"))
        .exclude(pk__in=used.values("journal_id"))
        .order_by("-pk")
    )


@transaction.atomic
def send_back(*, item_id: UUID, code: str, note: str = "", actor: Actor, at: datetime) -> SuspenseItem:
    """Return a wire to us to whom it came from (pacs.004); the payment is returned, out of suspense.

    Raises SuspenseItemNotFound, NotInSuspense, NotRecallable (with what to do instead), RecallUnderWay, Invalid, BreaksScheme.
    """
    row = locked(item_id)
    check_can_send_back(row, actor)
    recalls.send_back(payment_id=row.payment_id, code=code, note=note, actor=actor, at=at)
    return get(item_id)


def check_can_send_back(row: SuspenseItem, actor: Actor) -> None:
    """Raises NotInSuspense, NotRecallable, RecallUnderWay."""
    policies.check_is_open(row, actor)
    policies.check_can_go_back(row.payment)
    recalls.check_can_send_back(row.payment)


@transaction.atomic
def take(*, item_id: UUID, actor: Actor, at: datetime) -> SuspenseItem:
    """Look after it oneself. Raises SuspenseItemNotFound, NotInSuspense, and Invalid for who is no person."""
    return hand_over(item_id=item_id, owner=owners.oneself(actor, what="money in suspense"), actor=actor, at=at)


@transaction.atomic
def hand_over(*, item_id: UUID, owner: User, actor: Actor, at: datetime) -> SuspenseItem:
    """Give it an owner. Raises SuspenseItemNotFound, NotInSuspense, Invalid for an owner who is not active."""
    row = locked(item_id)
    policies.check_is_open(row, actor)
    owners.give(row, owner, fact=events.SUSPENSE_OWNED, actor=actor, at=at)
    return row


def candidates(row: SuspenseItem) -> list[Wallet]:
    """Open wallets that it could be for: those of the customer who is known, else those whose reference the payer wrote."""
    fitting = Wallet.objects.filter(partner_id=row.partner_id, currency=row.currency, status=WalletStatus.OPEN)
    if row.payment.customer_id is not None:
        fitting = fitting.filter(customer_id=row.payment.customer_id)
    else:
        named = deposit_instructions.named([row.payment.description], numbers=())
        fitting = fitting.filter(pk__in=[instruction.wallet_id for instruction in named])
    return list(fitting.select_related("customer").order_by("pk")[:OFFERED])


def get(item_id: UUID) -> SuspenseItem:
    """What lies, or lay, in suspense. Raises SuspenseItemNotFound."""
    found = SuspenseItem.objects.select_related("payment", "owner", "wallet").filter(pk=item_id).first()
    if found is None:
        raise errors.SuspenseItemNotFound
    return found


def locked(item_id: UUID) -> SuspenseItem:
    """The row with its payment, both locked. Raises SuspenseItemNotFound."""
    payment_id = SuspenseItem.objects.filter(pk=item_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise errors.SuspenseItemNotFound
    payment = steps.locked(payment_id)
    row = SuspenseItem.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=item_id)
    row.payment = payment
    return row


def describe_assignment(approval: Approval) -> dict[str, str]:
    """What the checker sees."""
    asked = approval.payload
    row = get(SuspenseItem.key(asked["item"]))
    wallet = Wallet.objects.select_related("customer").get(pk=Wallet.key(asked["wallet"]))
    return {
        "Amount": f"{Decimal(asked['amount']['amount']):,} {asked['amount']['currency']}",
        "In suspense since": f"{row.created_at:%Y-%m-%d %H:%M} UTC",
        "Because": SuspenseCause(row.cause).label,
        "Payment": row.payment.public_id,
        "Payer": suspense_rows.masked_payer(row) or "not known",
        "Wallet": wallet.public_id,
        "Its customer": wallet.customer.public_id,
    }


def describe_closing(approval: Approval) -> dict[str, str]:
    """What the checker sees."""
    asked = approval.payload
    row, journal = get(SuspenseItem.key(asked["item"])), Journal.objects.get(pk=Journal.key(asked["journal"]))
    return {
        "Amount": f"{Decimal(asked['amount']['amount']):,} {asked['amount']['currency']}",
        "In suspense since": f"{row.created_at:%Y-%m-%d %H:%M} UTC",
        "Payment": row.payment.public_id,
        "Payer": suspense_rows.masked_payer(row) or "not known",
        "Journal": f"{journal.public_id}, {journal.effective_on}, {journal.description or 'without a text'}",
    }


def _as_asked(approval: Approval) -> SuspenseItem:
    """The locked row of a request. Raises Obsolete."""
    row = locked(SuspenseItem.key(approval.payload["item"]))
    if row.state != S.OPEN or plain(row.amount, row.currency) != approval.payload["amount"]:
        raise Obsolete("The money is no longer in suspense, or not the same amount.")
    return row


def _fitting(row: SuspenseItem, wallet_id: UUID, *, at: datetime) -> Wallet:
    """The wallet, if the money can be its own and it takes money."""
    wallet = wallets.get(wallet_id, partner_id=row.partner_id)
    policies.check_fits(row, wallet)
    custody.check_standing(partner_id=row.partner_id, wallet_id=wallet.pk, at=at)
    return Wallet.objects.select_related("account").get(pk=wallet.pk)


def _assign(
    row: SuspenseItem, wallet: Wallet, *, reason: str, approval: Approval | None = None, actor: Actor, at: datetime
) -> SuspenseItem:
    payment, amount = row.payment, Money(row.amount, row.currency)
    _check_is_there(payment, amount)
    payer: dict[str, Any] = {}
    if payment.kind == PaymentKind.DEPOSIT and payment.customer_id is None:  # else the move that settled it has kept who sent it
        payer = deposit_payers.details_of(suspense_rows.payer_of(row), customer_id=wallet.customer_id)
    journal_id = postings.assigned(payment, wallet, amount, actor=actor, at=at)
    suspense_rows.end(row, S.ASSIGNED, wallet=wallet, reason=reason, actor=actor, at=at)
    details: dict[str, Any] = {"assigned_to": wallet.public_id, **plain(row.amount, row.currency)}
    if approval is not None:
        details["approval"] = approval.public_id
    steps.assign(payment, wallet, journal_id=journal_id, reason=reason, details=details, kept=payer, actor=actor, at=at)
    return row


def _check_is_there(payment: Payment, amount: Money) -> None:
    """Nobody has booked it on by hand: the payment's journals leave as much in suspense, and so does the book. Raises SuspenseSpent."""
    mine = postings.suspended(payment)
    account = Account.objects.get(book_id=postings.book_of(payment.partner_id), code=charts.SUSPENSE, currency=payment.currency)
    held = balances.as_of(account_ids=[account.pk])[account.pk].natural("CREDIT")
    if mine != amount or held < amount.amount:
        text = money.to_text(min(mine.amount, held), payment.currency)
        raise errors.SuspenseSpent(
            f"Suspense holds {text} {payment.currency}: look for the journal that took money out of it by hand."
        )
