"""Documents of customers: rows here, their bytes in the document store, both sealed under the customer's key."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer, Partner
from compliance.choices import ContentType, DocumentStatus, DocumentType
from compliance.models.verification import Verification, VerificationItem
from flowlet.db.models import Identified


class Document(Identified):
    """One row is one file that was given for an item of a verification.

    ``file`` is its name in the store; a file that a scanner found infected was never stored. ``sealed`` is what was told of it (number,
    issuer, machine-readable zone), ``number_index`` the keyed digest of its number, ``digest_index`` that of its bytes.
    """

    PREFIX = "doc"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="documents")
    verification = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="documents")
    item = models.ForeignKey(VerificationItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="documents")
    type = models.CharField(max_length=20, choices=DocumentType.choices)
    status = models.CharField(max_length=8, choices=DocumentStatus.choices, default=DocumentStatus.STORED)
    content_type = models.CharField(max_length=20, choices=ContentType.choices)
    size_bytes = models.PositiveIntegerField()
    file = models.CharField(max_length=60, blank=True, editable=False)
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    digest_index = models.CharField(max_length=32, blank=True, editable=False)
    number_index = models.CharField(max_length=32, blank=True, editable=False)
    issued_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    uploaded_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(status=DocumentStatus.STORED) & ~Q(file="") & Q(sealed__isnull=False))
                | (~Q(status=DocumentStatus.STORED) & Q(file="", sealed=None)),
                name="stored_document_has_its_file",
            ),
        ]
        indexes = [models.Index(fields=["partner", "id"], name="document_by_partner")]
