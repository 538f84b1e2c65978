"""Live figures that prove how the control of a duty works: one function per name, a few queries each.

A figure is a label, a number and whether it is as it should be. Figures name nobody and count no report of anybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max

from accounts.choices import CustomerStatus, KycTier
from accounts.models import Customer
from compliance.choices import AlertState, HitState, ListKind, RightState
from compliance.models import Alert, DeletionCertificate, Hit, LegalHold, Report, RightsRequest, WatchlistVersion
from compliance.models.report import OPEN as OPEN_REPORTS
from compliance.selectors import risk
from compliance.services import retention
from flowlet.audit.selectors import chain
from ledger.models import Verification as BooksVerification

OLD_LIST, OLD_SEAL, OLD_CHECK = timedelta(days=7), timedelta(hours=1), timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of evidence."""

    label: str
    value: str
    is_good: bool = True


def _count(label: str, number: int, *, good: bool | None = None) -> Figure:
    return Figure(label, f"{number:,}", True if good is None else good)


def customers_known(at: datetime) -> list[Figure]:
    """How many are verified, and whose data are overdue."""
    open_ones = Customer.objects.exclude(status=CustomerStatus.CLOSED)
    overdue = risk.reviews_due(on=at.date()).count()
    unrated = risk.unrated().count()
    return [
        _count("Open customers", open_ones.count()),
        _count("of them verified", open_ones.exclude(kyc_tier=KycTier.UNVERIFIED).count()),
        _count("Reviews overdue", overdue, good=not overdue),
        _count("Not rated", unrated, good=not unrated),
    ]


def due_diligence(at: datetime) -> list[Figure]:
    """Enhanced due diligence that is open."""
    return [_count("Enhanced due diligence not decided", risk.open_diligence().count())]


def lists_current(at: datetime) -> list[Figure]:
    """How old each sanctions list is."""
    newest = WatchlistVersion.objects.filter(watchlist__kind=ListKind.SANCTIONS).values_list("watchlist__title")
    ages = [(title, at - moment) for title, moment in newest.annotate(Max("imported_at")).order_by("watchlist__title")]
    return [Figure(title, f"{age.days} days old", age <= OLD_LIST) for title, age in ages] or [
        Figure("Sanctions lists", "none", False)
    ]


def hits_decided(at: datetime) -> list[Figure]:
    """Hits that wait."""
    waiting = Hit.objects.filter(state=HitState.OPEN)
    oldest = waiting.order_by("found_at").values_list("found_at", flat=True).first()
    days = (at - oldest).days if oldest else 0
    return [_count("Open hits", waiting.count()), Figure("the oldest", f"{days} days", days <= 1)]


def alerts_worked(at: datetime) -> list[Figure]:
    """Alerts that wait."""
    waiting = Alert.objects.exclude(state=AlertState.CLOSED)
    closed = Alert.objects.filter(state=AlertState.CLOSED, closed_at__gt=at - timedelta(days=30)).count()
    return [_count("Alerts not closed", waiting.count()), _count("closed in thirty days", closed)]


def reports_filed(at: datetime) -> list[Figure]:
    """Reports to the authority that are overdue."""
    overdue = Report.objects.filter(state__in=OPEN_REPORTS, due_on__lt=at.date()).count()
    return [_count("Reports overdue", overdue, good=not overdue)]


def rights_answered(at: datetime) -> list[Figure]:
    """Requests of persons."""
    waiting = RightsRequest.objects.filter(state=RightState.OPEN)
    late = waiting.filter(due_on__lt=at.date()).count()
    return [_count("Requests of persons open", waiting.count()), _count("overdue", late, good=not late)]


def data_deleted(at: datetime) -> list[Figure]:
    """What was deleted, and what is due."""
    last = DeletionCertificate.objects.order_by("-number").first()
    holds: int = LegalHold.objects.filter(pk__in=retention.holds(at=at)).count()
    return [
        Figure("Last certificate of deletion", last.made_at.date().isoformat() if last else "none yet"),
        _count("Legal holds that stand", holds),
    ]


def trail_sealed(at: datetime) -> list[Figure]:
    """How far the audit is sealed."""
    head = chain.head()
    fresh = head is not None and at - head.sealed_at <= OLD_SEAL
    return [Figure("Audit sealed", _moment(head.sealed_at) if head else "never", fresh)]


def books_proven(at: datetime) -> list[Figure]:
    """The last look through the books."""
    last = BooksVerification.objects.order_by("-id").first()
    good = last is not None and last.is_clean and at - last.finished_at <= OLD_CHECK
    return [Figure("Books verified", _moment(last.finished_at) if last else "never", good)]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


QUERIES: Final[dict[str, Callable[[datetime], list[Figure]]]] = {
    one.__name__: one
    for one in (
        customers_known,
        due_diligence,
        lists_current,
        hits_decided,
        alerts_worked,
        reports_filed,
        rights_answered,
        data_deleted,
        trail_sealed,
        books_proven,
    )
}


def figures(name: str, *, at: datetime) -> list[Figure]:
    """The figures of the query of this name at the moment; none without one."""
    return QUERIES[name](at) if name in QUERIES else []
