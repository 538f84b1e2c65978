"""External accounts under /v1/external_accounts."""

from typing import Any
from uuid import UUID

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import narrowed
from flowlet.api.views import PartnerView
from flowlet.core.countries import UnknownCountry
from flowlet.core.states import IllegalMove
from payments import errors
from payments.api import account_examples as examples
from payments.api import account_rendering as rendering
from payments.api import account_serializers as forms
from payments.choices import VerificationMethod
from payments.models import ExternalAccount
from payments.selectors import external_accounts as selectors
from payments.services import external_accounts, micro_deposits, payee_verifications, prenotes

_FORM = (
    errors.MalformedRoutingNumber,
    errors.MalformedAccountNumber,
    errors.MalformedIban,
    errors.MalformedBic,
    errors.MalformedCardToken,
    errors.CardNumberRefused,
    errors.CardExpired,
    errors.MalformedOwner,
    errors.FieldMissing,
    errors.FieldNotForKind,
    errors.CurrencyNotForKind,
    errors.MalformedExternalId,
    UnknownCountry,
)
_READ = {"GET": "external_accounts:read"}
_WRITE = {"POST": "external_accounts:write"}
_PATH = {"external_account_id": ExternalAccount.PREFIX}
_EXACT = ("customer_id", "kind", "relation", "status", "verification", "external_id")
_STARTS = {
    VerificationMethod.MICRO_DEPOSITS: micro_deposits.start,
    VerificationMethod.PRENOTE: prenotes.start,
    VerificationMethod.PAYEE_VERIFICATION: payee_verifications.start,
}


