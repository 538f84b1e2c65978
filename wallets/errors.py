"""Refusals of the app. The docstrings are what partners read in the error catalogue."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from ledger.errors import InsufficientFunds as LedgerInsufficientFunds


class WalletNotFound(NotFound):
    """There is no such wallet."""

    code, title = "wallets.wallet_not_found", "There is no such wallet"


class WalletFrozen(Conflict):
    """The wallet is frozen: nothing moves in or out, and nothing is held, until it is unfrozen. Holds already placed stay."""

    code, title = "wallets.wallet_frozen", "The wallet is frozen"


class WalletClosed(Conflict):
    """The wallet is closed for good."""

    code, title = "wallets.wallet_closed", "The wallet is closed"


class WalletNotEmpty(Conflict):
    """A wallet closes only at zero and without open holds. Move the money out and release the holds first."""

    code, title = "wallets.wallet_not_empty", "The wallet still has money or open holds"


class FrozenByPlatform(Forbidden):
    """Flowlet froze the wallet; only Flowlet lifts it."""

    code, title = "wallets.frozen_by_platform", "The freeze is not yours to lift"


class FreezeIsKept(Conflict):
    """An upper app keeps the wallet frozen, and lifts that itself."""

    code, title = "wallets.freeze_is_kept", "The freeze is lifted where it was decided, by two people"


class InsufficientFunds(LedgerInsufficientFunds):
    """The wallet has less available than the amount. `details` name the wallet, what is available and what is needed."""

    code, title = "wallets.insufficient_funds", "The wallet does not have enough available balance"


class CurrencyMismatch(DomainError):
    """The amount is in another currency than the wallet. A wallet has one currency."""

    code, title = "wallets.currency_mismatch", "The amount is in another currency than the wallet"


class SameWallet(DomainError):
    """Source and target are the same wallet."""

    code, title = "wallets.same_wallet", "Source and target are the same wallet"


class LimitExceeded(DomainError):
    """A limit stands in the way. `details` name it, its value, what is used, and what is left."""

    code, title = "wallets.limit_exceeded", "A limit would be exceeded"


class NoLimitForCurrency(DomainError):
    """Limits are not set for the currency, so wallets in it cannot be opened or used."""

    code, title = "wallets.no_limit_for_currency", "No limits are set for the currency"


class MalformedLimits(Invalid):
    """Limits are zero or more, exact in the currency; one transaction up to the day's, a day's up to the month's."""

    code, title = "wallets.malformed_limits", "The limits have the wrong form"


class LimitsUnchanged(Conflict):
    """The limits are these already."""

    code, title = "wallets.limits_unchanged", "The limits are these already"


class DuplicateExternalId(Conflict):
    """Another object of the same kind has this external id; `details` name it where known."""

    code, title = "wallets.duplicate_external_id", "The external id is taken"


class MalformedExternalId(Invalid):
    """An external id has 1 to 128 printable characters without spaces at its ends."""

    code, title = "wallets.malformed_external_id", "The external id has the wrong form"


class HoldNotFound(NotFound):
    """There is no such hold."""

    code, title = "wallets.hold_not_found", "There is no such hold"


class HoldEnded(Conflict):
    """The hold is captured, released or expired: nothing is left of it."""

    code, title = "wallets.hold_ended", "The hold has ended"


class HoldTooSmall(DomainError):
    """More would be captured than is left of the hold. `details` say how much is left."""

    code, title = "wallets.hold_too_small", "More would be captured than is left of the hold"


class HoldBelongsToTransfer(Conflict):
    """The hold is an authorised transfer's: capture or void the transfer. `details` name it."""

    code, title = "wallets.hold_belongs_to_transfer", "The hold belongs to an authorised transfer"


class HoldIsKept(Conflict):
    """The hold is a payment's: cancel the payment. `details` name it."""

    code, title = "wallets.hold_is_kept", "The hold belongs to a payment"


class ExpiryOutOfRange(Invalid):
    """A hold expires in the future, at most 90 days ahead."""

    code, title = "wallets.expiry_out_of_range", "The expiry is out of range"


class TransferNotFound(NotFound):
    """There is no such transfer."""

    code, title = "wallets.transfer_not_found", "There is no such transfer"


class TransferNotAuthorized(Conflict):
    """Only a transfer that waits for its capture can be captured or voided."""

    code, title = "wallets.transfer_not_authorized", "The transfer does not wait for capture"


class RefundTooLarge(DomainError):
    """More would be refunded than was captured and is not refunded yet. `details` say how much is left."""

    code, title = "wallets.refund_too_large", "More would be refunded than is left"


class SandboxOnly(Forbidden):
    """Simulations work with a sandbox key (`fk_test_…`) only."""

    code, title = "wallets.sandbox_only", "This works in the sandbox only"


class DayOutOfRange(Invalid):
    """The day has not begun in the time zone of the books."""

    code, title = "wallets.day_out_of_range", "The day is out of range"


class StatementOutOfRange(Invalid):
    """A statement covers a month that has begun, from the month in which the books were opened on."""

    code, title = "wallets.statement_out_of_range", "There is no statement for the month"


class StatementTooLong(DomainError):
    """The month has more movements than a PDF of readable length holds. Ask for CSV or JSON."""

    code, title = "wallets.statement_too_long", "The statement is too long for a PDF"


class SameCurrency(Invalid):
    """A conversion is between wallets of two currencies. Use a transfer."""

    code, title = "wallets.same_currency", "Both wallets are in one currency"


class DifferentCustomers(Invalid):
    """A conversion is between wallets of one customer. Convert first, then transfer."""

    code, title = "wallets.different_customers", "The wallets belong to different customers"


class RoundsToZero(DomainError):
    """The amount is worth less than the smallest unit of the other currency."""

    code, title = "wallets.rounds_to_zero", "The amount is too small to be converted"


class QuoteNotFound(NotFound):
    """There is no such quote."""

    code, title = "wallets.quote_not_found", "There is no such quote"


class QuoteUsed(Conflict):
    """A quote is used once. `details` name the conversion that used it."""

    code, title = "wallets.quote_used", "The quote has been used"


class QuoteExpired(Conflict):
    """The time for which the quote was given is over. Ask for another one."""

    code, title = "wallets.quote_expired", "The quote has expired"


class QuoteMismatch(Invalid):
    """The quote was given to another customer or for other currencies than the wallets'."""

    code, title = "wallets.quote_mismatch", "The quote does not fit the wallets"


class QuoteOrAmount(Invalid):
    """A conversion says either which quote it takes or which amount, in one of the two currencies."""

    code, title = "wallets.quote_or_amount", "Give a quote or an amount"


class LockOutOfRange(Invalid):
    """A quote is given for 10 seconds to an hour."""

    code, title = "wallets.lock_out_of_range", "The quote's time is out of range"


class ConversionNotFound(NotFound):
    """There is no such conversion."""

    code, title = "wallets.conversion_not_found", "There is no such conversion"


class MalformedSpread(Invalid):
    """A spread is 0 to 1,000 basis points, of a pair of two currencies or of all pairs."""

    code, title = "wallets.malformed_spread", "The spread is malformed"


class SpreadUnchanged(Conflict):
    """The spread is already as wanted."""

    code, title = "wallets.spread_unchanged", "The spread would not change"
