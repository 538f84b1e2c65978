"""Micro-deposits and prenotes on their way: gathered into ACH files of their own, booked, settled, returned.

An attempt that waits to be sent goes with the first run after a cut-off that came after it, in one file per partner; that it was sent is
written in the transaction that builds the file, and a constraint lets each entry be sent once. Micro-deposits are the platform's own money:
they are a cost from the moment they leave, and are none when they come back. A return fails the attempt. In the sandbox nothing is sent.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.choices import Mode, PartnerStatus
from flowlet.core import clock, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from ledger.services import accounts, charts, journals
from ledger.services.journals import Leg
from payments import errors
from payments.choices import (
    AttemptStatus,
    BatchStatus,
    Direction,
    ExternalAccountKind,
    ExternalAccountStatus,
    Rail,
    VerificationMethod,
)
from payments.models import AccountVerification, Batch, ExternalAccount, VerificationEntry
from payments.policies import cutoffs, returns
from payments.policies.cutoffs import Window
from payments.providers import nacha
from payments.selectors.external_accounts import details_of
from payments.services import (
    account_returns,
    batch_rows,
    files,
    micro_deposits,
    numbers,
    postings,
    prenotes,
    recipes,
    verifications,
)
from payments.services.files import verification_entries

_log = structlog.get_logger("payments.verification_runs")
METHODS = (VerificationMethod.MICRO_DEPOSITS, VerificationMethod.PRENOTE)
LARGEST = 2000
FILE = "file"  # the code of a file that the bank refused as a whole
_CURRENCY = "USD"


def gather_due(
    *, at: datetime, actor: Actor, grace: timedelta, partner_id: UUID | None = None, early: bool = False
) -> list[Batch]:
    """A file for each live partner whose attempts are due, as of the cut-off that was at most ``grace`` ago."""
    if "ach" not in settings.RAIL_IDENTITY:
        return []
    window = cutoffs.next_cutoff(Rail.ACH, at if early else at - grace)
    if not early and window.cutoff_at > at:
        return []
    waiting = _waiting(before=at if early else window.cutoff_at)
    if partner_id is not None:
        waiting = waiting.filter(partner_id=partner_id)
    made = []
    for owner in sorted(set(waiting.values_list("partner_id", flat=True))):
        try:
            while batch := gather(partner_id=owner, window=window, before=at if early else window.cutoff_at, at=at, actor=actor):
                made.append(batch)
        except DomainError as refusal:  # one partner's trouble is not the others'
            _log.warning("verifications are held up", partner=str(owner), code=refusal.code)
    return made


@transaction.atomic
def gather(*, partner_id: UUID, window: Window, before: datetime, at: datetime, actor: Actor) -> Batch | None:
    """One file of what waits, booked and built; None when nothing is left. An attempt that no file can carry ends, inconclusive."""
    found = [attempt for attempt in _locked(partner_id, before=before) if _can_be_carried(attempt, actor=actor, at=at)]
    if not found:
        return None
    wanted = [(attempt, ordinal, amount) for attempt in found for ordinal, amount in _amounts(attempt)]
    taken = numbers.traces(len(wanted))
    batch = Batch(
        id=ids.uuid7(),
        partner_id=partner_id,
        rail=Rail.ACH,
        direction=Direction.OUT,
        currency=_CURRENCY,
        number=numbers.file_number(),
        cutoff_at=window.cutoff_at,
        value_on=window.value_on,
        count=len(wanted),
        total=sum((amount for _, _, amount in wanted), start=Decimal(0)),
        is_verification=True,
        created_at=at.astimezone(UTC),
    )
    batch.save(force_insert=True)
    entries = [
        VerificationEntry(verification=attempt, ordinal=ordinal, batch=batch, trace=trace, amount=amount)
        for (attempt, ordinal, amount), trace in zip(wanted, files.traces(Rail.ACH, taken), strict=True)
    ]
    VerificationEntry.objects.bulk_create(entries)
    odfi = files.identity_of(rail=Rail.ACH, partner_id=partner_id)["odfi"]
    for attempt in found:
        mine = [entry for entry in entries if entry.verification_id == attempt.pk]
        reference = verification_entries.trace_of(odfi, mine[0])
        if attempt.method == VerificationMethod.PRENOTE:
            prenotes.mark_sent(verification_id=attempt.pk, settles_on=window.value_on, reference=reference, actor=actor, at=at)
        else:
            micro_deposits.mark_sent(verification_id=attempt.pk, reference=reference, actor=actor, at=at)
            _post(recipes.MICRO_SENT, mine, debit=charts.PROVIDER_COSTS, credit=charts.CLEARING_OUT, actor=actor, at=at)
    batch_rows.keep_built(batch, verification_entries.build(batch, entries), actor=actor, at=at)
    return batch


def settle_due(*, at: datetime, actor: Actor) -> int:
    """Book micro-deposits of delivered files whose value day has come; answers how many entries."""
    today = clock.day_of(at, zone=cutoffs.rule(Rail.ACH).zone)
    due = Batch.objects.filter(
        is_verification=True,
        status__in=[BatchStatus.DELIVERED, BatchStatus.ACKNOWLEDGED],
        value_on__lte=today,
        verification_entries__settled_at=None,
        verification_entries__returned_at=None,
        verification_entries__amount__gt=0,
    )
    settled = 0
    for batch_id in list(due.distinct().values_list("pk", flat=True)):
        with transaction.atomic():
            rows = _entries().filter(batch_id=batch_id, settled_at=None, returned_at=None, amount__gt=0)
            by_attempt: dict[UUID, list[VerificationEntry]] = {}
            for entry in rows.select_for_update(of=("self",)).order_by("verification_id", "ordinal"):
                by_attempt.setdefault(entry.verification_id, []).append(entry)
            for mine in by_attempt.values():
                _post(recipes.MICRO_SETTLED, mine, debit=charts.CLEARING_OUT, credit=charts.SAFEGUARDING, actor=actor, at=at)
                VerificationEntry.objects.filter(pk__in=[entry.pk for entry in mine]).update(settled_at=at)
                settled += len(mine)
    return settled


def find(trace: str) -> VerificationEntry | None:
    """The newest entry with this trace number of fifteen digits, of the institution that its first eight name."""
    rows = _entries().filter(trace=trace[-7:]) if len(trace) == 15 else VerificationEntry.objects.none()
    for entry in rows.select_related("batch__partner").order_by("-pk")[:5]:
        try:
            if verification_entries.trace_of(files.me(entry.batch)["odfi"], entry) == trace:
                return entry
        except errors.RailNotConfigured:
            continue
    return None


@transaction.atomic
def come_back(*, entry_id: int, code: str, actor: Actor, at: datetime) -> VerificationEntry:
    """The bank returned an entry with ``code``: its money is ours again, and an attempt under way has failed; an account that was
    verified by it counts the return like a payment's. Once for each entry.
    """
    attempt_id = VerificationEntry.objects.values_list("verification_id", flat=True).get(pk=entry_id)
    verifications.lock_account_of(attempt_id)
    entry = _entries().select_for_update(of=("self",)).get(pk=entry_id)
    if entry.returned_at is not None:
        return entry
    entry.returned_at, entry.return_code = at, code[:16]
    entry.save(update_fields=["returned_at", "return_code"])
    if entry.amount:
        line = charts.SAFEGUARDING if entry.settled_at else charts.CLEARING_OUT
        _post(recipes.MICRO_RETURNED, [entry], debit=line, credit=charts.PROVIDER_COSTS, actor=actor, at=at)
    back = prenotes.come_back if entry.verification.method == VerificationMethod.PRENOTE else micro_deposits.come_back
    status = AccountVerification.objects.values_list("status", flat=True).get(pk=attempt_id)
    if status == AttemptStatus.PENDING:
        back(verification_id=attempt_id, code=code, actor=actor, at=at)
    elif status == AttemptStatus.VERIFIED and code != FILE:
        account_returns.count_return(
            external_account_id=entry.verification.external_account_id,
            code=code,
            is_final=returns.ends_account(Rail.ACH, code),
            reference=entry.verification.public_id,
            actor=actor,
            at=at,
        )
    return entry


def file_rejected(batch: Batch, *, actor: Actor, at: datetime) -> int:
    """The bank refused the whole file: nothing of it was sent; answers how many entries came back by it."""
    left = batch.verification_entries.filter(returned_at=None).order_by("verification__external_account_id", "ordinal")
    for entry_id in list(left.values_list("pk", flat=True)):
        come_back(entry_id=entry_id, code=FILE, actor=actor, at=at)
    return len(left)


def _locked(partner_id: UUID, *, before: datetime) -> list[AccountVerification]:
    """What waits, its accounts locked first and then itself; two runs at once take different ones."""
    rows = _waiting(before=before).filter(partner_id=partner_id).order_by("id")
    wanted = dict(rows.values_list("external_account_id", "pk")[:LARGEST])
    free = ExternalAccount.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=wanted).order_by("id")
    keys = [wanted[account.pk] for account in free]
    return list(rows.filter(pk__in=keys).select_for_update(no_key=True, of=("self",)))


def _waiting(*, before: datetime) -> QuerySet[AccountVerification]:
    """Attempts of live partners at US accounts that no file has and that were begun by then."""
    return AccountVerification.objects.filter(
        method__in=METHODS,
        status=AttemptStatus.PENDING,
        sent_at=None,
        created_at__lte=before,
        partner__mode=Mode.LIVE,
        partner__status=PartnerStatus.ACTIVE,
        external_account__kind=ExternalAccountKind.US_BANK,
        entries=None,
    ).select_related("external_account")


def _can_be_carried(attempt: AccountVerification, *, actor: Actor, at: datetime) -> bool:
    """Whether a file can carry it: the account is not blocked, and its owner's name has letters that ACH has. Else it ends."""
    account = attempt.external_account
    held_by = details_of([account])[account.pk]
    why = ""
    if account.status in {ExternalAccountStatus.BLOCKED, ExternalAccountStatus.CLOSED}:
        why = "The account was blocked before anything was sent"
    elif held_by is None or not nacha.fit(held_by.owner_name):
        why = "ACH cannot carry the owner's name"
    if not why:
        return True
    locked, mine = verifications.locked(attempt.pk, method=VerificationMethod(attempt.method))
    verifications.end(locked, mine, AttemptStatus.INCONCLUSIVE, reason=why, actor=actor, at=at)
    return False


