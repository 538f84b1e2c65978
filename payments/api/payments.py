"""Payments under /v1/payments, batches under /v1/payment_batches."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import PageFilters, narrowed
from flowlet.api.views import PartnerView
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from payments import errors
from payments.api import payment_examples as examples
from payments.api import payment_rendering as rendering
from payments.api import payment_serializers as forms
from payments.api.consents import CALLS
from payments.models import Batch, Payment
from payments.policies import references
from payments.providers.openbanking.vocabulary import Visitor
from payments.selectors import payments as selectors
from payments.selectors import reports
from payments.services import batch_rows, payer_visits, payments
from wallets import errors as wallets
from wallets.api.holds import NAMES, SPENDING

_PATH = {"payment_id": Payment.PREFIX}
# Why an external account is not paid or debited.
_NOT_USABLE = (
    errors.ExternalAccountPending,
    errors.ExternalAccountBlocked,
    errors.ExternalAccountClosed,
    errors.ReverificationNeeded,
)
_EXACT = ("status", "kind", "rail", "direction", "wallet_id", "external_account_id", "batch_id", "external_id")


class PaymentList(PartnerView):
    """All payments."""

    required_scopes = {"GET": "payments:read", "POST": "payments:write"}
    tag = "Payments"

    @endpoint(
        summary="List payments",
        query=forms.PaymentFilters,
        response=paged(forms.PaymentOut),
        errors=(errors.MalformedReference,),
        query_example={"rail": "ach"},
        example=page_example(examples.LISTED),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = narrowed(request.query, _EXACT)
        if "reference" in request.query:
            wanted["reference"] = references.parse(request.query["reference"])
        found = selectors.matching(partner_id=request.caller.partner_id, **wanted)
        return page(found, request, render=rendering.payment)

    @endpoint(
        summary="Make a payment",
        body=forms.PaymentIn,
        response=forms.PaymentDetailOut,
        status=201,
        errors=(
            *SPENDING,
            errors.KindNotOnRail,
            errors.RailNotConfigured,
            errors.CurrencyNotOnRail,
            errors.AmountOutsideRail,
            errors.WalletMissing,
            errors.ExternalAccountMissing,
            errors.ExternalAccountUnfit,
            *_NOT_USABLE,
            errors.NotDebitable,
            errors.UnfitForRail,
            errors.MandateMissing,
            errors.MandateNotActive,
            errors.NoticeMissing,
            errors.NoticeTooShort,
            errors.FeeAboveAmount,
            errors.ScheduleOutOfRange,
            errors.BelowRailMinimum,
            errors.RailLimitExceeded,
            errors.BankNotOffered,
            people.PersonalDataErased,
            people.AuthenticationRequired,
            people.AuthenticationUnfit,
            *NAMES,
        ),
        body_example=examples.NEW_PAYMENT,
        example=examples.PAYMENT,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Pay out, collect, charge a card, or move money inside the book. The answer says what was decided: `HELD` waits for the rail's
        next run, `REVIEW` and `APPROVAL` for a person, `REJECTED` is a no.
        """
        asked = dict(request.data)
        if "visitor" in asked:
            visitor = asked["visitor"]
            asked["visitor"] = Visitor(ip=visitor["ip"], user_agent=visitor.get("user_agent", ""))
        made = payments.create(
            partner_id=request.caller.partner_id,
            kind=asked.pop("kind"),
            rail=asked.pop("rail"),
            **asked,
            actor=request.actor,
            at=request.at,
        )
        return rendering.detail(made)


