"""Who may take a piece of work, whatever it is: an alert, a case, a verification, a review of a customer's risk, a report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from accounts.models import User
from compliance import errors, events
from compliance.choices import AlertState, ReportState, VerificationStatus
from compliance.choices.reports import APPROVE, PREPARE
from compliance.choices.work import CONFIRM, DECIDE, MANAGE, RATE, WORK
from compliance.models import Alert, Case, CustomerRisk, Report, Verification
from compliance.models.work import WorkItem
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import DomainError, Forbidden, FourEyesRequired
from flowlet.core.states import check_move

LOCK: Final = timedelta(minutes=10)  # what is open stays so for as long as its page says so; a page that died lets go by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How one kind of work is given: what the audit calls it, the right that it takes now, who was first of two, whether it waits."""

    fact: str
    missing: type[DomainError]
    right: Callable[[Any], str]
    first: Callable[[Any], str]
    waits: Callable[[Any], bool]


def _of_two(
    fact: str,
    missing: type[DomainError],
    *over: str,
    rights: tuple[str, str] = (WORK, CONFIRM),
    by: str = "decided_by",
) -> Terms:
    """What is proposed by one and confirmed by another."""

    def is_proposed(row: Any) -> bool:
        return bool(row.state == AlertState.PROPOSED)

    return Terms(
        fact=fact,
        missing=missing,
        right=lambda row: rights[is_proposed(row)],
        first=lambda row: getattr(row, by) if is_proposed(row) else "",
        waits=lambda row: row.state not in over,
    )


TERMS: Final[Mapping[type[WorkItem], Terms]] = {
    Alert: _of_two(events.ALERT_ASSIGNED, errors.AlertNotFound, AlertState.CLOSED),
    Case: _of_two(events.CASE_ASSIGNED, errors.CaseNotFound, AlertState.CLOSED),
    Report: _of_two(
        events.REPORT_ASSIGNED,
        errors.ReportNotFound,
        *(ReportState.APPROVED, ReportState.FILED, ReportState.ACCEPTED, ReportState.WITHDRAWN),
        rights=(PREPARE, APPROVE),
        by="proposed_by",
    ),
    Verification: Terms(
        fact=events.VERIFICATION_ASSIGNED,
        missing=errors.VerificationNotFound,
        right=lambda row: DECIDE,
        first=lambda row: row.proposed_by,
        waits=lambda row: row.status == VerificationStatus.IN_REVIEW,
    ),
    CustomerRisk: Terms(
        fact=events.RISK_REVIEW_ASSIGNED,
        missing=errors.CustomerNotRated,
        right=lambda row: RATE,
        first=lambda row: "",
        waits=lambda row: row.review_on is not None,
    ),
}


def check_waits(row: WorkItem, actor: Actor | None = None) -> None:
    """Raises IllegalMove for what waits for nobody any more."""
    if not TERMS[type(row)].waits(row):
        check_move({}, getattr(row, "state", None) or getattr(row, "status", "UNRATED"), AlertState.IN_REVIEW)


def check_can_be_given(row: WorkItem, person: User) -> None:
    """Raises IllegalMove, Forbidden for who does no such work, FourEyesRequired for who was the first of two."""
    check_waits(row)
    terms = TERMS[type(row)]
    check_can_work(person, terms.right(row))
    if terms.first(row) == f"staff:{person.public_id}":
        raise FourEyesRequired("Who proposed the decision does not confirm it.", param="person")


def can_be_given(row: WorkItem, person: User) -> bool:
    """Whether it can."""
    try:
        check_can_be_given(row, person)
    except DomainError:
        return False
    return True


def check_is_person(actor: Actor) -> None:
    """Such work is done by people. Raises Forbidden."""
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden("A member of staff decides about alerts and cases.")


def check_is_managers(actor: Actor) -> None:
    """What was escalated is a manager's. Raises Forbidden."""
    person = User.objects.filter(pk=User.key(actor.id)).first()
    if person is None or not person.has_perm(MANAGE):
        raise Forbidden(f"It was escalated: a manager decides it or hands it back. That takes {MANAGE}.")


def check_is_free(item: WorkItem, actor: Actor, *, at: datetime) -> None:
    """Raises ItemTaken while somebody else has it open."""
    if is_taken(item, at=at) and item.locked_by.public_id != actor.id:
        until = item.locked_until.astimezone(UTC)
        raise errors.ItemTaken(f"{called(item.locked_by)} has it open until {until:%H:%M} UTC.")


def is_taken(item: WorkItem, *, at: datetime) -> bool:
    """Whether somebody has it open."""
    return item.locked_until is not None and item.locked_until > at


def check_can_work(person: User, permission: str = WORK) -> None:
    """Raises Forbidden unless the person may be given such work."""
    if not person.is_active or not person.has_perm(permission):
        raise Forbidden(f"{called(person)} does not do such work: it takes {permission}.", param="person")


def called(person: User) -> str:
    """What colleagues call the person."""
    return person.name or person.email
