"""Rows with a small internal key (it stands in every entry) and a UUIDv7 for the outside."""

from typing import Any, ClassVar, Self

from django.db import models

from flowlet.core import ids
from flowlet.core.errors import NotFound


class Numbered(models.Model):
    """A row with a bigint key and a public id from its ``uid``."""

    PREFIX: ClassVar[str]

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(unique=True, default=ids.uuid7, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id partners see."""
        return ids.public_id(self.PREFIX, self.uid)

    @classmethod
    def fetch(cls, public_id: str, **scope: Any) -> Self:
        """The row with this public id within ``scope``. Raises NotFound when there is none in it."""
        try:
            return cls._default_manager.get(uid=ids.parse(cls.PREFIX, public_id), **scope)
        except cls.DoesNotExist:
            raise NotFound(f"There is no {cls._meta.verbose_name} {public_id}.") from None
