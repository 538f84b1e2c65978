"""The forms of external accounts, their verifications, and mandates."""

from rest_framework import serializers

from accounts.api.serializers import CountryField
from flowlet.api.fields import CurrencyField, MetadataField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import MomentRange, PageFilters, StrictSerializer
from payments.choices import (
    AccountType,
    AchAuthorization,
    AttemptStatus,
    BlockOrigin,
    ExternalAccountKind,
    ExternalAccountStatus,
    HolderKind,
    MandateKind,
    MandateScheme,
    MandateStatus,
    PayeeResult,
    Relation,
    Sequence,
    VerificationMethod,
    VerificationState,
)

EXTERNAL_ID = {"max_length": 128, "required": False, "allow_null": True}
_REQUESTED = [VerificationMethod.MICRO_DEPOSITS, VerificationMethod.PRENOTE, VerificationMethod.PAYEE_VERIFICATION]
REQUESTABLE = [(method.value, method.label) for method in _REQUESTED]


class OwnerAddressIn(StrictSerializer):
    """An address in its parts; banks refuse free lines."""

    street = serializers.CharField(max_length=70, required=False, allow_null=True)
    building_number = serializers.CharField(max_length=16, required=False, allow_null=True)
    postal_code = serializers.CharField(max_length=16, required=False, allow_null=True)
    town = serializers.CharField(max_length=35)
    region = serializers.CharField(max_length=35, required=False, allow_null=True)
    country = CountryField()


class OwnerAddressOut(StrictSerializer):
    """An address in its parts."""

    street = serializers.CharField(allow_null=True)
    building_number = serializers.CharField(allow_null=True)
    postal_code = serializers.CharField(allow_null=True)
    town = serializers.CharField()
    region = serializers.CharField(allow_null=True)
    country = CountryField()


class ExternalAccountIn(StrictSerializer):
    """A new external account. A US bank account needs routing number, account number and type, an IBAN account its IBAN, a card the
    token that your acquirer gave you."""

    customer_id = PublicIdField("cus")
    kind = serializers.ChoiceField(ExternalAccountKind.choices)
    relation = serializers.ChoiceField(
        Relation.choices, required=False, help_text="Whose account it is. Somebody else's is only ever paid. Default: OWN"
    )
    holder_kind = serializers.ChoiceField(HolderKind.choices, required=False, help_text="Default: as the customer")
    currency = CurrencyField()
    owner_name = serializers.CharField(max_length=140, help_text="As the bank knows the holder")
    owner_address = OwnerAddressIn(required=False, allow_null=True)
    routing_number = serializers.CharField(max_length=9, required=False, help_text="US bank accounts: nine digits, checked")
    account_number = serializers.CharField(max_length=40, required=False, help_text="US bank accounts")
    account_type = serializers.ChoiceField(AccountType.choices, required=False, help_text="US bank accounts")
    iban = serializers.CharField(max_length=50, required=False, help_text="In any spelling with spaces; checked")
    bic = serializers.CharField(max_length=16, required=False, help_text="Found by the IBAN where it can be")
    bank_name = serializers.CharField(max_length=140, required=False)
    card_token = serializers.CharField(max_length=128, required=False, help_text="Your acquirer's token, never the card's number")
    card_brand = serializers.CharField(max_length=32, required=False)
    card_last_four = serializers.RegexField(r"^[0-9]{4}$", required=False)
    card_expires = serializers.RegexField(r"^2[0-9]{3}-(0[1-9]|1[0-2])$", required=False, help_text="Such as 2029-08")
    country = CountryField(required=False, help_text="Cards: where it was issued")
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the account; unique among yours")
    metadata = MetadataField(required=False)


