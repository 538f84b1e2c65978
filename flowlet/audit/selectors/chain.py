"""How far the trail is sealed, and whether what is sealed is still what it was."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from flowlet.audit import digests
from flowlet.audit.models import Block, Record
from flowlet.db import transactions

_BLOCK = f"""
SELECT b.number, b.count, b.last_xid, b.last_id, b.previous_hash, b.hash, b.digests, b.record_ids,
       {digests.BLOCK} = b.hash AS agrees
  FROM flowlet_audit_block b WHERE b.number > %s ORDER BY b.number LIMIT %s"""  # noqa: S608 - our own constants

_FOUND = f"""
SELECT r.id, {digests.RECORD} FROM flowlet_audit_record r
 WHERE (r.recorded_xid, r.id) > (%s, %s) AND (r.recorded_xid, r.id) <= (%s, %s)
 ORDER BY r.recorded_xid, r.id"""  # noqa: S608 - our own constants


_DIGEST = f"SELECT {digests.RECORD} FROM flowlet_audit_record r WHERE r.id = %s"  # noqa: S608 - our own constants


class Touch(StrEnum):
    """What happened to the first thing that no longer agrees."""

    RECORD_ALTERED = "record altered"
    RECORD_REMOVED = "record removed"
    RECORD_INSERTED = "record inserted"
    RECORD_AHEAD = "record from a transaction that has not happened"
    COUNTER_BEHIND = "server behind its own records"
    BLOCK_ALTERED = "block altered"
    BLOCK_REMOVED = "block removed"
    ANCHOR_DIFFERS = "block differs from the anchor"


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that no longer agrees; ``record_id`` is None when it is a block."""

    touch: Touch
    block: int | None
    record_id: int | None
    message: str


@dataclass(slots=True)
class Verification:
    """What was found. ``unsealed`` records are the tail that no block covers yet, ``unsealed_since`` the oldest moment in it.

    ``differences`` are rows of apps that say otherwise than the trail (``flowlet.audit.witnesses``).
    """

    blocks: int = 0
    records: int = 0
    head_number: int = 0
    head_hash: str = ""
    unsealed: int = 0
    unsealed_since: datetime | None = None
    first_break: Break | None = field(default=None)
    differences: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether everything that is sealed agrees, and rows with it."""
        return self.first_break is None and not self.differences


@dataclass(frozen=True, slots=True)
class _Stored:
    number: int
    count: int
    last_xid: int
    last_id: int
    previous_hash: bytes
    hash: bytes
    digests: bytes
    record_ids: list[int]
    agrees: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block, to be kept somewhere else as an anchor: ``number:hash``."""

    number: int
    hash: str
    sealed_at: datetime

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def head() -> Head | None:
    """The newest block, if there is one."""
    found = Block.objects.order_by("-number").only("number", "hash", "sealed_at").first()
    return Head(number=found.number, hash=bytes(found.hash).hex(), sealed_at=found.sealed_at) if found else None


def sealed_count() -> int:
    """How many records are sealed."""
    return Block.objects.aggregate(total=Sum("count"))["total"] or 0


def verify(*, anchors: dict[int, str] | None = None, on_block: Callable[[int], None] | None = None) -> Verification:
    """Walk the chain from its beginning and compare every sealed record with its digest, up to the first that does not agree.

    ``anchors`` are block numbers and hashes (hexadecimal) that were kept elsewhere: they also show a chain that was rewritten
    as a whole. ``on_block`` is called with the number of records after each block. Reads in short statements, so that a long
    verification holds nothing up.
    """
    result = Verification()
    wanted = dict(anchors or {})
    previous_hash, place = digests.GENESIS, (digests.START, digests.START)
    while blocks := _blocks(after=result.head_number):
        for block in blocks:
            result.first_break = _check_link(block, result.head_number + 1, previous_hash, wanted) or _check_records(block, place)
            if result.first_break is not None:
                if result.first_break.touch is Touch.RECORD_INSERTED:
                    result.first_break = counter_behind() or result.first_break
                return result
            previous_hash, place = block.hash, (block.last_xid, block.last_id)
            result.blocks += 1
            result.records += block.count
            result.head_number, result.head_hash = block.number, block.hash.hex()
            if on_block:
                on_block(block.count)
    if wanted:
        missing = min(wanted)
        result.first_break = Break(Touch.BLOCK_REMOVED, missing, None, f"Block {missing} was anchored and is missing.")
        return result
    tail = Record.objects.filter(_after(place))
    result.first_break = counter_behind() or _check_tail(tail)
    result.unsealed = tail.count()
    if result.unsealed:
        result.unsealed_since = tail.order_by("recorded_xid", "id").values_list("at", flat=True).first()
    return result


@dataclass(frozen=True, slots=True)
class Seal:
    """The block that covers a record, the digest it was sealed with, and whether the record still has it."""

    block: Block
    digest: str
    agrees: bool


