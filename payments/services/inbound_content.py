"""What a bank's file said, opened again."""

import hashlib
from typing import Any

from flowlet.core import crypto
from payments import errors
from payments.models import InboundFile


def content_of(file: InboundFile) -> bytes:
    """The plain content. Raises FileDeleted, and FileDiffers when it is not what its digest says."""
    if file.sealed is None:
        raise errors.FileDeleted(digest=file.digest)
    content = crypto.open_sealed(bytes(file.sealed), aad=aad(file))
    if hashlib.sha256(content).hexdigest() != file.digest:
        raise errors.FileDiffers(digest=file.digest)
    return content


def aad(file: Any) -> str:
    """The place of a file's sealed content."""
    return f"payments_inboundfile.sealed:{file.pk}"
