"""Refusals of customers' own banks, and of consents there."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


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
