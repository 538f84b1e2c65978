"""Serializers that refuse unknown fields and wrong JSON types.

``StrictSerializer.parse(data)`` validates without building the serializer anew for each request, which costs more than the
validation itself. Serializers therefore keep no state of their own between calls.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from rest_framework import serializers

from flowlet.api.fields import MomentField

_TEXT = (
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.TimeField,
    serializers.UUIDField,
    serializers.DecimalField,
)


def _wants(field: serializers.Field) -> tuple[type, str] | None:
    """The JSON type that the field takes and its name, or None where the field looks for itself."""
    if isinstance(field, serializers.BooleanField):
        return bool, "true or false"
    if isinstance(field, serializers.IntegerField):
        return int, "a whole number"
    if isinstance(field, _TEXT) and not isinstance(field, serializers.MultipleChoiceField):
        return str, "a text"
    return None


def _plan_of(serializer: serializers.Serializer) -> dict[str, tuple[tuple[type, str] | None, int | None]]:
    """What each field that can be sent wants to be, and how long it may be."""
    fields = {name: field for name, field in serializer.fields.items() if not field.read_only}
    return {
        name: (_wants(field), getattr(field, "max_length", None) if isinstance(field, _TEXT) else None)
        for name, field in fields.items()
    }


class StrictSerializer(serializers.Serializer):
    """Takes exactly the declared fields, in exactly their JSON types: ``"1"`` is no number and ``1`` is no text."""

    default_error_messages = {"unknown": "There is no such field.", "type": "This has to be {type}."}
    from_query = False

    @classmethod
    def shared(cls) -> Self:
        """The one instance of this class that all requests validate with."""
        found = cls.__dict__.get("_shared")
        if found is None:
            found = cls()
            found._plan = _plan_of(found)
            cls._shared = found
        return found

    @classmethod
    def parse(cls, data: Any) -> dict[str, Any]:
        """The validated data of one request. Raises ValidationError with all that is wrong."""
        return cls.shared().run_validation(data)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Check names and types, then let the fields check themselves."""
        if isinstance(data, Mapping):
            plan = self.__dict__.get("_plan")
            if plan is None:
                plan = self._plan = _plan_of(self)
            errors: dict[str, list[serializers.ErrorDetail]] = {}
            for name, value in data.items():
                if name not in plan:
                    errors[str(name)[:80]] = [serializers.ErrorDetail(self.error_messages["unknown"], code="unknown")]
                    continue
                wanted, longest = plan[name]
                if not self.from_query and wanted is not None and value is not None and type(value) is not wanted[0]:
                    message = self.error_messages["type"].format(type=wanted[1])
                    errors[name] = [serializers.ErrorDetail(message, code="type")]
                elif longest is not None and isinstance(value, str) and len(value) > longest:
                    # As it was sent: fields count what is left without the spaces around it.
                    message = serializers.CharField.default_error_messages["max_length"].format(max_length=longest)
                    errors[name] = [serializers.ErrorDetail(message, code="max_length")]
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


class Filters(StrictSerializer):
    """Base of query parameters: the same rules for names, values converted from text."""

    from_query = True


class MomentRange(Filters):
    """``created[gte]=…``: moments from (``gte``), after (``gt``), until (``lte``) and before (``lt``)."""

    gte = MomentField(required=False)
    gt = MomentField(required=False)
    lte = MomentField(required=False)
    lt = MomentField(required=False)


class DayRange(Filters):
    """``effective_on[gte]=…``: days from (``gte``), after (``gt``), until (``lte``) and before (``lt``)."""

    gte = serializers.DateField(required=False)
    gt = serializers.DateField(required=False)
    lte = serializers.DateField(required=False)
    lt = serializers.DateField(required=False)


class PageFilters(Filters):
    """What every list takes: ``limit`` (1 to 100), and ``starting_after`` or ``ending_before``, the id of an item."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=25, help_text="How many items at most")
    starting_after = serializers.CharField(required=False, max_length=64, help_text="The id of the item before the page")
    ending_before = serializers.CharField(required=False, max_length=64, help_text="The id of the item after the page")


def between(name: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Django lookups for a range filter: ``{"created_at__gte": …}`` from ``{"gte": …}``; empty for None."""
    return {f"{name}__{operator}": value for operator, value in (given or {}).items()}


def narrowed(query: Mapping[str, Any], exactly: Iterable[str] | Mapping[str, str]) -> dict[str, Any]:
    """What most lists are narrowed by, for a selector: ``exactly`` these (filters named as their column, or each with its column),
    ``metadata``, and when the row was ``created``.
    """
    columns = exactly if isinstance(exactly, Mapping) else {name: name for name in exactly}
    return {
        **{column: query[name] for name, column in columns.items() if name in query},
        **between("created_at", query.get("created")),
        "metadata": query.get("metadata"),
    }
