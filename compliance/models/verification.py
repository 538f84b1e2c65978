"""Verifications: what a level asks for, what was given of it, and what checks found. What is personal lies under the customer's key."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.choices import CustomerKind, KycTier
from accounts.models import Customer, Partner
from compliance.choices import (
    AskCode,
    CheckOutcome,
    CheckSource,
    DocumentType,
    ItemKind,
    ItemStatus,
    MarkKind,
    RefusalCode,
    VerificationStatus,
)
from compliance.choices.work import NEVER
from compliance.models.work import ReviewItem, by_assignee
from flowlet.db.models import Identified

LEVELS = [choice for choice in KycTier.choices if choice[0] != KycTier.UNVERIFIED]
UNDECIDED = (VerificationStatus.OPEN, VerificationStatus.COLLECTING, VerificationStatus.IN_REVIEW)


class RequirementSet(Identified):
    """One row is what one level asks of one kind of customer in one country ("" for all without a row of their own), from its version on.

    ``items`` is a list of ``{"kind", "any_of", "max_age_days"}``: ``any_of`` names the documents of which one is wanted, ``max_age_days``
    how old the day of issue may be. A change is a new row; only two people together make one.
    """

    PREFIX = "rqs"

    level = models.CharField(max_length=12, choices=LEVELS)
    kind = models.CharField(max_length=8, choices=CustomerKind.choices)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2; empty: every country without its own")
    number = models.PositiveIntegerField(help_text="its version")
    items = models.JSONField()
    valid_months = models.PositiveSmallIntegerField(help_text="how long an approval holds")
    needs_two = models.BooleanField(default=False, help_text="two people approve")
    note = models.CharField(max_length=500, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "level", "country", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["level", "kind", "country", "number"], name="requirement_set_has_one_row_per_version"
            ),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="requirement_country_is_two_capitals"
            ),
            models.CheckConstraint(
                condition=Q(valid_months__gte=1, valid_months__lte=60), name="approval_holds_one_to_sixty_months"
            ),
        ]

    def __str__(self) -> str:
        where = self.country or "any country"
        return f"{self.get_level_display()}, {self.get_kind_display().lower()}, {where}, version {self.number}"


class Verification(ReviewItem):
    """One row is one attempt to know a customer to one level, by the requirements in force when it was opened.

    ``expires_at`` is until when items are collected, and of an approved one until when it holds. ``round`` counts submissions; checks
    belong to a round. ``proposed_by`` is the first of two people. ``renews`` is the approval that this one is to follow.
    """

    PREFIX = "vrf"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="verifications", db_index=False)
    requirement_set = models.ForeignKey(RequirementSet, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.CharField(max_length=12, choices=LEVELS)
    status = models.CharField(max_length=10, choices=VerificationStatus.choices, default=VerificationStatus.OPEN)
    metadata = models.JSONField(default=dict, blank=True)
    needs_two = models.BooleanField(default=False)
    round = models.PositiveSmallIntegerField(default=0)
    renews = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="renewal")
    opened_by = models.CharField(max_length=80)
    proposed_by = models.CharField(max_length=80, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason_code = models.CharField(max_length=24, choices=RefusalCode.choices, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(status__in=UNDECIDED), name="customer_has_one_undecided_verification"
            ),
            models.CheckConstraint(
                condition=Q(proposed_by="") | ~Q(decided_by=F("proposed_by")) | ~Q(status=VerificationStatus.APPROVED),
                name="verification_is_approved_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(status=VerificationStatus.APPROVED)
                | (
                    Q(expires_at__isnull=False, decided_at__isnull=False)
                    & ~Q(decided_by="")
                    & (Q(needs_two=False) | ~Q(proposed_by=""))
                ),
                name="approval_has_its_people_and_its_end",
            ),
            models.CheckConstraint(
                condition=(Q(status=VerificationStatus.REFUSED) & ~Q(reason_code=""))
                | (~Q(status=VerificationStatus.REFUSED) & Q(reason_code="")),
                name="refused_verification_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status=VerificationStatus.IN_REVIEW) | Q(opened_at__lt=NEVER, due_at__lt=NEVER),
                name="verification_in_review_has_its_clock",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="verification_by_partner"),
            models.Index(fields=["customer", "id"], name="verification_by_customer"),
            models.Index(fields=["status", "id"], name="verification_by_status"),
            by_assignee("verification_by_assignee"),
            models.Index(
                F("priority").desc(),
                "due_at",
                "id",
                name="verification_in_order_of_work",
                condition=Q(status=VerificationStatus.IN_REVIEW),
            ),
            models.Index(
                fields=["expires_at"],
                name="verification_by_end",
                condition=Q(status__in=[*UNDECIDED, VerificationStatus.APPROVED]),
            ),
        ]


class BeneficialOwner(Identified):
    """One row is a person who owns more than 25 % of a business, or controls it, as told in one verification.

    ``sealed`` is the person's name, date of birth and country, under the key of the business's customer.
    """

    PREFIX = "ubo"

    verification = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="owners")
    share = models.DecimalField(max_digits=5, decimal_places=2, help_text="per cent; zero for control by other means")
    sealed = models.BinaryField(editable=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(share__gte=0, share__lte=100), name="owner_has_up_to_the_whole")]


class VerificationItem(Identified):
    """One row is one thing that a verification asks for, and whether it is there.

    ``value_index`` is the keyed digest of the value that was looked at, so that one asked for again has to be another.
    """

    PREFIX = "vit"

    verification = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="items", db_index=False)
    kind = models.CharField(max_length=20, choices=ItemKind.choices)
    any_of = ArrayField(models.CharField(max_length=20, choices=DocumentType.choices), default=list, blank=True)
    max_age_days = models.PositiveSmallIntegerField(null=True, blank=True)
    owner = models.ForeignKey(BeneficialOwner, on_delete=models.CASCADE, null=True, blank=True, related_name="items")
    status = models.CharField(max_length=11, choices=ItemStatus.choices, default=ItemStatus.MISSING)
    ask_code = models.CharField(max_length=16, choices=AskCode.choices, blank=True)
    value_index = models.CharField(max_length=32, blank=True, editable=False)
    accepted_by = models.CharField(max_length=80, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["verification", "kind", "owner"], name="verification_asks_for_each_item_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=(Q(status=ItemStatus.ASKED_AGAIN) & ~Q(ask_code=""))
                | (~Q(status=ItemStatus.ASKED_AGAIN) & Q(ask_code="")),
                name="item_asked_again_says_why",
            ),
        ]


class VerificationCheck(models.Model):
    """One row is what one check found of one item in one round. Append-only. ``facts`` are codes and ids, never personal."""

    id = models.BigAutoField(primary_key=True)
    verification = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="checks", db_index=False)
    round = models.PositiveSmallIntegerField()
    # An owner's item goes when other owners are told of; what was found of it stays.
    item = models.ForeignKey(
        VerificationItem, on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="checks"
    )
    source = models.CharField(max_length=10, choices=CheckSource.choices)
    code = models.CharField(max_length=60)
    outcome = models.CharField(max_length=4, choices=CheckOutcome.choices)
    facts = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["verification", "round"], name="check_by_verification")]

    def __str__(self) -> str:
        return f"{self.code}: {self.outcome}"


class IdentityMark(models.Model):
    """One row is a keyed digest of something by which a customer can be recognised, to find the same among a partner's customers."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=MarkKind.choices)
    index = models.CharField(max_length=32, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "kind", "index", "customer"], name="customer_has_each_mark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"
