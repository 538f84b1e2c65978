"""Terms that count from a moment on: fee schedules, limits of rails."""

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet


def same_scope(rows: type[Model], *, partner_id: UUID | None, **scope: Any) -> QuerySet:
    """All terms for exactly this, those that come first; also those that are yet to come."""
    return rows._default_manager.filter(partner_id=partner_id, **scope).order_by("-valid_from", "-id")
