"""Customers' banks over an aggregator: /v1/link_tokens and /v1/bank_links."""

from typing import Any, ClassVar
from uuid import UUID

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.fields import moment, moment_or_null
from flowlet.api.paging import page
from flowlet.api.serializers import narrowed
from flowlet.api.views import PartnerView
from flowlet.core import ids, outbound
from payments import errors
from payments.api import bank_link_examples as examples
from payments.api import bank_link_serializers as forms
from payments.api.payment_serializers import NothingIn
from payments.models import BankLink, ExternalAccount
from payments.providers.errors import AnswerMalformed, ProviderNotConfigured
from payments.selectors import bank_links as selectors
from payments.services import bank_links
from wallets.errors import SandboxOnly

_CALLS = (*outbound.FAILURES, AnswerMalformed, ProviderNotConfigured)
_ASKERS = (
    people.CustomerNotFound,
    people.CustomerClosed,
    people.CustomerFrozen,
    people.PartnerSuspended,
    people.PersonalDataErased,
)
_READ, _WRITE = {"GET": "external_accounts:read"}, {"POST": "external_accounts:write"}
_PATH = {"bank_link_id": BankLink.PREFIX}
_EXACT = ("customer_id", "status", "external_id")


def _account(row: ExternalAccount) -> dict[str, Any]:
    return {
        "external_account_id": row.public_id,
        "kind": row.kind,
        "last_four": row.last_four or None,
        "status": row.status,
        "verification": row.verification,
        "payee_result": row.payee_result or None,
        "reverify_since": moment_or_null(row.reverify_since),
    }


def _link(row: BankLink) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "provider": row.provider,
        "status": row.status,
        "problem": row.problem or None,
        "accounts": [_account(one) for one in sorted(row.external_accounts.all(), key=lambda one: one.pk)],
        "read_at": moment_or_null(row.read_at),
        "ends_at": moment_or_null(row.ends_at),
        "ended_at": moment_or_null(row.ended_at),
        "end_reason": row.end_reason or None,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


class _LinkView(PartnerView):
    """The examples are the sandbox's, whose aggregator is there for everybody."""

    example_mode: ClassVar[str] = "SANDBOX"
    tag = "External accounts"


class LinkTokens(_LinkView):
    """Tokens that open the aggregator's screen."""

    required_scopes = _WRITE

    @endpoint(
        summary="Ask for a link token",
        body=forms.LinkTokenIn,
        response=forms.LinkTokenOut,
        status=201,
        errors=(*_ASKERS, errors.BankLinkNotFound, errors.BankLinkEnded, *_CALLS),
        body_example={"customer_id": examples.CUSTOMER_ID, "countries": ["US"], "language": "en"},
        example=examples.TOKEN,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Open the aggregator's screen (Plaid Link) with it; what the screen gives makes a bank link. With `bank_link_id` the customer
        signs in again at a bank that is linked already: refresh the link afterwards. In the sandbox the token opens nothing, and you make
        up the public token."""
        found = bank_links.token(partner_id=request.caller.partner_id, **request.data, at=request.at)
        return {"link_token": found.token, "expires_at": moment(found.expires_at)}


class BankLinkList(_LinkView):
    """All links."""

    required_scopes = {**_READ, **_WRITE}

    @endpoint(
        summary="List bank links",
        query=forms.BankLinkFilters,
        response=paged(forms.BankLinkOut),
        query_example={"status": "ACTIVE"},
        example=page_example(examples.BANK_LINK),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        found = selectors.matching(partner_id=request.caller.partner_id, **narrowed(request.query, _EXACT))
        return page(found.prefetch_related("external_accounts"), request, render=_link)

    @endpoint(
        summary="Link a customer's bank",
        body=forms.BankLinkIn,
        response=forms.BankLinkOut,
        status=201,
        errors=(
            *_ASKERS,
            errors.PublicTokenRefused,
            errors.BankLinkKnown,
            errors.MalformedExternalId,
            errors.DuplicateExternalId,
            *_CALLS,
        ),
        body_example=examples.NEW,
        example={**examples.BANK_LINK, "external_id": "bank-1815"},
    )
    def post(self, request: Any) -> dict[str, Any]:
        """The customer signed in at their bank: its checking and savings accounts become external accounts, with the bank's own numbers.
        Where the owner's name at the bank is the customer's, or nearly so, the account is verified; where it is another's, the
        verification has failed. Accounts that cannot be read now follow within minutes; `problem` says why."""
        made = bank_links.connect(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return _link(made)


class BankLinkDetail(_LinkView):
    """One link."""

    required_scopes = _READ
    path_ids = _PATH

    @endpoint(
        summary="Read a bank link", response=forms.BankLinkOut, errors=(errors.BankLinkNotFound,), example=examples.BANK_LINK
    )
    def get(self, request: Any, bank_link_id: UUID) -> dict[str, Any]:
        """The link as it is now."""
        return _link(selectors.get(bank_link_id, partner_id=request.caller.partner_id))


class BankLinkRefresh(_LinkView):
    """Ask the aggregator again."""

    required_scopes = _WRITE
    path_ids = _PATH

    @endpoint(
        summary="Refresh a bank link",
        body=NothingIn,
        response=forms.BankLinkOut,
        errors=(errors.BankLinkNotFound, errors.BankLinkEnded, people.PersonalDataErased, *_CALLS),
        path_example={"bank_link_id": examples.OVER_ID},
        body_example={},
        example=examples.REPAIRED,
    )
    def post(self, request: Any, bank_link_id: UUID) -> dict[str, Any]:
        """Ask how the login stands and which accounts it has, such as after the customer signed in again. Accounts that had to be verified
        again are, where the name fits."""
        changed = bank_links.refresh(
            bank_link_id=bank_link_id, partner_id=request.caller.partner_id, actor=request.actor, at=request.at
        )
        return _link(changed)


class BankLinkEnd(_LinkView):
    """The end of a link."""

    required_scopes = _WRITE
    path_ids = _PATH

    @endpoint(
        summary="End a bank link",
        body=forms.BankLinkEndIn,
        response=forms.BankLinkOut,
        errors=(errors.BankLinkNotFound, errors.BankLinkEnded),
        body_example={"reason": "The customer has another bank"},
        example=examples.ENDED,
    )
    def post(self, request: Any, bank_link_id: UUID) -> dict[str, Any]:
        """Nothing is read at the bank any more, and the aggregator is told. The accounts stay as they are."""
        ended = bank_links.end(
            bank_link_id=bank_link_id,
            partner_id=request.caller.partner_id,
            reason=request.data.get("reason", ""),
            actor=request.actor,
            at=request.at,
        )
        return _link(ended)


class BankLinkLoginRequired(_LinkView):
    """A bank that wants to see its customer."""

    required_scopes = {"POST": "simulation:write"}
    path_ids = _PATH
    tag = "Simulations"

    @endpoint(
        summary="Let a bank link's login end",
        body=NothingIn,
        response=forms.BankLinkOut,
        errors=(SandboxOnly, errors.BankLinkNotFound, errors.BankLinkEnded),
        body_example={},
        example=examples.OVER,
    )
    def post(self, request: Any, bank_link_id: UUID) -> dict[str, Any]:
        """The bank asks the customer to sign in again: nothing is collected from the accounts of the link until it was refreshed. Sandbox
        only."""
        changed = bank_links.simulate_login_over(
            bank_link_id=bank_link_id, partner_id=request.caller.partner_id, actor=request.actor, at=request.at
        )
        return _link(changed)
