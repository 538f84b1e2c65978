"""Serializer fields that refuse rather than coerce."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from flowlet.core import ids, money
from flowlet.core.errors import DomainError

ID_BODY = "[0-7][0-9a-hjkmnp-tv-z]{25}"


class MoneySerializerField(serializers.Field):
    """``{"amount": "12.50", "currency": "USD"}`` from and to Money. ``positive=False`` also takes zero and negative amounts."""

    refusals = (money.UnknownCurrency, money.MalformedAmount, money.TooPrecise, money.NotPositive, money.AmountTooLarge)

    def __init__(self, *, positive: bool = True, **options: Any) -> None:
        self.positive = positive
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> money.Money:
        """Money, exact to the currency, or a validation error with the ``money.…`` code."""
        try:
            return money.from_json(data, positive=self.positive)
        except DomainError as error:
            part = error.param.rpartition(".")[2] if isinstance(data, Mapping) and set(data) == {"amount", "currency"} else ""
            detail = serializers.ErrorDetail(error.message, code=error.code)
            raise serializers.ValidationError({part: [detail]} if part else [detail]) from None

    def to_representation(self, value: money.Money) -> dict[str, str]:
        """The JSON form."""
        return money.to_json(value)


class PublicIdField(serializers.Field):
    """A public id such as ``wal_01k9…``: the UUID inside, the text outside."""

    default_error_messages = {"malformed_id": "This is not an id of the form {prefix}_…"}

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> UUID:
        """The UUID behind the id."""
        try:
            return ids.parse(self.prefix, data if isinstance(data, str) else "")
        except ids.MalformedId:
            self.fail("malformed_id", prefix=self.prefix)

    def to_representation(self, value: Any) -> str:
        """The public id; a text is taken as one already."""
        return value if isinstance(value, str) else ids.public_id(self.prefix, value)


class CurrencyField(serializers.Field):
    """An ISO 4217 code of a currency that money can be held in."""

    refusals = (money.UnknownCurrency,)

    def to_internal_value(self, data: Any) -> str:
        """The code, checked."""
        try:
            money.exponent(data if isinstance(data, str) else "")
        except DomainError as error:
            raise serializers.ValidationError(error.message, code=error.code) from None
        return data

    def to_representation(self, value: Any) -> str:
        """The code."""
        return str(value)


class MetadataField(serializers.Field):
    """The partner's own notes on an object: up to 50 names of up to 40 characters with texts of up to 500 characters.

    Not required, it is empty when left out; with ``stays``, for a change, left out is not the same as empty.
    """

    MAX_NAMES, MAX_NAME, MAX_VALUE = 50, 40, 500
    default_error_messages = {
        "not_an_object": "Metadata is an object of texts.",
        "too_many": "Metadata has at most 50 names.",
        "name": "A name has 1 to 40 characters and no square brackets.",
        "value": "A value is a text of at most 500 characters.",
    }

    def __init__(self, *, stays: bool = False, **options: Any) -> None:
        if stays:
            options["required"] = False
        elif options.get("required") is False:
            options.setdefault("default", dict)
            options.pop("required")
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """The same, checked."""
        if not isinstance(data, dict):
            self.fail("not_an_object")
        if len(data) > self.MAX_NAMES:
            self.fail("too_many")
        for name, value in data.items():
            if not 1 <= len(name) <= self.MAX_NAME or "[" in name or "]" in name:
                self.fail("name")
            if not isinstance(value, str) or len(value) > self.MAX_VALUE:
                raise serializers.ValidationError(
                    {name: [serializers.ErrorDetail(self.error_messages["value"], code="value")]},
                )
        return data

    def to_representation(self, value: Any) -> dict[str, str]:
        """The same."""
        return value


class MomentField(serializers.DateTimeField):
    """A moment in RFC 3339 with its offset; without one it would be a guess, and is refused. Shown in UTC with ``Z``."""

    default_error_messages = {"naive": "Give the offset from UTC, such as 2026-01-31T12:00:00Z."}

    def to_internal_value(self, value: Any) -> datetime:
        """The aware moment in UTC."""
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value.upper() else None
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss[.ffffff]Z")
        if moment.tzinfo is None:
            self.fail("naive")
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            self.fail("overflow")

    def to_representation(self, value: Any) -> str | None:
        """RFC 3339 in UTC."""
        return moment_or_null(value)


def moment(value: datetime) -> str:
    """A moment as the API writes it: RFC 3339 in UTC with ``Z``, such as ``2026-01-31T12:00:00.123456Z``."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def moment_or_null(value: datetime | None) -> str | None:
    """The same, where there may be none."""
    return None if value is None else moment(value)
