"""From a request to the actor that services are told about."""

from django.http import HttpRequest

from flowlet.core.actors import Actor, ActorKind


def client_ip(request: HttpRequest) -> str:
    """The address the request came from: what a middleware found out behind trusted proxies, else the peer's own."""
    return str(getattr(request, "client_ip", "") or request.META.get("REMOTE_ADDR", ""))


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in member of staff as an actor; the label is the roles, never a name."""
    user = request.user
    return Actor(
        kind=ActorKind.STAFF,
        id=user.public_id,
        label=str(getattr(user, "role_labels", "") or "staff"),
        ip=client_ip(request),
        request_id=str(getattr(request, "request_id", "") or getattr(request, "id", "")),
    )
