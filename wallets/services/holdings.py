"""What this app holds of a customer."""

from typing import Any

from django.db.models import Q

from accounts.choices import LawfulGround, Retention
from accounts.models import Customer
from accounts.services import holdings
from accounts.services.holdings import Holding
from wallets.models import Conversion, Transfer, Wallet

_SHARED: dict[str, Any] = {"ground": LawfulGround.CONTRACT, "retention": Retention.TRANSACTION}


def register() -> None:
    """Declare them."""
    rows = holdings.rows
    holdings.register(
        Holding(
            name="wallets",
            label="Your wallets",
            items=("currency", "name of the wallet", "days of opening and closing"),
            purpose="To keep the customer's money",
            made=rows(Wallet),
            export=_wallets,
            **_SHARED,
        ),
        Holding(
            name="transfers",
            label="Transfers between wallets",
            items=("amount", "moment", "direction", "description"),
            purpose="To move the customer's money, and to prove how",
            made=holdings.both(rows(Transfer, customer="source__customer_id"), rows(Transfer, customer="target__customer_id")),
            export=_transfers,
            **_SHARED,
        ),
        Holding(
            name="conversions",
            label="Exchange of currencies",
            items=("amounts", "rate", "moment", "description"),
            purpose="To exchange the customer's money, and to prove how",
            made=rows(Conversion),
            export=_conversions,
            **_SHARED,
        ),
    )


def _wallets(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": row.public_id,
            "currency": row.currency,
            "name": row.name or None,
            "opened_at": row.created_at.isoformat(),
            "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        }
        for row in Wallet.objects.filter(customer=customer).order_by("pk")
    ]


def _transfers(customer: Customer) -> list[dict[str, Any]]:
    rows = (
        Transfer.objects.filter(Q(source__customer=customer) | Q(target__customer=customer))
        .select_related("source")
        .order_by("pk")
    )
    return [
        {
            "id": row.public_id,
            "direction": "out" if row.source.customer_id == customer.pk else "in",
            "amount": str(row.amount),
            "currency": row.currency,
            "description": row.description or None,
            "made_at": row.created_at.isoformat(),
        }
        for row in rows
    ]


def _conversions(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": row.public_id,
            "sold": f"{row.sell_amount} {row.sell_currency}",
            "bought": f"{row.buy_amount} {row.buy_currency}",
            "rate": str(row.client_rate),
            "description": row.description or None,
            "made_at": row.created_at.isoformat(),
        }
        for row in Conversion.objects.filter(customer=customer).order_by("pk")
    ]
