"""Watchlists: which there are and how old, and each version with its difference."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from accounts.selectors import staff
from compliance.choices import EntryChange, ListKind
from compliance.models import RefusedRow, Watchlist, WatchlistEntry, WatchlistVersion, WatchlistVersionFile
from compliance.providers.watchlists import formats
from compliance.providers.watchlists.reading import UnreadableList
from compliance.selectors import watchlists as selectors
from compliance.services import watchlist_imports
from flowlet.backoffice import ReadOnlyAdmin, ReferenceAdmin, Transition, cells, home, panels, site
from flowlet.core import clock, ids
from flowlet.core.actors import Actor

LOOK = "compliance.view_watchlist"
IMPORT = "compliance.import_watchlist"
LARGEST = 20 * 1024 * 1024
SHOWN, OF_EACH = 20, 10
# Publishers change their lists several times a week; a list of one's own is as old as its owner leaves it.
OLD_AFTER_DAYS = 7


def age_of(imported_at: datetime | None, kind: str) -> Any:
    """How long ago, and whether that is long for such a list."""
    if imported_at is None:
        return cells.badge("never imported", "bad")
    days = (clock.now() - imported_at).days
    said = "today" if days == 0 else "1 day" if days == 1 else f"{days} days"
    return cells.badge(said, "warn" if kind == ListKind.SANCTIONS and days > OLD_AFTER_DAYS else "good")


def by_key(rows: QuerySet, term: str, **columns: str) -> QuerySet:
    """The rows of which a column is the public id that was searched for."""
    prefix = term.rpartition("_")[0]
    if prefix not in columns:
        return rows.none()
    try:
        return rows.filter(**{columns[prefix]: ids.parse(prefix, term)})
    except ids.MalformedId:
        return rows.none()


# What is done


class FilesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Each by itself."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files or [None]]


class BringInForm(forms.Form):
    """The publisher's files, as they were downloaded."""

    code = forms.CharField(
        max_length=40, label="List", help_text=f"{', '.join(formats.FORMATS)}; own-… or pep-… for a list in our own form"
    )
    files = FilesField(help_text="The publisher's files under their own names. One that is not given stays as it is in force.")
    title = forms.CharField(
        max_length=200, required=False, help_text="What a list in our own form is called, at its first import"
    )
    published_on = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="For lists that do not say it themselves",
    )
    allow_removals = forms.BooleanField(required=False, label="It is right that many entries leave the list")
    allow_older = forms.BooleanField(required=False, label="The list goes back to files that were in force before")


def bring_in(*, code: str, files: list[UploadedFile], actor: Actor, at: datetime, **more: Any) -> WatchlistVersion:
    """A new version of the list, from files that somebody uploads."""
    if sum(file.size or 0 for file in files) > LARGEST:
        raise UnreadableList("The files are too large for this page; use the command import_watchlist.", param="files")
    contents = {file.name or "file": file.read() for file in files}
    given = formats.given(formats.named(code), contents)
    return watchlist_imports.bring_in(code=code, files=given, actor=actor, at=at, **more)


def said(version: WatchlistVersion) -> str:
    """What it did."""
    refused = f"; {version.refused:,} rows were refused, see the version" if version.refused else ""
    return (
        f"Version {version.number} is in force: {version.added:,} added, {version.changed:,} changed,"
        f" {version.removed:,} removed{refused}."
    )


def to_update(request: HttpRequest) -> home.Waiting | None:
    """Sanctions lists that nobody brought up to date for a week."""
    limit = clock.now() - timedelta(days=OLD_AFTER_DAYS)
    ages = [
        one.version.imported_at
        for one in selectors.standings()
        if one.version is not None and one.watchlist.kind == ListKind.SANCTIONS and one.version.imported_at < limit
    ]
    if not ages:
        return None
    return home.Waiting(count=len(ages), url=cells.admin_url(Watchlist, "changelist"), oldest_at=min(ages), is_late=True)


# A list


def facts_of_list(row: Watchlist) -> list[tuple[str, Any]]:
    """What it is."""
    return [
        ("Code", cells.code(row.code)),
        ("Kind", cells.choice(row, "kind", ListKind)),
        ("Publisher", row.publisher or cells.DASH),
        ("Licence", row.licence or cells.DASH),
        ("First imported", row.created_at),
    ]


