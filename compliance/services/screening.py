"""Somebody against the lists: asked without a trace, or as a subject whose hits are kept.

A hit is kept once per subject and entry. What was decided about it stands for as long as neither side changes materially; what is open and
found again is brought up to date, what is not found any more has lapsed. Alerts are raised for what is new, open again, or
open and changed, and for nothing else.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q

from accounts.choices import CustomerStatus
from accounts.models import Customer
from compliance import events
from compliance.choices import HitState, RunCause, RunState, SubjectKind
from compliance.models import Hit, ScreeningRun, ScreeningSubject
from compliance.policies import hits as policies
from compliance.policies.screening import matching, settings, texts
from compliance.policies.screening.index import Index
from compliance.policies.screening.profiles import Profile, material_of
from compliance.services import screening_alerts, screening_subjects, standing_index, standings
from compliance.services.standing_index import Standing
from compliance.states import HIT_MOVES
from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from flowlet.vault.services import subjects
from payments.choices import ExternalAccountStatus
from payments.models import ExternalAccount, Payment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer rests on, and the hits, the best match first, then the most urgent."""

    hits: tuple[matching.Hit, ...]
    versions: dict[str, str]
    matcher: str = settings.VERSION
    threshold: float = settings.THRESHOLD


@dataclass(slots=True)
class Kept:
    """What a screening of a subject changed."""

    found: list[Hit] = field(default_factory=list)
    changed: list[Hit] = field(default_factory=list)
    reopened: list[Hit] = field(default_factory=list)
    lapsed: list[Hit] = field(default_factory=list)


def screen(*, profile: Profile, standing: Standing | None = None) -> Outcome:
    """Ask all lists in force about somebody; nothing is kept."""
    standing = standing or standing_index.current()
    return Outcome(tuple(hits_of(standing.index, profile)), dict(standing.versions))


def hits_of(index: Index, profile: Profile) -> list[matching.Hit]:
    """The hits of all names together, and of the bank, one per entry; of a text, the names that stand in it."""
    found = matching.banks(index, profile.bic) if profile.bic else []
    for query in profile.queries():
        found += texts.hits_in(index, query.name) if profile.is_text else matching.screen(index, query)
    best: dict[str, matching.Hit] = {}
    for hit in found:
        held = best.get(hit.entry_id)
        if held is None or (hit.match, hit.priority) > (held.match, held.priority):
            best[hit.entry_id] = hit
    return sorted(best.values(), key=lambda hit: (-hit.match, -hit.priority, hit.entry_id))


@transaction.atomic
def screen_customer(*, customer: Customer, payment_id: str | None = None, actor: Actor, at: datetime) -> ScreeningRun | None:
    """A customer becomes a subject, or stays one, and is screened; None when there is nothing new to screen, or nothing left to read.

    ``payment_id`` is the payment that it is about, if it is about one.
    """
    if customer.status == CustomerStatus.CLOSED:
        return None
    standing = standing_index.current()
    subject = screening_subjects.enrol_customer(customer=customer, at=at)
    return (
        None if subject is None else screen_subject(subject=subject, standing=standing, payment_id=payment_id, actor=actor, at=at)
    )


@transaction.atomic
def screen_owners(*, customer: Customer, actor: Actor, at: datetime) -> list[ScreeningRun]:
    """As ``screen_customer``, the beneficial owners of a business."""
    if customer.status == CustomerStatus.CLOSED:
        return []
    standing = standing_index.current()
    rows = screening_subjects.enrol_owners(customer=customer, at=at)
    made = [screen_subject(subject=row, standing=standing, actor=actor, at=at) for row in rows]
    return [run for run in made if run is not None]


@transaction.atomic
def screen_counterparty(
    *, account: ExternalAccount, payment_id: str | None = None, actor: Actor, at: datetime
) -> ScreeningRun | None:
    """As ``screen_customer``, the holder of an account outside and its bank; a closed one is not screened."""
    if account.status == ExternalAccountStatus.CLOSED:
        return None
    standing = standing_index.current()
    subject = screening_subjects.enrol_counterparty(account=account, at=at)
    return (
        None if subject is None else screen_subject(subject=subject, standing=standing, payment_id=payment_id, actor=actor, at=at)
    )


