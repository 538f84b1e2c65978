"""Strong customer authentication: factors, challenges, trusted payees, and what was paid without (Reg. (EU) 2018/389)."""

from django.db import models
from django.db.models import F, Q

from accounts.choices import ChallengeStatus, FactorStatus, FactorType, SecondCategory
from accounts.models.customer import Customer
from accounts.models.partner import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified, Timestamped

_REVOKED = Q(status=FactorStatus.REVOKED)
_ANSWERED = Q(status__in=[ChallengeStatus.PASSED, ChallengeStatus.USED])


class AuthenticationFactor(Identified, Timestamped):
    """One row is one thing that only the customer has: the secret of an authenticator app, or a key inside a device.

    ``secret`` is sealed under the customer's own key in the vault; ``public_key`` is a SubjectPublicKeyInfo in DER. Both go when the
    factor is revoked. ``last_step`` is the newest time step whose code was taken. ``failures`` counts wrong answers since the last right
    one: every fifth locks the factor until ``locked_until``.
    """

    PREFIX = "fac"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="authentication_factors", db_index=False)
    type = models.CharField(max_length=8, choices=FactorType.choices)
    status = models.CharField(max_length=8, choices=FactorStatus.choices, default=FactorStatus.PENDING)
    second_category = models.CharField(
        max_length=10, choices=SecondCategory.choices, help_text="what unlocks it, as the partner says"
    )
    name = models.CharField(max_length=60, blank=True, help_text="to tell devices apart; goes with the factor")
    secret = models.BinaryField(null=True, blank=True, help_text="sealed under the subject's key")
    public_key = models.BinaryField(null=True, blank=True)
    last_step = models.BigIntegerField(default=-1)
    failures = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=_REVOKED & Q(secret=None, public_key=None, name="", revoked_at__isnull=False)
                | ~_REVOKED & Q(revoked_at=None, type=FactorType.TOTP, secret__isnull=False, public_key=None)
                | ~_REVOKED & Q(revoked_at=None, secret=None, public_key__isnull=False) & ~Q(type=FactorType.TOTP),
                name="factor_has_its_secret_until_it_is_revoked",
            ),
            models.CheckConstraint(
                condition=~Q(status=FactorStatus.ACTIVE) | Q(confirmed_at__isnull=False), name="active_factor_was_confirmed"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "id"], name="factor_by_customer"),
            models.Index(fields=["partner", "id"], name="factor_by_partner"),
        ]


class AuthenticationChallenge(Identified, Timestamped):
    """One row is one question to a customer: do you pay this amount to this payee? (Art. 5, dynamic linking.)

    ``payee_id`` is the public id of what is paid, ``payee_digest`` a SHA-256 that changes when another account stands behind it.
    ``reference`` is the partner's own id of the payment to be, or "". With ``trusts_payee`` the customer trusts the payee from then on.
    A passed challenge is used once, for ``used_for``, before ``expires_at``.
    """

    PREFIX = "chl"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="authentication_challenges", db_index=False)
    factor = models.ForeignKey(AuthenticationFactor, on_delete=models.PROTECT, related_name="challenges", db_index=False)
    status = models.CharField(max_length=7, choices=ChallengeStatus.choices, default=ChallengeStatus.PENDING)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    payee_id = models.CharField(max_length=40)
    payee_digest = models.CharField(max_length=64)
    reference = models.CharField(max_length=128, blank=True)
    trusts_payee = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    passed_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    used_for = models.CharField(max_length=40, blank=True, help_text="the public id of what it stands for")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="challenge_is_about_money"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="challenge_expires_after_its_making"),
            models.CheckConstraint(
                condition=_ANSWERED & Q(passed_at__isnull=False, passed_at__lt=F("expires_at")) | ~_ANSWERED & Q(passed_at=None),
                name="challenge_is_passed_in_time",
            ),
            models.CheckConstraint(
                condition=Q(status=ChallengeStatus.USED, used_at__isnull=False, used_at__lt=F("expires_at")) & ~Q(used_for="")
                | ~Q(status=ChallengeStatus.USED) & Q(used_at=None, used_for=""),
                name="challenge_is_used_in_time_for_something",
            ),
            models.UniqueConstraint(fields=["used_for"], condition=~Q(used_for=""), name="nothing_rests_on_two_challenges"),
        ]
        indexes = [
            models.Index(fields=["customer", "id"], name="challenge_by_customer"),
            models.Index(fields=["factor", "id"], name="challenge_by_factor"),
        ]


class TrustedPayee(Identified, Timestamped):
    """One row is one payee whom a customer trusts, by a challenge that said so (Art. 13)."""

    PREFIX = "tpy"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="trusted_payees", db_index=False)
    challenge = models.OneToOneField(AuthenticationChallenge, on_delete=models.PROTECT, related_name="+")
    payee_id = models.CharField(max_length=40)
    payee_digest = models.CharField(max_length=64)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "payee_digest"], condition=Q(removed_at=None), name="payee_is_trusted_once"
            ),
        ]
        indexes = [models.Index(fields=["customer", "id"], name="trusted_payee_by_customer")]


class LowValueCount(models.Model):
    """One row is what a customer has paid in a currency as low value since the last strong authentication in it (Art. 16)."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    total = AmountField(default=0)
    count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "currency"], name="customer_counts_low_values_once_per_currency"),
            models.CheckConstraint(condition=Q(total__gte=0), name="low_values_add_up"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.currency}: {self.count}"
