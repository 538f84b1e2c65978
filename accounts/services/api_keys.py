"""API keys: issued, rotated with overlap, revoked, and looked up on every request.

A key reads ``fk_live_`` or ``fk_test_`` and 36 characters: 30 random ones (178 bits) and a checksum of six, so that a mistyped or
invented key is refused without asking the database, and scanners can tell a leaked key from any other text. It is shown once;
what is stored is its HMAC-SHA-256 under the pepper.
"""

import hmac
import secrets
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from uuid import UUID

from django.db import connection, transaction

from accounts import errors, events, policies
from accounts.choices import Mode, PartnerStatus, Scope
from accounts.models import ApiKey, Partner
from accounts.services import partners
from flowlet.api.authentication import ApiKeyFacts
from flowlet.api.errors import AddressNotAllowed, ExpiredKey, InvalidKey, PartnerNotActive
from flowlet.audit.services import log
from flowlet.core import crypto, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.events.services import outbox

PREFIXES = {Mode.LIVE: "fk_live_", Mode.SANDBOX: "fk_test_"}
RANDOM, CHECK = 30, 6
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MAX_NETWORKS = 50
MAX_OVERLAP = timedelta(days=30)
USE_NOTED_EVERY = timedelta(seconds=60)
MAX_RATE = 10_000
SANDBOX_ONLY = frozenset({Scope.SIMULATION_WRITE})

# The database compares the moments, so that none has to be made into a Python object.
_FIND = """
SELECT k.id, k.partner_id, k.name, k.digest, array_to_string(k.scopes, ' '), array_to_string(k.allowed_networks, ' '),
    k.revoked_at IS NOT NULL, k.expires_at <= %(at)s, k.last_used_at IS NULL OR k.last_used_at <= %(before)s,
    k.rate_per_second, k.burst, p.mode, p.status
FROM accounts_apikey k JOIN accounts_partner p ON p.id = k.partner_id WHERE k.digest = %(digest)s"""

