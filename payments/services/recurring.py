"""Payments that recur: set up, paused, resumed, ended, and made on their days, each time exactly once.

A time that is refused (too little money, a frozen wallet) is written down with its reason and does not stop the next one. Days that
passed while it was paused are left out. Days are those of the partner's zone; closed banks move them as the rule says.
"""

import logging
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Partner
from flowlet.audit.services import log
from flowlet.core import clock, ids
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, Invalid
from flowlet.core.money import Money
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from payments import errors, events
from payments.choices import PaymentKind, Rail, RecurringStatus
from payments.models import Occurrence, Recurring
from payments.policies import calendars, kinds, schedules
from payments.services import authentications, counterparties, gateways, payments
from payments.services.steps import plain
from payments.states import RECURRING_MOVES
from wallets.services import wallets
from wallets.services.names import checked_external_id, unique_external_id

_CALENDARS = {
    Rail.ACH: calendars.Calendar.XFED,
    Rail.WIRE: calendars.Calendar.XFED,
    Rail.SEPA_CT: calendars.Calendar.XECB,
    Rail.SEPA_DD: calendars.Calendar.XECB,
}


_log = logging.getLogger(__name__)
RECURRING_ID = "recurring_id"
_USUAL: dict[str, Any] = {"every": 1, "weekdays": [], "day": None, "ends_on": None, "count": None, "skipped_day": "NEXT"}


