"""Transfers' rows: written without the ORM's detours, for they are on the hot path."""

from collections.abc import Sequence

import orjson
from django.db import connection

from flowlet.core.errors import Invalid
from wallets.models import Transfer

_COLUMNS = (
    "id, partner_id, source_id, target_id, kind, status, currency, amount, captured, refunded, hold_id, journal_id, description,"
    " external_id, metadata, created_at, completed_at"
)
_TYPES = (
    "id uuid, partner_id uuid, source_id uuid, target_id uuid, kind text, status text, currency text, amount numeric, captured numeric,"
    " refunded numeric, hold_id uuid, journal_id uuid, description text, external_id text, metadata jsonb, created_at timestamptz,"
    " completed_at timestamptz"
)
_NAMES = _COLUMNS.split(", ")
_INSERT = f"INSERT INTO wallets_transfer ({_COLUMNS}) VALUES ({', '.join(['%s'] * 17)})"  # noqa: S608 - no input in it
_INSERT_MANY = f"INSERT INTO wallets_transfer ({_COLUMNS}) SELECT {_COLUMNS} FROM jsonb_to_recordset(%s) AS made ({_TYPES})"  # noqa: S608


def insert(transfer: Transfer) -> None:
    """Write one new transfer."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, _values(transfer))


def insert_many(transfers: Sequence[Transfer]) -> None:
    """Write new transfers with one statement."""
    rows = [{name: getattr(transfer, name) for name in _NAMES} for transfer in transfers]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_MANY, [orjson.dumps(rows, default=str).decode()])


def checked_description(text: str) -> str:
    """The description. Raises Invalid when it is too long or holds control characters."""
    if len(text) > 200 or (text and not text.isprintable()):
        raise Invalid("A description has at most 200 printable characters.", param="description")
    return text


def _values(transfer: Transfer) -> list:
    return [
        transfer.id,
        transfer.partner_id,
        transfer.source_id,
        transfer.target_id,
        transfer.kind,
        transfer.status,
        transfer.currency,
        transfer.amount,
        transfer.captured,
        transfer.refunded,
        transfer.hold_id,
        transfer.journal_id,
        transfer.description,
        transfer.external_id,
        orjson.dumps(transfer.metadata).decode() if transfer.metadata else "{}",
        transfer.created_at,
        transfer.completed_at,
    ]
