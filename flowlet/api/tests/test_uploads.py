"""Bodies with a file: read in memory, refused where two readers could read them differently, and idempotent by their bytes."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from flowlet.api.tests import pots

pytestmark = pytest.mark.usefixtures("pot_api", "db")
BYTES = bytes(range(256)) * 16
LID = {"name": "tea", "file": SimpleUploadedFile("lid.bin", BYTES)}


def ask(fields=None, *, raw=None, key=None, kind=MULTIPART_CONTENT, **headers):
    names = {"Authorization": "Bearer fk_live_ada", "Idempotency-Key": key or str(uuid4()), **headers}
    if raw is None:
        for value in fields.values():
            if hasattr(value, "seek"):
                value.seek(0)
        raw = encode_multipart(BOUNDARY, fields)
    return Client(raise_request_exception=False).generic("POST", "/v1/lids", raw, content_type=kind, headers=names)


def code(response):
    return response.status_code, response.json()["code"]


def part(name, content, extra=""):
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{content}\r\n'


END = f"--{BOUNDARY}--\r\n"
FILE = part("file", "x", '; filename="a"')


def test_the_file_and_the_fields_arrive():
    answer = ask(LID)
    assert (answer.status_code, answer.json()) == (201, {"name": "tea", "size": len(BYTES)})


@pytest.mark.parametrize("size", [3_000_000, 1])
def test_no_file_lies_on_a_disk(monkeypatch, size):
    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryUploadedFile.__init__", lambda *_: pytest.fail("on disk"))
    assert ask({"name": "tea", "file": SimpleUploadedFile("a", b"x" * size)}).json()["size"] == size


def test_the_same_bytes_are_answered_again_and_others_refused():
    first = ask(LID, key="k")
    again = ask(LID, key="k")
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    other = ask({"name": "tea", "file": SimpleUploadedFile("lid.bin", BYTES + b"!")}, key="k")
    assert code(other) == (422, "idempotency.key_reused")
    assert "file" in other.json()["detail"]


@pytest.mark.parametrize(
    ("raw", "kind", "wanted"),
    [
        (b"{}", "application/json", (415, "request.unsupported_media_type")),
        (b"nonsense", "multipart/form-data", (400, "request.malformed_parts")),
        (part("name", "tea") + END, MULTIPART_CONTENT, (400, "request.file_missing")),
        (part("name", "tea") + part("file", "text") + END, MULTIPART_CONTENT, (400, "request.file_missing")),
        (part("name", "tea") + part("name", "tea") + FILE + END, MULTIPART_CONTENT, (400, "request.duplicate_field")),
        (part("name", "tea") + FILE + FILE + END, MULTIPART_CONTENT, (400, "request.duplicate_field")),
        (part("name", "tea\x00") + FILE + END, MULTIPART_CONTENT, (400, "request.forbidden_character")),
        (part("colour", "red") + FILE + END, MULTIPART_CONTENT, (400, "request.invalid")),
        (FILE + FILE.replace('"file"', '"more"') + END, MULTIPART_CONTENT, (400, "request.malformed_parts")),
        (b"x" * (pots.LARGEST_LID + 70_000), MULTIPART_CONTENT, (413, "request.too_large")),
    ],
)
def test_what_is_not_plain_is_refused(raw, kind, wanted):
    assert code(ask(raw=raw.encode() if isinstance(raw, str) else raw, kind=kind)) == wanted