@transaction.atomic
def screen_payment(*, payment: Payment, actor: Actor, at: datetime) -> list[ScreeningRun]:
    """The other side of a payment, its customers if nobody screened them yet, and its text; alerts about open hits that stop it name it.

    A text without a hit is not kept, and one with a hit is screened this once.
    """
    name = payment.public_id
    made = [screen_customer(customer=one, payment_id=name, actor=actor, at=at) for one in _unscreened(payment)]
    if payment.external_account is not None:
        made.append(screen_counterparty(account=payment.external_account, payment_id=name, actor=actor, at=at))
    standing = standing_index.current()
    if payment.description and texts.hits_in(standing.index, payment.description):
        subject = screening_subjects.enrol_message(payment=payment, at=at)
        if subject is not None:
            made.append(screen_subject(subject=subject, standing=standing, payment_id=name, actor=actor, at=at))
            ScreeningSubject.objects.filter(pk=subject.pk).update(ended_at=at)
    payer = screening_subjects.enrol_payer(payment=payment, at=at)
    if payer is not None:
        made.append(screen_subject(subject=payer, standing=standing, payment_id=name, actor=actor, at=at))
    _name(payment, payer, at=at)
    return [run for run in made if run is not None]


def _unscreened(payment: Payment) -> list[Customer]:
    """The customers on either side of a payment who were not screened yet."""
    sides = {payment.customer_id, payment.target_wallet.customer_id if payment.target_wallet else None} - {None}
    done = ScreeningSubject.objects.filter(
        customer__in=sides, kind=SubjectKind.CUSTOMER, ended_at=None, screened_at__isnull=False
    ).values("customer_id")
    return list(Customer.objects.filter(pk__in=sides).exclude(pk__in=done).order_by("pk"))


def _name(payment: Payment, payer: ScreeningSubject | None, *, at: datetime) -> None:
    """Alerts about open hits of the customer, the owners and the other side name the payment."""
    people = Q(subject__customer=payment.customer_id, subject__kind__in=[SubjectKind.CUSTOMER, SubjectKind.OWNER])
    if payment.external_account is not None:
        people |= Q(subject__kind=SubjectKind.COUNTERPARTY, subject__key=payment.external_account.public_id)
    if payer is not None:
        people |= Q(subject=payer.pk)
    rows = Hit.objects.filter(people, state=HitState.OPEN, subject__ended_at=None).select_related("subject", "run").order_by("pk")
    screening_alerts.name_payment([row for row in rows if policies.stops_now(row)], payment, at=at)


@transaction.atomic
def screen_subject(
    *, subject: ScreeningSubject, standing: Standing, payment_id: str | None = None, actor: Actor, at: datetime
) -> ScreeningRun | None:
    """Ask all lists about a subject and keep the answer; None when that was done already for this profile and these versions.

    The subject's row is locked by the caller or here.
    """
    subject = ScreeningSubject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    profile = screening_subjects.profiles_of([subject]).get(subject.pk)
    if profile is None or subject.ended_at is not None or _is_done(subject, standing):
        return None
    run = new_run(RunCause.SUBJECT, standing, subject=subject, actor=actor, at=at)
    run.save(force_insert=True)
    keep(
        subject=subject,
        hits=hits_of(standing.index, profile),
        standing=standing,
        run=run,
        payment_id=payment_id,
        actor=actor,
        at=at,
    )
    end_run(run, at=at)
    return run


def new_run(cause: RunCause, standing: Standing, *, actor: Actor, at: datetime, **of: object) -> ScreeningRun:
    """A run that has begun, not saved."""
    return ScreeningRun(
        id=ids.uuid7(),
        cause=cause,
        state=RunState.RUNNING,
        versions=dict(standing.versions),
        matcher=settings.VERSION,
        threshold=Decimal(str(settings.THRESHOLD)),
        started_by=str(actor),
        started_at=at,
        **of,
    )


def end_run(run: ScreeningRun, *, at: datetime) -> None:
    """The run is done."""
    run.state, run.ended_at = RunState.DONE, at
    run.save()


