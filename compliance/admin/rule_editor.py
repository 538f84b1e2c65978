"""The editor of a rule's condition: a page, and an address that says a condition's sentence and what is wrong with it."""

from http import HTTPStatus
from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from compliance.policies import rule_parameters, scenarios
from compliance.services import rule_drafts
from flowlet.backoffice import permissions
from flowlet.backoffice.actors import actor_of
from flowlet.backoffice.transitions import REASON_MAX, REASON_MIN, dress
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.rules import describing, engine, parsing, registry
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.services.versions import LONGEST_TITLE
from flowlet.rules.vocabulary import Vocabulary

WRITE = "compliance.write_rule"


class DraftForm(forms.Form):
    """What is said beside the condition."""

    name = forms.CharField(max_length=60, help_text="Lower case, such as many_senders; it is never changed")
    title = forms.CharField(max_length=LONGEST_TITLE)
    priority = forms.IntegerField(initial=50, help_text="From 0 to 100: how urgent its alert is")
    outcome = forms.ChoiceField(choices=rule_parameters.OUTCOMES.items(), label="What becomes of the payment")
    reason = forms.CharField(
        min_length=REASON_MIN,
        max_length=REASON_MAX,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with the version. No personal data.",
    )
    condition = forms.CharField(widget=forms.HiddenInput, max_length=parsing.LARGEST_TEXT)


def checked(text: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """The sentence of the condition, or every refusal with its place."""
    try:
        document = parsing.load(text)
        found = parsing.problems(document, vocabulary)
        if not found:
            rule = engine.compile_rule(document, vocabulary)
            rule_parameters.check_bounds(rule.condition)
            return {"words": rule.words, "cost": rule.cost, "problems": []}
    except DomainError as refused:
        found = [refused]
    return {"words": "", "problems": [told(one) for one in found]}


def told(refused: DomainError) -> dict[str, str]:
    """A refusal; the editor shows it at its place, so that the words need not name it."""
    said = refused.message.removeprefix(f"{refused.param}: ").removeprefix(refused.param).strip()
    return {"path": refused.param, "code": refused.code, "message": f"{said[:1].upper()}{said[1:]}"}


class RuleEditor:
    """Mixed into the pages of rules: ``<id>/editor/`` for the next version of a rule, ``editor/<set>/`` for a new one, ``check/<set>/``."""

    def get_urls(self) -> list[URLPattern]:
        """Before the usual ones."""
        name, wrap = f"{self.opts.app_label}_{self.opts.model_name}", self.admin_site.admin_view
        return [
            path("editor/<str:rule_set>/", wrap(self.new_view), name=f"{name}_new"),
            path("check/<str:rule_set>/", wrap(self.check_view), name=f"{name}_check"),
            path("<str:object_id>/editor/", wrap(self.editor_view), name=f"{name}_editor"),
            *super().get_urls(),
        ]

    def check_view(self, request: HttpRequest, rule_set: str) -> HttpResponse:
        """The sentence and the problems of a condition; nothing is kept."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return JsonResponse(checked(request.POST.get("condition", ""), registry.find(self._set(request, rule_set).vocabulary)))

    def new_view(self, request: HttpRequest, rule_set: str) -> HttpResponse:
        """A rule that is not there yet."""
        return self._edit(request, self._set(request, rule_set), None)

    def editor_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The next version of a rule, from this one."""
        version = self._row_or_404(request, object_id)
        return self._edit(request, self._set(request, version.rule_set.name), version)

    @staticmethod
    def _set(request: HttpRequest, name: str) -> RuleSet:
        if not permissions.allows(request.user, WRITE):
            raise PermissionDenied
        return get_object_or_404(RuleSet, name=name)

    def _edit(self, request: HttpRequest, rule_set: RuleSet, version: RuleVersion | None) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        form = self._form(request, rule_set, version)
        if request.method != "POST":
            return self._editor_page(request, rule_set, version, form)
        if not form.is_valid():
            return self._editor_page(request, rule_set, version, form, status=HTTPStatus.BAD_REQUEST)
        data = dict(form.cleaned_data)
        try:
            made = rule_drafts.save(
                rule_set=rule_set.name,
                name=version.name if version else data.pop("name"),
                condition=parsing.load(data.pop("condition")),
                effect=version.effect if version else None,
                **data,
                actor=actor_of(request),
                at=clock.now(),
            )
        except DomainError as refusal:
            if refusal.param in form.fields:
                form.add_error(refusal.param, refusal.message)
            return self._editor_page(request, rule_set, version, form, refusal=refusal, status=refusal.status)
        messages.success(request, f"Version {made.number} is drafted. Try it on the past next.")
        return HttpResponseRedirect(self.url_of(made))

    @staticmethod
    def _form(request: HttpRequest, rule_set: RuleSet, version: RuleVersion | None) -> forms.Form:
        begin = {"title": "", "condition": "{}"}
        if version is not None:
            begin = {"title": version.title, "condition": orjson.dumps(version.condition).decode(), **version.effect}
        form = DraftForm(request.POST if request.method == "POST" else None, initial=begin)
        if version is not None:
            del form.fields["name"]
        if rule_set.name != scenarios.GATE:
            del form.fields["outcome"]
        return dress(form)

    def _editor_page(
        self,
        request: HttpRequest,
        rule_set: RuleSet,
        version: RuleVersion | None,
        form: forms.Form,
        *,
        refusal: DomainError | None = None,
        status: int = 200,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        heading = self.title_of(version) if version else f"A new rule of {rule_set.label.lower()}"
        context = {
            **self.admin_site.each_context(request),
            "title": "Edit the condition" if version else "Write a rule",
            "model_opts": self.opts,
            "heading": heading,
            "form": form,
            "refusal": refusal,
            "schema": describing.described(registry.find(rule_set.vocabulary)),
            "check_url": self._url("check", rule_set.name),
            "back_url": self.url_of(version) if version else self._url("changelist"),
        }
        return TemplateResponse(request, "compliance/rule_editor.html", context, status=status)
