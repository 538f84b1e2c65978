"""The signed tokens of UK Open Banking: all PS256 (FAPI 1.0 Advanced, section 8.6).

``client_assertion`` is private_key_jwt (RFC 7523), ``request_object`` the signed authorisation request (RFC 9101, FAPI 1.0 Advanced
5.2.2), ``sign_detached`` and ``verify_detached`` the ``x-jws-signature`` of payment messages (RFC 7515 appendix F with Open
Banking's critical header members), ``read_id_token`` checks what the bank says about the customer's answer.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from payments.errors import BankAnswerMalformed, CallbackRefused

ALGORITHM = "PS256"
IAT, ISS, TAN = (f"http://openbanking.org.uk/{name}" for name in ("iat", "iss", "tan"))
CRITICAL = (IAT, ISS, TAN)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 120
REQUEST_SECONDS = 300
LEEWAY_SECONDS = 30
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)


@dataclass(frozen=True, slots=True)
class Key:
    """A private RSA key and the id under which the other side knows its public half."""

    kid: str
    private: RSAPrivateKey = field(repr=False)

    @classmethod
    def load(cls, kid: str, pem: bytes) -> "Key":
        """From PEM. Raises ValueError when it is not an RSA key of 2048 bits or more."""
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, RSAPrivateKey) or private.key_size < 2048:
            raise ValueError("An RSA key of at least 2048 bits is needed.")
        return cls(kid, private)


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """What ``b64`` was given."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def client_assertion(*, key: Key, client_id: str, audience: str, at: datetime) -> str:
    """Who we are, for the token endpoint ``audience``; good for two minutes and once."""
    now = int(at.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(24),
        "iat": now,
        "exp": now + ASSERTION_SECONDS,
    }
    return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})


def request_object(
    *,
    key: Key,
    client_id: str,
    issuer: str,
    redirect_uri: str,
    response_type: str,
    scope: str,
    state: str,
    nonce: str,
    intent_id: str,
    code_challenge: str = "",
    at: datetime,
) -> str:
    """The signed authorisation request for the consent ``intent_id``."""
    now = int(at.timestamp())
    claims: dict[str, Any] = {
        "iss": client_id,
        "aud": issuer,
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": response_type,
        "scope": scope,
        "state": state,
        "nonce": nonce,
        "max_age": 86400,
        "iat": now,
        "nbf": now,
        "exp": now + REQUEST_SECONDS,
        "jti": secrets.token_urlsafe(16),
        "claims": {
            "userinfo": {"openbanking_intent_id": {"value": intent_id, "essential": True}},
            "id_token": {
                "openbanking_intent_id": {"value": intent_id, "essential": True},
                "acr": {"essential": True, "values": ["urn:openbanking:psd2:sca", "urn:openbanking:psd2:ca"]},
            },
        },
    }
    if code_challenge:
        claims |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})


def half_hash(value: str) -> str:
    """c_hash and s_hash: the left half of the SHA-256 (OpenID Connect Core 3.3.2.11, FAPI 1.0 Advanced 5.1)."""
    return b64(hashlib.sha256(value.encode("ascii")).digest()[:16])


