"""What a partner writes on an object: its external id, checked and kept unique."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, models

from wallets import errors


def checked_external_id(value: str | None) -> str:
    """The id, "" for none. Raises MalformedExternalId."""
    text = "" if value is None else str(value)
    if len(text) > 128 or (text and (not text.isprintable() or text != text.strip())):
        raise errors.MalformedExternalId(param="external_id")
    return text


@contextmanager
def unique_external_id(kind: type[models.Model], *, partner_id: UUID, external_id: str) -> Iterator[None]:
    """Turn the database's refusal of a second row with the external id into DuplicateExternalId."""
    try:
        yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if "external_id_is_unique_per_partner" not in name:
            raise
        raise errors.DuplicateExternalId(f"{external_id!r} is taken.", param="external_id", external_id=external_id) from None


def check_external_id_is_free(kind: type[models.Model], *, partner_id: UUID, external_id: str) -> None:
    """Raises DuplicateExternalId, naming the twin. The constraint has the last word."""
    if external_id:
        twin = kind.objects.filter(partner_id=partner_id, external_id=external_id).only("id").first()
        if twin is not None:
            raise errors.DuplicateExternalId(
                f"{external_id!r} is taken by {twin.public_id}.", param="external_id", id=twin.public_id, external_id=external_id
            )
