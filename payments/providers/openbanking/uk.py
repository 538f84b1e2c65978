"""UK Open Banking Read/Write 4.0: account information and domestic payments, under FAPI 1.0 Advanced.

We show who we are with a transport certificate (mTLS, in the HTTP layer's ``tls``) and private_key_jwt. The customer authorises a
consent by a signed request object, in the hybrid flow (``code id_token``) or, where the bank has it, the code flow; both with
PKCE. Payment messages carry a detached signature, ours and the bank's; they and their consents carry ``x-idempotency-key`` and are
repeated with the same body and signature. ``uk_connection`` is the way there.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from flowlet.core.errors import Invalid
from flowlet.core.outbound import Refused
from payments.errors import BankAnswerMalformed, BankRefused, ConsentLapsed
from payments.providers.openbanking import answers
from payments.providers.openbanking.uk_connection import TOKEN_MARGIN_SECONDS, Connection, with_tokens
from payments.providers.openbanking.vocabulary import (
    NOBODY,
    UK_BALANCES,
    UK_CONSENTS,
    UK_PAYMENTS,
    UK_TRANSACTIONS,
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

# Reauthentication rules: a customer reconfirms with us every 90 days (FCA RTS 36(6)), the consent at the bank may last longer.
RECONFIRM = timedelta(days=90)
PERMISSIONS: Mapping[Scope, tuple[str, ...]] = {
    Scope.ACCOUNTS: ("ReadAccountsDetail",),
    Scope.BALANCES: ("ReadBalances",),
    Scope.TRANSACTIONS: ("ReadTransactionsDetail", "ReadTransactionsCredits", "ReadTransactionsDebits"),
}
_SCHEMES = {Scheme.IBAN: "UK.OBIE.IBAN", Scheme.SORT_CODE: "UK.OBIE.SortCodeAccountNumber"}
_SCHEMES_IN = {name: scheme for scheme, name in _SCHEMES.items()}
_CONSENT = "consent:"
# What is not there is 400 in the standard; some banks say 404.
_NOT_THERE = frozenset({400, 404})


class UkBank(Connection):
    """One bank. Threads may share it."""

    standard = "UK_OB_4_0"

    # Account information

    def begin(
        self, *, scopes: Sequence[Scope], expires_at: datetime, state: str, key: str = "", visitor: Visitor, at: datetime
    ) -> Begun:
        """Make an account access consent, and the address where the customer authorises it.

        ``key`` is not used: a consent made twice is two, and one of them is never authorised.
        """
        wanted = dict.fromkeys(name for scope in (Scope.ACCOUNTS, *scopes) for name in PERMISSIONS[scope])
        answer = self.api.call(
            "POST",
            "/aisp/account-access-consents",
            operation="access_consent",
            data={"Data": {"Permissions": list(wanted), "ExpirationDateTime": _moment(expires_at)}, "Risk": {}},
            headers=self.headers(self.client_token("accounts", at=at), visitor),
            repeatable=True,
        )
        reference = answers.text(answer.data, "Data", "ConsentId")
        session = Session(
            reference=reference, state=state, nonce=secrets.token_urlsafe(24), code_verifier=secrets.token_urlsafe(48)
        )
        return Begun(
            reference=reference,
            status=consent_state(UK_CONSENTS, answers.text(answer.data, "Data", "Status")),
            redirect_url=self.authorization_url(session, "openid accounts", reference, at=at),
            session=session,
            expires_at=answers.moment(answers.maybe(answer.data, "Data", "ExpirationDateTime"), "ExpirationDateTime"),
        )

    def complete(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """Check what the customer brought back, and exchange the code for tokens.

        Raises CallbackRefused, ConsentRefused, and OutcomeUnknown when the answer was lost: the code is spent then.
        """
        return self.authorised(session, session.reference, callback, at=at)

    def consent_status(self, *, session: Session, at: datetime) -> ConsentState:
        """Where the consent stands."""
        answer = self.api.call(
            "GET",
            f"/aisp/account-access-consents/{quote(session.reference, safe='')}",
            operation="access_consent_status",
            headers=self.headers(self.client_token("accounts", at=at)),
        )
        return consent_state(UK_CONSENTS, answers.text(answer.data, "Data", "Status"))

    def needs_refresh(self, *, session: Session, at: datetime) -> bool:
        """Whether the access token has ended, or nearly so."""
        return not session.access_token or at.timestamp() >= session.token_expires_at - TOKEN_MARGIN_SECONDS

    def refresh(self, *, session: Session, at: datetime) -> Session:
        """The session with a good access token. Raises ConsentLapsed when the bank gives none."""
        if not self.needs_refresh(session=session, at=at):
            return session
        if not session.refresh_token:
            raise ConsentLapsed()
        try:
            answer = self.ask_token([("grant_type", "refresh_token"), ("refresh_token", session.refresh_token)], at=at)
        except BankRefused as refusal:
            raise ConsentLapsed(provider_code=refusal.details.get("provider_code", "")) from refusal
        return with_tokens(session, answer.data, at=at)

    def accounts(self, *, session: Session, visitor: Visitor = NOBODY, at: datetime) -> list[Account]:
        """All accounts of the consent."""
        found = []
        for page in self.pages("/aisp/accounts", "accounts", session, visitor):
            for row in answers.rows(page, "Data", "Account"):
                named = next(answers.rows(row, "Account"), {})
                number = answers.maybe(named, "Identification")
                scheme = _SCHEMES_IN.get(answers.maybe(named, "SchemeName"), Scheme.OTHER)
                status = answers.maybe(row, "Status")
                found.append(
                    Account(
                        id=answers.text(row, "AccountId"),
                        currency=answers.maybe(row, "Currency"),
                        name=answers.maybe(named, "Name") or answers.maybe(row, "Nickname"),
                        number=AccountNumber(scheme=scheme, number=number) if number else None,
                        kind=answers.maybe(row, "AccountTypeCode"),
                        is_open=status == "Enabled" if status else None,
                    )
                )
        return found

    def balances(self, *, session: Session, account_id: str, visitor: Visitor = NOBODY, at: datetime) -> list[Balance]:
        """The balances of one account."""
        return [
            Balance(
                account_id=answers.text(row, "AccountId"),
                kind=UK_BALANCES.get(answers.text(row, "Type"), "UNKNOWN"),
                amount=_signed(row),
                as_of=answers.moment(answers.take(row, "DateTime"), "DateTime"),
            )
            for page in self.pages(f"/aisp/accounts/{quote(account_id, safe='')}/balances", "balances", session, visitor)
            for row in answers.rows(page, "Data", "Balance")
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
        """The movements booked in these days, and the pending ones; page after page."""
        query = {}
        if from_on:
            query["fromBookingDateTime"] = f"{from_on.isoformat()}T00:00:00+00:00"
        if to_on:
            query["toBookingDateTime"] = f"{to_on.isoformat()}T23:59:59+00:00"
        path = f"/aisp/accounts/{quote(account_id, safe='')}/transactions"
        return [
            _transaction(row)
            for page in self.pages(path, "transactions", session, visitor, query=query)
            for row in answers.rows(page, "Data", "Transaction")
        ]

    def revoke(self, *, session: Session, at: datetime) -> None:
        """Delete the consent at the bank; one that is not there is as good as deleted."""
        try:
            self.api.call(
                "DELETE",
                f"/aisp/account-access-consents/{quote(session.reference, safe='')}",
                operation="access_consent_end",
                headers=self.headers(self.client_token("accounts", at=at)),
                wants_json=False,
            )
        except Refused as refusal:
            if refusal.http_status not in _NOT_THERE:
                raise

    # Payment initiation

    def initiate(self, *, payment: PaymentFacts, state: str, at: datetime) -> Initiated:
        """Make a domestic payment consent, and the address where the customer authorises it. Raises Invalid for bad facts."""
        initiation = _initiation(payment)
        answer = self.post_signed(
            "/pisp/domestic-payment-consents",
            {"Data": {"Initiation": initiation}, "Risk": {"PaymentContextCode": "TransferToSelf"}},
            operation="payment_consent",
            token=self.client_token("payments", at=at),
            key=f"{payment.key}-c",
            visitor=payment.visitor,
            at=at,
        )
        _check_echo(answer.data, initiation)
        consent_id = answers.text(answer.data, "Data", "ConsentId")
        session = Session(
            reference=_CONSENT + consent_id,
            state=state,
            nonce=secrets.token_urlsafe(24),
            code_verifier=secrets.token_urlsafe(48),
            details={"initiation": initiation, "key": payment.key},
        )
        status = consent_state(UK_CONSENTS, answers.text(answer.data, "Data", "Status"))
        return Initiated(
            reference=session.reference,
            status=_OF_CONSENT[status],
            redirect_url=self.authorization_url(session, "openid payments", consent_id, at=at),
            session=session,
        )

    def authorise(self, *, session: Session, callback: Mapping[str, str], at: datetime) -> Session:
        """As ``complete``, for a payment."""
        return self.authorised(session, session.reference.removeprefix(_CONSENT), callback, at=at)

    def has_funds(self, *, session: Session, at: datetime) -> bool | None:
        """Whether the payer's account covers the authorised payment; None when the bank does not say."""
        consent_id = session.reference.removeprefix(_CONSENT)
        answer = self.api.call(
            "GET",
            f"/pisp/domestic-payment-consents/{quote(consent_id, safe='')}/funds-confirmation",
            operation="funds_confirmation",
            headers=self.headers(session.access_token),
        )
        self.check_signature(answer, at=at)
        result = answer.data.get("Data", {}).get("FundsAvailableResult") if isinstance(answer.data, dict) else None
        available = result.get("FundsAvailable") if isinstance(result, dict) else None
        return available if isinstance(available, bool) else None

    def submit(self, *, session: Session, at: datetime) -> Initiated:
        """Have the authorised payment made, once however often this is called with the same session."""
        initiation = session.details["initiation"]
        answer = self.post_signed(
            "/pisp/domestic-payments",
            {
                "Data": {"ConsentId": session.reference.removeprefix(_CONSENT), "Initiation": initiation},
                "Risk": {"PaymentContextCode": "TransferToSelf"},
            },
            operation="payment",
            token=session.access_token,
            key=f"{session.details['key']}-p",
            visitor=NOBODY,
            at=at,
        )
        _check_echo(answer.data, initiation)
        return Initiated(
            reference=answers.text(answer.data, "Data", "DomesticPaymentId"),
            status=payment_state(UK_PAYMENTS, answers.take(answer.data, "Data", "Status")),
        )

    def status(self, *, reference: str, at: datetime) -> PaymentState:
        """Where the payment stands, by its own reference or, before it was submitted, its consent's.

        A consumed consent says that a payment exists whose reference we do not have: UNKNOWN; submit again, which gives it.
        """
        head = self.headers(self.client_token("payments", at=at))
        if reference.startswith(_CONSENT):
            path = f"/pisp/domestic-payment-consents/{quote(reference.removeprefix(_CONSENT), safe='')}"
            answer = self.api.call("GET", path, operation="payment_consent_status", headers=head)
            self.check_signature(answer, at=at)
            return _OF_CONSENT[consent_state(UK_CONSENTS, answers.take(answer.data, "Data", "Status"))]
        path = f"/pisp/domestic-payments/{quote(reference, safe='')}"
        answer = self.api.call("GET", path, operation="payment_status", headers=head)
        self.check_signature(answer, at=at)
        return payment_state(UK_PAYMENTS, answers.take(answer.data, "Data", "Status"))