def read_id_token(
    token: str,
    *,
    keys: Mapping[str, RSAPublicKey],
    issuer: str,
    client_id: str,
    nonce: str,
    intent_id: str,
    at: datetime,
    code: str = "",
    state: str = "",
) -> Mapping[str, Any]:
    """The claims of the bank's id token. Raises CallbackRefused unless it is the bank's, for us, fresh, and for this consent.

    ``code`` and ``state`` are given for a token that came through the customer's browser: it then has to vouch for both.
    """
    try:
        kid = jwt.get_unverified_header(token).get("kid", "")
        claims = jwt.decode(
            token,
            keys[kid],
            [ALGORITHM],
            audience=client_id,
            issuer=issuer,
            options={"require": ["exp", "iat", "aud", "iss"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        expires, issued = float(claims["exp"]), float(claims["iat"])
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        raise CallbackRefused("The bank's identity token is not good.", param="id_token") from None
    now = at.timestamp()
    checks = {
        "time": expires > now - LEEWAY_SECONDS and issued < now + LEEWAY_SECONDS,
        "nonce": _same(claims.get("nonce"), nonce),
        "openbanking_intent_id": _same(claims.get("openbanking_intent_id"), intent_id),
        "c_hash": not code or _same(claims.get("c_hash"), half_hash(code)),
        "s_hash": not state or _same(claims.get("s_hash"), half_hash(state)),
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong:
        raise CallbackRefused(f"The bank's identity token differs in {', '.join(wrong)}.", param="id_token")
    return claims


def sign_detached(body: bytes, *, key: Key, issuer: str, trust_anchor: str, at: datetime, unencoded: bool = False) -> str:
    """The ``x-jws-signature`` of ``body``, byte for byte as it is sent.

    Since version 3.1.4 of the standard there is no ``b64`` member: the payload is base64url-encoded for signing and then left out.
    ``unencoded`` is the rule up to 3.1.3 for banks that have stayed there: ``b64`` false and critical (RFC 7797).
    """
    header: dict[str, Any] = {"alg": ALGORITHM, "kid": key.kid, "typ": "JOSE", "cty": "application/json"}
    header |= {IAT: int(at.timestamp()), ISS: issuer, TAN: trust_anchor, "crit": list(CRITICAL)}
    if unencoded:
        header |= {"b64": False, "crit": ["b64", *CRITICAL]}
    head = b64(json.dumps(header, separators=(",", ":")).encode())
    signature = key.private.sign(_signing_input(head, body, unencoded), _PSS, hashes.SHA256())
    return f"{head}..{b64(signature)}"


def verify_detached(
    signature: str, body: bytes, *, keys: Mapping[str, RSAPublicKey], trust_anchor: str, at: datetime, unencoded: bool = False
) -> None:
    """Raise BankAnswerMalformed unless ``signature`` is the bank's over ``body``, under the rules of ``sign_detached``."""
    try:
        head, middle, tail = signature.split(".")
        header = json.loads(unb64(head))
        critical = sorted(["b64", *CRITICAL] if unencoded else CRITICAL)
        good = (
            middle == ""
            and header["alg"] == ALGORITHM
            and sorted(header["crit"]) == critical
            and header.get("b64", True) is not unencoded
            and ("b64" in header) is unencoded
            and header[TAN] == trust_anchor
            and isinstance(header[ISS], str)
            and float(header[IAT]) <= at.timestamp() + LEEWAY_SECONDS
        )
        if not good:
            raise ValueError("header")
        keys[header["kid"]].verify(unb64(tail), _signing_input(head, body, unencoded), _PSS, hashes.SHA256())
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        raise BankAnswerMalformed("The bank's signature does not fit its answer.", field="x-jws-signature") from None


def key_id(token: str) -> str:
    """The id of the key that a token says it is signed with, or ""; nothing about it is checked."""
    try:
        found = json.loads(unb64(token.split(".", 1)[0])).get("kid", "")
    except (ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def public_keys(document: Any) -> dict[str, RSAPublicKey]:
    """The RSA keys of a JWKS by their ids; others are passed over. Raises BankAnswerMalformed."""
    found: dict[str, RSAPublicKey] = {}
    try:
        entries = document["keys"]
        for entry in entries:
            if entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig" and entry.get("kid"):
                key = jwt.algorithms.RSAAlgorithm.from_jwk(entry)
                if isinstance(key, RSAPublicKey):
                    found[entry["kid"]] = key
    except (KeyError, TypeError, AttributeError, jwt.InvalidKeyError):
        raise BankAnswerMalformed("The bank's key set has the wrong form.", field="keys") from None
    return found


def _signing_input(head: str, body: bytes, unencoded: bool) -> bytes:
    return head.encode() + b"." + (body if unencoded else b64(body).encode())


def _same(one: Any, other: str) -> bool:
    return isinstance(one, str) and bool(other) and hmac.compare_digest(one.encode(), other.encode())
