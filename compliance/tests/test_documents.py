"""Documents: known by their content, scanned, sealed, bare of everything but pixels for display, and held against the customer's record."""

import io
import os
import socket
import struct
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.test import override_settings
from PIL import Image

from accounts.models import Customer
from accounts.services import customers
from compliance import errors
from compliance.handlers import verifications as handlers
from compliance.models import Alert, Document, Verification
from compliance.policies import document_files
from compliance.providers import identity, scanning
from compliance.selectors import verifications as selectors
from compliance.services import (
    document_store,
    documents,
    identity_providers,
    verification_decisions,
    verification_expiry,
    verification_owners,
    verifications,
)
from compliance.tests import kyc
from compliance.tests.kyc import AT, SYSTEM
from compliance.tests.kyc_papers import EICAR, PDF, picture, zone
from flowlet.audit.models import Record
from flowlet.core import crypto
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event

BY = {"actor": SYSTEM, "at": AT}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return settings.DOCUMENTS_DIR


@pytest.fixture
def partner(db):
    return kyc.company()


@pytest.fixture
def row(partner):
    return kyc.opened(kyc.person(partner), "ENHANCED")


def take(row, type="PASSPORT", content=None, **more):
    return documents.take(verification_id=row.pk, type=type, content=content or picture(), **more, **BY)


