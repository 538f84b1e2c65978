"""Rows by what partners noted on them."""

from collections.abc import Mapping

from django.db.models import QuerySet


def noted(queryset: QuerySet, metadata: Mapping[str, str] | None, *, field: str = "metadata") -> QuerySet:
    """Rows whose metadata has all these names with these texts. The index leaves out empty metadata, which is said in its words."""
    if not metadata:
        return queryset
    return queryset.exclude(**{field: {}}).filter(**{f"{field}__contains": dict(metadata)})