# Never waits: whoever holds the row is noting the same minute.
_NOTE_USE = """
UPDATE accounts_apikey SET last_used_at = %(at)s WHERE id IN (
    SELECT id FROM accounts_apikey WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at <= %(before)s)
    FOR NO KEY UPDATE SKIP LOCKED)"""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key and its secret, which nobody can show a second time."""

    key: ApiKey
    secret: str = field(repr=False)


def issue(
    *,
    partner_id: UUID,
    name: str,
    scopes: Iterable[str],
    allowed_networks: Iterable[str] = (),
    expires_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> IssuedKey:
    """A new key for the partner, usable from now until ``expires_at`` (None: until revoked).

    A waiting partner can get keys; they work once it is active. Raises PartnerNotFound, PartnerSuspended, UnknownScope,
    MalformedNetwork, ExpiryInThePast, Invalid.
    """
    with transaction.atomic():
        partner = partners.locked(partner_id)
        policies.check_can_issue_key(partner)
        if expires_at is not None and expires_at <= at:
            raise errors.ExpiryInThePast(param="expires_at")
        issued = _make(
            partner,
            name=_checked_name(name),
            scopes=_checked_scopes(scopes, partner),
            allowed_networks=_checked_networks(allowed_networks),
            expires_at=expires_at,
            at=at,
        )
        _tell(issued.key, events.API_KEY_ISSUED, actor=actor, at=at, after=_facts(issued.key))
    return issued


def rotate(
    *, key_id: UUID, overlap: timedelta = timedelta(days=1), expires_at: datetime | None = None, actor: Actor, at: datetime
) -> IssuedKey:
    """A successor with the same rights; the old key works on for ``overlap`` (0 to 30 days), and never longer than it would have.

    Without ``expires_at`` the successor lives as long as the old key was meant to. Raises KeyNotFound, KeyAlreadyRevoked,
    KeyAlreadyReplaced, ExpiryInThePast (also for a key that has expired), Invalid.
    """
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise Invalid(f"The overlap is 0 to {MAX_OVERLAP.days} days.", param="overlap")
    with transaction.atomic():
        old = _locked(key_id)
        policies.check_can_rotate(old)
        if old.expires_at is not None and old.expires_at <= at:
            raise errors.ExpiryInThePast("The key has expired; issue a new one.")
        if expires_at is None and old.expires_at is not None:
            expires_at = at + (old.expires_at - old.created_at)
        if expires_at is not None and expires_at <= at:
            raise errors.ExpiryInThePast(param="expires_at")
        issued = _make(
            old.partner,
            name=old.name,
            scopes=old.scopes,
            allowed_networks=old.allowed_networks,
            expires_at=expires_at,
            at=at,
            replaces=old,
            rate_per_second=old.rate_per_second,
            burst=old.burst,
        )
        before = {"expires_at": old.expires_at}
        old.expires_at = min(filter(None, [old.expires_at, at + overlap]))
        old.save(update_fields=["expires_at"])
        after = {"expires_at": old.expires_at, "replaced_by": issued.key.public_id}
        _tell(old, events.API_KEY_ROTATED, actor=actor, at=at, before=before, after=after)
        _tell(issued.key, events.API_KEY_ISSUED, actor=actor, at=at, after=_facts(issued.key))
    return issued


@transaction.atomic
def change(
    *,
    key_id: UUID,
    scopes: Iterable[str],
    allowed_networks: Iterable[str],
    rate_per_second: int,
    burst: int,
    reason: str,
    actor: Actor,
    at: datetime,
) -> ApiKey:
    """The key has exactly these rights from the commit on, and may come so often; the secret stays.

    Raises KeyNotFound, KeyAlreadyRevoked, ExpiryInThePast (expired), UnknownScope, MalformedNetwork, RateOutOfRange, KeyUnchanged,
    ReasonMissing.
    """
    key = _locked(key_id)
    policies.check_can_change_key(key)
    if key.expires_at is not None and key.expires_at <= at:
        raise errors.ExpiryInThePast("The key has expired; issue a new one.")
    reason = policies.check_reason(reason)
    before = _rights(key)
    key.scopes = _checked_scopes(scopes, key.partner)
    key.allowed_networks = _checked_networks(allowed_networks)
    key.rate_per_second, key.burst = _checked_rate(rate_per_second, burst)
    after = _rights(key)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        raise errors.KeyUnchanged()
    key.save(update_fields=changed)
    _tell(
        key,
        events.API_KEY_CHANGED,
        actor=actor,
        at=at,
        reason=reason,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return key


@transaction.atomic
def revoke(*, key_id: UUID, reason: str, actor: Actor, at: datetime) -> ApiKey:
    """The key is refused from the commit on. Raises KeyNotFound, KeyAlreadyRevoked, ReasonMissing."""
    key = _locked(key_id)
    policies.check_can_revoke(key)
    reason = policies.check_reason(reason)
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    _tell(key, events.API_KEY_REVOKED, actor=actor, at=at, reason=reason, before={"revoked_at": None}, after={"revoked_at": at})
    return key


def authenticate(secret: str, ip: str, at: datetime) -> ApiKeyFacts:
    """Whose key this is and what it may do: one query. The door of the API calls it for every request.

    Raises InvalidKey (unknown or revoked), ExpiredKey, AddressNotAllowed, PartnerNotActive. The use is noted at most once a
    minute, outside any transaction of the request, and without waiting for anybody.
    """
    if not is_well_formed(secret):
        raise InvalidKey
    digest = crypto.api_key_digest(secret)
    moments = {"at": at, "before": at - USE_NOTED_EVERY}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"digest": digest, **moments})
        row = cursor.fetchone()
        if row is None:
            raise InvalidKey
        key_id, partner_id, name, stored, scopes, networks, revoked, expired, note_use, rate, burst, mode, status = row
        if not hmac.compare_digest(stored, digest) or revoked:
            raise InvalidKey
        if expired:
            raise ExpiredKey
        if networks and not _is_allowed(ip, networks):
            raise AddressNotAllowed
        if status != PartnerStatus.ACTIVE:
            raise PartnerNotActive
        if note_use:
            cursor.execute(_NOTE_USE, {"id": key_id, **moments})
    return ApiKeyFacts(
        partner_id=partner_id,
        mode=mode,
        key_id=ids.public_id(ApiKey.PREFIX, key_id),
        label=name,
        scopes=_scopes(scopes),
        rate_per_second=rate,
        burst=burst,
    )


def is_well_formed(secret: str) -> bool:
    """Whether the text has the form and the checksum of a key."""
    body = secret[8:]
    if len(body) != RANDOM + CHECK or secret[:8] not in _PREFIX_SET or not body.isalnum() or not body.isascii():
        return False
    return _checksum(secret[: 8 + RANDOM]) == body[RANDOM:]


def scopes_for(partner: Partner) -> list[str]:
    """Every scope that a key of this partner can have."""
    return [str(scope) for scope in Scope.values if not (partner.is_live and scope in SANDBOX_ONLY)]


def new_secret(mode: str) -> str:
    """A fresh key for a partner of ``mode``."""
    head = PREFIXES[Mode(mode)] + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return head + _checksum(head)


_PREFIX_SET = frozenset(PREFIXES.values())


def _checksum(head: str) -> str:
    number, characters = zlib.crc32(head.encode()), []
    for _ in range(CHECK):
        number, digit = divmod(number, 62)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))


@lru_cache(maxsize=1024)
def _networks(texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts.split())


@lru_cache(maxsize=1024)
def _scopes(texts: str) -> frozenset[str]:
    return frozenset(texts.split())


def _is_allowed(ip: str, texts: str) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _networks(texts))


def _make(partner: Partner, *, at: datetime, **fields: object) -> IssuedKey:
    secret = new_secret(partner.mode)
    key = ApiKey(
        partner=partner,
        digest=crypto.api_key_digest(secret),
        hint=f"{secret[:8]}…{secret[-4:]}",
        created_at=at,
        **fields,
    )
    key.save(force_insert=True)
    return IssuedKey(key, secret)


def _locked(key_id: UUID) -> ApiKey:
    key = ApiKey.objects.select_for_update(no_key=True, of=("self",)).select_related("partner").filter(pk=key_id).first()
    if key is None:
        raise errors.KeyNotFound()
    return key


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise Invalid("A key's name has 1 to 100 printable characters.", param="name")
    return name


def _checked_scopes(scopes: Iterable[str], partner: Partner) -> list[str]:
    wanted = set(scopes)
    if not wanted:
        raise errors.UnknownScope("A key needs at least one scope.", param="scopes")
    for scope in sorted(wanted):
        if scope not in Scope.values:
            raise errors.UnknownScope(f"There is no scope {scope[:40]!r}. Known are {', '.join(Scope.values)}.", param="scopes")
        if scope in SANDBOX_ONLY and partner.is_live:
            raise errors.UnknownScope(f"{scope} is for sandbox keys.", param="scopes")
    return [str(scope) for scope in Scope.values if scope in wanted]


def _checked_networks(networks: Iterable[str]) -> list[str]:
    found = []
    for text in networks:
        try:
            found.append(str(ip_network(text.strip())))
        except ValueError:
            message = f"{text[:50]!r} is not a network such as 203.0.113.0/24 or 2001:db8::/32 (no bits set beyond the prefix)."
            raise errors.MalformedNetwork(message, param="allowed_networks") from None
    if len(found) > MAX_NETWORKS:
        raise errors.MalformedNetwork(f"At most {MAX_NETWORKS} networks are allowed.", param="allowed_networks")
    return list(dict.fromkeys(found))


def _checked_rate(rate_per_second: int, burst: int) -> tuple[int, int]:
    if not 1 <= rate_per_second <= MAX_RATE:
        raise errors.RateOutOfRange(f"A key may come 1 to {MAX_RATE:,} times a second.", param="rate_per_second")
    if not rate_per_second <= burst <= rate_per_second * 60:
        raise errors.RateOutOfRange("At once may come what comes in a second, and no more than in a minute.", param="burst")
    return rate_per_second, burst


def _rights(key: ApiKey) -> dict[str, object]:
    return {
        "scopes": list(key.scopes),
        "allowed_networks": list(key.allowed_networks),
        "rate_per_second": key.rate_per_second,
        "burst": key.burst,
    }


def _facts(key: ApiKey) -> dict[str, object]:
    return {"name": key.name, "hint": key.hint, **_rights(key), "expires_at": key.expires_at}


def _tell(
    key: ApiKey,
    fact: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=key.public_id,
        partner_id=key.partner_id,
        reason=reason,
        before=before,
        after=after,
    )
    data = {"id": key.public_id, "name": key.name, "hint": key.hint, "expires_at": key.expires_at}
    outbox.publish(type=fact, partner_id=key.partner_id, subject=key.public_id, data=data, at=at)