def files(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def checks(row):
    return {one.code: one.outcome for one in row.checks.filter(round=row.round)}


def submitted(customer, **more):
    row = kyc.opened(customer, "ENHANCED")
    take(row, **({"zone": zone()} | more))
    take(row, "SELFIE")
    return verifications.submit(verification_id=row.pk, **BY)


def approved(row, actor, at=AT):
    return verification_decisions.approve(verification_id=row.pk, actor=actor, at=at)


@pytest.mark.parametrize(
    ("content", "kind"), [(picture("JPEG"), "image/jpeg"), (picture("PNG"), "image/png"), (PDF, "application/pdf")]
)
def test_a_file_is_what_its_content_says(content, kind):
    assert document_files.kind_of(content) == kind


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", errors.UnreadableDocument),
        (b"<html>passport.jpg</html>", errors.UnreadableDocument),
        (picture("GIF"), errors.UnreadableDocument),
        (picture()[:200], errors.UnreadableDocument),
        (b"\xff\xd8\xff" + bytes(100), errors.UnreadableDocument),
        (PDF[:-8], errors.UnreadableDocument),
        (PDF.replace(b"trailer\n<<", b"trailer\n<</Encrypt 2 0 R"), errors.UnreadableDocument),
        (picture() + bytes(10 * 1024 * 1024), errors.DocumentTooLarge),
        (picture("PNG", size=(8_000, 7_000)), errors.DocumentTooLarge),
    ],
)
def test_what_cannot_be_looked_at_is_refused(content, refusal):
    with pytest.raises(refusal):
        document_files.kind_of(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_for_display_is_upright_and_nothing_but_pixels(kind):
    content = picture(kind, gps=True, turned=True) + b"<script>hidden behind the end</script>"
    assert b"Ada at home" in content
    shown = document_files.for_display(content, f"image/{kind.lower()}")
    with Image.open(io.BytesIO(shown)) as image:
        assert (image.size, dict(image.getexif()), image.info.get("exif")) == ((40, 60), {}, None)
    assert b"Ada at home" not in shown and b"script" not in shown


def test_a_document_is_stored_sealed_and_opened_again(row, folder):
    content = picture(gps=True)
    document = take(row, content=content, number="123456789", issuer="GB", expires_on=date(2030, 5, 1))
    (path,) = files(folder)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert content not in path.read_bytes() and b"123456789" not in bytes(document.sealed)
    assert documents.content_of(document, for_display=False) == content
    assert b"Ada at home" not in documents.content_of(document, for_display=True)
    assert documents.told_of(document) == documents.Told("123456789", "GB", "")
    told = Event.objects.get(type="compliance.document.taken").data
    assert told["type"] == "PASSPORT" and "123456789" not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_file_that_was_moved_or_altered_does_not_open(row, folder):
    first, second = take(row), take(row, "SELFIE")
    one, other = (Path(folder) / name[:2] / name for name in (first.file, second.file))
    one.write_bytes(other.read_bytes())
    with pytest.raises(crypto.CannotOpen):
        documents.content_of(first, for_display=False)


def test_an_infected_file_is_refused_audited_and_never_stored(row, folder):
    document = take(row, content=picture() + EICAR)
    assert (document.status, document.file, files(folder)) == ("REFUSED", "", [])
    assert row.items.get(kind="IDENTITY_DOCUMENT").status == "MISSING"
    record = Record.objects.get(action="compliance.document.refused")
    assert record.after["infection"] == "Eicar-Test-Signature"
    assert "Eicar" not in str(Event.objects.get(type="compliance.document.refused").data)


@override_settings(VIRUS_SCANNER="")
def test_without_a_scanner_nothing_is_taken(row, folder):
    with pytest.raises(errors.ScannerUnavailable):
        take(row)
    assert not Document.objects.exists() and files(folder) == []


class Daemon(threading.Thread):
    """Speaks INSTREAM as clamd does."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.answer, self.seen = answer, b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        connection, _ = self.socket.accept()
        with connection, connection.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", stream.read(4))[0]:
                self.seen += stream.read(size)
            connection.sendall(self.answer)
        self.socket.close()


@pytest.mark.parametrize(
    ("answer", "found"), [(b"stream: OK\0", ""), (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", "Win.Test.EICAR_HDB-1")]
)
def test_clamd_is_asked_in_its_own_words(answer, found):
    daemon = Daemon(answer)
    content = os.urandom(200_000)
    with override_settings(VIRUS_SCANNER=f"clamd://127.0.0.1:{daemon.port}"):
        assert scanning.scanner().scan(content) == found
    daemon.join(5)
    assert daemon.seen == content


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b""])
def test_a_scanner_that_gives_no_answer_is_no_clean_answer(answer):
    daemon = Daemon(answer)
    with pytest.raises(errors.ScannerUnavailable):
        scanning.Clamd("127.0.0.1", daemon.port).scan(b"content")
    daemon.join(5)
    with pytest.raises(errors.ScannerUnavailable):
        scanning.Clamd("127.0.0.1", daemon.port).scan(b"content")


def test_what_nobody_asked_for_is_refused(row, folder):
    for refusal, more in ((errors.DocumentNotAsked, {"type": "COMPANY_REGISTER"}), (IllegalMove, {})):
        if not more:
            Verification.objects.filter(pk=row.pk).update(status="IN_REVIEW", opened_at=kyc.AT, due_at=kyc.AT)
        with pytest.raises(refusal):
            take(row, **more)
    assert files(folder) == []


def test_a_zone_fills_in_number_and_expiry_and_agrees_with_the_record(partner):
    row = submitted(kyc.person(partner))
    document = Document.objects.get(type="PASSPORT")
    assert (document.expires_on, documents.told_of(document).number) == (date(2030, 5, 1), "123456789")
    found = {code: outcome for code, outcome in checks(row).items() if code.startswith(("mrz", "document"))}
    assert found == dict.fromkeys(
        ["document.expiry"]
        + [f"mrz.{name}" for name in ("check_digits", "name", "number", "kind", "expiry", "specimen", "born_on")],
        "PASS",
    )


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"zone": zone(name="Grace Hopper")}, "mrz.name"),
        ({"zone": zone(), "number": "987654321"}, "mrz.number"),
        ({"zone": zone(), "type": "ID_CARD"}, "mrz.kind"),
        ({"zone": zone(issuer="UTO", nationality="UTO")}, "mrz.specimen"),
        ({"zone": zone().replace("851210", "851211")}, "mrz.check_digits"),
        ({"expires_on": date(2026, 11, 1)}, "document.expiry"),
    ],
)
def test_what_does_not_agree_is_told_by_field_and_stops_the_approval(partner, actor, more, code):
    row = submitted(kyc.person(partner), **{"zone": "", **more})
    assert [name for name, outcome in checks(row).items() if outcome == "FAIL"] == [code]
    with pytest.raises(errors.ItemsUndecided, match="identity document"):
        approved(row, actor)


def test_an_officer_sees_each_field_with_the_reason(partner):
    row = submitted(kyc.person(partner, born_on=date(1985, 12, 11)), zone=zone(name="Lovelace Ada"))
    personal = selectors.personal_of(row.customer)
    reading, fields = documents.zone_of(Document.objects.get(type="PASSPORT"), personal, at=AT)
    by_name = {one.name: one for one in fields}
    assert reading.is_sound
    assert (by_name["name"].outcome, by_name["name"].document) == ("PASS", "LOVELACE ADA")
    assert (by_name["born_on"].record, by_name["born_on"].document) == ("1985-12-11", "1985-12-10")
    assert by_name["born_on"].why == "The dates of birth differ."


def test_an_owners_document_is_held_against_the_owner(partner):
    row = kyc.opened(kyc.business(partner), "PREMIUM")
    born = kyc.OWNER["born_on"]
    verification_owners.give(verification_id=row.pk, owners=[kyc.OWNER], **BY)
    told = zone(name="Charles Babbage", born=documents.mrz.PartialDate(born.year, born.month, born.day))
    take(row, zone=told)
    take(row, "COMPANY_REGISTER", PDF, issued_on=date(2026, 10, 1))
    take(row, "PROOF_OF_ADDRESS", PDF, issued_on=date(2026, 1, 1))
    row = verifications.submit(verification_id=row.pk, **BY)
    assert (checks(row)["mrz.name"], checks(row)["mrz.born_on"]) == ("PASS", "PASS")
    assert {one.item.kind: one.outcome for one in row.checks.filter(code="document.age")} == {
        "COMPANY_REGISTER": "PASS",
        "PROOF_OF_ADDRESS": "FAIL",
    }


def test_the_same_document_of_two_customers_is_shown_to_the_officer(partner):
    first = kyc.person(partner)
    submitted(first)
    row = submitted(kyc.person(partner, name="Grace Hopper", email="grace@hopper.co.uk", phone="+442079460019"))
    found = row.checks.get(source="DUPLICATES")
    assert (found.code, found.facts) == ("duplicate.document", {"customers": [first.public_id]})
    assert Alert.objects.get(customer=row.customer).priority == 60


def test_an_approval_ends_with_the_first_of_its_documents_and_asks_for_it_again_before(partner, actor):
    row = approved(submitted(kyc.person(partner), zone=zone(expires=date(2027, 3, 31))), actor)
    assert row.expires_at == datetime(2027, 4, 1, tzinfo=UTC)
    assert verification_expiry.sweep(at=row.expires_at - timedelta(days=30), actor=SYSTEM) == (1, 0)
    assert {one.kind for one in row.renewal.items.filter(status="MISSING")} == {"IDENTITY_DOCUMENT", "SELFIE"}
    verification_expiry.sweep(at=row.expires_at, actor=SYSTEM)
    assert Customer.objects.get(pk=row.customer_id).kyc_tier == "UNVERIFIED"


def test_a_document_that_ended_while_it_waited_is_given_again_or_accepted_by_a_person(partner, actor):
    row = submitted(kyc.person(partner), zone=zone(expires=date(2026, 11, 20)))
    later = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    with pytest.raises(errors.ItemsUndecided, match="identity document"):
        approved(row, actor, later)
    item = row.items.get(kind="IDENTITY_DOCUMENT")
    said = {"reason": "The renewed one was shown on the phone.", "actor": actor, "at": later}
    verification_decisions.accept_item(verification_id=row.pk, item_id=item.pk, **said)
    assert approved(row, actor, later).expires_at == datetime(2031, 11, 21, 9, 0, tzinfo=UTC)


def test_an_approval_on_the_last_day_of_a_document_ends_with_that_day(partner, actor):
    row = submitted(kyc.person(partner), zone=zone(expires=date(2026, 11, 20)))
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert approved(row, actor, at).expires_at == datetime(2026, 11, 21, tzinfo=UTC)


def test_a_document_ends_when_its_zone_says_so_whatever_was_told(partner, actor):
    row = submitted(kyc.person(partner), zone=zone(expires=date(2027, 3, 31)), expires_on=date(2035, 1, 1))
    assert Document.objects.get(type="PASSPORT").expires_on == date(2027, 3, 31)
    assert approved(row, actor).expires_at == datetime(2027, 4, 1, tzinfo=UTC)


def test_erasing_the_customer_erases_the_documents(row, folder, django_capture_on_commit_callbacks):
    document = take(row)
    customers.close(customer_id=row.customer_id, **BY)
    kept = (Path(folder) / document.file[:2] / document.file).read_bytes()
    customers.erase(customer_id=row.customer_id, reason="as asked", **BY)
    with pytest.raises(errors.DocumentNotFound):  # at once, by the key
        documents.content_of(Document.objects.get(), for_display=False)
    with django_capture_on_commit_callbacks(execute=True):
        handlers.forget_identity(Event.objects.get(type="customer.erased"))
    document = Document.objects.get()
    assert (document.status, document.file, document.sealed, files(folder)) == ("ERASED", "", None, [])
    assert len(kept) > 100


def test_files_of_transactions_that_were_rolled_back_are_found_and_removed(row, folder):
    document = take(row)
    stray = document_store.put(b"stray", customer_id=row.customer_id)
    assert documents.sweep_strays(at=datetime.now(UTC)) == 0  # somebody may be about to commit
    assert documents.sweep_strays(at=datetime.now(UTC) + timedelta(days=2)) == 1
    assert [path.name for path in files(folder)] == [document.file] and stray != document.file


SANDBOX = {"LIVE": "compliance.providers.identity.Sandbox"}


@pytest.mark.parametrize(("name", "outcome"), [("Ada Lovelace", "PASS"), ("Ada Unsure", "WARN"), ("Ada Mismatch", "FAIL")])
@override_settings(IDENTITY_PROVIDER=SANDBOX)
def test_what_a_provider_says_is_a_check_and_no_decision(partner, actor, name, outcome):
    row = submitted(kyc.person(partner, name=name), zone=zone(name=name))
    assert identity_providers.ask(verification_id=row.pk, at=AT)
    assert not identity_providers.ask(verification_id=row.pk, at=AT)  # once a round
    row = Verification.objects.get(pk=row.pk)
    assert (row.status, checks(row)["provider.registers"], checks(row)["provider.document"]) == ("IN_REVIEW", outcome, outcome)
    if outcome == "FAIL":
        with pytest.raises(errors.ItemsUndecided):
            approved(row, actor)
    else:
        assert approved(row, actor).status == "APPROVED"


@override_settings(IDENTITY_PROVIDER=SANDBOX)
def test_those_who_were_asked_about_keep_nobody_from_being_asked_about(partner):
    first, second = (submitted(kyc.person(partner, email=f"{name}@example.com"), zone=zone()) for name in ("a", "b"))
    assert [identity_providers.ask_due(at=AT, limit=1) for _ in range(3)] == [1, 1, 0]
    assert all(row.checks.filter(source="PROVIDER").exists() for row in (first, second))


@override_settings(IDENTITY_PROVIDER=SANDBOX)
def test_a_document_that_was_lost_keeps_nobody_else_from_being_asked_about(partner, folder):
    first, second = (submitted(kyc.person(partner, email=f"{name}@example.com"), zone=zone()) for name in ("a", "b"))
    lost = Document.objects.filter(verification=first).first()
    (Path(folder) / lost.file[:2] / lost.file).unlink()
    assert identity_providers.ask_due(at=AT) == 1
    assert [row.checks.filter(source="PROVIDER").exists() for row in (first, second)] == [False, True]


class Stranger:
    """A provider that speaks of what the level does not ask for."""

    def check(self, question):
        return [identity.Said(item="LIVENESS", code="liveness", outcome="FAIL")]


@override_settings(IDENTITY_PROVIDER={"LIVE": f"{__name__}.Stranger"})
def test_what_failed_stops_the_approval_also_where_it_belongs_to_no_item(partner, actor):
    row = submitted(kyc.person(partner), zone=zone())
    assert identity_providers.ask(verification_id=row.pk, at=AT)
    with pytest.raises(errors.ItemsUndecided, match="name"):
        approved(row, actor)


def test_the_document_of_a_refused_verification_is_recognised_after_the_customer_tried_a_lower_level(partner, actor):
    first = kyc.person(partner)
    refused = submitted(first, zone=zone())
    said = {"reason_code": "DOCUMENTS_NOT_ACCEPTED", "reason": "Not theirs", "actor": actor, "at": AT}
    verification_decisions.refuse(verification_id=refused.pk, **said)
    kyc.submitted(first)
    row = submitted(kyc.person(partner, name="Grace Hopper", email="grace@hopper.co.uk", phone="+442079460019"))
    assert [one.code for one in row.checks.filter(source="DUPLICATES")] == ["duplicate.document"]


def test_without_a_provider_nobody_is_asked(partner):
    row = submitted(kyc.person(partner))
    assert identity_providers.ask_due(at=AT) == 0
    assert not row.checks.filter(source="PROVIDER").exists()
