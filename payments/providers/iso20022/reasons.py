"""Why payments come back: ISO 20022 reason codes as SEPA and Fedwire use them, and what we do about each.

``TRANSACTIONS`` are the ways in which a SEPA payment can come back ("R-transactions") with their time limits; ``CODES`` the reasons.
Sources: EPC rulebooks of 2025 (SCT section 4.3, SDD Core and B2B section 4.4), EPC173-14 (guidance on reason codes), ISO's external code
sets.
"""

from dataclasses import dataclass
from typing import Final

from payments.providers.iso20022.parts import Labelled


class Who(Labelled):
    """Who sends it back."""

    BANK = "bank", "The bank of the debtor (direct debit) or creditor (credit transfer)"
    CUSTOMER = "customer", "The customer there, through the bank"
    SCHEME = "scheme", "A bank or clearing system on the way"
    US = "us", "We, or our bank for us"


class Action(Labelled):
    """What we do."""

    GIVE_BACK = "give_back", "End the payment and put the money back into the wallet"
    STOP_ACCOUNT = "stop_account", "Give the money back and stop using the account"
    CORRECT = "correct", "Give the money back; the customer corrects account, name or address before another attempt"
    TRY_AGAIN = "try_again", "May be presented again, on another day, by the same mandate"
    STOP_MANDATE = "stop_mandate", "Take the money back from the wallet and stop the mandate"
    ANSWER = "answer", "A request: somebody decides and answers within the time limit"
    REVIEW = "review", "Hold, and have it looked at"
    REPAIR = "repair", "Our message was wrong: operations look at it before anything is sent again"


@dataclass(frozen=True)
class Transaction:
    """One way back: in which schemes, before or after the money has moved, until when."""

    name: str
    schemes: frozenset[str]
    is_after_settlement: bool
    by: Who
    limit: str
    message: str


_SCT, _CORE, _B2B = "SCT", "CORE", "B2B"
TRANSACTIONS: Final = {
    found.name: found
    for found in (
        Transaction("reject", frozenset({_SCT, _CORE, _B2B}), False, Who.SCHEME, "before settlement", "pain.002"),
        Transaction("refusal", frozenset({_CORE, _B2B}), False, Who.CUSTOMER, "before settlement", "pain.002"),
        Transaction(
            "return (credit transfer)", frozenset({_SCT}), True, Who.BANK, "3 business days after settlement", "pacs.004"
        ),
        Transaction(
            "return (direct debit, CORE)", frozenset({_CORE}), True, Who.BANK, "5 business days after settlement", "pacs.004"
        ),
        Transaction(
            "return (direct debit, B2B)", frozenset({_B2B}), True, Who.BANK, "3 business days after settlement", "pacs.004"
        ),
        Transaction("refund (authorised)", frozenset({_CORE}), True, Who.CUSTOMER, "8 weeks after the debit", "pacs.004"),
        Transaction("refund (unauthorised)", frozenset({_CORE}), True, Who.CUSTOMER, "13 months after the debit", "pacs.004"),
        Transaction("reversal", frozenset({_CORE, _B2B}), True, Who.US, "5 business days after the due date", "pain.007"),
        Transaction(
            "recall", frozenset({_SCT}), True, Who.BANK, "10 business days after the execution; FRAD 13 months", "camt.056"
        ),
        Transaction("recall by the originator", frozenset({_SCT}), True, Who.CUSTOMER, "13 months after the debit", "camt.056"),
    )
}


@dataclass(frozen=True)
class ReasonCode:
    """One reason: what it means, who gives it, how long that is possible, and what we do."""

    code: str
    meaning: str
    by: Who
    limit: str
    action: Action


