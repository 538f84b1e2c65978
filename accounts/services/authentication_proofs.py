"""What a factor proves: one-time codes (RFC 6238) and signatures of device keys; and the messages that device keys sign."""

import base64
import binascii
import secrets
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django_otp.oath import hotp

from accounts import errors
from accounts.choices import FactorType
from accounts.models import AuthenticationChallenge, AuthenticationFactor
from flowlet.core import ids, money

SECRET_BYTES = 20  # RFC 4226 R6 recommends 160 bits
STEP_SECONDS, DIGITS, DRIFT = 30, 6, 1
LONGEST_KEY = 200  # of base64; a P-256 key has 124 characters


def new_secret() -> bytes:
    """A fresh secret of an authenticator app."""
    return secrets.token_bytes(SECRET_BYTES)


def otpauth_uri(secret: bytes, *, issuer: str, account: str) -> str:
    """What a QR code for an authenticator app holds."""
    options = {"secret": base64.b32encode(secret).decode(), "issuer": issuer, "algorithm": "SHA1"}
    query = urlencode({**options, "digits": DIGITS, "period": STEP_SECONDS}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"


def code_at(secret: bytes, step: int) -> str:
    """The code of one time step (RFC 6238 with SHA-1, six digits)."""
    return f"{hotp(secret, step, DIGITS):0{DIGITS}d}"


def step_at(at: datetime) -> int:
    """The time step of a moment."""
    return int(at.timestamp()) // STEP_SECONDS


def step_of(secret: bytes, code: str, *, after: int, at: datetime) -> int | None:
    """The step that the code belongs to: now, or one before or after it, and none up to ``after``, whose codes were taken already."""
    now, found = step_at(at), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if secrets.compare_digest(code_at(secret, step).encode(), code.encode()) and step > after:
            found = step
    return found


def decoded(text: str) -> bytes:
    """What stands behind base64. Raises ValueError."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None


def checked_key(text: str, *, factor_type: str) -> bytes:
    """The DER of a public key of this type. Raises MalformedPublicKey."""
    try:
        der = decoded(text) if len(text) <= LONGEST_KEY else b""
        _loaded(der, factor_type)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise errors.MalformedPublicKey(param="public_key") from None
    return der


def is_signed(factor: AuthenticationFactor, message: str, signature: bytes) -> bool:
    """Whether the factor's key signed the UTF-8 bytes of the message; of ECDSA in DER, as key stores of devices give it."""
    key = _loaded(bytes(factor.public_key or b""), factor.type)
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message.encode())
        else:
            key.verify(signature, message.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _loaded(der: bytes, factor_type: str) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if factor_type == FactorType.ED25519 and isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if factor_type == FactorType.ES256 and isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError(f"no key for {factor_type}")


def enrolment_message(factor: AuthenticationFactor) -> str:
    """What a new device key signs: three lines, joined by LF, without one at the end."""
    return "\n".join(("flowlet-enrolment-1", factor.public_id, ids.public_id("cus", factor.customer_id)))


def payment_message(challenge: AuthenticationChallenge) -> str:
    """What a device key signs for a payment: ten lines, joined by LF, without one at the end. ``docs/guides/partner.md`` names them."""
    return "\n".join(
        (
            "flowlet-payment-1",
            challenge.public_id,
            ids.public_id("cus", challenge.customer_id),
            money.to_text(challenge.amount, challenge.currency),
            challenge.currency,
            challenge.payee_id,
            challenge.payee_digest,
            challenge.reference,
            "trust" if challenge.trusts_payee else "once",
            challenge.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )
