"""People who sign in: made, given roles, locked out and let in again.

A new or reset access is a password, the secret of an authenticator app (RFC 6238) and ten backup codes; all of it is shown once.
Devices are django-otp's; its tables keep their secrets readable, as the codes are computed from them.
"""

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from axes.utils import reset as forgive
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import errors, policies, roles
from accounts.choices import Role
from accounts.models import User
from accounts.services import partners
from flowlet.audit.services import log
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Forbidden, Invalid, NotFound

BACKUP_CODES = 10
STAFF_ROLES = tuple(role for role in Role if role != Role.PARTNER_DEVELOPER)


@dataclass(frozen=True, slots=True)
class Access:
    """What a person needs to sign in, to be shown once. ``totp_uri`` is what a QR code for an authenticator app holds."""

    user: User
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)
    backup_codes: tuple[str, ...] = field(repr=False)


def acting(*, email: str, permission: str) -> Actor:
    """The member of staff with this address as who acts from a command line. Raises NotFound, Forbidden without the permission."""
    user = User.objects.filter(email__iexact=email.strip(), is_staff=True, is_active=True).first()
    if user is None:
        raise NotFound(f"{email} is no active member of staff.")
    if not roles.has_permission(user, permission):
        raise Forbidden(f"{email} ({user.role_labels}) may not do this: it takes {permission}.")
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=f"{user.role_labels}, by command"[:80])


def create_staff(
    *, email: str, name: str, roles: Iterable[str], password: str | None = None, actor: Actor, at: datetime
) -> Access:
    """A member of staff with roles, and their access; without ``password`` one is made.

    Raises UserEmailTaken, UnknownRole, WeakPassword, Invalid.
    """
    wanted = _checked_roles(roles, allowed=STAFF_ROLES)
    return _create(email=email, name=name, password=password, actor=actor, at=at, roles=wanted, is_staff=True)


def create_partner_developer(
    *, partner_id: UUID, email: str, name: str, password: str | None = None, actor: Actor, at: datetime
) -> Access:
    """A partner's developer and their access; no back office. Raises PartnerNotFound, UserEmailTaken, WeakPassword, Invalid."""
    partner = partners.get(partner_id)
    return _create(email=email, name=name, password=password, actor=actor, at=at, roles=[Role.PARTNER_DEVELOPER], partner=partner)


@transaction.atomic
def reset_access(*, user_id: UUID, reason: str, password: str | None = None, actor: Actor, at: datetime) -> Access:
    """New password, authenticator secret and backup codes; the old ones, sessions and lockouts end.

    Raises UserNotFound, ReasonMissing, WeakPassword, NotYourself.
    """
    user = _locked(user_id)
    policies.check_not_self(user, actor)
    reason = policies.check_reason(reason)
    access = _give_access(user, password)
    forgive(username=user.email)
    _tell(user, "user.access_reset", actor=actor, at=at, reason=reason)
    return access


@transaction.atomic
def renew_backup_codes(*, user_id: UUID, actor: Actor, at: datetime) -> tuple[str, ...]:
    """Ten new backup codes; the old ones end. Raises UserNotFound."""
    user = _locked(user_id)
    codes = _new_backup_codes(user)
    _tell(user, "user.backup_codes_renewed", actor=actor, at=at)
    return codes


@transaction.atomic
def set_roles(*, user_id: UUID, roles: Iterable[str], reason: str, actor: Actor, at: datetime) -> User:
    """The member of staff has exactly these roles from now on.

    Raises UserNotFound, UnknownRole, NotYourself, LastAdministrator, UserUnchanged, ReasonMissing.
    """
    user = _locked(user_id)
    policies.check_not_self(user, actor)
    wanted = _checked_roles(roles, allowed=STAFF_ROLES if user.is_staff else (Role.PARTNER_DEVELOPER,))
    if wanted == list(user.roles):
        raise errors.UserUnchanged()
    if Role.ADMINISTRATOR not in wanted:
        policies.check_somebody_administers(without=user)
    reason = policies.check_reason(reason)
    before, user.roles = {"roles": list(user.roles)}, wanted
    user.save(update_fields=["roles"])
    _tell(user, "user.roles_changed", actor=actor, at=at, reason=reason, before=before, after={"roles": wanted})
    return user


