"""Lists by cursor: ``limit``, ``starting_after``, ``ending_before``; answered as ``{"data": […], "has_more": …}``.

Rows have UUIDv7 keys, so the order of the key is the order of creation and no two rows are equal: a page never repeats or
skips a row, whatever is inserted meanwhile, and costs one index range however deep it lies.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from flowlet.api.errors import MalformedCursor
from flowlet.core import ids
from flowlet.core.errors import NotFound


def page(
    queryset: QuerySet,
    request: Any,
    *,
    render: Callable[[Any], dict[str, Any]],
    order: str = "-id",
    read: Callable[[str], Any] | None = None,
) -> dict[str, Any]:
    """One page of ``queryset`` for a request whose endpoint takes ``PageFilters``.

    ``render`` makes the JSON of a row, with its public id under ``id``. ``order`` is one unique column, newest first by default
    (``-id``). ``read`` turns the id given as cursor into that column's value; by default the UUID behind the model's public id.
    Raises MalformedCursor.
    """
    query = request.query
    column, newest_first = order.lstrip("-"), order.startswith("-")
    after, before = query.get("starting_after"), query.get("ending_before")
    if after is not None and before is not None:
        raise MalformedCursor("Give starting_after or ending_before, not both.", param="ending_before")
    backwards = before is not None
    cursor = before if backwards else after
    if cursor is not None:
        param = "ending_before" if backwards else "starting_after"
        try:
            value = read(cursor) if read else ids.parse(queryset.model.PREFIX, cursor)
        except NotFound:
            raise MalformedCursor(param=param) from None
        queryset = queryset.filter(**{f"{column}__{'lt' if newest_first != backwards else 'gt'}": value})
    limit = query["limit"]
    rows = list(queryset.order_by(f"-{column}" if newest_first != backwards else column)[: limit + 1])
    has_more = len(rows) > limit
    del rows[limit:]
    if backwards:
        rows.reverse()
    return {"data": [render(row) for row in rows], "has_more": has_more}
