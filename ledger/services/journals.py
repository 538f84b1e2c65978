"""Posting: the one way money moves in the books.

``post`` books one journal in one round trip, ``post_batch`` up to 1,000 in a few, ``reverse`` books the mirror of a journal,
once. All of them
run in the caller's transaction if there is one, else in their own. What they refuse leaves nothing behind.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import Money, exact
from ledger import errors
from ledger.choices import Side
from ledger.models import Entry, Journal
from ledger.services import simulation
from ledger.services.refusals import translated

BATCH_LIMIT = 1000
LEG_LIMIT = 30_000
_OPPOSITE = {Side.DEBIT.value: Side.CREDIT, Side.CREDIT.value: Side.DEBIT}
# Arrays and rows travel as literals, because PostgreSQL parses those faster than constructors and than many arguments.
_PAIR = "SELECT ledger_post_pair(%s)"
_POST = "SELECT ledger_post(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_BATCH = """SELECT ledger_post_batch(%s, %s, %s, %s::uuid[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
 %s::uuid[], %s, %s, %s, %s, %s)"""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: an account, a side, a positive amount in the account's currency."""

    account_id: int
    side: str
    amount: Money


@dataclass(frozen=True, slots=True)
class HoldChange:
    """By how much the held balance of an account changes in the same step (negative: released)."""

    account_id: int
    delta: Decimal


@dataclass(frozen=True, slots=True)
class NewJournal:
    """A journal to be posted. ``effective_on`` None means today in the book's zone."""

    legs: Sequence[Leg]
    kind: str
    effective_on: date | None = None
    description: str = ""
    external_id: str = ""
    cause: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reverses: UUID | None = None
    journal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BalanceAfter:
    """A STRICT account's balance after a posting, in its normal direction. ``available`` is posted less held."""

    posted: Decimal
    held: Decimal
    seq: int

    @property
    def available(self) -> Decimal:
        """What can be spent."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class Posted:
    """What a posting answers: the journal and the balances of the STRICT accounts it touched."""

    journal_id: UUID
    posted_at: datetime
    balances: dict[int, BalanceAfter]
    effective_on: date | None = None

    @property
    def public_id(self) -> str:
        """The journal's public id."""
        return ids.public_id(Journal.PREFIX, self.journal_id)


@dataclass(frozen=True, slots=True)
class Result:
    """One item of a batch: posted, or refused with its reason."""

    posted: Posted | None = None
    refusal: DomainError | None = None


class _DryRun(Exception):
    """Leaves the savepoint of a dry run."""


def post(
    *,
    book_id: int,
    legs: Sequence[Leg],
    kind: str,
    actor: Actor,
    effective_on: date | None = None,
    description: str = "",
    external_id: str = "",
    cause: str = "",
    metadata: Mapping[str, Any] | None = None,
    reverses: UUID | None = None,
    holds: Sequence[HoldChange] = (),
    adjusting: bool = False,
    journal_id: UUID | None = None,
    dry_run: bool = False,
) -> Posted:
    """Post one journal and answer the balances after it.

    ``adjusting`` lets finance post into a soft-closed period. ``holds`` change in the same step, on accounts that have a leg.
    With ``dry_run``
    everything is checked and nothing stays.

    Raises InsufficientFunds, AccountFrozen, AccountClosed, AccountNotFound, CurrencyMismatch, Unbalanced, MalformedJournal,
    PeriodClosed,
    EffectiveDayOutOfRange, DuplicateExternalId, AlreadyReversed, HoldExceeded, Busy.
    """
    check_legs(legs)
    journal_id = journal_id or ids.uuid7()
    document = json.dumps(metadata, default=str) if metadata else "{}"
    if not (holds or reverses or adjusting) and _is_pair(legs):
        texts = [kind, str(actor), description, external_id, cause, document]
        return _run(dry_run, journal_id, _PAIR, [_pair(journal_id, book_id, effective_on, texts, legs)])
    order = sorted(range(len(legs)), key=lambda i: legs[i].account_id)
    ordered = [legs[i] for i in order]
    arguments = [
        str(journal_id),
        book_id,
        kind,
        effective_on,
        str(actor),
        description,
        external_id,
        cause,
        document,
        str(reverses) if reverses else None,
        adjusting,
        "{%s}" % ",".join([str(leg.account_id) for leg in ordered]),
        "{%s}" % ",".join([_signed(leg) for leg in ordered]),
        "{%s}" % ",".join([leg.amount.currency.code for leg in ordered]),
        "{%s}" % ",".join([str(i + 1) for i in order]),
        [hold.account_id for hold in holds] if holds else None,
        [hold.delta for hold in holds] if holds else None,
    ]
    return _run(dry_run, journal_id, _POST, arguments)


def _is_pair(legs: Sequence[Leg]) -> bool:
    """Whether the legs are a debit and a credit of the same money on two accounts."""
    if len(legs) != 2:
        return False
    one, other = legs
    return one.side != other.side and one.account_id != other.account_id and one.amount == other.amount


def _pair(journal_id: UUID, book_id: int, effective_on: date | None, texts: Sequence[str], legs: Sequence[Leg]) -> str:
    """The argument of ``ledger_post_pair``: a row as PostgreSQL reads it (8.16.6 of its manual)."""
    kind, actor, description, external_id, cause, metadata = [_quoted(text) for text in texts]
    debit, credit = (0, 1) if legs[0].side == "DEBIT" else (1, 0)
    amount = legs[0].amount
    return (
        f"({journal_id},{book_id},{kind},{effective_on or ''},{actor},{description},{external_id},{cause},{metadata},"
        f"{legs[debit].account_id},{legs[credit].account_id},{amount.amount:f},{amount.currency.code},{debit + 1},{credit + 1})"
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _run(dry_run: bool, journal_id: UUID, statement: str, arguments: list[Any]) -> Posted:
    if dry_run:
        return _rolled_back(lambda: _post(journal_id, statement, arguments))
    return _post(journal_id, statement, arguments)


def _post(journal_id: UUID, statement: str, arguments: list[Any]) -> Posted:
    with translated(), connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        _, posted_at, day, *told = cursor.fetchone()[0].split(",")
    rows = zip(*[iter(told)] * 4, strict=True)
    return Posted(
        journal_id,
        datetime.fromisoformat(posted_at),
        {int(account): BalanceAfter(Decimal(posted), Decimal(held), int(seq)) for account, posted, held, seq in rows},
        date.fromisoformat(day),
    )


def post_batch(
    *,
    book_id: int,
    items: Sequence[NewJournal],
    atomic: bool,
    actor: Actor,
    adjusting: bool = False,
    dry_run: bool = False,
) -> list[Result]:
    """Post up to 1,000 journals in order.

    ``atomic``: all or nothing; the first refusal is raised as BatchRefused with ``item`` (0-based) and the reason's ``code``.
    Otherwise
    each on its own: the answer has one Result per item, in order, and refused items leave nothing behind.
    """
    if len(items) > BATCH_LIMIT:
        raise errors.BatchTooLarge(f"{len(items)} journals; send at most {BATCH_LIMIT} a call.")
    if not items:
        return []
    refusals: dict[int, DomainError] = {}
    for number, item in enumerate(items):
        try:
            check_legs(item.legs)
            check_balanced(item.legs)
        except DomainError as refusal:
            refusals[number] = refusal
    if atomic and refusals:
        number, refusal = next(iter(refusals.items()))
        raise batch_refused(number, refusal) from refusal
    if dry_run:
        return _rolled_back(lambda: _batch(book_id, items, atomic, actor, adjusting, refusals))
    with transaction.atomic():
        return _batch(book_id, items, atomic, actor, adjusting, refusals)


def _batch(
    book_id: int, items: Sequence[NewJournal], atomic: bool, actor: Actor, adjusting: bool, refusals: dict[int, DomainError]
) -> list[Result]:
    if not atomic or any(item.external_id or item.reverses for item in items):
        # Locks what the items need and says who cannot be posted; in an all-or-nothing batch only to name the item.
        refusals |= simulation.refusals(book_id=book_id, items=items, known=refusals, adjusting=adjusting)
        if atomic and refusals:
            number = min(refusals)
            raise batch_refused(number, refusals[number]) from refusals[number]
    accepted = [(number, item) for number, item in enumerate(items) if number not in refusals]
    results: list[Result] = [Result(refusal=refusals.get(number)) for number in range(len(items))]
    if accepted:
        try:
            posted = _post_all(book_id, [item for _, item in accepted], actor, adjusting)
        except DomainError as refusal:
            raise batch_refused(_refused_item(accepted, refusal.details), refusal) from refusal
        for (number, _), answer in zip(accepted, posted, strict=True):
            results[number] = Result(posted=answer)
    return results


def _refused_item(accepted: Sequence[tuple[int, NewJournal]], details: Mapping[str, Any]) -> int | None:
    """Which item a refusal means: the one it names, else the first that touches the account it names."""
    if "item" in details:
        return accepted[details["item"]][0]
    account_id = details.get("account_id")
    return next((number for number, item in accepted if any(leg.account_id == account_id for leg in item.legs)), None)


def _post_all(book_id: int, items: Sequence[NewJournal], actor: Actor, adjusting: bool) -> list[Posted]:
    keys = [item.journal_id or ids.uuid7() for item in items]
    legs = [(number, ordinal, leg) for number, item in enumerate(items, 1) for ordinal, leg in enumerate(item.legs, 1)]
    arguments = [
        book_id,
        adjusting,
        str(actor),
        [str(key) for key in keys],
        [item.kind for item in items],
        [item.effective_on for item in items],
        [item.description for item in items],
        [item.external_id for item in items],
        [item.cause for item in items],
        [json.dumps(item.metadata, default=str) if item.metadata else "{}" for item in items],
        [str(item.reverses) if item.reverses else None for item in items],
        "{%s}" % ",".join([str(number) for number, _, _ in legs]),
        "{%s}" % ",".join([str(leg.account_id) for _, _, leg in legs]),
        "{%s}" % ",".join([_signed(leg) for _, _, leg in legs]),
        "{%s}" % ",".join([leg.amount.currency.code for _, _, leg in legs]),
        "{%s}" % ",".join([str(ordinal) for _, ordinal, _ in legs]),
    ]
    with translated(), connection.cursor() as cursor:
        cursor.execute(_BATCH, arguments)
        posted_at, *told = cursor.fetchone()[0].split(";")
    moment = datetime.fromisoformat(posted_at)
    balances: list[dict[int, BalanceAfter]] = [{} for _ in items]
    for line in told:
        number, account_id, posted, held, seq = line.split(",")
        balances[int(number) - 1][int(account_id)] = BalanceAfter(Decimal(posted), Decimal(held), int(seq))
    return [Posted(key, moment, balance, item.effective_on) for key, balance, item in zip(keys, balances, items, strict=True)]


def reverse(
    *,
    book_id: int,
    journal_id: UUID,
    actor: Actor,
    reason: str,
    cause: str = "",
    effective_on: date | None = None,
    dry_run: bool = False,
) -> Posted:
    """Post the exact opposite of a journal, once. It takes effect on the original's day, or today when that day's period is
    closed.

    Raises JournalNotFound, AlreadyReversed, ReversalOfReversal, and whatever ``post`` raises (the money may be gone:
    InsufficientFunds).
    """
    original = Journal.objects.filter(pk=journal_id, book_id=book_id).select_related("book").first()
    if original is None:
        raise errors.JournalNotFound
    if original.reverses_id is not None:
        raise errors.ReversalOfReversal
    if Journal.objects.filter(reverses_id=journal_id).exists():
        raise errors.AlreadyReversed
    if effective_on is None:
        closed = max(filter(None, [original.book.closed_through, original.book.soft_closed_through]), default=None)
        effective_on = original.effective_on if closed is None or original.effective_on > closed else None
    entries = Entry.objects.filter(journal_id=journal_id).order_by("ordinal")
    legs = [Leg(entry.account_id, _OPPOSITE[entry.side], exact(entry.amount, entry.currency)) for entry in entries]
    try:
        return post(
            book_id=book_id,
            legs=legs,
            kind="reversal",
            actor=actor,
            effective_on=effective_on,
            description=reason,
            cause=cause,
            reverses=journal_id,
            dry_run=dry_run,
        )
    except errors.InsufficientFunds:
        # A twin may have been faster, and taken the money with it.
        if not connection.needs_rollback and Journal.objects.filter(reverses_id=journal_id).exists():
            raise errors.AlreadyReversed from None
        raise


def check_legs(legs: Sequence[Leg]) -> None:
    """Raise MalformedJournal unless there are two legs or more, each positive, exact and on a side."""
    if not 2 <= len(legs) <= LEG_LIMIT:
        raise errors.MalformedJournal(f"A journal has 2 to {LEG_LIMIT} legs, not {len(legs)}.", param="legs")
    checked: Money | None = None
    for leg in legs:
        if leg.side not in ("DEBIT", "CREDIT"):
            raise errors.MalformedJournal("A leg is a DEBIT or a CREDIT.", param="legs")
        if leg.amount is checked:
            continue
        checked = leg.amount
        if checked.amount <= 0:
            raise errors.MalformedJournal("Amounts are positive; the side gives the direction.", param="legs")
        exact(checked.amount, checked.currency.code)


def check_balanced(legs: Sequence[Leg]) -> None:
    """Raise Unbalanced unless debits equal credits in every currency (the database checks it too)."""
    gaps: dict[str, Decimal] = {}
    for leg in legs:
        code = leg.amount.currency.code
        gaps[code] = gaps.get(code, Decimal(0)) + (leg.amount.amount if leg.side == "DEBIT" else -leg.amount.amount)
    for code, gap in gaps.items():
        if gap:
            raise errors.Unbalanced(f"Debits exceed credits by {gap} {code}.", currency=code, debits_less_credits=str(gap))


def batch_refused(number: int | None, refusal: DomainError) -> errors.BatchRefused:
    """The refusal of a whole batch because of item ``number``."""
    where = "An item" if number is None else f"Item {number}"
    return errors.BatchRefused(f"{where} was refused: {refusal.message}", item=number, reason=refusal.code)


def _signed(leg: Leg) -> str:
    return f"{leg.amount.amount:f}" if leg.side == "DEBIT" else f"-{leg.amount.amount:f}"


def _rolled_back(work: Any) -> Any:
    answer = None
    try:
        with transaction.atomic():
            answer = work()
            raise _DryRun
    except _DryRun:
        return answer