@transaction.atomic
def deactivate(*, user_id: UUID, reason: str, actor: Actor, at: datetime) -> User:
    """The person cannot sign in, and open sessions end with their next request.

    Raises UserNotFound, NotYourself, LastAdministrator, UserUnchanged, ReasonMissing.
    """
    user = _locked(user_id)
    policies.check_can_deactivate(user, actor)
    policies.check_somebody_administers(without=user)
    return _set_active(user, False, "user.deactivated", reason=reason, actor=actor, at=at)


@transaction.atomic
def activate(*, user_id: UUID, reason: str, actor: Actor, at: datetime) -> User:
    """The person can sign in again. Raises UserNotFound, NotYourself, UserUnchanged, ReasonMissing."""
    user = _locked(user_id)
    policies.check_can_activate(user, actor)
    return _set_active(user, True, "user.activated", reason=reason, actor=actor, at=at)


def by_email(email: str) -> User:
    """The user who signs in with this address. Raises UserNotFound."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise errors.UserNotFound()
    return user


def _locked(user_id: UUID) -> User:
    """The user with its row locked, and the administrators' rows with it, so that two cannot lock each other out at once."""
    list(
        User.objects.select_for_update(no_key=True).filter(roles__contains=[Role.ADMINISTRATOR]).order_by("pk").values_list("pk")
    )
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise errors.UserNotFound()
    return user


def _create(*, email: str, name: str, password: str | None, actor: Actor, at: datetime, **fields: Any) -> Access:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("Give an e-mail address such as ada@example.com.", param="email") from None
    name = " ".join(name.split())
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise Invalid("A name has 1 to 200 printable characters.", param="name")
    user = User(email=email, name=name, created_at=at, **fields)
    user.set_unusable_password()
    with transaction.atomic():
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as error:
            if "email" not in str(error):
                raise
            raise errors.UserEmailTaken(param="email") from None
        access = _give_access(user, password)
        after = {"roles": list(user.roles), "is_staff": user.is_staff}
        personal = {"after": {"email": user.email, "name": user.name}}
        _tell(user, "user.created", actor=actor, at=at, after=after, personal=personal)
    return access


def _give_access(user: User, password: str | None) -> Access:
    if password is None:
        password = secrets.token_urlsafe(15)
    else:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise errors.WeakPassword(" ".join(error.messages), param="password") from None
    user.set_password(password)
    user.save(update_fields=["password"])
    TOTPDevice.objects.filter(user=user).delete()
    device = TOTPDevice.objects.create(user=user, name="Authenticator app", confirmed=True)
    return Access(
        user=user,
        password=password,
        totp_secret=base64.b32encode(device.bin_key).decode().rstrip("="),
        totp_uri=device.config_url,
        backup_codes=_new_backup_codes(user),
    )


def _new_backup_codes(user: User) -> tuple[str, ...]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Backup codes", confirmed=True)
    codes: tuple[str, ...] = tuple(StaticToken.random_token() for _ in range(BACKUP_CODES))
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def _set_active(user: User, is_active: bool, action: str, *, reason: str, actor: Actor, at: datetime) -> User:
    reason = policies.check_reason(reason)
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    _tell(user, action, actor=actor, at=at, reason=reason, before={"is_active": not is_active}, after={"is_active": is_active})
    return user


def _checked_roles(roles: Iterable[str], *, allowed: Sequence[str]) -> list[str]:
    wanted = set(roles)
    for role in sorted(wanted):
        if role not in allowed:
            raise errors.UnknownRole(f"{role[:40]!r}: use {', '.join(allowed)}.", param="roles")
    if not wanted:
        raise errors.UnknownRole(f"Give at least one of {', '.join(allowed)}.", param="roles")
    return [str(role) for role in allowed if role in wanted]


def _tell(
    user: User,
    action: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
) -> None:
    log.record(
        action=action,
        actor=actor,
        at=at,
        target=user.public_id,
        partner_id=user.partner_id,
        reason=reason,
        before=before,
        after=after,
        personal=personal,
        subject_id=None if personal is None else user.pk,
    )
