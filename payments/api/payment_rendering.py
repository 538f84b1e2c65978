"""The JSON of payments and batches."""

from decimal import Decimal
from typing import Any

from flowlet.api.fields import moment, moment_or_null
from flowlet.core import ids
from flowlet.core.money import Money
from ledger.models import Journal
from payments.choices import Direction
from payments.models import BalanceCheck, Batch, Move, Payment
from payments.policies import disclosure
from payments.selectors.reports import Line, Total
from payments.services import authentications, authorisations

_id = ids.public_id


def payment(row: Payment) -> dict[str, Any]:
    """A payment."""
    currency = row.currency
    return {
        "id": row.public_id,
        "kind": row.kind,
        "rail": row.rail,
        "direction": row.direction,
        "status": row.status,
        "wallet_id": _maybe("wal", row.wallet_id),
        "target_wallet_id": _maybe("wal", row.target_wallet_id),
        "external_account_id": _maybe("eac", row.external_account_id),
        "mandate_id": _maybe("mdt", row.mandate_id),
        "original_id": _maybe(Payment.PREFIX, row.original_id),
        "amount": _money(row.amount, currency),
        "fee": _money(row.fee, currency),
        "refunded": _money(row.refunded, currency),
        "returned": _money(row.returned, currency),
        "reference": row.reference,
        "trace_number": row.trace or None,
        "description": row.description or None,
        "purpose": row.purpose or None,
        "same_day": row.same_day,
        "is_final": row.is_final,
        "reason_code": disclosure.code(row, row.status),
        "reason": disclosure.reason(row),
        "scheduled_for": moment_or_null(row.due_at),
        "cutoff_at": moment_or_null(row.cutoff_at),
        "value_on": row.value_on.isoformat() if row.value_on else None,
        "batch_id": _maybe(Batch.PREFIX, row.batch_id),
        "journal_id": _maybe(Journal.PREFIX, row.journal_id),
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "settled_at": moment_or_null(row.settled_at),
        "reconciled_on": row.reconciled_on.isoformat() if row.reconciled_on else None,
    }


def detail(row: Payment) -> dict[str, Any]:
    """A payment with its timeline, and what the payer's bank said of the balance."""
    check = BalanceCheck.objects.filter(pk=row.pk).first() if row.direction == Direction.IN else None
    return {
        **payment(row),
        "authorisation": _authorisation(row),
        "balance_check": {"result": check.result, "asked_at": moment(check.asked_at)} if check else None,
        "strong_authentication": _basis(row),
        "moves": [move(one) for one in row.moves.order_by("ordinal")],
    }


def _basis(row: Payment) -> dict[str, Any] | None:
    found = authentications.basis_of(row)
    if found is None:
        return None
    return {"means": found.means, "reason": found.reason, "challenge_id": _maybe("chl", found.challenge_id)}


def _authorisation(row: Payment) -> dict[str, Any] | None:
    found = authorisations.of(row)
    if found is None:
        return None
    return {
        "bank": found.bank or None,
        "status": found.status,
        "redirect_url": authorisations.redirect_of(found) or None,
        "authorised_at": moment_or_null(found.authorised_at),
    }


def move(row: Move) -> dict[str, Any]:
    """One step; who took it is the platform's own business."""
    return {
        "status": row.went_to,
        "at": moment(row.at),
        "reason_code": disclosure.code(row, row.went_to),
        "reason": disclosure.reason(row),
        "journal_id": _maybe(Journal.PREFIX, row.journal_id),
    }


def batch(row: Batch) -> dict[str, Any]:
    """A batch."""
    return {
        "id": row.public_id,
        "rail": row.rail,
        "direction": row.direction,
        "status": row.status,
        "count": row.count,
        "total": _money(row.total, row.currency),
        "format": row.format or None,
        "file_name": row.file_name or None,
        "digest": row.digest or None,
        "cutoff_at": moment(row.cutoff_at),
        "value_on": row.value_on.isoformat(),
        "created_at": moment(row.created_at),
        "delivered_at": moment_or_null(row.delivered_at),
    }


def report_line(row: Line) -> dict[str, Any]:
    """A line of the settlement report."""
    return {
        "day": row.day.isoformat(),
        "rail": row.rail,
        "direction": row.direction,
        "outcome": row.outcome,
        "count": row.count,
        "amount": _money(row.amount, row.currency),
        "fees": _money(row.fees, row.currency),
        "net": _money(row.net, row.currency),
    }


def report_total(row: Total) -> dict[str, Any]:
    """What a currency comes to."""
    return {"net": _money(row.net, row.currency), "fees": _money(row.fees, row.currency)}


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount, currency)


def _maybe(prefix: str, key: Any) -> str | None:
    return _id(prefix, key) if key else None
