"""The content of built files under the keyring."""

import hashlib
from typing import Any

from flowlet.core import crypto
from payments import errors
from payments.models import Batch


def seal(batch: Batch, content: bytes) -> bytes:
    """The content under the keyring."""
    return crypto.seal(content, aad=aad(batch))


def content_of(batch: Batch) -> bytes:
    """The plain content of a built file. Raises FileDeleted, and FileDiffers when it is not what its digest says."""
    if batch.sealed is None and batch.digest:
        raise errors.FileDeleted(digest=batch.digest)
    content = crypto.open_sealed(bytes(batch.sealed or b""), aad=aad(batch))
    if digest_of(content) != batch.digest:
        raise errors.FileDiffers(digest=batch.digest)
    return content


def digest_of(content: bytes) -> str:
    """SHA-256 of a message, in hex."""
    return hashlib.sha256(content).hexdigest()


def aad(batch: Any) -> str:
    """The place of a batch's sealed content."""
    return f"payments_batch.sealed:{batch.pk}"
