"""Answers that are files."""

from typing import IO

from django.http import FileResponse


def attachment(content: IO[bytes], *, name: str, media: str) -> FileResponse:
    """A finished file to be kept by who asked for it, and by nothing in between. Its length is announced, so that a part of it is
    never taken for the whole.
    """
    answer = FileResponse(content, as_attachment=True, filename=name, content_type=media)
    answer["Cache-Control"] = "no-store, private"
    return answer
