"""Refusals of external accounts and their verification."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


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