def _amounts(attempt: AccountVerification) -> list[tuple[int, Decimal]]:
    if attempt.method == VerificationMethod.PRENOTE:
        return [(0, Decimal(0))]
    return [(place, amount.amount) for place, amount in enumerate(micro_deposits.amounts_of(verification_id=attempt.pk), 1)]


def _post(kind: str, entries: Sequence[VerificationEntry], *, debit: str, credit: str, actor: Actor, at: datetime) -> None:
    """One journal for what one attempt's entries move."""
    attempt = entries[0].verification
    book_id = postings.book_of(attempt.partner_id)
    amount = Money(sum((entry.amount for entry in entries), start=Decimal(0)), _CURRENCY)
    keys = [
        accounts.system_account(book_id=book_id, line=line, currency=_CURRENCY, actor=actor, at=at).pk for line in (debit, credit)
    ]
    journals.post(
        book_id=book_id,
        legs=[Leg(keys[0], "DEBIT", amount), Leg(keys[1], "CREDIT", amount)],
        kind=kind,
        cause=attempt.public_id,
        description=recipes.label(kind),
        metadata={
            "verification": attempt.public_id,
            "rail": Rail.ACH.value,
            "batch": str(entries[0].batch_id),
            "trace_number": entries[0].trace,
        },
        actor=actor,
    )


def _entries() -> QuerySet[VerificationEntry]:
    return VerificationEntry.objects.select_related("verification", "batch")
