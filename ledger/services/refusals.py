"""From PostgreSQL's refusals to typed errors: the posting functions raise SQLSTATE FL0nn with a JSON detail."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError

from flowlet.core.errors import DomainError
from ledger import errors

BY_STATE: dict[str, type[DomainError]] = {
    "FL001": errors.InsufficientFunds,
    "FL002": errors.AccountFrozen,
    "FL003": errors.AccountClosed,
    "FL004": errors.AccountNotFound,
    "FL005": errors.CurrencyMismatch,
    "FL006": errors.Unbalanced,
    "FL007": errors.MalformedJournal,
    "FL008": errors.PeriodClosed,
    "FL009": errors.EffectiveDayOutOfRange,
    "FL010": errors.BookNotFound,
    "FL011": errors.HoldExceeded,
    "FL012": errors.AccountNotEmpty,
    "55P03": errors.Busy,
    "40P01": errors.Busy,
    "57014": errors.Busy,
}
BY_CONSTRAINT: dict[str, type[DomainError]] = {
    "external_id_is_unique_in_book": errors.DuplicateExternalId,
    "journal_is_reversed_once": errors.AlreadyReversed,
    "balance_stays_above_floor": errors.InsufficientFunds,
    "account_code_is_unique_in_book_and_currency": errors.AccountCodeTaken,
    "periods_do_not_overlap": errors.PeriodOutOfOrder,
}


def typed(error: DatabaseError) -> DomainError | None:
    """The refusal behind a database error, or None when it is not one of ours."""
    cause: Any = error.__cause__
    state = getattr(cause, "pgcode", None) or ""
    diagnostics = getattr(cause, "diag", None)
    found = BY_CONSTRAINT.get(getattr(diagnostics, "constraint_name", None) or "") or BY_STATE.get(state)
    if found is None:
        return None
    details: dict[str, Any] = {}
    if state.startswith("FL") and diagnostics is not None and diagnostics.message_detail:
        with contextlib.suppress(ValueError):
            details = json.loads(diagnostics.message_detail)
    message = (diagnostics.message_primary or "").strip() if state.startswith("FL") and diagnostics is not None else ""
    if found is errors.InsufficientFunds and "available" in details:
        message = f"{details['available']} {details['currency']} is available, {details['needed']} is needed"
    return found(f"{found.title}{': ' + message if message else ''}.", **details)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the database's refusals inside the block into typed errors."""
    try:
        yield
    except DatabaseError as error:
        refusal = typed(error)
        if refusal is None:
            raise
        raise refusal from error
