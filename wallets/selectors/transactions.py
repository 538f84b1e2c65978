"""What went in and out of a wallet: the entries of its account, in the order of recording, with what caused them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from flowlet.core import ids
from flowlet.core.errors import NotFound
from flowlet.core.money import Money
from ledger.models import Account, Entry, Journal
from wallets.choices import Direction, TransactionType
from wallets.models import Conversion, Refund, TopUp, Transfer, Wallet
from wallets.selectors import causes
from wallets.selectors.metadata import noted

KINDS = {
    TransactionType.TRANSFER: "wallets.transfer",
    TransactionType.CAPTURE: "wallets.capture",
    TransactionType.REFUND: "wallets.refund",
    TransactionType.TOP_UP: "wallets.top_up",
    TransactionType.CONVERSION: "wallets.conversion",
}
CHUNK = 1000
CAUSES = (Transfer, TopUp, Conversion)
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
    external_id: str

    @property
    def id(self) -> str:
        """The journal's public id and the leg's place in it."""
        return f"{self.journal.public_id}.{self.entry.ordinal}"

    @property
    def journal(self) -> Journal:
        """What it is a part of."""
        return self.entry.journal

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
        found = found.filter(_named(wallet.partner_id, external_id))
    return noted(found, metadata, field="journal__metadata")


def _named(partner_id: UUID, external_id: str) -> Q:
    """What was caused by objects with the external id."""
    named = {"partner_id": partner_id, "external_id": external_id}
    found = [row.public_id for kind in (*CAUSES, *causes.models()) for row in kind.objects.filter(**named).only("id")]
    journals = list(Refund.objects.filter(**named).values_list("journal_id", flat=True))
    caused = Q(journal__cause__in=found) & ~Q(journal__kind=KINDS[TransactionType.REFUND])
    return caused | Q(journal__in=journals)


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
    refunds = [entry.journal_id for entry in entries if entry.journal.kind == KINDS[TransactionType.REFUND]]
    names = _external_ids({entry.journal.cause for entry in entries})
    names |= dict(Refund.objects.filter(journal_id__in=refunds).values_list("journal_id", "external_id"))
    return [_transaction(entry, others.get(entry.journal_id, set()), names) for entry in entries]


def _transaction(entry: Entry, others: set[str], names: Mapping[Any, str]) -> Transaction:
    journal = entry.journal
    type_ = TYPES.get(journal.kind) or (TransactionType.PAYMENT if causes.label(journal.kind) else TransactionType.OTHER)
    wallets = {owner for owner in others if owner.startswith("wal_")}
    name = names.get(journal.pk if type_ == TransactionType.REFUND else journal.cause, "")
    return Transaction(
        entry=entry,
        type=type_,
        direction=Direction.IN if entry.side == "CREDIT" else Direction.OUT,
        amount=Money(entry.amount, entry.currency),
        balance_after=None if entry.balance_after is None else Money(entry.balance_after, entry.currency),
        counterparty=wallets.pop() if len(wallets) == 1 and (len(others) == 1 or type_ == TransactionType.CONVERSION) else "",
        cause=journal.cause,
        external_id=name,
    )


def _external_ids(named: set[str]) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for kind in (*CAUSES, *causes.models()):
        keys = [kind.key(cause) for cause in named if cause.startswith(f"{kind.PREFIX}_")]
        if keys:
            for key, name in kind.objects.filter(pk__in=keys).values_list("pk", "external_id"):
                found[ids.public_id(kind.PREFIX, key)] = name
    return found


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
