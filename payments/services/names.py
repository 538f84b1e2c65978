"""What a partner writes on an object: its external id, checked and kept unique."""

from uuid import UUID

from django.db import models

from payments import errors


def checked_external_id(value: str | None) -> str:
    """The id, "" for none. Raises MalformedExternalId."""
    text = "" if value is None else str(value)
    if len(text) > 128 or (text and (not text.isprintable() or text != text.strip())):
        raise errors.MalformedExternalId(param="external_id")
    return text


def duplicate_external_id(kind: type[models.Model], *, partner_id: UUID, external_id: str) -> errors.DuplicateExternalId:
    """The refusal, naming the twin where it can be seen."""
    twin = kind._default_manager.filter(partner_id=partner_id, external_id=external_id).first()
    return errors.DuplicateExternalId(
        f"{external_id!r} is taken.", param="external_id", **({"id": twin.public_id} if twin else {}), external_id=external_id
    )
