"""The flow of a day: what came in, went out, failed and was returned, per rail and currency, with the ACH return rates."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts.choices import Mode
from flowlet.core import clock
from payments.admin import furniture
from payments.selectors import flows, return_rates

FLOW = SimpleNamespace(label="Flow of the day", style="default", key="y")
MINDAY = date(2000, 1, 1)


def _rates() -> list[dict[str, Any]]:
    """The shares of ACH debits that came back in sixty days, against the levels at which Nacha asks questions."""
    return [
        {
            "label": f"{one.level.name.capitalize()} returns",
            "value": f"{one.rate:.2%}",
            "text": f"{one.returned:,} of {one.debits:,} debits; questions above {one.level.limit:.1%}",
            "tone": "bad" if one.is_exceeded else "good",
        }
        for one in return_rates.ach_return_rates(at=clock.now())
    ]


class FlowPages:
    """Mixed into the list of payments: the page, and the button that leads there."""

    def get_urls(self) -> list[URLPattern]:
        """And the flow of a day."""
        return [path("flow/", self.admin_site.admin_view(self.flow_view), name="payments_payment_flow"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the way to the flow of the day."""
        return super().changelist_view(
            request, {"fl_buttons": [{"transition": FLOW, "url": self._url("flow")}], **(extra_context or {})}
        )

    def flow_view(self, request: HttpRequest) -> HttpResponse:
        """What came in, went out, failed and was returned on one day, per rail and currency."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = clock.now().date()
        try:
            day = date.fromisoformat(request.GET.get("day") or str(today))
            if not MINDAY < day <= today + timedelta(days=1):
                raise ValueError(day)
        except ValueError:
            raise Http404("Give day=2026-01-31.") from None
        mode = Mode.SANDBOX if request.GET.get("mode") == Mode.SANDBOX else Mode.LIVE
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": "Flow of the day",
            "day": day,
            "mode": mode,
            "modes": Mode.choices,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1) if day < today else None,
            "flows": furniture.drawn(flows.of_day(day, modes=[mode])),
            "rates": _rates() if mode == Mode.LIVE else (),
            "list_url": self._url("changelist"),
        }
        return TemplateResponse(request, "payments/flow.html", context)
