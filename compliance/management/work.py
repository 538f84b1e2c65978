"""What every command of a queue has, with the powers of its page: the list, next, taking and giving, many at once, spread, kept filters."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import QuerySet

from accounts.management.deeds import OPTIONAL, Deed, Option, line, option
from accounts.models import User
from accounts.services import staff
from compliance.choices.work import MANAGE
from compliance.models import SavedFilter, WorkItem
from compliance.selectors import work
from compliance.services import queues, saved_filters
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import NotFound

PERSON = option("--to", keyword="person", required=True, metavar="EMAIL", help="who gets it")
WHOSE = option("--as", keyword="person", required=True, metavar="EMAIL", help="whose queue")
LIMIT = option("--limit", type=int, default=100)


def narrowing(model: type[WorkItem], *, with_saved: bool = True) -> tuple[Option, ...]:
    """Which queue, and what of it."""
    names = [found.name for found in work.of_model(model)]
    saved = option("--saved", metavar="NAME", help="queue and filters that you keep under the name")
    return (
        option("--queue", choices=names, help=f"default: {names[0]}"),
        option("--filter", keyword="filters", action="append", metavar="NAME=VALUE", help=f"of {', '.join(work.FILTERS)}"),
        *((saved,) if with_saved else ()),
    )


def asked(
    model: type[WorkItem], *, queue: str | None, filters: Sequence[str] | None, person: User, saved: str | None = None
) -> tuple[str, dict[str, str]]:
    """Queue and filters. Raises CommandError, QueueUnknown for what is not kept, or kept for other work."""
    if saved is not None:
        name, found = saved_filters.named(person=person, name=saved)
        if work.queue(name).model is not model:
            raise CommandError(f"{saved} is of the queue {name}.")
        return name, found
    pairs = [text.partition("=") for text in filters or ()]
    if any(not sign for _, sign, _ in pairs):
        raise CommandError("A filter is written NAME=VALUE.")
    return queue or work.of_model(model)[0].name, {name: value for name, _, value in pairs}


def waiting(model: type[WorkItem], *, person: str, limit: int, **narrowed: Any) -> QuerySet[Any]:
    """What the list shows to a member of staff, the most urgent first. Raises what ``asked`` does, NotFound, Forbidden."""
    user = User.fetch(staff.acting(email=person, permission=work.of_model(model)[0].permission).id)
    queue, filters = asked(model, person=user, **narrowed)
    found = work.queue(queue)
    staff.acting(email=person, permission=found.permission)
    return work.waiting(found, person=user, at=clock.now(), filters=filters).select_related("assignee")[:limit]


def colleague(email: str) -> User:
    """The member of staff with this address. Raises NotFound."""
    found = User.objects.filter(email__iexact=email.strip(), is_staff=True, is_active=True).first()
    if found is None:
        raise NotFound(f"{email} is no active member of staff.")
    return found


def content_of(file: Path) -> bytes:
    """The bytes of a file. Raises CommandError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None


def keys_of(model: type[WorkItem], *, limit: int, actor: Actor, at: datetime, **narrowed: Any) -> list[UUID]:
    """The most urgent of a queue that nobody else has."""
    person = User.fetch(actor.id)
    queue, filters = asked(model, person=person, **narrowed)
    rows = work.waiting(work.queue(queue), person=person, at=at, filters=filters)
    return list(work.free(rows, person=person, at=at).values_list("pk", flat=True)[:limit])


def told(result: queues.Bulk) -> str:
    """How many were done, and why others were not."""
    return "\n".join([f"{result.done} done.", *(line(key, why) for key, why in result.refused.items())])


def words(model: type[WorkItem]) -> tuple[Deed, ...]:
    """The words of a queue's page, with the rights of its buttons."""
    permission = work.of_model(model)[0].permission

    def next_item(*, actor: Actor, at: datetime, **narrowed: Any) -> str:
        queue, filters = asked(model, person=User.fetch(actor.id), **narrowed)
        row = queues.next_item(queue=queue, filters=filters, actor=actor, at=at)
        return "Nothing waits there." if row is None else line(row.public_id, row.priority, row)

    def give(*, item_id: UUID, person: str, reason: str, actor: Actor, at: datetime) -> Any:
        return queues.assign(item_id=item_id, model=model, person=colleague(person), reason=reason, actor=actor, at=at)

    def give_many(*, person: str, reason: str, actor: Actor, at: datetime, **narrowed: Any) -> queues.Bulk:
        keys = keys_of(model, actor=actor, at=at, **narrowed)
        return queues.assign_many(item_ids=keys, model=model, person=colleague(person), reason=reason, actor=actor, at=at)

    def keep(*, name: str, actor: Actor, at: datetime, **narrowed: Any) -> SavedFilter:
        person = User.fetch(actor.id)
        queue, filters = asked(model, person=person, **narrowed)
        return saved_filters.keep(person=person, name=name, queue=queue, filters=filters, at=at)

    def forget(*, name: str, actor: Actor, at: datetime) -> None:
        saved_filters.remove(person=User.fetch(actor.id), name=name)

    def kept(*, actor: Actor, at: datetime) -> str:
        found = saved_filters.of(User.fetch(actor.id), model=model)
        return "\n".join(line(one.name, one.query) for one in found) or "You keep none."

    on_row: dict[str, Any] = {"model": model, "permission": permission, "subject": "item_id"}
    on_list: dict[str, Any] = {"permission": permission}
    name = option("name", metavar="NAME")
    return (
        Deed(
            name="next",
            service=next_item,
            options=narrowing(model),
            told=str,
            help="take the most urgent, locked",
            **on_list,
        ),
        Deed(name="take", service=partial(queues.take, model=model), help="become the one whose it is", **on_row),
        Deed(name="assign", service=give, options=(PERSON,), reason=OPTIONAL, help="give it to a colleague", **on_row),
        Deed(
            name="assign-many",
            permission=MANAGE,
            service=give_many,
            options=(*narrowing(model), LIMIT, PERSON),
            reason=OPTIONAL,
            told=told,
            help="give the most urgent of a queue",
        ),
        Deed(
            name="spread",
            permission=MANAGE,
            service=partial(queues.spread, model=model),
            told=lambda count: f"{count} given.",
            help="what nobody has, by skill and load",
        ),
        Deed(
            name="keep-filter",
            service=keep,
            options=(name, *narrowing(model, with_saved=False)),
            told=lambda row: f"{row.name}: {row.query}",
            help="under a name of your own",
            **on_list,
        ),
        Deed(name="remove-filter", service=forget, options=(name,), help="keep it no longer", **on_list),
        Deed(name="filters", service=kept, told=str, help="those that you keep", **on_list),
    )