def versions_of(row: Watchlist) -> list[tuple]:
    """The newest versions first."""
    return [
        (
            cells.link(version, f"Version {version.number}"),
            version.published_on,
            version.imported_at,
            f"{version.entries:,}",
            f"{version.added:,}",
            f"{version.changed:,}",
            f"{version.removed:,}",
            cells.badge(version.refused, "warn") if version.refused else "0",
        )
        for version in row.versions.order_by("-number").defer("not_understood")[:SHOWN]
    ]


class WatchlistAdmin(ReferenceAdmin):
    """One list."""

    section, icon, menu_order = "Settings", "playlist_remove", 45
    view_permission = LOOK
    list_display = ("title", "kind_", "version", "entries", "published", "age")
    list_display_links = ("title",)
    list_filter = ("kind",)
    figures = ("entries",)
    search_fields = ("code",)
    search_help_text = "Code, such as ofac-sdn"
    panels = (
        panels.Facts(title="List", rows=facts_of_list),
        panels.Table(
            title="Versions",
            columns=("Version", "Published", "Imported", "Entries", "Added", "Changed", "Removed", "Refused rows"),
            figures=("Entries", "Added", "Changed", "Removed", "Refused rows"),
            rows=versions_of,
            more=lambda row: f"{cells.admin_url(WatchlistVersion, 'changelist')}?q={row.public_id}",
        ),
    )

    transitions = (
        Transition(
            name="bring_in",
            label="Bring files in",
            key="b",
            style="primary",
            scope="list",
            permission=IMPORT,
            form=BringInForm,
            service=bring_in,
            is_atomic=False,
            reason_required=True,
            confirm="Everything in the files is in force at once; the same files are refused. The command import_watchlist shows"
            " the difference first (--dry-run).",
            done=said,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Watchlist]:
        """With what its newest version says of itself."""
        newest = WatchlistVersion.objects.filter(watchlist=OuterRef("pk")).order_by("-number")
        names = ("number", "entries", "published_on", "imported_at")
        return super().get_queryset(request).annotate(**{f"newest_{name}": Subquery(newest.values(name)[:1]) for name in names})

    def title_of(self, obj: Watchlist) -> str:
        """Its title."""
        return obj.title

    def status_of(self, obj: Watchlist) -> Any:
        """Beside the heading: how old."""
        return self.age(obj)

    def level_of(self, result: WatchlistVersion) -> int:
        """Refused rows are to be looked at."""
        return messages.WARNING if result.refused else messages.SUCCESS

    @admin.display(description="kind")
    def kind_(self, obj: Watchlist) -> Any:
        """As a badge."""
        return cells.choice(obj, "kind", ListKind)

    @admin.display(description="version")
    def version(self, obj: Watchlist) -> Any:
        """Which is in force."""
        return obj.newest_number or cells.DASH

    @admin.display(description="entries")
    def entries(self, obj: Watchlist) -> Any:
        """How many are on it."""
        return cells.DASH if obj.newest_entries is None else f"{obj.newest_entries:,}"

    @admin.display(description="published")
    def published(self, obj: Watchlist) -> Any:
        """When, as the publisher says."""
        return cells.day(obj.newest_published_on)

    @admin.display(description="imported")
    def age(self, obj: Watchlist) -> Any:
        """How long ago."""
        return age_of(obj.newest_imported_at, obj.kind)


# A version


def facts_of_version(version: WatchlistVersion) -> list[tuple[str, Any]]:
    """What it is and who brought it in."""
    who = version.imported_by
    return [
        ("List", cells.link(version.watchlist, version.watchlist.title)),
        ("Version", version.number),
        ("Published", cells.day(version.published_on)),
        ("Imported", version.imported_at),
        ("Imported by", cells.actor(who, staff.behind([who]).get(who))),
        *([("Why", version.reason)] if version.reason else []),
        ("Before it", cells.link(version.previous, f"Version {version.number - 1}") if version.previous_id else "nothing"),
        ("Entries", f"{version.entries:,}"),
        ("Added", f"{version.added:,}"),
        ("Changed", f"{version.changed:,}, of which {version.renamed:,} renamed"),
        ("Removed", f"{version.removed:,}"),
        ("Digest of its files", cells.code(version.digest)),
    ]


def files_of(version: WatchlistVersion) -> list[tuple]:
    """Each file in force, with the account of its rows."""
    rows = WatchlistVersionFile.objects.filter(version=version).select_related("file").defer("file__content").order_by("id")
    return [
        (
            one.file.name,
            "as it was in force" if one.is_carried_over else "new",
            f"{one.rows:,}",
            f"{one.taken:,}",
            cells.badge(one.refused, "warn") if one.refused else "0",
            cells.code(one.file.digest),
        )
        for one in rows
    ]


def changed_in(version: WatchlistVersion) -> list[tuple]:
    """Some of each: whom the list lets go, who is called otherwise or said to be another, who is new."""
    rows: list[WatchlistEntry] = []
    for change in (EntryChange.REMOVED, EntryChange.CHANGED, EntryChange.ADDED):
        rows += version.changes.filter(change=change).defer("content").order_by("id")[:OF_EACH]
    return [
        (cells.choice(one, "change", EntryChange), cells.link(one, one.name), cells.code(one.entry), said_of(one)) for one in rows
    ]


def said_of(row: WatchlistEntry) -> str:
    """In which fields it differs."""
    return ", ".join(name.replace("_", " ") for name in row.fields) or cells.DASH


def refused_in(version: WatchlistVersion) -> list[tuple]:
    """The first rows that were not taken."""
    return [(one.file, one.line, one.reason, cells.code(one.excerpt)) for one in version.refusals.order_by("id")[:SHOWN]]


def not_understood_in(version: WatchlistVersion) -> list[tuple]:
    """What stood in rows that were taken, and was left in the remarks; what stood there most often first."""
    found = [(what, text, count) for what, texts in version.not_understood.items() for text, count in texts.items()]
    return sorted(found, key=lambda row: (row[0], -row[2], row[1]))[:SHOWN]


class WatchlistVersionAdmin(ReadOnlyAdmin):
    """One version of a list."""

    section, menu_title, icon, menu_order = "Settings", "Versions of watchlists", "difference", 46
    view_permission = LOOK
    list_display = (
        "public_id",
        "list_",
        "number",
        "published_on",
        "entries",
        "added",
        "changed",
        "removed",
        "refused_",
        "imported_at",
    )
    list_select_related = ("watchlist",)
    figures = ("number", "entries", "added", "changed", "removed", "refused_")
    search_help_text = "Id; or the id of a list"
    panels = (
        panels.Facts(title="Version", rows=facts_of_version),
        panels.Table(
            title="Files",
            columns=("File", "How it came", "Rows", "Taken", "Refused", "SHA-256"),
            figures=("Rows", "Taken", "Refused"),
            rows=files_of,
        ),
        panels.Table(
            title="Difference from the version before",
            columns=("What", "Name", "Entry", "In"),
            rows=changed_in,
            more=lambda version: f"{cells.admin_url(WatchlistEntry, 'changelist')}?q={version.public_id}",
            empty="No entry is different.",
        ),
        panels.Table(
            title="Refused rows",
            columns=("File", "Line", "Why", "How it begins"),
            figures=("Line",),
            rows=refused_in,
            more=lambda version: f"{cells.admin_url(RefusedRow, 'changelist')}?q={version.public_id}",
            empty="Every row was taken.",
        ),
        panels.Table(
            title="Not understood",
            columns=("What", "As written", "Times"),
            figures=("Times",),
            rows=not_understood_in,
            empty="Everything was understood.",
            note="The rows were taken; these words stay in the remarks of their entries.",
        ),
        panels.History(),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WatchlistVersion]:
        """With the lists."""
        return super().get_queryset(request).select_related("watchlist", "previous")

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By the list."""
        return by_key(queryset, term, wli="watchlist_id")

    def title_of(self, obj: WatchlistVersion) -> str:
        """Which of which list."""
        return f"{obj.watchlist.title} · version {obj.number}"

    @admin.display(description="list")
    def list_(self, obj: WatchlistVersion) -> str:
        """Its code."""
        return obj.watchlist.code

    @admin.display(description="refused rows")
    def refused_(self, obj: WatchlistVersion) -> Any:
        """How many were not taken."""
        return cells.badge(obj.refused, "warn") if obj.refused else 0


site.register(Watchlist, WatchlistAdmin)
site.register(WatchlistVersion, WatchlistVersionAdmin)
home.register(home.Queue(name="compliance.watchlists", title="Watchlists to update", permission=IMPORT, load=to_update, order=45))
