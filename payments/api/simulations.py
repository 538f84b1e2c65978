"""What the outside would do, under /v1/simulations; sandbox keys only."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.errors import PersonalDataErased
from flowlet.api.endpoints import endpoint
from flowlet.api.views import PartnerView
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove
from payments import errors
from payments.api import payment_examples as examples
from payments.api import payment_rendering as rendering
from payments.api import payment_serializers as forms
from payments.choices import Direction
from payments.models import Payment
from payments.services import payer_visits, sandbox_statements, simulations

_PATH = {"payment_id": Payment.PREFIX}
_REFUSALS = (errors.SandboxOnly, errors.PaymentNotFound, IllegalMove)


class Simulation(PartnerView):
    """Base of all simulations."""

    required_scopes = {"POST": "simulation:write"}
    tag = "Simulations"

    def of_payment(self, request: Any, step: Callable[..., Payment], payment_id: UUID) -> dict[str, Any]:
        """Take the step and show the payment."""
        if not request.caller.is_sandbox:
            raise errors.SandboxOnly
        payment = step(
            payment_id=payment_id, partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at
        )
        return rendering.detail(payment)


class PaymentVisit(PartnerView):
    """A payer for the sandbox."""

    example_mode = "SANDBOX"
    required_scopes = {"POST": "simulation:write"}
    path_ids = _PATH
    tag = "Simulations"

    @endpoint(
        summary="Simulate a payer at their bank",
        body=forms.PayerVisitIn,
        response=forms.PayerVisitOut,
        errors=(*_REFUSALS, errors.NotAuthorisedThere, PersonalDataErased),
        path_example={"payment_id": examples.PAYER_ID},
        body_example={"decision": "APPROVE"},
        example=examples.VISITED,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """The payer goes to the `redirect_url` of the payment's authorisation and decides. Answers what their browser would bring back.
        Sandbox only. What the bank makes of the payment is in the amount's last digits: .01 rejected, .02 pending, .03 unknown."""
        back = payer_visits.simulate(
            payment_id=payment_id,
            partner_id=request.caller.partner_id,
            approves=request.data["decision"] == "APPROVE",
            at=request.at,
        )
        return {"parameters": back}


