"""Bodies with a file: multipart/form-data (RFC 7578), read in memory, so that no file lies on a disk in clear.

An operation that takes one says ``upload=Upload(…)`` beside its ``body``; the fields are texts, and the file stands in
``request.file``. A repetition under the same Idempotency-Key has to bring the same bytes.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from flowlet.api import errors

FIELDS = 64 * 1024  # what everything beside the file may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The file of an operation: the part's name, media types that it may have, its largest size, and one for the examples."""

    name: str = "file"
    types: tuple[str, ...]
    largest: int
    example: bytes
    description: str = ""


class _Memory(MemoryFileUploadHandler):
    """Keeps every file in memory; the length was looked at before."""

    def handle_raw_input(self, *args: Any, **options: Any) -> None:
        self.activated = True


def read(request: HttpRequest, upload: Upload) -> tuple[dict[str, Any], bytes]:
    """The fields and the bytes of the file.

    Raises UnsupportedMediaType, LengthRequired, TooLarge, MalformedParts, DuplicateField, ForbiddenCharacter.
    """
    if request.content_type != "multipart/form-data":
        raise errors.UnsupportedMediaType("Send multipart/form-data.")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        raise errors.LengthRequired
    if int(length) > upload.largest + FIELDS:
        raise errors.TooLarge(f"The file may have up to {upload.largest} bytes.")
    request.upload_handlers = [_Memory(request)]
    try:
        texts, files = request.POST, request.FILES
    except MultiPartParserError:
        raise errors.MalformedParts from None
    for name in (*texts, *files):
        if len(texts.getlist(name)) + len(files.getlist(name)) > 1:
            raise errors.DuplicateField(f"{name[:80]!r} appears twice.", param=name[:80])
        if any("\x00" in text or "�" in text for text in (name, *texts.getlist(name))):
            raise errors.ForbiddenCharacter("A field is not UTF-8 or holds the character NUL.", param="")
    if upload.name in texts or upload.name not in files:
        raise errors.FileMissing(param=upload.name)
    if stray := next((name for name in files if name != upload.name), ""):
        raise errors.MalformedParts(f"{stray[:80]!r} is no file of this operation.", param=stray[:80])
    return texts.dict(), files[upload.name].read()


def content_of(fields: dict[str, Any], file: bytes) -> dict[str, Any]:
    """What makes a request the same one: its fields, and the digest of its file."""
    return {**fields, "file": hashlib.sha256(file).hexdigest()}
