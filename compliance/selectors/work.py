"""Queues: what waits in each, and how it is narrowed. The list on screen and "next" ask the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.choices import CustomerStatus, Mode
from accounts.models import Partner, User
from compliance import errors
from compliance.choices import AlertKind, AlertState, CaseState, ReportState, VerificationStatus
from compliance.choices.reports import APPROVE, PREPARE
from compliance.choices.work import CASES, CONFIRM, DECIDE, HIGH, MANAGE, RATE, REPORTS, REVIEWED_AHEAD, URGENT, WORK
from compliance.models import Alert, Case, CustomerRisk, OfficerSkill, Report, Verification, WorkItem
from compliance.models.work import PartnerItem
from flowlet.core.ids import MalformedId

ORDER: Final = ("-priority", "due_at", "pk")
OWN_KIND: Final = "of its own kind"
Waits = Callable[[User | None, datetime], Q]


@dataclass(frozen=True)
class Queue:
    """What waits under a name for those who hold ``permission``. ``waiting(person, at)`` is what of it that person may take, whoever
    it is for None. ``skill`` is whose it is to do; OWN_KIND: the kind of each row; without one it is anybody's, and never spread.
    """

    name: str
    label: str
    permission: str
    model: type[WorkItem]
    waiting: Waits
    skill: str = ""

    def skill_of(self, row: Any) -> str:
        """Which skill the row takes."""
        return str(row.kind) if self.skill == OWN_KIND else self.skill


def _to_decide(person: User | None, at: datetime) -> Q:
    """Alerts of a case are decided within it."""
    return Q(state__in=[AlertState.OPEN, AlertState.IN_REVIEW], case=None)


def _hits(person: User | None, at: datetime) -> Q:
    return _to_decide(person, at) & Q(kind=AlertKind.SCREENING)


def _cases(person: User | None, at: datetime) -> Q:
    is_manager = person is not None and person.has_perm(MANAGE)
    return Q(state__in=[CaseState.OPEN, CaseState.ESCALATED] if is_manager else [CaseState.OPEN])


def _reviews(person: User | None, at: datetime) -> Q:
    return Q(review_on__lte=(at + REVIEWED_AHEAD).date()) & ~Q(customer__status=CustomerStatus.CLOSED)


def _standing(by: str = "", **standing: Any) -> Waits:
    """What stands so; where ``by`` names who proposed it, for everybody but them."""

    def waiting(person: User | None, at: datetime) -> Q:
        return Q(**standing) & (~Q(**{by: f"staff:{person.public_id}"}) if by and person else Q())

    return waiting


_DRAFTS = _standing(state__in=[ReportState.DRAFT, ReportState.REJECTED])
_IN_REVIEW = _standing("proposed_by", status=VerificationStatus.IN_REVIEW)
# The first of each model is that of first decisions: work of it is spread.
QUEUES: Final = {
    queue.name: queue
    for queue in (
        Queue("alerts", "To decide", WORK, Alert, _to_decide, OWN_KIND),
        Queue("hits", "Hits on lists", WORK, Alert, _hits, OWN_KIND),
        Queue("second", "For the second person", CONFIRM, Alert, _standing("decided_by", state=AlertState.PROPOSED)),
        Queue("escalated", "Escalated", MANAGE, Alert, _standing(state=AlertState.ESCALATED)),
        Queue("cases", "Cases", WORK, Case, _cases, CASES),
        Queue("closings", "Cases for the second person", CONFIRM, Case, _standing("decided_by", state=CaseState.PROPOSED)),
        Queue("verifications", "Verifications to decide", DECIDE, Verification, _IN_REVIEW, str(AlertKind.VERIFICATION)),
        Queue("reviews", "Customers to review", RATE, CustomerRisk, _reviews, str(AlertKind.RISK)),
        Queue("reports", "Reports due", PREPARE, Report, _DRAFTS, REPORTS),
        Queue("filings", "Reports for the second person", APPROVE, Report, _standing("proposed_by", state=ReportState.PROPOSED)),
    )
}
UNDONE: Final[Mapping[type[WorkItem], Q]] = {
    Alert: ~Q(state=AlertState.CLOSED),
    Case: ~Q(state=CaseState.CLOSED),
    Verification: Q(status=VerificationStatus.IN_REVIEW),
    CustomerRisk: ~Q(review_on=None),
    Report: Q(state__in=[ReportState.DRAFT, ReportState.PROPOSED, ReportState.REJECTED]),
}


def _one_of(column: str) -> Callable[..., Q]:
    """A value of the column's own choices."""

    def chosen(value: str, person: User, at: datetime, model: type[WorkItem]) -> Q:
        if value not in dict(model._meta.get_field(column).choices):
            raise ValueError(value)
        return Q(**{column: value})

    return chosen


