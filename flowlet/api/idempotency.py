"""Every POST takes effect once, however often it is sent.

The record of a POST is written in the transaction of its effect. A transaction-level advisory lock on (partner, key) makes twins
wait for each other; the unique constraint is the last word, should two ever pass. Refusals roll back and are not recorded: a
repetition is judged anew. ``docs/adr`` says why.
"""

import hashlib
import re
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg2.errors
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from prometheus_client import Counter

from flowlet.api.errors import IdempotencyInFlight, IdempotencyKeyMalformed, IdempotencyKeyMissing, IdempotencyKeyReused
from flowlet.core import crypto

REPLAYS = Counter("flowlet_api_idempotent_replays_total", "POSTs answered with the stored answer of an earlier one")
WAIT_MS = 5_000
# Visible ASCII, as the schema says; a space inside would be one that proxies may fold.
_KEY = re.compile(r"[!-~]{1,255}")
RETENTION = timedelta(days=30)
CONSTRAINT = "idempotency_key_is_unique_per_partner"
_CLAIM = """
SELECT pg_try_advisory_xact_lock(%s), r.fingerprint, r.status, r.sealed
FROM (SELECT) AS one LEFT JOIN flowlet_api_idempotencyrecord r ON r.partner_id = %s AND r.key = %s"""
_READ = "SELECT fingerprint, status, sealed FROM flowlet_api_idempotencyrecord WHERE partner_id = %s AND key = %s"
_STORE = """
INSERT INTO flowlet_api_idempotencyrecord (partner_id, key, fingerprint, status, sealed, created_at)
VALUES (%s, %s, %s, %s, %s, %s)"""

_PRUNE = """
DELETE FROM flowlet_api_idempotencyrecord WHERE id IN (
    SELECT id FROM flowlet_api_idempotencyrecord WHERE created_at < %s ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)"""


def check_key(key: str | None) -> str:
    """The header's value. Raises IdempotencyKeyMissing, IdempotencyKeyMalformed."""
    if key is None:
        raise IdempotencyKeyMissing(param="Idempotency-Key")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyMalformed(param="Idempotency-Key")
    return key


def once(
    *,
    partner_id: UUID,
    key: str,
    method: str,
    path: str,
    content: Any,
    at: datetime,
    produce: Callable[[], HttpResponse],
) -> HttpResponse:
    """The answer of ``produce``, run at most once for (partner, key): later calls get the recorded answer, byte for byte.

    ``produce`` runs inside one transaction; what it raises, or answers with a status from 400 on, rolls it back and leaves no
    record. ``content`` is the request's JSON. Raises IdempotencyKeyReused when the key belongs to another request and
    IdempotencyInFlight when the first one does not finish within five seconds.
    """
    asked = orjson.dumps([method, path, content], default=_number, option=orjson.OPT_SORT_KEYS)
    fingerprint = hashlib.sha256(asked).digest()
    try:
        with transaction.atomic():
            stored = _claim(partner_id, key)
            if stored is None:
                response = produce()
                if response.status_code < 400:
                    _store(partner_id=partner_id, key=key, fingerprint=fingerprint, asked=asked, response=response, at=at)
                else:
                    transaction.set_rollback(True)
                return response
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != CONSTRAINT:
            raise
        with connection.cursor() as cursor:
            cursor.execute(_READ, [partner_id, key])
            stored = cursor.fetchone()
        if stored is None:
            raise
    return _replay(partner_id, key, asked, fingerprint, stored)


def _number(value: Any) -> dict[str, str]:
    """A JSON number with a fraction: told apart from the text of the same digits."""
    return {"number": str(value)}


def _lock_number(partner_id: UUID, key: str) -> int:
    return int.from_bytes(hashlib.blake2b(partner_id.bytes + key.encode(), digest_size=8).digest(), "big", signed=True)


def _claim(partner_id: UUID, key: str) -> tuple[bytes, int, bytes] | None:
    """Take the lock of the key and look for a record. Waits for a twin; raises IdempotencyInFlight when that takes too long."""
    number = _lock_number(partner_id, key)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [number, partner_id, key])
        locked, *stored = cursor.fetchone()
        if stored[0] is not None:
            return tuple(stored)
        if locked:
            return None
        try:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(WAIT_MS)])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
        except OperationalError as error:
            if isinstance(error.__cause__, psycopg2.errors.LockNotAvailable):
                raise IdempotencyInFlight(retry_after_seconds=1) from None
            raise
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
        cursor.execute(_READ, [partner_id, key])
        return cursor.fetchone()


def sealed_aad(partner_id: UUID, key: str) -> str:
    """The place that a record's sealed request and answer belong to."""
    return f"flowlet_api_idempotencyrecord.sealed:{partner_id}:{key}"


def _store(*, partner_id: UUID, key: str, fingerprint: bytes, asked: bytes, response: HttpResponse, at: datetime) -> None:
    plain = struct.pack(">I", len(asked)) + asked + response.content
    sealed = crypto.seal(plain, aad=sealed_aad(partner_id, key))
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [partner_id, key, fingerprint, response.status_code, sealed, at])


def _replay(partner_id: UUID, key: str, asked: bytes, fingerprint: bytes, stored: tuple[bytes, int, bytes]) -> HttpResponse:
    known, status, sealed = stored
    plain = crypto.open_sealed(bytes(sealed), aad=sealed_aad(partner_id, key))
    (length,) = struct.unpack_from(">I", plain)
    first, answer = plain[4 : 4 + length], plain[4 + length :]
    if bytes(known) != fingerprint:
        where = first_difference(orjson.loads(first), orjson.loads(asked))
        raise IdempotencyKeyReused(f"The first request with this key differs in {where}.", param=where)
    response = HttpResponse(answer, status=status, content_type="application/json")
    response["Idempotency-Replayed"] = "true"
    REPLAYS.inc()
    return response


def first_difference(first: list[Any], second: list[Any]) -> str:
    """Where two requests ``[method, path, content]`` differ first: ``method``, ``path``, or a field like ``legs[1].amount``."""
    for index, name in enumerate(("method", "path")):
        if first[index] != second[index]:
            return name
    return _difference(first[2], second[2], "") or "body"


def _difference(first: Any, second: Any, path: str) -> str | None:
    if isinstance(first, dict) and isinstance(second, dict):
        for name in sorted(first.keys() | second.keys()):
            inner = f"{path}.{name}" if path else name
            if name not in first or name not in second:
                return inner
            if (found := _difference(first[name], second[name], inner)) is not None:
                return found
        return None
    if isinstance(first, list) and isinstance(second, list):
        for index, (one, other) in enumerate(zip(first, second, strict=False)):
            if (found := _difference(one, other, f"{path}[{index}]")) is not None:
                return found
        return None if len(first) == len(second) else f"{path}[{min(len(first), len(second))}]"
    same = first == second and type(first) is type(second)
    return None if same else path


def prune(*, at: datetime, chunk: int = 5_000) -> int:
    """Delete the records older than ``RETENTION`` in small transactions; how many there were."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PRUNE, [at - RETENTION, chunk])
            total += cursor.rowcount
            if cursor.rowcount < chunk:
                return total
