"""Cases: opened, filled, escalated, closed; the customer's wallets frozen, and released by two."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Customer, User
from accounts.policies import check_reason
from compliance import errors, events
from compliance.choices import CaseOutcome, CaseState
from compliance.models import Alert, Case, CaseFreeze, CaseSubject, CaseTask
from compliance.policies import cases as policies
from compliance.policies import work
from compliance.services.decisions import decision_of
from flowlet.audit.services import log
from flowlet.core import crypto, ids, reasons
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from payments.models import Payment
from wallets.choices import WalletStatus
from wallets.models import Wallet
from wallets.services import wallets

LONGEST_NARRATIVE, LONGEST_WORDS = 50_000, 2_000


@transaction.atomic
def open_case(*, title: str, alert_ids: Sequence[UUID], actor: Actor, at: datetime) -> Case:
    """A new case about what the alerts are about, as urgent as the most urgent of them, whose it is who opens it.

    ``title`` holds no personal data. Raises Forbidden, Invalid, AlertNotFound, CaseMixed for alerts of several partners or of a case.
    """
    work.check_is_person(actor)
    title = " ".join(title.split())
    if not 1 <= len(title) <= 120:
        raise Invalid("A title has 1 to 120 characters.", param="title")
    alerts = list(Alert.objects.select_for_update(no_key=True).filter(pk__in=alert_ids).order_by("pk"))
    if len(alerts) != len(set(alert_ids)) or not alerts:
        raise errors.AlertNotFound(param="alerts")
    row = Case(
        id=ids.uuid7(),
        partner_id=alerts[0].partner_id,
        title=title,
        priority=max(alert.priority for alert in alerts),
        opened_at=at,
        due_at=at + policies.DUE,
        opened_by=str(actor),
        assignee=User.fetch(actor.id),
    )
    row.save(force_insert=True)
    _tell(row, events.CASE_OPENED, actor=actor, at=at, more={"alerts": [alert.public_id for alert in alerts]})
    for alert in alerts:
        _join(row, alert, actor=actor, at=at)
    return row


@transaction.atomic
def add_alert(*, case_id: UUID, alert: str, actor: Actor, at: datetime) -> Case:
    """An alert (public id), open or closed, and its customer join the case. Raises CaseNotFound, AlertNotFound, IllegalMove, CaseMixed."""
    row = _opened(case_id, actor)
    found = Alert.objects.select_for_update(no_key=True).filter(pk=Alert.key(alert.strip())).first()
    if found is None:
        raise errors.AlertNotFound(param="alert")
    _join(row, found, actor=actor, at=at)
    _tell(row, events.CASE_GREW, actor=actor, at=at, more={"alert": found.public_id})
    return row


def _join(row: Case, alert: Alert, *, actor: Actor, at: datetime) -> None:
    if alert.partner_id != row.partner_id or alert.case_id not in (None, row.pk):
        raise errors.CaseMixed(f"{alert.public_id} is of another partner or case.", param="alert")
    Alert.objects.filter(pk=alert.pk).update(case=row)
    row.priority = max(row.priority, alert.priority)
    row.save(update_fields=["priority"])
    if alert.customer_id is not None:
        CaseSubject.objects.get_or_create(
            case=row, customer_id=alert.customer_id, payment=None, defaults={"added_by": str(actor), "added_at": at}
        )


@transaction.atomic
def add_payment(*, case_id: UUID, payment: str, actor: Actor, at: datetime) -> Case:
    """A payment (public id) and its customer join the case. Raises CaseNotFound, NotFound, IllegalMove."""
    row = _opened(case_id, actor)
    found = Payment.fetch(payment.strip(), partner_id=row.partner_id)
    added = {"added_by": str(actor), "added_at": at}
    CaseSubject.objects.get_or_create(case=row, customer=None, payment=found, defaults=added)
    if found.customer_id is not None:
        CaseSubject.objects.get_or_create(case=row, customer_id=found.customer_id, payment=None, defaults=added)
    _tell(row, events.CASE_GREW, actor=actor, at=at, more={"payment": found.public_id})
    return row


@transaction.atomic
def add_customer(*, case_id: UUID, customer: str, actor: Actor, at: datetime) -> Case:
    """A customer (public id) of the same partner joins the case without an alert. Raises CaseNotFound, NotFound, IllegalMove."""
    row = _opened(case_id, actor)
    found = Customer.fetch(customer.strip(), partner_id=row.partner_id)
    added = {"added_by": str(actor), "added_at": at}
    CaseSubject.objects.get_or_create(case=row, customer=found, payment=None, defaults=added)
    _tell(row, events.CASE_GREW, actor=actor, at=at, more={"customer": found.public_id})
    return row


@transaction.atomic
def narrate(*, case_id: UUID, text: str, actor: Actor, at: datetime) -> Case:
    """What happened, in words; it is sealed. Raises CaseNotFound, IllegalMove, Invalid."""
    row = _opened(case_id, actor)
    if not 1 <= len(text.strip()) <= LONGEST_NARRATIVE:
        raise Invalid(f"A narrative has 1 to {LONGEST_NARRATIVE:,} characters.", param="text")
    row.version += 1
    row.sealed = crypto.seal(text.strip().encode(), aad=aad(row))
    row.save(update_fields=["sealed", "version"])
    _tell(row, events.CASE_NARRATED, actor=actor, at=at, more={"version": row.version})
    return row


def narrative_of(row: Case) -> str:
    """What happened, in words. It names people."""
    return crypto.open_sealed(bytes(row.sealed), aad=aad(row)).decode() if row.sealed else ""


def aad(row: Any) -> str:
    """The place of a case's sealed narrative."""
    return f"compliance_case.sealed:{row.pk}:{row.version}"