def _urgency(value: str, *_: Any) -> Q:
    return {
        "urgent": Q(priority__gte=URGENT),
        "high": Q(priority__gte=HIGH, priority__lt=URGENT),
        "other": Q(priority__lt=HIGH),
    }[value]


def _due(value: str, person: User, at: datetime, model: type[WorkItem]) -> Q:
    """Late, within a day, or within so many."""
    days = {"late": 0, "day": 1}.get(value)
    return Q(due_at__lte=at + timedelta(days=min(int(value), 400) if days is None else days))


def _scenario(value: str, *_: Any) -> Q:
    """What a scenario saw; a name that the database cannot hold is none."""
    if "\0" in value:
        raise ValueError(value)
    return Q(scenario=value)


def _owner(value: str, person: User, *_: Any) -> Q:
    return {"mine": Q(assignee=person), "nobody": Q(assignee=None), "somebody": ~Q(assignee=None) & ~Q(assignee=person)}[value]


def of_modes(*modes: str) -> Q:
    """What is of partners of these modes; of the modes that officers work on (``settings.WORKED_MODES``) where none is named."""
    wanted = set(modes or settings.WORKED_MODES)
    return Q() if wanted == set(Mode) else Q(partner__mode__in=wanted)


FILTERS: Final[Mapping[str, Callable[..., Q]]] = {
    "kind": _one_of("kind"),
    "level": _one_of("level"),
    "band": _one_of("band"),
    "scenario": _scenario,
    "urgency": _urgency,
    "due": _due,
    "owner": _owner,
    "partner": lambda value, *_: Q(partner_id=Partner.key(value)),
    "mode": lambda value, *_: of_modes(Mode(value)),
}


def queue(name: str) -> Queue:
    """The queue of this name. Raises QueueUnknown."""
    if name not in QUEUES:
        raise errors.QueueUnknown(f"Queues are {', '.join(QUEUES)}.", param="queue")
    return QUEUES[name]


def of_model(model: type[WorkItem]) -> list[Queue]:
    """The queues of such work, that of first decisions first."""
    return [found for found in QUEUES.values() if found.model is model]


def narrowed(rows: QuerySet[Any], filters: Mapping[str, str], *, person: User, at: datetime) -> QuerySet[Any]:
    """The rows that agree with all filters. Raises QueueUnknown for a filter or a value that there is not."""
    for name, value in filters.items():
        try:
            rows = rows.filter(FILTERS[name](value, person, at, rows.model))
        except (KeyError, ValueError, OverflowError, FieldError, FieldDoesNotExist, MalformedId):
            raise errors.QueueUnknown(f"There is no filter {name}={value[:40]}.", param=name) from None
    return rows


def waiting(found: Queue, *, person: User | None, at: datetime, filters: Mapping[str, str] | None = None) -> QuerySet[Any]:
    """What waits for the person (None: for anybody) in the queue, whoever has it open, the most urgent first; of other modes where
    the filters say so.
    """
    rows = found.model.objects.filter(found.waiting(person, at))
    filters = filters or {}
    if issubclass(found.model, PartnerItem) and not filters.keys() & {"mode", "partner"}:
        rows = rows.filter(of_modes())
    return narrowed(rows, filters, person=person, at=at).order_by(*ORDER)


def unlocked(at: datetime) -> Q:
    """What nobody has open."""
    return Q(locked_until=None) | Q(locked_until__lte=at)


def free(rows: QuerySet[Any], *, person: User, at: datetime) -> QuerySet[Any]:
    """Those that nobody else has open or was given."""
    return rows.filter((unlocked(at) | Q(locked_by=person)) & (Q(assignee=None) | Q(assignee=person)))


def skilled(found: Queue, rows: QuerySet[Any], *, person: User) -> QuerySet[Any]:
    """Those of the queue that the person's skills reach, or that are theirs; all for who has no row of skills."""
    kinds = OfficerSkill.objects.filter(user=person).values_list("kinds", flat=True).first() if found.skill else None
    return rows if kinds is None else rows.filter(reached(found, kinds) | Q(assignee=person))


def reached(found: Queue, kinds: list[str]) -> Q:
    """What of the queue these skills reach."""
    if found.skill == OWN_KIND:
        return Q(kind__in=kinds)
    return ~Q(pk__in=()) if found.skill in kinds else Q(pk__in=())


def load(person: str, *models: type[WorkItem]) -> Combinable:
    """How many pieces of work, of all models or of these, the user has whose key stands in the column."""
    total: Combinable = Value(0)
    for model in models or UNDONE:
        mine = model.objects.filter(UNDONE[model], assignee=OuterRef(person)).order_by().values("assignee")
        total = total + Coalesce(Subquery(mine.annotate(count=Count("pk")).values("count")), 0)
    return total
