"""The three bases of every page: read-only, reference and case.

``ReadOnlyAdmin`` shows rows and changes nothing. ``CaseAdmin`` adds declared transitions, the only way to change a row.
``ReferenceAdmin`` is for configuration: its create and edit are transitions too, so that they go through services. No page
writes a model.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.widgets import TEXTAREA_CLASSES

from flowlet.audit.services import log
from flowlet.backoffice import cells, permissions
from flowlet.backoffice.actors import actor_of
from flowlet.backoffice.listing import KeysetChangeList, NoCountPaginator
from flowlet.backoffice.panels import Panel, Revealable
from flowlet.backoffice.transitions import REASON_MAX, REASON_MIN, Transition, version_of
from flowlet.core import clock
from flowlet.core.errors import DomainError, NotFound

SEARCH_LIMIT = 200


class ReasonForm(forms.Form):
    """Why personal data is looked at."""

    reason = forms.CharField(
        min_length=REASON_MIN,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 2, "class": " ".join(TEXTAREA_CLASSES)}),
        help_text="Kept in the audit. No personal data.",
    )


class ReadOnlyAdmin(ModelAdmin):
    """Rows that nobody edits: a list by key and a page of panels.

    ``view_permission`` (default ``app.view_model``) opens both. ``section``, ``icon`` and ``menu_order`` place the list in the
    menu. ``search_fields`` are matched exactly (``^field`` by its beginning) and have to be indexed; a public id finds its row
    at once. ``list_filter`` may name choices, booleans and own filters, nothing that would have to look through the table.
    ``query_budget`` is how many queries the list may take, ``page_budget`` the same for a row's page.
    """

    section: ClassVar[str] = "Settings"
    icon: ClassVar[str] = "table_rows"
    menu_order: ClassVar[int] = 50
    in_menu: ClassVar[bool] = True
    view_permission: ClassVar[str] = ""
    panels: ClassVar[Sequence[Panel]] = ()
    transitions: ClassVar[Sequence[Transition]] = ()
    version_fields: ClassVar[Sequence[str]] = ()
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
        return super().changelist_view(request, {"fl_buttons": buttons, **(extra_context or {})})

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
                condition |= Q(**{lookup: term if prefixed else field.to_python(term)})
            except ValidationError:
                continue
        return queryset.filter(condition)

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """The declared ones, or the key, so that every list can be asked for a public id."""
        return self.search_fields or ("pk",) if hasattr(self.model, "public_id") else self.search_fields

    # The row

    def _by_public_id(self, queryset: QuerySet, text: str) -> Model | None:
        prefix = getattr(self.model, "PREFIX", "")
        if not prefix or not text.startswith(f"{prefix}_") or not hasattr(self.model, "key"):
            return None
        return queryset.filter(pk=self.model.key(text)).first()

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

    def detail_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page of one row."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.detail(request, self._row_or_404(request, object_id))

    def title_of(self, obj: Model) -> str:
        """The heading of a row's page. Never personal data."""
        return str(obj)

    def status_of(self, obj: Model) -> Any:
        """What stands beside the heading, such as ``cells.choice(obj, "status", Status)``."""
        return ""

    def panels_for(self, request: HttpRequest, obj: Model) -> Sequence[Panel]:
        """The declared panels."""
        return self.panels

    def detail(
        self,
        request: HttpRequest,
        obj: Model,
        *,
        status: int = 200,
        opened: str = "",
        opened_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Render the row's page; ``opened`` is the revealable panel that has been opened, with what it shows."""
        request.current_app = self.admin_site.name
        boxes = []
        for panel in self.panels_for(request, obj):
            if not panel.shown_to(request):
                continue
            context = opened_context if opened and panel.name == opened else panel.context(obj, request)
            if context is None:
                continue
            box = {"panel": panel, **context}
            if isinstance(panel, Revealable) and context.get("may_reveal"):
                box["url"] = self._url("reveal", self._key(obj), panel.name)
                box["form"] = ReasonForm(auto_id=f"id_reveal_{panel.name}_%s")
            template = getattr(panel, "page", "") or panel.template
            boxes.append({"template": template, "panel": panel, "context": box})
        context = {
            **self.admin_site.each_context(request),
            "title": self.title_of(obj),
            "heading": self.title_of(obj),
            "status": self.status_of(obj),
            "opts": self.opts,
            "original": obj,
            "boxes": boxes,
            "buttons": self._buttons(request, obj),
            "list_url": self._url("changelist"),
            "audit_url": self._audit_url(request, obj),
        }
        response = TemplateResponse(request, "backoffice/detail.html", context, status=status)
        if opened:
            response["Cache-Control"] = "no-store, private"
        return response

    def _key(self, obj: Model) -> Any:
        return getattr(obj, "public_id", None) or obj.pk

    def _audit_url(self, request: HttpRequest, obj: Model) -> str:
        """The audit of this row, for those who may read it."""
        return self.admin_site.audit_url(request, str(getattr(obj, "public_id", "")))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A row's history is its audit."""
        obj = self._row_or_404(request, object_id)
        return HttpResponseRedirect(self._audit_url(request, obj) or self.url_of(obj))

    # What can be done

    def _buttons(self, request: HttpRequest, obj: Model) -> list[dict[str, Any]]:
        actor, version = actor_of(request), self.version(obj)
        buttons = []
        for transition in self.transitions:
            if transition.scope != "row" or not transition.shown_to(request):
                continue
            refusal = transition.refusal(obj, actor)
            button = {
                "transition": transition,
                "url": self._url("do", self._key(obj), transition.name),
                "refusal": refusal.message if refusal else "",
                "version": version,
                "form": None if refusal else transition.make_form(obj=obj, request=request),
            }
            buttons.append(button)
        return buttons

    def version(self, obj: Model) -> str:
        """The fingerprint of the row that its forms carry."""
        return version_of(obj, self.version_fields)

    def _transition(self, request: HttpRequest, name: str, scope: str) -> Transition:
        for transition in self.transitions:
            if transition.name == name and transition.scope == scope:
                if not transition.shown_to(request):
                    raise PermissionDenied
                return transition
        raise Http404(f"There is no transition {name}.")

    def transition_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The confirmation form on GET, the deed on POST."""
        obj = self._row_or_404(request, object_id)
        return self._do(request, self._transition(request, name, "row"), obj)

    def list_transition_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """The same for what concerns no row yet, such as creating one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._do(request, self._transition(request, name, "list"), None)

    def _do(self, request: HttpRequest, transition: Transition, obj: Model | None) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        actor, at = actor_of(request), clock.now()
        if request.method != "POST":
            refusal = transition.refusal(obj, actor)
            form = transition.make_form(obj=obj, request=request)
            return self._form_page(
                request, transition, obj, form, error=refusal.message if refusal else "", is_possible=not refusal
            )
        form = transition.make_form(obj=obj, request=request, data=request.POST, files=request.FILES)
        if obj is not None and request.POST.get("version", "") != self.version(obj):
            message = "This has changed since you opened it. Look at it again before you decide; your input is still below."
            return self._form_page(request, transition, obj, form, error=message, status=HTTPStatus.CONFLICT, is_stale=True)
        if not form.is_valid():
            return self._form_page(request, transition, obj, form, status=HTTPStatus.BAD_REQUEST)
        try:
            result = transition.run(obj=obj, data=form.cleaned_data, actor=actor, at=at, model_name=self.opts.model_name)
        except DomainError as refusal:
            if refusal.param in form.fields:
                form.add_error(refusal.param, refusal.message)
            return self._form_page(
                request, transition, obj, form, error=refusal.message, code=refusal.code, status=refusal.status
            )
        return self._done(request, transition, obj, result)

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        text = transition.done_text(result)
        there = result if isinstance(result, Model) else None
        target = obj if obj is not None else there
        url = (cells.admin_url(target) if target is not None else "") or self._url("changelist")
        audit_url = self._audit_url(request, target) if target is not None else ""
        if transition.secrets is not None:
            context = {
                **self.admin_site.each_context(request),
                "title": transition.label,
                "opts": self.opts,
                "done": text,
                "pairs": [(label, cells.show(value)) for label, value in transition.secrets(result)],
                "next_url": url,
            }
            request.current_app = self.admin_site.name
            response = TemplateResponse(request, "backoffice/secrets.html", context)
            response["Cache-Control"] = "no-store, private"
            return response
        if there is not None and obj is not None and type(there) is not type(obj) and cells.admin_url(there):
            text = format_html('{} <a href="{}">{}</a>', text, cells.admin_url(there), there)
        if audit_url:
            text = format_html('{} <a class="fl-audit-link" href="{}">See the audit</a>', text, audit_url)
        messages.success(request, text)
        return HttpResponseRedirect(url)

    def _form_page(
        self,
        request: HttpRequest,
        transition: Transition,
        obj: Model | None,
        form: forms.Form,
        *,
        error: str = "",
        code: str = "",
        status: int = 200,
        is_stale: bool = False,
        is_possible: bool = True,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": transition.label,
            "opts": self.opts,
            "original": obj,
            "transition": transition,
            "form": form,
            "error": error,
            "error_code": code,
            "is_stale": is_stale,
            "is_possible": is_possible,
            "version": self.version(obj) if obj is not None else "",
            "back_url": self.url_of(obj) if obj is not None else self._url("changelist"),
        }
        return TemplateResponse(request, "backoffice/transition.html", context, status=status)

    # Personal data

    def reveal_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Open one revealable panel for this one answer. The audit record is written first, in the same transaction."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        obj = self._row_or_404(request, object_id)
        panel = next(
            (found for found in self.panels_for(request, obj) if isinstance(found, Revealable) and found.name == name), None
        )
        if panel is None:
            raise Http404(f"There is no panel {name}.")
        if not panel.shown_to(request) or not permissions.allows(request.user, panel.reveal_permission):
            raise PermissionDenied
        form = ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"Give a reason of at least {REASON_MIN} characters to see personal data.")
            return self.detail(request, obj, status=HTTPStatus.BAD_REQUEST)
        actor, at = actor_of(request), clock.now()
        try:
            with transaction.atomic():
                log.record(
                    action=panel.action,
                    actor=actor,
                    at=at,
                    target=str(self._key(obj)),
                    partner_id=getattr(obj, "partner_id", None),
                    reason=form.cleaned_data["reason"],
                    after={"panel": panel.name, "shown": [label for label, _ in panel.masked(obj)]},
                )
                opened = panel.opened(obj, actor=actor, at=at, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return self.detail(request, obj, status=refusal.status)
        return self.detail(request, obj, opened=panel.name, opened_context=opened)


class CaseAdmin(ReadOnlyAdmin):
    """Work: rows that move by declared transitions and in no other way."""

    section = "Work"


class ReferenceAdmin(ReadOnlyAdmin):
    """Configuration: ``create`` (a list transition) and ``edit`` (a row transition) save through services; sensitive ones ask
    approval.
    """

    section = "Settings"
