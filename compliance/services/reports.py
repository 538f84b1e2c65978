"""Reports to the authority: drafted, completed, proposed by one person and approved by another.

What a report says is given and kept as plain values (``fincen.storing``) without what the row knows itself: its reference, the day of
filing, the BSA ID of the report before. Every reading of it is a deed of its own in the audit.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from compliance import errors, events
from compliance.choices import FollowUp, ReportKind, ReportState
from compliance.choices.work import HIGH, URGENT
from compliance.models import Report
from compliance.models.report import OPEN
from compliance.policies import report_deadlines, work
from compliance.policies import reports as policies
from compliance.policies.report_deadlines import Deadline, Filer
from compliance.providers import fiu
from compliance.providers.fincen import checking_ctr, checking_sar, ctr, sar, storing
from compliance.providers.fincen.parts import UNKNOWN_BSA_ID, Address, Phone, Transmitter
from compliance.providers.fincen.rules import Gap
from flowlet.audit.services import log
from flowlet.core import crypto, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.db import sequences

FORMS: Final[dict[str, type]] = {ReportKind.SAR: sar.Report, ReportKind.CTR: ctr.Report, ReportKind.STR: fiu.Report}
OWN: Final = ("reference", "filed_on")  # what the row knows
SHOWN: Final = 50
NUMBERS: Final = "compliance_report_number"


@transaction.atomic
def draft(
    *,
    kind: str,
    content: Mapping[str, Any],
    determined_on: date | None = None,
    has_suspect: bool = True,
    prior_id: UUID | None = None,
    case_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> Report:
    """A new draft, due from the day of the determination (SAR, STR) or of the transaction (CTR).

    The draft may be incomplete, not malformed. ``prior_id`` is the report that it amends or continues, ``case_id`` the case from which
    it is drafted. Raises UnreadableReport, PriorNotFiled, ReportDrafted, Invalid without a determination and for a day that lies
    ahead, Forbidden for who is no person.
    """
    policies.check_is_person(actor)
    reference = f"{ReportKind(kind)}-{sequences.take(NUMBERS, 1)[0]:08d}"
    made = {"drafted_by": str(actor), "created_at": at, "updated_at": at}
    row = Report(id=ids.uuid7(), kind=kind, reference=reference, case_id=case_id, **made)
    row.priority, row.opened_at = (URGENT if row.kind == ReportKind.STR else HIGH), at
    if prior_id is not None:
        row.prior = get(prior_id)
        policies.check_can_amend(row.prior)
        if row.prior.kind != row.kind:
            raise errors.PriorNotFiled(param="prior_id")
        row.case_id = row.prior.case_id
    _take(row, content, determined_on=determined_on, has_suspect=has_suspect, at=at)
    _save(row, force_insert=True)
    tell(row, events.REPORT_DRAFTED, actor=actor, at=at)
    return row


@transaction.atomic
def change(
    *,
    report_id: UUID,
    content: Mapping[str, Any],
    determined_on: date | None = None,
    has_suspect: bool | None = None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Report:
    """Another text for a draft. Raises ReportNotFound, ReportNotDraft, ItemTaken, UnreadableReport, ReportDrafted, Invalid."""
    policies.check_is_person(actor)
    row = locked(report_id)
    policies.check_can_change(row)
    work.check_is_free(row, actor, at=at)
    row.version += 1
    begun = determined_on or (None if row.kind == ReportKind.CTR else row.counted_from)
    _take(row, content, determined_on=begun, has_suspect=row.has_suspect if has_suspect is None else has_suspect, at=at)
    _save(row)
    tell(row, events.REPORT_CHANGED, reason=reason, actor=actor, at=at)
    return row


@transaction.atomic
def amend(*, report_id: UUID, determined_on: date | None = None, actor: Actor, at: datetime) -> Report:
    """A draft that corrects a filed report, with all that it says. Raises ReportNotFound, PriorNotFiled, ReportDrafted, Invalid."""
    prior = get(report_id)
    policies.check_can_amend(prior)
    filing = sar.FilingType.AMENDMENT.value
    content = content_of(prior) | {"filing": [filing] if prior.kind == ReportKind.SAR else filing}
    return _follow(prior, content, determined_on=determined_on, actor=actor, at=at)


@transaction.atomic
def go_on(*, report_id: UUID, actor: Actor, at: datetime) -> Report:
    """A draft about what went on since a filed report: who and where are taken over, what happened is to be told.

    Raises ReportNotFound, PriorNotFiled, ReportDrafted.
    """
    prior = get(report_id)
    policies.check_can_go_on(prior)
    before: sar.Report = form_of(prior, on=at.date())
    told = before.activity
    activity = replace(
        told,
        since=(told.to or told.since) + timedelta(days=1),
        to=None,
        amount=None,
        amount_kind=sar.AmountKind.KNOWN,
        cumulative=told.cumulative or told.amount,
    )
    form = replace(before, filing=frozenset({sar.FilingType.CONTINUING}), prior_bsa_id="", activity=activity, narrative="")
    made = _follow(prior, storing.to_json(form), actor=actor, at=at)
    Report.objects.filter(pk=prior.pk).update(follow_up=FollowUp.DONE)
    return made


def _follow(
    prior: Report, content: Mapping[str, Any], *, determined_on: date | None = None, actor: Actor, at: datetime
) -> Report:
    for other in locked(prior.pk).followers.filter(state__in=OPEN).order_by("pk"):
        if content_of(other)["filing"] == content["filing"]:
            raise errors.ReportDrafted(f"{other.reference} follows it so already: complete it.")
    return draft(
        kind=prior.kind,
        content=content,
        determined_on=determined_on,
        has_suspect=prior.has_suspect,
        prior_id=prior.pk,
        actor=actor,
        at=at,
    )


@transaction.atomic
def propose(*, report_id: UUID, actor: Actor, at: datetime) -> Report:
    """Hand a complete draft to a second person. Raises ReportNotFound, IllegalMove, ItemTaken, ReportIncomplete with what is missing."""
    policies.check_is_person(actor)
    row = locked(report_id)
    policies.check_can_propose(row)
    if gaps := tuple(gap for gap in gaps_of(row, on=at.date()) if gap.is_fatal):
        first = gaps[0]
        raise errors.ReportIncomplete(f"Item {first.item}: {first.message}", gaps=[gap.as_dict() for gap in gaps[:SHOWN]])
    row.proposed_by, row.proposed_at = str(actor), at
    return _moved(row, ReportState.PROPOSED, events.REPORT_PROPOSED, actor=actor, at=at)


@transaction.atomic
def approve(*, report_id: UUID, actor: Actor, at: datetime) -> Report:
    """The second person's yes: it may be filed. Raises ReportNotFound, IllegalMove, ItemTaken, FourEyesRequired."""
    policies.check_is_person(actor)
    row = locked(report_id)
    policies.check_can_approve(row, actor)
    row.approved_by, row.approved_at = str(actor), at
    return _moved(row, ReportState.APPROVED, events.REPORT_APPROVED, actor=actor, at=at)


