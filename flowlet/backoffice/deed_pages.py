"""The pages of declared transitions: button, confirmation form, refusal, stale-page protection, what is read afterwards."""

from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from flowlet.backoffice import cells
from flowlet.backoffice.actors import actor_of
from flowlet.backoffice.transitions import Transition, version_of
from flowlet.core import clock
from flowlet.core.errors import DomainError


class DeedPages:
    """Mixed into every admin class of ours; asks it for the row and its version.

    ``hidden_refusals`` are those that say that a button belongs to another state: it is left out then instead of greyed out.
    """

    hidden_refusals: ClassVar[tuple[type[DomainError], ...]] = ()

    def _buttons(self, request: HttpRequest, obj: Model) -> list[dict[str, Any]]:
        actor, version = actor_of(request), self.version(obj)
        buttons = []
        for transition in self.transitions:
            if transition.scope != "row" or not transition.shown_to(request):
                continue
            refusal = transition.refusal(obj, actor)
            if isinstance(refusal, self.hidden_refusals):
                continue
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
                "model_opts": self.opts,
                "done": text,
                "pairs": [(label, cells.show(value)) for label, value in transition.secrets(result)],
                "next_url": url,
            }
            request.current_app = self.admin_site.name
            response = TemplateResponse(request, "backoffice/secrets.html", context)
            response["Cache-Control"] = "no-store, private"
            return response
        if there is not None and obj is not None and type(there) is not type(obj) and cells.admin_url(there):
            # What has no other name than its id is called what it is.
            name = str(there)
            name = f"See the {there._meta.verbose_name}" if name == getattr(there, "public_id", "") else name
            text = format_html('{} <a href="{}">{}</a>', text, cells.admin_url(there), name)
        if audit_url:
            text = format_html('{} <a class="fl-audit-link" href="{}">See the audit</a>', text, audit_url)
        messages.add_message(request, self.level_of(result), text)
        return HttpResponseRedirect(url)

    def level_of(self, result: Any) -> int:
        """How what is read afterwards is coloured; something else than success for a deed that did not come off."""
        return messages.SUCCESS

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
            "model_opts": self.opts,
            "original": obj,
            "heading": self.title_of(obj) if obj is not None else "",
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
