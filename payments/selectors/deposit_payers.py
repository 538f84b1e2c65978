"""Who sent a deposit, as its bank told."""

from base64 import b64decode
from dataclasses import dataclass, field

import orjson

from flowlet.vault.services import subjects
from payments.choices import PaymentKind, PaymentStatus
from payments.models import Payment


@dataclass(frozen=True, slots=True)
class DepositPayer:
    """``index`` is a keyed digest of the account, ``country`` that of its IBAN. The name is personal."""

    index: str
    country: str
    name: str = field(repr=False)


def of(payment: Payment) -> DepositPayer | None:
    """Whoever sent it; None where the bank told nothing, or the customer was erased."""
    if payment.kind != PaymentKind.DEPOSIT or payment.customer_id is None:
        return None
    move = payment.moves.filter(went_to=PaymentStatus.SETTLED, details__has_key="payer").first()
    if move is None:
        return None
    told = move.details["payer"]
    try:
        plain = subjects.decrypt(payment.customer_id, b64decode(told["sealed"]), aad=aad(told["index"]))
    except subjects.SubjectErased:
        return None
    return DepositPayer(told["index"], told["country"], orjson.loads(plain)["name"])


def aad(index: str) -> str:
    """The place that a sealed payer belongs to."""
    return f"payments_move.payer:{index}"
