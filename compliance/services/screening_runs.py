"""Screening of many: of those whom a change of a list may concern, and of all.

A run goes by the subjects' keys, some at a time: each batch is one transaction that also moves the run's cursor, so that a run that is
interrupted goes on where it stopped, and nobody is screened twice by it. A change of a list is screened once: its run is found by its
version.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.choices import CustomerStatus
from accounts.models import Customer
from compliance import events
from compliance.choices import EntryChange, RunCause, RunState, SubjectKind
from compliance.models import Hit, ScreeningRun, ScreeningSubject, WatchlistEntry, WatchlistVersion
from compliance.policies.screening.blocking import Reach
from compliance.policies.screening.index import Index
from compliance.policies.screening.profiles import material_of
from compliance.providers.watchlists import entry_json
from compliance.providers.watchlists.entries import Entry
from compliance.services import screening, screening_subjects, standing_index
from compliance.services.standing_index import Standing
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from payments.choices import ExternalAccountStatus
from payments.models import ExternalAccount

BATCH: Final = 50
# Who is new is screened within seconds; whoever is not after LATE is handed out again, for so long.
LATE, LOST_WITHIN = timedelta(minutes=10), timedelta(days=1)
Told = Callable[[int, int], None]


def after_change(*, version: WatchlistVersion, actor: Actor, at: datetime, told: Told = lambda done, total: None) -> ScreeningRun:
    """Whoever may be concerned by what a version of a list added, changed or removed is screened against just that, once.

    Answers the run; that of a version that was screened before, as it ended. ``told`` hears how many are done, and of how many.
    """
    standing = standing_index.current()
    run = _begun(RunCause.LIST, standing, version=version, actor=actor, at=at)
    if run.state == RunState.DONE:
        return run
    changed, gone = _changes(version, standing)
    index = Index(changed, standing.index.rarity)
    reach = Reach(changed, standing.index.rarity, screening_subjects.block_of)
    affected = screening_subjects.concerned(reach) | _hit_by(version, {entry.id for entry in changed} | gone)
    only = frozenset(entry.id for entry in changed) | gone
    return _over(run, sorted(affected), index=index, standing=standing, only=only, actor=actor, at=at, told=told)


def look_back(
    *, run: ScreeningRun | None = None, actor: Actor, at: datetime, told: Told = lambda done, total: None
) -> ScreeningRun:
    """Everybody is screened against everything in force, as new subjects are; customers who were never screened become subjects first.

    ``run`` is one that was interrupted and goes on.
    """
    standing = standing_index.current()
    if run is None:
        run = _begun(RunCause.LOOK_BACK, standing, actor=actor, at=at)
        enrol_missing(at=at)
    everybody = ScreeningSubject.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True)
    return _over(run, list(everybody), index=standing.index, standing=standing, only=None, actor=actor, at=at, told=told)


def interrupted() -> ScreeningRun | None:
    """The newest look-back that has not ended."""
    return ScreeningRun.objects.filter(cause=RunCause.LOOK_BACK, state=RunState.RUNNING).order_by("-pk").first()


def unscreened() -> list[str]:
    """Versions in force whose change was not screened to the end, by public id."""
    done = ScreeningRun.objects.filter(cause=RunCause.LIST, state=RunState.DONE, version__isnull=False).values("version_id")
    rows = WatchlistVersion.objects.filter(next=None).exclude(pk__in=done).order_by("pk")
    return [row.public_id for row in rows]


def unseen(*, at: datetime, limit: int = 500) -> tuple[list[str], list[str]]:
    """Customers, and accounts outside, of the last day whom nobody has screened, because a worker was lost, by public id."""
    recent = {"created_at__gt": at - LOST_WITHIN, "created_at__lte": at - LATE}
    seen = ScreeningSubject.objects.filter(screened_at__isnull=False)
    whose = seen.filter(kind=SubjectKind.CUSTOMER, customer_id=OuterRef("pk"))
    customers = Customer.objects.filter(~Exists(whose), **recent).exclude(status=CustomerStatus.CLOSED).order_by("pk")
    accounts = ExternalAccount.objects.filter(**recent).exclude(status=ExternalAccountStatus.CLOSED).order_by("pk")
    names = [row.public_id for row in accounts.only("pk")]
    known = set(seen.filter(kind=SubjectKind.COUNTERPARTY, key__in=names).values_list("key", flat=True))
    return [row.public_id for row in customers.only("pk")[:limit]], [name for name in names if name not in known][:limit]


def enrol_missing(*, at: datetime) -> int:
    """Whoever is to be screened and is no subject becomes one: customers, owners, holders of accounts outside. Answers how many."""
    before = ScreeningSubject.objects.count()
    open_ones = Customer.objects.exclude(status=CustomerStatus.CLOSED)
    known = ScreeningSubject.objects.filter(kind=SubjectKind.CUSTOMER).values("customer_id")
    for customer in open_ones.exclude(pk__in=known).order_by("pk").iterator(500):
        with transaction.atomic():
            screening_subjects.enrol_customer(customer=customer, at=at)
    owned = ScreeningSubject.objects.filter(kind=SubjectKind.OWNER).values("customer_id")
    for customer in open_ones.filter(verifications__owners__isnull=False).exclude(pk__in=owned).distinct().order_by("pk"):
        screening_subjects.enrol_owners(customer=customer, at=at)
    paid = set(ScreeningSubject.objects.filter(kind=SubjectKind.COUNTERPARTY).values_list("key", flat=True))
    accounts = ExternalAccount.objects.exclude(status=ExternalAccountStatus.CLOSED).select_related("customer").order_by("pk")
    for account in accounts.iterator(500):
        if account.public_id not in paid:
            with transaction.atomic():
                screening_subjects.enrol_counterparty(account=account, at=at)
    return ScreeningSubject.objects.count() - before


def _begun(cause: RunCause, standing: Standing, *, actor: Actor, at: datetime, **of: WatchlistVersion) -> ScreeningRun:
    """A new run, or that of the same version."""
    with transaction.atomic():
        if of and (known := ScreeningRun.objects.filter(cause=cause, **of).first()):
            return known
        run = screening.new_run(cause, standing, actor=actor, at=at, **of)
        run.save(force_insert=True)
        log.record(
            action=events.SCREENING_RUN_BEGUN,
            actor=actor,
            at=at,
            target=run.public_id,
            after={"cause": cause, "versions": run.versions},
        )
    return run


def _changes(version: WatchlistVersion, standing: Standing) -> tuple[list[Entry], frozenset[str]]:
    """The entries that say something new and material, as they stand now, and the ids of those that have left the list."""
    changed, gone = [], []
    rows = WatchlistEntry.objects.filter(version=version)
    before = _before(version, rows.filter(change=EntryChange.CHANGED).values_list("entry", flat=True))
    for entry_id, change in rows.order_by("entry").values_list("entry", "change"):
        entry = standing.index.entries.get(entry_id)
        if entry is None:
            gone.append(entry_id)
        elif change != EntryChange.CHANGED or entry_id not in before or material_of(entry) != material_of(before[entry_id]):
            changed.append(entry)
    return changed, frozenset(gone)


def _before(version: WatchlistVersion, entry_ids: Iterable[str]) -> dict[str, Entry]:
    """What entries said before the version."""
    rows = WatchlistEntry.objects.filter(watchlist_id=version.watchlist_id, entry__in=list(entry_ids), number__lt=version.number)
    newest = rows.order_by("entry", "-number").distinct("entry").values_list("entry", "content")
    return {entry_id: entry_json.from_json(entry_id, content) for entry_id, content in newest if content is not None}


def _hit_by(version: WatchlistVersion, entry_ids: Iterable[str]) -> set[UUID]:
    """Subjects that have hits of the entries."""
    rows = Hit.objects.filter(watchlist_id=version.watchlist_id, entry__in=list(entry_ids), subject__ended_at=None)
    return set(rows.values_list("subject_id", flat=True))


def _over(
    run: ScreeningRun,
    subject_ids: list[UUID],
    *,
    index: Index,
    standing: Standing,
    only: frozenset[str] | None,
    actor: Actor,
    at: datetime,
    told: Told,
) -> ScreeningRun:
    left = [one for one in subject_ids if run.cursor is None or one > run.cursor]
    done, total = len(subject_ids) - len(left), len(subject_ids)
    told(done, total)
    for start in range(0, len(left), BATCH):
        batch = left[start : start + BATCH]
        with transaction.atomic():
            run = ScreeningRun.objects.select_for_update().get(pk=run.pk)
            if run.state == RunState.DONE or (run.cursor is not None and run.cursor >= batch[-1]):
                continue
            rows = ScreeningSubject.objects.select_for_update(no_key=True).filter(pk__in=batch, ended_at=None).order_by("pk")
            profiles = screening_subjects.profiles_of(rows)
            for row in rows:
                if (profile := profiles.get(row.pk)) is not None:
                    hits = screening.hits_of(index, profile)
                    screening.keep(subject=row, hits=hits, standing=standing, run=run, only=only, actor=actor, at=at)
            run.cursor = batch[-1]
            run.save()
        told(done := done + len(batch), total)
    with transaction.atomic():
        run = ScreeningRun.objects.select_for_update().get(pk=run.pk)
        if run.state == RunState.RUNNING:
            screening.end_run(run, at=at)
            figures = {name: getattr(run, name) for name in ("screened", "found", "reopened", "lapsed")}
            log.record(action=events.SCREENING_RUN_ENDED, actor=actor, at=at, target=run.public_id, after=figures)
    return run
