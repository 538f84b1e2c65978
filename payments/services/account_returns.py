"""What external accounts learn from payments that came back: counted in a row, uncounted when a return is taken back."""

from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from flowlet.core import ids
from flowlet.core.actors import Actor
from payments import events
from payments.choices import BlockOrigin, ExternalAccountStatus, PaymentStatus
from payments.models import ExternalAccount, Move, Payment
from payments.policies import external_accounts as policies
from payments.policies import returns
from payments.selectors import external_accounts as selectors
from payments.services import account_notices, external_accounts

IN_A_ROW: Final = "returns in a row"


@transaction.atomic
def count_return(
    *, external_account_id: UUID, code: str, is_final: bool, reference: str = "", actor: Actor, at: datetime
) -> ExternalAccount:
    """A payment came back with ``code``. The account is blocked when the code is final for it, or after three returns in a row.

    ``is_final`` is the rail's to say: no account, closed, somebody has to look. A payment that was settled after the last return and is
    still settled now ends the row: asked here and not at settlement, which comes before most returns. The caller counts each return once,
    when the payment stands as returned. A closed account only counts. Raises ExternalAccountNotFound.
    """
    account = selectors.for_update(external_account_id)
    before = {"return_streak": account.return_streak, "last_return_code": account.last_return_code or None}
    account.return_streak = 1 if _one_stayed(account) else account.return_streak + 1
    account.last_return_code, account.last_returned_at, account.updated_at = code[:8], at, at
    account.save(update_fields=["return_streak", "last_return_code", "last_returned_at", "updated_at"])
    account_notices.tell(
        events.EXTERNAL_ACCOUNT_RETURNED,
        account,
        actor=actor,
        at=at,
        reason=f"{account.last_return_code} {reference}".strip(),
        before=before,
        after={"return_streak": account.return_streak, "last_return_code": account.last_return_code},
        data={"code": account.last_return_code, "return_streak": account.return_streak},
    )
    open_states = {ExternalAccountStatus.PENDING, ExternalAccountStatus.ACTIVE}
    if account.status in open_states and (is_final or account.return_streak >= policies.RETURNS_UNTIL_BLOCKED):
        why = f"Returned with {code[:8]}" if is_final else f"{account.return_streak} {IN_A_ROW}, the last with {code[:8]}"
        external_accounts.put_block(account, why, BlockOrigin.RAIL, actor=actor, at=at)
    return account


@transaction.atomic
def uncount_return(*, external_account_id: UUID, payment_id: UUID, actor: Actor, at: datetime) -> ExternalAccount:
    """A return was taken back (dishonored, or contested and won): it counts no longer, and the account knows the last one that stands.

    A block for too many returns in a row is lifted when fewer stand. One for what a code said (closed, frozen, deceased) stays: which bank
    bears the loss says nothing of that, so the platform looks and lifts it. Returns of a row that has ended are not counted any more
    anyhow. Called while the payment still stands as returned. Raises ExternalAccountNotFound.
    """
    account = selectors.for_update(external_account_id)
    row = _in_a_row(account)
    if payment_id not in {move.payment_id for move in row}:
        return account
    before = {"return_streak": account.return_streak, "last_return_code": account.last_return_code or None}
    left = [move for move in row if move.payment_id != payment_id]
    account.return_streak -= 1
    account.last_return_code = left[0].reason_code[:8] if left else ""
    account.last_returned_at, account.updated_at = (left[0].at if left else None), at
    account.save(update_fields=["return_streak", "last_return_code", "last_returned_at", "updated_at"])
    account_notices.tell(
        events.EXTERNAL_ACCOUNT_RETURN_TAKEN_BACK,
        account,
        actor=actor,
        at=at,
        reason=ids.public_id(Payment.PREFIX, payment_id),
        before=before,
        after={"return_streak": account.return_streak, "last_return_code": account.last_return_code or None},
        data={"return_streak": account.return_streak},
    )
    by_number = account.block_origin == BlockOrigin.RAIL and IN_A_ROW in account.block_reason
    if account.status == ExternalAccountStatus.BLOCKED and by_number and account.return_streak < policies.RETURNS_UNTIL_BLOCKED:
        before = external_accounts.standing(account)
        account.status, account.block_reason, account.block_origin = policies.resting_status(account), "", ""
        why = "A return was taken back"
        return external_accounts.stand(account, events.EXTERNAL_ACCOUNT_UNBLOCKED, before=before, reason=why, actor=actor, at=at)
    return account


def _one_stayed(account: ExternalAccount) -> bool:
    if account.last_returned_at is None:
        return False
    stayed = account.payments.filter(status__in=[PaymentStatus.SETTLED, PaymentStatus.REFUNDED])
    return bool(stayed.filter(settled_at__gt=account.last_returned_at).exists())


def _in_a_row(account: ExternalAccount) -> list[Move]:
    """The returns that make the account's streak, the newest first: each the last move of its payment."""
    later = Move.objects.changing().filter(payment=OuterRef("payment"), ordinal__gt=OuterRef("ordinal"))
    ends = (
        Move.objects.changing()
        .filter(
            ~Exists(later),
            payment__external_account_id=account.pk,
            went_to__in=[PaymentStatus.RETURNED, PaymentStatus.FAILED],
        )
        .select_related("payment")
    )
    counted = (
        move
        for move in ends.order_by("-at", "-pk").iterator()
        if (move.went_to == PaymentStatus.RETURNED or returns.is_known(move.payment.rail, move.reason_code))
        and not returns.says_nothing_of_the_account(move.payment.rail, move.reason_code)
    )
    return list(islice(counted, account.return_streak))
