"""due_diligence: enhanced due diligence, answered by one and decided by another."""

from collections.abc import Iterable
from typing import Any

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from compliance.choices import DiligenceAnswer, DiligenceKey, SourceOfFunds
from compliance.choices.work import RATE
from compliance.models import DueDiligence
from compliance.policies import risk as policies
from compliance.selectors import risk as selectors
from compliance.services import due_diligence


class Command(DeedCommand):
    help = "List enhanced due diligence that is not decided; answer an item, decide."
    shows = DueDiligence
    list_options = (option("--limit", type=int, default=100),)
    deeds = (
        Deed(
            name="answer",
            model=DueDiligence,
            permission=RATE,
            service=due_diligence.answer,
            policy=policies.check_can_answer,
            options=(
                option("--item", keyword="key", required=True, choices=DiligenceKey.values, type=str.upper),
                option("--answer", required=True, type=str.upper, choices=[one for one in DiligenceAnswer if one != "OPEN"]),
                option("--source", default="", choices=SourceOfFunds.values, type=str.upper, help="of funds and of wealth"),
                option("--words", required=True, help="what was seen; it is sealed"),
            ),
        ),
        Deed(
            name="decide",
            model=DueDiligence,
            permission="compliance.decide_due_diligence",
            service=due_diligence.decide,
            policy=policies.check_can_decide,
            reason=REQUIRED,
            options=(
                option("--decline", keyword="accept", action="store_false", help="the relationship is to end; else it goes on"),
            ),
        ),
    )

    def listed(self, *, limit: int) -> Iterable[str]:
        """The oldest first."""
        for row in selectors.open_diligence().select_related("customer", "partner")[:limit]:
            yield line(
                row.public_id, row.customer.public_id, row.get_state_display().lower(), f"{row.created_at:%Y-%m-%d}", row.partner
            )

    def described(self, row: DueDiligence) -> Iterable[tuple[str, Any]]:
        """Without the words: those are shown on its page, with a reason."""
        yield from (("Customer", row.customer.public_id), ("State", row.get_state_display()), ("Begun", row.created_at))
        yield from (("Decision", row.decision), ("Decided", row.decided_at))
        for item in row.items.order_by("pk"):
            yield item.key, line(item.get_answer_display(), item.get_source_display(), item.answered_by)
