"""What this app holds of a customer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.choices import LawfulGround, Retention
from accounts.models import AuthenticationChallenge, AuthenticationFactor, Customer
from accounts.selectors import authentication
from accounts.selectors import customers as selectors
from accounts.services import customers, holdings
from accounts.services.holdings import Holding
from flowlet.core import actors
from flowlet.core.money import to_text


def register() -> None:
    """Declare them."""
    made = holdings.rows(Customer, customer="pk")
    holdings.register(
        Holding(
            name="customer",
            label="Who you are",
            items=("name", "address", "birth date", "incorporation", "registration number", "country", "level of verification"),
            purpose="To know who is served",
            ground=LawfulGround.LEGAL_DUTY,
            retention=Retention.IDENTITY,
            made=made,
            export=_identity,
        ),
        Holding(
            name="contact",
            label="How to reach you",
            items=("e-mail address", "phone number", "notes of the company that serves you"),
            purpose="To reach the customer, and for the partner to find its own records",
            ground=LawfulGround.CONTRACT,
            retention=Retention.CONTACT,
            made=made,
            export=_contact,
            clear=clear_contact,
        ),
        Holding(
            name="authentication",
            label="How you authenticate payments",
            items=("second factors", "payments that you were asked for", "payees whom you trust"),
            purpose="To be sure that it is the customer who pays, and to prove it",
            ground=LawfulGround.LEGAL_DUTY,
            retention=Retention.TRANSACTION,
            made=holdings.both(holdings.rows(AuthenticationFactor), holdings.rows(AuthenticationChallenge)),
            export=_authentication,
        ),
    )


def _identity(customer: Customer) -> list[dict[str, Any]]:
    personal = selectors.personal_of([customer])[customer.pk]
    known: dict[str, Any] = {
        "id": customer.public_id,
        "kind": customer.get_kind_display(),
        "country": customer.country,
        "level_of_verification": customer.get_kyc_tier_display(),
        "customer_since": customer.created_at.isoformat(),
        "customer_until": customer.closed_at.isoformat() if customer.closed_at else None,
    }
    if personal is not None:
        known |= {
            "name": personal.name,
            "address": str(personal.address) if personal.address else None,
            "born_on": personal.born_on.isoformat() if personal.born_on else None,
            "incorporated_on": personal.incorporated_on.isoformat() if personal.incorporated_on else None,
            "registration_number": personal.registration_number or None,
        }
    return [known]


def _contact(customer: Customer) -> list[dict[str, Any]]:
    personal = selectors.personal_of([customer])[customer.pk]
    return [
        {
            "email": personal.email or None if personal else None,
            "phone": personal.phone or None if personal else None,
            "notes_of_the_company_that_serves_you": dict(customer.metadata),
        }
    ]


def _authentication(customer: Customer) -> list[dict[str, Any]]:
    """Nothing that proves, and no counters of wrong answers."""
    factors = [
        {
            "second_factor": row.get_type_display(),
            "name": row.name or None,
            "enrolled_at": row.created_at.isoformat(),
            "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        }
        for row in customer.authentication_factors.order_by("pk")
    ]
    challenges = [
        {
            "asked_for": f"{to_text(row.amount, row.currency)} {row.currency}",
            "to": row.payee_id,
            "at": row.created_at.isoformat(),
            "outcome": row.get_status_display().lower(),
        }
        for row in customer.authentication_challenges.order_by("pk")
    ]
    payees = [
        {"trusted_payee": row.payee_id, "since": row.created_at.isoformat()}
        for row in authentication.trusted_payees_of(customer.pk)
    ]
    return [*factors, *challenges, *payees]


def clear_contact(customer_id: UUID, at: datetime) -> int:
    """Take e-mail address, phone number and the partner's notes away; 1 when there were any."""
    return int(customers.forget_contact(customer_id=customer_id, actor=actors.system("accounts.clear_contact"), at=at))
