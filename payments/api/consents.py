"""Consents at customers' own banks, and what is read with them, under /v1/consents."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.fields import moment, moment_or_null
from flowlet.api.paging import page
from flowlet.api.serializers import narrowed
from flowlet.api.views import PartnerView
from flowlet.core import ids, outbound
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from payments import errors
from payments.api import consent_examples as examples
from payments.api import consent_serializers as forms
from payments.models import Consent
from payments.providers.openbanking import registry
from payments.providers.openbanking.vocabulary import NOBODY, Account, Balance, Transaction, Visitor
from payments.selectors import consents as selectors
from payments.services import bank_data, consents
from wallets.errors import SandboxOnly

CALLS = (*outbound.FAILURES, errors.BankAnswerMalformed, errors.BankNotOffered)
READING = (
    errors.ConsentNotFound,
    errors.ConsentNotGiven,
    errors.ConsentEnded,
    errors.ConsentNotReconfirmed,
    errors.ConsentLapsed,
    errors.ConsentBusy,
    errors.ScopeNotConsented,
    people.PersonalDataErased,
    *CALLS,
)
LONGEST = timedelta(days=366)
_PATH = {"consent_id": Consent.PREFIX}
_EXACT = ("customer_id", "status", "bank", "external_id")


def _consent(row: Consent) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "bank": row.bank,
        "standard": row.standard,
        "scopes": row.scopes,
        "status": row.status,
        "expires_at": moment_or_null(row.expires_at),
        "authorised_at": moment_or_null(row.authorised_at),
        "reconfirm_by": moment_or_null(row.reconfirm_by),
        "ended_at": moment_or_null(row.ended_at),
        "end_reason": row.end_reason or None,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def _account(row: Account) -> dict[str, Any]:
    return {
        "id": row.id,
        "currency": row.currency,
        "name": row.name or None,
        "scheme": row.number.scheme if row.number else None,
        "number": row.number.number if row.number else None,
        "kind": row.kind or None,
        "is_open": row.is_open,
    }


def _balance(row: Balance) -> dict[str, Any]:
    as_of = moment(row.as_of) if isinstance(row.as_of, datetime) else row.as_of
    return {"account_id": row.account_id, "kind": row.kind, "amount": row.amount, "as_of": as_of}


def _transaction(row: Transaction) -> dict[str, Any]:
    return {
        "id": row.id or None,
        "account_id": row.account_id,
        "direction": row.direction,
        "amount": row.amount,
        "status": row.status,
        "booked_on": row.booked_on,
        "value_on": row.value_on,
        "description": row.description or None,
        "counterparty": row.counterparty or None,
        "end_to_end_id": row.end_to_end_id or None,
    }


class _BankView(PartnerView):
    """The examples are the sandbox's, whose bank is there for everybody."""

    example_mode: ClassVar[str] = "SANDBOX"
    tag = "Bank connections"


def _reading(request: Any, consent_id: UUID) -> dict[str, Any]:
    ip = request.query.get("customer_ip", "")
    return {
        "consent_id": consent_id,
        "partner_id": request.caller.partner_id,
        "visitor": Visitor(ip=ip) if ip else NOBODY,
        "actor": request.actor,
        "at": request.at,
    }


class Banks(_BankView):
    """The banks there are."""

    required_scopes = {"GET": "consents:read"}

    @endpoint(summary="List banks", response=forms.BanksOut, example={"data": [examples.BANK]})
    def get(self, request: Any) -> dict[str, Any]:
        """The banks that your customers can connect. In the sandbox there is one, inside Flowlet."""
        found = registry.banks(sandbox=request.caller.is_sandbox)
        return {"data": [{"name": bank.name, "label": bank.label, "standard": bank.standard} for bank in found]}


