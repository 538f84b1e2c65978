"""The bytes of documents: files with random names in ``settings.DOCUMENTS_DIR``, which no web server serves, each sealed under its
customer's key. Erasing the key makes every copy of them unreadable, backups too.
"""

import os
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from flowlet.core import crypto
from flowlet.vault.services import subjects

STRAY_AFTER: Final = timedelta(days=1)


def put(content: bytes, *, customer_id: UUID) -> str:
    """Keep the bytes; their name in the store. A file whose transaction was rolled back is found by ``strays``. Raises SubjectErased."""
    name = secrets.token_hex(20)
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed = subjects.key_for(customer_id).seal(content, aad=_aad(name))
    with open(path, "xb", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    return name


def get(name: str, *, customer_id: UUID) -> bytes:
    """The bytes. Raises SubjectErased, FileNotFoundError, crypto.CannotOpen for an altered or moved file."""
    return subjects.key_for(customer_id).open(_path(name).read_bytes(), aad=_aad(name))


def remove(name: str) -> None:
    """Delete the file, if it is there."""
    _path(name).unlink(missing_ok=True)


def strays(*, at: datetime) -> Iterator[str]:
    """The names of files older than a day, for whoever knows which of them have a row."""
    before = (at - STRAY_AFTER).timestamp()
    for path in Path(settings.DOCUMENTS_DIR).glob("??/*"):
        if path.stat().st_mtime < before:
            yield path.name


def _path(name: str) -> Path:
    if not (name.isascii() and name.isalnum()):
        raise crypto.CannotOpen("This is no name of the store.")
    return Path(settings.DOCUMENTS_DIR) / name[:2] / name


def _aad(name: str) -> str:
    return f"compliance_document.file:{name}"
