"""The pages of work: the queue with its clock, next, the lock on what is open, saved filters."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html

from compliance.admin.work_filters import QueueFilter, asked, kept
from compliance.choices.work import HIGH, URGENT, WORK
from compliance.models import Alert, Case, WorkItem
from compliance.policies.work import TERMS, called, check_is_free, is_taken
from compliance.services import queues, saved_filters, work_notes
from flowlet.backoffice import CaseAdmin, Transition, cells, permissions
from flowlet.backoffice.actors import actor_of
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError

LOOK, CLOSED, ALL = "compliance.view_alert", "closed", "all"


class WorkAdmin(CaseAdmin):
    """A queue and the page of one piece of work; ``decisions`` are the transitions after which the next item opens by itself.

    ``places`` are what else the list shows, under names; in those of ``newest_first`` ("" is a list without a name) nothing is urgent.
    """

    view_permission = LOOK
    work_permission = WORK
    places: ClassVar[Mapping[str, tuple[str, Q]]] = {
        ALL: ("All that is open", ~Q(state=CLOSED.upper())),
        CLOSED: ("Closed", Q(state=CLOSED.upper())),
    }
    newest_first: ClassVar[Sequence[str]] = (CLOSED,)
    change_list_template = "compliance/queue.html"
    decisions: ClassVar[Sequence[str]] = ()
    ordering = ("-priority", "due_at", "pk")
    list_select_related = ("assignee", "locked_by")
    page_budget = 45

    def get_urls(self) -> list[URLPattern]:
        """Next, hold and leave beside the usual ones; all of them are pressed, never followed."""
        name, wrap = f"{self.opts.app_label}_{self.opts.model_name}", self.admin_site.admin_view
        return [
            path("next/", wrap(self.next_view), name=f"{name}_next"),
            path("keep/", wrap(self.keep_view), name=f"{name}_keep"),
            path("<str:object_id>/hold/", wrap(self.hold_view), name=f"{name}_hold"),
            path("<str:object_id>/leave/", wrap(self.leave_view), name=f"{name}_leave"),
            *super().get_urls(),
        ]

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """The most urgent first; what is over, the newest first."""
        return ("-pk",) if request.GET.get("queue", "") in self.newest_first else self.ordering

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With Next, the person's saved filters, and bulk deeds on what is shown."""
        works = permissions.allows(request.user, self.work_permission)
        context = {
            "next_url": self._with(request, self._url("next")) if works else "",
            "keep_url": self._with(request, self._url("keep")) if works else "",
            "saved": saved_filters.of(request.user, model=self.model) if works else [],
            **(extra_context or {}),
        }
        response = super().changelist_view(request, context)
        shown = getattr(response, "context_data", None) or {}
        for button in shown.get("fl_buttons") or ():
            button["url"] = self._with(request, button["url"])
        if "cl" in shown and any(
            isinstance(one, QueueFilter) and one.chosen() in self.places for one in shown["cl"].filter_specs
        ):
            shown["keep_url"] = ""  # what is kept is a queue's
        return response

    def _buttons(self, request: HttpRequest, obj: Model) -> list[dict[str, Any]]:
        buttons = super()._buttons(request, obj)
        for button in buttons:
            button["url"] = self._with(request, button["url"])
        return buttons

    def _list_url(self, request: HttpRequest) -> str:
        seen = request.GET.get("_changelist_filters", "")
        return f"{self._url('changelist')}?{seen}" if seen else self._with(request, self._url("changelist"))

    @staticmethod
    def _with(request: HttpRequest, url: str) -> str:
        """The address with the queue and filters that one came from."""
        return f"{url}{kept(request)}"

    def detail(self, request: HttpRequest, obj: Model, **more: Any) -> HttpResponse:
        """The lock's panel asks the page itself. That what officers wrote was shown is in the audit before it is."""
        request.fl_work_admin = self
        if isinstance(obj, Alert | Case):
            work_notes.shown(item=obj, actor=actor_of(request), at=clock.now())
        return super().detail(request, obj, **more)

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Open the next item of the same queue and filters."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        after = request.GET.get("after", "")
        return self._open_next(request, after=self.model.key(after) if after else None)

    def _open_next(self, request: HttpRequest, *, after: UUID | None = None, decided: WorkItem | None = None) -> HttpResponse:
        queue, filters = asked(request, self.model, row=decided)
        try:
            row = queues.next_item(queue=queue, filters=filters, actor=actor_of(request), at=clock.now(), after=after)
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(self._url("changelist"))
        if row is None:
            messages.info(request, "Nothing waits here any more.")
            return HttpResponseRedirect(self._with(request, self._url("changelist")))
        return HttpResponseRedirect(self._with(request, self.url_of(row)))

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        answer = super()._done(request, transition, obj, result)
        if transition.name in self.decisions:
            return self._open_next(request, decided=obj)
        if obj is not None and isinstance(answer, HttpResponseRedirect):
            return HttpResponseRedirect(self._with(request, answer.url))
        return answer

    def hold_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Somebody who works on such things has it open."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row_or_404(request, object_id)
        if not permissions.allows(request.user, self.work_permission):
            return HttpResponse(status=204)
        if isinstance(row, Alert | Case):
            work_notes.see(item=row, person=request.user, at=clock.now())
        actor = actor_of(request)
        if not waits_since(row, at=clock.now()) or TERMS[type(row)].first(row) == str(actor):
            return HttpResponse(status=204)  # there is nothing to be decided by them: they keep nobody out
        try:
            held = queues.hold(item_id=row.pk, model=self.model, actor=actor, at=clock.now())
        except DomainError as refusal:
            return JsonResponse({"code": refusal.code, "message": refusal.message}, status=409)
        return JsonResponse({"until": held.locked_until.isoformat()})

    def leave_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """It is left."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row_or_404(request, object_id)
        if permissions.allows(request.user, self.work_permission):
            queues.leave(item_id=row.pk, model=self.model, actor=actor_of(request), at=clock.now())
        return HttpResponse(status=204)

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the queue and filters under a name, or remove one."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not permissions.allows(request.user, self.work_permission):
            raise PermissionDenied
        name = request.POST.get("name", "")
        queue, filters = asked(request, self.model)
        try:
            if "remove" in request.POST:
                saved_filters.remove(person=request.user, name=name)
            else:
                saved_filters.keep(person=request.user, name=name, queue=queue, filters=filters, at=clock.now())
        except DomainError as refusal:
            messages.error(request, refusal.message)
        return HttpResponseRedirect(self._with(request, self._url("changelist")))

    def lock_of(self, request: HttpRequest, row: WorkItem) -> dict[str, str]:
        """What the page's script needs, and who else has it open."""
        works = permissions.allows(request.user, self.work_permission)
        taken = is_taken(row, at=clock.now()) and row.locked_by_id != request.user.pk
        return {
            "hold_url": self._url("hold", row.public_id) if works else "",
            "leave_url": self._url("leave", row.public_id),
            "next_url": f"{self._url('next')}{kept(request, after=row.public_id)}" if works else "",
            "taken": f"{called(row.locked_by)} has it open until {row.locked_until:%H:%M} UTC" if taken else "",
        }

    # Columns

    @admin.display(description="urgency")
    def urgency(self, row: WorkItem) -> Any:
        """Its priority, coloured."""
        if not TERMS[type(row)].waits(row):
            return cells.DASH
        return cells.badge(row.priority, "bad" if row.priority >= URGENT else "warn" if row.priority >= HIGH else "neutral")

    @admin.display(description="age")
    def age(self, row: WorkItem) -> str:
        """Since it was opened."""
        return lasting(clock.now() - row.opened_at) if waits_since(row, at=clock.now()) else cells.DASH

    @admin.display(description="due in")
    def due(self, row: WorkItem) -> Any:
        """The clock: amber when two thirds of the time are gone, red when it is over."""
        return clock_of(row, at=clock.now())

    @admin.display(description="whose")
    def whose(self, row: WorkItem) -> Any:
        """Who was given it, or has it open."""
        if row.locked_by is not None and is_taken(row, at=clock.now()):
            return cells.badge(f"open: {called(row.locked_by)}", "info")
        return called(row.assignee) if row.assignee else cells.DASH

    @admin.display(description="state")
    def status(self, row: Any) -> Any:
        """As a badge."""
        return cells.choice(row, "state", type(row)._meta.get_field("state").default.__class__)

    def status_of(self, obj: Any) -> Any:
        """State and clock."""
        return self.status(obj) if obj.state == CLOSED.upper() else format_html("{} {}", self.status(obj), self.due(obj))


