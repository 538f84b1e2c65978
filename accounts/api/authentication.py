"""Second factors, the answers to challenges, and trusted payees. Challenges are made where payees are known: by payments."""

from typing import Any
from uuid import UUID

from accounts import errors
from accounts.api import authentication_serializers as forms
from accounts.api.serializers import ReasonIn
from accounts.models import AuthenticationChallenge, AuthenticationFactor, Customer, TrustedPayee
from accounts.selectors import authentication as selectors
from accounts.selectors import customers
from accounts.services import authentication_challenges as challenges
from accounts.services import authentication_factors as factors
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core.states import IllegalMove

TAG = "Strong authentication"
READ, WRITE = "authentication:read", "authentication:write"
_CUSTOMER = {"customer_id": Customer.PREFIX}
_FACTOR = {"factor_id": AuthenticationFactor.PREFIX}
_HOLDER = {"customer_id": forms.HOLDER_ID}
_ANSWERS = (errors.FactorLocked, errors.ProofUnfit, errors.PersonalDataErased)


class NothingIn(StrictSerializer):
    """An empty object."""


class Factors(PartnerView):
    """The factors of a customer."""

    required_scopes = {"GET": READ, "POST": WRITE}
    path_ids = _CUSTOMER
    tag = TAG

    @endpoint(
        summary="List second factors",
        query=PageFilters,
        response=paged(forms.FactorOut),
        errors=(errors.CustomerNotFound,),
        path_example=_HOLDER,
        example=page_example(forms.PENDING),
    )
    def get(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """The newest first, revoked ones too."""
        customer = customers.get(customer_id, partner_id=request.caller.partner_id)
        return page(AuthenticationFactor.objects.filter(customer=customer), request, render=forms.factor)

    @endpoint(
        summary="Enrol a second factor",
        body=forms.FactorIn,
        response=forms.EnrolledOut,
        status=201,
        errors=(
            errors.CustomerNotFound,
            errors.CustomerClosed,
            errors.CustomerFrozen,
            errors.TooManyFactors,
            errors.MalformedPublicKey,
            errors.PersonalDataErased,
        ),
        path_example=_HOLDER,
        body_example=forms.NEW_FACTOR,
        example=forms.ENROLLED,
    )
    def post(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """An authenticator app (`TOTP`), or a key inside the customer's device (`ED25519`, `ES256`). Make sure yourself who enrols: we take
        your word for it. Confirm the factor with its first proof.
        """
        given = {"customer_id": customer_id, "partner_id": request.caller.partner_id, **request.data}
        made = factors.enrol(**given, actor=request.actor, at=request.at)
        return {**forms.factor(made.factor), "otpauth_uri": made.otpauth_uri or None, "message": made.message or None}


class FactorConfirm(PartnerView):
    """The first proof."""

    required_scopes = {"POST": WRITE}
    path_ids = _FACTOR
    tag = TAG

    @endpoint(
        summary="Confirm a second factor",
        body=forms.ProofIn,
        response=forms.FactorOut,
        errors=(errors.FactorNotFound, IllegalMove, *_ANSWERS),
        path_example={"factor_id": forms.PENDING_ID},
        body_example={"code": "492039"},
        example=forms.TRIED,
    )
    def post(self, request: Any, factor_id: UUID) -> dict[str, Any]:
        """Right: the factor is `ACTIVE`. Wrong: it stays `PENDING` with one try less; five wrong ones in a row lock it for a while."""
        given = {"factor_id": factor_id, "partner_id": request.caller.partner_id, **request.data}
        return forms.factor(factors.confirm(**given, actor=request.actor, at=request.at))


class FactorRevoke(PartnerView):
    """The end of a factor."""

    required_scopes = {"POST": WRITE}
    path_ids = _FACTOR
    tag = TAG

    @endpoint(
        summary="Revoke a second factor",
        body=ReasonIn,
        response=forms.FactorOut,
        errors=(errors.FactorNotFound, IllegalMove, errors.ReasonMissing),
        path_example={"factor_id": forms.LOST_ID},
        body_example={"reason": "The phone was lost"},
        example=forms.REVOKED,
    )
    def post(self, request: Any, factor_id: UUID) -> dict[str, Any]:
        """For good: its secret is destroyed, what it has passed but not paid is worth nothing, and payees that it trusted are asked for
        again.
        """
        given = {"factor_id": factor_id, "partner_id": request.caller.partner_id, **request.data}
        return forms.factor(factors.revoke(**given, actor=request.actor, at=request.at))


class ChallengeDetail(PartnerView):
    """One challenge."""

    required_scopes = {"GET": READ}
    path_ids = {"challenge_id": AuthenticationChallenge.PREFIX}
    tag = TAG

    @endpoint(
        summary="Read a challenge",
        response=forms.ChallengeOut,
        errors=(errors.ChallengeNotFound,),
        example=forms.ASKED,
    )
    def get(self, request: Any, challenge_id: UUID) -> dict[str, Any]:
        """As it stands now. After `expires_at` it is over, whatever its status."""
        return forms.challenge(selectors.challenge(challenge_id, partner_id=request.caller.partner_id))


class ChallengeAnswer(PartnerView):
    """The customer's answer."""

    required_scopes = {"POST": WRITE}
    path_ids = {"challenge_id": AuthenticationChallenge.PREFIX}
    tag = TAG

    @endpoint(
        summary="Answer a challenge",
        body=forms.ProofIn,
        response=forms.ChallengeOut,
        errors=(errors.ChallengeNotFound, errors.ChallengeOver, errors.FactorNotActive, *_ANSWERS),
        body_example={"code": "492039"},
        example={**forms.ASKED, "tries_left": 4},
    )
    def post(self, request: Any, challenge_id: UUID) -> dict[str, Any]:
        """Right: `PASSED`, to be used once for exactly this amount and payee. Wrong: `PENDING` with one try less, `FAILED` after five."""
        given = {"challenge_id": challenge_id, "partner_id": request.caller.partner_id, **request.data}
        return forms.challenge(challenges.answer(**given, actor=request.actor, at=request.at))


class TrustedPayees(PartnerView):
    """Whom a customer trusts."""

    required_scopes = {"GET": READ}
    path_ids = _CUSTOMER
    tag = TAG

    @endpoint(
        summary="List trusted payees",
        query=PageFilters,
        response=paged(forms.TrustedPayeeOut),
        errors=(errors.CustomerNotFound,),
        path_example=_HOLDER,
        example=page_example(forms.TRUSTED),
    )
    def get(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """The newest first. A payee gets there by a challenge with `trusts_payee` that was used."""
        customer = customers.get(customer_id, partner_id=request.caller.partner_id)
        return page(selectors.trusted_payees_of(customer.pk), request, render=forms.trusted_payee)


class TrustedPayeeRemove(PartnerView):
    """The end of a trust."""

    required_scopes = {"POST": WRITE}
    path_ids = {"trusted_payee_id": TrustedPayee.PREFIX}
    tag = TAG

    @endpoint(
        summary="Remove a trusted payee",
        body=NothingIn,
        response=forms.TrustedPayeeOut,
        errors=(errors.TrustedPayeeNotFound,),
        body_example={},
        example=forms.REMOVED,
    )
    def post(self, request: Any, trusted_payee_id: UUID) -> dict[str, Any]:
        """The next payment to the payee asks the customer again."""
        given = {"trusted_payee_id": trusted_payee_id, "partner_id": request.caller.partner_id}
        return forms.trusted_payee(challenges.remove_trust(**given, actor=request.actor, at=request.at))
