"""What stands between a payment, its payer and the payer's bank."""

from django.db import models
from django.db.models import Q

from payments.choices import AuthorisationStandard, AuthorisationStatus
from payments.models.payment import Payment


class Authorisation(models.Model):
    """One row is one payment that its payer authorises at their own bank: over open banking, or by card (3-D Secure), whose ``bank`` is "".

    What has to be kept between us and the bank (session with tokens, state, the payer's address, where the payer is sent and comes back
    to) is one document in ``sealed``, under the customer's own key in the vault, and goes when the payment has settled or ended.
    ``is_asked`` turns true, and is committed, before the bank is called.
    """

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, primary_key=True, related_name="authorisation")
    bank = models.CharField(max_length=40, blank=True)
    standard = models.CharField(max_length=16, choices=AuthorisationStandard.choices)
    status = models.CharField(max_length=10, choices=AuthorisationStatus.choices, default=AuthorisationStatus.ASKING)
    is_asked = models.BooleanField(default=False)
    sealed = models.BinaryField(null=True, help_text="sealed under the subject's key")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    authorised_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=AuthorisationStatus.AUTHORISED) | Q(authorised_at__isnull=False),
                name="payment_was_authorised_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.status}"
