"""What this app holds of a customer. What a verdict or an officer says of a payment is no part of what the person gets."""

from typing import Any

from accounts.choices import LawfulGround, Retention
from accounts.models import Customer
from accounts.services import holdings
from accounts.services.holdings import Holding
from payments.choices import PaymentStatus
from payments.models import BankLink, Consent, ExternalAccount, Mandate, Payment
from payments.selectors import external_accounts

# How a payment ended, as far as its customer sees it anyway. Why it did not go on is never said.
_ENDED = {
    PaymentStatus.SETTLED: "carried out",
    PaymentStatus.RETURNED: "returned",
    PaymentStatus.REFUNDED: "refunded",
    PaymentStatus.DISPUTED: "disputed",
    PaymentStatus.REJECTED: "not carried out",
    PaymentStatus.FAILED: "not carried out",
    PaymentStatus.CANCELED: "not carried out",
    PaymentStatus.EXPIRED: "not carried out",
}


def register() -> None:
    """Declare them."""
    contract: dict[str, Any] = {"ground": LawfulGround.CONTRACT, "retention": Retention.TRANSACTION}
    consent: dict[str, Any] = {"ground": LawfulGround.CONSENT, "retention": Retention.TRANSACTION}
    rows = holdings.rows
    holdings.register(
        Holding(
            name="external_accounts",
            label="Your accounts and payees at banks",
            items=("owner's name", "account number", "bank", "kind"),
            purpose="To pay from and to accounts outside",
            made=rows(ExternalAccount),
            export=_accounts,
            **contract,
        ),
        Holding(
            name="payments",
            label="Payments",
            items=("amount", "moment", "rail", "direction", "reference", "description"),
            purpose="To move the customer's money over the rails, and to prove how",
            made=rows(Payment),
            export=_payments,
            **contract,
        ),
        Holding(
            name="mandates",
            label="Permissions to collect",
            items=("reference", "scheme", "day of signature"),
            purpose="To collect what the customer owes",
            made=rows(Mandate),
            export=_mandates,
            **consent,
        ),
        Holding(
            name="consents",
            label="Consents at your banks",
            items=("bank", "what it covers", "from when to when"),
            purpose="To read accounts and initiate payments at the customer's bank",
            made=rows(Consent),
            export=_consents,
            **consent,
        ),
        Holding(
            name="bank_links",
            label="Links to your banks",
            items=("service that links", "from when to when"),
            purpose="To read the customer's accounts at the bank",
            made=rows(BankLink),
            export=_links,
            **consent,
        ),
    )


def _accounts(customer: Customer) -> list[dict[str, Any]]:
    rows = list(ExternalAccount.objects.filter(customer=customer).order_by("pk"))
    details = external_accounts.details_of(rows)
    return [
        {
            "id": row.public_id,
            "kind": row.get_kind_display(),
            "whose": row.get_relation_display(),
            "owner": known.owner_name if (known := details[row.pk]) else None,
            "number": known.number if known and row.kind != "CARD" else None,
            "ends_with": row.last_four or None,
            "bank": row.bank_name or row.bic or row.routing_number or row.card_brand or None,
            "currency": row.currency,
            "added_at": row.created_at.isoformat(),
            "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        }
        for row in rows
    ]


def _payments(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": row.public_id,
            "kind": row.get_kind_display(),
            "rail": row.get_rail_display(),
            "direction": row.get_direction_display().lower(),
            "amount": str(row.amount),
            "fee": str(row.fee),
            "currency": row.currency,
            "reference": row.reference,
            "description": row.description or None,
            "outcome": _ENDED.get(PaymentStatus(row.status), "under way"),
            "made_at": row.created_at.isoformat(),
            "settled_at": row.settled_at.isoformat() if row.settled_at else None,
        }
        for row in Payment.objects.filter(customer=customer).order_by("pk")
    ]


def _mandates(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": row.public_id,
            "scheme": row.get_scheme_display(),
            "reference": row.reference,
            "signed_on": row.signed_on.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        }
        for row in Mandate.objects.filter(customer=customer).order_by("pk")
    ]


def _consents(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": row.public_id,
            "bank": row.bank,
            "covers": sorted(row.scopes),
            "given_at": row.authorised_at.isoformat() if row.authorised_at else None,
            "until": row.expires_at.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        }
        for row in Consent.objects.filter(customer=customer).order_by("pk")
    ]


def _links(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": row.public_id,
            "through": row.provider,
            "given_at": row.created_at.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        }
        for row in BankLink.objects.filter(customer=customer).order_by("pk")
    ]
