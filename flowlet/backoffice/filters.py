"""Filters of lists that look through no table: by one row of another, by words that are matched exactly, by a range of days."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from flowlet.core.ids import MalformedId


class ByRow(admin.SimpleListFilter):
    """The rows of one row of ``model``, whose key stands in ``column``; the first hundred are offered, in ``order``."""

    model: ClassVar[type[Model]]
    column: ClassVar[str]
    order: ClassVar[Sequence[str]] = ("pk",)
    offered: ClassVar[int] = 100

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By public id."""
        return [(row.public_id, str(row)) for row in self.model._default_manager.order_by(*self.order)[: self.offered]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen one's; nothing for an id that is none."""
        chosen = self.value()
        if not chosen:
            return queryset
        try:
            return queryset.filter(**{self.column: self.model.key(chosen)})
        except MalformedId:
            return queryset.none()


class Typed(admin.SimpleListFilter):
    """A filter that is typed into: ``inputs`` are (parameter, label, type of input: text, date or select).

    ``options`` are what a select chooses from, or what a text may be. ``narrow`` gets what was typed. The admin class sets
    ``list_filter_submit``, and all its filters are of this kind: they are one form.
    """

    template = "backoffice/filter_typed.html"
    inputs: ClassVar[Sequence[tuple[str, str, str]]] = ()
    longest: ClassVar[int] = 200

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super(admin.SimpleListFilter, self).__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            values = params.pop(name, [])
            if values and values[-1].strip():
                self.used_parameters[name] = values[-1].strip()[: self.longest]

    def expected_parameters(self) -> list[str]:
        """The parameters of the address line."""
        return [name for name, _, _ in self.inputs]

    def has_output(self) -> bool:
        """Always: there is something to type into."""
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """The inputs with what stands in them."""
        for name, label, kind in self.inputs:
            value = self.used_parameters.get(name, "")
            yield {"name": name, "label": label, "kind": kind, "value": value, "options": self.options(name)}

    def options(self, name: str) -> Sequence[tuple[str, str]]:
        """(value, label) pairs for the input; none by default."""
        return ()

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The rows that agree with all that was typed."""
        return self.narrow(queryset, **self.used_parameters) if self.used_parameters else queryset

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """The rows that agree; only what was typed is in ``typed``."""
        raise NotImplementedError


class Days(Typed):
    """From the beginning of one day to the end of another, in UTC; ``column`` holds moments."""

    column: ClassVar[str] = "at"
    title, parameter_name = "day", "day"
    inputs = (("from", "From", "date"), ("to", "To", "date"))

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Nothing for a day that is none."""
        try:
            days = {name: date.fromisoformat(text) for name, text in typed.items()}
            if "from" in days:
                queryset = queryset.filter(**{f"{self.column}__gte": _midnight(days["from"])})
            if "to" in days:
                queryset = queryset.filter(**{f"{self.column}__lt": _midnight(days["to"] + timedelta(days=1))})
        except (ValueError, OverflowError):
            return queryset.none()
        return queryset


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
