"""Ratings of customers: computed by the model in force, explained factor by factor, kept whenever they say something new.

``rate`` takes any number of customers: a few queries, one transaction. A band that asks for it opens enhanced due diligence.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from accounts.policies import check_reason
from compliance import events
from compliance.choices import AlertKind, Channel, Profession, RatingCause, RiskBand
from compliance.models import CustomerRisk, RiskOverride, RiskRating
from compliance.policies import risk as policies
from compliance.policies import work
from compliance.policies.risk_model import Score
from compliance.selectors import risk as selectors
from compliance.services import alerts, due_diligence, risk_facts, risk_models
from compliance.services.alerts import Evidence
from flowlet.audit.services import log
from flowlet.audit.services.log import NewRecord
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent

_PLACE = ["priority", "opened_at", "due_at"]  # in the queue of reviews
# What is kept although it says nothing new: somebody looked.
_KEPT = {RatingCause.FIRST, RatingCause.REVIEW, RatingCause.OFFICER, RatingCause.OVERRIDE}


@transaction.atomic
def rate(*, customer_ids: Sequence[UUID], cause: str, reason: str = "", actor: Actor, at: datetime) -> list[RiskRating]:
    """Rate the customers; answers the ratings that say something new. Keys of nobody are passed over.

    The review never moves later by this: only a completed review moves it.
    """
    model = risk_models.in_force()
    rows = _locked(customer_ids)
    facts = risk_facts.facts_of(rows, model=model, at=at)
    newest = RiskOverride.objects.filter(customer__in=[row.customer_id for row in rows]).order_by("customer_id", "-pk")
    overrides = {one.customer_id: one for one in newest.distinct("customer_id")}
    made: list[tuple[CustomerRisk, RiskRating, str]] = []
    for row in rows:
        score = model.score(facts[row.customer_id])
        override = overrides.get(row.customer_id)
        band = policies.effective(score.band, override, at=at)
        counts = override is not None and band == override.band and override.begins_at <= at < override.expires_at
        rating = RiskRating(
            partner_id=row.partner_id,
            customer_id=row.customer_id,
            model_number=model.number,
            model_digest=model.digest,
            points=score.points,
            model_band=score.band,
            band=band,
            override=override if counts else None,
            parts=[asdict(part) for part in score.parts],
            cause=RatingCause.FIRST if row.rating_id is None else cause,
            reason=reason,
            rated_by=str(actor),
            created_at=at,
        )
        before = row.band
        is_new = _says_something_new(row.rating, rating)
        _take(
            row, rating if is_new else row.rating, score=score, override=override if counts else None, digest=model.digest, at=at
        )
        if is_new:
            made.append((row, rating, before))
    RiskRating.objects.bulk_create([rating for _, rating, _ in made])
    CustomerRisk.objects.bulk_update(
        rows,
        ["rating", "override", "band", "points", "geography", "model_digest", "override_until", "rated_at", "review_on", *_PLACE],
    )
    _tell(made, reason=reason, actor=actor, at=at)
    raised = [rating for _, rating, before in made if policies.needs_diligence(rating.band) and rating.band != before]
    due_diligence.open_for(raised, actor=actor, at=at)
    for rating in raised:
        if rating.band == RiskBand.PROHIBITED:
            _warn(rating, at=at)
    return [rating for _, rating, _ in made]


@transaction.atomic
def declare(
    *, customer_id: UUID, channel: str, profession: str, is_exposed: bool, reason: str, actor: Actor, at: datetime
) -> CustomerRisk:
    """What is known of the customer that no other app knows; the rating follows. Raises Invalid, ReasonMissing."""
    if channel not in Channel.values or profession not in Profession.values:
        raise Invalid("Use the words of the lists.", param="profession" if channel in Channel.values else "channel")
    reason = check_reason(reason)
    row = _one(customer_id)
    before = _declared(row)
    row.channel, row.profession, row.is_exposed = channel, profession, is_exposed
    row.save(update_fields=["channel", "profession", "is_exposed"])
    _note(row, events.RISK_DECLARED, before=before, after=_declared(row), reason=reason, actor=actor, at=at)
    rate(customer_ids=[customer_id], cause=RatingCause.OFFICER, reason=reason, actor=actor, at=at)
    return selectors.of_customer(customer_id)


@transaction.atomic
def complete_review(*, customer_id: UUID, reason: str, actor: Actor, at: datetime) -> CustomerRisk:
    """The customer's data were brought up to date: rate anew, and count the time to the next review from today.

    Raises ReasonMissing, ItemTaken while somebody else has it open.
    """
    reason = check_reason(reason)
    work.check_is_free(_one(customer_id), actor, at=at)
    rate(customer_ids=[customer_id], cause=RatingCause.REVIEW, reason=reason, actor=actor, at=at)
    row = _one(customer_id)
    before = {"review_on": row.review_on}
    row.reviewed_on = at.date()
    row.review_on = policies.review_on(row.band, since=row.reviewed_on)
    row.assignee = row.locked_by = row.locked_until = None
    policies.place_review(row)
    row.save(update_fields=["reviewed_on", "review_on", "assignee", "locked_by", "locked_until", *_PLACE])
    _note(
        row,
        events.RISK_REVIEWED,
        before=before,
        after={"review_on": row.review_on, "band": row.band},
        reason=reason,
        actor=actor,
        at=at,
    )
    return row


def _locked(customer_ids: Sequence[UUID]) -> list[CustomerRisk]:
    """The customers' rows, made where they are missing, locked lowest key first."""
    owners = dict(Customer.objects.filter(pk__in=customer_ids).values_list("pk", "partner_id"))
    known = set(CustomerRisk.objects.filter(customer__in=owners).values_list("customer_id", flat=True))
    CustomerRisk.objects.bulk_create(
        [CustomerRisk(customer_id=key, partner_id=partner) for key, partner in sorted(owners.items()) if key not in known],
        ignore_conflicts=True,
    )
    rows = CustomerRisk.objects.select_for_update(no_key=True, of=("self",)).filter(customer__in=owners)
    return list(rows.select_related("customer", "rating").order_by("customer_id"))