_RETURN = "reject, or return within 3 (credit transfer, B2B) or 5 (CORE) business days"
_REJECT = "before settlement"
_REFUND = "8 weeks after the debit"
_UNAUTHORISED = "refusal, or refund within 13 months after the debit"
_FRAUD = "13 months after the debit; answered within 15 business days"
_RECALL = "10 business days after the execution; answered within 15"
_BANK, _CUSTOMER, _SCHEME = Who.BANK, Who.CUSTOMER, Who.SCHEME
CODES: Final = {
    found.code: found
    for found in (
        ReasonCode("AC01", "The account number is wrong or does not exist", _BANK, _RETURN, Action.STOP_ACCOUNT),
        ReasonCode("AC02", "The debtor's account number is wrong or missing", _BANK, _REJECT, Action.REPAIR),
        ReasonCode("AC03", "The creditor's account number is wrong or missing", _BANK, _RETURN, Action.STOP_ACCOUNT),
        ReasonCode("AC04", "The account is closed", _BANK, _RETURN, Action.STOP_ACCOUNT),
        ReasonCode("AC06", "The account is blocked", _BANK, _RETURN, Action.STOP_ACCOUNT),
        ReasonCode("AC13", "A consumer's account, which B2B cannot debit", _BANK, _RETURN, Action.STOP_MANDATE),
        ReasonCode("AG01", "The account does not take such payments", _BANK, _RETURN, Action.STOP_ACCOUNT),
        ReasonCode("AG02", "The operation or sequence code is wrong", _SCHEME, _RETURN, Action.REPAIR),
        ReasonCode("AM01", "The amount is zero", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("AM02", "The amount is above what is allowed", _SCHEME, _REJECT, Action.GIVE_BACK),
        ReasonCode("AM03", "The currency cannot be processed", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("AM04", "There is not enough money on the account", _BANK, _RETURN, Action.TRY_AGAIN),
        ReasonCode("AM05", "The payment is a duplicate", _BANK, _RETURN, Action.REVIEW),
        ReasonCode("AM07", "The amount is blocked by the authorities", _BANK, _RETURN, Action.REVIEW),
        ReasonCode("AM09", "The amount is not the agreed one", _CUSTOMER, _RECALL, Action.REVIEW),
        ReasonCode("AM10", "The control sum is wrong", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("AM18", "The number of payments is wrong", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("ARDT", "The money has gone back already", _BANK, "answer to a recall", Action.REVIEW),
        ReasonCode("BE01", "Name and account do not belong together", _BANK, _RETURN, Action.CORRECT),
        ReasonCode("BE04", "The creditor's address is missing or wrong", _BANK, _RETURN, Action.CORRECT),
        ReasonCode("BE05", "The creditor identifier is not known", _BANK, _RETURN, Action.REPAIR),
        ReasonCode("BE06", "The customer is not known", _BANK, _RETURN, Action.STOP_ACCOUNT),
        ReasonCode("BE07", "The debtor's address is missing or wrong", _BANK, _RETURN, Action.CORRECT),
        ReasonCode("CNOR", "The creditor's bank is not registered under this BIC", _SCHEME, _RETURN, Action.CORRECT),
        ReasonCode("CURR", "The currency is wrong", _BANK, _RETURN, Action.REPAIR),
        ReasonCode(
            "CUST",
            "The customer asks for the money back",
            _CUSTOMER,
            _FRAUD,
            Action.ANSWER,
        ),
        ReasonCode("DNOR", "The debtor's bank is not registered under this BIC", _SCHEME, _RETURN, Action.CORRECT),
        ReasonCode("DT01", "The day is not allowed", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("DUPL", "The payment was sent twice", _BANK, _RECALL, Action.ANSWER),
        ReasonCode("ED05", "Settlement failed", _SCHEME, _REJECT, Action.TRY_AGAIN),
        ReasonCode("ERIN", "Extended remittance information is not supported", _BANK, _RETURN, Action.CORRECT),
        ReasonCode("FF01", "The file's form is wrong", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("FF05", "The local instrument is wrong", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("FOCR", "Returned after a request to cancel", _BANK, _RECALL, Action.GIVE_BACK),
        ReasonCode("FR01", "Returned because of fraud", _BANK, _RETURN, Action.REVIEW),
        ReasonCode(
            "FRAD",
            "The payment was fraudulent",
            _BANK,
            _FRAUD,
            Action.ANSWER,
        ),
        ReasonCode("LEGL", "The law forbids to send the money back", _BANK, "answer to a recall", Action.REVIEW),
        ReasonCode("MD01", "There is no mandate, or the debit was not authorised", _CUSTOMER, _UNAUTHORISED, Action.STOP_MANDATE),
        ReasonCode("MD02", "Data of the mandate are missing or wrong", _BANK, _RETURN, Action.STOP_MANDATE),
        ReasonCode(
            "MD05",
            "The creditor should not have collected this",
            _CUSTOMER,
            "5 business days after settlement",
            Action.STOP_MANDATE,
        ),
        ReasonCode("MD06", "An authorised debit is disputed", _CUSTOMER, _REFUND, Action.REVIEW),
        ReasonCode("MD07", "The customer has died", _BANK, _RETURN, Action.STOP_ACCOUNT),
        ReasonCode("MS02", "The customer refuses, without a reason", _CUSTOMER, _RETURN, Action.REVIEW),
        ReasonCode("MS03", "The bank gives no reason; it may hide AC04, AC06 or AM04", _BANK, _RETURN, Action.REVIEW),
        ReasonCode("NARR", "The reason is in the text", _BANK, _RETURN, Action.REVIEW),
        ReasonCode("NOAS", "The customer does not answer", _CUSTOMER, "answer to a recall", Action.REVIEW),
        ReasonCode("NOOR", "The payment was never received", _BANK, "answer to a recall", Action.REVIEW),
        ReasonCode("RC01", "The BIC is wrong", _SCHEME, _RETURN, Action.CORRECT),
        ReasonCode("RC03", "The debtor's bank is wrong", _SCHEME, _REJECT, Action.REPAIR),
        ReasonCode("RC04", "The creditor's bank is wrong", _SCHEME, _REJECT, Action.CORRECT),
        ReasonCode("RC07", "The creditor's BIC is wrong", _SCHEME, _REJECT, Action.CORRECT),
        ReasonCode("RR01", "Regulation: the debtor's account is missing", _BANK, _RETURN, Action.REPAIR),
        ReasonCode("RR02", "Regulation: the debtor's name or address is missing", _BANK, _RETURN, Action.REPAIR),
        ReasonCode("RR03", "Regulation: the creditor's name or address is missing", _BANK, _RETURN, Action.CORRECT),
        ReasonCode("RR04", "Regulatory reason", _BANK, _RETURN, Action.REVIEW),
        ReasonCode(
            "SL01", "A service of the debtor's bank: a black or white list, or a limit", _CUSTOMER, _RETURN, Action.STOP_MANDATE
        ),
        ReasonCode("SL11", "The creditor is not on the debtor's white list", _CUSTOMER, _RETURN, Action.STOP_MANDATE),
        ReasonCode("SL12", "The creditor is on the debtor's black list", _CUSTOMER, _RETURN, Action.STOP_MANDATE),
        ReasonCode("SL13", "More debits than the debtor allows", _CUSTOMER, _RETURN, Action.TRY_AGAIN),
        ReasonCode("SL14", "More money than the debtor allows", _CUSTOMER, _RETURN, Action.REVIEW),
        ReasonCode("TECH", "A technical problem led to a wrong payment", _BANK, _RECALL, Action.ANSWER),
        ReasonCode("TM01", "Received after the cut-off", _SCHEME, _REJECT, Action.TRY_AGAIN),
        ReasonCode("UPAY", "The payment is not due", _BANK, "answer to a recall", Action.REVIEW),
    )
}


def of(code: str) -> ReasonCode:
    """The reason with that code. One that is not in the table is looked at by somebody."""
    unknown = ReasonCode(code, "A reason that is not in the table", Who.BANK, "ask the bank", Action.REVIEW)
    return CODES.get(code, unknown)
