"""Limits per rail under /v1/payment_limits."""

from datetime import date
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.errors import CustomerNotFound
from accounts.selectors import customers
from flowlet.api.endpoints import endpoint
from flowlet.api.fields import CurrencyField, MoneySerializerField, PublicIdField, moment
from flowlet.api.serializers import Filters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core.money import Money
from payments.api import payment_examples as examples
from payments.choices import Direction, Rail
from payments.models import RailLimit
from payments.policies import cutoffs, kinds
from payments.policies import rail_limits as policies
from payments.selectors import rail_limits as selectors
from payments.selectors.rail_limits import Used


class LimitFilters(Filters):
    """Whose usage."""

    customer_id = PublicIdField("cus", required=False, help_text="Also say what this customer has used")


class SpansOut(StrictSerializer):
    """What all payments of a span may come to, together; null is no limit."""

    daily = MoneySerializerField(allow_null=True, positive=False)
    daily_count = serializers.IntegerField(allow_null=True, help_text="How many payments a day")
    monthly = MoneySerializerField(allow_null=True, positive=False)


class SpansUsedOut(StrictSerializer):
    """What payments have used, limited or not."""

    daily = MoneySerializerField(positive=False)
    daily_count = serializers.IntegerField()
    monthly = MoneySerializerField(positive=False)


class UsageOut(StrictSerializer):
    """What is used of the rail's business day and its month."""

    business_day = serializers.DateField(help_text="The day on which a payment made now would count")
    day_renews_at = serializers.DateTimeField(help_text="From this moment on payments count on a later business day")
    month_renews_at = serializers.DateTimeField(help_text="From this moment on payments count in the next month")
    partner = SpansUsedOut()
    customer = SpansUsedOut(allow_null=True, help_text="null unless you name a `customer_id`")


class PaymentLimitOut(StrictSerializer):
    """What may go one way over a rail in one currency."""

    id = PublicIdField("rlm")
    rail = serializers.ChoiceField(Rail.choices)
    direction = serializers.ChoiceField(Direction.choices)
    kind = serializers.ChoiceField(
        [(kind.value, kind.label) for kind in policies.KINDS], allow_null=True, help_text="null: all together"
    )
    currency = CurrencyField()
    minimum = MoneySerializerField(allow_null=True, positive=False, help_text="Of one payment")
    maximum = MoneySerializerField(allow_null=True, positive=False, help_text="Of one payment")
    per_customer = SpansOut()
    per_partner = SpansOut(help_text="Over all your customers")
    usage = UsageOut()
    valid_from = serializers.DateTimeField()


class RailOut(StrictSerializer):
    """What the rail itself carries."""

    rail = serializers.ChoiceField(Rail.choices)
    currencies = serializers.ListField(child=CurrencyField(), help_text="Empty: all")
    maximum = serializers.CharField(allow_null=True, help_text="Of one payment, in the rail's currency; null: none")
    same_day_maximum = serializers.CharField(
        allow_null=True, help_text="Of one payment of the same day, where the rail knows such"
    )


class PaymentLimitsOut(StrictSerializer):
    """Your limits, and those of the rails themselves."""

    data = PaymentLimitOut(many=True)
    rails = RailOut(many=True)


class PaymentLimits(PartnerView):
    """What limits payments."""

    required_scopes = {"GET": "payments:read"}
    tag = "Payments"

    @endpoint(
        summary="Read payment limits",
        query=LimitFilters,
        response=PaymentLimitsOut,
        errors=(CustomerNotFound,),
        example=examples.LIMITS,
    )
    def get(self, request: Any) -> dict[str, Any]:
        """What limits your payments now, per rail, direction and currency, and how much of it is used on the rail's business day and in its
        month. A payment has to keep to all rows that fit it, and to what its rail carries; the limits of the wallet and the customer's tier
        stand beside these.
        """
        partner_id, customer_id = request.caller.partner_id, request.query.get("customer_id")
        if customer_id is not None:
            customers.get(customer_id, partner_id=partner_id)
        rows = selectors.in_force(partner_id=partner_id, at=request.at)
        days = [cutoffs.next_cutoff(row.rail, request.at).processing_on for row in rows]
        used = selectors.used(zip(rows, days, strict=True), partner_id=partner_id, customer_id=customer_id)
        return {
            "data": [
                _limit(row, day, one, with_customer=customer_id is not None)
                for row, day, one in zip(rows, days, used, strict=True)
            ],
            "rails": [_rail(rail) for rail in Rail],
        }


def _limit(row: RailLimit, day: date, used: Used, *, with_customer: bool) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "rail": row.rail,
        "direction": row.direction,
        "kind": row.kind or None,
        "currency": row.currency,
        "minimum": _money(row.minimum, row.currency),
        "maximum": _money(row.maximum, row.currency),
        "per_customer": _spans(row, "customer", row.currency),
        "per_partner": _spans(row, "partner", row.currency),
        "usage": {
            "business_day": day.isoformat(),
            "day_renews_at": moment(policies.day_ends(row.rail, day)),
            "month_renews_at": moment(policies.month_ends(row.rail, day)),
            "partner": _spans(used, "partner", row.currency),
            "customer": _spans(used, "customer", row.currency) if with_customer else None,
        },
        "valid_from": moment(row.valid_from),
    }


def _spans(of: RailLimit | Used, whose: str, currency: str) -> dict[str, Any]:
    return {
        "daily": _money(getattr(of, f"{whose}_daily"), currency),
        "daily_count": getattr(of, f"{whose}_daily_count"),
        "monthly": _money(getattr(of, f"{whose}_monthly"), currency),
    }


def _rail(rail: Rail) -> dict[str, Any]:
    rules = kinds.RAILS[rail]
    same_day = kinds.SAME_DAY_ACH_LARGEST if rail == Rail.ACH else None
    return {
        "rail": rail.value,
        "currencies": sorted(rules.currencies),
        "maximum": None if rules.largest is None else str(rules.largest),
        "same_day_maximum": None if same_day is None else str(same_day),
    }


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
