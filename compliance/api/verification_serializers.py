"""What the API takes and shows of verifications and documents; how rows become answers."""

from typing import Any

from rest_framework import serializers

from accounts.models import Customer
from compliance.choices import AskCode, DocumentStatus, DocumentType, ItemKind, ItemStatus, RefusalCode, VerificationStatus
from compliance.models import BeneficialOwner, Document, Verification, VerificationItem
from compliance.models.verification import LEVELS
from flowlet.api.fields import MetadataField, PublicIdField, moment, moment_or_null
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.core import ids

# The officers' own item is none of the partner's business.
KINDS = [choice for choice in ItemKind.choices if choice[0] != ItemKind.DUPLICATE]


class VerificationIn(StrictSerializer):
    """Whom to verify, and how far."""

    customer_id = PublicIdField("cus")
    level = serializers.ChoiceField(LEVELS)
    metadata = MetadataField(required=False)


class VerificationFilters(PageFilters):
    """Which verifications."""

    customer_id = PublicIdField("cus", required=False)
    status = serializers.ChoiceField(VerificationStatus.choices, required=False)
    metadata = MetadataField(stays=True)


class OwnerIn(StrictSerializer):
    """A person who owns more than 25 %, or controls the business."""

    name = serializers.CharField(max_length=200)
    born_on = serializers.DateField()
    country = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2: residence")
    share = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, help_text="Per cent; `0` for control by other means"
    )


class OwnersIn(StrictSerializer):
    """All owners at once."""

    owners = OwnerIn(many=True, max_length=20, help_text="Empty when nobody owns more than 25 % or controls the business")


class OwnerOut(StrictSerializer):
    """An owner; who it is never comes out again."""

    id = PublicIdField("ubo")
    share = serializers.CharField(help_text="Per cent")


class ItemOut(StrictSerializer):
    """One thing that is asked for."""

    id = PublicIdField("vit")
    kind = serializers.ChoiceField(KINDS, help_text="The first six are read from the customer: change the customer to give them")
    status = serializers.ChoiceField(ItemStatus.choices)
    ask_code = serializers.ChoiceField(AskCode.choices, allow_null=True, help_text="Why it is asked for again")
    any_of = serializers.ListField(
        child=serializers.ChoiceField(DocumentType.choices), help_text="Documents of which one is wanted"
    )
    max_age_days = serializers.IntegerField(allow_null=True, help_text="How old the document may be")
    owner_id = PublicIdField("ubo", allow_null=True, help_text="Whose document, where it is an owner's")


class VerificationOut(StrictSerializer):
    """One attempt to know a customer to a level."""

    id = PublicIdField("vrf")
    customer_id = PublicIdField("cus")
    level = serializers.ChoiceField(LEVELS)
    status = serializers.ChoiceField(VerificationStatus.choices)
    reason_code = serializers.ChoiceField(RefusalCode.choices, allow_null=True, help_text="Why it was refused")
    items = ItemOut(many=True)
    owners = OwnerOut(many=True)
    renews = PublicIdField("vrf", allow_null=True, help_text="The approval that runs out and that this one follows")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until when items are taken; approved: until when it holds")
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()


class DocumentIn(StrictSerializer):
    """What is told of the file beside it."""

    type = serializers.ChoiceField(DocumentType.choices)
    item_id = PublicIdField("vit", required=False, help_text="For which item; by default the one that asks for the type")
    number = serializers.CharField(max_length=40, required=False)
    issuer = serializers.CharField(min_length=2, max_length=2, required=False, help_text="Country of issue, ISO 3166-1 alpha-2")
    zone = serializers.CharField(
        max_length=200, required=False, trim_whitespace=False, help_text="Text of the machine-readable zone, a line per line"
    )
    issued_on = serializers.DateField(required=False)
    expires_on = serializers.DateField(required=False)


class DocumentFilters(PageFilters):
    """Which documents."""

    verification_id = PublicIdField("vrf", required=False)
    customer_id = PublicIdField("cus", required=False)


class DocumentOut(StrictSerializer):
    """A file that was given; its content and number never come out again."""

    id = PublicIdField("doc")
    verification_id = PublicIdField("vrf")
    customer_id = PublicIdField("cus")
    item_id = PublicIdField("vit", allow_null=True)
    type = serializers.ChoiceField(DocumentType.choices)
    status = serializers.ChoiceField(DocumentStatus.choices, help_text="`REFUSED`: the file is not safe, and was not kept")
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    issued_on = serializers.DateField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()


class DecisionIn(StrictSerializer):
    """What an officer would decide."""

    decision = serializers.ChoiceField([("APPROVE", "Approve"), ("REFUSE", "Refuse"), ("ASK_AGAIN", "Ask again")])
    reason_code = serializers.ChoiceField(RefusalCode.choices, required=False, help_text="With `REFUSE`")
    ask_code = serializers.ChoiceField(AskCode.choices, required=False, help_text="With `ASK_AGAIN`")
    item_ids = serializers.ListField(child=PublicIdField("vit"), max_length=40, required=False, help_text="With `ASK_AGAIN`")


def verification(row: Verification) -> dict[str, Any]:
    """A verification as its partner may see it: neither checks, duplicates nor proposals, nor which items an officer has looked at."""
    is_decided = row.status == VerificationStatus.APPROVED
    return {
        "id": row.public_id,
        "customer_id": ids.public_id(Customer.PREFIX, row.customer_id),
        "level": row.level,
        "status": row.status,
        "reason_code": row.reason_code or None,
        "items": [_item(each, is_decided) for each in row.items.all() if each.kind != ItemKind.DUPLICATE],
        "owners": [{"id": each.public_id, "share": f"{each.share:.2f}"} for each in row.owners.all()],
        "renews": ids.public_id(Verification.PREFIX, row.renews_id) if row.renews_id else None,
        "expires_at": moment_or_null(row.expires_at),
        "submitted_at": moment_or_null(row.submitted_at),
        "decided_at": moment_or_null(row.decided_at),
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
    }


def document(row: Document) -> dict[str, Any]:
    """A document, without what is in it."""
    return {
        "id": row.public_id,
        "verification_id": ids.public_id(Verification.PREFIX, row.verification_id),
        "customer_id": ids.public_id(Customer.PREFIX, row.customer_id),
        "item_id": ids.public_id(VerificationItem.PREFIX, row.item_id) if row.item_id else None,
        "type": row.type,
        "status": row.status,
        "content_type": str(row.content_type),
        "size_bytes": row.size_bytes,
        "issued_on": row.issued_on.isoformat() if row.issued_on else None,
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        "created_at": moment(row.created_at),
    }


def _item(row: VerificationItem, is_decided: bool) -> dict[str, Any]:
    status = ItemStatus.PROVIDED if row.status == ItemStatus.ACCEPTED and not is_decided else row.status
    return {
        "id": row.public_id,
        "kind": row.kind,
        "status": status,
        "ask_code": row.ask_code or None,
        "any_of": row.any_of,
        "max_age_days": row.max_age_days,
        "owner_id": ids.public_id(BeneficialOwner.PREFIX, row.owner_id) if row.owner_id else None,
    }
