"""What payments rest on where their payer has to authenticate."""

from django.db import models
from django.db.models import Q

from accounts.choices import AuthenticationMeans
from accounts.models import AuthenticationChallenge
from payments.models.payment import Payment
from payments.models.recurring import Recurring


class AuthenticationBasis(models.Model):
    """One row is what a payment, or a series of them, rests on: a challenge that its payer passed, or an exemption; and why it holds.

    Nothing was asked where there is none. Rows are never changed.
    """

    id = models.BigAutoField(primary_key=True)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="authentication_basis")
    recurring = models.OneToOneField(
        Recurring, on_delete=models.PROTECT, null=True, blank=True, related_name="authentication_basis"
    )
    means = models.CharField(max_length=19, choices=AuthenticationMeans.choices)
    reason = models.CharField(max_length=200)
    challenge = models.OneToOneField(AuthenticationChallenge, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=False, recurring=None) | Q(payment=None, recurring__isnull=False),
                name="authentication_basis_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(means=AuthenticationMeans.CHALLENGE, challenge__isnull=False)
                | ~Q(means=AuthenticationMeans.CHALLENGE) & Q(challenge=None),
                name="authentication_basis_is_a_challenge_or_an_exemption",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id or self.recurring_id}: {self.means}"