class PaymentDetail(PartnerView):
    """One payment."""

    example_mode = "SANDBOX"
    required_scopes = {"GET": "payments:read"}
    path_ids = _PATH
    tag = "Payments"

    @endpoint(
        summary="Read a payment",
        response=forms.PaymentDetailOut,
        errors=(errors.PaymentNotFound,),
        path_example={"payment_id": examples.CARDHOLDER_ID},
        example=examples.AWAITING,
    )
    def get(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """The payment as it is now, with every step it took; and where its payer is to be sent, while their bank waits for them."""
        return rendering.detail(payments.get(payment_id, partner_id=request.caller.partner_id))


class PaymentCancel(PartnerView):
    """Take a payment back."""

    required_scopes = {"POST": "payments:write"}
    path_ids = _PATH
    tag = "Payments"

    @endpoint(
        summary="Cancel a payment",
        body=forms.CancelIn,
        response=forms.PaymentDetailOut,
        errors=(errors.PaymentNotFound, errors.NotCancelable),
        body_example={"reason": "The order was withdrawn"},
        example=examples.CANCELED,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """Possible until the payment was sent. What was held is available again."""
        payment = payments.cancel(
            payment_id=payment_id,
            partner_id=request.caller.partner_id,
            reason=request.data.get("reason", ""),
            actor=request.actor,
            at=request.at,
        )
        return rendering.detail(payment)


class PaymentAuthorisation(PartnerView):
    """The payer is back from their bank."""

    example_mode = "SANDBOX"
    required_scopes = {"POST": "payments:write"}
    path_ids = _PATH
    tag = "Payments"

    @endpoint(
        summary="Complete the authorisation of a payment",
        body=forms.AuthorisationIn,
        response=forms.PaymentDetailOut,
        errors=(
            errors.PaymentNotFound,
            errors.NotAuthorisedThere,
            errors.CallbackRefused,
            IllegalMove,
            people.PersonalDataErased,
            *CALLS,
        ),
        path_example={"payment_id": examples.PAYER_ID},
        body_example=examples.VISITED,
        example=examples.AUTHORISED,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """Hand over what the payer's browser brought back. `AUTHORISED`: the payment is submitted to the bank, once, and settles when the
        bank has made it; a card payment is mostly `SETTLED` at once. Where the payer or the bank said no, the payment is `FAILED`."""
        done = payer_visits.complete(
            payment_id=payment_id,
            partner_id=request.caller.partner_id,
            callback=request.data["parameters"],
            actor=request.actor,
            at=request.at,
        )
        return rendering.detail(done)


class PaymentRefunds(PartnerView):
    """What was given back."""

    required_scopes = {"GET": "payments:read", "POST": "payments:write"}
    path_ids = _PATH
    tag = "Payments"

    @endpoint(
        summary="List refunds of a payment",
        query=PageFilters,
        response=paged(forms.PaymentOut),
        errors=(errors.PaymentNotFound,),
        path_example={"payment_id": examples.REFUNDABLE_ID},
        example=page_example({name: value for name, value in examples.REFUND.items() if name not in examples.IN_DETAIL}),
    )
    def get(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """The newest first."""
        payment = payments.get(payment_id, partner_id=request.caller.partner_id)
        return page(selectors.refunds_of(payment), request, render=rendering.payment)

    @endpoint(
        summary="Refund a payment",
        body=forms.RefundIn,
        response=forms.PaymentDetailOut,
        status=201,
        errors=(
            errors.PaymentNotFound,
            errors.NotRefundable,
            errors.RefundTooLarge,
            errors.NotReversible,
            errors.ReversalTooLate,
            errors.ExternalAccountMissing,
            errors.ExternalAccountUnfit,
            *_NOT_USABLE,
            errors.UnfitForRail,
            wallets.InsufficientFunds,
            *NAMES,
        ),
        path_example={"payment_id": examples.REFUNDABLE_ID},
        body_example={"amount": examples.usd("5.00"), "description": "Broken on arrival"},
        example=examples.REFUND,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """Give back a settled payment that came in, in whole or in parts, the way it came. A refund is a payment of its own."""
        made = payments.refund(
            payment_id=payment_id, partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at
        )
        return rendering.detail(made)


class BatchList(PartnerView):
    """All batches."""

    required_scopes = {"GET": "payments:read"}
    tag = "Payments"

    @endpoint(
        summary="List payment batches",
        query=forms.BatchFilters,
        response=paged(forms.PaymentBatchOut),
        query_example={"rail": "ach"},
        example=page_example(examples.BATCH),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """What went out together in a file, the newest first."""
        found = selectors.batches(
            partner_id=request.caller.partner_id,
            **{name: request.query[name] for name in ("rail", "status") if name in request.query},
        )
        return page(found, request, render=rendering.batch)


class BatchDetail(PartnerView):
    """One batch."""

    required_scopes = {"GET": "payments:read"}
    path_ids = {"batch_id": Batch.PREFIX}
    tag = "Payments"

    @endpoint(
        summary="Read a payment batch",
        response=forms.PaymentBatchOut,
        errors=(errors.BatchNotFound,),
        example=examples.BATCH,
    )
    def get(self, request: Any, batch_id: UUID) -> dict[str, Any]:
        """The batch as it is now. Its payments are listed by `GET /v1/payments?batch_id=`."""
        return rendering.batch(batch_rows.get(batch_id, partner_id=request.caller.partner_id))


class SettlementReport(PartnerView):
    """What payments came to."""

    required_scopes = {"GET": "payments:read"}
    tag = "Payments"

    @endpoint(
        summary="Read the settlement report",
        query=forms.ReportDays,
        response=forms.SettlementReportOut,
        query_example={"first": "2026-01-01", "last": "2026-01-31"},
        example=examples.REPORT,
    )
    def get(self, request: Any) -> dict[str, Any]:
        """Per day in the zone of your books, rail, direction, currency and outcome: how many payments, how much, their fees, and what it
        did to your customers' money (`net`). A payment counts on each day on which it moved: settled on one, returned on a later one. What
        a dispute takes counts as `disputed`, for as much as it is about; what comes back of it, or of a return, as `reinstated`. Fees
        stand beside what settled; a payment that came back before it settled has no net. `totals` adds the lines up per currency.
        """
        first, last = request.query["first"], request.query["last"]
        if not first <= last <= first + timedelta(days=366):
            raise Invalid("The report is of at most a year, from the first day to the last.", param="last")
        lines = reports.settlement(partner_id=request.caller.partner_id, first=first, last=last)
        return {
            "first": first.isoformat(),
            "last": last.isoformat(),
            "lines": [rendering.report_line(line) for line in lines],
            "totals": [rendering.report_total(total) for total in reports.totals(lines)],
        }