class ExternalAccountFilters(PageFilters):
    """Which accounts."""

    customer_id = PublicIdField("cus", required=False)
    kind = serializers.ChoiceField(ExternalAccountKind.choices, required=False)
    relation = serializers.ChoiceField(Relation.choices, required=False)
    status = serializers.ChoiceField(ExternalAccountStatus.choices, required=False)
    verification = serializers.ChoiceField(VerificationState.choices, required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class BlockOut(StrictSerializer):
    """A block."""

    origin = serializers.ChoiceField(BlockOrigin.choices, help_text="Only one of your own (PARTNER) is yours to lift")
    reason = serializers.CharField(allow_null=True, help_text="Null for the platform's")


class ExternalAccountOut(StrictSerializer):
    """An external account. Its number never comes back, only the end of it."""

    id = PublicIdField("eac")
    customer_id = PublicIdField("cus")
    kind = serializers.ChoiceField(ExternalAccountKind.choices)
    relation = serializers.ChoiceField(Relation.choices)
    holder_kind = serializers.ChoiceField(HolderKind.choices)
    currency = CurrencyField()
    country = CountryField(allow_null=True)
    owner_name = serializers.CharField(allow_null=True)
    owner_address = OwnerAddressOut(allow_null=True)
    last_four = serializers.CharField(allow_null=True, help_text="The end of the number; less of a short one")
    routing_number = serializers.CharField(allow_null=True)
    account_type = serializers.ChoiceField(AccountType.choices, allow_null=True)
    bic = serializers.CharField(allow_null=True)
    bank_name = serializers.CharField(allow_null=True)
    card_brand = serializers.CharField(allow_null=True)
    card_expires = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(ExternalAccountStatus.choices, help_text="Paid and debited only while ACTIVE")
    block = BlockOut(allow_null=True)
    verification = serializers.ChoiceField(VerificationState.choices)
    verification_method = serializers.ChoiceField(VerificationMethod.choices, allow_null=True, help_text="The latest one tried")
    verified_at = serializers.DateTimeField(allow_null=True)
    reverify_since = serializers.DateTimeField(
        allow_null=True, help_text="Nothing is collected from it until it was verified again, since then"
    )
    bank_link_id = PublicIdField("bkl", allow_null=True, help_text="The bank link that it came with")
    payee_result = serializers.ChoiceField(
        PayeeResult.choices, allow_null=True, help_text="What the bank said last about the owner's name"
    )
    last_return_code = serializers.CharField(allow_null=True, help_text="Why a payment came back last")
    is_erased = serializers.BooleanField(help_text="Whether the personal values have been erased for good")
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class BlockIn(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=500, help_text="Kept in the audit; no personal data, please")


class CloseIn(StrictSerializer):
    """Why, if there is something to say."""

    reason = serializers.CharField(max_length=500, required=False, help_text="Kept in the audit; no personal data, please")


class VerificationIn(StrictSerializer):
    """How to find out who holds the account."""

    method = serializers.ChoiceField(
        REQUESTABLE, help_text="US bank accounts: MICRO_DEPOSITS or PRENOTE; IBANs: MICRO_DEPOSITS or PAYEE_VERIFICATION"
    )


class MicroDepositsIn(StrictSerializer):
    """What came in on the account."""

    amounts = serializers.ListField(
        child=MoneySerializerField(), min_length=2, max_length=2, help_text="Both amounts, in any order"
    )


class VerificationOut(StrictSerializer):
    """One attempt to find out who holds an account."""

    id = PublicIdField("acv")
    external_account_id = PublicIdField("eac")
    method = serializers.ChoiceField(VerificationMethod.choices)
    status = serializers.ChoiceField(AttemptStatus.choices)
    result = serializers.ChoiceField(PayeeResult.choices, allow_null=True, help_text="Verification of payee: the bank's answer")
    returned_name = serializers.CharField(allow_null=True, help_text="With CMTC: the holder's name as the bank has it")
    tries_left = serializers.IntegerField(allow_null=True, help_text="Micro-deposits: how often the amounts can be named")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When the deposits or the prenote left")
    due_on = serializers.DateField(allow_null=True, help_text="Prenotes: accepted on this day unless it comes back")
    expires_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="Why it ended as it did")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


# Mandates


class MandateIn(StrictSerializer):
    """A new mandate. SEPA needs the creditor identifier; ACH needs how the holder agreed, and the evidence of it."""

    external_account_id = PublicIdField("eac")
    scheme = serializers.ChoiceField(MandateScheme.choices)
    kind = serializers.ChoiceField(MandateKind.choices, required=False, help_text="Default: RECURRENT")
    reference = serializers.CharField(
        max_length=35, required=False, help_text="The unique mandate reference; made up where you give none"
    )
    creditor_id = serializers.CharField(max_length=40, required=False, help_text="SEPA: your creditor identifier, checked")
    authorization = serializers.ChoiceField(AchAuthorization.choices, required=False, help_text="ACH: how the holder agreed")
    evidence = serializers.CharField(
        max_length=2000, required=False, help_text="ACH: when, where and in which words; kept sealed and not shown again"
    )
    signed_on = serializers.DateField()
    notice_days = serializers.IntegerField(
        min_value=0,
        max_value=90,
        required=False,
        help_text="SEPA: so many days before it is due you tell the debtor of a collection; then each collection names `notified_on`",
    )
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the mandate; unique among yours")
    metadata = MetadataField(required=False)


class MandateAmendIn(StrictSerializer):
    """What is new; at least one of them."""

    reference = serializers.CharField(max_length=35, required=False, help_text="The new mandate reference")
    creditor_id = serializers.CharField(max_length=40, required=False, help_text="Your new creditor identifier")
    external_account_id = PublicIdField("eac", required=False, help_text="The debtor's new account, of the same customer")


class MandateFilters(PageFilters):
    """Which mandates."""

    external_account_id = PublicIdField("eac", required=False)
    customer_id = PublicIdField("cus", required=False)
    scheme = serializers.ChoiceField(MandateScheme.choices, required=False)
    status = serializers.ChoiceField(MandateStatus.choices, required=False)
    reference = serializers.CharField(max_length=35, required=False, help_text="Capitals make no difference")
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class MandateOut(StrictSerializer):
    """A permission to collect money."""

    id = PublicIdField("mdt")
    customer_id = PublicIdField("cus")
    external_account_id = PublicIdField("eac")
    scheme = serializers.ChoiceField(MandateScheme.choices)
    kind = serializers.ChoiceField(MandateKind.choices)
    reference = serializers.CharField()
    creditor_id = serializers.CharField(allow_null=True)
    authorization = serializers.ChoiceField(AchAuthorization.choices, allow_null=True)
    signed_on = serializers.DateField()
    notice_days = serializers.IntegerField(allow_null=True, help_text="Days between the debtor's notice and a collection")
    status = serializers.ChoiceField(MandateStatus.choices)
    is_used_up = serializers.BooleanField(help_text="Whether its only or final collection was made")
    uses = serializers.IntegerField(help_text="Collections that were not rejected before settlement")
    last_sequence = serializers.ChoiceField(Sequence.choices, allow_null=True)
    last_used_on = serializers.DateField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True, help_text="SEPA: 36 months after the last collection, or the signature")
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
