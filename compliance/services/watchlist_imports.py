"""New versions of watchlists: files are read, compared with what is in force, and brought in as a whole or not at all.

``examine`` says what an import would do and writes nothing. ``bring_in`` does it: the files are read before anything is locked; then, in
one transaction, the version, its files, its refused rows and each entry that differs are written, with the audit's record and the
events. An import that is interrupted leaves nothing and is simply run again. The same files are refused, in words, by their digests.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.db import connection, transaction

from compliance import errors, events
from compliance.choices import EntryChange
from compliance.models import RefusedRow, Watchlist, WatchlistEntry, WatchlistFile, WatchlistVersion, WatchlistVersionFile
from compliance.policies import watchlists as policies
from compliance.policies.watchlists import Difference
from compliance.providers.watchlists import entry_json, formats
from compliance.providers.watchlists.entries import Entry
from compliance.providers.watchlists.formats import ListFormat
from compliance.providers.watchlists.reading import Reading, SourceFile
from compliance.selectors import watchlists
from compliance.services import watchlist_sets
from compliance.services.watchlist_sets import Placed
from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent

CHUNK = 1000
IDS_IN_AN_EVENT = 1000
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. ``previous`` is the version in force; ``before`` are its entries by id, ``after`` those that would be."""

    format: ListFormat
    previous: WatchlistVersion | None
    files: tuple[Placed, ...]
    reading: Reading
    before: dict[str, Entry]
    after: dict[str, Entry]
    difference: Difference
    published_on: date | None


def examine(
    *,
    code: str,
    files: Sequence[SourceFile],
    title: str = "",
    published_on: date | None = None,
    allow_older: bool = False,
    allow_removals: bool = False,
) -> Plan:
    """What bringing the files in would do; nothing is written.

    ``published_on`` is for lists that do not say it themselves. Raises UnknownList, UnreadableList, WatchlistKnown for files that are in
    force, WatchlistOlder for older ones unless ``allow_older``, WatchlistShrinks where many would leave unless ``allow_removals``.
    """
    found = formats.named(code, title=title)
    previous = watchlists.in_force(code)
    placed = watchlist_sets.assemble(found, files, version=previous, allow_older=allow_older)
    reading = formats.read(found, [one.source for one in placed])
    stated = reading.published_on or published_on
    before = watchlists.by_id(previous) if previous else {}
    difference = policies.difference(before, reading.entries)
    if previous is not None and not allow_older:
        policies.check_is_newer(stated, in_force=previous.published_on, version=str(previous.number))
    if not allow_removals:
        policies.check_shrinks_little(difference, before=len(before))
    after = {entry.id: entry for entry in reading.entries}
    return Plan(found, previous, tuple(placed), reading, before, after, difference, stated)


def bring_in(
    *,
    code: str,
    files: Sequence[SourceFile],
    title: str = "",
    published_on: date | None = None,
    allow_older: bool = False,
    allow_removals: bool = False,
    plan: Plan | None = None,
    reason: str = "",
    actor: Actor,
    at: datetime,
    told: Told = lambda done, total: None,
) -> WatchlistVersion:
    """The list is in force as the files say; answers its new version. ``told`` hears how many entries are written, and of how many.
    ``plan`` is what ``examine`` answered for the same, to save reading the files once more.

    Raises what ``examine`` raises, and WatchlistBusy while another import of the list is under way; then nothing is written.
    """
    what = {
        "code": code,
        "files": files,
        "title": title,
        "published_on": published_on,
        "allow_older": allow_older,
        "allow_removals": allow_removals,
    }
    plan = plan or examine(**what)
    with transaction.atomic():
        _lock(code)
        previous = watchlists.in_force(code)
        if previous != plan.previous:
            plan = examine(**what)
        return _write(plan, reason=reason, actor=actor, at=at, told=told)