# A consumed consent has become a payment, whose state its own reference tells.
_OF_CONSENT: Mapping[ConsentState, PaymentState] = {
    ConsentState.AWAITING: PaymentState.PENDING,
    ConsentState.AUTHORISED: PaymentState.PENDING,
    ConsentState.CONSUMED: PaymentState.UNKNOWN,
    ConsentState.REJECTED: PaymentState.REJECTED,
    ConsentState.EXPIRED: PaymentState.REJECTED,
    ConsentState.REVOKED: PaymentState.REJECTED,
    ConsentState.UNKNOWN: PaymentState.UNKNOWN,
}


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _signed(row: Mapping[str, Any]) -> Any:
    amount = answers.amount_in(answers.take(row, "Amount"), "Amount", "Currency")
    side = answers.text(row, "CreditDebitIndicator")
    if side not in {"Credit", "Debit"}:
        raise BankAnswerMalformed("CreditDebitIndicator is neither Credit nor Debit.", field="CreditDebitIndicator")
    return amount if side == "Credit" else -amount


def _transaction(row: Mapping[str, Any]) -> Transaction:
    amount = _signed(row)
    other = "DebtorAccount" if amount.amount > 0 else "CreditorAccount"
    return Transaction(
        account_id=answers.text(row, "AccountId"),
        id=answers.maybe(row, "TransactionId"),
        direction="IN" if answers.text(row, "CreditDebitIndicator") == "Credit" else "OUT",
        amount=abs(amount),
        status=UK_TRANSACTIONS.get(answers.text(row, "Status"), "UNKNOWN"),
        booked_on=answers.day(row.get("BookingDateTime"), "BookingDateTime"),
        value_on=answers.day(row.get("ValueDateTime"), "ValueDateTime"),
        description=answers.maybe(row, "TransactionInformation"),
        counterparty=answers.maybe(row, "MerchantDetails", "MerchantName") or answers.maybe(row, other, "Name"),
        end_to_end_id=answers.maybe(row, "TransactionReference"),
    )


