"""Journals that a partner posts through the API, on its own accounts.

A key must not move customers' money behind the product that keeps it: accounts with an owner (a wallet's, for one) are refused,
in postings and in reversals. Kinds that the platform posts itself are reserved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from ledger import errors
from ledger.models import Account, Book, Entry, Journal
from ledger.services import journals, manual, revaluation
from ledger.services.journals import Leg, NewJournal, Posted, Result
from ledger.services.periods import CLOSING_KIND

RESERVED = frozenset({CLOSING_KIND, manual.JOURNAL_KIND, revaluation.KIND, "reversal"})


@dataclass(frozen=True, slots=True)
class AskedLeg:
    """A leg with the account's UUID."""

    account: UUID
    side: str
    amount: Money


@dataclass(frozen=True, slots=True)
class AskedJournal:
    """A journal as a partner asks for it. ``effective_on`` None means today in the book's zone."""

    kind: str
    legs: Sequence[AskedLeg]
    effective_on: date | None = None
    description: str = ""
    external_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def post(*, book: Book, asked: AskedJournal, actor: Actor, at: datetime, dry_run: bool = False) -> Posted:
    """Post a journal on accounts of the book that no product owns.

    Raises AccountOwned, ReservedKind, AccountNotFound, and what posting raises.
    """
    (item,) = _resolved(book, [asked])
    if isinstance(item, DomainError):
        raise item
    posted = journals.post(
        book_id=book.pk,
        legs=item.legs,
        kind=item.kind,
        actor=actor,
        effective_on=item.effective_on,
        description=item.description,
        external_id=item.external_id,
        metadata=item.metadata,
        dry_run=dry_run,
    )
    if not dry_run:
        _tell(book, "ledger.journal.posted", posted, actor, at, after={"kind": asked.kind, "legs": len(asked.legs)})
    return posted


@transaction.atomic(savepoint=False)
def post_batch(
    *, book: Book, asked: Sequence[AskedJournal], atomic: bool, actor: Actor, at: datetime, dry_run: bool = False
) -> list[Result]:
    """Post up to 1,000 journals in order: all or nothing, or each on its own with a result per item.

    Raises BatchTooLarge, BatchRefused (``atomic`` only).
    """
    if len(asked) > journals.BATCH_LIMIT:
        raise errors.BatchTooLarge
    items = _resolved(book, asked)
    refused = {number: item for number, item in enumerate(items) if isinstance(item, DomainError)}
    if atomic and refused:
        number, refusal = next(iter(refused.items()))
        raise journals.batch_refused(number, refusal) from refusal
    sound = [(number, item) for number, item in enumerate(items) if isinstance(item, NewJournal)]
    answers = journals.post_batch(book_id=book.pk, items=[item for _, item in sound], atomic=atomic, actor=actor, dry_run=dry_run)
    results = [Result(refusal=refused.get(number)) for number in range(len(items))]
    for (number, _), answer in zip(sound, answers, strict=True):
        results[number] = answer
    posted = [result.posted for result in results if result.posted]
    if posted and not dry_run:
        after = {"posted": len(posted), "refused": len(results) - len(posted)}
        _tell(book, "ledger.journals.posted", posted[0], actor, at, after=after)
    return results


@transaction.atomic(savepoint=False)
def reverse(*, book: Book, journal_id: UUID, reason: str, actor: Actor, at: datetime, effective_on: date | None = None) -> Posted:
    """Post the opposite of a journal whose accounts no product owns, once. What officers posted, officers reverse.

    Raises JournalNotFound, AccountOwned, ReservedKind, AlreadyReversed, ReversalOfReversal, and what posting raises.
    """
    owned = (
        Entry.objects.filter(journal_id=journal_id, account__book_id=book.pk).exclude(account__owner="").select_related("account")
    )
    entry = owned.first()
    if entry is not None:
        raise _owned(entry.account)
    kind = Journal.objects.filter(pk=journal_id, book=book).values_list("kind", flat=True).first()
    if kind in (CLOSING_KIND, manual.JOURNAL_KIND):
        raise errors.ReservedKind(f"Journals of kind {kind!r} are posted by the platform, and reversed there.")
    posted = journals.reverse(book_id=book.pk, journal_id=journal_id, actor=actor, reason=reason, effective_on=effective_on)
    _tell(book, "ledger.journal.reversed", posted, actor, at, reason=reason, after={"reverses": Journal(pk=journal_id).public_id})
    return posted


def _resolved(book: Book, asked: Sequence[AskedJournal]) -> list[NewJournal | DomainError]:
    """The journals with their accounts looked up in one query, or why one cannot be posted."""
    wanted = {leg.account for journal in asked for leg in journal.legs}
    accounts = {account.uid: account for account in Account.objects.filter(book_id=book.pk, uid__in=wanted)}
    answer: list[NewJournal | DomainError] = []
    for journal in asked:
        try:
            answer.append(_one(journal, accounts))
        except DomainError as refusal:
            answer.append(refusal)
    return answer


def _one(journal: AskedJournal, accounts: Mapping[UUID, Account]) -> NewJournal:
    if journal.kind in RESERVED:
        raise errors.ReservedKind(f"Journals of kind {journal.kind!r} are posted by the platform.", param="kind")
    legs = []
    for number, leg in enumerate(journal.legs):
        account = accounts.get(leg.account)
        if account is None:
            raise errors.AccountNotFound(param=f"legs[{number}].account_id")
        if account.owner:
            raise _owned(account, param=f"legs[{number}].account_id")
        legs.append(Leg(account.pk, leg.side, leg.amount))
    return NewJournal(
        legs=legs,
        kind=journal.kind,
        effective_on=journal.effective_on,
        description=journal.description,
        external_id=journal.external_id,
        metadata=journal.metadata,
    )


def _owned(account: Account, param: str = "") -> errors.AccountOwned:
    return errors.AccountOwned(
        f"{account.public_id} belongs to {account.owner}; move its money there.", param=param, owner=account.owner
    )


def _tell(
    book: Book, action: str, posted: Posted, actor: Actor, at: datetime, *, after: dict[str, Any], reason: str = ""
) -> None:
    log.record(action=action, actor=actor, at=at, target=posted.public_id, partner_id=book.partner_id, reason=reason, after=after)
