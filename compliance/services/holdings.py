"""What this app holds of a customer. What was thought of a customer, and what screening found, nobody gets: not even that it is there."""

from functools import reduce
from typing import Any

from django.db.models.functions import Coalesce

from accounts.choices import LawfulGround, Retention
from accounts.models import Customer
from accounts.services import holdings
from accounts.services.holdings import Holding
from compliance.choices import ItemKind
from compliance.models import (
    Activity,
    Alert,
    Case,
    CustomerProfile,
    CustomerRisk,
    DueDiligence,
    Hit,
    RiskRating,
    ScreeningSubject,
    Verification,
    WorkFile,
    WorkNote,
)
from flowlet.core import money


def register() -> None:
    """Declare them."""
    rows = holdings.rows
    assessment: dict[str, Any] = {"ground": LawfulGround.LEGAL_DUTY, "retention": Retention.ASSESSMENT}
    holdings.register(
        Holding(
            name="verifications",
            label="Proof of who you are",
            items=("documents and details given", "level", "moment"),
            purpose="To verify the customer's identity",
            ground=LawfulGround.LEGAL_DUTY,
            retention=Retention.IDENTITY,
            made=rows(Verification),
            export=_verifications,
        ),
        Holding(
            name="declared",
            label="What you told about yourself",
            items=("profession or line of business", "how the customer came", "expected volume of a month"),
            purpose="To know the customer",
            ground=LawfulGround.LEGAL_DUTY,
            retention=Retention.IDENTITY,
            made=holdings.both(rows(CustomerRisk, moment="rated_at"), rows(CustomerProfile, moment="updated_at")),
            export=_declared,
        ),
        Holding(
            name="screening",
            label="Screening",
            items=("subjects", "hits", "decisions"),
            purpose="To obey sanctions law",
            ground=LawfulGround.LEGAL_DUTY,
            retention=Retention.SANCTIONS,
            made=holdings.both(
                rows(ScreeningSubject, moment="updated_at"), rows(Hit, customer="subject__customer_id", moment="updated_at")
            ),
        ),
        Holding(
            name="assessments",
            label="Assessments",
            items=("ratings", "due diligence", "alerts"),
            purpose="To find and prevent laundering",
            made=holdings.both(
                holdings.both(rows(RiskRating), rows(DueDiligence, moment="updated_at")), rows(Alert, moment="evidence_at")
            ),
            **assessment,
        ),
        Holding(
            name="cases",
            label="Cases",
            items=("cases", "notes", "files"),
            purpose="To find and prevent laundering, and to support what is reported",
            made=reduce(
                holdings.both,
                (
                    rows(Case, customer="subjects__customer_id", moment=Coalesce("closed_at", "opened_at")),
                    rows(WorkNote, customer="case__subjects__customer_id"),
                    rows(WorkNote, customer="alert__customer_id"),
                    rows(WorkFile, customer="case__subjects__customer_id", moment="added_at"),
                    rows(WorkFile, customer="alert__customer_id", moment="added_at"),
                ),
            ),
            **assessment,
        ),
        Holding(
            name="activities",
            label="Facts of monitoring",
            items=("movements and their sides",),
            purpose="To find and prevent laundering",
            made=rows(Activity, moment="happened_at"),
            **assessment,
        ),
    )


def _verifications(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": row.public_id,
            "level": row.get_level_display(),
            "asked_for": sorted(item.get_kind_display() for item in row.items.all() if item.kind != ItemKind.DUPLICATE),
            "begun_at": row.created_at.isoformat(),
            "handed_in_at": row.submitted_at.isoformat() if row.submitted_at else None,
        }
        for row in Verification.objects.filter(customer=customer).prefetch_related("items").order_by("pk")
    ]


def _declared(customer: Customer) -> list[dict[str, Any]]:
    volumes = CustomerProfile.objects.filter(customer=customer).exclude(declared=None)
    return [
        {"profession_or_line_of_business": row.get_profession_display(), "how_you_came": row.get_channel_display()}
        for row in CustomerRisk.objects.filter(customer=customer)
    ] + [{"expected_volume_of_a_month": money.in_words(row.declared)} for row in volumes]
