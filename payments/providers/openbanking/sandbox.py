"""A bank inside the process, for sandbox partners: no network, no memory; everything follows from the consent's reference.

Nobody is at its redirect address. ``visit`` is the customer who went there and decided; it answers what the browser would have brought
back. Payments end as the last two digits of their amount say: .01 rejected, .02 pending, .03 unknown, all else settled.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from flowlet.core import crypto
from flowlet.core.money import Money
from payments.errors import CallbackRefused, ConsentLapsed, ConsentNotGiven, ConsentRefused, NoSuchAccount
from payments.providers.openbanking import answers
from payments.providers.openbanking.vocabulary import (
    NOBODY,
    Account,
    AccountNumber,
    Balance,
    Begun,
    ConsentState,
    Initiated,
    PaymentFacts,
    PaymentState,
    Scheme,
    Scope,
    Session,
    Transaction,
    Visitor,
)

REDIRECT = "https://bank.sandbox.example/authorise"
_TOKEN = "sandbox"  # noqa: S105
_ACCOUNTS = (
    Account(
        id="current",
        currency="GBP",
        name="Sandbox Customer",
        number=AccountNumber(scheme=Scheme.SORT_CODE, number="80200110203345"),
        kind="CACC",
        is_open=True,
    ),
    Account(
        id="savings",
        currency="EUR",
        name="Sandbox Customer",
        number=AccountNumber(scheme=Scheme.IBAN, number="DE89370400440532013000"),
        kind="SVGS",
        is_open=True,
    ),
)
_BALANCES = {
    "current": (("INTERIM_AVAILABLE", "1230.00"), ("INTERIM_BOOKED", "1257.36")),
    "savings": (("INTERIM_BOOKED", "10000.00"),),
}
# Every so many days: direction, amount, what it says, counterparty.
_RHYTHM = (
    (30, "IN", "2400.00", "Salary", "Analytical Engines Ltd"),
    (30, "OUT", "850.00", "Rent", "Marylebone Lettings"),
    (7, "OUT", "63.20", "Groceries", "Corner shop"),
    (2, "OUT", "3.45", "Coffee", "Corner shop"),
)
_OUTCOMES = {"01": PaymentState.REJECTED, "02": PaymentState.PENDING, "03": PaymentState.UNKNOWN}


def _code(session: Session) -> str:
    return crypto.blind_index(f"{session.reference}:{session.state}", purpose="openbanking.sandbox")


class SandboxBank:
    """The sandbox's only bank."""

    standard = "SANDBOX"

    def begin(
        self, *, scopes: Sequence[Scope], expires_at: datetime, state: str, key: str = "", visitor: Visitor, at: datetime
    ) -> Begun:
        """A consent that waits for ``visit``."""
        reference = f"sbx-{secrets.token_hex(12)}"
        return Begun(
            reference=reference,
            status=ConsentState.AWAITING,
            redirect_url=f"{REDIRECT}?{urlencode({'consent': reference, 'state': state})}",
            session=Session(reference=reference, state=state),
            expires_at=expires_at,
        )

    def visit(self, session: Session, *, approves: bool) -> dict[str, str]:
        """What the customer's browser brings back after they decided."""
        if not approves:
            return {"state": session.state, "error": "access_denied"}
        return {"state": session.state, "code": _code(session)}

    def complete(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """The customer is back. Raises CallbackRefused, ConsentRefused."""
        answers.check_state(session, callback)
        if callback.get("error"):
            raise ConsentRefused(provider_code=callback["error"][:100])
        if not hmac.compare_digest(callback.get("code", "").encode(), _code(session).encode()):
            raise CallbackRefused("The code is another one.", param="code")
        return session.having(access_token=_TOKEN)

    def consent_status(self, *, session: Session, at: datetime) -> ConsentState:
        """Where the consent stands."""
        return ConsentState.AUTHORISED if session.access_token else ConsentState.AWAITING

    def needs_refresh(self, *, session: Session, at: datetime) -> bool:
        """Never: no token ends."""
        return False

    def refresh(self, *, session: Session, at: datetime) -> Session:
        """Tokens of the sandbox do not end."""
        if session.access_token != _TOKEN:
            raise ConsentLapsed()
        return session

    def accounts(self, *, session: Session, visitor: Visitor = NOBODY, at: datetime) -> list[Account]:
        """A current account in GBP and savings in EUR."""
        return list(_ACCOUNTS)

    def balances(self, *, session: Session, account_id: str, visitor: Visitor = NOBODY, at: datetime) -> list[Balance]:
        """Always the same balances."""
        currency = _currency(account_id)
        return [
            Balance(account_id=account_id, kind=kind, amount=Money(amount, currency), as_of=at)
            for kind, amount in _BALANCES[account_id]
        ]

    def transactions(
        self,
        *,
        session: Session,
        account_id: str,
        from_on: date | None = None,
        to_on: date | None = None,
        visitor: Visitor = NOBODY,
        at: datetime,
    ) -> list[Transaction]:
        """Of these days (by default the last 90), the newest first: the same however often one asks."""
        currency = _currency(account_id)
        last = min(to_on or at.date(), at.date())
        first = max(from_on or last - timedelta(days=90), last - timedelta(days=730))
        found = []
        for back in range((last - first).days + 1):
            day = last - timedelta(days=back)
            for place, (every, direction, amount, text, other) in enumerate(_RHYTHM if account_id == "current" else _RHYTHM[:0]):
                if day.toordinal() % every == place % every:
                    found.append(
                        Transaction(
                            account_id=account_id,
                            id=f"{day:%Y%m%d}-{place}",
                            direction=direction,
                            amount=Money(amount, currency),
                            status="BOOKED",
                            booked_on=day,
                            value_on=day,
                            description=text,
                            counterparty=other,
                        )
                    )
        return found

    def revoke(self, *, session: Session, at: datetime) -> None:
        """Nothing is kept, so nothing is ended."""

    # Payment initiation

    def initiate(self, *, payment: PaymentFacts, state: str, at: datetime) -> Initiated:
        """A payment that waits for its customer; the same for the same ``payment.key``."""
        digits, _ = answers.amount_out(payment.amount)
        outcome = _OUTCOMES.get(digits.partition(".")[2], PaymentState.SETTLED)
        name = crypto.blind_index(payment.key, purpose="openbanking.sandbox.payment")[:20]
        reference = f"sbxpay-{outcome.lower()}-{name}"
        return Initiated(
            reference=reference,
            status=PaymentState.PENDING,
            redirect_url=f"{REDIRECT}?{urlencode({'payment': reference, 'state': state})}",
            session=Session(reference=reference, state=state),
        )

    def authorise(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """As ``complete``."""
        return self.complete(session=session, callback=callback, at=at)

    def submit(self, *, session: Session, at: datetime) -> Initiated:
        """The payment is made as its amount says. Raises ConsentNotGiven before it was authorised."""
        if session.access_token != _TOKEN:
            raise ConsentNotGiven()
        return Initiated(reference=session.reference, status=self.status(reference=session.reference, at=at))

    def status(self, *, reference: str, at: datetime) -> PaymentState:
        """What the amount said."""
        word = reference.split("-")[1].upper() if reference.startswith("sbxpay-") else ""
        return PaymentState(word) if word in PaymentState.__members__ else PaymentState.UNKNOWN


def _currency(account_id: str) -> str:
    for account in _ACCOUNTS:
        if account.id == account_id:
            return account.currency
    raise NoSuchAccount()
