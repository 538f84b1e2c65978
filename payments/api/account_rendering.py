"""The JSON of external accounts, their verifications, and mandates. Whole numbers never leave."""

from collections.abc import Iterable
from typing import Any

from flowlet.api.fields import moment, moment_or_null
from flowlet.core import ids
from payments.choices import BlockOrigin, VerificationMethod
from payments.models import AccountVerification, ExternalAccount, Mandate
from payments.models.account_details import AccountDetails, OwnerAddress
from payments.policies.mandates import is_used_up
from payments.selectors import external_accounts as selectors
from payments.services import payee_verifications


def accounts(rows: Iterable[ExternalAccount]) -> list[dict[str, Any]]:
    """The JSON of accounts, their sealed values opened with one query."""
    rows = list(rows)
    opened = selectors.details_of(rows)
    return [_account(row, opened[row.pk]) for row in rows]


def account(row: ExternalAccount) -> dict[str, Any]:
    """The JSON of one account."""
    return accounts([row])[0]


def _account(row: ExternalAccount, details: AccountDetails | None) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "kind": row.kind,
        "relation": row.relation,
        "holder_kind": row.holder_kind,
        "currency": row.currency,
        "country": row.country or None,
        "owner_name": details.owner_name if details else None,
        "owner_address": _address(details.owner_address) if details else None,
        "last_four": row.last_four or None,
        "routing_number": row.routing_number or None,
        "account_type": row.account_type or None,
        "bic": row.bic or None,
        "bank_name": row.bank_name or None,
        "card_brand": row.card_brand or None,
        "card_expires": f"{row.card_expires_on:%Y-%m}" if row.card_expires_on else None,
        "status": row.status,
        "block": _block(row),
        "verification": row.verification,
        "verification_method": row.verification_method or None,
        "verified_at": moment_or_null(row.verified_at),
        "reverify_since": moment_or_null(row.reverify_since),
        "bank_link_id": ids.public_id("bkl", row.bank_link_id) if row.bank_link_id else None,
        "payee_result": row.payee_result or None,
        "last_return_code": row.last_return_code or None,
        "is_erased": details is None,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "closed_at": moment_or_null(row.closed_at),
    }


def _address(address: OwnerAddress | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {
        "street": address.street or None,
        "building_number": address.building_number or None,
        "postal_code": address.postal_code or None,
        "town": address.town,
        "region": address.region or None,
        "country": address.country,
    }


def _block(row: ExternalAccount) -> dict[str, Any] | None:
    """Why staff blocked an account is not told to the partner: it could warn the person who is looked at."""
    if not row.block_origin:
        return None
    return {"origin": row.block_origin, "reason": None if row.block_origin == BlockOrigin.PLATFORM else row.block_reason}


def verification(row: AccountVerification) -> dict[str, Any]:
    """The JSON of one attempt; its amounts never leave, and officers' words neither."""
    returned = ""
    if row.method == VerificationMethod.PAYEE_VERIFICATION and row.result:
        returned = payee_verifications.name_returned(row.external_account, row)
    by_officers = row.method == VerificationMethod.MANUAL
    return {
        "id": row.public_id,
        "external_account_id": ids.public_id(ExternalAccount.PREFIX, row.external_account_id),
        "method": row.method,
        "status": row.status,
        "result": row.result or None,
        "returned_name": returned or None,
        "tries_left": row.tries_left if row.method == VerificationMethod.MICRO_DEPOSITS else None,
        "sent_at": moment_or_null(row.sent_at),
        "due_on": row.due_on,
        "expires_at": moment_or_null(row.expires_at),
        "reason": None if by_officers else row.reason or None,
        "created_at": moment(row.created_at),
        "ended_at": moment_or_null(row.ended_at),
    }


def mandate(row: Mandate) -> dict[str, Any]:
    """The JSON of a mandate; the evidence is not shown again."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "external_account_id": ids.public_id(ExternalAccount.PREFIX, row.external_account_id),
        "scheme": row.scheme,
        "kind": row.kind,
        "reference": row.reference,
        "creditor_id": row.creditor_id or None,
        "authorization": row.authorization or None,
        "signed_on": row.signed_on,
        "notice_days": row.notice_days,
        "status": row.status,
        "is_used_up": is_used_up(row),
        "uses": row.uses,
        "last_sequence": row.last_sequence or None,
        "last_used_on": row.last_used_on,
        "expires_on": row.expires_on,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "ended_at": moment_or_null(row.ended_at),
    }
