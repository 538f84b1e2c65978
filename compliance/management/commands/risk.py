"""risk: what the page of customers' risk does, from the command line: reviews, what is declared, ratings, overrides."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from compliance.choices import Channel, Profession, RatingCause, RiskBand
from compliance.choices.work import RATE
from compliance.management.work import LIMIT, WHOSE, narrowing, waiting, words
from compliance.models import CustomerRisk
from compliance.selectors import risk as selectors
from compliance.services import profiles, ratings, risk_overrides
from flowlet.approvals.models import Approval
from flowlet.core.actors import Actor


def rate(*, customer_id: UUID, reason: str, actor: Actor, at: datetime) -> str:
    """One customer, because somebody asks."""
    made = ratings.rate(customer_ids=[customer_id], cause=RatingCause.OFFICER, reason=reason, actor=actor, at=at)
    return "\n".join(line(one.public_id, one.band, f"{one.points} points") for one in made)


def request_override(*, customer_id: UUID, band: str, until: date | None, reason: str, actor: Actor, at: datetime) -> Approval:
    """``until`` is the first day on which it counts no more."""
    ends = datetime.combine(until, time(), UTC) if until else None
    return risk_overrides.request(customer_id=customer_id, band=band, until=ends, reason=reason, actor=actor, at=at)


def _on(name: str, service: Any, *, permission: str = RATE, **more: Any) -> Deed:
    shared = {"model": CustomerRisk, "subject": "customer_id", "by": "customer_id", "reason": REQUIRED}
    return Deed(name=name, permission=permission, service=service, **shared, **more)


class Command(DeedCommand):
    help = (
        "List customers whose review is due; complete a review, declare what is known, rate, ask for an override; take and give."
    )
    shows = CustomerRisk
    list_options = (WHOSE, *narrowing(CustomerRisk), LIMIT)
    deeds = (
        _on("complete-review", ratings.complete_review, told=lambda row: f"Next review by {row.review_on}."),
        _on(
            "declare",
            ratings.declare,
            options=(
                option("--channel", required=True, choices=Channel.values, type=str.upper),
                option("--profession", required=True, choices=Profession.values, type=str.upper),
                option("--exposed", keyword="is_exposed", action="store_true", help="politically exposed, or close to one"),
            ),
            help="what no other page knows",
        ),
        _on(
            "declare-volume",
            profiles.declare_volume,
            options=(
                option("--amount", type=arguments.amount, help="of a month; without it nobody declares one"),
                option("--currency", default="", metavar="USD", type=str.upper),
            ),
            told=lambda row: f"{row.expected_monthly or 'No'} USD a month.",
            help="the volume that scenarios of monitoring compare with",
        ),
        _on("rate", rate, told=str, help="rate now"),
        _on(
            "request-override",
            request_override,
            permission="compliance.request_risk_override",
            options=(
                option("--band", default="", choices=RiskBand.values, type=str.upper, help="without it: as the model says again"),
                option("--until", type=arguments.day, metavar="DAY", help="the first day on which it counts no more"),
            ),
            help="ask for another band; another person approves",
        ),
        *words(CustomerRisk),
    )

    def listed(self, **asked: Any) -> Iterable[str]:
        """The most urgent first."""
        for row in waiting(CustomerRisk, **asked).select_related("customer", "assignee"):
            whose = row.assignee.email if row.assignee else ""
            yield line(
                row.public_id, row.customer.public_id, row.band, f"{row.points} points", f"review by {row.review_on}", whose
            )

    def described(self, row: CustomerRisk) -> Iterable[tuple[str, Any]]:
        """How the customer counts, and why."""
        profile = selectors.profile_of(row.customer_id)
        yield from (("Customer", row.customer.public_id), ("Counts as", row.get_band_display()), ("Points", row.points))
        yield from (("Next review by", row.review_on), ("Reviewed", row.reviewed_on), ("Rated", row.rated_at))
        yield from (("How the customer came", row.get_channel_display()), ("Profession", row.get_profession_display()))
        yield "Politically exposed", "yes" if row.is_exposed else "not known"
        yield "Expected in a month", profile and profile.declared
        for part in row.rating.parts if row.rating else ():
            yield part["factor"], line(part["value"], f"{part['points']} points", part["source"])
