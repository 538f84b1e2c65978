"""Up to 1,000 transfers in one call: all or nothing, or each on its own.

Everything is locked first (allowances, then balances, both lowest key first); then the items are tried in order on paper against standing,
limits and balances, so that each is judged as if those before it had been made; then what passes is posted, counted and written with a
handful of statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from accounts import errors as people
from accounts.choices import PartnerStatus
from accounts.services import partners
from flowlet.audit.services import log
from flowlet.audit.services.log import NewRecord
from flowlet.core import clock, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from ledger import errors as ledger_errors
from ledger.models import Book
from ledger.services import holds as books
from ledger.services import journals
from ledger.services.journals import BATCH_LIMIT, NewJournal, Posted
from wallets import errors, events
from wallets.choices import LimitScope, LimitSpan
from wallets.models import TierLimit, Transfer
from wallets.services import lapses, notices, recipes, records, spending, transfers
from wallets.services.spending import WalletBalance

# Plain SQL with arrays: a batch names up to 2,000 wallets, and the ORM handles each of them several times.
_PLACES = "SELECT id, allowance_id, account_id FROM wallets_wallet WHERE id = ANY (%s::uuid[]) AND partner_id = %s"
_STANDING = """
SELECT w.id, w.currency, w.customer_id, w.allowance_id, w.account_id, a.status, w.limit_per_transaction, w.limit_daily, w.limit_monthly
FROM wallets_wallet w JOIN ledger_account a ON a.id = w.account_id WHERE w.id = ANY (%s::uuid[])"""
_USAGE = """
SELECT allowance_id, wallet_id, day, used FROM wallets_usage WHERE allowance_id = ANY (%s) AND day >= %s AND day < %s"""
_LAPSED = """
SELECT wallet_id, sum(amount - captured - released) FROM wallets_hold
WHERE wallet_id = ANY (%s::uuid[]) AND status = 'OPEN' AND expires_at <= %s GROUP BY wallet_id"""
_ALLOWANCES = "SELECT id FROM wallets_allowance WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE"
_PEOPLE = """
SELECT c.id, c.status, c.kyc_tier FROM accounts_customer c
WHERE c.id IN (SELECT w.customer_id FROM wallets_wallet w WHERE w.id = ANY (%s::uuid[]) AND w.partner_id = %s)
ORDER BY c.id FOR SHARE"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """One transfer of a batch; the fields are those of ``transfers.make``."""

    source_id: UUID
    target_id: UUID
    amount: Money
    description: str = ""
    external_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item: a transfer with the balances after it, or a refusal."""

    transfer: Transfer | None = None
    balances: list[WalletBalance] = field(default_factory=list)
    refusal: DomainError | None = None


