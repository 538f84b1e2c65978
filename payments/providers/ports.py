"""What card acquirers and aggregators of bank data can be asked, whoever they are.

Every call raises what ``flowlet.core.outbound`` raises: Refused, Unavailable, OutcomeUnknown. Amounts are Money, signed only where a
line of a statement has a direction. The ports of files, of open banking and of rates stand with their own providers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from flowlet.core.money import Money

# Card acquiring


class CardPaymentStatus(StrEnum):
    """Where a card payment stands; the words are Stripe's, whose model the field has copied."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class DisputeStatus(StrEnum):
    """Where a dispute stands. The warnings are inquiries: no money has moved yet."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPayment:
    """A payment at the acquirer. ``failure_code`` is why the last try was declined, or why it was canceled; "" when it was not.
    ``action_url`` is where the cardholder is to be sent.
    """

    id: str
    status: CardPaymentStatus
    amount: Money
    capturable: Money
    received: Money
    reference: str = ""
    charge_id: str = ""
    client_secret: str = field(default="", repr=False)
    action_url: str = ""
    failure_code: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRefund:
    """Money given back to a card. ``failure_code`` is why it could not be."""

    id: str
    status: RefundStatus
    amount: Money
    payment_id: str = ""
    charge_id: str = ""
    reference: str = ""
    failure_code: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDispute:
    """A cardholder's objection. ``taken`` is what left our balance for it so far, ``fee`` what it cost; both may come back."""

    id: str
    status: DisputeStatus
    amount: Money
    reason: str
    payment_id: str = ""
    charge_id: str = ""
    evidence_due_at: datetime | None = None
    submissions: int = 0
    taken: Money
    fee: Money
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPayout:
    """What the acquirer pays to our bank."""

    id: str
    status: str
    amount: Money
    arrival_on: date
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLine:
    """One line of the acquirer's statement: ``net`` is ``amount`` less ``fee``; what leaves is negative."""

    id: str
    kind: str
    amount: Money
    fee: Money
    net: Money
    source_id: str
    available_at: datetime
    created_at: datetime


class CardAcquirer(Protocol):
    """Takes cards for us. A ``key`` is the caller's idempotency key: the same one for the same intention, however often it is tried."""

    name: str

    def create_payment(
        self,
        *,
        amount: Money,
        reference: str,
        key: str,
        payment_method: str = "",
        confirm: bool = False,
        capture_later: bool = False,
        return_url: str = "",
        fail_on_action: bool = False,
        description: str = "",
    ) -> CardPayment:
        """A payment of ``amount``; with ``confirm`` tried at once. A decline is an answer, with its ``failure_code``; so is, with
        ``fail_on_action``, a bank that wants to see the cardholder.
        """
        ...

    def confirm_payment(self, payment_id: str, *, key: str, payment_method: str = "", return_url: str = "") -> CardPayment:
        """Try it with a card."""
        ...

    def capture_payment(self, payment_id: str, *, key: str, amount: Money | None = None) -> CardPayment:
        """Take what was authorised, or a part of it; the rest is released."""
        ...

    def cancel_payment(self, payment_id: str, *, key: str, abandoned: bool = False) -> CardPayment:
        """Give it up; what was authorised is released. ``abandoned``: because the cardholder did not come."""
        ...

    def payment(self, payment_id: str) -> CardPayment:
        """The payment as it is now."""
        ...

    def find_payments(self, reference: str) -> list[CardPayment]:
        """The payments with our reference. A very young one may not be found yet."""
        ...

    def refund_payment(self, payment_id: str, *, key: str, reference: str, amount: Money | None = None) -> CardRefund:
        """Give back all of it, or a part."""
        ...

    def refund(self, refund_id: str) -> CardRefund:
        """The refund as it is now."""
        ...

    def refunds_of(self, payment_id: str) -> list[CardRefund]:
        """All refunds of a payment, newest first."""
        ...

    def dispute(self, dispute_id: str) -> CardDispute:
        """The dispute as it is now."""
        ...

    def submit_evidence(self, dispute_id: str, *, evidence: Mapping[str, str], final: bool, key: str) -> CardDispute:
        """Put in evidence; with ``final`` it goes to the bank, and there is no second time."""
        ...

    def accept_dispute(self, dispute_id: str, *, key: str) -> CardDispute:
        """Give it up: lost at once."""
        ...

    def payouts(self, *, since: datetime) -> Iterator[CardPayout]:
        """Payouts made since then, newest first."""
        ...

    def balance_lines(self, *, payout_id: str = "", since: datetime | None = None) -> Iterator[BalanceLine]:
        """Lines of one payout, or since a moment, newest first."""
        ...