class ConsentList(_BankView):
    """All consents."""

    required_scopes = {"GET": "consents:read", "POST": "consents:write"}

    @endpoint(
        summary="List consents",
        query=forms.ConsentFilters,
        response=paged(forms.ConsentOut),
        query_example={"status": "AUTHORISED"},
        example=page_example(examples.CONSENT),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        found = selectors.matching(partner_id=request.caller.partner_id, **narrowed(request.query, _EXACT))
        return page(found, request, render=_consent)

    @endpoint(
        summary="Ask for a consent",
        body=forms.ConsentIn,
        response=forms.ConsentAskedOut,
        status=201,
        errors=(
            people.CustomerNotFound,
            people.CustomerClosed,
            people.PartnerSuspended,
            people.PersonalDataErased,
            errors.ConsentTooLong,
            errors.MalformedExternalId,
            errors.DuplicateExternalId,
            *CALLS,
        ),
        body_example=examples.NEW,
        example=examples.ASKED,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Ask a customer's bank for a consent. Send the customer to `redirect_url`; what their browser brings back completes it."""
        asked = dict(request.data)
        visitor = asked.pop("visitor")
        done = consents.create(
            partner_id=request.caller.partner_id,
            visitor=Visitor(ip=visitor["ip"], user_agent=visitor.get("user_agent", "")),
            **asked,
            actor=request.actor,
            at=request.at,
        )
        return {**_consent(done.consent), "redirect_url": done.redirect_url}


class ConsentDetail(_BankView):
    """One consent."""

    required_scopes = {"GET": "consents:read"}
    path_ids = _PATH

    @endpoint(summary="Read a consent", response=forms.ConsentOut, errors=(errors.ConsentNotFound,), example=examples.CONSENT)
    def get(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """The consent as it is now."""
        return _consent(selectors.get(consent_id, partner_id=request.caller.partner_id))


class ConsentComplete(_BankView):
    """The customer is back."""

    required_scopes = {"POST": "consents:write"}
    path_ids = _PATH

    @endpoint(
        summary="Complete a consent",
        body=forms.ConsentCompleteIn,
        response=forms.ConsentOut,
        errors=(
            errors.ConsentNotFound,
            errors.ConsentEnded,
            errors.CallbackRefused,
            IllegalMove,
            people.PersonalDataErased,
            *CALLS,
        ),
        path_example={"consent_id": examples.AWAITING_ID},
        body_example=examples.COMPLETE,
        example={**examples.CONSENT, "id": examples.AWAITING_ID},
    )
    def post(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """Hand over what the customer's browser brought back. AUTHORISED or REJECTED; AWAITING while the bank still waits."""
        return _consent(
            consents.complete(
                consent_id=consent_id,
                partner_id=request.caller.partner_id,
                callback=request.data["parameters"],
                actor=request.actor,
                at=request.at,
            )
        )


class ConsentReconfirm(_BankView):
    """The consent still stands."""

    required_scopes = {"POST": "consents:write"}
    path_ids = _PATH

    @endpoint(
        summary="Reconfirm a consent",
        response=forms.ConsentOut,
        errors=(errors.ConsentNotFound, errors.ConsentNotGiven, errors.ConsentEnded),
        example=examples.RECONFIRMED,
    )
    def post(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """The customer told you that the consent still stands: 90 more days, where the standard asks for it."""
        return _consent(
            consents.reconfirm(consent_id=consent_id, partner_id=request.caller.partner_id, actor=request.actor, at=request.at)
        )


class ConsentRevoke(_BankView):
    """The end of a consent."""

    required_scopes = {"POST": "consents:write"}
    path_ids = _PATH

    @endpoint(
        summary="Revoke a consent",
        body=forms.ConsentRevokeIn,
        response=forms.ConsentOut,
        errors=(errors.ConsentNotFound, errors.ConsentEnded),
        body_example={"reason": "The customer asked for it"},
        example=examples.REVOKED,
    )
    def post(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """Nothing is read any more, from now on, and the bank is told as soon as it can be reached."""
        return _consent(
            consents.revoke(
                consent_id=consent_id,
                partner_id=request.caller.partner_id,
                reason=request.data.get("reason", ""),
                actor=request.actor,
                at=request.at,
            )
        )


class ConsentAccounts(_BankView):
    """Accounts at the customer's bank."""

    required_scopes = {"GET": "consents:read"}
    path_ids = _PATH

    @endpoint(
        summary="Read a customer's bank accounts",
        query=forms.BankReadFilters,
        response=forms.BankAccountsOut,
        errors=READING,
        query_example={"customer_ip": "198.51.100.7"},
        example={"data": [examples.ACCOUNT]},
    )
    def get(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """Asked of the bank at this moment; Flowlet keeps nothing of it."""
        return {"data": [_account(row) for row in bank_data.accounts(**_reading(request, consent_id))]}


class ConsentBalances(_BankView):
    """Balances at the customer's bank."""

    required_scopes = {"GET": "consents:read"}
    path_ids = _PATH

    @endpoint(
        summary="Read the balances of a bank account",
        query=forms.BankBalanceFilters,
        response=forms.BankBalancesOut,
        errors=(*READING, errors.NoSuchAccount),
        query_example={"account_id": "current"},
        example={"data": [examples.BALANCE]},
    )
    def get(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """Asked of the bank at this moment."""
        found = bank_data.balances(account_id=request.query["account_id"], **_reading(request, consent_id))
        return {"data": [_balance(row) for row in found]}


class ConsentTransactions(_BankView):
    """Movements at the customer's bank."""

    required_scopes = {"GET": "consents:read"}
    path_ids = _PATH

    @endpoint(
        summary="Read the transactions of a bank account",
        query=forms.BankTransactionFilters,
        response=forms.BankTransactionsOut,
        errors=(*READING, errors.NoSuchAccount),
        query_example={"account_id": "current", "from_on": "2026-01-01"},
        example={"data": [examples.TRANSACTION]},
    )
    def get(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """Asked of the bank at this moment, all of the days at once; at most 366 of them."""
        query = request.query
        first, last = _days(query.get("from_on"), query.get("to_on"), today=request.at.date())
        found = bank_data.transactions(account_id=query["account_id"], from_on=first, to_on=last, **_reading(request, consent_id))
        return {"data": [_transaction(row) for row in found]}


class ConsentVisit(_BankView):
    """A customer for the sandbox."""

    required_scopes = {"POST": "simulation:write"}
    path_ids = _PATH
    tag = "Simulations"

    @endpoint(
        summary="Simulate a customer at their bank",
        body=forms.ConsentVisitIn,
        response=forms.ConsentVisitOut,
        errors=(errors.ConsentNotFound, errors.ConsentEnded, SandboxOnly, people.PersonalDataErased),
        path_example={"consent_id": examples.AWAITING_ID},
        body_example={"decision": "APPROVE"},
        example=examples.VISITED,
    )
    def post(self, request: Any, consent_id: UUID) -> dict[str, Any]:
        """The customer goes to `redirect_url` and decides. Answers what their browser would bring back. Sandbox only."""
        back = consents.simulate_visit(
            consent_id=consent_id,
            partner_id=request.caller.partner_id,
            approves=request.data["decision"] == "APPROVE",
            at=request.at,
        )
        return {"parameters": back}


def _days(first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    last = last or max(today, first or today)
    first = first or last - timedelta(days=90)
    if not timedelta(0) <= last - first <= LONGEST:
        raise Invalid(f"Ask for at most {LONGEST.days} days, the first before the last.", param="from_on")
    return first, last