@transaction.atomic
def send_back(*, report_id: UUID, reason: str, actor: Actor, at: datetime) -> Report:
    """Make it a draft again; both people decide anew. Raises ReportNotFound, IllegalMove, ItemTaken."""
    policies.check_is_person(actor)
    row = locked(report_id)
    policies.check_can_send_back(row)
    row.proposed_by = row.approved_by = ""
    row.proposed_at = row.approved_at = None
    row.batch, row.place, row.filed_on, row.bsa_id, row.faults = None, None, None, "", []
    return _moved(row, ReportState.DRAFT, events.REPORT_SENT_BACK, reason=reason, actor=actor, at=at)


@transaction.atomic
def withdraw(*, report_id: UUID, reason: str, actor: Actor, at: datetime) -> Report:
    """Do not file it; the assessment is kept with its reason (AMLR art. 77). Raises ReportNotFound, IllegalMove, ItemTaken."""
    policies.check_is_person(actor)
    row = locked(report_id)
    policies.check_can_withdraw(row)
    if row.prior is not None and row.kind == ReportKind.SAR and sar.FilingType.CONTINUING.value in content_of(row)["filing"]:
        Report.objects.filter(pk=row.prior.pk).update(follow_up="")  # nobody has looked: it comes up again
    return _moved(row, ReportState.WITHDRAWN, events.REPORT_WITHDRAWN, reason=reason, actor=actor, at=at)


@transaction.atomic
def read(*, report_id: UUID, reason: str, actor: Actor, at: datetime) -> dict[str, Any]:
    """What it says. Personal data; who read it and why is kept. Raises ReportNotFound."""
    policies.check_is_person(actor)
    row = get(report_id)
    tell(row, events.REPORT_READ, reason=reason, actor=actor, at=at)
    return content_of(row)


def gaps_of(row: Report, *, on: date) -> tuple[Gap, ...]:
    """What is missing or wrong in it if it were filed on the day. Raises NoTransmitter."""
    return gaps_in(row, content_of(row), on=on)


def gaps_in(row: Report, content: Mapping[str, Any], *, on: date) -> tuple[Gap, ...]:
    """The same if it said this. Raises UnreadableReport, NoTransmitter."""
    if row.kind == ReportKind.STR:
        return fiu.check(_form(row, content, on=on))
    check = checking_sar.check if row.kind == ReportKind.SAR else checking_ctr.check
    return check(_form(row, content, on=on), transmitter=transmitter())  # type: ignore[arg-type]


def form_of(row: Report, *, on: date) -> Any:
    """The form as it would be filed on the day: ``sar.Report``, ``ctr.Report`` or ``fiu.Report``."""
    return _form(row, content_of(row), on=on)


def _form(row: Report, content: Mapping[str, Any], *, on: date) -> Any:
    values = {**content, "reference": row.reference, "filed_on": on.isoformat()}
    if row.prior is not None:
        values["prior_bsa_id"] = row.prior.bsa_id or UNKNOWN_BSA_ID
    return storing.from_json(FORMS[row.kind], values)


