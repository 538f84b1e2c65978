"""Who sent a deposit, kept with the move that settles it, or that assigns it to a wallet when it had found none: a keyed digest of the
account (or of the name), the country, and the name sealed.
"""

from base64 import b64encode
from typing import Any
from uuid import UUID

import orjson

from flowlet.core import countries
from flowlet.core.errors import DomainError
from flowlet.vault.services import subjects
from payments.models.account_details import fingerprint, owner_indexes
from payments.selectors.deposit_payers import aad
from payments.services.suspense_rows import Payer


def details_of(payer: Payer | None, *, customer_id: UUID | None) -> dict[str, Any]:
    """What a move's details keep of the payer, sealed under the key of the customer who was paid; nothing where either is not known.

    An IBAN has the digest that it has as an account outside, so that it is one other side for monitoring.
    """
    if not payer or customer_id is None:
        return {}
    number = payer.account.replace(" ", "").upper()
    country = _country(number)
    if number:
        index = fingerprint(kind="IBAN" if country else "PAYER", routing_number="", number=number)
    else:
        index = fingerprint(kind="NAME", routing_number="", number="|".join(owner_indexes(payer.name)))
    try:
        sealed = subjects.encrypt(customer_id, orjson.dumps({"name": payer.name}).decode(), aad=aad(index))
    except subjects.SubjectErased:
        return {}
    return {
        "payer": {
            "index": index,
            "country": country,
            "is_named": bool(payer.name and number),
            "sealed": b64encode(sealed).decode(),
        }
    }


def _country(number: str) -> str:
    """The country of an IBAN; "" of another number."""
    if len(number) < 15 or not (number[:2].isalpha() and number[2:4].isdigit()):
        return ""
    try:
        return countries.check(number[:2])
    except DomainError:
        return ""