@transaction.atomic
def add_task(*, case_id: UUID, text: str, due_on: date, person: User | None = None, actor: Actor, at: datetime) -> CaseTask:
    """Something to be done by a day. Raises CaseNotFound, IllegalMove, Invalid, Forbidden for who does no such work."""
    row = _opened(case_id, actor)
    if not text.strip() or due_on < at.date():
        raise Invalid("Say what has to be done, by a day that is not over.", param="text" if not text.strip() else "due_on")
    if person is not None:
        work.check_can_work(person)
    made = CaseTask.objects.create(case=row, text=reasons.kept(text, most=300, param="text"), due_on=due_on, assignee=person)
    _tell(row, events.CASE_TASK_ADDED, actor=actor, at=at, more={"task": made.public_id, "due_on": due_on})
    return made


@transaction.atomic
def finish_task(*, task_id: UUID, actor: Actor, at: datetime) -> CaseTask:
    """It is done. Raises CaseNotFound, IllegalMove, CaseNotDone when it was before."""
    made = CaseTask.objects.select_for_update(no_key=True, of=("self",)).filter(pk=task_id).first()
    if made is None:
        raise errors.CaseNotFound("There is no such task.")
    row = _opened(made.case_id, actor)
    if made.done_at is not None:
        raise errors.CaseNotDone("The task was done before.")
    made.done_at, made.done_by = at, str(actor)
    made.save(update_fields=["done_at", "done_by"])
    _tell(row, events.CASE_TASK_DONE, actor=actor, at=at, more={"task": made.public_id})
    return made


