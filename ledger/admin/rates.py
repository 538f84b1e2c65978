"""Exchange rates: entered by finance or imported, never changed."""

from typing import Any

from django import forms
from django.contrib import admin

from flowlet.backoffice import ReferenceAdmin, Transition, panels, site
from ledger.models import Rate
from ledger.services import rates


class RateForm(forms.Form):
    """A new rate."""

    base = forms.CharField(max_length=3, help_text="One unit of this currency …")
    quote = forms.CharField(max_length=3, help_text="… is worth so many of this one")
    rate = forms.DecimalField(max_digits=24, decimal_places=12, min_value=0)
    valid_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))


class RateAdmin(ReferenceAdmin):
    """One rate."""

    section, icon, menu_order = "Books", "currency_exchange", 50
    list_display = ("pair", "rate", "valid_on", "source", "recorded_at")
    search_fields = ("base",)
    search_help_text = "Currency, such as EUR"
    panels = (panels.Facts(title="Rate", fields=("base", "quote", "rate", "valid_on", "source", "recorded_at")),)
    transitions = (
        Transition(
            name="enter",
            label="Enter a rate",
            scope="list",
            style="primary",
            permission="ledger.set_rate",
            form=RateForm,
            service=rates.enter,
        ),
    )

    @admin.display(description="pair")
    def pair(self, rate: Rate) -> Any:
        """Base and quote."""
        return f"{rate.base}/{rate.quote}"


site.register(Rate, RateAdmin)
