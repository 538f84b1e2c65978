"""The words that all banks share, and the tables from each standard's own codes to them.

A code that is in no table is UNKNOWN: never taken for a failure, because the money may be on its way.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from moneyed import Money


class ConsentState(StrEnum):
    """Where a customer's consent stands at the bank."""

    AWAITING = "AWAITING"
    AUTHORISED = "AUTHORISED"
    CONSUMED = "CONSUMED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    UNKNOWN = "UNKNOWN"


class PaymentState(StrEnum):
    """Where a payment stands at the payer's bank; SETTLED means carried out there, for good."""

    PENDING = "PENDING"
    SETTLED = "SETTLED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class Scope(StrEnum):
    """What a customer lets us read."""

    ACCOUNTS = "ACCOUNTS"
    BALANCES = "BALANCES"
    TRANSACTIONS = "TRANSACTIONS"


class Scheme(StrEnum):
    """How an account is named."""

    IBAN = "IBAN"
    SORT_CODE = "SORT_CODE"
    OTHER = "OTHER"


class Product(StrEnum):
    """Which credit transfer the payer's bank is asked for."""

    DOMESTIC = "DOMESTIC"
    SEPA = "SEPA"
    SEPA_INSTANT = "SEPA_INSTANT"


# UK Open Banking Read/Write 4.0: OBExternalConsentStatus (account access) and the same with COND (payments).
UK_CONSENTS: Mapping[str, ConsentState] = {
    "AWAU": ConsentState.AWAITING,
    "AUTH": ConsentState.AUTHORISED,
    "COND": ConsentState.CONSUMED,
    "RJCT": ConsentState.REJECTED,
    "EXPD": ConsentState.EXPIRED,
    "CANC": ConsentState.REVOKED,
}
# NextGenPSD2 1.3.11, consentStatus. A consent that some of several holders have given is not yet given.
BERLIN_CONSENTS: Mapping[str, ConsentState] = {
    "received": ConsentState.AWAITING,
    "partiallyAuthorised": ConsentState.AWAITING,
    "valid": ConsentState.AUTHORISED,
    "rejected": ConsentState.REJECTED,
    "expired": ConsentState.EXPIRED,
    "revokedByPsu": ConsentState.REVOKED,
    "terminatedByTpp": ConsentState.REVOKED,
}
_ISO_PAYMENTS: Mapping[str, PaymentState] = {
    "RCVD": PaymentState.PENDING,  # received
    "PDNG": PaymentState.PENDING,  # further checks
    "ACTC": PaymentState.PENDING,  # form checked
    "PATC": PaymentState.PENDING,  # some of several holders have authorised
    "ACCP": PaymentState.PENDING,  # customer's profile checked
    "ACFC": PaymentState.PENDING,  # funds checked
    "ACSP": PaymentState.PENDING,  # settlement in process
    "ACWC": PaymentState.PENDING,  # accepted, with a change
    "ACWP": PaymentState.PENDING,  # accepted, not yet posted to the creditor
    "ACSC": PaymentState.SETTLED,  # settled on the debtor's account
    "ACCC": PaymentState.SETTLED,  # settled on the creditor's account
    "RJCT": PaymentState.REJECTED,
}
# UK 4.0 adds BLCK: funds are neither posted to the creditor nor given back to the debtor. Neither of our ends is true.
UK_PAYMENTS: Mapping[str, PaymentState] = {**_ISO_PAYMENTS, "BLCK": PaymentState.UNKNOWN}
# NextGenPSD2 adds CANC and, for bulks that we do not send, PART: somebody has to look.
BERLIN_PAYMENTS: Mapping[str, PaymentState] = {
    **_ISO_PAYMENTS,
    "CANC": PaymentState.REJECTED,
    "PART": PaymentState.UNKNOWN,
}
UK_BALANCES: Mapping[str, str] = {
    "CLAV": "CLOSING_AVAILABLE",
    "CLBD": "CLOSING_BOOKED",
    "FWAV": "FORWARD_AVAILABLE",
    "INFO": "INFORMATION",
    "ITAV": "INTERIM_AVAILABLE",
    "ITBD": "INTERIM_BOOKED",
    "OPAV": "OPENING_AVAILABLE",
    "OPBD": "OPENING_BOOKED",
    "PRCD": "PREVIOUSLY_CLOSED_BOOKED",
    "XPCD": "EXPECTED",
}
BERLIN_BALANCES: Mapping[str, str] = {
    "closingBooked": "CLOSING_BOOKED",
    "expected": "EXPECTED",
    "openingBooked": "OPENING_BOOKED",
    "interimAvailable": "INTERIM_AVAILABLE",
    "interimBooked": "INTERIM_BOOKED",
    "forwardAvailable": "FORWARD_AVAILABLE",
    "nonInvoiced": "NON_INVOICED",
}
UK_TRANSACTIONS: Mapping[str, str] = {
    "BOOK": "BOOKED",
    "PDNG": "PENDING",
    "FUTR": "FUTURE",
    "INFO": "INFORMATION",
    "RJCT": "REJECTED",
}
BERLIN_TRANSACTIONS: Mapping[str, str] = {"booked": "BOOKED", "pending": "PENDING", "information": "INFORMATION"}


