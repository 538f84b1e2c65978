"""One declaration per operation: what it takes, gives and refuses.

``@endpoint(…)`` on a view's method is obeyed at run time (query and body are parsed by it) and is the source of the OpenAPI
document, of the examples on the docs page, and of the tests that execute them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rest_framework import serializers

from flowlet.api.serializers import Filters, StrictSerializer
from flowlet.api.uploads import Upload
from flowlet.core import ids
from flowlet.core.errors import DomainError

# 2026-01-15T09:30:00Z in milliseconds, the moment at which the examples' world was made.
_EXAMPLE_MS = 1_768_469_400_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The declaration of one operation; ``endpoint`` describes the members."""

    summary: str
    description: str
    query: type[Filters] | None
    body: type[StrictSerializer] | None
    response: type[serializers.BaseSerializer] | None
    status: int
    errors: tuple[type[DomainError], ...]
    path_example: Mapping[str, str]
    query_example: Mapping[str, str]
    body_example: Any
    example: Any
    produces: tuple[str, ...]
    upload: Upload | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)


def endpoint(
    *,
    summary: str,
    description: str = "",
    query: type[Filters] | None = None,
    body: type[StrictSerializer] | None = None,
    response: type[serializers.BaseSerializer] | None = None,
    status: int = 200,
    errors: tuple[type[DomainError], ...] = (),
    path_example: Mapping[str, str] | None = None,
    query_example: Mapping[str, str] | None = None,
    body_example: Any = None,
    example: Any = None,
    produces: tuple[str, ...] = ("application/json",),
    upload: Upload | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a view's method.

    ``query`` and ``body`` are parsed before the method runs and stand in ``request.query`` and ``request.data``; without them any
    parameter or field is refused. ``response`` is the serializer that describes the answer (``paged(…)`` for lists),
    ``status`` its HTTP status. ``errors`` are the refusals of the service behind it; those of the door (401, 403, 429 …) are
    added by themselves. ``body_example`` and ``example`` are a request and its answer, with ids made by ``example_id``;
    ``path_example`` gives the ids in the path (by default the first ``example_id`` of the declared prefix), ``query_example``
    parameters. A test executes them. ``produces`` lists further media types of the answer, such as text/csv.
    With ``upload`` the body is multipart/form-data: the fields of ``body`` as texts, and a file, which stands in ``request.file``.
    """

    def declare(method: Callable[..., Any]) -> Callable[..., Any]:
        method.endpoint = Endpoint(  # type: ignore[attr-defined]
            summary=summary,
            description=description or (method.__doc__ or "").strip(),
            query=query,
            body=body,
            response=response,
            status=status,
            errors=errors,
            path_example=path_example or {},
            query_example=query_example or {},
            body_example=body_example,
            example=example,
            produces=produces,
            upload=upload,
        )
        return method

    return declare


def example_id(prefix: str, number: int = 1) -> str:
    """The public id of the ``number``-th thing of a kind in the documentation: the same in every example."""
    tail = int.from_bytes(prefix.encode()[:4].ljust(4, b"_"), "big") << 16 | number
    return ids.public_id(prefix, UUID(int=(_EXAMPLE_MS << 80) | (0x7 << 76) | (0b10 << 62) | tail))


def paged(item: type[serializers.Serializer]) -> type[StrictSerializer]:
    """The serializer of a page of ``item``."""
    name = f"{item.__name__.removesuffix('Out')}Page"
    known = _pages.get(item)
    if known is None:
        known = _pages[item] = type(
            name,
            (StrictSerializer,),
            {
                "data": item(many=True),
                "has_more": serializers.BooleanField(help_text="Whether the list goes on in the direction asked for"),
                "__doc__": "One page of a list.",
                "__module__": item.__module__,
            },
        )
    return known


_pages: dict[type, type[StrictSerializer]] = {}


def page_example(*items: Any, has_more: bool = False) -> dict[str, Any]:
    """The example of a page."""
    return {"data": list(items), "has_more": has_more}