def keep(
    *,
    subject: ScreeningSubject,
    hits: Iterable[matching.Hit],
    standing: Standing,
    run: ScreeningRun,
    only: Collection[str] | None = None,
    payment_id: str | None = None,
    actor: Actor,
    at: datetime,
) -> Kept:
    """Bring the subject's hits to what was found, of the entries ``only`` or of all, and tell what is new.

    Counts are added to ``run``, which the caller saves. In a transaction in which the subject's row is locked.
    """
    known = {hit.entry: hit for hit in Hit.objects.select_for_update(no_key=True).filter(subject=subject).order_by("pk")}
    box = subjects.key_for(subject.customer_id)
    kept, seen = Kept(), set()
    for found in hits:
        place = standing.places[found.entry_id]
        material = screening_subjects.digest_of(subject.digest + material_of(standing.index.entries[found.entry_id]))
        seen.add(found.entry_id)
        row = known.get(found.entry_id)
        if row is not None and row.material == material and _stands(row, place.row_id):
            continue
        is_new, is_changed = row is None, row is not None and row.state == HitState.OPEN and row.material != material
        row = row or Hit(id=ids.uuid7(), subject=subject, watchlist_id=place.watchlist_id, entry=found.entry_id, found_at=at)
        row.list_kind, row.listed_id, row.run, row.material, row.updated_at = place.kind, place.row_id, run, material, at
        row.match, row.priority = (Decimal(str(figure)) for figure in (found.match, found.priority))
        features = orjson.dumps(list(found.features)).decode()
        row.sealed = box.encrypt(features, aad=aad(row.pk))
        is_open_again = row.state == HitState.LAPSED or (row.state == HitState.CLEARED and row.decided_on != material)
        if is_open_again:
            open_again(row, at=at)
        row.save(force_insert=is_new)
        if is_new or is_open_again or is_changed:
            (kept.found if is_new else kept.reopened if is_open_again else kept.changed).append(row)
    for entry, row in known.items():
        if row.state == HitState.OPEN and entry not in seen and (only is None or entry in only):
            check_move(HIT_MOVES, row.state, HitState.LAPSED)
            row.state, row.run, row.updated_at = HitState.LAPSED, run, at
            row.save(update_fields=["state", "run", "updated_at"])
            kept.lapsed.append(row)
    _close(subject, kept, run, payment_id=payment_id, actor=actor, at=at)
    return kept


def _stands(row: Hit, listed_id: UUID) -> bool:
    """Whether a row about the same material says what there is to say: decided, or open about what the entry says now."""
    return row.state != HitState.LAPSED and (row.state != HitState.OPEN or row.listed_id == listed_id)


def open_again(row: Hit, *, at: datetime) -> None:
    """Take back what was decided; the caller saves and tells."""
    check_move(HIT_MOVES, row.state, HitState.OPEN)
    row.state, row.opened, row.updated_at = HitState.OPEN, row.opened + 1, at
    row.decided_on = row.decided_by = row.approved_by = row.reason = ""
    row.decided_at = row.expires_at = None


def _close(
    subject: ScreeningSubject, kept: Kept, run: ScreeningRun, *, payment_id: str | None, actor: Actor, at: datetime
) -> None:
    if subject.screened_at is None:
        standings.touch(subject, at=at)
    subject.screened_at = at
    subject.save(update_fields=["screened_at"])
    run.screened += 1
    run.found += len(kept.found)
    run.reopened += len(kept.reopened)
    run.lapsed += len(kept.lapsed)
    tell(events.HIT_LAPSED, kept.lapsed, subject, actor=actor, at=at)
    tell(events.HIT_OPENED, [*kept.found, *kept.reopened], subject, actor=actor, at=at)
    screening_alerts.raise_for(subject, [*kept.found, *kept.reopened, *kept.changed], payment_id=payment_id, at=at)


def tell(fact: str, rows: Iterable[Hit], subject: ScreeningSubject, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Tell the audit and, inside the platform alone, whoever listens."""
    for row in rows:
        after = {
            "state": str(row.state),
            "list_kind": row.list_kind,
            "entry": row.entry,
            "match": row.match,
            "priority": row.priority,
        }
        if row.decided_by:
            after |= {"decided_by": row.decided_by, "expires_at": row.expires_at}
        about = {
            "subject": subject.public_id,
            "key": subject.key,
            "run": row.run_id and ids.public_id(ScreeningRun.PREFIX, row.run_id),
        }
        log.record(
            action=fact,
            actor=actor,
            at=at,
            target=row.public_id,
            partner_id=subject.partner_id,
            reason=reason,
            after=after | about,
        )
        data = {"subject": subject.public_id, "kind": subject.kind, "list_kind": row.list_kind, "state": str(row.state)}
        outbox.publish(type=fact, partner_id=None, subject=row.public_id, data=data, at=at)


def _is_done(subject: ScreeningSubject, standing: Standing) -> bool:
    last = subject.runs.order_by("-pk").values_list("versions", "matcher").first() if subject.screened_at else None
    return last == (dict(standing.versions), settings.VERSION)


def features_of(row: Hit) -> list[dict[str, object]] | None:
    """Why it is a hit, feature by feature; None where the customer was erased. Personal data."""
    try:
        return orjson.loads(subjects.decrypt(row.subject.customer_id, bytes(row.sealed), aad=aad(row.pk)))
    except subjects.SubjectErased:
        return None


def aad(hit_id: UUID) -> str:
    """The place that a hit's sealed features belong to."""
    return f"compliance_hit.sealed:{hit_id}"
