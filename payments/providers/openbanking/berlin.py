"""Berlin Group NextGenPSD2 1.3.11: account information and SEPA payments, with the redirect approach to authentication.

The bank knows us by the certificate of the connection (QWAC, in the HTTP layer's ``tls``) and, where it wants that, by a seal on
each request (``signatures``). The customer authorises at ``scaRedirect`` and comes back to our address with the state that we put
there; nothing else that the browser brings is believed: the bank is asked.

A payment is sent once: the standard knows no idempotency key, so a lost answer is OutcomeUnknown and nobody tries again by itself.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from json import dumps
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flowlet.core.errors import Invalid
from flowlet.core.outbound import Answer, NotAuthorized, NotThere, Outbound, Refused
from payments.errors import BankAnswerMalformed, ConsentLapsed
from payments.providers.openbanking import answers
from payments.providers.openbanking.signatures import Seal, signed
from payments.providers.openbanking.vocabulary import (
    BERLIN_BALANCES,
    BERLIN_CONSENTS,
    BERLIN_PAYMENTS,
    BERLIN_TRANSACTIONS,
    NOBODY,
    Account,
    AccountNumber,
    Balance,
    Begun,
    ConsentState,
    Initiated,
    PaymentFacts,
    PaymentState,
    Product,
    Scheme,
    Scope,
    Session,
    Transaction,
    Visitor,
    consent_state,
    payment_state,
)

# RTS on strong customer authentication, article 10a: 180 days since July 2023. Without the customer, four times a day (article 36).
LIFETIME = timedelta(days=180)
FREQUENCY_PER_DAY = 4
PRODUCTS: Mapping[Product, str] = {
    Product.SEPA: "sepa-credit-transfers",
    Product.SEPA_INSTANT: "instant-sepa-credit-transfers",
}
_ACCESS: Mapping[Scope, str] = {Scope.ACCOUNTS: "accounts", Scope.BALANCES: "balances", Scope.TRANSACTIONS: "transactions"}
_LAPSED = frozenset({"CONSENT_EXPIRED", "CONSENT_INVALID", "CONSENT_UNKNOWN"})
_NAMESPACE = uuid.UUID("5d2c3c3e-5a0b-4f0f-9a55-8f4b8a3b6f1e")
_PAGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A bank's address (before ``/v1``), our page for returning customers, and the seal if the bank wants requests signed."""

    api_base: str
    redirect_uri: str
    seal: Seal | None = field(default=None, repr=False)


def error_code(data: Any) -> str:
    """The bank's own code in an error."""
    return answers.maybe(data, "tppMessages", 0, "code")


