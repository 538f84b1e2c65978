"""For whom the current thread works: every log line of it carries these names.

The middleware binds the request, authentication binds the actor, Celery's hooks bind the task. The names are bound once and cleared
when the request or the task is over.
"""

from uuid import UUID

from structlog import contextvars

from flowlet.core.actors import Actor


def bind_request(request_id: str) -> None:
    """Start a new context that carries the request's id."""
    contextvars.clear_contextvars()
    contextvars.bind_contextvars(request_id=request_id)


def bind_actor(actor: Actor, *, partner_id: UUID | None = None) -> None:
    """Add who acts (kind and public id, never a name) and for which partner."""
    names = {"actor": str(actor)}
    if partner_id is not None:
        names["partner"] = str(partner_id)
    contextvars.bind_contextvars(**names)


def bind_task(*, name: str, task_id: str, request_id: str = "") -> None:
    """Start a new context for a background task; ``request_id`` is the request that scheduled it."""
    contextvars.clear_contextvars()
    contextvars.bind_contextvars(
        task=name, task_id=task_id, actor=f"system:{name}", **({"request_id": request_id} if request_id else {})
    )


def request_id() -> str:
    """The request's id, or "" outside requests."""
    return str(contextvars.get_contextvars().get("request_id", ""))


def clear() -> None:
    """Forget everything."""
    contextvars.clear_contextvars()
