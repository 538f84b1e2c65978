"""Partners: made in pairs, activated by two people, suspended and resumed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction

from accounts import errors, events, policies
from accounts.choices import Mode, PartnerStatus
from accounts.models import Partner
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core import countries
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.events.services import outbox

ACTIVATE = "partner.activate"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two rows of one company."""

    live: Partner
    sandbox: Partner


def create(*, name: str, country: str, time_zone: str = "UTC", actor: Actor, at: datetime) -> Pair:
    """A company gets its LIVE row, waiting for activation, and its SANDBOX row, active at once; they are siblings.

    Raises PartnerNameTaken, UnknownCountry, UnknownTimeZone, Invalid.
    """
    name = _checked_name(name)
    countries.check(country)
    check_time_zone(time_zone)
    with transaction.atomic():
        live = Partner(name=name, mode=Mode.LIVE, country=country, time_zone=time_zone, created_at=at)
        sandbox = Partner(
            name=name, mode=Mode.SANDBOX, country=country, time_zone=time_zone, created_at=at, status=PartnerStatus.ACTIVE
        )
        _save(live, force_insert=True)
        sandbox.sibling = live
        _save(sandbox, force_insert=True)
        live.sibling = sandbox
        live.save(update_fields=["sibling"])
        for partner in (live, sandbox):
            _tell(partner, events.PARTNER_CREATED, actor=actor, at=at, after=_facts(partner))
    return Pair(live, sandbox)


@transaction.atomic
def update(*, partner_id: UUID, name: str | None = None, country: str | None = None, actor: Actor, at: datetime) -> Pair:
    """The company is called otherwise, or sits elsewhere, in both modes. Its time zone is fixed: its books' days hang on it.

    Raises PartnerNotFound, PartnerNameTaken, UnknownCountry, Invalid.
    """
    partner = locked(partner_id)
    pair = [partner] if partner.sibling_id is None else [partner, locked(partner.sibling_id)]
    for row in pair:
        before = {"name": row.name, "country": row.country}
        row.name = before["name"] if name is None else _checked_name(name)
        row.country = before["country"] if country is None else countries.check(country)
        after = {"name": row.name, "country": row.country}
        if after == before:
            continue
        _save(row, update_fields=["name", "country"])
        _tell(row, events.PARTNER_UPDATED, actor=actor, at=at, before=before, after=after)
    rows = {row.mode: row for row in pair}
    return Pair(rows[Mode.LIVE], rows[Mode.SANDBOX])


@transaction.atomic
def request_activation(*, partner_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for the activation of a waiting partner; another person approves it in ``flowlet.approvals``.

    Raises PartnerNotFound, IllegalMove, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    partner = locked(partner_id)
    policies.check_can_request_activation(partner)
    return requests.submit(
        kind=ACTIVATE,
        payload={"partner": partner.public_id},
        subject=partner.public_id,
        reason=policies.check_reason(reason),
        actor=actor,
        at=at,
        partner_id=partner.pk,
    )


def execute_activation(*, approval: Approval, actor: Actor, at: datetime) -> Partner:
    """Carry an approved request out: the partner's keys work from now on. Raises Obsolete when it does not wait any more."""
    partner = locked(Partner.key(approval.payload["partner"]))
    if partner.status != PartnerStatus.PENDING:
        raise Obsolete(f"{partner.public_id} is {partner.status}, not waiting for activation.")
    return _move(partner, PartnerStatus.ACTIVE, events.PARTNER_ACTIVATED, actor=actor, at=at, reason=approval.reason)


def describe_activation(approval: Approval) -> dict[str, str]:
    """What the checker sees."""
    partner = get(Partner.key(approval.payload["partner"]))
    return {
        "Partner": partner.name,
        "Mode": partner.get_mode_display(),
        "Country": countries.name(partner.country),
        "Time zone of the books": partner.time_zone,
        "Created": partner.created_at.isoformat(timespec="minutes"),
        "State now": partner.get_status_display(),
    }


@transaction.atomic
def suspend(*, partner_id: UUID, reason: str, actor: Actor, at: datetime) -> Partner:
    """The partner's keys stop working at once; nothing of its customers changes.

    Raises PartnerNotFound, IllegalMove, ReasonMissing.
    """
    partner = locked(partner_id)
    policies.check_can_suspend(partner)
    reason = policies.check_reason(reason)
    return _move(partner, PartnerStatus.SUSPENDED, events.PARTNER_SUSPENDED, actor=actor, at=at, reason=reason)


@transaction.atomic
def resume(*, partner_id: UUID, reason: str, actor: Actor, at: datetime) -> Partner:
    """A suspended partner's keys work again. Raises PartnerNotFound, IllegalMove, ReasonMissing."""
    partner = locked(partner_id)
    policies.check_can_resume(partner)
    reason = policies.check_reason(reason)
    return _move(partner, PartnerStatus.ACTIVE, events.PARTNER_RESUMED, actor=actor, at=at, reason=reason)


def get(partner_id: UUID) -> Partner:
    """The partner. Raises PartnerNotFound."""
    partner = Partner.objects.filter(pk=partner_id).first()
    if partner is None:
        raise errors.PartnerNotFound()
    return partner


def locked(partner_id: UUID) -> Partner:
    """The partner with its row locked. Raises PartnerNotFound."""
    partner = Partner.objects.select_for_update(no_key=True).filter(pk=partner_id).first()
    if partner is None:
        raise errors.PartnerNotFound()
    return partner


def check_time_zone(name: str) -> None:
    """Raises UnknownTimeZone unless ``name`` is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise errors.UnknownTimeZone("Give an IANA time zone such as Europe/Berlin.", param="time_zone") from None


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise Invalid("A partner's name has 1 to 200 printable characters.", param="name")
    return name


def _save(partner: Partner, **options: Any) -> None:
    try:
        with transaction.atomic():
            partner.save(**options)
    except IntegrityError as error:
        if "partner_name_is_unique_per_mode" not in str(error):
            raise
        raise errors.PartnerNameTaken(param="name") from None


def _move(partner: Partner, status: str, fact: str, *, actor: Actor, at: datetime, reason: str) -> Partner:
    before, partner.status = partner.status, status
    partner.save(update_fields=["status"])
    _tell(partner, fact, actor=actor, at=at, reason=reason, before={"status": before}, after={"status": status})
    return partner


def _facts(partner: Partner) -> dict[str, Any]:
    return {
        "name": partner.name,
        "mode": partner.mode,
        "status": partner.status,
        "country": partner.country,
        "time_zone": partner.time_zone,
    }


def _tell(
    partner: Partner,
    fact: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=partner.public_id,
        partner_id=partner.pk,
        reason=reason,
        before=before,
        after=after,
    )
    data = {"id": partner.public_id, "mode": partner.mode, "status": partner.status}
    outbox.publish(type=fact, partner_id=partner.pk, subject=partner.public_id, data=data, at=at)
