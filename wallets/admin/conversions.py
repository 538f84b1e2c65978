"""Quotes and conversions to read; exchange spreads, changed by two people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin

from accounts.models import Partner
from flowlet.approvals.models import Approval
from flowlet.backoffice import ReadOnlyAdmin, ReferenceAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.models import Entry
from wallets.admin import furniture
from wallets.admin.limits import ASKED
from wallets.choices import FixedSide
from wallets.models import Conversion, FxQuote, FxSpread
from wallets.models.exchange import Priced
from wallets.selectors import conversions as selectors
from wallets.services import prices, spreads

OFFERED = 200


def price_facts(row: Priced) -> list[tuple[str, Any]]:
    """What is sold for what, and how the one came from the other."""
    unit = f"{row.buy_currency} for 1 {row.sell_currency}"
    return [
        ("Sold", furniture.figure(row.sell_amount, row.sell_currency)),
        ("Bought", furniture.figure(row.buy_amount, row.buy_currency)),
        ("Asked for", FixedSide(row.fixed_side).label),
        ("Worth at the market's rate", furniture.figure(row.market_amount, row.buy_currency)),
        ("Earned", furniture.figure(row.spread_amount, row.buy_currency)),
        ("Spread", spreads.percent(row.spread_basis_points)),
        ("Market's rate", f"{prices.rounded(row.market_rate)} {unit}"),
        ("Client's rate", f"{prices.rounded(row.client_rate)} {unit}"),
    ]


def published(row: Priced) -> list[tuple]:
    """The published rates that the market's rate is made of."""
    return [(f"{one['base']}/{one['quote']}", one["rate"], one["valid_on"], one["source"]) for one in row.rate_via]


def legs(row: Conversion) -> list[panels.Leg]:
    """Its journal."""
    entries = Entry.objects.filter(journal_id=row.journal_id).select_related("account").order_by("ordinal")
    return [
        panels.Leg(
            side=entry.side,
            label=f"{entry.account.code} {entry.account.name}" if not entry.account.owner else entry.account.name,
            amount=Money(entry.amount, entry.currency),
            url=cells.admin_url(entry.account),
        )
        for entry in entries
    ]


RATES = panels.Table(title="Made of", columns=("Pair", "Rate", "Of", "Source"), figures=("Rate",), rows=published)


class PricedPages:
    """Mixed into the pages of what has a price."""

    def title_of(self, obj: Any) -> str:
        """The two amounts and its id."""
        return f"{furniture.plain(obj.sell_amount, obj.sell_currency)} → {furniture.plain(obj.buy_amount, obj.buy_currency)}"

    @admin.display(description="sold")
    def sold(self, obj: Any) -> Any:
        """What is sold."""
        return furniture.figure(obj.sell_amount, obj.sell_currency)

    @admin.display(description="bought")
    def bought(self, obj: Any) -> Any:
        """What is bought."""
        return furniture.figure(obj.buy_amount, obj.buy_currency)

    @admin.display(description="earned")
    def earned(self, obj: Any) -> Any:
        """What the platform earns."""
        return furniture.figure(obj.spread_amount, obj.buy_currency)

    @admin.display(description="customer")
    def customer_(self, obj: Any) -> Any:
        """Whose it is."""
        return furniture.customer_link(obj.customer_id)


class ConversionAdmin(PricedPages, ReadOnlyAdmin):
    """One conversion."""

    section, icon, menu_order = "Money", "currency_exchange", 40
    list_display = ("public_id", "sold", "bought", "earned", "customer_", "created_at", "partner")
    list_filter = (furniture.PartnerFilter,)
    list_select_related = ("partner",)
    figures = ("sold", "bought", "earned")
    search_fields = ("external_id",)
    search_help_text = "Id or external id"
    panels = (
        panels.Facts(
            title="Conversion",
            fields=("partner", "description", "external_id", "created_at"),
            rows=lambda row: [
                ("Id", row.public_id),
                ("Customer", furniture.customer_link(row.customer_id)),
                ("From", furniture.wallet_link(row.source_id)),
                ("To", furniture.wallet_link(row.target_id)),
                ("Quote", furniture.link(FxQuote, row.quote_id)),
                ("Journal", furniture.journal_link(row.journal_id)),
                *furniture.notes(row.metadata),
            ],
        ),
        panels.Facts(title="Price", rows=price_facts),
        RATES,
        panels.TAccount(title="In the books", legs=legs),
        panels.History(),
    )