# Bank data


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToken:
    """Opens the aggregator's own screen for one customer."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedItem:
    """A customer's login at one bank. ``access_token`` is a secret: seal it."""

    id: str
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccount:
    """An account at that bank. A balance is None where the bank does not tell, or is in no ISO currency."""

    id: str
    kind: str
    subkind: str
    mask: str
    name: str = field(repr=False)
    available: Money | None
    current: Money | None
    persistent_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsNumbers:
    """An account's numbers for ACH and wire."""

    account_id: str
    routing_number: str
    wire_routing_number: str
    account_number: str = field(repr=False)
    is_tokenized: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IbanNumbers:
    """An account's numbers for SEPA and abroad."""

    account_id: str
    iban: str = field(repr=False)
    bic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNumbers:
    """What can be paid to or collected from, of all accounts of an item."""

    accounts: list[LinkedAccount]
    us: list[UsNumbers]
    iban: list[IbanNumbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOwner:
    """Who holds an account, as the bank has it. Personal data: compare it and forget it, or seal it."""

    account_id: str
    names: tuple[str, ...] = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)
    phones: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTransaction:
    """A line of the customer's account. ``amount`` is positive when money came in (Plaid's own sign is the opposite).

    ``replaces`` is the pending line that this posted one takes the place of.
    """

    id: str
    account_id: str
    amount: Money | None
    on: date
    is_pending: bool
    replaces: str
    description: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionChanges:
    """What changed since a cursor. Store ``cursor`` in the same transaction as the changes."""

    added: list[BankTransaction]
    modified: list[BankTransaction]
    removed: list[str]
    cursor: str


class AccountAggregator(Protocol):
    """Reads customers' accounts at their banks, with their consent. ``access`` is a LinkedItem's access token."""

    name: str

    def link_token(
        self, *, customer_ref: str, products: tuple[str, ...], countries: tuple[str, ...], language: str = "en", access: str = ""
    ) -> LinkToken:
        """A token for the aggregator's screen; with ``access``, to repair a login."""
        ...

    def exchange(self, public_token: str) -> LinkedItem:
        """What the screen gave, for an access token. Works once."""
        ...

    def accounts(self, access: str) -> list[LinkedAccount]:
        """All accounts, with balances that may be a day old."""
        ...

    def balances(self, access: str, *, account_ids: tuple[str, ...] = ()) -> list[LinkedAccount]:
        """Balances asked of the bank now. Slow: some seconds."""
        ...

    def numbers(self, access: str) -> AccountNumbers:
        """Routing and account numbers, IBANs."""
        ...

    def owners(self, access: str) -> list[AccountOwner]:
        """Who holds the accounts."""
        ...

    def changes(self, access: str, *, cursor: str = "") -> TransactionChanges:
        """Everything since the cursor, complete; since ever without one."""
        ...

    def remove(self, access: str) -> None:
        """End the consent. Ending it twice is ending it."""
        ...


# Inbound events


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundFact:
    """A provider's event whose signature was good. ``subject`` is the id of what it is about; ``data`` is all of it, unmasked.

    Events come twice, late and in any order: take one as a reason to look, and ask the provider how things stand.
    """

    provider: str
    event_id: str
    kind: str
    subject: str
    happened_at: datetime | None
    is_live: bool
    data: Mapping[str, Any] = field(repr=False)
