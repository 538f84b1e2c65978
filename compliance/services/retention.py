"""What is kept of customers and until when, and the deletion of what nothing keeps any more.

Everything personal lies under the customer's key, so deleting means to destroy that key, and with it all that it sealed, in the audit too.
It is destroyed on the day on which the last clock of the last record has ended, and not while a legal hold stands. Each chunk of customers
is one transaction with its certificate; a run that is interrupted is run again. What officers wrote follows (``written_records``), and the
files of banks (``stored_papers``).
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.choices import CustomerStatus
from accounts.models import Customer
from accounts.services import customers, holdings
from compliance import errors, events
from compliance.models import DeletionCertificate, LegalHold
from compliance.policies import retention as policies
from compliance.policies.retention import Line
from compliance.policies.risk import years_later
from compliance.services import stored_papers, written_records
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.vault.models import SubjectKey

CHUNK = 200
REASON = "No law wants the data kept any more."
_LOCK = 0x0DE1E7E


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is kept of one customer: the clocks, the day on which the last ends (None: not known yet), and whether a hold stands."""

    lines: tuple[Line, ...]
    ends_on: date | None
    is_held: bool

    def is_over(self, on: date) -> bool:
        """Whether everything may go on the day, and so has to."""
        return not self.is_held and self.ends_on is not None and self.ends_on <= on


@dataclass(slots=True)
class Outcome:
    """What a run did, or would do: customers deleted, records by holding, written ones and files by sort, and who is kept by what."""

    deleted: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    certificates: list[str] = field(default_factory=list)


def timelines(rows: Sequence[Customer], *, at: datetime) -> dict[UUID, Timeline]:
    """What is kept of each of the customers, and until when: a query per holding."""
    keys = [row.pk for row in rows]
    made = {one.name: one.made(keys) for one in holdings.registered()}
    held = set(holds(at=at).filter(customer__in=keys).values_list("customer_id", flat=True))
    found = {}
    for row in rows:
        ended_on = row.closed_at.date() if row.closed_at else None
        lines = [
            line
            for one in holdings.registered()
            if row.pk in made[one.name]
            for count, newest in [made[one.name][row.pk]]
            for line in policies.lines(
                holding=one.name,
                label=one.label,
                retention=one.retention,
                count=count,
                newest_on=newest.date(),
                ended_on=ended_on,
            )
        ]
        found[row.pk] = Timeline(tuple(lines), policies.ends_on(lines), row.pk in held)
    return found


def timeline(customer: Customer, *, at: datetime) -> Timeline:
    """As ``timelines``, of one."""
    return timelines([customer], at=at)[customer.pk]


def holds(*, at: datetime) -> QuerySet[LegalHold]:
    """The legal holds that stand at the moment."""
    rows = LegalHold.objects.filter(begins_at__lte=at).filter(Q(until=None) | Q(until__gt=at.date()))
    return rows.filter(Q(released_at=None) | Q(released_at__gt=at))


def check_may_erase(customer: Customer, at: datetime) -> None:
    """Raises HeldByOrder or KeptByLaw while anything wants the customer's data kept."""
    found = timeline(customer, at=at)
    if found.is_held:
        raise errors.HeldByOrder("A legal hold keeps the customer's data; nothing is erased before it ends.")
    if not found.is_over(at.date()):
        line = policies.last(found.lines)
        until = found.ends_on.isoformat() if found.ends_on else None
        said = until or "some years after the relationship ends"
        why = f" ({line.clock.source}: {line.label.lower()})" if line else ""
        raise errors.KeptByLaw(f"The law wants the data kept until {said}{why}.", until=until)


def candidates(*, at: datetime) -> QuerySet[Customer]:
    """Closed customers of whom something is left, and for whom at least the shortest clock may be over."""
    alive = SubjectKey.objects.filter(subject_id=OuterRef("pk"), erased_at=None)
    latest = years_later(at.date(), -policies.SHORTEST_YEARS)
    return Customer.objects.filter(Exists(alive), status=CustomerStatus.CLOSED, closed_at__date__lte=latest)


def purge(
    *, actor: Actor, at: datetime, dry_run: bool = False, told: Callable[[int, int], None] = lambda done, total: None
) -> Outcome:
    """Delete what nothing keeps any more; with ``dry_run`` only say what would go. ``told`` hears how many were looked at, of how many."""
    outcome, last, done, gone = Outcome(), None, 0, list[UUID]()
    rows = candidates(at=at)
    total = rows.count()
    while chunk := list((rows.filter(pk__gt=last) if last else rows).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        last = chunk[-1]
        gone += _purge(chunk, outcome, actor=actor, at=at, dry_run=dry_run)
        done += len(chunk)
        told(done, total)
    held = holds(at=at).values("customer")
    outcome.counts += written_records.purge(held=held, gone=gone if dry_run else (), actor=actor, at=at, dry_run=dry_run)
    outcome.counts += stored_papers.purge(held=held, actor=actor, at=at, dry_run=dry_run)
    return outcome


@transaction.atomic
def _purge(keys: Sequence[UUID], outcome: Outcome, *, actor: Actor, at: datetime, dry_run: bool) -> list[UUID]:
    rows = list(Customer.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    found = timelines(rows, at=at)
    counts: Counter[str] = Counter()
    gone = []
    for row in rows:
        line = found[row.pk]
        if not line.is_over(at.date()):
            last = policies.last(line.lines)
            outcome.kept["HOLD" if line.is_held else str(last.clock.regime) if last else "UNKNOWN"] += 1
            continue
        gone.append(row)
        counts.update(_records(row))
    outcome.deleted += len(gone)
    outcome.counts.update(counts)
    if gone and not dry_run:
        for row in gone:
            customers.erase(customer_id=row.pk, reason=REASON, actor=actor, at=at)
        outcome.certificates.append(_certify(gone, counts, actor=actor, at=at).public_id)
    return [row.pk for row in gone]


def _records(row: Customer) -> dict[str, int]:
    return {one.name: made[row.pk][0] for one in holdings.registered() if row.pk in (made := one.made([row.pk]))}


def _certify(gone: Sequence[Customer], counts: Counter[str], *, actor: Actor, at: datetime) -> DeletionCertificate:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    before = DeletionCertificate.objects.order_by("-number").first()
    row = DeletionCertificate(
        number=before.number + 1 if before else 1,
        made_at=at,
        made_by=str(actor),
        customers_count=len(gone),
        counts=dict(sorted(counts.items())),
        digests=sorted(digest_of(one.public_id, on=at.date()) for one in gone),
        previous=before.digest if before else "",
    )
    row.digest = digest(row)
    row.save(force_insert=True)
    after = {"number": row.number, "customers": row.customers_count, "counts": row.counts, "digest": row.digest}
    log.record(action=events.DATA_DELETED, actor=actor, at=at, target=row.public_id, reason=REASON, after=after)
    return row


def digest_of(public_id: str, *, on: date) -> str:
    """What a certificate says in place of a customer."""
    return hashlib.sha256(f"{public_id}|{on.isoformat()}".encode()).hexdigest()


def digest(row: DeletionCertificate) -> str:
    """What a certificate's digest has to be."""
    said = [row.number, row.made_at.isoformat(), row.made_by, row.customers_count, row.counts, row.digests, row.previous]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def broken_certificates() -> Iterator[str]:
    """Certificates that do not say what they said, or are not in their place; for ``verify_audit``."""
    previous = ""
    for number, row in enumerate(DeletionCertificate.objects.order_by("number"), 1):
        if row.number != number or row.previous != previous or row.digest != digest(row):
            yield f"certificate {row.number} is not what was certified"
        previous = row.digest
