"""Refusals of mandates."""

from flowlet.core.errors import Conflict, DomainError, Invalid, NotFound


class MandateNotFound(NotFound):
    """There is no such mandate."""

    code, title = "payments.mandate_not_found", "There is no such mandate"


class MandateNotActive(Conflict):
    """The mandate is suspended, revoked, expired or used up: nothing can be collected on it. `details` say which."""

    code, title = "payments.mandate_not_active", "Nothing can be collected on the mandate"


class NotTheLast(Conflict):
    """Another collection on the mandate is due later. Cancel it, or make the last one due after it."""

    code, title = "payments.not_the_last", "It would not be the last collection on the mandate"


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


class MandateNotAmendable(DomainError):
    """Only SEPA mandates are amended, and only by what is new; for ACH a new authorization is given."""

    code, title = "payments.mandate_not_amendable", "The mandate cannot be amended so"


class NoticeMissing(Invalid):
    """The mandate holds you to tell the debtor ahead: say with `notified_on` when you did."""

    code, title = "payments.notice_missing", "It is not known when the debtor was told"


class NoticeTooShort(DomainError):
    """The debtor has to be told earlier; `details` name the first day on which the collection can be due."""

    code, title = "payments.notice_too_short", "The debtor was told too late"