@transaction.atomic
def escalate(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> Case:
    """Hand it to a manager. Raises CaseNotFound, IllegalMove, ItemTaken, ReasonMissing."""
    row = _opened(case_id, actor)
    work.check_is_free(row, actor, at=at)
    policies.check_can_escalate(row)
    row.state, row.assignee, row.locked_by, row.locked_until = CaseState.ESCALATED, None, None, None
    row.save(update_fields=["state", "assignee", "locked_by", "locked_until"])
    _tell(row, events.CASE_ESCALATED, actor=actor, at=at, reason=check_reason(reason))
    return row


@transaction.atomic
def close(*, case_id: UUID, outcome: str, words: str, actor: Actor, at: datetime) -> Case:
    """Say how it ends: it closes, or, where that takes two people, waits for the second one (``policies.needs_two``).

    What was escalated a manager ends. Raises CaseNotFound, Forbidden, IllegalMove, ItemTaken, CaseNotDone, Invalid.
    """
    row = _opened(case_id, actor)
    work.check_is_free(row, actor, at=at)
    policies.check_can_close(row, actor)
    if outcome not in CaseOutcome.values:
        raise Invalid(f"Choose one of {', '.join(CaseOutcome.values)}.", param="outcome")
    row.outcome, row.words = outcome, check_reason(words, most=LONGEST_WORDS)
    row.decided_by, row.decided_at = str(actor), at
    row.locked_by = row.locked_until = None
    if not policies.needs_two(outcome):
        return _close(row, actor=actor, at=at)
    row.state, row.assignee = CaseState.PROPOSED, None
    row.save()
    _tell(row, events.CASE_PROPOSED, actor=actor, at=at, more=decision_of(row))
    return row


@transaction.atomic
def confirm(*, case_id: UUID, actor: Actor, at: datetime) -> Case:
    """The second person's yes: the case closes. Raises CaseNotFound, ItemTaken, IllegalMove, FourEyesRequired."""
    row = _free(case_id, actor, at=at)
    policies.check_can_confirm(row, actor)
    row.checked_by = str(actor)
    return _close(row, actor=actor, at=at)


@transaction.atomic
def send_back(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> Case:
    """The second person's no, or a manager's to what was escalated: it is open again.

    Raises CaseNotFound, Forbidden, ItemTaken, IllegalMove, ReasonMissing.
    """
    row = _free(case_id, actor, at=at)
    policies.check_can_send_back(row, actor)
    before = decision_of(row)
    row.state, row.outcome, row.words, row.decided_by, row.decided_at = CaseState.OPEN, "", "", "", None
    row.save()
    _tell(row, events.CASE_SENT_BACK, actor=actor, at=at, reason=check_reason(reason), more={"was": before})
    return row


@transaction.atomic
def freeze(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> int:
    """Freeze the wallets of the case's customers, over others' freezes too, which stand again after the release; answers how many.

    What another case froze stays frozen until both have released it. Raises CaseNotFound, IllegalMove, CaseMixed, ReasonMissing.
    """
    row = _opened(case_id, actor)
    policies.check_can_freeze(row)
    reason = check_reason(reason)
    people = row.subjects.exclude(customer=None).values_list("customer_id", flat=True)
    own = row.freezes.filter(released_at=None).values("wallet")
    found = Wallet.objects.filter(customer_id__in=people).exclude(status=WalletStatus.CLOSED).exclude(pk__in=own)
    found = list(found.select_for_update(no_key=True).order_by("pk"))
    for wallet in found:
        if not wallet.freeze_is_kept:
            wallets.freeze(wallet_id=wallet.pk, reason="By compliance", is_kept=True, actor=actor, at=at)
        CaseFreeze.objects.create(case=row, wallet=wallet, frozen_by=str(actor), frozen_at=at)
    told = {"wallets": [wallet.public_id for wallet in found]}
    _tell(row, events.CASE_FROZE, actor=actor, at=at, reason=reason, more=told)
    return len(found)


@transaction.atomic
def ask_release(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> int:
    """Ask that what the case froze is released; another person does it. Raises CaseNotFound, CaseNotDone, ReasonMissing."""
    work.check_is_person(actor)
    row = locked(case_id)
    policies.check_can_ask_release(row)
    asked = row.freezes.filter(released_at=None, asked_by="").update(asked_by=str(actor))
    _tell(row, events.CASE_RELEASE_ASKED, actor=actor, at=at, reason=check_reason(reason))
    return asked


@transaction.atomic
def release(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> int:
    """Release what somebody else asked for; answers how many wallets. One that another case froze too stays frozen.

    Raises CaseNotFound, CaseNotDone, FourEyesRequired.
    """
    work.check_is_person(actor)
    row = locked(case_id)
    policies.check_can_release(row, actor)
    reason = check_reason(reason)
    found = row.freezes.filter(released_at=None).exclude(asked_by="").select_related("wallet")
    found = list(found.select_for_update(no_key=True, of=("self", "wallet")).order_by("wallet_id"))
    for one in found:
        one.released_by, one.released_at = str(actor), at
        one.save(update_fields=["released_by", "released_at"])
        others = CaseFreeze.objects.filter(wallet=one.wallet_id, released_at=None)
        if one.wallet.status == WalletStatus.FROZEN and not others.exists():
            wallets.unfreeze(wallet_id=one.wallet_id, reason="By compliance", was_kept=True, actor=actor, at=at)
    told = {"wallets": [one.wallet.public_id for one in found]}
    _tell(row, events.CASE_RELEASED, actor=actor, at=at, reason=reason, more=told)
    return len(found)


def locked(case_id: UUID) -> Case:
    """The case with its row locked. Raises CaseNotFound."""
    row = Case.objects.select_for_update(no_key=True).filter(pk=case_id).first()
    if row is None:
        raise errors.CaseNotFound()
    return row


def _free(case_id: UUID, actor: Actor, *, at: datetime) -> Case:
    work.check_is_person(actor)
    row = locked(case_id)
    work.check_is_free(row, actor, at=at)
    return row


def _opened(case_id: UUID, actor: Actor) -> Case:
    work.check_is_person(actor)
    row = locked(case_id)
    policies.check_is_open(row)
    return row


def _close(row: Case, *, actor: Actor, at: datetime) -> Case:
    row.state, row.closed_at, row.locked_by, row.locked_until = CaseState.CLOSED, at, None, None
    row.save()
    _tell(row, events.CASE_CLOSED, actor=actor, at=at, more=decision_of(row))
    return row


def _tell(row: Case, fact: str, *, actor: Actor, at: datetime, reason: str = "", more: dict[str, Any] | None = None) -> None:
    """Tell the audit alone; nothing of a case leaves, and nothing says how it ended but to those who read decisions."""
    after = {"id": row.public_id, "state": str(row.state), "priority": row.priority, **(more or {})}
    log.record(action=fact, actor=actor, at=at, target=row.public_id, reason=reason, after=after)