def seal_of(record: Record) -> Seal | None:
    """The seal of one record; None while no block covers it."""
    block = Block.objects.filter(_until(record)).order_by("last_xid", "last_id").first()
    if block is None:
        return None
    if record.pk not in block.record_ids:
        return Seal(block=block, digest="", agrees=False)
    place = block.record_ids.index(record.pk) * 32
    digest = bytes(block.digests)[place : place + 32]
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [record.pk])
        row = cursor.fetchone()
    return Seal(block=block, digest=digest.hex(), agrees=row is not None and bytes(row[0]) == digest)


def unsealed() -> int:
    """How many records no block covers yet."""
    last = Block.objects.order_by("-number").values_list("last_xid", "last_id").first()
    return Record.objects.filter(_after(last or (digests.START, digests.START))).count()


def _after(place: tuple[int, int]) -> Q:
    # The first condition says nothing new, but lets PostgreSQL use the index.
    return Q(recorded_xid__gte=place[0]) & (Q(recorded_xid__gt=place[0]) | Q(id__gt=place[1]))


def counter_behind() -> Break | None:
    """Whether the server has yet to reach the transactions that sealed records come from: then nothing new can be sealed."""
    last = Block.objects.order_by("-number").values_list("number", "last_xid").first()
    if last is None or last[1] < transactions.next_id():
        return None
    text = (
        f"Block {last[0]} ends with transaction {last[1]}, which this server has not reached: the database was restored from a dump "
        "into a younger server. Stop writing and advance its counter, as docs/guides/evidence.md says."
    )
    return Break(Touch.COUNTER_BEHIND, last[0], None, text)


def _until(record: Record) -> Q:
    return Q(last_xid__gte=record.recorded_xid) & (Q(last_xid__gt=record.recorded_xid) | Q(last_id__gte=record.pk))


def _blocks(*, after: int) -> list[_Stored]:
    with connection.cursor() as cursor:
        cursor.execute(_BLOCK, [after, 20])
        return [_Stored(*row[:4], *map(bytes, row[4:7]), *row[7:]) for row in cursor.fetchall()]


def _check_link(block: _Stored, expected: int, previous_hash: bytes, wanted: dict[int, str]) -> Break | None:
    """What is wrong with the block itself, if anything; takes its anchor out of ``wanted``."""
    number = block.number
    if number != expected:
        return Break(Touch.BLOCK_REMOVED, expected, None, f"Block {expected} is missing.")
    if not block.agrees or not block.count == len(block.record_ids) == len(block.digests) / 32:
        return Break(Touch.BLOCK_ALTERED, number, None, f"Block {number} does not have the hash it carries.")
    if block.previous_hash != previous_hash:
        text = f"Block {number} was not made after the block {number - 1} that is there."
        return Break(Touch.BLOCK_ALTERED, number, None, text)
    if wanted.pop(number, block.hash.hex()) != block.hash.hex():
        return Break(Touch.ANCHOR_DIFFERS, number, None, f"Block {number} is not the one that was anchored.")
    return None


def _check_tail(tail: QuerySet[Record]) -> Break | None:
    """A record that could never be sealed, if there is one."""
    ahead = tail.filter(recorded_xid__gte=transactions.next_id()).order_by("recorded_xid", "id").first()
    if ahead is None:
        return None
    text = (
        f"Record {ahead.pk} says it was written by transaction {ahead.recorded_xid}, which has not happened yet: it is forged, "
        "or the database was restored from a dump into a younger server (see docs/guides/evidence.md)."
    )
    return Break(Touch.RECORD_AHEAD, None, ahead.pk, text)


def _check_records(block: _Stored, after: tuple[int, int]) -> Break | None:
    """The first record of the block that does not agree, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [*after, block.last_xid, block.last_id])
        found = [(record_id, bytes(digest)) for record_id, digest in cursor.fetchall()]
    sealed = [(record_id, block.digests[32 * index : 32 * index + 32]) for index, record_id in enumerate(block.record_ids)]
    if found == sealed:
        return None
    number, known, by_id = block.number, set(block.record_ids), dict(found)
    touched = next((index for index, (record_id, digest) in enumerate(sealed) if by_id.get(record_id) != digest), None)
    foreign = next((index for index, (record_id, _) in enumerate(found) if record_id not in known), None)
    if touched is None or (foreign is not None and foreign < touched):
        return _foreign(number, found[foreign][0])
    record_id = sealed[touched][0]
    if Record.objects.filter(pk=record_id).exists():
        return Break(Touch.RECORD_ALTERED, number, record_id, f"Record {record_id}, sealed in block {number}, was altered.")
    return Break(Touch.RECORD_REMOVED, number, record_id, f"Record {record_id}, sealed in block {number}, was removed.")


def _foreign(number: int, record_id: int) -> Break:
    """A record that stands where block ``number`` has none: moved there from its own block, or new."""
    home = Block.objects.filter(record_ids__contains=[record_id]).values_list("number", flat=True).first()
    if home is not None:
        return Break(Touch.RECORD_ALTERED, home, record_id, f"Record {record_id}, sealed in block {home}, was altered.")
    return Break(
        Touch.RECORD_INSERTED, number, record_id, f"Record {record_id} was inserted among the records of block {number}."
    )
