"""Accounts outside Flowlet, and the attempts to find out who holds them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Customer, Partner
from flowlet.db.models import Identified, Timestamped
from payments.choices import (
    AccountType,
    AttemptStatus,
    BlockOrigin,
    ExternalAccountKind,
    ExternalAccountStatus,
    HolderKind,
    PayeeResult,
    Relation,
    VerificationMethod,
    VerificationState,
)

_BLOCKED = Q(status=ExternalAccountStatus.BLOCKED)
_CLOSED = Q(status=ExternalAccountStatus.CLOSED)


class ExternalAccount(Identified, Timestamped):
    """One row is one bank account or card outside Flowlet, added by one customer.

    Owner's name and address, account number, IBAN and the acquirer's token of a card are one document in ``personal``, sealed under
    the customer's own key in the vault (``payments.selectors.external_accounts.details_of`` opens it). Exact search goes through the
    keyed indexes beside it; ``fingerprint`` is that of the whole account, the same for all customers, and stands at most once per
    customer among those not closed. What names a bank, such as routing number and BIC, stays readable: it names nobody.
    """

    PREFIX = "eac"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="external_accounts", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="external_accounts", db_index=False)
    kind = models.CharField(max_length=8, choices=ExternalAccountKind.choices)
    relation = models.CharField(max_length=12, choices=Relation.choices)
    holder_kind = models.CharField(max_length=8, choices=HolderKind.choices)
    currency = models.CharField(max_length=3)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2: where the account is held")
    account_type = models.CharField(max_length=8, choices=AccountType.choices, blank=True)
    routing_number = models.CharField(max_length=9, blank=True, help_text="ABA, US bank accounts only")
    bic = models.CharField(max_length=11, blank=True)
    bank_name = models.CharField(max_length=140, blank=True)
    card_brand = models.CharField(max_length=32, blank=True)
    card_expires_on = models.DateField(null=True, blank=True, help_text="the last day of the month on the card")
    last_four = models.CharField(max_length=4, blank=True, help_text="the end of the number, less of a short one")
    personal = models.BinaryField(help_text="sealed under the subject's key")
    fingerprint = models.CharField(max_length=32, blank=True, editable=False)
    number_index = models.CharField(max_length=32, blank=True, editable=False)
    owner_indexes = ArrayField(models.CharField(max_length=32), default=list, editable=False)
    status = models.CharField(max_length=8, choices=ExternalAccountStatus.choices, default=ExternalAccountStatus.PENDING)
    verification = models.CharField(max_length=10, choices=VerificationState.choices, default=VerificationState.UNVERIFIED)
    verification_method = models.CharField(max_length=18, choices=VerificationMethod.choices, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    reverify_since = models.DateTimeField(null=True, blank=True, help_text="since when it has to be verified again")
    bank_link = models.ForeignKey(
        "BankLink", on_delete=models.PROTECT, null=True, blank=True, related_name="external_accounts", db_index=False
    )
    link_account = models.CharField(max_length=128, blank=True, help_text="what the aggregator calls the account within the link")
    payee_result = models.CharField(max_length=4, choices=PayeeResult.choices, blank=True, help_text="the latest answer")
    return_streak = models.PositiveSmallIntegerField(default=0, help_text="returns since the last payment that stayed")
    last_return_code = models.CharField(max_length=8, blank=True)
    last_returned_at = models.DateTimeField(null=True, blank=True)
    block_reason = models.CharField(max_length=500, blank=True)
    block_origin = models.CharField(max_length=8, choices=BlockOrigin.choices, blank=True)
    external_id = models.CharField(max_length=128, blank=True, help_text="the partner's own id")
    metadata = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"],
                condition=~Q(external_id=""),
                name="external_account_external_id_is_unique_per_partner",
            ),
            models.UniqueConstraint(
                fields=["customer", "fingerprint"],
                condition=~Q(fingerprint="") & ~_CLOSED,
                name="external_account_is_added_once_per_customer",
            ),
            models.CheckConstraint(
                condition=(_BLOCKED & ~Q(block_reason="") & ~Q(block_origin=""))
                | (~_BLOCKED & Q(block_reason="") & Q(block_origin="")),
                name="external_account_is_blocked_for_a_reason",
            ),
            models.CheckConstraint(
                condition=(_CLOSED & Q(closed_at__isnull=False)) | (~_CLOSED & Q(closed_at=None)),
                name="external_account_knows_when_it_was_closed",
            ),
            models.CheckConstraint(
                condition=(Q(verification=VerificationState.VERIFIED, verified_at__isnull=False) & ~Q(verification_method=""))
                | (~Q(verification=VerificationState.VERIFIED) & Q(verified_at=None)),
                name="external_account_is_verified_somehow",
            ),
            models.CheckConstraint(
                condition=Q(reverify_since=None) | Q(verification=VerificationState.VERIFIED),
                name="external_account_is_verified_again_after_a_first_time",
            ),
            models.CheckConstraint(
                condition=Q(bank_link=None, link_account="") | (Q(bank_link__isnull=False) & ~Q(link_account="")),
                name="external_account_has_its_name_within_its_link",
            ),
            models.UniqueConstraint(
                fields=["bank_link", "link_account"],
                condition=Q(bank_link__isnull=False) & ~_CLOSED,
                name="external_account_is_one_of_its_link",
            ),
            models.CheckConstraint(
                condition=~Q(
                    status=ExternalAccountStatus.ACTIVE,
                    relation=Relation.OWN,
                    kind__in=[ExternalAccountKind.US_BANK, ExternalAccountKind.IBAN],
                )
                | Q(verification=VerificationState.VERIFIED),
                name="external_account_of_ones_own_is_active_when_verified",
            ),
            models.CheckConstraint(
                condition=Q(kind=ExternalAccountKind.US_BANK, routing_number__regex="^[0-9]{9}$", country="US", currency="USD")
                & ~Q(account_type="")
                | ~Q(kind=ExternalAccountKind.US_BANK) & Q(routing_number="", account_type=""),
                name="external_account_has_what_its_kind_needs",
            ),
            models.CheckConstraint(
                condition=Q(country__regex="^[A-Z]{2}$") | Q(kind=ExternalAccountKind.CARD, country=""),
                name="external_account_country_is_two_capitals",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="external_account_by_partner"),
            models.Index(fields=["customer", "id"], name="external_account_by_customer"),
            models.Index(fields=["status", "id"], name="external_account_by_status"),
            models.Index(fields=["verification", "id"], name="external_account_by_verdict"),
            models.Index(fields=["fingerprint"], name="external_account_by_print", condition=~Q(fingerprint="")),
            models.Index(fields=["number_index"], name="external_account_by_number", condition=~Q(number_index="")),
            GinIndex(fields=["owner_indexes"], name="external_account_by_owner"),
            GinIndex(
                fields=["metadata"],
                name="external_account_by_metadata",
                opclasses=["jsonb_path_ops"],
                condition=~Q(metadata={}),
            ),
        ]

    @property
    def is_verified(self) -> bool:
        """Whether it is known who holds it."""
        return self.verification == VerificationState.VERIFIED


class AccountVerification(Identified, Timestamped):
    """One row is one attempt to find out who holds an external account.

    ``sealed`` is a document under the customer's key: the two amounts of micro-deposits, or the names of a payee verification. An
    account has one attempt under way at most. ``due_on`` is the day on which a prenote that did not come back counts as accepted.
    """

    PREFIX = "acv"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    external_account = models.ForeignKey(ExternalAccount, on_delete=models.PROTECT, related_name="verifications", db_index=False)
    method = models.CharField(max_length=18, choices=VerificationMethod.choices)
    status = models.CharField(max_length=12, choices=AttemptStatus.choices, default=AttemptStatus.PENDING)
    result = models.CharField(max_length=4, choices=PayeeResult.choices, blank=True)
    sealed = models.BinaryField(null=True, blank=True, help_text="sealed under the subject's key")
    tries_left = models.PositiveSmallIntegerField(default=0)
    reference = models.CharField(max_length=128, blank=True, help_text="what the provider or the rail calls it")
    reason = models.CharField(max_length=500, blank=True, help_text="why it ended as it did")
    sent_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_account"],
                condition=Q(status=AttemptStatus.PENDING),
                name="external_account_has_one_verification_under_way",
            ),
            models.CheckConstraint(
                condition=Q(status=AttemptStatus.PENDING, ended_at=None)
                | (~Q(status=AttemptStatus.PENDING) & Q(ended_at__isnull=False)),
                name="account_verification_knows_when_it_ended",
            ),
            models.CheckConstraint(condition=Q(tries_left__lte=3), name="account_verification_has_three_tries"),
        ]
        indexes = [
            models.Index(fields=["external_account", "id"], name="account_verification_by_acct"),
            models.Index(fields=["expires_at"], name="account_verification_by_expiry", condition=Q(status="PENDING")),
            models.Index(fields=["due_on"], name="account_verification_by_due", condition=Q(status="PENDING")),
        ]
