"""The guided form of a report: section by section, with what is still missing beside it, as it is typed.

It opens after a reason was given (the reading is in the audit) for one working day, and shows one version of the text.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from compliance.admin import report_fields
from compliance.choices import ReportKind
from compliance.choices.reports import PREPARE
from compliance.models import Report
from compliance.providers import fiu
from compliance.providers.fincen import guide
from compliance.providers.fincen.guide import TITLES
from compliance.services import reports
from flowlet.backoffice import permissions
from flowlet.backoffice.actors import actor_of
from flowlet.core import clock
from flowlet.core.errors import DomainError

SALT, SECONDS = "compliance.report_form", 8 * 3600
GUIDES: Final = {**guide.GUIDES, "STR": (fiu.Report, fiu.GUIDE)}
TONES: Final = {"REJECTED": "bad", "WARNED": "warn", "ADVISED": "neutral"}


def gaps(row: Report, content: Mapping[str, Any] | None = None, *, on: date) -> list[dict[str, Any]]:
    """What is missing or wrong in the report, or in another text of it: sentences with the item, and the field that each means."""
    try:
        found = reports.gaps_in(row, reports.content_of(row) if content is None else content, on=on)
    except DomainError as refusal:
        where = refusal.param or ""
        return [
            {"what": "Cannot be read", "where": "", "message": refusal.message, "tone": "bad", "field": report_fields.spot(where)}
        ]
    return [
        {
            "what": f"Item {gap.item}" if gap.item[:1].isdecimal() else gap.item or "Length",
            "where": place(gap.where),
            "message": gap.message,
            "tone": TONES[gap.severity],
            "field": report_fields.spot(gap.where),
        }
        for gap in found
    ]


def place(where: str) -> str:
    """Of which of several: ``subjects[1].name`` is ``Subject 2``."""
    name, bracket, rest = where.partition("[")
    return f"{TITLES[name]} {int(rest.partition(']')[0]) + 1}" if bracket and name in TITLES else ""


class GuidedForm:
    """Mixed into the page of reports."""

    def get_urls(self) -> list[URLPattern]:
        """The form, and what is missing in what was typed."""
        wrap = self.admin_site.admin_view
        return [
            path("<str:object_id>/form/", wrap(self.form_view), name="compliance_report_form"),
            path("<str:object_id>/gaps/", wrap(self.gaps_view), name="compliance_report_gaps"),
            *super().get_urls(),
        ]

    def form_url(self, request: HttpRequest, row: Report) -> str:
        """Where the form of this report opens for this person."""
        key = signing.dumps([row.public_id, actor_of(request).id], salt=SALT)
        return f"{self._url('form', row.public_id)}?{urlencode({'key': key})}"

    def _opened(self, request: HttpRequest, object_id: str) -> Report | None:
        row = self._row_or_404(request, object_id)
        if not permissions.allows(request.user, PREPARE):
            raise PermissionDenied
        try:
            said = signing.loads(request.GET.get("key", ""), salt=SALT, max_age=SECONDS)
        except signing.BadSignature:
            return None
        return row if said == [row.public_id, actor_of(request).id] else None

    def gaps_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is missing in what was typed; nothing is kept."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._opened(request, object_id)
        if row is None:
            raise PermissionDenied
        kind, sections = GUIDES[row.kind]
        content = report_fields.take(kind, sections, request.POST, reports.content_of(row))
        found = gaps(row, content, on=clock.now().date())
        return TemplateResponse(request, "compliance/report_missing.html", {"gaps": found}, headers={"Cache-Control": "no-store"})

    def form_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form, its next empty entry, or the text kept."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        row = self._opened(request, object_id)
        if row is None:
            messages.error(request, "Say first why you open what it says.")
            return HttpResponseRedirect(self._url("change", object_id))
        if request.method != "POST":
            return self._drawn(request, row, reports.content_of(row))
        kind, sections = GUIDES[row.kind]
        base, data = reports.content_of(row), request.POST
        echo = report_fields.take(kind, sections, data, base, keep=True)
        if data.get("version") != str(row.version):
            return self._drawn(request, row, echo, error="Somebody changed it since you opened it. Open it anew.", status=409)
        if "add" in data:
            return self._drawn(request, row, echo, adding=data["add"])
        given = {"has_suspect": "has_suspect" in data} if row.kind == ReportKind.SAR else {}
        try:
            if data.get("determined_on"):
                given["determined_on"] = date.fromisoformat(data["determined_on"])
            row = reports.change(
                report_id=row.pk,
                content=report_fields.take(kind, sections, data, base),
                reason=data.get("reason", "").strip()[:500] or "completed in the form",
                actor=actor_of(request),
                at=clock.now(),
                **given,
            )
        except ValueError:
            return self._drawn(request, row, echo, error="The day of the determination is no day.", status=400)
        except DomainError as refusal:
            return self._drawn(request, row, echo, error=refusal.message, status=refusal.status)
        messages.success(request, f"Kept as version {row.version}.")
        return HttpResponseRedirect(self.url_of(row) if "close" in data else self.form_url(request, row))

    def _drawn(
        self,
        request: HttpRequest,
        row: Report,
        values: Mapping[str, Any],
        *,
        adding: str = "",
        error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        kind, sections = GUIDES[row.kind]
        request.current_app = self.admin_site.name
        key = urlencode({"key": request.GET.get("key", "")})
        data = request.POST if request.method == "POST" else {}
        content = values if not data else report_fields.take(kind, sections, data, reports.content_of(row))
        context = {
            **self.admin_site.each_context(request),
            "title": row.reference,
            "model_opts": self.opts,
            "original": row,
            "due": self.status_of(row),
            "is_cash": row.kind == ReportKind.CTR,
            "is_sar": row.kind == ReportKind.SAR,
            "determined_on": data.get("determined_on", row.counted_from.isoformat()),
            "has_suspect": "has_suspect" in data if data else row.has_suspect,
            "reason": data.get("reason", "completed in the form"),
            "version": data.get("version", row.version),
            "sections": [(one.title, report_fields.draw(kind, one, values, adding=adding)) for one in sections],
            "gaps": gaps(row, content, on=clock.now().date()),
            "adding": adding,
            "error": error,
            "data": self.lock_of(request, row) | {"next_url": ""},
            "back_url": self.url_of(row),
            "gaps_url": f"{self._url('gaps', row.public_id)}?{key}",
        }
        response = TemplateResponse(request, "compliance/report_form.html", context, status=status)
        response["Cache-Control"] = "no-store, private"
        return response
