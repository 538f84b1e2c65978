"""Documents of breaks: told by their content, sealed, kept, taken out with a reason, and all of it audited."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction

from accounts.errors import ReasonMissing
from accounts.models import User
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press, signed_in
from flowlet.core import clock, crypto
from flowlet.core.errors import NotFound
from flowlet.vault import columns
from ledger import errors
from ledger.models import Break, BreakDocument
from ledger.services import break_documents
from ledger.tests.conftest import ACTOR
from ledger.tests.test_reconciliation import Bank

PDF = b"%PDF-1.7\nAdvice for Grace Hopper, account 4711\n%%EOF"
REASON = "the auditor asks for it"


@pytest.fixture
def row(book):
    bank = Bank(book)
    bank.statement(("-4.90", {"reference": "CHARGES-03"}))
    bank.run()
    return Break.objects.get()


@pytest.fixture
def sit(db):
    return lambda role: signed_in(
        User.objects.create_user(f"{role.lower()}@flowlet.test", name=role, is_staff=True, roles=[role])
    )


def attach(row, content=PDF, name="advice.pdf"):
    return break_documents.attach(break_id=row.pk, name=name, content=content, actor=ACTOR, at=clock.now())


def test_a_document_is_kept_sealed_and_comes_out_with_a_reason(row):
    made = attach(row)
    made.refresh_from_db()
    assert b"Hopper" not in bytes(made.sealed)
    assert (made.type, made.size, made.name) == ("application/pdf", len(PDF), "advice.pdf")
    with pytest.raises(ReasonMissing):
        break_documents.take_out(document_id=made.pk, reason=" ", actor=ACTOR, at=clock.now())
    assert not Record.objects.filter(action="ledger.break.document_taken_out").exists()
    found = break_documents.take_out(document_id=made.pk, reason=REASON, actor=ACTOR, at=clock.now())
    assert found == break_documents.Opened("advice.pdf", "application/pdf", PDF)
    added, taken = Record.objects.filter(target=row.public_id, action__contains="document").order_by("pk")
    assert (added.after["digest"], taken.reason) == (made.digest, REASON)
    assert "Hopper" not in str(added.after)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x89PNG\r\n\x1a\nxx", "image/png"),
        (b"\xff\xd8\xffxx", "image/jpeg"),
        ("Überweisung;4,90\n".encode(), "text/plain"),
        (b"<Document/>", "text/plain"),
    ],
)
def test_what_it_is_is_told_by_its_content_and_not_by_its_name(row, content, found):
    made = attach(row, content, "../../etc/advice.exe")
    assert made.type == found
    assert made.name == "advice.exe" + break_documents.ENDINGS[found]


@pytest.mark.parametrize("content", [b"", b"  \n", b"MZ\x90\x00\x03", b"PK\x03\x04\x00", b"\xff\xfe\x00a", b"text\x00with zeros"])
def test_what_is_of_no_known_kind_is_not_taken(row, content):
    with pytest.raises(errors.DocumentNotTaken):
        attach(row, content)
    assert not BreakDocument.objects.exists()


def test_a_document_has_ten_megabytes_at_most_and_comes_once(row):
    with pytest.raises(errors.DocumentTooLarge):
        attach(row, b"%PDF-" + b"x" * break_documents.LARGEST)
    attach(row)
    with pytest.raises(errors.DocumentKnown):
        attach(row, name="the same under another name.pdf")
    assert BreakDocument.objects.count() == 1


def test_nothing_is_added_to_a_break_that_is_not_there(row):
    missing = BreakDocument(break_row_id=row.pk)
    with pytest.raises(NotFound):
        break_documents.attach(break_id=missing.pk, name="x", content=PDF, actor=ACTOR, at=clock.now())


def test_the_database_keeps_it_as_it_was_but_for_the_key_it_is_sealed_under(row):
    made = attach(row)
    for change in ("name = 'other'", "digest = repeat('0', 64)", "added_by = 'nobody'"):
        with pytest.raises(IntegrityError, match="fixed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE ledger_breakdocument SET {change}")
    with pytest.raises(IntegrityError, match="kept"), transaction.atomic():
        made.delete()
    (column,) = [found for found in columns.registered() if found.name == "ledger_breakdocument.sealed"]
    made.sealed = crypto.seal(PDF, aad=column.aad(made))
    made.save(update_fields=["sealed"])
    assert break_documents.take_out(document_id=made.pk, reason=REASON, actor=ACTOR, at=clock.now()).content == PDF


def test_an_officer_adds_a_document_and_an_auditor_takes_it_out(row, sit):
    client, auditor = sit("OPERATIONS"), sit("AUDITOR")
    press(client, row, "attach", file=SimpleUploadedFile("advice.pdf", PDF))
    made = BreakDocument.objects.get()
    page = client.get(cells.admin_url(row)).content.decode()
    assert "advice.pdf" in page and made.public_id in page
    with at_most(site._registry[Break].page_budget):
        client.get(cells.admin_url(row))
    assert press(auditor, row, "attach", file=SimpleUploadedFile("other.pdf", PDF)).status_code == 403
    assert press(auditor, made, "download").status_code == 400
    answer = press(auditor, made, "download", reason=REASON)
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="advice.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert press(sit("COMPLIANCE_OFFICER"), made, "download", reason=REASON).status_code == 403


def test_a_document_that_is_not_taken_says_why_on_the_form(row, sit):
    answer = press(sit("OPERATIONS"), row, "attach", file=SimpleUploadedFile("advice.pdf", b"MZ\x90\x00"))
    assert answer.status_code == 400
    assert "of no kind that is taken" in answer.content.decode()
