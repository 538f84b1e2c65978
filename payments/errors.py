"""Refusals of the app. The docstrings are what partners read in the error catalogue."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound

# Amounts, days and words


class MalformedFees(Invalid):
    """The fee schedule contradicts itself; the message says where."""

    code, title = "payments.malformed_fees", "The fee schedule is not right"


class FeesOfAnotherCurrency(DomainError):
    """The fee schedule is of another currency than the amount."""

    code, title = "payments.fees_of_another_currency", "The fee schedule is of another currency"


class FeesUnchanged(Conflict):
    """The fee schedule is what it is already."""

    code, title = "payments.fees_unchanged", "These are the fees already"


class MalformedSchedule(Invalid):
    """The rule of a recurring payment contradicts itself; the message says where."""

    code, title = "payments.malformed_schedule", "The schedule is not right"


class MalformedReference(Invalid):
    """The reference has not the right form, or its check symbol does not fit: it was mistyped."""

    code, title = "payments.malformed_reference", "The reference is not right; compare it with the original"


# External accounts


class ExternalAccountNotFound(NotFound):
    """There is no such external account."""

    code, title = "payments.external_account_not_found", "There is no such external account"


class ExternalAccountKnown(Conflict):
    """The customer has this account already; `details` name it. The same number is not added twice until it is closed."""

    code, title = "payments.external_account_known", "The customer has this account already"


class ExternalAccountPending(Conflict):
    """The account waits for its verification; until then it is neither paid nor debited."""

    code, title = "payments.external_account_pending", "The account is not verified yet"


class ExternalAccountBlocked(Conflict):
    """The account is blocked, because its bank returned payments or because somebody blocked it."""

    code, title = "payments.external_account_blocked", "The account is blocked"


class ExternalAccountClosed(Conflict):
    """The external account is closed for good. Add it again if it is needed."""

    code, title = "payments.external_account_closed", "The external account is closed"


class NotDebitable(DomainError):
    """Money is collected only from an account of the customer's own; somebody else's is only paid."""

    code, title = "payments.not_debitable", "The account cannot be debited"


class BlockNotYours(Forbidden):
    """Flowlet or the bank blocked the account; only Flowlet lifts that."""

    code, title = "payments.block_not_yours", "The block is not yours to lift"


class FieldNotForKind(Invalid):
    """An account of this kind has no such value."""

    code, title = "payments.field_not_for_kind", "The value does not belong to this kind of account"


class FieldMissing(Invalid):
    """An account of this kind needs the value."""

    code, title = "payments.field_missing", "A value is missing for this kind of account"


class CurrencyNotForKind(DomainError):
    """US bank accounts are in USD."""

    code, title = "payments.currency_not_for_kind", "An account of this kind has another currency"


class MalformedRoutingNumber(Invalid):
    """An ABA routing number has nine digits, of which the last one is a check digit, and begins with 01 to 12, 21 to 32 or 61 to 72."""

    code, title = "payments.malformed_routing_number", "This is not a routing number"


class MalformedAccountNumber(Invalid):
    """A US account number has 4 to 17 digits or capitals; spaces and hyphens are dropped."""

    code, title = "payments.malformed_account_number", "This is not an account number"


class MalformedIban(Invalid):
    """The IBAN has the wrong country, length, form or check digits. `details` say which of them under `fault`."""

    code, title = "payments.malformed_iban", "This is not an IBAN"


class MalformedBic(Invalid):
    """A BIC has 8 or 11 characters: bank, country, place, and branch (ISO 9362)."""

    code, title = "payments.malformed_bic", "This is not a BIC"


class MalformedCardToken(Invalid):
    """The token is what your acquirer calls the card: 8 to 128 letters, digits, `_`, `-` and `.`."""

    code, title = "payments.malformed_card_token", "This is not a token of a card"


class CardNumberRefused(Invalid):
    """This is a card's number. Never send one to us: send the token that your acquirer gave you for it."""

    code, title = "payments.card_number_refused", "Card numbers are not taken"


class MalformedOwner(Invalid):
    """A name has 1 to 140 characters and at least one letter; an address has its parts, town and country at the least."""

    code, title = "payments.malformed_owner", "The owner has the wrong form"


class CardExpired(DomainError):
    """The card's month is over."""

    code, title = "payments.card_expired", "The card has expired"


class CorrectionRefused(DomainError):
    """The correction that the bank sent does not fit the account, or its value has the wrong form."""

    code, title = "payments.correction_refused", "The correction cannot be applied"


class MalformedExternalId(Invalid):
    """An external id has 1 to 128 printable characters without spaces at its ends."""

    code, title = "payments.malformed_external_id", "The external id has the wrong form"


class DuplicateExternalId(Conflict):
    """Another object of the same kind has this external id; `details` name it where known."""

    code, title = "payments.duplicate_external_id", "The external id is taken"


