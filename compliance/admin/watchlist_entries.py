"""Entries of watchlists as they say from a version on, and rows that were refused."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from compliance.admin.watchlists import LOOK, SHOWN, by_key, said_of
from compliance.choices import EntryChange
from compliance.models import RefusedRow, WatchlistEntry
from flowlet.backoffice import ReadOnlyAdmin, cells, panels, site
from flowlet.core import countries

# An entry


def facts_of_entry(row: WatchlistEntry) -> list[tuple[str, Any]]:
    """What it says with this version."""
    content = row.content or {}
    dates = [born_of(one) for one in content.get("dates_of_birth", ())]
    numbers = [
        " ".join(one[name] for name in ("kind", "value", "country") if one.get(name)) for one in content.get("identifiers", ())
    ]
    optional = [
        ("Born", "; ".join(dates)),
        ("Gender", content.get("gender", "").capitalize()),
        ("Countries", ", ".join(countries.name(code) for code in content.get("countries", ()))),
        ("Identifiers", "; ".join(numbers)),
        ("Titles", "; ".join(content.get("titles", ()))),
        ("Places of birth", "; ".join(content.get("places_of_birth", ()))),
        ("Addresses", "; ".join(content.get("addresses", ()))),
        ("Programmes", ", ".join(content.get("programmes", ()))),
        ("Linked to", "; ".join(content.get("linked_to", ()))),
        ("Reference", content.get("reference", "")),
        ("Listed on", content.get("listed_on", "")),
        ("Remarks", content.get("remarks", "")),
    ]
    return [
        ("Entry", cells.code(row.entry)),
        ("Kind", row.get_kind_display()),
        ("List", cells.link(row.watchlist, row.watchlist.title)),
        ("With", cells.link(row.version, f"Version {row.number}")),
        ("It was", cells.choice(row, "change", EntryChange)),
        *([("In", said_of(row))] if row.fields else []),
        *[(label, value) for label, value in optional if value],
    ]


def born_of(said: dict[str, Any]) -> str:
    """A date of birth as far as it is known."""
    text = "-".join(f"{said[name]:02d}" for name in ("year", "month", "day") if said.get(name))
    span = f"{text} to {said['last_year']}" if said.get("last_year") else text
    return f"about {span}" if said.get("is_approximate") else span


def names_of(row: WatchlistEntry) -> list[tuple]:
    """Every name, the primary one first."""
    return [
        (one["text"], one.get("quality", "PRIMARY").capitalize(), one.get("script", "") or cells.DASH)
        for one in (row.content or {}).get("names", ())
    ]


def history_of(row: WatchlistEntry) -> list[tuple]:
    """What became of it over the versions, the newest first."""
    rows = WatchlistEntry.objects.filter(watchlist_id=row.watchlist_id, entry=row.entry).defer("content").order_by("-number")
    return [
        (cells.link(one, f"Version {one.number}"), cells.choice(one, "change", EntryChange), one.name, said_of(one))
        for one in rows[:SHOWN]
    ]


class WatchlistEntryAdmin(ReadOnlyAdmin):
    """What an entry says from a version on."""

    section, menu_title, icon, menu_order = "Settings", "Entries of watchlists", "person_alert", 47
    thing, things = "entry of a watchlist", "entries of watchlists"
    view_permission = LOOK
    list_display = ("entry", "name", "kind_", "change_", "fields_", "list_", "version_")
    list_display_links = ("entry", "name")
    list_select_related = ("watchlist",)
    list_filter = ("change", "kind")
    figures = ("version_",)
    search_help_text = "The publisher's number, such as ofac-2674; or the id of a version"
    panels = (
        panels.Facts(title="Entry", rows=facts_of_entry),
        panels.Table(title="Names", columns=("Name", "Quality", "Script"), rows=names_of, empty="It left the list."),
        panels.Table(title="Over the versions", columns=("Version", "What", "Name", "In"), rows=history_of),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WatchlistEntry]:
        """With list and version."""
        return super().get_queryset(request).select_related("watchlist", "version")

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By number or by version."""
        return by_key(queryset, term, wlv="version_id") if term.startswith("wlv_") else queryset.filter(entry=term)

    def title_of(self, obj: WatchlistEntry) -> str:
        """Its primary name."""
        return obj.name

    def status_of(self, obj: WatchlistEntry) -> Any:
        """Beside the heading: what the version did to it."""
        return self.change_(obj)

    @admin.display(description="kind")
    def kind_(self, obj: WatchlistEntry) -> str:
        """In words."""
        return obj.get_kind_display()

    @admin.display(description="what")
    def change_(self, obj: WatchlistEntry) -> Any:
        """As a badge."""
        return cells.choice(obj, "change", EntryChange)

    @admin.display(description="in")
    def fields_(self, obj: WatchlistEntry) -> str:
        """In which fields."""
        return said_of(obj)

    @admin.display(description="version")
    def version_(self, obj: WatchlistEntry) -> int:
        """Its number."""
        return obj.number

    @admin.display(description="list")
    def list_(self, obj: WatchlistEntry) -> str:
        """Its code."""
        return obj.watchlist.code


# A refused row


class RefusedRowAdmin(ReadOnlyAdmin):
    """A row that was not taken."""

    section, menu_title, icon, menu_order = "Settings", "Refused rows of watchlists", "rule", 48
    thing, things = "refused row", "refused rows"
    view_permission = LOOK
    list_display = ("public_id", "list_", "version_", "file", "line", "reason")
    list_select_related = ("version__watchlist",)
    figures = ("line",)
    search_help_text = "Id; or the id of a version"
    panels = (
        panels.Facts(
            title="Row",
            rows=lambda row: [
                ("Version", cells.link(row.version, f"{row.version.watchlist.code} version {row.version.number}")),
                ("File", cells.code(row.file)),
                ("Line", row.line),
                ("Why", row.reason),
                ("How it begins", cells.code(row.excerpt)),
            ],
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefusedRow]:
        """With the versions."""
        return super().get_queryset(request).select_related("version__watchlist")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """A version is read from its beginning."""
        return ("pk",) if request.GET.get("q", "").startswith("wlv_") else self.ordering

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By version."""
        return by_key(queryset, term, wlv="version_id")

    @admin.display(description="list")
    def list_(self, obj: RefusedRow) -> str:
        """Its code."""
        return obj.version.watchlist.code

    @admin.display(description="version")
    def version_(self, obj: RefusedRow) -> int:
        """Its number."""
        return obj.version.number


site.register(WatchlistEntry, WatchlistEntryAdmin)
site.register(RefusedRow, RefusedRowAdmin)
