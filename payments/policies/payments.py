"""What a person may do to a payment as it stands. Each check raises what the service of the same name would, before anybody tries.

``book_*`` and ``redeem`` and the disputes book what a bank says by word of mouth; they are narrower than the machine's own moves: a person
settles only what has left.
"""

from flowlet.core.actors import Actor
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import IllegalMove
from flowlet.decisions.services import decisions
from payments import errors
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
from payments.models import Payment
from payments.policies import kinds
from payments.states import CANCELABLE

POINT = "payment.create"
S = PaymentStatus
ON_ITS_WAY = frozenset({S.SUBMITTED, S.UNKNOWN})
NEVER_RETURNED = frozenset({Rail.BOOK, Rail.CARD})


def check_can_release(payment: Payment, actor: Actor) -> None:
    """Raises NotInReview, and what an upper app wants to be decided first (``registry.veto``)."""
    if payment.status != S.REVIEW:
        raise errors.NotInReview(status=payment.status)
    decisions.check_release(point=POINT, row=payment, verdict_id=payment.verdict_id)


def check_can_approve(payment: Payment, actor: Actor) -> None:
    """Raises NotInReview, FourEyesRequired, of what was in review also what an upper app wants to be decided first."""
    if payment.status != S.APPROVAL:
        raise errors.NotInReview(status=payment.status)
    if str(actor) in {payment.created_by, payment.released_by}:
        raise FourEyesRequired()
    if payment.released_by:
        decisions.check_release(point=POINT, row=payment, verdict_id=payment.verdict_id)


def check_can_reject(payment: Payment, actor: Actor) -> None:
    """Raises NotInReview."""
    if payment.status not in {S.REVIEW, S.APPROVAL}:
        raise errors.NotInReview(status=payment.status)


def check_can_cancel(payment: Payment, actor: Actor) -> None:
    """Raises NotCancelable."""
    if payment.status not in CANCELABLE:
        raise errors.NotCancelable(f"The payment is {payment.get_status_display().lower()}.", status=payment.status)


def check_can_book_settled(payment: Payment, actor: Actor) -> None:
    """Raises IllegalMove."""
    _check_is_on_its_way(payment, S.SETTLED)


def check_can_book_failed(payment: Payment, actor: Actor) -> None:
    """Raises IllegalMove. What has not left is canceled."""
    _check_is_on_its_way(payment, S.FAILED)


def check_can_book_returned(payment: Payment, actor: Actor) -> None:
    """Raises IllegalMove. Card payments are disputed, and nobody returns what stays in the book."""
    if payment.rail in NEVER_RETURNED or payment.status not in ON_ITS_WAY | {S.SETTLED}:
        _refuse(payment, S.RETURNED)


def check_can_redeem(payment: Payment, actor: Actor) -> None:
    """Raises NotInReview: only money that had been settled can come again."""
    if payment.status != S.RETURNED or not payment.returned:
        raise errors.NotInReview("Only a settled payment that was returned can be redeemed.", status=payment.status)


def check_is_refundable(payment: Payment) -> None:
    """Raises NotRefundable unless it came in, settled, and no return has taken all of it back: what a lost dispute left is still there."""
    if (
        payment.direction != Direction.IN
        or payment.wallet_id is None
        or not (payment.status == S.SETTLED or is_partly_lost(payment))
    ):
        raise errors.NotRefundable(status=payment.status)


def is_partly_lost(payment: Payment) -> bool:
    """Whether a lost dispute took a part of it, and left the rest."""
    return payment.status == S.RETURNED and 0 < payment.returned < payment.amount


def check_can_dispute(payment: Payment, actor: Actor) -> None:
    """Raises IllegalMove, NotRefundable."""
    if payment.kind != PaymentKind.CARD_PAYMENT or not (payment.status == S.SETTLED or is_partly_lost(payment)):
        _refuse(payment, S.DISPUTED)
    if payment.refundable <= 0:
        raise errors.NotRefundable("All of it was refunded already.")


def check_is_disputed(payment: Payment, actor: Actor) -> None:
    """Raises IllegalMove."""
    if payment.status != S.DISPUTED:
        _refuse(payment, S.SETTLED)


def check_can_ask(payment: Payment, actor: Actor) -> None:
    """Raises IllegalMove. A file's bank answers by itself, and is asked by telephone."""
    if payment.rail == Rail.BOOK or kinds.RAILS[Rail(payment.rail)].has_files:
        _refuse(payment, payment.status)
    _check_is_on_its_way(payment, payment.status)


def _check_is_on_its_way(payment: Payment, to: str) -> None:
    if payment.status not in ON_ITS_WAY:
        _refuse(payment, to)


def _refuse(payment: Payment, to: str) -> None:
    raise IllegalMove(f"{payment.status} cannot become {to}.", current=str(payment.status), target=str(to))
