"""Subjects' keys: made on first use, opened in one query for many, re-wrapped, erased.

The caller's ``aad`` names table, column and row; the subject's id is added to it, so that a token moved to another subject does
not open even if both keys were the same.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from flowlet.core import clock, crypto
from flowlet.core.errors import DomainError
from flowlet.vault.models import SubjectKey


class SubjectErased(DomainError):
    """The subject's key was erased, and with it all that it sealed."""

    code, status, title = "vault.subject_erased", 410, "The personal data has been erased"


class SubjectUnknown(DomainError):
    """Nothing was ever sealed for this subject."""

    code, status, title = "vault.subject_unknown", 404, "There is no personal data of this subject"


class SubjectBox:
    """One subject's opened key. Keep it for one piece of work, never across requests: an erasure would not reach it."""

    __slots__ = ("_box", "subject_id")

    def __init__(self, subject_id: UUID, key: bytes) -> None:
        self.subject_id = subject_id
        self._box = crypto.Box(key)

    def encrypt(self, text: str, *, aad: str) -> bytes:
        """``text`` sealed for the place ``aad``."""
        return self._box.seal(text.encode(), aad=f"{self.subject_id}:{aad}")

    def seal(self, plain: bytes, *, aad: str) -> bytes:
        """As ``encrypt``, for bytes such as a document's."""
        return self._box.seal(plain, aad=f"{self.subject_id}:{aad}")

    def open(self, token: bytes, *, aad: str) -> bytes:
        """What ``seal`` was given. Raises crypto.CannotOpen."""
        return self._box.open(token, aad=f"{self.subject_id}:{aad}")

    def decrypt(self, token: bytes, *, aad: str) -> str:
        """The text behind ``token``. Raises crypto.CannotOpen when it was altered or belongs to another place."""
        return self._box.open(token, aad=f"{self.subject_id}:{aad}").decode()


def _wrapping_aad(subject_id: UUID) -> str:
    return f"flowlet_vault.subject_key:{subject_id}"


def _opened(subject_id: UUID, wrapped: bytes) -> SubjectBox:
    return SubjectBox(subject_id, crypto.open_sealed(wrapped, aad=_wrapping_aad(subject_id)))


def new_box(subject_id: UUID, *, at: datetime | None = None) -> SubjectBox:
    """The box of a subject that is just coming to be: one INSERT. Raises IntegrityError when the subject has a key already."""
    key = crypto.new_key()
    SubjectKey.objects.create(
        subject_id=subject_id,
        wrapped_key=crypto.seal(key, aad=_wrapping_aad(subject_id)),
        wrapped_by=crypto.active_key_id(),
        created_at=at or clock.now(),
    )
    return SubjectBox(subject_id, key)


def key_for(subject_id: UUID) -> SubjectBox:
    """The subject's box, made on first use; two first uses at once get the same key. Raises SubjectErased."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wrapped_key FROM flowlet_vault_subjectkey WHERE subject_id = %s", [subject_id])
        row = cursor.fetchone()
        if row is None:
            wrapped = crypto.seal(crypto.new_key(), aad=_wrapping_aad(subject_id))
            cursor.execute(
                "INSERT INTO flowlet_vault_subjectkey (subject_id, wrapped_key, wrapped_by, created_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (subject_id) DO NOTHING",
                [subject_id, wrapped, crypto.active_key_id(), clock.now()],
            )
            cursor.execute("SELECT wrapped_key FROM flowlet_vault_subjectkey WHERE subject_id = %s", [subject_id])
            row = cursor.fetchone()
    if row[0] is None:
        raise SubjectErased()
    return _opened(subject_id, row[0])


def boxes_for(subject_ids: Iterable[UUID]) -> dict[UUID, SubjectBox]:
    """The boxes of many subjects in one query; subjects without a key, and erased ones, are absent."""
    rows = SubjectKey.objects.filter(subject_id__in=list(subject_ids), erased_at=None).values_list("subject_id", "wrapped_key")
    return {subject_id: _opened(subject_id, wrapped) for subject_id, wrapped in rows}


def encrypt(subject_id: UUID, text: str, *, aad: str) -> bytes:
    """``text`` under the subject's key, which is made on first use. Raises SubjectErased."""
    return key_for(subject_id).encrypt(text, aad=aad)


def decrypt(subject_id: UUID, token: bytes, *, aad: str) -> str:
    """What ``encrypt`` was given. Raises SubjectErased, SubjectUnknown, or crypto.CannotOpen for an altered or moved token."""
    found = SubjectKey.objects.filter(subject_id=subject_id).values_list("wrapped_key", flat=True).first()
    if found is None:
        if is_erased(subject_id):
            raise SubjectErased()
        raise SubjectUnknown()
    return _opened(subject_id, found).decrypt(token, aad=aad)


def is_erased(subject_id: UUID) -> bool:
    """Whether the subject's key was erased."""
    return SubjectKey.objects.filter(subject_id=subject_id, erased_at__isnull=False).exists()


@transaction.atomic
def erase(subject_id: UUID, *, at: datetime) -> bool:
    """Destroy the subject's key, and so everything sealed under it. True when it was there, False when it was erased before.

    Who asked, and why, is recorded by the caller, who also drops keyed indexes of its own. Raises SubjectUnknown.
    """
    changed = SubjectKey.objects.filter(subject_id=subject_id, erased_at=None).update(
        wrapped_key=None, wrapped_by="", erased_at=at
    )
    if not changed and not is_erased(subject_id):
        raise SubjectUnknown()
    return bool(changed)


def waiting_for_rewrap() -> int:
    """How many keys are wrapped by another than the keyring's first key."""
    return SubjectKey.objects.filter(erased_at=None).exclude(wrapped_by=crypto.active_key_id()).count()


class Rewrapped(NamedTuple):
    """What became of a batch: keys wrapped anew, subjects whose wrapped key does not open, and the last subject looked at."""

    done: int
    broken: list[UUID]
    last: UUID | None


@transaction.atomic
def rewrap_batch(*, size: int, after: UUID | None = None, skip: Collection[UUID] = ()) -> Rewrapped:
    """Wrap up to ``size`` keys anew by the keyring's first key; the keys themselves, and what they sealed, stay.

    Goes by the subject's id, from ``after`` on. Rows that somebody else holds are left for another round. A key that does not open
    (altered, or its wrapping key left the keyring) stays as it is and is reported; name it in ``skip`` in the next round.
    """
    active = crypto.active_key_id()
    rows = SubjectKey.objects.select_for_update(skip_locked=True).filter(erased_at=None).exclude(wrapped_by=active)
    if after is not None:
        rows = rows.filter(subject_id__gt=after)
    found = list(rows.exclude(subject_id__in=list(skip)).order_by("subject_id").values_list("subject_id", "wrapped_key")[:size])
    subject_ids, wrapped, broken = [], [], []
    for subject_id, token in found:
        aad = _wrapping_aad(subject_id)
        try:
            wrapped.append(crypto.seal(crypto.open_sealed(token, aad=aad), aad=aad))
        except crypto.CannotOpen:
            broken.append(subject_id)
        else:
            subject_ids.append(subject_id)
    if subject_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE flowlet_vault_subjectkey k SET wrapped_key = v.wrapped, wrapped_by = %s"
                " FROM unnest(%s::uuid[], %s::bytea[]) AS v (id, wrapped) WHERE k.subject_id = v.id",
                [active, subject_ids, wrapped],
            )
    return Rewrapped(len(subject_ids), broken, found[-1][0] if found else None)