# Verification of external accounts


class AlreadyVerified(Conflict):
    """The account is verified; there is nothing left to find out."""

    code, title = "payments.already_verified", "The account is verified already"


class VerificationUnderWay(Conflict):
    """An account is verified in one way at a time. Wait for the end of the one under way; `details` name it."""

    code, title = "payments.verification_under_way", "A verification is under way"


class NoVerificationUnderWay(Conflict):
    """Nothing of this kind is under way: it has ended, or was never begun."""

    code, title = "payments.no_verification_under_way", "No such verification is under way"


class MethodNotForAccount(DomainError):
    """An account of this kind cannot be verified in this way."""

    code, title = "payments.method_not_for_account", "The account cannot be verified in this way"


class TooManyVerifications(Conflict):
    """The account was tried too often. Ask your operator, who can look at papers."""

    code, title = "payments.too_many_verifications", "The account was tried too often"


class MicroDepositsNotSent(Conflict):
    """The two deposits have not left yet. They show on the account one or two banking days after they were sent."""

    code, title = "payments.micro_deposits_not_sent", "The deposits have not been sent yet"


class MicroDepositsExpired(Conflict):
    """The time to name the amounts is over. Begin again."""

    code, title = "payments.micro_deposits_expired", "The time to name the amounts is over"


# Mandates


class MandateNotFound(NotFound):
    """There is no such mandate."""

    code, title = "payments.mandate_not_found", "There is no such mandate"


class MandateNotActive(Conflict):
    """The mandate is suspended, revoked, expired or used up: nothing can be collected on it. `details` say which."""

    code, title = "payments.mandate_not_active", "Nothing can be collected on the mandate"


class MandateUseRejected(Conflict):
    """The collection was rejected and gave its place in the sequence back. Try again as a new payment."""

    code, title = "payments.mandate_use_rejected", "The collection was rejected"


class MandateEnded(Conflict):
    """The mandate is revoked or expired."""

    code, title = "payments.mandate_ended", "The mandate has ended"


class MandateSchemeUnfit(DomainError):
    """The scheme does not reach the account: SEPA collects in EUR from IBANs of its countries, ACH from US bank accounts; SEPA B2B and
    CCD from businesses, PPD, WEB and TEL from persons."""

    code, title = "payments.mandate_scheme_unfit", "The scheme does not reach the account"


class MalformedMandateReference(Invalid):
    """A mandate reference has 1 to 35 of A-Z a-z 0-9 and + ? / - : ( ) . , ' without a space; / neither begins nor ends it, nor stands
    twice in a row."""

    code, title = "payments.malformed_mandate_reference", "The mandate reference has the wrong form"


class DuplicateMandateReference(Conflict):
    """The creditor has a mandate with this reference already. Capitals make no difference."""

    code, title = "payments.duplicate_mandate_reference", "The mandate reference is taken"


class MalformedCreditorId(Invalid):
    """A SEPA creditor identifier is country, two check digits, three characters of your own and the national part, such as
    DE98ZZZ09999999999."""

    code, title = "payments.malformed_creditor_id", "This is not a SEPA creditor identifier"


class MandateDayOutOfRange(Invalid):
    """A mandate is signed today or earlier, and at most 36 months ago."""

    code, title = "payments.mandate_day_out_of_range", "The day of signature is out of range"


class EvidenceMissing(Invalid):
    """An ACH authorization needs its evidence: how, when and in which words the holder agreed; 10 to 2,000 characters."""

    code, title = "payments.evidence_missing", "The evidence of the authorization is missing"


# Payments


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


class BatchNotFound(NotFound):
    """There is no such batch."""

    code, title = "payments.batch_not_found", "There is no such batch"


class FileDiffers(Conflict):
    """The file built again is not the file that was built: something that it is made of has changed."""

    code, title = "payments.file_differs", "The file differs from the one that was built"


class DeliveryFailed(DomainError):
    """The bank's place for files could not be reached. The batch stays released, and delivery can be tried again."""

    code, title, status = "payments.delivery_failed", "The file could not be delivered", 503


class UnknownReturnCode(Invalid):
    """The rail has no such return code."""

    code, title = "payments.unknown_return_code", "The return code is not known"


# Customers' own banks, and their consent


class BankAnswerMalformed(DomainError):
    """The bank's answer lacks something, or has it in another form than the standard says."""

    code, status, title = "payments.bank_answer_malformed", 502, "The bank's answer has the wrong form"


class BankRefused(DomainError):
    """The bank refused the call. `details` have its status and its own error codes."""

    code, status, title = "payments.bank_refused", 502, "The bank refused"


class CallbackRefused(Invalid):
    """What came back from the bank does not belong to this consent: the state, the nonce or a signature differs."""

    code, title = "payments.callback_refused", "The answer does not belong to this consent"


