"""Factors, challenges and trusted payees, found within a partner."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts import errors
from accounts.choices import FactorStatus
from accounts.models import AuthenticationChallenge, AuthenticationFactor, TrustedPayee
from flowlet.core.errors import NotFound
from flowlet.db.models import Identified


def secret_aad(factor_id: UUID) -> str:
    """The place that a factor's sealed secret belongs to."""
    return f"accounts_authenticationfactor.secret:{factor_id}"


def factor(key: UUID, *, partner_id: UUID | None = None, lock: bool = False) -> AuthenticationFactor:
    """The factor, of this partner if one is named; with ``lock`` its row is locked. Raises FactorNotFound."""
    return _one(AuthenticationFactor, errors.FactorNotFound, key, partner_id, lock)


def challenge(key: UUID, *, partner_id: UUID | None = None, lock: bool = False) -> AuthenticationChallenge:
    """The challenge, as ``factor``. Raises ChallengeNotFound."""
    return _one(AuthenticationChallenge, errors.ChallengeNotFound, key, partner_id, lock)


def trusted_payee(key: UUID, *, partner_id: UUID | None = None, lock: bool = False) -> TrustedPayee:
    """The payee, as ``factor``. Raises TrustedPayeeNotFound."""
    return _one(TrustedPayee, errors.TrustedPayeeNotFound, key, partner_id, lock)


def factors_of(customer_id: UUID) -> QuerySet[AuthenticationFactor]:
    """Those of the customer that are not revoked."""
    return AuthenticationFactor.objects.filter(customer_id=customer_id).exclude(status=FactorStatus.REVOKED)


def trusted_payees_of(customer_id: UUID) -> QuerySet[TrustedPayee]:
    """Those whom the customer trusts now."""
    return TrustedPayee.objects.filter(customer_id=customer_id, removed_at=None)


def _one(model: type[Identified], missing: type[NotFound], key: UUID, partner_id: UUID | None, lock: bool) -> Any:
    scope = {} if partner_id is None else {"partner_id": partner_id}
    rows = model._default_manager.select_for_update(no_key=True) if lock else model._default_manager.all()
    found = rows.filter(pk=key, **scope).first()
    if found is None:
        raise missing()
    return found
