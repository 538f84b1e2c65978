"""Sealing and keyed indexing, on ``cryptography``.

A sealed token is AES-256-GCM (NIST SP 800-38D): version byte, length and id of the keyring's key, 96-bit random nonce,
ciphertext with its 128-bit tag. The additional data is the head of the token and the caller's ``aad``, which names the table,
column and row, so that a token that was altered, or moved to another place, does not open. Random nonces are safe for 2**32
tokens under one key; each subject's own key (``flowlet.vault``) keeps every single key far below that.

The keyring is ``settings.ENCRYPTION_KEYS``, ``id:base64,id:base64``: the first key seals, every key opens.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
_KEY_ID = re.compile(r"^[A-Za-z0-9_-]{1,32}$", re.ASCII)


class CannotOpen(Exception):
    """The token was altered, belongs to another place, or its key is not in the keyring. Never a refusal to show: a fault."""


def _decode(text: str, variable: str) -> bytes:
    try:
        key = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{variable}: a key is not base64.") from None
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{variable}: a key has {len(key)} bytes, {KEY_BYTES} are needed.")
    return key


@lru_cache(maxsize=8)
def _keyring(text: str) -> Mapping[str, AESGCM]:
    keys: dict[str, AESGCM] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key_id, colon, key = part.partition(":")
        if not colon or not _KEY_ID.match(key_id):
            raise ImproperlyConfigured("FLOWLET_ENCRYPTION_KEYS: use id:base64,id:base64; an id has 1 to 32 of A-Z a-z 0-9 _ -.")
        if key_id in keys:
            raise ImproperlyConfigured(f"FLOWLET_ENCRYPTION_KEYS: the id {key_id} stands twice.")
        keys[key_id] = AESGCM(_decode(key, "FLOWLET_ENCRYPTION_KEYS"))
    if not keys:
        raise ImproperlyConfigured("FLOWLET_ENCRYPTION_KEYS: there is no key in it.")
    return keys


@lru_cache(maxsize=8)
def _secret(text: str, variable: str) -> bytes:
    return _decode(text, variable)


def check_settings() -> None:
    """Raise ImproperlyConfigured, naming the variable, when a key is missing or malformed."""
    _keyring(settings.ENCRYPTION_KEYS)
    _secret(settings.BLIND_INDEX_KEY, "FLOWLET_BLIND_INDEX_KEY")
    _secret(settings.API_KEY_PEPPER, "FLOWLET_API_KEY_PEPPER")


def active_key_id() -> str:
    """The id of the key that seals now."""
    return next(iter(_keyring(settings.ENCRYPTION_KEYS)))


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return os.urandom(KEY_BYTES)


def _encrypt(cipher: AESGCM, plain: bytes, head: bytes, aad: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return head + nonce + cipher.encrypt(nonce, plain, head + aad.encode())


def _decrypt(cipher: AESGCM, token: bytes, head: bytes, aad: str) -> bytes:
    start = len(head)
    nonce = token[start : start + NONCE_BYTES]
    try:
        return cipher.decrypt(nonce, token[start + NONCE_BYTES :], head + aad.encode())
    except (InvalidTag, ValueError):
        raise CannotOpen("The token was altered or belongs to another place.") from None


def seal(plain: bytes, *, aad: str) -> bytes:
    """``plain`` under the keyring's first key; ``aad`` names the place the token belongs to and is needed to open it."""
    key_id, cipher = next(iter(_keyring(settings.ENCRYPTION_KEYS).items()))
    return _encrypt(cipher, plain, bytes([VERSION, len(key_id)]) + key_id.encode(), aad)


def key_id_of(token: bytes) -> str:
    """The id of the keyring's key that sealed the token. Raises CannotOpen when it is no token."""
    token = bytes(token)
    if len(token) < 2 or token[0] != VERSION or len(token) < 2 + token[1] + NONCE_BYTES + 16:
        raise CannotOpen("This is not a sealed token.")
    return token[2 : 2 + token[1]].decode("ascii", "replace")


def open_sealed(token: bytes, *, aad: str) -> bytes:
    """What was sealed. Raises CannotOpen when the token was altered or moved, or when the keyring does not have its key."""
    token = bytes(token)
    key_id = key_id_of(token)
    cipher = _keyring(settings.ENCRYPTION_KEYS).get(key_id)
    if cipher is None:
        raise CannotOpen(f"FLOWLET_ENCRYPTION_KEYS has no key {key_id!r}.")
    return _decrypt(cipher, token, token[: 2 + len(key_id)], aad)


class Box:
    """One 256-bit key and its two operations; the token carries no key id, since whoever has the box has its only key."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "<Box>"

    def seal(self, plain: bytes, *, aad: str) -> bytes:
        """``plain`` under this key."""
        return _encrypt(self._cipher, plain, bytes([VERSION, 0]), aad)

    def open(self, token: bytes, *, aad: str) -> bytes:
        """What was sealed under this key for ``aad``. Raises CannotOpen."""
        token = bytes(token)
        if token[:2] != bytes([VERSION, 0]) or len(token) < 2 + NONCE_BYTES + 16:
            raise CannotOpen("This is not a sealed token.")
        return _decrypt(self._cipher, token, token[:2], aad)


def blind_index(value: str, *, purpose: str) -> str:
    """A keyed digest of ``value`` for exact search: 32 hex digits of HMAC-SHA-256 (truncated as RFC 2104 §5 allows).

    ``value`` has to be normalised by the caller. ``purpose`` (``customer.email``) keeps equal values of different columns apart.
    """
    key = _secret(settings.BLIND_INDEX_KEY, "FLOWLET_BLIND_INDEX_KEY")
    return hmac.digest(key, purpose.encode() + b"\x00" + value.encode(), hashlib.sha256).hex()[:32]


def api_key_digest(secret: str) -> bytes:
    """The 32 bytes under which an API key is stored: HMAC-SHA-256 with the pepper. The key has the entropy: no slow hash."""
    return hmac.digest(_secret(settings.API_KEY_PEPPER, "FLOWLET_API_KEY_PEPPER"), secret.encode(), hashlib.sha256)
