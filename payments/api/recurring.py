"""Recurring payments under /v1/recurring_payments."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts import errors as people
from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.fields import MetadataField, MoneySerializerField, PublicIdField, moment
from flowlet.api.paging import page
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core import ids
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove
from payments import errors
from payments.api import payment_examples as examples
from payments.api.payment_serializers import ASKABLE, AUTHENTICATION_ID, EXTERNAL_ID
from payments.choices import Rail, RecurringStatus
from payments.models import Recurring
from payments.policies.schedules import Frequency, SkippedDay
from payments.selectors import payments as selectors
from payments.services import recurring
from wallets.api.holds import NAMES
from wallets.errors import WalletNotFound

_PATH = {"recurring_payment_id": Recurring.PREFIX}


class RuleIn(StrictSerializer):
    """When it is made."""

    starts_on = serializers.DateField()
    frequency = serializers.ChoiceField([one.value for one in Frequency])
    every = serializers.IntegerField(
        min_value=1, max_value=366, default=1, help_text="Every so many days, weeks, months or years"
    )
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, help_text="WEEKLY: 0 is Monday"
    )
    day = serializers.IntegerField(
        min_value=1, max_value=31, required=False, help_text="MONTHLY, YEARLY: 31 is the last of any month"
    )
    ends_on = serializers.DateField(required=False)
    count = serializers.IntegerField(min_value=1, max_value=5000, required=False, help_text="Or it ends after so many payments")
    skipped_day = serializers.ChoiceField(
        [one.value for one in SkippedDay],
        default=SkippedDay.NEXT.value,
        help_text="What happens on days on which banks are closed",
    )


class RecurringIn(StrictSerializer):
    """A new recurring payment."""

    kind = serializers.ChoiceField(ASKABLE)
    rail = serializers.ChoiceField(Rail.choices)
    amount = MoneySerializerField()
    wallet_id = PublicIdField("wal")
    target_wallet_id = PublicIdField("wal", required=False)
    external_account_id = PublicIdField("eac", required=False)
    mandate_id = PublicIdField("mdt", required=False)
    description = serializers.CharField(max_length=140, required=False, allow_blank=True)
    rule = RuleIn()
    authentication_id = PublicIdField("chl", **AUTHENTICATION_ID)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id; unique among your recurring payments")
    metadata = MetadataField(required=False, help_text="Goes to each payment")


class RecurringFilters(PageFilters):
    """Which recurring payments."""

    status = serializers.ChoiceField(RecurringStatus.choices, required=False)
    wallet_id = PublicIdField("wal", required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    metadata = MetadataField(required=False)


class RuleOut(StrictSerializer):
    """When it is made."""

    starts_on = serializers.DateField()
    frequency = serializers.ChoiceField([one.value for one in Frequency])
    every = serializers.IntegerField()
    weekdays = serializers.ListField(child=serializers.IntegerField())
    day = serializers.IntegerField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    skipped_day = serializers.ChoiceField([one.value for one in SkippedDay])


class OccurrenceOut(StrictSerializer):
    """One time: the payment that was made, or why none was."""

    on = serializers.DateField()
    nominal_on = serializers.DateField(help_text="The rule's own day, before a bank holiday moved it")
    payment_id = PublicIdField("pay", allow_null=True)
    refusal_code = serializers.CharField(allow_null=True)
    refusal = serializers.CharField(allow_null=True)


class RecurringOut(StrictSerializer):
    """A recurring payment with its newest times."""

    id = PublicIdField("rec")
    kind = serializers.ChoiceField(ASKABLE)
    rail = serializers.ChoiceField(Rail.choices)
    status = serializers.ChoiceField(RecurringStatus.choices)
    amount = MoneySerializerField()
    wallet_id = PublicIdField("wal")
    target_wallet_id = PublicIdField("wal", allow_null=True)
    external_account_id = PublicIdField("eac", allow_null=True)
    mandate_id = PublicIdField("mdt", allow_null=True)
    description = serializers.CharField(allow_null=True)
    rule = RuleOut()
    next_on = serializers.DateField(allow_null=True)
    made = serializers.IntegerField()
    occurrences = OccurrenceOut(many=True, help_text="The newest ten")
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()


class RecurringStepIn(StrictSerializer):
    """An empty object."""


RULE = {
    "starts_on": "2099-01-31",
    "frequency": "MONTHLY",
    "every": 1,
    "weekdays": [],
    "day": 31,
    "ends_on": None,
    "count": 12,
    "skipped_day": "NEXT_SAME_MONTH",
}
EXAMPLE = {
    "id": example_id("rec"),
    "kind": "TRANSFER",
    "rail": "ach",
    "status": "ACTIVE",
    "amount": examples.usd("25.00"),
    "wallet_id": examples.WALLET_ID,
    "target_wallet_id": None,
    "external_account_id": examples.PAYEE_ID,
    "mandate_id": None,
    "description": "Rent",
    "rule": RULE,
    "next_on": "2099-01-30",
    "made": 0,
    "occurrences": [],
    "external_id": None,
    "metadata": {"lease": "L-77"},
    "created_at": examples.FIRST,
}


def render(row: Recurring) -> dict[str, Any]:
    """A recurring payment."""
    newest = row.occurrences.order_by("-on")[:10]
    return {
        "id": row.public_id,
        "kind": row.kind,
        "rail": row.rail,
        "status": row.status,
        "amount": Money(row.amount, row.currency),
        "wallet_id": ids.public_id("wal", row.wallet_id),
        "target_wallet_id": _maybe("wal", row.target_wallet_id),
        "external_account_id": _maybe("eac", row.external_account_id),
        "mandate_id": _maybe("mdt", row.mandate_id),
        "description": row.description or None,
        "rule": row.rule,
        "next_on": row.next_on.isoformat() if row.next_on else None,
        "made": row.made,
        "occurrences": [
            {
                "on": one.on.isoformat(),
                "nominal_on": one.nominal_on.isoformat(),
                "payment_id": _maybe("pay", one.payment_id),
                "refusal_code": one.refusal_code or None,
                "refusal": one.refusal or None,
            }
            for one in newest
        ],
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
    }


class RecurringList(PartnerView):
    """All recurring payments."""

    required_scopes = {"GET": "payments:read", "POST": "payments:write"}
    tag = "Recurring payments"

    @endpoint(
        summary="List recurring payments",
        query=RecurringFilters,
        response=paged(RecurringOut),
        query_example={"status": "ACTIVE"},
        example=page_example(EXAMPLE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = {name: request.query[name] for name in ("status", "wallet_id", "external_id") if name in request.query}
        found = selectors.recurring(partner_id=request.caller.partner_id, metadata=request.query.get("metadata"), **wanted)
        return page(found, request, render=render)

    @endpoint(
        summary="Set up a recurring payment",
        body=RecurringIn,
        response=RecurringOut,
        status=201,
        errors=(
            errors.MalformedSchedule,
            errors.NothingRecurs,
            errors.KindNotOnRail,
            errors.CurrencyNotOnRail,
            errors.RailNotConfigured,
            errors.AmountOutsideRail,
            errors.WalletMissing,
            errors.ExternalAccountMissing,
            errors.ExternalAccountUnfit,
            errors.ExternalAccountClosed,
            errors.ExternalAccountBlocked,
            errors.ExternalAccountPending,
            errors.NotDebitable,
            errors.ReverificationNeeded,
            errors.MandateMissing,
            errors.MandateNotActive,
            WalletNotFound,
            people.AuthenticationRequired,
            people.AuthenticationUnfit,
            *NAMES,
        ),
        body_example={
            "kind": "TRANSFER",
            "rail": "ach",
            "amount": examples.usd("25.00"),
            "wallet_id": examples.WALLET_ID,
            "external_account_id": examples.PAYEE_ID,
            "description": "Rent",
            "rule": {"starts_on": "2099-01-31", "frequency": "MONTHLY", "day": 31, "count": 12, "skipped_day": "NEXT_SAME_MONTH"},
            "metadata": {"lease": "L-77"},
        },
        example=EXAMPLE,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Each time is a payment of its own, made on its day; one that is refused is listed with its reason and does not stop the next."""
        asked = dict(request.data)
        rule = {
            name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in dict(asked.pop("rule")).items()
        }
        made = recurring.create(
            partner_id=request.caller.partner_id,
            kind=asked.pop("kind"),
            rail=asked.pop("rail"),
            rule=rule,
            **asked,
            actor=request.actor,
            at=request.at,
        )
        return render(made)


