"""How risky customers are: the models, the ratings, where each customer stands, overrides, and enhanced due diligence.

What is said of a customer here are codes and figures; words about them are sealed under the customer's own key. Nothing is told outside.
"""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from compliance.choices import (
    Channel,
    DiligenceAnswer,
    DiligenceKey,
    DiligenceState,
    Profession,
    RatingCause,
    RiskBand,
    SourceOfFunds,
)
from compliance.choices.work import NEVER
from compliance.models.work import ReviewItem, by_assignee
from flowlet.db.models import Identified


class RiskModelVersion(Identified):
    """One row is a model by which customers are rated from a moment on, asked for by one person and approved by another."""

    PREFIX = "rmv"

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField(help_text="points, floors and bands")
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    asked_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80)
    approval_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(asked_by=F("approved_by")), name="risk_model_is_approved_by_another")]


class RiskOverride(Identified):
    """One row is a band that people decided on against the model's, from ``begins_at`` until ``expires_at``; without a band it ends the
    one before. The newest counts.
    """

    PREFIX = "rov"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="risk_overrides", db_index=False)
    band = models.CharField(max_length=10, choices=RiskBand.choices, blank=True)
    model_band = models.CharField(max_length=10, choices=RiskBand.choices, help_text="what the model said then")
    reason = models.CharField(max_length=500)
    begins_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80)
    approval_id = models.UUIDField(unique=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "id"], name="risk_override_by_customer")]
        constraints = [
            models.CheckConstraint(condition=~Q(asked_by=F("approved_by")), name="risk_override_is_approved_by_another"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("begins_at")), name="risk_override_ends_after_it_began"),
            models.CheckConstraint(condition=~Q(reason=""), name="risk_override_has_its_reason"),
        ]


class RiskRating(Identified):
    """One row is what a model said of a customer at a moment, factor by factor, and the band that counted. Never changed."""

    PREFIX = "rrt"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="risk_ratings", db_index=False)
    model_number = models.PositiveIntegerField(help_text="0: the shipped one")
    model_digest = models.CharField(max_length=64)
    points = models.PositiveIntegerField()
    model_band = models.CharField(max_length=10, choices=RiskBand.choices)
    band = models.CharField(max_length=10, choices=RiskBand.choices, help_text="the model's, or an override's")
    override = models.ForeignKey(RiskOverride, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    parts = models.JSONField(help_text="factor, value, points, floor, source")
    cause = models.CharField(max_length=9, choices=RatingCause.choices)
    reason = models.CharField(max_length=500, blank=True)
    rated_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "id"], name="risk_rating_by_customer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(band=F("model_band")) | Q(override__isnull=False), name="risk_rating_differs_by_override_only"
            )
        ]


class CustomerRisk(ReviewItem):
    """One row is how risky one customer counts as now, by when that is reviewed, and what is known for it beside the other apps.

    ``rated_at`` is when it was last computed, ``rating`` the newest that said something new. ``geography`` is the level of the customer's
    country as it was rated, so that a change of a list finds whom it affects.
    """

    PREFIX = "rsk"

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="risk")
    rating = models.ForeignKey(RiskRating, on_delete=models.PROTECT, null=True, related_name="+")
    override = models.ForeignKey(RiskOverride, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    band = models.CharField(max_length=10, choices=RiskBand.choices, blank=True)
    points = models.PositiveIntegerField(default=0)
    geography = models.CharField(max_length=16, blank=True)
    model_digest = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.UNKNOWN)
    profession = models.CharField(max_length=15, choices=Profession.choices, default=Profession.UNKNOWN)
    is_exposed = models.BooleanField(
        default=False, help_text="the customer says to be politically exposed, or an officer knows it"
    )
    override_until = models.DateTimeField(null=True, blank=True, help_text="of the override that counts")
    rated_at = models.DateTimeField(null=True)
    reviewed_on = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "customers' risk"
        indexes = [
            models.Index(fields=["review_on", "id"], name="customer_risk_by_review"),
            models.Index(fields=["band", "id"], name="customer_risk_by_band"),
            models.Index(fields=["rated_at", "id"], name="customer_risk_by_rating"),
            by_assignee("customer_risk_by_assignee"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating=None, band="", review_on=None)
                | (Q(rating__isnull=False, review_on__isnull=False, rated_at__isnull=False) & ~Q(band="")),
                name="rated_customer_has_band_and_review",
            ),
            models.CheckConstraint(
                condition=Q(review_on=None) | Q(opened_at__lt=NEVER, due_at__lt=NEVER), name="review_has_its_clock"
            ),
        ]


class DueDiligence(Identified):
    """One row is enhanced due diligence on one customer, begun because the band asked for it and decided by a second person."""

    PREFIX = "edd"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="due_diligence", db_index=False)
    rating = models.ForeignKey(RiskRating, on_delete=models.PROTECT, related_name="+", help_text="which asked for it")
    state = models.CharField(max_length=8, choices=DiligenceState.choices, default=DiligenceState.OPEN)
    prepared_by = models.CharField(max_length=80, blank=True, help_text="who gave the last answer")
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = "enhanced due diligence"
        verbose_name_plural = "enhanced due diligence"
        indexes = [models.Index(fields=["state", "id"], name="due_diligence_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state__in=[DiligenceState.OPEN, DiligenceState.READY]),
                name="one_open_due_diligence_per_customer",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("prepared_by")), name="due_diligence_is_decided_by_another"
            ),
            models.CheckConstraint(
                condition=(Q(state__in=[DiligenceState.OPEN, DiligenceState.READY], decided_by="", decided_at=None))
                | (
                    Q(state__in=[DiligenceState.ACCEPTED, DiligenceState.DECLINED], decided_at__isnull=False)
                    & ~Q(decided_by="")
                    & ~Q(decision="")
                ),
                name="due_diligence_ends_with_a_decision",
            ),
        ]


class DueDiligenceItem(models.Model):
    """One row is one thing that due diligence looks at, and its answer. ``sealed`` are the words, under the customer's key."""

    id = models.BigAutoField(primary_key=True)
    diligence = models.ForeignKey(DueDiligence, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(max_length=20, choices=DiligenceKey.choices)
    answer = models.CharField(max_length=14, choices=DiligenceAnswer.choices, default=DiligenceAnswer.OPEN)
    source = models.CharField(max_length=12, choices=SourceOfFunds.choices, blank=True, help_text="of the funds or the wealth")
    sealed = models.BinaryField(null=True, blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["diligence", "key"], name="due_diligence_asks_once"),
            models.CheckConstraint(
                condition=Q(answer=DiligenceAnswer.OPEN, answered_at=None)
                | (~Q(answer=DiligenceAnswer.OPEN) & Q(answered_at__isnull=False, sealed__isnull=False)),
                name="due_diligence_item_is_answered_with_words",
            ),
        ]

    def __str__(self) -> str:
        return self.get_key_display()