def _account(number: AccountNumber, name: str) -> dict[str, str]:
    scheme = _SCHEMES.get(number.scheme)
    if scheme is None:
        raise Invalid("Use an IBAN, or sort code and account number.", param="creditor")
    if number.scheme == Scheme.SORT_CODE and not (len(number.number) == 14 and number.number.isdigit()):
        raise Invalid("Sort code and account number are 14 digits.", param="creditor")
    return {"SchemeName": scheme, "Identification": number.number, **({"Name": name} if name else {})}


def _initiation(payment: PaymentFacts) -> dict[str, Any]:
    if payment.product != Product.DOMESTIC:
        raise Invalid("This bank makes domestic payments.", param="product")
    if not payment.creditor_name or not 1 <= len(payment.end_to_end_id) <= 35:
        raise Invalid("A creditor's name and an end-to-end id of 1 to 35 characters are needed.", param="end_to_end_id")
    amount, currency = answers.amount_out(payment.amount)
    initiation: dict[str, Any] = {
        "InstructionIdentification": payment.end_to_end_id,
        "EndToEndIdentification": payment.end_to_end_id,
        "InstructedAmount": {"Amount": amount, "Currency": currency},
        "CreditorAccount": _account(payment.creditor, payment.creditor_name[:350]),
    }
    if payment.debtor:
        initiation["DebtorAccount"] = _account(payment.debtor, payment.debtor_name[:350])
    if payment.remittance:
        initiation["RemittanceInformation"] = {"Unstructured": [payment.remittance[:140]]}
    return initiation


def _check_echo(data: Any, initiation: Mapping[str, Any]) -> None:
    """The bank repeats the payment it understood. Raises BankAnswerMalformed when that is another one."""
    told = answers.take(data, "Data", "Initiation")
    amount = answers.amount_in(answers.take(told, "InstructedAmount"), "Amount", "Currency")
    asked = answers.amount_in(initiation["InstructedAmount"], "Amount", "Currency")
    account = answers.text(told, "CreditorAccount", "Identification")
    if amount != asked or account != initiation["CreditorAccount"]["Identification"]:
        raise BankAnswerMalformed("The bank understood another payment.", field="Data.Initiation")