@transaction.atomic(savepoint=False)
def make(*, partner_id: UUID, items: Sequence[NewTransfer], is_atomic: bool, actor: Actor, at: datetime) -> list[ItemResult]:
    """Make the transfers in order; one result per item, in order.

    ``is_atomic``: the first refusal is raised as ledger's BatchRefused with ``item`` (0-based) and ``reason`` (its code), and nothing
    stays. Otherwise refused items leave nothing behind and the others are made. Raises BatchTooLarge, PartnerSuspended, and WalletNotFound
    for a partner without any wallet.
    """
    if len(items) > BATCH_LIMIT:
        raise ledger_errors.BatchTooLarge(f"{len(items)} transfers; send at most {BATCH_LIMIT} a call.")
    if partners.get(partner_id).status == PartnerStatus.SUSPENDED:
        raise people.PartnerSuspended()
    if not items:
        return []
    results: list[ItemResult] = [ItemResult()] * len(items)
    book = Book.objects.filter(partner_id=partner_id).only("id", "time_zone").first()
    if book is None:  # the book is opened with the first wallet
        raise spending.not_found(items[0].source_id, "source_wallet_id")
    paper = _Paper(partner_id=partner_id, book=book, items=items, at=at)
    accepted: list[tuple[int, Transfer]] = []
    for number, item in enumerate(items):
        try:
            accepted.append((number, paper.take(item)))
        except DomainError as refusal:
            if is_atomic:
                raise journals.batch_refused(number, refusal) from refusal
            results[number] = ItemResult(refusal=refusal)
    posted = paper.post([(items[number], transfer) for number, transfer in accepted], is_atomic=is_atomic, actor=actor)
    made = []
    for (number, transfer), answer in zip(accepted, posted, strict=True):
        if isinstance(answer, DomainError):
            if is_atomic:
                raise journals.batch_refused(number, answer) from answer
            results[number] = ItemResult(refusal=answer)
            continue
        transfer.journal_id = answer.journal_id
        made.append(transfer)
        results[number] = ItemResult(transfer=transfer, balances=paper.balances(transfer, answer))
    if made:
        paper.write(made)
        _tell(made, actor=actor, at=at)
    return results


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a batch needs of a wallet: its row is too dear to build a thousand times."""

    pk: UUID
    currency: str
    customer_id: UUID
    allowance_id: int
    account_id: int
    status: str
    limit_per_transaction: Decimal | None
    limit_daily: Decimal | None
    limit_monthly: Decimal | None


class _Paper:
    """All that the items need, locked and read, and what they would change."""

    def __init__(self, *, partner_id: UUID, book: Book, items: Sequence[NewTransfer], at: datetime) -> None:
        self.partner_id, self.book, self.at = partner_id, book, at
        self.day = clock.day_of(at, zone=self.book.time_zone)
        keys = {item.source_id for item in items} | {item.target_id for item in items}
        with connection.cursor() as cursor:
            cursor.execute(_PLACES, [list(keys), partner_id])
            places = {key: (allowance, account) for key, allowance, account in cursor.fetchall()}
        self.allowances = sorted({places[item.source_id][0] for item in items if item.source_id in places})
        accounts = {account for _, account in places.values()}
        with connection.cursor() as cursor:
            cursor.execute(_ALLOWANCES, [self.allowances])
            cursor.execute(_PEOPLE, [list(keys), partner_id])
            self.people = {key: (status, tier) for key, status, tier in cursor.fetchall()}
        lapses.end_many(allowance_ids=self.allowances, accounts=accounts, at=at)
        locked = books.lock(book_id=self.book.pk, account_ids=accounts)
        self.available = {account: posted - held for account, (posted, held) in locked.items()}
        # Read under the balances' locks, which freezing and closing need too.
        with connection.cursor() as cursor:
            cursor.execute(_STANDING, [list(places)])
            self.wallets = {row[0]: _Standing(*row) for row in cursor.fetchall()}
            cursor.execute(_LAPSED, [list(keys), at])
            self.lapsed: dict[UUID, Decimal] = dict(cursor.fetchall())
        tiers = TierLimit.objects.values_list("tier", "currency", *LimitSpan.values)
        self.limits = {(tier, currency): dict(zip(LimitSpan.values, limits, strict=True)) for tier, currency, *limits in tiers}
        self.used: dict[tuple, Decimal] = {}
        self._read_usage()
        named = {item.external_id for item in items if item.external_id}
        self.taken = set(
            Transfer.objects.filter(partner_id=partner_id, external_id__in=named).values_list("external_id", flat=True)
        )

    def _read_usage(self) -> None:
        month = self.day.replace(day=1)
        following = (month + timedelta(days=32)).replace(day=1)
        with connection.cursor() as cursor:
            cursor.execute(_USAGE, [self.allowances, month, following])
            rows = cursor.fetchall()
        for allowance_id, wallet_id, day, used in rows:
            for key in ((allowance_id, LimitSpan.MONTHLY), (wallet_id, LimitSpan.MONTHLY)):
                self.used[key] = self.used.get(key, Decimal(0)) + used
            if day == self.day:
                for key in ((allowance_id, LimitSpan.DAILY), (wallet_id, LimitSpan.DAILY)):
                    self.used[key] = self.used.get(key, Decimal(0)) + used

    def take(self, item: NewTransfer) -> Transfer:
        """Try one item; what it would change is remembered. Raises as ``transfers.make``."""
        transfer = transfers.new(
            partner_id=self.partner_id,
            source_id=item.source_id,
            target_id=item.target_id,
            amount=item.amount,
            description=item.description,
            external_id=item.external_id,
            metadata=dict(item.metadata),
            at=self.at,
        )
        if item.source_id == item.target_id:
            raise errors.SameWallet(param="target_wallet_id")
        source = self._wallet(item.source_id, "source_wallet_id", item.amount)
        target = self._wallet(item.target_id, "target_wallet_id", item.amount)
        for wallet in (source, target):
            spending.check_customer(self.people[wallet.customer_id][0])
            spending.check_wallet(wallet.status, wallet.pk)
        counted = self._check_limits(source, item.amount)
        value = item.amount.amount
        if self.available[source.account_id] < value:
            have = notices.plain(self.available[source.account_id], source.currency)
            raise spending.insufficient(source.pk, {"available": have, "needed": notices.plain(value, source.currency)})
        if transfer.external_id and transfer.external_id in self.taken:
            raise errors.DuplicateExternalId(
                f"{transfer.external_id!r} is taken.", param="external_id", external_id=transfer.external_id
            )
        self.used |= counted
        self.available[source.account_id] -= value
        self.available[target.account_id] += value
        self.taken |= {transfer.external_id} if transfer.external_id else set()
        return transfer

    def _wallet(self, wallet_id: UUID, param: str, amount: Money) -> _Standing:
        wallet = self.wallets.get(wallet_id)
        if wallet is None:
            raise spending.not_found(wallet_id, param)
        if wallet.currency != amount.currency.code:
            raise spending.mismatch(wallet_id, wallet.currency)
        return wallet

    def _check_limits(self, wallet: _Standing, amount: Money) -> dict[tuple, Decimal]:
        """The usage after it. Raises LimitExceeded or NoLimitForCurrency."""
        tier = self.people[wallet.customer_id][1]
        row = self.limits.get((tier, wallet.currency))
        counted = {
            (key, span): self.used.get((key, span), Decimal(0)) + amount.amount
            for key in (wallet.allowance_id, wallet.pk)
            for span in (LimitSpan.DAILY, LimitSpan.MONTHLY)
        }
        if row is None:
            raise errors.NoLimitForCurrency(f"No limits are set for {wallet.currency}.", currency=wallet.currency)
        for span in (LimitSpan.TRANSACTION, LimitSpan.DAILY, LimitSpan.MONTHLY):
            for scope, key, limit in (
                (LimitScope.WALLET, wallet.pk, getattr(wallet, f"limit_{span.value}")),
                (LimitScope.CUSTOMER, wallet.allowance_id, row[span.value]),
            ):
                used = amount.amount if span == LimitSpan.TRANSACTION else counted[key, span]
                if limit is not None and used > limit:
                    raise spending.limit_exceeded(
                        scope,
                        span,
                        limit=limit,
                        used=used - amount.amount,
                        amount=amount.amount,
                        currency=wallet.currency,
                        source_id=wallet.pk,
                        tier=tier,
                    )
        return counted

    def post(
        self, accepted: Sequence[tuple[NewTransfer, Transfer]], *, is_atomic: bool, actor: Actor
    ) -> list[Posted | DomainError]:
        """Post what passed. What the books refuse (a closed period) stands as a refusal in its place."""
        new = [
            NewJournal(
                legs=recipes.legs(
                    debit=self.wallets[transfer.source_id].account_id,
                    credit=self.wallets[transfer.target_id].account_id,
                    amount=item.amount,
                ),
                kind=recipes.TRANSFER,
                effective_on=item.effective_on,
                cause=transfer.public_id,
            )
            for item, transfer in accepted
        ]
        accounts = {wallet.account_id: wallet.pk for wallet in self.wallets.values()}
        alone = not is_atomic and any(item.effective_on for item, _ in accepted)
        found: list[Posted | DomainError] = []
        for result in journals.post_batch(book_id=self.book.pk, items=new, atomic=not alone, actor=actor):
            if result.posted is not None:
                found.append(result.posted)
            else:
                refusal = result.refusal
                found.append(spending.worded(refusal, accounts.get(refusal.details.get("account_id"))))
        return found

    def balances(self, transfer: Transfer, posted: Posted) -> list[WalletBalance]:
        """The balances of both wallets after the item."""
        return [
            spending.balance_of(
                key,
                posted.balances[self.wallets[key].account_id],
                transfer.currency,
                lapsed=self.lapsed.get(key, Decimal(0)),
            )
            for key in (transfer.source_id, transfer.target_id)
        ]

    def write(self, made: Sequence[Transfer]) -> None:
        """Write the transfers and count them."""
        sums: dict[tuple[int, UUID], Decimal] = {}
        for transfer in made:
            key = (self.wallets[transfer.source_id].allowance_id, transfer.source_id)
            sums[key] = sums.get(key, Decimal(0)) + transfer.amount
        spending.count((allowance, self.day, wallet, amount) for (allowance, wallet), amount in sums.items())
        records.insert_many(made)


def _tell(made: Sequence[Transfer], *, actor: Actor, at: datetime) -> None:
    facts = [(transfer, notices.of_transfer(transfer)) for transfer in made]
    log.record_many(
        [
            NewRecord(action=events.TRANSFER_COMPLETED, target=transfer.public_id, partner_id=transfer.partner_id, after=data)
            for transfer, data in facts
        ],
        actor=actor,
        at=at,
    )
    outbox.publish_many(
        [
            NewEvent(
                type=events.TRANSFER_COMPLETED,
                partner_id=transfer.partner_id,
                subject=ids.public_id(Transfer.PREFIX, transfer.pk),
                data=data,
                at=at,
            )
            for transfer, data in facts
        ]
    )