@transaction.atomic
def create(
    *,
    partner_id: UUID,
    kind: PaymentKind,
    rail: Rail,
    amount: Money,
    wallet_id: UUID,
    rule: Mapping[str, Any],
    target_wallet_id: UUID | None = None,
    external_account_id: UUID | None = None,
    mandate_id: UUID | None = None,
    description: str = "",
    authentication_id: UUID | None = None,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Recurring:
    """A new recurring payment; ``rule`` names what ``schedules.Rule`` does, the calendar is the rail's own.

    Accounts and mandate are checked now, and again with money and limits each time. The customer authenticates the
    whole of it here. Raises MalformedSchedule, NothingRecurs, and what ``payments.create`` raises, money and limits apart.
    """
    kind, rail = PaymentKind(kind), Rail(rail)
    if kind == PaymentKind.REFUND:
        raise Invalid("Refunds do not recur.", param="kind")
    direction = kinds.direction_of(kind, rail)
    kinds.check_can_be_asked_for(kind, rail)
    gateways.check(rail, partner=Partner.objects.get(pk=partner_id))
    kinds.check_amount(rail, amount)
    wallet = wallets.get(wallet_id, partner_id=partner_id)
    if wallet.currency != amount.currency.code:
        raise Invalid(f"The wallet is in {wallet.currency}.", param="amount.currency")
    counterparties.target(target_wallet_id, rail=rail, kind=kind, wallet=wallet)
    account = counterparties.account(external_account_id, rail=rail, kind=kind, direction=direction, wallet=wallet)
    counterparties.mandate(mandate_id, kind=kind, account=account, on=_today(partner_id, at))
    try:
        schedule = _rule(rail, {**_USUAL, **rule})
    except errors.MalformedSchedule as refusal:
        raise errors.MalformedSchedule(refusal.message, param=f"rule.{refusal.param}") from None
    today = _today(partner_id, at)
    first = next((found for found in schedules.occurrences(schedule) if found.on >= today), None)
    if first is None:
        raise errors.NothingRecurs(param="rule")
    row = Recurring(
        id=ids.uuid7(),
        partner_id=partner_id,
        wallet=wallet,
        target_wallet_id=target_wallet_id,
        external_account_id=external_account_id,
        mandate_id=mandate_id,
        kind=kind,
        rail=rail,
        currency=wallet.currency,
        amount=amount.amount,
        description=payments.checked_description(description),
        rule=schedules.to_json(schedule),
        next_on=first.on,
        external_id=checked_external_id(external_id),
        metadata=_checked_notes(metadata or {}),
        created_at=at,
        updated_at=at,
    )
    with unique_external_id(Recurring, partner_id=partner_id, external_id=row.external_id):
        row.save(force_insert=True)
    authentications.settle(row, challenge_id=authentication_id, actor=actor, at=at)
    _tell(row, events.RECURRING_CREATED, actor, at)
    return row


def pause(*, recurring_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Recurring:
    """Make no payments until it is resumed. Raises RecurringNotFound, IllegalMove."""
    return _move(recurring_id, partner_id, RecurringStatus.PAUSED, events.RECURRING_PAUSED, reason, actor, at)


def resume(*, recurring_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Recurring:
    """Go on with the first day from today; what was due meanwhile is left out. Raises RecurringNotFound, IllegalMove, NothingRecurs."""
    return _move(recurring_id, partner_id, RecurringStatus.ACTIVE, events.RECURRING_RESUMED, reason, actor, at)


def end(*, recurring_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Recurring:
    """Make no payments any more. Raises RecurringNotFound, IllegalMove."""
    return _move(recurring_id, partner_id, RecurringStatus.ENDED, events.RECURRING_ENDED, reason, actor, at)


def run_due(*, at: datetime, actor: Actor, limit: int = 500) -> int:
    """Make the payments whose day has come, each in a transaction of its own; answers how many times were dealt with."""
    done, come = 0, Q()
    for zone in Partner.objects.order_by().values_list("time_zone", flat=True).distinct():
        come |= Q(partner__time_zone=zone, next_on__lte=clock.day_of(at, zone=zone))
    if not come:  # nobody is there
        return 0
    due = Recurring.objects.filter(come, status=RecurringStatus.ACTIVE)
    for key in list(due.order_by("next_on").values_list("pk", flat=True)[:limit]):
        try:
            while _make_next(key, at=at, actor=actor):
                done += 1
        except Exception:  # a fault in one is not the others'; it is tried again by the next run
            _log.exception("%s could not be made", ids.public_id(Recurring.PREFIX, key))
    return done


@transaction.atomic
def _make_next(key: UUID, *, at: datetime, actor: Actor) -> bool:
    """Deal with one time of a recurring payment if one is due. Its row is locked, so that a twin finds the next one or none."""
    row = Recurring.objects.select_for_update(no_key=True, of=("self",)).filter(pk=key, status=RecurringStatus.ACTIVE).first()
    if row is None or row.next_on is None or row.next_on > _today(row.partner_id, at):
        return False
    rule = _rule(row.rail, row.rule)
    now = next(found for found in schedules.occurrences(rule) if found.on >= row.next_on)
    occurrence = Occurrence(recurring=row, on=now.on, nominal_on=now.nominal_on, created_at=at)
    try:
        with transaction.atomic():
            occurrence.payment = payments.create(
                partner_id=row.partner_id,
                kind=PaymentKind(row.kind),
                rail=Rail(row.rail),
                amount=Money(row.amount, row.currency),
                wallet_id=row.wallet_id,
                target_wallet_id=row.target_wallet_id,
                external_account_id=row.external_account_id,
                mandate_id=row.mandate_id,
                description=row.description,
                metadata={**row.metadata, RECURRING_ID: row.public_id},
                series=row,
                actor=actor,
                at=at,
            )
            row.made += 1
    except DomainError as refusal:
        occurrence.payment, occurrence.refusal_code, occurrence.refusal = None, refusal.code, refusal.message[:500]
        _tell(row, events.OCCURRENCE_REFUSED, actor, at, on=str(now.on), code=refusal.code)
    occurrence.save(force_insert=True)
    following = schedules.next_occurrence(rule, after=now.on)
    row.next_on, row.updated_at = following.on if following else None, at
    if following is None:
        row.status = RecurringStatus.ENDED
        _tell(row, events.RECURRING_ENDED, actor, at)
    row.save()
    return True


@transaction.atomic
def _move(
    recurring_id: UUID, partner_id: UUID | None, to: RecurringStatus, fact: str, reason: str, actor: Actor, at: datetime
) -> Recurring:
    scope = {} if partner_id is None else {"partner_id": partner_id}
    row = Recurring.objects.select_for_update(no_key=True, of=("self",)).filter(pk=recurring_id, **scope).first()
    if row is None:
        raise errors.RecurringNotFound()
    check_move(RECURRING_MOVES, RecurringStatus(row.status), to)
    if to == RecurringStatus.ACTIVE:
        today = _today(row.partner_id, at)
        made = set(row.occurrences.filter(on__gte=today).values_list("on", flat=True))
        rule = _rule(row.rail, row.rule)
        first = next((found for found in schedules.occurrences(rule) if found.on >= today and found.on not in made), None)
        if first is None:
            raise errors.NothingRecurs()
        row.next_on = first.on
    if to == RecurringStatus.ENDED:
        row.next_on = None
    row.status, row.updated_at = to, at
    row.save()
    _tell(row, fact, actor, at, reason)
    return row


def get(recurring_id: UUID, *, partner_id: UUID | None = None) -> Recurring:
    """The recurring payment, of this partner if one is named. Raises RecurringNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = Recurring.objects.filter(pk=recurring_id, **scope).first()
    if found is None:
        raise errors.RecurringNotFound()
    return found


def _checked_notes(given: dict[str, str]) -> dict[str, str]:
    """The metadata. Raises MalformedMetadata, also when there is no room for what its payments get besides."""
    found = notes.checked(given)
    if len({*found, RECURRING_ID}) > notes.MAX_NAMES:
        raise notes.MalformedMetadata(
            f"Metadata has at most {notes.MAX_NAMES - 1} names here: each payment gets {RECURRING_ID} besides.", param="metadata"
        )
    return found


def rule_of(row: Recurring) -> schedules.Rule:
    """Its rule, with the calendar of its rail."""
    return _rule(row.rail, row.rule)


def _rule(rail: str, value: Mapping[str, Any]) -> schedules.Rule:
    return schedules.from_json(value, calendar=_CALENDARS.get(Rail(rail), calendars.Calendar.EVERY_DAY))


def _today(partner_id: UUID, at: datetime) -> date:
    return clock.day_of(at, zone=Partner.objects.values_list("time_zone", flat=True).get(pk=partner_id))


def _tell(row: Recurring, fact: str, actor: Actor, at: datetime, reason: str = "", **more: Any) -> None:
    data = {
        "id": row.public_id,
        "status": str(row.status),
        "amount": plain(row.amount, row.currency),
        "next_on": str(row.next_on) if row.next_on else None,
        **more,
    }
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, reason=reason, after=data)
    outbox.publish(type=fact, partner_id=row.partner_id, subject=row.public_id, data=data, at=at)