class PaymentSettle(Simulation):
    """The bank does it."""

    path_ids = _PATH

    @endpoint(
        summary="Settle a payment",
        body=forms.NothingIn,
        response=forms.PaymentDetailOut,
        errors=(*_REFUSALS, errors.NotInReview),
        path_example={"payment_id": examples.SENT_ID},
        body_example={},
        example=examples.SETTLED,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """Send the payment, if it was not sent yet, without waiting for the cut-off, and let the bank execute it."""
        return self.of_payment(request, simulations.settle, payment_id)


class PaymentFail(Simulation):
    """The bank refuses."""

    path_ids = _PATH

    @endpoint(
        summary="Let a payment fail",
        body=forms.ReasonCodeIn,
        response=forms.PaymentDetailOut,
        errors=_REFUSALS,
        path_example={"payment_id": examples.SENT_ID},
        body_example={"reason_code": "bank.refused"},
        example=examples.FAILED,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """The bank takes the payment and refuses it; the wallet has its money and fee back."""
        return self.of_payment(request, simulations.fail, payment_id)


class PaymentReturn(Simulation):
    """The bank sends it back."""

    path_ids = _PATH

    @endpoint(
        summary="Return a payment",
        body=forms.ReasonCodeIn,
        response=forms.PaymentDetailOut,
        errors=(*_REFUSALS, errors.UnknownReturnCode),
        path_example={"payment_id": examples.SETTLED_ID},
        body_example={"reason_code": "R03"},
        example=examples.RETURNED,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """A payment out comes back to its wallet; of a collection, what the wallet no longer has becomes a receivable."""
        return self.of_payment(request, simulations.return_, payment_id)


class PaymentDispute(Simulation):
    """The cardholder disputes."""

    path_ids = _PATH

    @endpoint(
        summary="Dispute a card payment",
        body=forms.DisputeIn,
        response=forms.PaymentDetailOut,
        errors=(*_REFUSALS, errors.AmountDiffers),
        path_example={"payment_id": examples.CARD_ID},
        body_example={"reason_code": "fraudulent"},
        example=examples.DISPUTED,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """The acquirer takes the money back at once: all that is left of the payment, or `amount` of it. The payment is `DISPUTED` either
        way, and `returned` says how much was taken.
        """
        return self.of_payment(request, simulations.dispute, payment_id)


class PaymentDisputeEnd(Simulation):
    """The dispute ends."""

    path_ids = _PATH

    @endpoint(
        summary="End a dispute",
        body=forms.DisputeEndIn,
        response=forms.PaymentDetailOut,
        errors=_REFUSALS,
        path_example={"payment_id": examples.ENDING_ID},
        body_example={"is_won": True},
        example=examples.WON,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """Won, the money comes back to the wallet, and the payment is `SETTLED`. Lost, it stays away: the payment is `RETURNED`, with the
        disputed part under `returned`; the rest stays on the wallet.
        """
        return self.of_payment(request, simulations.end_dispute, payment_id)


class InboundCredits(Simulation):
    """Money comes in by itself."""

    @endpoint(
        summary="Receive a credit",
        body=forms.InboundCreditIn,
        response=forms.PaymentDetailOut,
        status=201,
        errors=(
            errors.SandboxOnly,
            errors.KindNotOnRail,
            errors.CurrencyNotOnRail,
            errors.AmountOutsideRail,
            errors.AmountDiffers,
        ),
        body_example={
            "rail": "ach",
            "amount": examples.usd("120.00"),
            "wallet_id": examples.WALLET_ID,
            "bank_reference": "20260115-0001",
            "description": "Salary",
        },
        example=examples.CREDIT,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """The bank tells of a credit. Without a wallet, or for one that cannot take it, it goes to suspense."""
        if not request.caller.is_sandbox:
            raise errors.SandboxOnly
        payment = simulations.credit(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return rendering.detail(payment)


class Faults(Simulation):
    """The bank misbehaves."""

    @endpoint(
        summary="Let the sandbox misbehave",
        body=forms.FaultIn,
        response=forms.FaultOut,
        status=201,
        errors=(errors.SandboxOnly,),
        body_example=examples.FAULT,
        example=examples.FAULT,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """The next orders on rails without files meet `LOSE_ANSWER` (done, but not answered), `LOSE_ORDER` (it never arrives) or
        `REFUSE`. The next settlements, failures and returns on any rail meet `DUPLICATE` (the bank tells twice), `LATE` (it has done
        it, and tells half a minute later) or `REORDERED` (it tells this one after the next one).
        """
        if not request.caller.is_sandbox:
            raise errors.SandboxOnly
        simulations.misbehave(partner_id=request.caller.partner_id, **request.data, at=request.at)
        return dict(request.data)


class SettlementRun(Simulation):
    """The cut-off comes."""

    @endpoint(
        summary="Run the settlement",
        body=forms.NothingIn,
        response=forms.SettlementRunOut,
        errors=(errors.SandboxOnly,),
        body_example={},
        example=examples.RUN,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """All payments that wait for a file go into one now, without waiting for their cut-offs, and the files are delivered."""
        if not request.caller.is_sandbox:
            raise errors.SandboxOnly
        done = simulations.run(partner_id=request.caller.partner_id, actor=request.actor, at=request.at)
        return {
            "built": [rendering.batch(batch) for batch in done.built],
            "delivered": [rendering.batch(batch) for batch in done.delivered],
            "waiting": [rendering.batch(batch) for batch in done.waiting],
            "settled": done.settled,
        }


class BankStatements(Simulation):
    """The bank states."""

    @endpoint(
        summary="Receive a bank statement",
        body=forms.BankStatementIn,
        response=forms.BankStatementOut,
        status=201,
        errors=(errors.SandboxOnly,),
        body_example={"currency": "USD", "extra": [{"amount": examples.usd("4.50"), "direction": "OUT", "text": "Monthly fee"}]},
        example=examples.STATEMENT,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """The sandbox bank states what moved on your safeguarding account since its last statement (camt.053), with the differences that
        you plant; it is taken in and reconciled at once.
        """
        if not request.caller.is_sandbox:
            raise errors.SandboxOnly
        asked = dict(request.data)
        extra = [
            (line["amount"] if line["direction"] == Direction.IN else -line["amount"], line["text"])
            for line in asked.pop("extra", [])
        ]
        stated = sandbox_statements.state(
            partner_id=request.caller.partner_id, **asked, extra=extra, actor=request.actor, at=request.at
        )
        statement, currency = stated.statement, asked["currency"]
        return {
            "on": statement.to_on.isoformat(),
            "opening": Money(statement.opening, currency),
            "closing": Money(statement.closing, currency),
            "lines": stated.lines,
            "matched": sum(stated.result.matched.values()),
            "breaks_opened": stated.result.opened,
        }