class ExternalAccountList(PartnerView):
    """All external accounts."""

    required_scopes = {**_READ, **_WRITE}
    tag = "External accounts"

    @endpoint(
        summary="List external accounts",
        query=forms.ExternalAccountFilters,
        response=paged(forms.ExternalAccountOut),
        query_example={"status": "PENDING"},
        example=page_example(examples.US_BANK),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        found = selectors.matching(partner_id=request.caller.partner_id, **narrowed(request.query, _EXACT))
        rows = page(found, request, render=lambda row: row)
        return {**rows, "data": rendering.accounts(rows["data"])}

    @endpoint(
        summary="Add an external account",
        body=forms.ExternalAccountIn,
        response=forms.ExternalAccountOut,
        status=201,
        errors=(
            *_FORM,
            people.CustomerNotFound,
            people.CustomerClosed,
            people.CustomerFrozen,
            people.PartnerSuspended,
            people.PersonalDataErased,
            errors.ExternalAccountKnown,
            errors.DuplicateExternalId,
        ),
        body_example=examples.NEW_US_BANK,
        example=examples.US_BANK,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """A bank account or card outside Flowlet. The customer's own bank account has to be verified before it is used; cards, and
        accounts of others who are only paid, can be used at once. The number is kept sealed and never comes back."""
        made = external_accounts.create(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return rendering.account(made)


class ExternalAccountDetail(PartnerView):
    """One external account."""

    required_scopes = _READ
    path_ids = _PATH
    tag = "External accounts"

    @endpoint(
        summary="Read an external account",
        response=forms.ExternalAccountOut,
        errors=(errors.ExternalAccountNotFound,),
        example=examples.US_BANK,
    )
    def get(self, request: Any, external_account_id: UUID) -> dict[str, Any]:
        """The account as it is now."""
        return rendering.account(selectors.get(external_account_id, partner_id=request.caller.partner_id))


class ExternalAccountBlock(PartnerView):
    """Stop an account."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "External accounts"

    @endpoint(
        summary="Block an external account",
        body=forms.BlockIn,
        response=forms.ExternalAccountOut,
        errors=(errors.ExternalAccountNotFound, errors.ExternalAccountClosed, IllegalMove, people.ReasonMissing),
        body_example={"reason": "The customer lost the card"},
        example=examples.BLOCKED,
    )
    def post(self, request: Any, external_account_id: UUID) -> dict[str, Any]:
        """Nothing is sent to the account or collected from it until the block is lifted."""
        return _act(external_accounts.block, request, external_account_id, reason=request.data["reason"])


class ExternalAccountUnblock(PartnerView):
    """Let an account be used again."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "External accounts"

    @endpoint(
        summary="Unblock an external account",
        body=forms.BlockIn,
        response=forms.ExternalAccountOut,
        errors=(
            errors.ExternalAccountNotFound,
            errors.ExternalAccountClosed,
            errors.BlockNotYours,
            IllegalMove,
            people.ReasonMissing,
        ),
        path_example={"external_account_id": examples.BLOCKED_ID},
        body_example={"reason": "The card was found"},
        example=examples.UNBLOCKED,
    )
    def post(self, request: Any, external_account_id: UUID) -> dict[str, Any]:
        """Lift a block of your own. What Flowlet blocked, or the bank by its returns, is not yours to lift."""
        return _act(external_accounts.unblock, request, external_account_id, reason=request.data["reason"])


class ExternalAccountClose(PartnerView):
    """Use an account no more."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "External accounts"

    @endpoint(
        summary="Close an external account",
        body=forms.CloseIn,
        response=forms.ExternalAccountOut,
        errors=(errors.ExternalAccountNotFound, errors.ExternalAccountClosed),
        path_example={"external_account_id": examples.LEAVING_ID},
        body_example={"reason": "The customer has another bank"},
        example=examples.CLOSED,
    )
    def post(self, request: Any, external_account_id: UUID) -> dict[str, Any]:
        """For good; its mandates are revoked, and the record stays readable."""
        return _act(external_accounts.close, request, external_account_id, reason=request.data.get("reason", ""))


class ExternalAccountVerifications(PartnerView):
    """Find out who holds an account."""

    required_scopes = {**_READ, **_WRITE}
    path_ids = _PATH
    tag = "External accounts"

    @endpoint(
        summary="List the verifications of an external account",
        query=forms.PageFilters,
        response=paged(forms.VerificationOut),
        errors=(errors.ExternalAccountNotFound,),
        path_example={"external_account_id": examples.NAMING_ID},
        query_example={"limit": "10"},
        example=page_example(examples.MICRO_DEPOSITS),
    )
    def get(self, request: Any, external_account_id: UUID) -> dict[str, Any]:
        """Every attempt, the newest first."""
        account = selectors.get(external_account_id, partner_id=request.caller.partner_id)
        rows = selectors.attempts_of(account.pk).select_related("external_account")
        return page(rows, request, render=rendering.verification)

    @endpoint(
        summary="Verify an external account",
        body=forms.VerificationIn,
        response=forms.VerificationOut,
        status=201,
        errors=(
            errors.ExternalAccountNotFound,
            errors.ExternalAccountClosed,
            errors.ExternalAccountBlocked,
            errors.AlreadyVerified,
            errors.VerificationUnderWay,
            errors.MethodNotForAccount,
            errors.TooManyVerifications,
        ),
        body_example={"method": "MICRO_DEPOSITS"},
        example=examples.MICRO_DEPOSITS,
    )
    def post(self, request: Any, external_account_id: UUID) -> dict[str, Any]:
        """MICRO_DEPOSITS sends two small amounts for the holder to name. PRENOTE sends an entry of zero dollars, which is accepted when
        the bank does not return it for three banking days. PAYEE_VERIFICATION asks the bank whether the owner's name belongs to the
        IBAN; the answer follows as an event."""
        start = _STARTS[VerificationMethod(request.data["method"])]
        made = start(
            external_account_id=external_account_id,
            partner_id=request.caller.partner_id,
            actor=request.actor,
            at=request.at,
        )
        return rendering.verification(made)


class MicroDeposits(PartnerView):
    """Name the two amounts."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "External accounts"

    @endpoint(
        summary="Confirm micro-deposits",
        body=forms.MicroDepositsIn,
        response=forms.VerificationOut,
        errors=(
            errors.ExternalAccountNotFound,
            errors.NoVerificationUnderWay,
            errors.MicroDepositsNotSent,
            errors.MicroDepositsExpired,
        ),
        path_example={"external_account_id": examples.NAMING_ID},
        body_example={"amounts": examples.AMOUNTS},
        example=examples.NAMED,
    )
    def post(self, request: Any, external_account_id: UUID) -> dict[str, Any]:
        """What the holder found on the statement. A wrong answer is no error: the attempt comes back with one try less, and FAILED
        without any left. In the sandbox the amounts are always 0.32 and 0.45."""
        done = micro_deposits.confirm(
            external_account_id=external_account_id,
            partner_id=request.caller.partner_id,
            amounts=request.data["amounts"],
            actor=request.actor,
            at=request.at,
        )
        return rendering.verification(done)


def _act(step: Any, request: Any, external_account_id: UUID, *, reason: str) -> dict[str, Any]:
    changed = step(
        external_account_id=external_account_id,
        partner_id=request.caller.partner_id,
        reason=reason,
        actor=request.actor,
        at=request.at,
    )
    return rendering.account(changed)
