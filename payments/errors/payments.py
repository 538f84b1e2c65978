"""Refusals of payments: what was asked for, where it stands, disputes and what recurs."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


class PaymentNotFound(NotFound):
    """There is no such payment."""

    code, title = "payments.payment_not_found", "There is no such payment"


class KindNotOnRail(Invalid):
    """The rail does not carry payments of the kind. `details` name the rails that do."""

    code, title = "payments.kind_not_on_rail", "The rail does not carry this kind of payment"


class CurrencyNotOnRail(Invalid):
    """The rail does not carry the currency. `details` name those it carries."""

    code, title = "payments.currency_not_on_rail", "The rail does not carry the currency"


class AmountOutsideRail(DomainError):
    """The rail has a smallest or largest amount. `details` name it."""

    code, title = "payments.amount_outside_rail", "The rail does not carry this amount"


class WalletMissing(Invalid):
    """The payment needs a wallet (and a target wallet when it stays inside the book)."""

    code, title = "payments.wallet_missing", "The payment needs a wallet"


class ExternalAccountMissing(Invalid):
    """The payment needs an external account of the wallet's customer."""

    code, title = "payments.external_account_missing", "The payment needs an external account"


class ExternalAccountUnfit(DomainError):
    """The external account is in another currency, of a kind that the rail does not reach, or somebody else's where it has to be the
    customer's own; or its owner cannot be written on the rail. `details` say which under `unfit`.
    """

    code, title = "payments.external_account_unfit", "The external account cannot be used for this payment"


class UnfitForRail(Invalid):
    """The rail cannot carry the payment as it is: `param` says which part, such as its purpose or its description."""

    code, title = "payments.unfit_for_rail", "The rail cannot carry this payment"


class MandateMissing(DomainError):
    """A collection needs a mandate of the external account."""

    code, title = "payments.mandate_missing", "The collection needs a mandate"


class FeeAboveAmount(DomainError):
    """The fee is more than what comes in."""

    code, title = "payments.fee_above_amount", "The fee is more than the amount"


class NotCancelable(Conflict):
    """The payment is on its way, or has ended. Only what has not left can be canceled."""

    code, title = "payments.not_cancelable", "The payment can no longer be canceled"


class NotInReview(Conflict):
    """The payment does not wait for a decision."""

    code, title = "payments.not_in_review", "The payment does not wait for a decision"


class NotRefundable(Conflict):
    """Only a settled payment that came in can be refunded, up to what is left of it."""

    code, title = "payments.not_refundable", "The payment cannot be refunded"


class RefundTooLarge(DomainError):
    """More would be refunded than is left of the payment. `details` say how much is left."""

    code, title = "payments.refund_too_large", "More would be refunded than is left"


class NotReversible(DomainError):
    """Only a SEPA collection that is settled, in whole and never given back, is reversed. Refund it by credit transfer instead."""

    code, title = "payments.not_reversible", "The payment cannot be reversed"


class ReversalTooLate(DomainError):
    """A collection is reversed within five banking days after it was due; `details` say until when. Refund it by credit transfer."""

    code, title = "payments.reversal_too_late", "It is too late for a reversal"


class AmountDiffers(Conflict):
    """What the provider says of the amount is not what was asked for. Nothing was booked; somebody has to look."""

    code, title = "payments.amount_differs", "The provider names another amount"


class ScheduleOutOfRange(Invalid):
    """A payment is scheduled for the future, at most a year ahead."""

    code, title = "payments.schedule_out_of_range", "The day is out of range"


class SandboxOnly(Forbidden):
    """Simulations work with a sandbox key (`fk_test_…`) only."""

    code, title = "payments.sandbox_only", "This works in the sandbox only"


class RailNotConfigured(DomainError):
    """No provider is configured for the rail in this mode. Ask your operator."""

    code, title = "payments.rail_not_configured", "The rail is not available"


class UnknownReturnCode(Invalid):
    """The rail has no such return code."""

    code, title = "payments.unknown_return_code", "The return code is not known"


class DisputeNotFound(NotFound):
    """There is no such dispute."""

    code, title = "payments.dispute_not_found", "There is no such dispute"


class DisputeAnswered(Conflict):
    """The dispute was answered, given up, or has ended; evidence is sent once."""

    code, title = "payments.dispute_answered", "The dispute takes no answer any more"


class EvidenceEmpty(Invalid):
    """Evidence is at least one text under one of the names that acquirers know."""

    code, title = "payments.evidence_empty", "There is no evidence"


class RecurringNotFound(NotFound):
    """There is no such recurring payment."""

    code, title = "payments.recurring_not_found", "There is no such recurring payment"


class NothingRecurs(Invalid):
    """The schedule has no payment from today on."""

    code, title = "payments.nothing_recurs", "The schedule has no payment left"
