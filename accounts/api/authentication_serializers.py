"""The forms of second factors, challenges and trusted payees, and their examples."""

from typing import Any

from rest_framework import serializers

from accounts.choices import ChallengeStatus, FactorStatus, FactorType, SecondCategory
from accounts.models import AuthenticationChallenge, AuthenticationFactor, TrustedPayee
from accounts.services import authentication_factors as factors
from accounts.services import authentication_proofs as proofs
from flowlet.api.endpoints import example_id
from flowlet.api.fields import MoneySerializerField, PublicIdField, moment, moment_or_null
from flowlet.api.serializers import StrictSerializer
from flowlet.core import ids
from flowlet.core.money import Money


class FactorIn(StrictSerializer):
    """A new factor."""

    type = serializers.ChoiceField(FactorType.choices)
    second_category = serializers.ChoiceField(
        SecondCategory.choices, help_text="What your app asks for before the factor answers; we take your word for it"
    )
    public_key = serializers.CharField(
        max_length=proofs.LONGEST_KEY, required=False, help_text="Of a device key: base64 of its SubjectPublicKeyInfo (DER)"
    )
    name = serializers.CharField(max_length=60, required=False, help_text="To tell devices apart; no personal data, please")


class ProofIn(StrictSerializer):
    """One of the two."""

    code = serializers.CharField(max_length=6, required=False, help_text="Of one-time codes: six digits")
    signature = serializers.CharField(
        max_length=200, required=False, help_text="Of a device key: base64 of its signature over the UTF-8 bytes of `message`"
    )


class FactorOut(StrictSerializer):
    """A second factor."""

    id = PublicIdField("fac")
    customer_id = PublicIdField("cus")
    type = serializers.ChoiceField(FactorType.choices)
    status = serializers.ChoiceField(FactorStatus.choices)
    second_category = serializers.ChoiceField(SecondCategory.choices)
    name = serializers.CharField(allow_null=True)
    tries_left = serializers.IntegerField(help_text="Wrong answers until it is locked")
    locked_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class EnrolledOut(FactorOut):
    """A factor that waits for its first proof."""

    otpauth_uri = serializers.CharField(allow_null=True, help_text="Of one-time codes: for the QR code; shown once")
    message = serializers.CharField(allow_null=True, help_text="Of a device key: what it signs to be confirmed")


class ChallengeOut(StrictSerializer):
    """A question to a customer."""

    id = PublicIdField("chl")
    customer_id = PublicIdField("cus")
    factor_id = PublicIdField("fac")
    status = serializers.ChoiceField(ChallengeStatus.choices)
    amount = MoneySerializerField()
    payee_id = serializers.CharField(help_text="The wallet (`wal_…`) or external account (`eac_…`) that is paid")
    payee_digest = serializers.CharField(help_text="SHA-256; another one when another account stands behind the id")
    external_id = serializers.CharField(allow_null=True)
    trusts_payee = serializers.BooleanField()
    message = serializers.CharField(help_text="What a device key signs")
    tries_left = serializers.IntegerField()
    used_for = serializers.CharField(allow_null=True, help_text="The payment (`pay_…`) or recurring payment (`rec_…`)")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    passed_at = serializers.DateTimeField(allow_null=True)
    used_at = serializers.DateTimeField(allow_null=True)


class TrustedPayeeOut(StrictSerializer):
    """A payee whom the customer trusts."""

    id = PublicIdField("tpy")
    customer_id = PublicIdField("cus")
    payee_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True)


def factor(row: AuthenticationFactor) -> dict[str, Any]:
    """A factor, without what proves."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "type": row.type,
        "status": row.status,
        "second_category": row.second_category,
        "name": row.name or None,
        "tries_left": factors.tries_left(row),
        "locked_until": moment_or_null(row.locked_until),
        "created_at": moment(row.created_at),
        "confirmed_at": moment_or_null(row.confirmed_at),
        "last_used_at": moment_or_null(row.last_used_at),
        "revoked_at": moment_or_null(row.revoked_at),
    }


def challenge(row: AuthenticationChallenge) -> dict[str, Any]:
    """A challenge."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "factor_id": ids.public_id("fac", row.factor_id),
        "status": row.status,
        "amount": Money(row.amount, row.currency),
        "payee_id": row.payee_id,
        "payee_digest": row.payee_digest,
        "external_id": row.reference or None,
        "trusts_payee": row.trusts_payee,
        "message": proofs.payment_message(row),
        "tries_left": factors.tries_left(row.factor),
        "used_for": row.used_for or None,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
        "passed_at": moment_or_null(row.passed_at),
        "used_at": moment_or_null(row.used_at),
    }


def trusted_payee(row: TrustedPayee) -> dict[str, Any]:
    """A trusted payee."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "payee_id": row.payee_id,
        "created_at": moment(row.created_at),
        "removed_at": moment_or_null(row.removed_at),
    }


HOLDER_ID = example_id("cus", 70)
PENDING_ID, FACTOR_ID, LOST_ID = example_id("fac"), example_id("fac", 2), example_id("fac", 3)
CHALLENGE_ID = example_id("chl")
TRUSTED_ID = example_id("tpy")
_MADE = "2026-01-15T09:30:00Z"
NEW_FACTOR = {"type": "TOTP", "second_category": "KNOWLEDGE", "name": "Ada's phone"}
PENDING = {
    "id": PENDING_ID,
    "customer_id": HOLDER_ID,
    "type": "TOTP",
    "status": "PENDING",
    "second_category": "KNOWLEDGE",
    "name": "Ada's phone",
    "tries_left": 5,
    "locked_until": None,
    "created_at": _MADE,
    "confirmed_at": None,
    "last_used_at": None,
    "revoked_at": None,
}
ENROLLED = {
    **PENDING,
    "otpauth_uri": "otpauth://totp/Acme:cus_…?secret=JBSWY3DP…&issuer=Acme&algorithm=SHA1&digits=6&period=30",
    "message": None,
}
TRIED = {**PENDING, "tries_left": 4}
REVOKED = {**PENDING, "id": LOST_ID, "status": "REVOKED", "name": None, "confirmed_at": _MADE, "revoked_at": _MADE}
ASKED = {
    "id": CHALLENGE_ID,
    "customer_id": HOLDER_ID,
    "factor_id": FACTOR_ID,
    "status": "PENDING",
    "amount": {"amount": "50.00", "currency": "USD"},
    "payee_id": example_id("eac"),
    "payee_digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "external_id": None,
    "trusts_payee": False,
    "message": f"flowlet-payment-1\n{CHALLENGE_ID}\n{HOLDER_ID}\n50.00\nUSD\n…",
    "tries_left": 5,
    "used_for": None,
    "created_at": _MADE,
    "expires_at": "2026-01-15T09:35:00Z",
    "passed_at": None,
    "used_at": None,
}
TRUSTED = {
    "id": TRUSTED_ID,
    "customer_id": HOLDER_ID,
    "payee_id": example_id("eac"),
    "created_at": _MADE,
    "removed_at": None,
}
REMOVED = {**TRUSTED, "removed_at": _MADE}
