"""Journals from files: CSV with one leg a line, or JSON (a list, or one journal a line).

Each journal needs an external id. It makes a run repeatable: a journal that is in the book already, equal in kind, day and legs,
is counted as known; one that differs is refused. So a run that broke off is simply started again.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import IO, Any

from django.db import transaction

from flowlet.core import ids, metadata
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, Invalid
from flowlet.core.money import parse
from ledger import errors
from ledger.models import Account, Book, Entry, Journal
from ledger.services import journals
from ledger.services.journals import Leg, NewJournal

CHUNK = 500
COLUMNS = ("external_id", "kind", "effective_on", "description", "account", "side", "amount", "currency")
FIELDS = {"external_id", "kind", "effective_on", "description", "metadata", "legs"}
LEG_FIELDS = {"account", "side", "amount", "currency"}
LONGEST = {"external_id": 120, "kind": 40, "description": 500}


class MalformedRow(Invalid):
    """The line of the file cannot be read as a journal or as a leg of one."""

    code, title = "ledger.malformed_row", "The line cannot be read"


@dataclass(frozen=True, slots=True)
class Read:
    """A journal as it stands in the file, from ``line`` on (1-based); ``refusal`` if it cannot be read."""

    line: int
    external_id: str = ""
    kind: str = ""
    effective_on: date | None = None
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    legs: tuple[tuple[str, str, str, str], ...] = ()  # account, side, amount, currency
    refusal: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A journal that was not posted: from which line on, which, and why."""

    line: int
    external_id: str
    code: str
    reason: str


@dataclass(slots=True)
class Outcome:
    """What became of a file. ``is_kept`` is false after a dry run, and when an all-or-nothing run met a refusal."""

    posted: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    is_kept: bool = True


def read_csv(file: IO[str]) -> Iterator[Read]:
    """Journals from legs: lines that follow each other with the same external id are one journal.

    Raises MalformedRow when the header is not ``COLUMNS``.
    """
    rows = csv.DictReader(file, strict=True)
    if set(rows.fieldnames or ()) != set(COLUMNS):
        raise MalformedRow(f"The first line names the columns: {', '.join(COLUMNS)}.")
    group: list[dict[str, str]] = []
    start = 2
    try:
        for row in rows:
            line = rows.line_num
            if group and row["external_id"] != group[0]["external_id"]:
                yield _from_rows(group, start)
                group = []
            if not group:
                start = line
            group.append(row)
    except csv.Error as error:
        yield Read(rows.line_num, refusal=MalformedRow(f"{error}."))
        return
    if group:
        yield _from_rows(group, start)


def read_json(file: IO[str]) -> Iterator[Read]:
    """Journals from a JSON list, or from JSON lines (then line by line, whatever the size of the file)."""
    first = file.read(1)
    while first.isspace():
        first = file.read(1)
    file.seek(0)
    if first == "[":
        try:
            items = json.load(file, parse_float=str)
        except json.JSONDecodeError as error:
            yield Read(error.lineno, refusal=MalformedRow(f"{error.msg}."))
            return
        for number, item in enumerate(items, 1):
            yield _from_json(item, number)
        return
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                item = json.loads(line, parse_float=str)
            except json.JSONDecodeError as error:
                yield Read(number, refusal=MalformedRow(f"{error.msg}."))
            else:
                yield _from_json(item, number)


def post(
    *,
    book: Book,
    rows: Iterator[Read],
    actor: Actor,
    atomic: bool = False,
    dry_run: bool = False,
    allow_owned: bool = False,
    progress: Callable[[int], None] = lambda count: None,
) -> Outcome:
    """Post what was read, in order, in chunks: each journal on its own, or (``atomic``) the whole file or nothing.

    Every refusal is in the outcome; none is raised. Accounts are named by public id, or by code within the currency. Those that a
    product owns are refused unless ``allow_owned``.
    """
    outcome = Outcome()
    if not (atomic or dry_run):
        for chunk in _chunks(rows):
            _post_chunk(book, chunk, actor, allow_owned, outcome)
            progress(len(chunk))
        return outcome
    with transaction.atomic():
        for chunk in _chunks(rows):
            _post_chunk(book, chunk, actor, allow_owned, outcome)
            progress(len(chunk))
        if dry_run or outcome.refused:
            outcome.is_kept = False
            transaction.set_rollback(True)
    return outcome