def waits_since(row: WorkItem, *, at: datetime) -> bool:
    """Whether it waits for somebody already."""
    return TERMS[type(row)].waits(row) and row.opened_at <= at


def clock_of(row: WorkItem, *, at: datetime) -> Any:
    """How long until it is due, in colour; a dash for what waits for nobody."""
    if not waits_since(row, at=at):
        return cells.DASH
    left, whole = row.due_at - at, row.due_at - row.opened_at
    tone = "bad" if left <= timedelta(0) else "warn" if left * 3 <= whole else "neutral"
    return cells.badge(f"{lasting(-left)} late" if left <= timedelta(0) else lasting(left), tone)


def lasting(span: timedelta) -> str:
    """``3 d``, ``5 h``, ``12 min``."""
    minutes = max(int(span.total_seconds() // 60), 0)
    unit = f"{minutes // 1440} d" if minutes >= 2880 else f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"
    return unit.replace(" ", "\N{NO-BREAK SPACE}")


def free(row: WorkItem, actor: Actor) -> None:
    """Raises ItemTaken while somebody else has it open."""
    check_is_free(row, actor, at=clock.now())


def checked(check: Any) -> Any:
    """The policy of a button that is refused, too, while somebody else has the row open."""

    def both(row: WorkItem, actor: Actor) -> None:
        check(row, actor)
        free(row, actor)

    return both
