"""The forms of requests of persons."""

from rest_framework import serializers

from compliance.choices import RightKind, RightState
from flowlet.api.fields import PublicIdField, moment_or_null
from flowlet.api.serializers import PageFilters, StrictSerializer

__all__ = ["RightsDocumentOut", "RightsRequestFilters", "RightsRequestIn", "RightsRequestOut", "moment_or_null"]


class RightsRequestIn(StrictSerializer):
    """Who asks for what."""

    customer_id = PublicIdField("cus")
    kind = serializers.ChoiceField(RightKind.choices)
    received_on = serializers.DateField(required=False, help_text="The day on which it reached you; today without it")


class RightsRequestFilters(PageFilters):
    """Which requests."""

    customer_id = PublicIdField("cus", required=False)


class RightsRequestOut(StrictSerializer):
    """A request of a person."""

    id = PublicIdField("rrq")
    customer_id = PublicIdField("cus")
    kind = serializers.ChoiceField(RightKind.choices)
    status = serializers.ChoiceField(RightState.choices)
    received_on = serializers.DateField()
    due_on = serializers.DateField(help_text="By when it is answered")
    takes_longer = serializers.BooleanField(help_text="Whether two months were added; we tell you why by letter")
    not_before = serializers.DateField(
        allow_null=True, help_text="Before this day nothing more is erased; null without such a day"
    )
    answered_at = serializers.DateTimeField(allow_null=True)


class LawfulGroundOut(StrictSerializer):
    """Why data of a sort are there."""

    data = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField()
    lawful_ground = serializers.CharField()


class RightsDocumentOut(StrictSerializer):
    """A copy of the data, or a letter."""

    title = serializers.CharField()
    made_at = serializers.DateTimeField(allow_null=True, help_text="Of a copy")
    text = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="Of a letter")
    data = serializers.DictField(
        child=serializers.ListField(child=serializers.DictField()), allow_null=True, help_text="Of a copy: records by their sort"
    )
    register = LawfulGroundOut(many=True, allow_null=True, help_text="Of a copy: why each sort is there")
    your_rights = serializers.ListField(child=serializers.CharField())
