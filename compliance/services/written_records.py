"""What officers wrote, filed and reported of customers: narratives, notes, files, reports and the files in which they left.

It lies under the keyring and not under a customer's key, as one text may name several people; so it does not go with a key. A case goes
with its notes, files and reports, an alert of no case with its own, once the clock of the newest record has ended and all whom it is about
were deleted, which is when their own clocks ended; a legal hold on one of them keeps it. Reports of no case do not say whom they are about:
they go by their own clock, and any hold that stands keeps them. What stays is how things ended, by whom and when.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from accounts.choices import Retention
from compliance import events
from compliance.choices import AlertState, CaseState, ClockStart
from compliance.models import Alert, Case, CaseSubject, Report, ReportBatch, RuleTrial, WorkFile, WorkNote
from compliance.models.report import OPEN
from compliance.policies.retention import CLOCKS
from compliance.policies.risk import years_later
from flowlet.audit.services import log
from flowlet.audit.services.log import NewRecord
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.vault.models import SubjectKey

CHUNK: Final = 200
REASON: Final = "No law wants the record kept any more."
YEARS: Final = max(clock.years for clock in CLOCKS[Retention.ASSESSMENT] if clock.start == ClockStart.RECORD_MADE)
_BLANK: Final[dict[str, Any]] = {"sealed": None}
_NAMELESS: Final[dict[str, Any]] = {"sealed": None, "name": "", "digest": Cast("pk", CharField())}
# What goes with each: what it is called, its model, the way to it, and what stands there afterwards.
_PARTS: Final[dict[type[Any], tuple[tuple[str, type[Any], str, dict[str, Any]], ...]]] = {
    Case: (
        ("narratives", Case, "pk", _BLANK),
        ("reports", Report, "case", _BLANK),
        ("notes", WorkNote, "case", _BLANK),
        ("notes", WorkNote, "alert__case", _BLANK),
        ("files", WorkFile, "case", _NAMELESS),
        ("files", WorkFile, "alert__case", _NAMELESS),
    ),
    Alert: (("notes", WorkNote, "alert", _BLANK), ("files", WorkFile, "alert", _NAMELESS)),
    Report: (("reports", Report, "pk", _BLANK),),
    ReportBatch: (("report_files", ReportBatch, "pk", _BLANK | {"answer": None}),),
    RuleTrial: (("samples", RuleTrial, "pk", {"sample": []}),),
}


def purge(*, held: QuerySet, gone: Collection[UUID] = (), actor: Actor, at: datetime, dry_run: bool = False) -> Counter[str]:
    """Delete what nothing keeps any more; answers how many of which sort. ``held`` are the customers under a hold, ``gone`` those who
    count as deleted already; with ``dry_run`` it is only counted.
    """
    counts: Counter[str] = Counter()
    last = years_later(at.date(), -YEARS)
    works: tuple[tuple[type[Any], QuerySet], ...] = (
        (Case, _cases(last, held, gone)),
        (Alert, _alerts(last, held, gone)),
        (Report, _reports(last, held)),
        (ReportBatch, _batches(last)),
        (RuleTrial, RuleTrial.objects.exclude(sample=[]).filter(asked_at__date__lte=last)),
    )
    for model, rows in works:
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNK):
            counts += _delete(model, keys[start : start + CHUNK], actor=actor, at=at, dry_run=dry_run)
    return counts


def _cases(last: date, held: QuerySet, gone: Collection[UUID]) -> QuerySet[Case]:
    about = CaseSubject.objects.filter(case=OuterRef("pk")).exclude(customer=None)
    fresh = Report.objects.filter(case=OuterRef("pk")).filter(Q(state__in=OPEN) | Q(updated_at__date__gt=last))
    of_case = Q(case=OuterRef("pk")) | Q(alert__case=OuterRef("pk"))
    rows = Case.objects.filter(state=CaseState.CLOSED, closed_at__date__lte=last)
    rows = rows.exclude(Exists(about.filter(_is_kept(held, gone)))).exclude(Exists(fresh))
    reported = Exists(Report.objects.filter(case=OuterRef("pk"), sealed__isnull=False))
    return _worn(rows, of_case, last, Q(sealed__isnull=False) | reported)


def _alerts(last: date, held: QuerySet, gone: Collection[UUID]) -> QuerySet[Alert]:
    kept = Alert.objects.filter(pk=OuterRef("pk")).exclude(customer=None).filter(_is_kept(held, gone))
    rows = Alert.objects.filter(case=None, state=AlertState.CLOSED, closed_at__date__lte=last).exclude(Exists(kept))
    return _worn(rows, Q(alert=OuterRef("pk")), last, Q())


def _worn(rows: QuerySet, of_it: Q, last: date, more: Q) -> QuerySet:
    """Those with something left (notes, files, or what ``more`` says) of which nothing is newer."""
    notes, files = WorkNote.objects.filter(of_it), WorkFile.objects.filter(of_it)
    left = Exists(notes.filter(sealed__isnull=False)) | Exists(files.filter(sealed__isnull=False))
    rows = rows.exclude(Exists(notes.filter(created_at__date__gt=last))).exclude(Exists(files.filter(added_at__date__gt=last)))
    return rows.filter(left | more)


def _is_kept(held: QuerySet, gone: Collection[UUID]) -> Q:
    """The customer of the row is not deleted, or a hold stands."""
    alive = SubjectKey.objects.filter(subject_id=OuterRef("customer_id"), erased_at=None).exclude(subject_id__in=list(gone))
    return Q(Exists(alive)) | Q(customer__in=held)


def _reports(last: date, held: QuerySet) -> QuerySet[Report]:
    if held.exists():
        return Report.objects.none()
    fresh = Report.objects.filter(prior=OuterRef("pk")).filter(Q(state__in=OPEN) | Q(updated_at__date__gt=last))
    rows = Report.objects.filter(case=None, sealed__isnull=False, updated_at__date__lte=last).exclude(state__in=OPEN)
    return rows.exclude(Exists(fresh))


def _batches(last: date) -> QuerySet[ReportBatch]:
    told = Report.objects.filter(batch=OuterRef("pk"), sealed__isnull=False)
    return ReportBatch.objects.filter(sealed__isnull=False, created_at__date__lte=last).exclude(Exists(told))


@transaction.atomic
def _delete(model: type[Any], keys: Sequence[UUID], *, actor: Actor, at: datetime, dry_run: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, part, way, blank in _PARTS[model]:
        rows = part.objects.filter(**{f"{way}__in": keys}).exclude(**{next(iter(blank)): next(iter(blank.values()))})
        counts[name] += rows.count() if dry_run else rows.update(**blank)
    if not dry_run:
        deeds = [NewRecord(action=events.DATA_DELETED, target=ids.public_id(model.PREFIX, key), reason=REASON) for key in keys]
        log.record_many(deeds, actor=actor, at=at)
    return counts
