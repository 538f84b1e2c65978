"""The three bases of every page: read-only, reference and case.

``ReadOnlyAdmin`` shows rows and changes nothing. ``CaseAdmin`` adds declared transitions, the only way to change a row.
``ReferenceAdmin`` is for configuration: its create and edit are transitions too, so that they go through services. No page
writes a model.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from flowlet.backoffice import cells, permissions
from flowlet.backoffice.deed_pages import DeedPages
from flowlet.backoffice.listing import KeysetChangeList, NoCountPaginator
from flowlet.backoffice.panels import Panel
from flowlet.backoffice.row_pages import RowPages
from flowlet.backoffice.transitions import Transition
from flowlet.core import ids
from flowlet.core.errors import NotFound

SEARCH_LIMIT = 200


class ReadOnlyAdmin(DeedPages, RowPages, ModelAdmin):
    """Rows that nobody edits: a list by key and a page of panels.

    ``view_permission`` (default ``app.view_model``) opens both. ``section``, ``menu_title``, ``icon`` and ``menu_order`` place
    the list in the menu. ``search_fields`` are matched exactly (``^field`` by its beginning) and have to be indexed; a public
    id finds its row at once. ``list_filter`` may name choices, booleans and own filters, nothing that would have to look
    through the table. ``figures`` names the columns that are aligned as figures. ``thing`` and ``things`` are what a row and rows
    are called where the model's own name says little. Of what is ``confidential`` nobody else finds a trace in the audit.
    ``query_budget`` is how many queries the list may take, ``page_budget`` the
    same for a row's page.
    """

    section: ClassVar[str] = "Settings"
    menu_title: ClassVar[str] = ""
    icon: ClassVar[str] = "table_rows"
    menu_order: ClassVar[int] = 50
    in_menu: ClassVar[bool] = True
    confidential: ClassVar[bool] = False
    view_permission: ClassVar[str] = ""
    panels: ClassVar[Sequence[Panel]] = ()
    transitions: ClassVar[Sequence[Transition]] = ()
    version_fields: ClassVar[Sequence[str]] = ()
    figures: ClassVar[Sequence[str]] = ()
    thing: ClassVar[str] = ""
    things: ClassVar[str] = ""
    query_budget: ClassVar[int] = 8
    page_budget: ClassVar[int] = 20

    actions = None
    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by = ()
    ordering = ("-pk",)
    paginator = NoCountPaginator
    change_list_template = "backoffice/list.html"
    list_disable_select_all = True
    empty_value_display = cells.DASH
    search_help_text = "Public id"

    @property
    def title(self) -> str:
        """What the list is called in the menu and above itself."""
        return self.menu_title or str(self.opts.verbose_name_plural)[:1].upper() + str(self.opts.verbose_name_plural)[1:]

    # Who may

    @property
    def permission(self) -> str:
        """The permission that opens the pages."""
        return self.view_permission or f"{self.opts.app_label}.view_{self.opts.model_name}"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """By the declared permission."""
        return permissions.allows(request.user, self.permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the view."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: rows are changed by transitions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        """The list, the row's page, its transitions and reveals; nothing else of the stock admin."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name=f"{name}_changelist"),
            path("do/<slug:name>/", wrap(self.list_transition_view), name=f"{name}_do_list"),
            path("<str:object_id>/do/<slug:name>/", wrap(self.transition_view), name=f"{name}_do"),
            path("<str:object_id>/reveal/<slug:name>/", wrap(self.reveal_view), name=f"{name}_reveal"),
            path("<str:object_id>/history/", wrap(self.history_view), name=f"{name}_history"),
            path("<str:object_id>/change/", wrap(self.detail_view), name=f"{name}_change"),
        ]

    def url_of(self, obj: Model) -> str:
        """The row's own page."""
        return cells.admin_url(obj)

    def _url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the rows that a list and a page name beside their own."""
        found = super().get_queryset(request)
        return found.select_related(*self.list_select_related) if self.list_select_related else found

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """By key."""
        return KeysetChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with what can be done to it as buttons."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        buttons = [
            {"transition": found, "url": self._url("do_list", found.name)}
            for found in self.transitions
            if found.scope == "list" and found.shown_to(request)
        ]
        # The theme renders the heading apart, with nothing but the request.
        request.fl_title = self.title
        context = {"fl_buttons": buttons, "fl_figures": self.figures, **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Rows whose public id or declared fields are the term. Exact, so that an index answers."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            row = self._by_public_id(queryset, term)
        except (NotFound, ValidationError):
            row = None
        if row is not None:
            return queryset.filter(pk=row.pk), False
        return self.search(request, queryset, term[:SEARCH_LIMIT]), False

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """Rows whose ``search_fields`` are the term; override it to ask a selector, such as one with blind indexes."""
        condition = Q(pk__in=())
        for name in self.get_search_fields(request):
            prefixed = name.startswith("^")
            lookup = f"{name.lstrip('^=')}__startswith" if prefixed else name.lstrip("=")
            try:
                field = self.model._meta.get_field(name.lstrip("^="))
                value = term if prefixed else field.to_python(term)
                field.run_validators(value)  # words are no network address, which to_python lets through
                condition |= Q(**{lookup: value})
            except ValidationError:
                continue
        return queryset.filter(condition)

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """The declared ones, or the key, so that every list can be asked for a public id."""
        return self.search_fields or ("pk",) if hasattr(self.model, "public_id") else self.search_fields

    # The row

    def _by_public_id(self, queryset: QuerySet, text: str) -> Model | None:
        """The row with this public id: its key is the UUID inside, or its ``uid`` is. Raises NotFound when it is malformed."""
        prefix = getattr(self.model, "PREFIX", "")
        if not prefix or not text.startswith(f"{prefix}_"):
            return None
        named = "uid" if any(field.name == "uid" for field in self.opts.concrete_fields) else "pk"
        return queryset.filter(**{named: ids.parse(prefix, text)}).first()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """By public id or by key, within what this person's list holds."""
        queryset = self.get_queryset(request)
        try:
            row = self._by_public_id(queryset, object_id)
        except NotFound:
            return None
        if row is not None:
            return row
        try:
            key = self.model._meta.pk.to_python(unquote(object_id))
            return queryset.filter(pk=key).first()
        except (ValidationError, ValueError):
            return None

    def _row_or_404(self, request: HttpRequest, object_id: str) -> Model:
        if not self.has_view_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id}.")
        return obj


class CaseAdmin(ReadOnlyAdmin):
    """Work: rows that move by declared transitions and in no other way."""

    section = "Work"


class ReferenceAdmin(ReadOnlyAdmin):
    """Configuration: ``create`` (a list transition) and ``edit`` (a row transition) save through services; sensitive ones ask
    approval.
    """

    section = "Settings"
