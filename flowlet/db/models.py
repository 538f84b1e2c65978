"""Abstract bases: a row with a UUIDv7 key and a public id."""

from typing import Any, ClassVar, Self
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from flowlet.core import clock, ids
from flowlet.core.errors import NotFound


class Identified(models.Model):
    """A row with a time-sortable UUIDv7 key, shown outside as ``<prefix>_<base32>``."""

    PREFIX: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id partners see."""
        return ids.public_id(self.PREFIX, self.pk)

    @classmethod
    def key(cls, public_id: str) -> UUID:
        """The key behind a public id of this kind. Raises MalformedId (a 404)."""
        return ids.parse(cls.PREFIX, public_id)

    @classmethod
    def fetch(cls, public_id: str, **scope: Any) -> Self:
        """The row with this public id within ``scope``, e.g. ``partner_id=…``. Raises NotFound when there is none in it."""
        try:
            return cls._default_manager.get(pk=cls.key(public_id), **scope)
        except (cls.DoesNotExist, ValidationError):
            raise NotFound(f"There is no {cls._meta.verbose_name} {public_id}.") from None


class Timestamped(models.Model):
    """When the row came to be; services hand the moment in."""

    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True
