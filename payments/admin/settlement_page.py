"""The settlement report of a partner: what its payments came to between two days, as a page and as CSV."""

import csv
import io
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts.models import Partner
from flowlet.backoffice import cells, panels
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.core.http import attachment
from flowlet.core.money import to_text
from payments.choices import Direction, Rail
from payments.models import Payment
from payments.selectors import reports

COLUMNS = ("Day", "Rail", "Way", "What", "Payments", "Currency", "Amount", "Fees", "Net")
LONGEST = timedelta(days=366)


def rows(lines: list[reports.Line], figure: Any) -> list[tuple[Any, ...]]:
    """As they are read; ``figure`` writes an amount."""
    return [
        (
            line.day.isoformat(),
            Rail(line.rail).label,
            Direction(line.direction).label,
            line.outcome.capitalize(),
            line.count,
            line.currency,
            *(figure(value, line.currency) for value in (line.amount, line.fees, line.net)),
        )
        for line in lines
    ]


def as_csv(lines: list[reports.Line]) -> str:
    """With a header; amounts as exact text."""
    file = io.StringIO()
    csv.writer(file).writerows([COLUMNS, *rows(lines, to_text)])
    return file.getvalue()


def url_of(partner: Partner) -> str:
    """The page of a partner's report."""
    return f"{cells.admin_url(Payment, 'changelist')}settlement/{partner.public_id}/"


class SettlementPages:
    """Mixed into the list of payments: the page of a partner's report."""

    def get_urls(self) -> list[URLPattern]:
        """And the settlement report."""
        view = self.admin_site.admin_view(self.settlement_view)
        return [path("settlement/<str:partner_id>/", view, name="payments_payment_settlement"), *super().get_urls()]

    def settlement_view(self, request: HttpRequest, partner_id: str) -> HttpResponseBase:
        """The report; ``as=csv`` is the file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today, error = clock.now().date(), ""
        try:
            partner = Partner.fetch(partner_id)
        except DomainError as refusal:
            raise Http404(refusal.message) from None
        try:
            last = date.fromisoformat(request.GET.get("last") or str(today))
            first = date.fromisoformat(request.GET.get("first") or str(last.replace(day=1)))
            if not first <= last <= first + LONGEST:
                raise ValueError
        except ValueError:
            first, last, error = today.replace(day=1), today, "The report is of at most a year, from the first day to the last."
        lines = reports.settlement(partner_id=partner.pk, first=first, last=last)
        if request.GET.get("as") == "csv" and not error:
            name = f"settlement-{partner.public_id}-{first}-{last}.csv"
            return attachment(io.BytesIO(as_csv(lines).encode()), name=name, media="text/csv; charset=utf-8")
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": f"Settlement report, {partner}",
            "partner": partner,
            "up": cells.admin_url(partner),
            "first": first,
            "last": last,
            "error": error,
            "columns": COLUMNS,
            "rows": rows(lines, cells.number),
            "totals": [
                (total.currency, cells.number(total.net, total.currency), cells.number(total.fees, total.currency))
                for total in reports.totals(lines)
            ],
        }
        return TemplateResponse(request, "payments/settlement.html", context, status=400 if error else 200)


panels.add(
    Partner,
    panels.Facts(
        title="Settlement",
        rows=lambda partner: [("Report", cells.href(url_of(partner), "open"))],
        permission="payments.view_payment",
    ),
)
