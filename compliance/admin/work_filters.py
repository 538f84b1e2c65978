"""The filters of a queue's list: which queue, and what of it; "next" and saved filters read the same from the address."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.choices import Mode
from compliance.choices.work import HIGH, URGENT
from compliance.models import WorkItem
from compliance.policies.work import TERMS
from compliance.selectors import work
from flowlet.backoffice import permissions
from flowlet.core import clock
from flowlet.core.errors import DomainError

# Title and options; without options, those of the column.
_LABELS = {
    "kind": ("kind", ()),
    "level": ("level", ()),
    "band": ("risk", ()),
    "urgency": ("urgency", [("urgent", f"Urgent, {URGENT} and above"), ("high", f"High, {HIGH} and above"), ("other", "Other")]),
    "due": ("due", [("late", "Late"), ("day", "Within a day"), ("5", "Within 5 days"), ("10", "Within 10 days")]),
    "mode": ("mode", Mode.choices),
    "owner": ("whose", [("mine", "Mine"), ("nobody", "Nobody's"), ("somebody", "Somebody else's")]),
}


class QueueFilter(admin.SimpleListFilter):
    """The queue; nothing chosen is the first that the person works in, and the first other place for who works in none."""

    title = parameter_name = "queue"
    places_first: ClassVar[bool] = False

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that the person may work in, then the other places of the page."""
        self.places = model_admin.places
        mine = [one for one in work.of_model(model_admin.model) if permissions.allows(request.user, one.permission)]
        queues = [(one.name, one.label) for one in mine]
        places = [(name, label) for name, (label, _) in self.places.items()]
        return places + queues if self.places_first else queues + places

    def chosen(self) -> str:
        """The queue's name."""
        return self.value() if self.value() in dict(self.lookup_choices) else str(self.lookup_choices[0][0])

    def choices(self, changelist: Any) -> Any:
        """Without Django's own "all"."""
        for name, label in self.lookup_choices:
            yield {
                "selected": self.chosen() == name,
                "query_string": changelist.get_query_string({self.parameter_name: name}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """What waits in it."""
        name = self.chosen()
        if name in self.places:
            return queryset.filter(self.places[name][1])
        return queryset.filter(work.QUEUES[name].waiting(request.user, clock.now()))


class PlacesFirst(QueueFilter):
    """The page opens on its first other place; the queues stand beside."""

    places_first = True


def _filter(name: str) -> type[admin.SimpleListFilter]:
    label, options = _LABELS[name]

    class Filter(admin.SimpleListFilter):
        title, parameter_name = label, name

        def choices(self, changelist: Any) -> Any:
            """Without a mode, those that officers work on are shown; whoever searches finds all."""
            found = list(super().choices(changelist))
            if name == "mode":
                found[0]["display"] = " and ".join(Mode(mode).label for mode in settings.WORKED_MODES)
            return found

        def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
            return options or model_admin.model._meta.get_field(name).choices

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            if self.value() is None:
                return queryset.filter(work.of_modes()) if name == "mode" and not request.GET.get("q") else queryset
            try:
                return work.narrowed(queryset, {name: self.value()}, person=request.user, at=clock.now())
            except DomainError:
                return queryset.none()

    return Filter


FILTERS = {name: _filter(name) for name in _LABELS}


def asked(request: HttpRequest, model: type[WorkItem], *, row: WorkItem | None = None) -> tuple[str, dict[str, str]]:
    """The queue and the filters of the address line; where none is named the first queue of the model, that takes the right of the row."""
    name, queues = request.GET.get("queue", ""), work.of_model(model)
    if name not in [one.name for one in queues]:
        right = TERMS[model].right(row) if row is not None else queues[0].permission
        name = next(one.name for one in queues if one.permission == right)
    return name, given(request, *work.FILTERS)


def given(request: HttpRequest, *names: str) -> dict[str, str]:
    """What of these the address line gives."""
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def kept(request: HttpRequest, **more: str) -> str:
    """The part of an address that leads to the same queue and filters again; empty for a list without."""
    query = given(request, "queue", *work.FILTERS) | more
    return f"?{urlencode(query)}" if query else ""