class ConsentRefused(Conflict):
    """The customer, or the bank, did not give the consent."""

    code, title = "payments.consent_refused", "The consent was not given"


class ConsentLapsed(Conflict):
    """The bank no longer honours the consent: ask the customer again."""

    code, title = "payments.consent_lapsed", "The consent is no longer good"


class ConsentNotFound(NotFound):
    """There is no such consent."""

    code, title = "payments.consent_not_found", "There is no such consent"


class BankNotOffered(Invalid):
    """There is no such bank. A sandbox key works with the bank `sandbox`, a live key with those that `/v1/banks` lists."""

    code, title = "payments.bank_not_offered", "There is no such bank"


class ConsentNotGiven(Conflict):
    """The customer has not authorised the consent yet."""

    code, title = "payments.consent_not_given", "The consent is not given yet"


class ConsentEnded(Conflict):
    """The consent was rejected, revoked, or has expired. Ask the customer for a new one."""

    code, title = "payments.consent_ended", "The consent has ended"


class ConsentNotReconfirmed(Conflict):
    """The customer has to say again that the consent still stands; nothing is read until then."""

    code, title = "payments.consent_not_reconfirmed", "The customer has to reconfirm the consent"


class ScopeNotConsented(Forbidden):
    """The customer did not let you read this."""

    code, title = "payments.scope_not_consented", "The consent does not cover this"


class ConsentBusy(Conflict):
    """The access is being renewed at the bank at this moment. Try again in a second."""

    code, title = "payments.consent_busy", "The access is being renewed"


class ConsentTooLong(Invalid):
    """A consent ends in the future, and no later than its standard allows; `details` name the longest."""

    code, title = "payments.consent_too_long", "The end of the consent is out of range"


class NoSuchAccount(NotFound):
    """The consent has no such account."""

    code, title = "payments.no_such_account", "The consent has no such account"


class DayNotReady(Conflict):
    """Something is missing before the day can be closed. `details` say what."""

    code, title = "payments.day_not_ready", "The day cannot be closed yet"


class DayNotOver(Invalid):
    """Only days that are over in the book's zone can be closed, and only days since the book was opened."""

    code, title = "payments.day_not_over", "The day is not over"


class DayNotClosed(Conflict):
    """The day is not closed, or a later day is; days are reopened from the newest on."""

    code, title = "payments.day_not_closed", "The day cannot be reopened"


class FileMissing(Conflict):
    """No file was built for the batch, or its rail has none."""

    code, title = "payments.file_missing", "There is no file"


class InboundFileKnown(Conflict):
    """The file was taken already; `details` name it. What it left over is tried again under that id."""

    code, title = "payments.inbound_file_known", "The file was taken already"


class InboundFileUnreadable(Invalid):
    """The file is none of the formats that banks answer in, or is too large."""

    code, title = "payments.inbound_file_unreadable", "The file cannot be read"


class InboundFileNotFound(NotFound):
    """There is no such file."""

    code, title = "payments.inbound_file_not_found", "There is no such file"


class InboundUnmatched(NotFound):
    """What the bank speaks of is not known here."""

    code, title = "payments.inbound_unmatched", "Nothing of ours has this reference"


class InboundRepeated(Conflict):
    """Another file said so already: the bank may have moved the money twice."""

    code, title = "payments.inbound_repeated", "The bank has said so before"


class InboundNeedsPerson(DomainError):
    """The bank's word cannot be acted on by itself."""

    code, title = "payments.inbound_needs_person", "Somebody has to decide"


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


# Accounts at customers' banks, read over an aggregator


class BankLinkNotFound(NotFound):
    """There is no such link, or it is another partner's."""

    code, title = "payments.bank_link_not_found", "No such bank link"


class BankLinkEnded(Conflict):
    """The link has ended; the customer links the bank anew."""

    code, title = "payments.bank_link_ended", "The bank link has ended"


class BankLinkKnown(Conflict):
    """This login at the bank is linked already."""

    code, title = "payments.bank_link_known", "This login is linked already"


class PublicTokenRefused(Invalid):
    """The public token was used before, has expired or is none; the customer opens the screen again."""

    code, title = "payments.public_token_refused", "The public token is not good"


class ReverificationNeeded(Conflict):
    """It is no longer certain whose account it is: nothing is collected until it was verified again."""

    code, title = "payments.reverification_needed", "The account has to be verified again"


class BalanceTooSmall(DomainError):
    """The bank said that the account holds less than is to be collected."""

    code, status, title = "payments.balance_too_small", 422, "The account holds too little"


class NotAuthorisedThere(Conflict):
    """The payment does not wait for its payer at a bank (any more)."""

    code, title = "payments.not_authorised_there", "The payment does not wait for its payer"
