"""disputes: what the page of a dispute does, from the command line."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import CommandError

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from flowlet.core.actors import Actor
from flowlet.core.money import to_text
from payments.choices import DisputeState
from payments.models import Dispute
from payments.policies import disputes as policies
from payments.services import disputes, outcomes
from payments.states import DISPUTE_ENDED

ANSWER, BOOK = "payments.answer_dispute", "payments.book_outcome"


def answer(*, dispute_id: UUID, evidence: Path, actor: Actor, at: datetime) -> Dispute:
    """With the texts of a JSON file."""
    try:
        texts = orjson.loads(evidence.read_bytes())
    except OSError as error:
        raise CommandError(f"{evidence}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise CommandError(f"{evidence}: {error}") from None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise CommandError(f"{evidence}: an object of texts is expected.")
    return disputes.answer(dispute_id=dispute_id, evidence=texts, actor=actor, at=at)


def _end(name: str, service: Any, text: str) -> Deed:
    return Deed(
        name=name,
        model=Dispute,
        permission=BOOK,
        service=service,
        subject="payment_id",
        by="payment_id",
        policy=policies.check_can_end,
        reason=REQUIRED,
        help=text,
    )


class Command(DeedCommand):
    help = (
        "List disputes by deadline, answer them with evidence or give them up, tell the acquirer at once, and book what the acquirer "
        "decided."
    )
    shows = Dispute
    list_options = (
        option("--state", choices=DisputeState.values, type=str.upper, help="default: all that have not ended"),
        option("--limit", type=int, default=100),
    )
    deeds = (
        Deed(
            name="answer",
            model=Dispute,
            permission=ANSWER,
            service=answer,
            policy=policies.check_can_answer,
            options=(
                option(
                    "--evidence",
                    required=True,
                    type=Path,
                    metavar="FILE",
                    help=f"a JSON object of texts under {', '.join(disputes.NAMES)}",
                ),
            ),
            help="give evidence, once",
        ),
        Deed(
            name="accept",
            model=Dispute,
            permission=ANSWER,
            service=disputes.accept,
            policy=policies.check_can_answer,
            reason=REQUIRED,
            help="give it up: the money stays with the cardholder",
        ),
        Deed(
            name="tell",
            model=Dispute,
            permission=ANSWER,
            service=disputes.send_again,
            policy=policies.check_is_owed,
            is_atomic=False,
            help="tell the acquirer now what it is still owed",
        ),
        _end("won", outcomes.dispute_won, "the acquirer gave the money back"),
        _end("lost", outcomes.dispute_lost, "the money stays with the cardholder"),
    )

    def listed(self, *, state: str | None, limit: int) -> Iterable[str]:
        """Those that end first at the top."""
        rows = Dispute.objects.select_related("payment", "partner").defer("sealed").order_by("due_at")
        rows = rows.filter(state=state) if state else rows.exclude(state__in=DISPUTE_ENDED)
        for row in rows[:limit]:
            yield line(
                row.public_id,
                row.payment.public_id,
                f"{to_text(row.amount, row.currency)} {row.currency}",
                row.reason_code,
                row.get_state_display().lower(),
                f"evidence until {row.due_at:%Y-%m-%d %H:%M}",
                row.partner,
            )

    def described(self, row: Dispute) -> Iterable[tuple[str, Any]]:
        """Without the evidence: that is shown on its page, with a reason."""
        return (
            ("Dispute", row.public_id),
            ("Payment", row.payment.public_id),
            ("State", row.get_state_display()),
            ("Amount", f"{to_text(row.amount, row.currency)} {row.currency}"),
            ("Reason", row.reason_code),
            ("Evidence until", row.due_at),
            ("Evidence", "sealed" if row.sealed else "none"),
            ("Answered by", row.answered_by),
            ("To be told to the acquirer", row.tell_at),
            ("Tried", row.told or None),
            ("It said last", row.refusal),
            ("Ended", row.ended_at),
        )