class BerlinBank:
    """One bank. ``connect`` makes the HTTP layer for an address. Threads may share it."""

    standard = "BERLIN_1_3_11"

    def __init__(self, config: Config, *, connect: Callable[[str], Outbound]) -> None:
        self.config = config
        self._api = connect(config.api_base)

    # Account information

    def begin(
        self, *, scopes: Sequence[Scope], expires_at: datetime, state: str, key: str = "", visitor: Visitor, at: datetime
    ) -> Begun:
        """Ask for a recurring consent on accounts that the customer picks at the bank; at most 180 days are asked for.

        May be repeated: an unauthorised consent opens nothing. Raises Invalid without the customer's address.
        """
        until = min(expires_at, at + LIFETIME)
        wanted = dict.fromkeys((Scope.ACCOUNTS, *scopes))
        body = {
            "access": {_ACCESS[scope]: [] for scope in wanted},
            "recurringIndicator": True,
            "validUntil": until.date().isoformat(),
            "frequencyPerDay": FREQUENCY_PER_DAY,
            "combinedServiceIndicator": False,
        }
        answer = self._post(
            "/v1/consents", body, operation="consent", headers=self._redirects(state, visitor), key=key, repeatable=True, at=at
        )
        reference = answers.text(answer.data, "consentId")
        return Begun(
            reference=reference,
            status=consent_state(BERLIN_CONSENTS, answers.take(answer.data, "consentStatus")),
            redirect_url=self._sca(answer),
            session=Session(reference=reference, state=state),
            expires_at=until,
        )

    def complete(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """The customer is back. What became of the consent is the bank's to say: ``consent_status``. Raises CallbackRefused."""
        answers.check_state(session, callback)
        return session

    def consent_status(self, *, session: Session, at: datetime) -> ConsentState:
        """Where the consent stands."""
        answer = self._get(f"/v1/consents/{quote(session.reference, safe='')}/status", operation="consent_status", at=at)
        return consent_state(BERLIN_CONSENTS, answers.take(answer.data, "consentStatus"))

    def needs_refresh(self, *, session: Session, at: datetime) -> bool:
        """Never: no token ends."""
        return False

    def refresh(self, *, session: Session, at: datetime) -> Session:
        """There are no tokens: the session as it is."""
        return session

    def accounts(self, *, session: Session, visitor: Visitor = NOBODY, at: datetime) -> list[Account]:
        """All accounts of the consent."""
        answer = self._read("/v1/accounts", session, visitor, operation="accounts", at=at)
        found = []
        for row in answers.rows(answer.data, "accounts"):
            iban, other = answers.maybe(row, "iban"), answers.maybe(row, "bban")
            status = answers.maybe(row, "status")
            number = AccountNumber(scheme=Scheme.IBAN, number=iban) if iban else None
            found.append(
                Account(
                    id=answers.text(row, "resourceId"),
                    currency=answers.text(row, "currency"),
                    name=answers.maybe(row, "ownerName") or answers.maybe(row, "name"),
                    number=number or (AccountNumber(scheme=Scheme.OTHER, number=other) if other else None),
                    kind=answers.maybe(row, "cashAccountType"),
                    is_open=status == "enabled" if status else None,
                )
            )
        return found

    def balances(self, *, session: Session, account_id: str, visitor: Visitor = NOBODY, at: datetime) -> list[Balance]:
        """The balances of one account."""
        path = f"/v1/accounts/{quote(account_id, safe='')}/balances"
        answer = self._read(path, session, visitor, operation="balances", at=at)
        return [
            Balance(
                account_id=account_id,
                kind=BERLIN_BALANCES.get(answers.text(row, "balanceType"), "UNKNOWN"),
                amount=answers.amount_in(answers.take(row, "balanceAmount"), "amount", "currency"),
                as_of=answers.moment(row.get("lastChangeDateTime"), "lastChangeDateTime")
                or answers.day(row.get("referenceDate"), "referenceDate"),
            )
            for row in answers.rows(answer.data, "balances")
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
        """Booked and pending movements of these days (by default the last 90), page after page."""
        query = {"bookingStatus": "both", "dateFrom": (from_on or at.date() - timedelta(days=90)).isoformat()}
        if to_on:
            query["dateTo"] = to_on.isoformat()
        path = f"/v1/accounts/{quote(account_id, safe='')}/transactions"
        found: list[Transaction] = []
        for page in self._pages(path, session, visitor, query=query, at=at):
            for word, status in BERLIN_TRANSACTIONS.items():
                found += [_transaction(row, account_id, status) for row in answers.rows(page, "transactions", word)]
        return found

    def revoke(self, *, session: Session, at: datetime) -> None:
        """Delete the consent at the bank; one that is not there is as good as deleted."""
        path = f"/v1/consents/{quote(session.reference, safe='')}"
        try:
            self._send("DELETE", path, operation="consent_end", headers={}, at=at, wants_json=False)
        except Refused as refusal:
            if not isinstance(refusal, NotThere) and refusal.provider_code not in _LAPSED:
                raise

    # Payment initiation

    def initiate(self, *, payment: PaymentFacts, state: str, at: datetime) -> Initiated:
        """Tell the bank the payment; the customer authorises it at ``redirect_url``. Sent once: a lost answer is OutcomeUnknown.

        Raises Invalid for facts that the standard cannot carry.
        """
        product = PRODUCTS.get(payment.product)
        if product is None:
            raise Invalid("This bank makes SEPA payments.", param="product")
        answer = self._post(
            f"/v1/payments/{product}",
            _initiation(payment),
            operation="payment",
            headers=self._redirects(state, payment.visitor),
            key=payment.key,
            repeatable=False,
            at=at,
        )
        reference = f"{product}/{answers.text(answer.data, 'paymentId')}"
        status = payment_state(BERLIN_PAYMENTS, answers.take(answer.data, "transactionStatus"))
        waiting = answers.maybe(answer.data, "_links", "scaRedirect", "href")
        return Initiated(
            reference=reference,
            status=status,
            redirect_url=self._sca(answer) if waiting else "",
            session=Session(reference=reference, state=state),
        )

    def authorise(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """The customer is back. Raises CallbackRefused."""
        answers.check_state(session, callback)
        return session

    def submit(self, *, session: Session, at: datetime) -> Initiated:
        """The bank makes the payment as soon as it is authorised: nothing is left but to ask."""
        return Initiated(reference=session.reference, status=self.status(reference=session.reference, at=at))

    def status(self, *, reference: str, at: datetime) -> PaymentState:
        """Where the payment stands."""
        product, _, payment_id = reference.partition("/")
        if product not in PRODUCTS.values() or not payment_id:
            raise Invalid("This is no reference of a payment here.", param="reference")
        path = f"/v1/payments/{product}/{quote(payment_id, safe='')}/status"
        answer = self._get(path, operation="payment_status", at=at)
        return payment_state(BERLIN_PAYMENTS, answers.take(answer.data, "transactionStatus"))

    # The way to the bank

    def _redirects(self, state: str, visitor: Visitor) -> dict[str, str]:
        if not visitor.ip:
            raise Invalid("The bank has to be told the customer's IP address.", param="ip")
        ours = self.config.redirect_uri
        joint = "&" if "?" in ours else "?"
        return {
            **_visit(visitor),
            "TPP-Redirect-Preferred": "true",
            "TPP-Redirect-URI": f"{ours}{joint}{urlencode({'state': state})}",
            "TPP-Nok-Redirect-URI": f"{ours}{joint}{urlencode({'state': state, 'error': 'access_denied'})}",
        }

    def _sca(self, answer: Answer) -> str:
        link = answers.maybe(answer.data, "_links", "scaRedirect", "href")
        if urlsplit(link).scheme not in {"https", urlsplit(self.config.api_base).scheme}:
            raise BankAnswerMalformed("The bank offers no redirect for the customer.", field="_links.scaRedirect")
        return link

    def _read(
        self,
        path: str,
        session: Session,
        visitor: Visitor,
        *,
        operation: str,
        query: Mapping[str, str] | None = None,
        at: datetime,
    ) -> Answer:
        try:
            return self._get(
                path, operation=operation, query=query, headers={"Consent-ID": session.reference, **_visit(visitor)}, at=at
            )
        except Refused as refusal:
            if isinstance(refusal, NotAuthorized) or refusal.provider_code in _LAPSED:
                raise ConsentLapsed(provider_code=refusal.provider_code) from refusal
            raise

    def _pages(self, path: str, session: Session, visitor: Visitor, *, query: Mapping[str, str], at: datetime) -> Iterator[Any]:
        wanted: Mapping[str, str] | None = query
        for _ in range(_PAGES):
            answer = self._read(path, session, visitor, operation="transactions", query=wanted, at=at)
            yield answer.data
            following = answers.maybe(answer.data, "transactions", "_links", "next", "href")
            if not following:
                return
            path, wanted = answers.below(self._api.base_url, following), None
        raise BankAnswerMalformed("The list does not end.", field="_links.next")

    def _get(
        self,
        path: str,
        *,
        operation: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        at: datetime,
    ) -> Answer:
        return self._send("GET", path, operation=operation, headers=headers or {}, query=query, at=at)

    def _post(
        self,
        path: str,
        data: dict[str, Any],
        *,
        operation: str,
        headers: Mapping[str, str],
        key: str,
        repeatable: bool,
        at: datetime,
    ) -> Answer:
        body = dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        request_id = str(uuid.uuid5(_NAMESPACE, f"{operation}:{key}") if key else uuid.uuid4())
        head = {**headers, "Content-Type": "application/json", "X-Request-ID": request_id}
        return self._send("POST", path, operation=operation, headers=head, content=body, repeatable=repeatable, at=at)

    def _send(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        repeatable: bool | None = None,
        wants_json: bool = True,
        at: datetime,
    ) -> Answer:
        head = {"X-Request-ID": str(uuid.uuid4()), **headers}
        if self.config.seal:
            head = signed({**head, "Date": format_datetime(at, usegmt=True)}, content or b"", seal=self.config.seal)
        return self._api.call(
            method,
            path,
            operation=operation,
            query=query,
            content=content,
            headers=head,
            repeatable=repeatable,
            wants_json=wants_json,
        )


def _visit(visitor: Visitor) -> dict[str, str]:
    headers = {}
    if visitor.ip:
        headers["PSU-IP-Address"] = visitor.ip
    if visitor.user_agent:
        headers["PSU-User-Agent"] = visitor.user_agent
    return headers


def _transaction(row: Mapping[str, Any], account_id: str, status: str) -> Transaction:
    amount = answers.amount_in(answers.take(row, "transactionAmount"), "amount", "currency")
    incoming = amount.amount >= 0
    lines = row.get("remittanceInformationUnstructuredArray")
    text = answers.maybe(row, "remittanceInformationUnstructured")
    if not text and isinstance(lines, list):
        text = " ".join(line for line in lines if isinstance(line, str))
    return Transaction(
        account_id=account_id,
        id=answers.maybe(row, "transactionId") or answers.maybe(row, "entryReference"),
        direction="IN" if incoming else "OUT",
        amount=abs(amount),
        status=status,
        booked_on=answers.day(row.get("bookingDate"), "bookingDate"),
        value_on=answers.day(row.get("valueDate"), "valueDate"),
        description=text,
        counterparty=answers.maybe(row, "debtorName" if incoming else "creditorName"),
        end_to_end_id=answers.maybe(row, "endToEndId"),
    )


def _iban(number: AccountNumber | None, param: str) -> dict[str, str]:
    if number is None or number.scheme != Scheme.IBAN:
        raise Invalid("An IBAN is needed.", param=param)
    return {"iban": number.number}


def _initiation(payment: PaymentFacts) -> dict[str, Any]:
    if not 1 <= len(payment.creditor_name) <= 70 or not 1 <= len(payment.end_to_end_id) <= 35:
        raise Invalid(
            "A creditor's name of 1 to 70 and an end-to-end id of 1 to 35 characters are needed.", param="creditor_name"
        )
    amount, currency = answers.amount_out(payment.amount)
    if currency != "EUR":
        raise Invalid("SEPA payments are in EUR.", param="currency")
    body: dict[str, Any] = {
        "endToEndIdentification": payment.end_to_end_id,
        "debtorAccount": _iban(payment.debtor, "debtor"),
        "instructedAmount": {"currency": currency, "amount": amount},
        "creditorAccount": _iban(payment.creditor, "creditor"),
        "creditorName": payment.creditor_name,
    }
    if payment.remittance:
        body["remittanceInformationUnstructured"] = payment.remittance[:140]
    return body
