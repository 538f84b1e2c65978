"""What went in and out of a wallet: the entries of its account, in the order of recording, with what caused them and what was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from flowlet.core import ids
from flowlet.core.errors import NotFound
from flowlet.core.money import Money
from ledger.models import Account, Entry, Journal
from wallets.choices import Direction, TransactionType
from wallets.models import Wallet
from wallets.selectors import causes, words
from wallets.selectors.words import KINDS, Words

CHUNK = 1000
TYPES = {kind: type_ for type_, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of a wallet. ``counterparty`` is the other wallet's public id, "" where it is none of the partner's wallets."""

    entry: Entry
    type: TransactionType
    direction: Direction
    amount: Money
    balance_after: Money | None
    counterparty: str
    cause: str
    words: Words

    @property
    def id(self) -> str:
        """The journal's public id and the leg's place in it."""
        return f"{self.journal.public_id}.{self.entry.ordinal}"

    @property
    def journal(self) -> Journal:
        """What it is a part of."""
        return self.entry.journal

    @property
    def external_id(self) -> str:
        """The partner's id of what is behind it."""
        return self.words.external_id

    @property
    def description(self) -> str:
        """What was written of it."""
        return self.words.description

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the partner noted on what is behind it."""
        return self.words.metadata

    @property
    def label(self) -> str:
        """What people call it, such as "Transfer" or "Payment sent"."""
        return causes.label(self.journal.kind) or str(self.type.label)

    @property
    def effective_on(self) -> date:
        """The day it counts for."""
        return self.entry.effective_on

    @property
    def posted_at(self) -> datetime:
        """When it was recorded."""
        return self.entry.posted_at

    @property
    def signed(self) -> Money:
        """Positive in, negative out."""
        return self.amount if self.direction == Direction.IN else -self.amount


def of_wallet(
    wallet: Wallet,
    *,
    type: str | None = None,
    direction: str | None = None,
    counterparty_id: UUID | None = None,
    external_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
    **lookups: Any,
) -> QuerySet[Entry]:
    """The entries of the wallet that fit; ``lookups`` are Django lookups on the entry, such as ``amount__gte``."""
    found = Entry.objects.filter(account_id=wallet.account_id, **lookups).select_related("journal")
    if type == TransactionType.OTHER:
        found = found.exclude(journal__kind__in=[*TYPES, *causes.kinds()])
    elif type == TransactionType.PAYMENT:
        found = found.filter(journal__kind__in=causes.kinds())
    elif type:
        found = found.filter(journal__kind=KINDS[TransactionType(type)])
    if direction:
        found = found.filter(side="CREDIT" if direction == Direction.IN else "DEBIT")
    if counterparty_id:
        other = (
            Wallet.objects.filter(pk=counterparty_id, partner_id=wallet.partner_id).values_list("account_id", flat=True).first()
        )
        if other is None:
            return found.none()
        found = found.filter(Exists(Entry.objects.filter(journal=OuterRef("journal"), account_id=other)))
    if external_id:
        found = found.filter(words.journals_named(partner_id=wallet.partner_id, external_id=external_id))
    if metadata:
        found = found.filter(journal__in=words.journals_noted(wallet, metadata))
    return found


def read(entries: Sequence[Entry], *, wallet: Wallet) -> list[Transaction]:
    """The transactions behind entries of the wallet, with a handful of queries for every thousand."""
    found = []
    for start in range(0, len(entries), CHUNK):
        found += _read(entries[start : start + CHUNK], wallet)
    return found


def _read(entries: Sequence[Entry], wallet: Wallet) -> list[Transaction]:
    journals = {entry.journal_id for entry in entries}
    others: dict[UUID, set[str]] = {}
    legs = Entry.objects.filter(journal__in=journals).exclude(account_id=wallet.account_id)
    pairs = list(legs.values_list("journal_id", "account_id"))
    owners = dict(Account.objects.filter(pk__in={account for _, account in pairs}).values_list("pk", "owner"))
    for journal_id, account_id in pairs:
        others.setdefault(journal_id, set()).add(owners[account_id])
    written = words.of(entry.journal for entry in entries)
    return [_transaction(entry, others.get(entry.journal_id, set()), written[entry.journal_id]) for entry in entries]


def _transaction(entry: Entry, others: set[str], written: Words) -> Transaction:
    journal = entry.journal
    type_ = TYPES.get(journal.kind) or (TransactionType.PAYMENT if causes.label(journal.kind) else TransactionType.OTHER)
    wallets = {owner for owner in others if owner.startswith("wal_")}
    return Transaction(
        entry=entry,
        type=type_,
        direction=Direction.IN if entry.side == "CREDIT" else Direction.OUT,
        amount=Money(entry.amount, entry.currency),
        balance_after=None if entry.balance_after is None else Money(entry.balance_after, entry.currency),
        counterparty=wallets.pop() if len(wallets) == 1 and (len(others) == 1 or type_ == TransactionType.CONVERSION) else "",
        cause=journal.cause,
        words=written,
    )


def entry_id(cursor: str, *, wallet: Wallet) -> int:
    """The key of the entry behind a transaction's id. Raises NotFound when it is none of this wallet."""
    name, _, ordinal = cursor.partition(".")
    journal_id = ids.parse(Journal.PREFIX, name)
    if not ordinal.isdecimal() or not ordinal.isascii() or len(ordinal) > 5:
        raise NotFound
    found = Entry.objects.filter(journal_id=journal_id, account_id=wallet.account_id, ordinal=int(ordinal)).values_list(
        "id", flat=True
    )
    if not found:
        raise NotFound
    return found[0]
