"""When something may be done: ``check_…`` raises, ``can_…`` answers. Who may is ``accounts.roles``."""

from collections.abc import Collection

from accounts import errors, roles
from accounts.choices import CustomerStatus, FactorStatus, FreezeOrigin, PartnerStatus, Role
from accounts.models import ApiKey, AuthenticationFactor, Customer, Partner, User
from accounts.states import AUTHENTICATION_FACTOR_MOVES, CUSTOMER_MOVES, PARTNER_MOVES
from flowlet.core import reasons
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import NotFound
from flowlet.core.states import check_move
from flowlet.vault.services import subjects


def held_by(actor: Actor, permissions: Collection[str]) -> frozenset[str]:
    """Those of the permissions that the member of staff behind ``actor`` holds now; keys, customers and the system hold none."""
    if actor.kind != ActorKind.STAFF:
        return frozenset()
    try:
        user = User.objects.filter(pk=User.key(actor.id), is_staff=True).only("roles", "is_active").first()
    except NotFound:
        return frozenset()
    return frozenset(name for name in permissions if user is not None and roles.has_permission(user, name))


def check_reason(reason: str, *, most: int = reasons.LONGEST) -> str:
    """The reason without spaces at its ends. Raises ReasonMissing, ReasonTooLong for more than ``most`` characters."""
    reason = reasons.kept(reason, most=most)
    if not reason:
        raise errors.ReasonMissing(param="reason")
    return reason


def check_can_request_activation(partner: Partner, actor: Actor | None = None) -> None:
    """Raises IllegalMove unless the partner waits for activation."""
    if partner.status != PartnerStatus.PENDING:
        check_move({}, partner.status, PartnerStatus.ACTIVE)


def check_can_suspend(partner: Partner, actor: Actor | None = None) -> None:
    """Raises IllegalMove unless the partner is active."""
    check_move(PARTNER_MOVES, partner.status, PartnerStatus.SUSPENDED)


def check_can_resume(partner: Partner, actor: Actor | None = None) -> None:
    """Raises IllegalMove unless the partner is suspended."""
    if partner.status != PartnerStatus.SUSPENDED:
        check_move({}, partner.status, PartnerStatus.ACTIVE)


def check_can_issue_key(partner: Partner, actor: Actor | None = None) -> None:
    """Raises PartnerSuspended."""
    if partner.status == PartnerStatus.SUSPENDED:
        raise errors.PartnerSuspended()


def check_can_rotate(key: ApiKey, actor: Actor | None = None) -> None:
    """Raises KeyAlreadyRevoked or KeyAlreadyReplaced; that it has not expired is for the service, which knows the moment."""
    check_can_revoke(key)
    if ApiKey.objects.filter(replaces=key).exists():
        raise errors.KeyAlreadyReplaced()


def check_can_change_key(key: ApiKey, actor: Actor | None = None) -> None:
    """Raises KeyAlreadyRevoked; that it has not expired is for the service, which knows the moment."""
    check_can_revoke(key)


def check_can_revoke(key: ApiKey, actor: Actor | None = None) -> None:
    """Raises KeyAlreadyRevoked."""
    if key.revoked_at is not None:
        raise errors.KeyAlreadyRevoked()


def check_is_open(customer: Customer, actor: Actor | None = None) -> None:
    """Raises CustomerClosed."""
    if customer.status == CustomerStatus.CLOSED:
        raise errors.CustomerClosed()


def check_can_freeze(customer: Customer, actor: Actor) -> None:
    """Raises CustomerClosed or IllegalMove; the platform may put its freeze over a partner's."""
    check_is_open(customer)
    if customer.freeze_origin == FreezeOrigin.PARTNER and origin_of(actor) == FreezeOrigin.PLATFORM:
        return
    check_move(CUSTOMER_MOVES, customer.status, CustomerStatus.FROZEN)


def check_can_unfreeze(customer: Customer, actor: Actor) -> None:
    """Raises CustomerClosed, IllegalMove, or FrozenByPlatform when the actor is not the platform's."""
    check_is_open(customer)
    if customer.status != CustomerStatus.FROZEN:
        check_move({}, customer.status, CustomerStatus.ACTIVE)
    if customer.freeze_origin == FreezeOrigin.PLATFORM and origin_of(actor) != FreezeOrigin.PLATFORM:
        raise errors.FrozenByPlatform()


def check_can_close(customer: Customer, actor: Actor | None = None) -> None:
    """Raises CustomerClosed, CustomerFrozen or CustomerHasOpenProducts."""
    check_is_open(customer)
    if customer.status == CustomerStatus.FROZEN:
        raise errors.CustomerFrozen()
    if customer.open_products:
        raise errors.CustomerHasOpenProducts(open_products=customer.open_products)


def check_can_erase(customer: Customer, actor: Actor | None = None) -> None:
    """Raises IllegalMove unless the customer is closed."""
    if customer.status != CustomerStatus.CLOSED:
        check_move({}, customer.status, "ERASED")


def check_can_request_erasure(customer: Customer, actor: Actor | None = None) -> None:
    """Raises IllegalMove unless the customer is closed, PersonalDataErased when there is nothing left to erase."""
    check_can_erase(customer)
    if subjects.is_erased(customer.pk):
        raise errors.PersonalDataErased()


def check_can_revoke_factor(factor: AuthenticationFactor, actor: Actor | None = None) -> None:
    """Raises IllegalMove when it was revoked before."""
    check_move(AUTHENTICATION_FACTOR_MOVES, FactorStatus(factor.status), FactorStatus.REVOKED)


def check_not_self(user: User, actor: Actor) -> None:
    """Raises NotYourself."""
    if actor.id == user.public_id:
        raise errors.NotYourself()


def check_can_deactivate(user: User, actor: Actor) -> None:
    """Raises NotYourself or UserUnchanged."""
    check_not_self(user, actor)
    if not user.is_active:
        raise errors.UserUnchanged()


def check_can_activate(user: User, actor: Actor) -> None:
    """Raises NotYourself or UserUnchanged."""
    check_not_self(user, actor)
    if user.is_active:
        raise errors.UserUnchanged()


def check_somebody_administers(*, without: User) -> None:
    """Raises LastAdministrator when nobody else active could let people in. Call it with the users' rows locked."""
    others = User.objects.filter(is_active=True, is_staff=True, roles__contains=[Role.ADMINISTRATOR]).exclude(pk=without.pk)
    if Role.ADMINISTRATOR in without.roles and without.is_active and not others.exists():
        raise errors.LastAdministrator()


def origin_of(actor: Actor) -> str:
    """On whose side the actor stands when freezing."""
    return FreezeOrigin.PLATFORM if actor.kind in {ActorKind.STAFF, ActorKind.SYSTEM} else FreezeOrigin.PARTNER
