"""The forms of consents and of what is read with them."""

from rest_framework import serializers

from flowlet.api.fields import MetadataField, MomentField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import Filters, MomentRange, PageFilters, StrictSerializer
from payments.choices import BankStandard, ConsentScope, ConsentStatus

EXTERNAL_ID = {"max_length": 128, "required": False, "allow_null": True}
_ACCOUNT = {"max_length": 128, "help_text": "The account's id, as the accounts of the consent say"}
_IP = {
    "required": False,
    "help_text": "The customer's address, if they are present: banks limit what is read without them to a few times a day",
}


class BankOut(StrictSerializer):
    """A bank that customers can connect."""

    name = serializers.CharField(help_text="What `bank` of a consent takes")
    label = serializers.CharField()
    standard = serializers.ChoiceField(BankStandard.choices)


class BanksOut(StrictSerializer):
    """All banks."""

    data = BankOut(many=True)


class VisitorIn(StrictSerializer):
    """The customer's browser, which banks want to know."""

    ip = serializers.IPAddressField()
    user_agent = serializers.CharField(max_length=400, required=False)


class ConsentIn(StrictSerializer):
    """A consent to be asked for."""

    customer_id = PublicIdField("cus")
    bank = serializers.CharField(max_length=40, help_text="One of `/v1/banks`")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(ConsentScope.choices), min_length=1, max_length=3, help_text="ACCOUNTS comes with each"
    )
    expires_at = MomentField(required=False, help_text="The latest possible by default: 180 days, in the UK a year")
    visitor = VisitorIn()
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the consent; unique among your consents")
    metadata = MetadataField(required=False)


class ConsentFilters(PageFilters):
    """Which consents."""

    customer_id = PublicIdField("cus", required=False)
    status = serializers.ChoiceField(ConsentStatus.choices, required=False)
    bank = serializers.CharField(max_length=40, required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class ConsentOut(StrictSerializer):
    """A consent of a customer at their own bank."""

    id = PublicIdField("con")
    customer_id = PublicIdField("cus")
    bank = serializers.CharField()
    standard = serializers.ChoiceField(BankStandard.choices)
    scopes = serializers.ListField(child=serializers.ChoiceField(ConsentScope.choices))
    status = serializers.ChoiceField(ConsentStatus.choices)
    expires_at = MomentField()
    authorised_at = MomentField(allow_null=True)
    reconfirm_by = MomentField(allow_null=True, help_text="Until then the customer has to say again that the consent stands")
    ended_at = MomentField(allow_null=True)
    end_reason = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = MomentField()
    updated_at = MomentField()


class ConsentAskedOut(ConsentOut):
    """A new consent, and where to send the customer."""

    redirect_url = serializers.CharField(help_text="Send the customer's browser there, within minutes; shown only now")


class ConsentCompleteIn(StrictSerializer):
    """What the customer's browser brought back."""

    parameters = serializers.DictField(
        child=serializers.CharField(max_length=8192),
        help_text="All parameters of the address, of its query and of what follows `#`",
    )


class ConsentRevokeIn(StrictSerializer):
    """Why, if there is something to say."""

    reason = serializers.CharField(max_length=500, required=False, help_text="Kept in the audit; no personal data, please")


class BankAccountOut(StrictSerializer):
    """An account at the customer's bank."""

    id = serializers.CharField()
    currency = serializers.CharField()
    name = serializers.CharField(allow_null=True, help_text="Whose it is, or what they call it")
    scheme = serializers.CharField(allow_null=True, help_text="IBAN, SORT_CODE (sort code and account number) or OTHER")
    number = serializers.CharField(allow_null=True)
    kind = serializers.CharField(allow_null=True, help_text="The bank's own code, mostly of ISO 20022")
    is_open = serializers.BooleanField(allow_null=True, help_text="null where the bank does not say")


class BankAccountsOut(StrictSerializer):
    """All accounts of a consent."""

    data = BankAccountOut(many=True)


class BankReadFilters(Filters):
    """For whom the accounts are read."""

    customer_ip = serializers.IPAddressField(**_IP)


class BankBalanceFilters(BankReadFilters):
    """Whose balances."""

    account_id = serializers.CharField(**_ACCOUNT)


class BankBalanceOut(StrictSerializer):
    """A balance; negative when overdrawn. A bank tells several kinds, and UNKNOWN is one that we do not know."""

    account_id = serializers.CharField()
    kind = serializers.CharField()
    amount = MoneySerializerField(positive=False)
    as_of = serializers.CharField(allow_null=True, help_text="A moment or a day")


class BankBalancesOut(StrictSerializer):
    """The balances of an account."""

    data = BankBalanceOut(many=True)


class BankTransactionFilters(BankBalanceFilters):
    """Which movements."""

    from_on = serializers.DateField(required=False, help_text="90 days ago by default")
    to_on = serializers.DateField(required=False, help_text="Today by default; at most 366 days after `from_on`")


class BankTransactionOut(StrictSerializer):
    """A movement on an account at the customer's bank. Pending ones often have no id, and get another one when booked."""

    id = serializers.CharField(allow_null=True)
    account_id = serializers.CharField()
    direction = serializers.CharField(help_text="IN or OUT")
    amount = MoneySerializerField(positive=False)
    status = serializers.CharField(help_text="BOOKED, PENDING, FUTURE, INFORMATION, REJECTED or UNKNOWN")
    booked_on = serializers.DateField(allow_null=True)
    value_on = serializers.DateField(allow_null=True)
    description = serializers.CharField(allow_null=True)
    counterparty = serializers.CharField(allow_null=True)
    end_to_end_id = serializers.CharField(allow_null=True)


class BankTransactionsOut(StrictSerializer):
    """All movements in the days asked for."""

    data = BankTransactionOut(many=True)


class ConsentVisitIn(StrictSerializer):
    """What the customer decides at the sandbox's bank."""

    decision = serializers.ChoiceField([("APPROVE", "Approve"), ("REJECT", "Reject")])


class ConsentVisitOut(StrictSerializer):
    """What the customer's browser brings back: complete the consent with it."""

    parameters = serializers.DictField(child=serializers.CharField())
