"""recall: ask for a payment back, answer who asks us, send a wire back, from the command line."""

from collections.abc import Iterable, Sequence
from typing import Any

from accounts.management.deeds import Deed, DeedCommand, Option, line, option
from flowlet.core.money import to_text
from payments.choices import RecallReason, RecallState
from payments.models import Payment, Recall
from payments.policies import recalls as policies
from payments.services import recalls

NOTE = option("--note", default="", help="for the other bank, in plain Latin letters, at most 105")


def _code(choices: Iterable[str], *, keyword: str = "code") -> Option:
    return option("--code", keyword=keyword, choices=sorted(choices), required=True, help="why, in ISO 20022's word")


def _deed(name: str, service: Any, text: str, *, code: Sequence[Option] = (), **more: Any) -> Deed:
    return Deed(
        **{"name": name, "model": Recall, "permission": "payments.book_outcome", "service": service, "help": text}
        | {"options": (*code, NOTE), "told": _stands}
        | more
    )


def _stands(row: Recall) -> str:
    amount = f"{to_text(row.amount, row.currency)} {row.currency}"
    return line(row.public_id, row.payment.public_id, amount, row.reason_code, row.state, f"due {row.due_on}")


class Command(DeedCommand):
    help = (
        "Money that is to go back: list what waits for our answer, ask for a SEPA credit transfer or wire that has left, accept or refuse "
        "what a bank asks of us (accepted, the deposit is returned), send back a wire to us of our own accord. Messages are delivered "
        "by the worker, every five minutes."
    )
    shows = Recall
    list_options = (
        option(
            "--state",
            choices=RecallState.values,
            type=str.upper,
            default=RecallState.RECEIVED.value,
            help="default: RECEIVED, those that wait for our answer",
        ),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed("request", recalls.request, "ask for it", model=Payment, code=[_code(RecallReason.values, keyword="reason")]),
        _deed("accept", recalls.accept, "the deposit goes back", policy=policies.check_waits),
        _deed("refuse", recalls.refuse, "the money stays", policy=policies.check_waits, code=[_code(policies.REFUSALS)]),
        _deed("send-back", recalls.send_back, "return a wire to us", model=Payment, code=[_code(policies.RETURN_REASONS)]),
    )

    def listed(self, *, state: str, limit: int) -> Iterable[str]:
        """What is due first."""
        for row in Recall.objects.filter(state=state).select_related("payment").order_by("due_on", "id")[:limit]:
            yield _stands(row)

    def described(self, row: Recall) -> Iterable[tuple[str, Any]]:
        """As on the page."""
        return (
            ("Recall", row.public_id),
            ("Payment", row.payment.public_id),
            ("Partner", row.partner),
            ("Who asks", row.get_direction_display()),
            ("Amount", f"{to_text(row.amount, row.currency)} {row.currency}"),
            ("Why", row.reason_code),
            ("Our note", row.note),
            ("Case", row.case_id),
            ("State", row.get_state_display()),
            ("Answer due", row.due_on),
            ("Why not", row.answer_code),
            ("Told with the answer", row.answer_note),
            ("Message", row.message),
            ("Delivered", row.delivered_at),
        )
