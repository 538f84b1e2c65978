"""Challenges to payers under /v1/authentication_challenges; their answers are ``accounts.api.authentication``'s."""

from typing import Any

from rest_framework import serializers

from accounts import errors as people
from accounts.api import authentication_serializers as shown
from accounts.api.authentication import TAG, WRITE
from flowlet.api.endpoints import endpoint
from flowlet.api.fields import MoneySerializerField, PublicIdField
from flowlet.api.serializers import StrictSerializer
from flowlet.api.views import PartnerView
from payments import errors
from payments.api import payment_examples as examples
from payments.api.payment_serializers import EXTERNAL_ID
from payments.services import authentications
from wallets.errors import WalletNotFound


class ChallengeIn(StrictSerializer):
    """What the customer is asked for."""

    factor_id = PublicIdField("fac", help_text="An active factor of the wallet's customer")
    wallet_id = PublicIdField("wal", help_text="Which pays")
    amount = MoneySerializerField()
    target_wallet_id = PublicIdField("wal", required=False, help_text="Of a transfer inside the book")
    external_account_id = PublicIdField("eac", required=False, help_text="Of all other payments")
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="If you name it, the payment has to bear it")
    trusts_payee = serializers.BooleanField(
        default=False, help_text="The customer wants to pay this payee without being asked from then on; say so to them"
    )


class ChallengeList(PartnerView):
    """New challenges."""

    required_scopes = {"POST": WRITE}
    tag = TAG

    @endpoint(
        summary="Make a challenge",
        body=ChallengeIn,
        response=shown.ChallengeOut,
        status=201,
        errors=(
            people.FactorNotFound,
            people.FactorNotActive,
            people.FactorLocked,
            people.CustomerClosed,
            people.CustomerFrozen,
            WalletNotFound,
            errors.WalletMissing,
            errors.ExternalAccountMissing,
        ),
        body_example={
            "factor_id": shown.FACTOR_ID,
            "wallet_id": examples.WALLET_ID,
            "amount": examples.usd("50.00"),
            "external_account_id": examples.PAYEE_ID,
        },
        example=shown.ASKED,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Show the customer amount and payee, and have it answered within five minutes. Passed, its id goes as `authentication_id` with the
        payment, or the recurring payment, of exactly this amount to this payee.
        """
        made = authentications.ask(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return shown.challenge(made)