class RecurringDetail(PartnerView):
    """One recurring payment."""

    required_scopes = {"GET": "payments:read"}
    path_ids = _PATH
    tag = "Recurring payments"

    @endpoint(summary="Read a recurring payment", response=RecurringOut, errors=(errors.RecurringNotFound,), example=EXAMPLE)
    def get(self, request: Any, recurring_payment_id: UUID) -> dict[str, Any]:
        """The recurring payment as it is now, with its newest times."""
        return render(recurring.get(recurring_payment_id, partner_id=request.caller.partner_id))


class _Step(PartnerView):
    """Base of the three steps."""

    required_scopes = {"POST": "payments:write"}
    path_ids = _PATH
    tag = "Recurring payments"

    def take(self, request: Any, step: Any, recurring_payment_id: UUID) -> dict[str, Any]:
        """Take the step and show it."""
        row = step(recurring_id=recurring_payment_id, partner_id=request.caller.partner_id, actor=request.actor, at=request.at)
        return render(row)


class RecurringPause(_Step):
    """Stop for a while."""

    @endpoint(
        summary="Pause a recurring payment",
        body=RecurringStepIn,
        response=RecurringOut,
        errors=(errors.RecurringNotFound, IllegalMove),
        body_example={},
        example={**EXAMPLE, "status": "PAUSED"},
    )
    def post(self, request: Any, recurring_payment_id: UUID) -> dict[str, Any]:
        """No payments until it is resumed; what falls due meanwhile is left out."""
        return self.take(request, recurring.pause, recurring_payment_id)


class RecurringResume(_Step):
    """Go on."""

    @endpoint(
        summary="Resume a recurring payment",
        body=RecurringStepIn,
        response=RecurringOut,
        errors=(errors.RecurringNotFound, IllegalMove, errors.NothingRecurs),
        path_example={"recurring_payment_id": example_id("rec", 2)},
        body_example={},
        example={**EXAMPLE, "id": example_id("rec", 2)},
    )
    def post(self, request: Any, recurring_payment_id: UUID) -> dict[str, Any]:
        """It goes on with the first day from today."""
        return self.take(request, recurring.resume, recurring_payment_id)


class RecurringEnd(_Step):
    """Stop for good."""

    @endpoint(
        summary="End a recurring payment",
        body=RecurringStepIn,
        response=RecurringOut,
        errors=(errors.RecurringNotFound, IllegalMove),
        body_example={},
        example={**EXAMPLE, "status": "ENDED"},
    )
    def post(self, request: Any, recurring_payment_id: UUID) -> dict[str, Any]:
        """No payments any more. Those that were made stay as they are."""
        return self.take(request, recurring.end, recurring_payment_id)


def _maybe(prefix: str, key: Any) -> str | None:
    return ids.public_id(prefix, key) if key else None
