"""The page of one row: its panels, its buttons, and the opening of what is masked."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from unfold.widgets import TEXTAREA_CLASSES

from flowlet.audit.services import log
from flowlet.backoffice import permissions
from flowlet.backoffice.actors import actor_of
from flowlet.backoffice.panels import Panel, Revealable, added_to
from flowlet.backoffice.transitions import REASON_MAX, REASON_MIN
from flowlet.core import clock
from flowlet.core.errors import DomainError

LOOKS_AGAIN_SECONDS = 3


class ReasonForm(forms.Form):
    """Why personal data is looked at."""

    reason = forms.CharField(
        min_length=REASON_MIN,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 2, "class": " ".join(TEXTAREA_CLASSES)}),
        help_text="Kept in the audit. No personal data.",
    )


class RowPages:
    """Mixed into every admin class of ours; asks it for the row, the panels and the buttons."""

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

    def looks_again(self, obj: Model) -> bool:
        """Whether the page shows work that goes on: then it looks again by itself until it has ended, and what had the focus keeps it."""
        return False

    def panels_for(self, request: HttpRequest, obj: Model) -> Sequence[Panel]:
        """The declared panels, then those that upper apps added."""
        return [*self.panels, *added_to(type(obj))]

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
            "title": capfirst(self.thing or self.opts.verbose_name),
            "subtitle": self.title_of(obj),
            "heading": self.title_of(obj),
            "status": self.status_of(obj),
            "model_opts": self.opts,
            "things": self.things or self.opts.verbose_name_plural,
            "original": obj,
            "boxes": boxes,
            "buttons": self._buttons(request, obj),
            "list_url": self._list_url(request),
            "audit_url": self._audit_url(request, obj),
            "looks_again": LOOKS_AGAIN_SECONDS if not opened and self.looks_again(obj) else 0,
        }
        response = TemplateResponse(request, "backoffice/detail.html", context, status=status)
        if opened:
            response["Cache-Control"] = "no-store, private"
        return response

    def _list_url(self, request: HttpRequest) -> str:
        """The list as it was when one came from it: the same page of the same filters."""
        seen = request.GET.get("_changelist_filters", "")
        return f"{self._url('changelist')}?{seen}" if seen else self._url("changelist")

    def _key(self, obj: Model) -> Any:
        return getattr(obj, "public_id", None) or obj.pk

    def _audit_url(self, request: HttpRequest, obj: Model) -> str:
        """The audit of this row, for those who may read it."""
        return self.admin_site.audit_url(request, str(getattr(obj, "public_id", "")))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A row's history is its audit."""
        obj = self._row_or_404(request, object_id)
        return HttpResponseRedirect(self._audit_url(request, obj) or self.url_of(obj))

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