def _lock(code: str) -> None:
    """One import of a list at a time, the first one included, when there is no row to lock yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"compliance.watchlist.{code}"])
        if not cursor.fetchone()[0]:
            raise errors.WatchlistBusy(f"Somebody else is importing {code}. Wait until that has ended, and try again.")


def _write(plan: Plan, *, reason: str, actor: Actor, at: datetime, told: Told) -> WatchlistVersion:
    found, changes = plan.format, plan.difference
    watchlist, _ = Watchlist.objects.get_or_create(
        code=found.code,
        defaults={
            "title": found.title,
            "kind": found.kind,
            "publisher": found.publisher,
            "licence": found.licence,
            "created_at": at,
        },
    )
    version = WatchlistVersion.objects.create(
        watchlist=watchlist,
        number=plan.previous.number + 1 if plan.previous else 1,
        previous=plan.previous,
        digest=watchlist_sets.digest_of_set(plan.files),
        published_on=plan.published_on,
        entries=len(plan.reading.entries),
        added=len(changes.added),
        changed=len(changes.changed),
        renamed=len(changes.renamed),
        removed=len(changes.removed),
        refused=len(plan.reading.refused),
        not_understood=plan.reading.not_understood,
        reason=reason,
        imported_by=str(actor),
        imported_at=at,
    )
    _write_files(plan, version, at)
    _write_entries(plan, version, told)
    _tell(plan, version, reason=reason, actor=actor, at=at)
    return version


def _write_files(plan: Plan, version: WatchlistVersion, at: datetime) -> None:
    tallies = {tally.role: tally for tally in plan.reading.files}
    for one in plan.files:
        kept = one.kept or WatchlistFile.objects.create(
            watchlist_id=version.watchlist_id,
            role=one.source.role,
            name=one.source.name[-200:],
            digest=one.digest,
            size=len(one.source.content),
            content=watchlist_sets.deflated(one.source.content),
            received_at=at,
        )
        tally = tallies[one.source.role]
        WatchlistVersionFile.objects.create(
            version=version,
            file=kept,
            role=one.source.role,
            is_carried_over=one.is_carried_over,
            rows=tally.rows,
            refused=tally.refused,
        )
    RefusedRow.objects.bulk_create(
        [
            RefusedRow(
                version=version,
                role=row.role,
                file=row.file[-200:],
                line=row.line,
                reason=row.reason[:500],
                excerpt=row.excerpt[:200],
            )
            for row in plan.reading.refused
        ],
        batch_size=CHUNK,
    )


def _write_entries(plan: Plan, version: WatchlistVersion, told: Told) -> None:
    changes = plan.difference
    total, done = len(changes.added) + len(changes.changed) + len(changes.removed), 0
    told(0, total)
    rows = _rows(plan, version)
    while chunk := list(islice(rows, CHUNK)):
        WatchlistEntry.objects.bulk_create(chunk)
        done += len(chunk)
        told(done, total)


def _rows(plan: Plan, version: WatchlistVersion) -> Iterator[WatchlistEntry]:
    changes = plan.difference

    def row(entry: Entry, change: EntryChange, **more: object) -> WatchlistEntry:
        stays = change is not EntryChange.REMOVED
        return WatchlistEntry(
            id=ids.uuid7(),
            watchlist_id=version.watchlist_id,
            version=version,
            number=version.number,
            entry=entry.id,
            change=change,
            kind=entry.kind.value,
            name=entry.names[0].text,
            content=entry_json.to_json(entry) if stays else None,
            digest=entry_json.digest(entry) if stays else "",
            **more,
        )

    for entry_id in changes.added:
        yield row(plan.after[entry_id], EntryChange.ADDED)
    for entry_id, fields in changes.changed.items():
        yield row(plan.after[entry_id], EntryChange.CHANGED, fields=list(fields), is_renamed=entry_id in changes.renamed)
    for entry_id in changes.removed:
        yield row(plan.before[entry_id], EntryChange.REMOVED)


def _tell(plan: Plan, version: WatchlistVersion, *, reason: str, actor: Actor, at: datetime) -> None:
    """The audit's record, and events that name what changed, so many ids in each."""
    code, changes = plan.format.code, plan.difference
    log.record(
        action=events.WATCHLIST_IMPORTED,
        actor=actor,
        at=at,
        target=version.public_id,
        reason=reason,
        after={
            "watchlist": code,
            "number": version.number,
            "files": {one.source.role: {"sha256": one.digest, "is_carried_over": one.is_carried_over} for one in plan.files},
            **{name: getattr(version, name) for name in ("published_on", "entries", "added", "changed", "removed", "refused")},
        },
    )
    named = [
        *(("added", one) for one in changes.added),
        *(("changed", one) for one in changes.changed),
        *(("removed", one) for one in changes.removed),
    ]
    chunks = [named[start : start + IDS_IN_AN_EVENT] for start in range(0, len(named), IDS_IN_AN_EVENT)] or [[]]
    outbox.publish_many(
        [
            NewEvent(
                type=events.WATCHLIST_IMPORTED,
                partner_id=None,
                subject=version.public_id,
                data={
                    "watchlist": code,
                    "number": version.number,
                    "previous": plan.previous.public_id if plan.previous else None,
                    "part": part,
                    "parts": len(chunks),
                    **{kind: [one for found, one in chunk if found == kind] for kind in ("added", "changed", "removed")},
                },
                at=at,
            )
            for part, chunk in enumerate(chunks, start=1)
        ]
    )
