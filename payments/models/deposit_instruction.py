"""By what money that comes by itself finds its wallet."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer, Partner
from flowlet.db.models import Identified
from payments.choices import DepositInstructionStatus
from wallets.models import Wallet


class DepositInstruction(Identified):
    """One row is what a wallet's holder tells whoever is to pay into the wallet.

    ``reference`` is written by the payer. ``personal`` is the virtual account's number, where a bank gave us one for the wallet, sealed
    under the customer's key; it is found through ``number_index``, and its end stays readable. By a closed one no money finds the wallet.
    """

    PREFIX = "dpi"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, related_name="deposit_instruction")
    reference = models.CharField(max_length=24, unique=True)
    personal = models.BinaryField(null=True, blank=True, editable=False, help_text="sealed under the subject's key")
    number_index = models.CharField(max_length=32, blank=True, editable=False)
    last_four = models.CharField(max_length=4, blank=True)
    status = models.CharField(max_length=6, choices=DepositInstructionStatus.choices, default=DepositInstructionStatus.ACTIVE)
    close_reason = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number_index"], condition=~Q(number_index=""), name="virtual_account_belongs_to_one_wallet"
            ),
            models.CheckConstraint(
                condition=Q(personal=None, number_index="", last_four="") | (~Q(personal=None) & ~Q(number_index="")),
                name="virtual_account_is_found_by_its_number",
            ),
            models.CheckConstraint(
                condition=Q(status="ACTIVE", closed_at=None, close_reason="")
                | (Q(status="CLOSED", closed_at__isnull=False) & ~Q(close_reason="")),
                name="closed_instruction_says_when_and_why",
            ),
        ]
        indexes = [models.Index(fields=["partner", "id"], name="deposit_instruction_by_partner")]
