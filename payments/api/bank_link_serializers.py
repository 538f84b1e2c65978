"""The forms of links to customers' banks."""

from rest_framework import serializers

from flowlet.api.fields import MetadataField, MomentField, PublicIdField
from flowlet.api.serializers import MomentRange, PageFilters, StrictSerializer
from payments.choices import BankLinkStatus, ExternalAccountKind, ExternalAccountStatus, PayeeResult, VerificationState

EXTERNAL_ID = {"max_length": 128, "required": False, "allow_null": True}
# The countries and languages of the aggregator's screen whose accounts payments here can reach (Plaid, /link/token/create).
COUNTRIES = ("US", "GB", "ES", "NL", "FR", "IE", "DE", "IT", "PL", "DK", "NO", "SE", "EE", "LT", "LV", "PT", "BE", "AT", "FI")
LANGUAGES = ("da", "nl", "en", "et", "fr", "de", "it", "lv", "lt", "no", "pl", "pt", "es", "sv")


class LinkTokenIn(StrictSerializer):
    """For whom the screen is opened, and which banks it offers."""

    customer_id = PublicIdField("cus")
    bank_link_id = PublicIdField("bkl", required=False, help_text="To sign in again at a bank that is linked already")
    countries = serializers.ListField(
        child=serializers.ChoiceField([(code, code) for code in COUNTRIES]),
        min_length=1,
        max_length=len(COUNTRIES),
        required=False,
        help_text="Of the banks. Default: US",
    )
    language = serializers.ChoiceField([(code, code) for code in LANGUAGES], required=False, help_text="Default: en")


class LinkTokenOut(StrictSerializer):
    """Opens the aggregator's screen (Plaid Link) once."""

    link_token = serializers.CharField()
    expires_at = MomentField()


class BankLinkIn(StrictSerializer):
    """What the aggregator's screen gave for a customer."""

    customer_id = PublicIdField("cus")
    public_token = serializers.CharField(
        max_length=256,
        help_text="Works once. In the sandbox `public-sandbox-` and the owner's name, such as `public-sandbox-Ada_Lovelace`",
    )
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the link; unique among your bank links")
    metadata = MetadataField(required=False)


class BankLinkFilters(PageFilters):
    """Which links."""

    customer_id = PublicIdField("cus", required=False)
    status = serializers.ChoiceField(BankLinkStatus.choices, required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class LinkedAccountOut(StrictSerializer):
    """An external account that came with the link."""

    external_account_id = PublicIdField("eac")
    kind = serializers.ChoiceField(ExternalAccountKind.choices)
    last_four = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(ExternalAccountStatus.choices)
    verification = serializers.ChoiceField(VerificationState.choices)
    payee_result = serializers.ChoiceField(
        PayeeResult.choices, allow_null=True, help_text="How the owner's name at the bank and the customer's compare"
    )
    reverify_since = MomentField(allow_null=True)


class BankLinkOut(StrictSerializer):
    """A customer's login at one bank, and the accounts that came with it."""

    id = PublicIdField("bkl")
    customer_id = PublicIdField("cus")
    provider = serializers.CharField()
    status = serializers.ChoiceField(BankLinkStatus.choices)
    problem = serializers.CharField(
        allow_null=True, help_text="Why the accounts could not be read last: the aggregator's code, or one of ours"
    )
    accounts = LinkedAccountOut(many=True)
    read_at = MomentField(allow_null=True)
    ends_at = MomentField(
        allow_null=True, help_text="When the bank will end it unless the customer signs in again, where it said so"
    )
    ended_at = MomentField(allow_null=True)
    end_reason = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = MomentField()
    updated_at = MomentField()


class BankLinkEndIn(StrictSerializer):
    """Why, if there is something to say."""

    reason = serializers.CharField(max_length=500, required=False, help_text="Kept in the audit; no personal data, please")