def consent_state(table: Mapping[str, ConsentState], code: Any) -> ConsentState:
    """Our word for the bank's code; UNKNOWN for one that the table does not have."""
    return table.get(code, ConsentState.UNKNOWN) if isinstance(code, str) else ConsentState.UNKNOWN


def payment_state(table: Mapping[str, PaymentState], code: Any) -> PaymentState:
    """Our word for the bank's code; UNKNOWN, never REJECTED, for one that the table does not have."""
    return table.get(code, PaymentState.UNKNOWN) if isinstance(code, str) else PaymentState.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNumber:
    """How an account is found: an IBAN, or sort code and account number as 14 digits. Not shown by ``repr``."""

    scheme: Scheme
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account at a bank; ``id`` is the bank's, good within the consent."""

    id: str
    currency: str
    name: str = field(default="", repr=False)
    number: AccountNumber | None = None
    kind: str = ""
    is_open: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account has; negative when overdrawn. ``kind`` is one of the words in the tables, or UNKNOWN."""

    account_id: str
    kind: str
    amount: Money
    as_of: datetime | date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A movement: ``amount`` is positive, ``direction`` IN or OUT. Pending ones often have no ``id``, and get another when booked."""

    account_id: str
    id: str
    direction: str
    amount: Money
    status: str
    booked_on: date | None = None
    value_on: date | None = None
    description: str = field(default="", repr=False)
    counterparty: str = field(default="", repr=False)
    end_to_end_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a customer's wish comes from; without it a bank counts a call as one that the customer is not present at."""

    ip: str = ""
    user_agent: str = ""


NOBODY = Visitor()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """A payment that the payer's bank is asked to make.

    ``key`` is at most 38 characters, the same however often the payment is tried: no bank makes it twice. ``end_to_end_id`` has
    1 to 35 characters and arrives at the creditor.
    """

    key: str
    amount: Money
    creditor_name: str = field(repr=False)
    creditor: AccountNumber
    end_to_end_id: str
    product: Product = Product.DOMESTIC
    debtor: AccountNumber | None = None
    debtor_name: str = field(default="", repr=False)
    remittance: str = field(default="", repr=False)
    visitor: Visitor = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What has to be kept, sealed, between asking a bank and its answers. Not shown by ``repr``."""

    reference: str
    state: str = field(repr=False)
    nonce: str = field(default="", repr=False)
    code_verifier: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    token_expires_at: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def dump(self) -> str:
        """As JSON, to be sealed."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Session":
        """From JSON."""
        return cls(**json.loads(text))

    def having(self, **changes: Any) -> "Session":
        """The session with these values."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A consent that waits for the customer, who has to be sent to ``redirect_url``."""

    reference: str
    status: ConsentState
    redirect_url: str = field(repr=False)
    session: Session
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiated:
    """A payment at the payer's bank. Where ``redirect_url`` is not empty, the customer has to go there first."""

    reference: str
    status: PaymentState
    redirect_url: str = field(default="", repr=False)
    session: Session | None = None


class AccountInformation(Protocol):
    """What a bank lets us read, with the customer's consent. Every method may raise what ``answers`` and the HTTP layer raise."""

    standard: str

    def begin(
        self, *, scopes: Sequence[Scope], expires_at: datetime, state: str, key: str, visitor: Visitor, at: datetime
    ) -> Begun:
        """Ask for a consent; the customer gives it at ``redirect_url``. ``state`` comes back with the customer."""
        ...

    def complete(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """The customer is back with ``callback``: check it, and get what reading needs. Raises CallbackRefused, ConsentRefused."""
        ...

    def consent_status(self, *, session: Session, at: datetime) -> ConsentState:
        """Where the consent stands."""
        ...

    def needs_refresh(self, *, session: Session, at: datetime) -> bool:
        """Whether ``refresh`` would call the bank."""
        ...

    def refresh(self, *, session: Session, at: datetime) -> Session:
        """The session with a token that is good now; the same one when it still is. Raises ConsentLapsed."""
        ...

    def accounts(self, *, session: Session, visitor: Visitor, at: datetime) -> list[Account]:
        """All accounts of the consent."""
        ...

    def balances(self, *, session: Session, account_id: str, visitor: Visitor, at: datetime) -> list[Balance]:
        """The balances of one account."""
        ...

    def transactions(
        self, *, session: Session, account_id: str, from_on: date | None, to_on: date | None, visitor: Visitor, at: datetime
    ) -> list[Transaction]:
        """The movements of one account in these days, all pages."""
        ...

    def revoke(self, *, session: Session, at: datetime) -> None:
        """End the consent at the bank; fine when it has ended already."""
        ...


class PaymentInitiation(Protocol):
    """Payments out of customers' accounts. The order is initiate, the customer's visit at the bank, authorise, submit, status."""

    standard: str

    def initiate(self, *, payment: PaymentFacts, state: str, at: datetime) -> Initiated:
        """Tell the bank the payment. May be repeated with the same ``payment.key``."""
        ...

    def authorise(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """The customer is back with ``callback``. Once only; raises CallbackRefused, ConsentRefused."""
        ...

    def submit(self, *, session: Session, at: datetime) -> Initiated:
        """Have the authorised payment made. May be repeated: the bank makes it once."""
        ...

    def status(self, *, reference: str, at: datetime) -> PaymentState:
        """Where the payment stands."""
        ...
