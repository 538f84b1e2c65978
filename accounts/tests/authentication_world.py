"""A customer with factors, and what their devices answer."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts.models import AuthenticationChallenge, AuthenticationFactor, Customer
from accounts.services import authentication_challenges as challenges
from accounts.services import authentication_factors as factors
from accounts.services import authentication_proofs as proofs
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.money import Money

APP = Actor(ActorKind.API_KEY, "key_x", "backend")
PAYEE, DIGEST = "eac_06dwrj3d4w0000000000000000", "ab" * 32


@dataclass
class Device:
    """One factor as the customer holds it."""

    factor: AuthenticationFactor
    secret: bytes = b""
    key: Any = None

    def proof(self, message: str, *, at: datetime, wrong: bool = False) -> dict[str, str]:
        """What the device answers at a moment; with ``wrong`` something of the right form that is not it."""
        if self.key is None:
            step = proofs.step_at(at)
            taken = {proofs.code_at(self.secret, near) for near in range(step - 1, step + 2)}
            bad = next(code for code in ("000000", "000001", "000002", "000003") if code not in taken)
            return {"code": bad if wrong else proofs.code_at(self.secret, step)}
        said = (message + "!" * wrong).encode()
        es256 = isinstance(self.key, ec.EllipticCurvePrivateKey)
        signed = self.key.sign(said, ec.ECDSA(hashes.SHA256())) if es256 else self.key.sign(said)
        return {"signature": base64.b64encode(signed).decode()}


def device(customer: Customer, at: datetime, type: str = "TOTP", *, confirmed: bool = True, actor: Actor = APP) -> Device:
    """A factor of the customer, confirmed a minute ago, so that the code of now was not taken yet."""
    before = at - timedelta(minutes=1)
    key = {"ED25519": ed25519.Ed25519PrivateKey.generate, "ES256": lambda: ec.generate_private_key(ec.SECP256R1())}.get(type)
    made = key() if key else None
    made_of = factors.enrol(
        customer_id=customer.pk,
        type=type,
        second_category="INHERENCE",
        public_key=public(made) if made else "",
        name="Ada's phone",
        actor=actor,
        at=before,
    )
    secret = b"" if made else base64.b32decode(parse_qs(urlsplit(made_of.otpauth_uri).query)["secret"][0])
    found = Device(made_of.factor, secret, made)
    if confirmed:
        proof = found.proof(made_of.message, at=before)
        found.factor = factors.confirm(factor_id=made_of.factor.pk, **proof, actor=actor, at=before)
    return found


def public(key: Any) -> str:
    """The base64 of a public key's SubjectPublicKeyInfo."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def asked(of: Device, at: datetime, amount: str = "12.50", currency: str = "EUR", **options: Any) -> AuthenticationChallenge:
    """A challenge for an amount to a payee."""
    options = {"payee_id": PAYEE, "payee_digest": DIGEST, "actor": APP} | options
    money = Money(Decimal(amount), currency)
    return challenges.open(factor_id=of.factor.pk, customer_id=of.factor.customer_id, amount=money, at=at, **options)


def passed(of: Device, at: datetime, amount: str = "12.50", currency: str = "EUR", **options: Any) -> AuthenticationChallenge:
    """One that the customer answered rightly."""
    row = asked(of, at, amount, currency, **options)
    return challenges.answer(challenge_id=row.pk, **of.proof(proofs.payment_message(row), at=at), actor=APP, at=at)
