"""How pages of the lower storeys name what they only know by id: things by their public id, partners by their name."""

from typing import Any

from django.db.models import Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Partner
from accounts.selectors import staff
from flowlet.backoffice import cells


def link(public_id: str) -> Any:
    """A link to the thing's own page, which opens for whoever may see it."""
    if "_" not in public_id:
        return public_id or cells.DASH
    return cells.href(f"{reverse('admin:find')}?{urlencode({'q': public_id})}", public_id)


def person(public_id: str) -> Any:
    """A member of staff by name, with a link; others by their id. One query."""
    actor = f"staff:{public_id}"
    user = staff.behind([actor]).get(actor)
    return cells.link(user, user.name or user.email) if user is not None else link(public_id)


def with_partner(queryset: QuerySet) -> QuerySet:
    """The rows with ``partner_label``, such as ``Acme (Live)``; tables down there know no partner, so there is nothing to join."""
    partner = Partner.objects.filter(pk=OuterRef("partner_id")).values(
        label=Concat("name", Value(" ("), Func("mode", function="initcap"), Value(")"))
    )
    return queryset.annotate(partner_label=Subquery(partner))


def partner(row: Any) -> str:
    """The partner's label of a row that ``with_partner`` gave."""
    return row.partner_label or "the platform"