def _chunks(rows: Iterator[Read]) -> Iterator[list[Read]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _post_chunk(book: Book, chunk: list[Read], actor: Actor, allow_owned: bool, outcome: Outcome) -> None:
    accounts = _accounts(book, chunk)
    sound: list[tuple[Read, NewJournal]] = []
    for row in chunk:
        try:
            sound.append((row, _journal(row, accounts, allow_owned)))
        except DomainError as refusal:
            outcome.refused.append(Refused(row.line, row.external_id, refusal.code, refusal.message))
    results = journals.post_batch(book_id=book.pk, items=[item for _, item in sound], atomic=False, actor=actor)
    taken = []
    for (row, item), result in zip(sound, results, strict=True):
        if result.posted:
            outcome.posted += 1
        elif isinstance(result.refusal, errors.DuplicateExternalId):
            taken.append((row, item))
        elif result.refusal is not None:
            outcome.refused.append(Refused(row.line, row.external_id, result.refusal.code, result.refusal.message))
    for row, is_equal in _compared(book, taken):
        if is_equal:
            outcome.known += 1
        else:
            code, reason = errors.DuplicateExternalId.code, "The book has another journal with this external id."
            outcome.refused.append(Refused(row.line, row.external_id, code, reason))
    outcome.refused.sort(key=lambda refused: refused.line)


def _compared(book: Book, taken: list[tuple[Read, NewJournal]]) -> Iterator[tuple[Read, bool]]:
    """Whether the book's journal with the same external id is the same."""
    names = [item.external_id for _, item in taken]
    there = {journal.external_id: journal for journal in Journal.objects.filter(book=book, external_id__in=names)}
    legs: dict[Any, list[tuple[int, str, Decimal]]] = {}
    entries = Entry.objects.filter(journal_id__in=[journal.pk for journal in there.values()]).order_by("journal_id", "ordinal")
    for journal_id, account_id, side, amount in entries.values_list("journal_id", "account_id", "side", "amount"):
        legs.setdefault(journal_id, []).append((account_id, side, amount))
    for row, item in taken:
        found = there[item.external_id]
        wanted = [(leg.account_id, str(leg.side), leg.amount.amount) for leg in item.legs]
        same_day = item.effective_on is None or item.effective_on == found.effective_on
        yield row, found.kind == item.kind and same_day and legs.get(found.pk) == wanted


def _storable(text: str) -> bool:
    """Whether the database can hold it: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _accounts(book: Book, chunk: list[Read]) -> dict[tuple[str, str], Account]:
    """By public id (under any currency) and by code and currency."""
    names = {leg[0] for row in chunk for leg in row.legs}
    keys = []
    for name in names:
        if name.startswith(f"{Account.PREFIX}_"):
            try:
                keys.append(ids.parse(Account.PREFIX, name))
            except DomainError:
                continue
    found: dict[tuple[str, str], Account] = {}
    for account in Account.objects.filter(book=book, uid__in=keys):
        found[account.public_id, ""] = account
    for account in Account.objects.filter(book=book, code__in=names):
        found[account.code, account.currency] = account
    return found


def _journal(row: Read, accounts: Mapping[tuple[str, str], Account], allow_owned: bool) -> NewJournal:
    if row.refusal is not None:
        raise row.refusal
    legs = []
    for name, side, amount, currency in row.legs:
        money = parse(amount, currency)
        account = accounts.get((name, "")) or accounts.get((name, currency))
        if account is None:
            raise errors.AccountNotFound(f"The book has no account {name[:64]!r} in {currency}.")
        if account.owner and not allow_owned:
            raise errors.AccountOwned(f"{name[:64]} belongs to {account.owner}.")
        legs.append(Leg(account.pk, side, money))
    return NewJournal(
        legs=legs,
        kind=row.kind,
        effective_on=row.effective_on,
        description=row.description,
        external_id=row.external_id,
        metadata=row.metadata,
    )


def _from_rows(group: list[dict[str, str]], line: int) -> Read:
    head = group[0]
    try:
        if any(None in row or None in row.values() for row in group):
            raise MalformedRow("The line has more or fewer columns than the first.")
        for row in group[1:]:
            if any(row[name] != head[name] for name in ("kind", "effective_on", "description")):
                raise MalformedRow("The legs of a journal agree in kind, day and description.")
        legs = tuple(
            (row["account"].strip(), row["side"].strip(), row["amount"].strip(), row["currency"].strip()) for row in group
        )
        return _read(line, head, legs, {})
    except DomainError as refusal:
        return Read(line, str(head.get("external_id") or "")[:120], refusal=refusal)


def _from_json(item: Any, line: int) -> Read:
    external_id = str(item.get("external_id", ""))[:120].encode(errors="replace").decode() if isinstance(item, dict) else ""
    try:
        if not isinstance(item, dict) or not isinstance(item.get("legs"), list):
            raise MalformedRow("A journal is an object with a list of legs.")
        unknown = set(item) - FIELDS
        if unknown:
            raise MalformedRow(f"Unknown: {', '.join(sorted(unknown))}.")
        legs = []
        for leg in item["legs"]:
            if not isinstance(leg, dict) or set(leg) != LEG_FIELDS or not all(isinstance(value, str) for value in leg.values()):
                raise MalformedRow('A leg is {"account", "side", "amount", "currency"}, all texts.')
            legs.append((leg["account"], leg["side"], leg["amount"], leg["currency"]))
        return _read(line, item, tuple(legs), metadata.checked(item.get("metadata", {})))
    except DomainError as refusal:
        return Read(line, external_id, refusal=refusal)


def _read(line: int, head: Mapping[str, Any], legs: tuple[tuple[str, str, str, str], ...], notes: Mapping[str, Any]) -> Read:
    texts = {}
    for name, longest in LONGEST.items():
        value = head.get(name, "")
        if not isinstance(value, str) or len(value) > longest or not _storable(value):
            raise MalformedRow(f"{name} is a text of at most {longest} characters.", param=name)
        texts[name] = value.strip()
    if not all(_storable(account) for account, *_ in legs):
        raise MalformedRow("The name of an account is a text.", param="account")
    if not texts["external_id"]:
        raise MalformedRow("external_id is missing; it keeps the journal from being posted twice.", param="external_id")
    if not texts["kind"]:
        raise MalformedRow("kind is missing.", param="kind")
    day = head.get("effective_on") or ""
    try:
        effective_on = date.fromisoformat(day) if day else None
    except (TypeError, ValueError):
        raise MalformedRow(f"effective_on is a day such as 2026-01-31, not {str(day)[:20]!r}.", param="effective_on") from None
    return Read(line, texts["external_id"], texts["kind"], effective_on, texts["description"], notes, legs)