def _one(customer_id: UUID) -> CustomerRisk:
    rows = _locked([customer_id])
    return rows[0] if rows else selectors.of_customer(customer_id)


def _says_something_new(old: RiskRating | None, new: RiskRating) -> bool:
    """Where only the words of the sources differ (figures of payments move every day), nothing new is said."""
    return old is None or new.cause in _KEPT or _essence(old) != _essence(new)


def _essence(rating: RiskRating) -> tuple[object, ...]:
    parts = [(part["factor"], part["value"], part["points"], part["floor"]) for part in rating.parts]
    return rating.band, rating.model_band, rating.model_digest, parts


def _take(
    row: CustomerRisk, rating: RiskRating, *, score: Score, override: RiskOverride | None, digest: str, at: datetime
) -> None:
    row.rating, row.override, row.band, row.points = rating, override, rating.band, score.points
    row.geography = next(part.value for part in score.parts if part.factor == "GEOGRAPHY")
    row.model_digest, row.rated_at = digest, at
    row.override_until = override.expires_at if override else None
    due = policies.review_on(row.band, since=row.reviewed_on or row.customer.created_at.date())
    row.review_on = due if row.review_on is None else min(row.review_on, due)
    policies.place_review(row)


def _declared(row: CustomerRisk) -> dict[str, object]:
    return {"channel": row.channel, "profession": row.profession, "is_exposed": row.is_exposed}


def _note(row: CustomerRisk, fact: str, *, before: dict, after: dict, reason: str, actor: Actor, at: datetime) -> None:
    """To the audit alone."""
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=row.public_id,
        partner_id=row.partner_id,
        reason=reason,
        before=before,
        after={"customer": row.customer.public_id, **after},
    )


def _warn(rating: RiskRating, *, at: datetime) -> None:
    """Somebody counts as one who must not be served: an officer decides what follows."""
    causes = [part for part in rating.parts if part["floor"] == RiskBand.PROHIBITED] or rating.parts
    alerts.raise_alert(
        partner_id=rating.partner_id,
        customer_id=rating.customer_id,
        kind=AlertKind.RISK,
        scenario="risk-prohibited",
        priority=90,
        headline=f"The customer counts as prohibited, with {rating.points} points.",
        evidence=[
            Evidence(
                key=rating.public_id,
                headline=f"{rating.points} points by model {rating.model_number}.",
                facts={part["factor"]: f"{part['value']}: {part['points']}" for part in causes},
                happened_at=at,
            )
        ],
        at=at,
    )


def _tell(made: Sequence[tuple[CustomerRisk, RiskRating, str]], *, reason: str, actor: Actor, at: datetime) -> None:
    """The audit hears of every rating, the platform's own handlers of a changed band."""
    log.record_many(
        [
            NewRecord(
                action=events.RISK_RATED,
                target=row.public_id,
                partner_id=row.partner_id,
                reason=reason,
                before={"band": before} if before else None,
                after={
                    "customer": row.customer.public_id,
                    "rating": rating.public_id,
                    "band": rating.band,
                    "points": rating.points,
                    "cause": rating.cause,
                },
            )
            for row, rating, before in made
        ],
        actor=actor,
        at=at,
    )
    outbox.publish_many(
        [
            NewEvent(
                type=events.RISK_RATED,
                partner_id=None,
                subject=row.customer.public_id,
                data={"rating": rating.public_id, "band": rating.band, "before": before or None},
                at=at,
            )
            for row, rating, before in made
            if rating.band != before
        ]
    )