class FxQuoteAdmin(PricedPages, ReadOnlyAdmin):
    """One quote."""

    section, icon, menu_order = "Money", "price_check", 41
    thing, things = "exchange quote", "exchange quotes"
    list_display = ("public_id", "sold", "bought", "earned", "state", "customer_", "expires_at", "partner")
    list_filter = (furniture.PartnerFilter,)
    list_select_related = ("partner", "conversion")
    figures = ("sold", "bought", "earned")
    panels = (
        panels.Facts(
            title="Quote",
            fields=("partner", "created_at", "expires_at"),
            rows=lambda row: [
                ("Id", row.public_id),
                ("Customer", furniture.customer_link(row.customer_id)),
                ("Used by", furniture.link(Conversion, getattr(selectors.conversion_of(row), "pk", None))),
            ],
        ),
        panels.Facts(title="Price", rows=price_facts),
        RATES,
        panels.History(),
    )

    def status_of(self, obj: FxQuote) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="state")
    def state(self, obj: FxQuote) -> Any:
        """Whether it can still be used."""
        status = selectors.status_of(obj, at=clock.now())
        return cells.badge(status.label, status.tone)


class SpreadForm(TransitionForm):
    """Another spread."""

    basis_points = forms.IntegerField(
        min_value=0, max_value=spreads.HIGHEST, label="Basis points", help_text="Hundredths of a percent: 50 is 0.50 %"
    )


class NewSpreadForm(SpreadForm):
    """The first spread of a partner or of one of its pairs."""

    partner = forms.ChoiceField()
    first = forms.RegexField(
        r"^[A-Z]{3}$", required=False, label="Currency", help_text="Empty: all pairs without one of their own"
    )
    second = forms.RegexField(
        r"^[A-Z]{3}$", required=False, label="And currency", help_text="The spread counts in both directions"
    )
    field_order = ("partner", "first", "second", "basis_points")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Partner.objects.order_by("name", "mode")[:OFFERED]
        self.fields["partner"].choices = [(row.public_id, str(row)) for row in rows]

    def clean(self) -> dict[str, Any]:
        """Both currencies or none."""
        cleaned = super().clean()
        if bool(cleaned.get("first")) != bool(cleaned.get("second")):
            raise forms.ValidationError("Give both currencies, or neither for all pairs.")
        return cleaned


def ask_for_change(*, fxspread_id: UUID, basis_points: int, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for another spread of the row's pair."""
    row = FxSpread.objects.get(pk=fxspread_id)
    currencies = (row.pair[:3], row.pair[3:]) if row.pair else None
    return spreads.request_change(
        partner_id=row.partner_id, currencies=currencies, basis_points=basis_points, reason=reason, actor=actor, at=at
    )


def ask_for_new(*, partner: str, first: str, second: str, basis_points: int, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for the first spread of a partner or of one of its pairs."""
    return spreads.request_change(
        partner_id=Partner.key(partner),
        currencies=(first, second) if first else None,
        basis_points=basis_points,
        reason=reason,
        actor=actor,
        at=at,
    )


class FxSpreadAdmin(ReferenceAdmin):
    """What a partner's customers pay on top of the market's rate."""

    section, icon, menu_order = "Settings", "percent", 35
    thing, things = "exchange spread", "exchange spreads"
    list_display = ("pair_", "spread", "updated_at", "partner")
    list_filter = (furniture.PartnerFilter,)
    list_select_related = ("partner",)
    figures = ("spread",)
    panels = (
        panels.Facts(
            title="Spread",
            fields=("partner", "updated_at"),
            rows=lambda row: [("Currencies", row.label), ("Spread", spreads.percent(row.basis_points))],
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="request_change",
            label="Ask for a change",
            key="e",
            style="primary",
            permission="wallets.request_spread_change",
            form=SpreadForm,
            service=ask_for_change,
            initial=lambda row: {"basis_points": row.basis_points},
            reason_required=True,
            done=ASKED,
        ),
        Transition(
            name="request_new",
            label="Ask for another spread",
            scope="list",
            permission="wallets.request_spread_change",
            form=NewSpreadForm,
            service=ask_for_new,
            reason_required=True,
            done=ASKED,
        ),
    )

    def title_of(self, obj: FxSpread) -> str:
        """Pair and partner."""
        return f"{obj.label} · {obj.partner}"

    @admin.display(description="currencies")
    def pair_(self, row: FxSpread) -> str:
        """In words."""
        return row.label

    @admin.display(description="spread")
    def spread(self, row: FxSpread) -> str:
        """In percent."""
        return spreads.percent(row.basis_points)


site.register(Conversion, ConversionAdmin)
site.register(FxQuote, FxQuoteAdmin)
site.register(FxSpread, FxSpreadAdmin)