def content_of(row: Report) -> dict[str, Any]:
    """What it says, as it is kept. Personal data. Raises ReportDeleted, ReportAltered when it is not the text of this version."""
    if row.sealed is None:
        raise errors.ReportDeleted()
    try:
        return orjson.loads(crypto.open_sealed(bytes(row.sealed), aad=aad(row)))
    except crypto.CannotOpen:
        raise errors.ReportAltered(report=row.public_id, version=row.version) from None


def get(report_id: UUID) -> Report:
    """The report. Raises ReportNotFound."""
    found = Report.objects.select_related("prior").filter(pk=report_id).first()
    if found is None:
        raise errors.ReportNotFound()
    return found


def locked(report_id: UUID) -> Report:
    """The report with its row locked. Raises ReportNotFound."""
    if not Report.objects.select_for_update(no_key=True).filter(pk=report_id).exists():
        raise errors.ReportNotFound()
    return get(report_id)


def aad(row: Any) -> str:
    """The place of a report's sealed text: an earlier text of the same report does not open in the place of a later one."""
    return f"compliance_report.sealed:{row.pk}:{row.version}"


def transmitter() -> Transmitter:
    """Who sends the files. Raises NoTransmitter."""
    us = settings.BSA_TRANSMITTER
    if not us:
        raise errors.NoTransmitter("Set the variables FLOWLET_BSA_…; docs/guides/operations.md names them.")
    address = Address(street=us["street"], city=us["city"], state=us["state"], postcode=us["postcode"], country="US")
    return Transmitter(
        name=us["name"],
        address=address,
        phone=Phone(number=us["phone"]),
        tin=us["tin"],
        control_code=us["control_code"],
        contact_name=us["contact"],
    )


def of_case(case_id: UUID) -> QuerySet[Report]:
    """Reports from a case and what follows them, the oldest first; for who prepares reports alone."""
    return Report.objects.defer("sealed").filter(case=case_id).order_by("pk")


def _save(row: Report, **options: Any) -> None:
    try:
        with transaction.atomic():
            row.save(**options)
    except IntegrityError as error:
        if "case_has_one_report" not in str(error):
            raise
        twins = of_case(row.case_id).filter(kind=row.kind, prior=None).exclude(state=ReportState.WITHDRAWN).exclude(pk=row.pk)
        found = twins.filter(counted_from=row.counted_from).first() or twins.first()
        name = found.reference if found else ""
        raise errors.ReportDrafted(f"{name} is of this case: complete it, or amend or continue it once it is filed.") from None


def _take(row: Report, content: Mapping[str, Any], *, determined_on: date | None, has_suspect: bool, at: datetime) -> None:
    """Seal the text and count the days."""
    values = {name: value for name, value in content.items() if name not in OWN}
    form = storing.from_json(FORMS[row.kind], values | {"reference": row.reference, "filed_on": at.date().isoformat()})
    deadline = _deadline(row, form, determined_on=determined_on, has_suspect=has_suspect, at=at)
    if row.due_on != deadline.due_on:
        row.alarm = None
    row.has_suspect, row.due_on, row.rule = has_suspect, deadline.due_on, deadline.rule
    row.due_at = datetime.combine(row.due_on + timedelta(days=1), time(), UTC)
    kept = {name: value for name, value in storing.to_json(form).items() if name not in OWN}
    row.sealed = crypto.seal(orjson.dumps(kept), aad=aad(row))
    row.updated_at = at


def _deadline(row: Report, form: Any, *, determined_on: date | None, has_suspect: bool, at: datetime) -> Deadline:
    if row.kind == ReportKind.CTR:
        if form.transacted_on > at.date():
            raise Invalid("The day of the transactions does not lie ahead.", param="transacted_on")
        row.counted_from = form.transacted_on
        return report_deadlines.ctr_deadline(transacted_on=form.transacted_on)
    if (
        row.kind == ReportKind.SAR
        and sar.FilingType.CONTINUING in form.filing
        and row.prior is not None
        and row.prior.filed_on is not None
    ):
        row.counted_from = row.prior.filed_on
        return report_deadlines.continuing_deadline(filed_on=row.prior.filed_on)
    if determined_on is None or determined_on > at.date():
        raise Invalid("Give the day of the determination, which does not lie ahead.", param="determined_on")
    row.counted_from = determined_on
    if row.kind == ReportKind.STR:
        return report_deadlines.str_deadline(determined_on=determined_on)
    return report_deadlines.sar_deadline(determined_on=determined_on, has_suspect=has_suspect, filer=Filer(settings.BSA_FILER))


def _moved(row: Report, to: ReportState, fact: str, *, reason: str = "", actor: Actor, at: datetime) -> Report:
    """It waits for somebody else now, or for nobody."""
    work.check_is_free(row, actor, at=at)
    row.state, row.updated_at = to, at
    row.assignee = row.locked_by = row.locked_until = None
    row.save()
    tell(row, fact, reason=reason, actor=actor, at=at)
    return row


def tell(row: Report, fact: str, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Tell the audit, without partner, customer and what the report says."""
    after = {"id": row.public_id, "kind": str(row.kind), "state": str(row.state), "version": row.version, "due_on": row.due_on}
    log.record(action=fact, actor=actor, at=at, target=row.public_id, reason=reason, after=after)
