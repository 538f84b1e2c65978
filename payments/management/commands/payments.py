"""payments: what the payment page does, from the command line."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.choices import Mode
from accounts.management.deeds import OPTIONAL, REQUIRED, Deed, DeedCommand, Option, line, option
from flowlet.core import clock
from flowlet.core.money import to_text
from payments.choices import PaymentStatus
from payments.models import Payment
from payments.policies import payments as policies
from payments.selectors import payments as selectors
from payments.selectors import queues, return_codes
from payments.services import outcomes, payments, sending

DECIDE, CANCEL, BOOK = "payments.decide_payment", "payments.cancel_payment", "payments.book_outcome"


def _code(**reads: Any) -> tuple[Option, ...]:
    return (option("--code", keyword="reason_code", required=True, **reads),)


RETURN = _code(help="the rail's own code, such as R03 or AC04")
DISPUTE = _code(
    choices=sorted(return_codes.DISPUTES), metavar="REASON", help=f"one of {', '.join(sorted(return_codes.DISPUTES))}"
)
FAILURE = _code(choices=[code for code, _ in return_codes.FAILURES], help="what happened")


def _deed(name: str, permission: str, service: Any, policy: Any, **more: Any) -> Deed:
    return Deed(name=name, model=Payment, permission=permission, service=service, policy=policy, **{"reason": REQUIRED} | more)


def return_(*, payment_id: Any, reason_code: str, reason: str, actor: Any, at: datetime) -> Payment:
    """As the page's form: only codes of the payment's rail."""
    payment = Payment.objects.get(pk=payment_id)
    return_codes.check_offered(payment.rail, payment.direction, reason_code)
    return outcomes.return_(payment_id=payment_id, reason_code=reason_code, reason=reason, actor=actor, at=at)


class Command(DeedCommand):
    help = (
        "List payments that wait for somebody, and decide them: release, approve, reject, cancel, ask the provider again, or book what a "
        "bank says by word of mouth. As on the page: with the same rights, and by two people where two are needed."
    )
    shows = Payment
    list_options = (
        option("--queue", choices=queues.Queue.values, type=str.lower, help="what waits there (default: the newest of all)"),
        option("--mode", choices=Mode.values, type=str.upper, default=Mode.LIVE.value, help="default: LIVE"),
        option("--status", choices=PaymentStatus.values, type=str.upper),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed("release", DECIDE, payments.release, policies.check_can_release, help="let one in review go on"),
        _deed("approve", DECIDE, payments.approve, policies.check_can_approve, reason=OPTIONAL, help="the second person's yes"),
        _deed("reject", DECIDE, payments.reject, policies.check_can_reject, help="refuse it for good"),
        _deed("cancel", CANCEL, payments.cancel, policies.check_can_cancel, help="take one back that has not left"),
        _deed("ask", BOOK, sending.ask_again, policies.check_can_ask, reason="", is_atomic=False, help="ask its provider again"),
        _deed("settle", BOOK, outcomes.settle, policies.check_can_book_settled, help="the bank says it has arrived"),
        _deed("fail", BOOK, outcomes.fail, policies.check_can_book_failed, options=FAILURE, help="it will never happen"),
        _deed("return", BOOK, return_, policies.check_can_book_returned, options=RETURN, reason=OPTIONAL, help="it came back"),
        _deed("redeem", BOOK, outcomes.redeem, policies.check_can_redeem, help="the return was taken back"),
        _deed(
            "dispute",
            BOOK,
            outcomes.dispute,
            policies.check_can_dispute,
            options=DISPUTE,
            reason=OPTIONAL,
            help="its holder disputes",
        ),
        _deed("dispute-won", BOOK, outcomes.dispute_won, policies.check_is_disputed, help="the money is back"),
        _deed("dispute-lost", BOOK, outcomes.dispute_lost, policies.check_is_disputed, help="the money stays away"),
    )

    def listed(self, *, queue: str | None, mode: str, status: str | None, limit: int) -> Iterable[str]:
        """The newest, or a queue from what has waited longest."""
        rows = Payment.objects.filter(partner__mode=mode).select_related("partner").order_by("-pk")
        if queue:
            rows = queues.narrow(rows, queue, at=clock.now()).order_by("pk")
        if status:
            rows = rows.filter(status=status)
        for row in rows[:limit]:
            yield line(
                row.public_id,
                row.reference,
                f"{to_text(row.amount, row.currency)} {row.currency}",
                f"{row.direction.lower()} {row.rail}",
                row.get_status_display().lower(),
                row.reason_code,
                f"since {row.updated_at:%Y-%m-%d %H:%M}",
                row.partner,
            )

    def described(self, row: Payment) -> Iterable[tuple[str, Any]]:
        """As on the page, the timeline below."""
        dispute = selectors.dispute_of(row)
        yield from (
            ("Payment", row.public_id),
            ("Reference", row.reference),
            ("Partner", row.partner),
            ("What", f"{row.get_kind_display()}, {row.get_rail_display()}, {row.get_direction_display().lower()}"),
            ("Amount", f"{to_text(row.amount, row.currency)} {row.currency}"),
            ("Fee", f"{to_text(row.fee, row.currency)} {row.currency}" if row.fee else ""),
            ("State", row.get_status_display()),
            ("Code", row.reason_code),
            ("Why", row.reason),
            ("Provider", row.provider),
            ("Its reference", row.provider_reference),
            ("File", row.batch.public_id if row.batch else ""),
            ("Number in it", row.trace),
            ("Value day", row.value_on),
            ("Dispute", f"{dispute.public_id}, {dispute.get_state_display().lower()}" if dispute else ""),
        )
        for move in row.moves.order_by("ordinal"):
            what = "Assigned" if move.came_from == move.went_to else PaymentStatus(move.went_to).label
            yield f"{move.at:%Y-%m-%d %H:%M:%S}", line(what, move.actor, move.reason_code, move.reason)
