"""Verifications: found, locked in the order of the house (customer, then verification), and their requirements."""

from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet

from accounts.models import Customer
from accounts.models.personal import Personal
from accounts.selectors import customers
from compliance import errors
from compliance.choices import RiskBand, VerificationStatus
from compliance.models import BeneficialOwner, CustomerRisk, RequirementSet, Verification
from compliance.models.verification import UNDECIDED
from flowlet.vault.services import subjects


def get(verification_id: UUID, *, partner_id: UUID | None = None) -> Verification:
    """The verification, of this partner if one is named. Raises VerificationNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    rows = Verification.objects.select_related("partner", "customer", "requirement_set")
    found = rows.filter(pk=verification_id, **scope).first()
    if found is None:
        raise errors.VerificationNotFound()
    return found


def locked(verification_id: UUID, *, partner_id: UUID | None = None) -> Verification:
    """As ``get``, with the customer's row and then its own locked. Raises VerificationNotFound."""
    found = get(verification_id, partner_id=partner_id)
    customers.for_update(found.customer_id)
    Verification.objects.select_for_update(no_key=True).get(pk=verification_id)
    return get(verification_id, partner_id=partner_id)


def undecided_of(customer_id: UUID) -> Verification | None:
    """The customer's verification that nobody has decided, if there is one."""
    return Verification.objects.filter(customer_id=customer_id, status__in=UNDECIDED).first()


def approved_levels(customer_id: UUID) -> list[str]:
    """The levels that hold."""
    rows = Verification.objects.filter(customer_id=customer_id, status=VerificationStatus.APPROVED)
    return list(rows.values_list("level", flat=True))


def requirements(*, level: str, kind: str, country: str) -> RequirementSet | None:
    """What is in force: the newest version for the country, else for all countries."""
    rows = RequirementSet.objects.filter(level=level, kind=kind, country__in=["", country])
    return rows.order_by("-country", "-number").first()


def in_force() -> QuerySet[RequirementSet]:
    """The newest version of each."""
    newest = RequirementSet.objects.order_by("kind", "level", "country", "-number").distinct("kind", "level", "country")
    return RequirementSet.objects.filter(pk__in=newest.values("pk"))


def is_high_risk(customer_id: UUID) -> bool:
    """Whether the customer is rated so that two people decide."""
    return CustomerRisk.objects.filter(customer_id=customer_id, band__in=[RiskBand.HIGH, RiskBand.PROHIBITED]).exists()


def personal_of(customer: Customer) -> Personal | None:
    """The customer's record in plain; None where it was erased."""
    return customers.personal_of([customer])[customer.pk]


def owner_aad(owner_id: UUID) -> str:
    """The place of an owner's sealed values."""
    return f"compliance_beneficialowner.sealed:{owner_id}"


def owner_values(owner: BeneficialOwner, box: subjects.SubjectBox) -> dict[str, Any]:
    """``name``, ``born_on`` (ISO) and ``country`` of an owner, opened with the customer's box. Personal."""
    return orjson.loads(box.decrypt(bytes(owner.sealed), aad=owner_aad(owner.pk)))
