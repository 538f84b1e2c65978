"""The page of a verification, and the command beside it: seen masked, revealed with a reason, decided by declared transitions."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from accounts.choices import Role
from accounts.models import Customer
from compliance.models import RequirementSet, Verification
from compliance.services import documents, verifications
from compliance.tests import kyc
from compliance.tests.kyc_papers import PDF, picture, zone
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.core import clock

LIST = "/admin/compliance/verification/"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path / "documents"


@pytest.fixture
def row(db):
    return waiting(kyc.person(kyc.company()))


def waiting(customer, level="ENHANCED", **more):
    at = clock.now()
    row = verifications.open(customer_id=customer.pk, level=level, actor=kyc.SYSTEM, at=at)
    papers = {"PASSPORT": (picture(gps=True, turned=True), {"zone": zone(**more)}), "SELFIE": (picture("PNG"), {})}
    papers["PROOF_OF_ADDRESS"] = (PDF, {"issued_on": at.date()})
    for kind, (content, told) in papers.items():
        if any(kind in item.any_of for item in row.items.all()):
            documents.take(verification_id=row.pk, type=kind, content=content, actor=kyc.SYSTEM, at=at, **told)
    return verifications.submit(verification_id=row.pk, actor=kyc.SYSTEM, at=at)


def page(row):
    return f"{LIST}{row.public_id}/"


def text_of(response):
    return response.content.decode()


def do(client, row, name, /, **data):
    shown = text_of(client.get(f"{page(row)}do/{name}/"))
    version = re.search(r'name="version" value="(\w+)"', shown)[1]
    return client.post(f"{page(row)}do/{name}/", {"version": version, **data}, follow=True)


def revealed(client, row):
    return client.post(f"{page(row)}reveal/documents/", {"reason": "to decide about it"})


def pictures(response):
    return [
        address.replace("&amp;", "&") for address in re.findall(r'(?:src|href)="(/admin/[^"]+token=[^"]+)"', text_of(response))
    ]


def test_the_queue_shows_who_waits_and_nothing_personal(row, sit):
    other = kyc.opened(kyc.person(row.partner, name="Grace Hopper", phone=None, email="grace@hopper.co.uk"))
    client = sit(Role.COMPLIANCE_OFFICER)
    shown = text_of(client.get(LIST))
    assert row.public_id in shown and other.public_id not in shown
    assert other.public_id in text_of(client.get(f"{LIST}?queue=collect"))
    for text in (shown, text_of(client.get(f"{page(row)}change/"))):
        assert kyc.said_of_ada(text) == []
        assert "123456789" not in text


def test_what_is_revealed_is_the_record_the_zone_and_bare_pictures(row, sit):
    client = sit(Role.COMPLIANCE_OFFICER)
    shown = revealed(client, row)
    for word in ("Ada Lovelace", "1985-12-10", "ADA LOVELACE", "123456789", 'data-do="turn"', "The zone beside"):
        assert word.lower() in text_of(shown).lower()
    record = Record.objects.get(action="compliance.document.seen")
    assert (record.target, record.reason) == (row.public_id, "to decide about it")
    first = client.get(pictures(shown)[0])
    assert first["Content-Type"] == "image/jpeg" and "no-store" in first["Cache-Control"]
    assert b"Ada at home" not in first.content
    with Image.open(io.BytesIO(first.content)) as image:
        assert (image.size, dict(image.getexif())) == ((40, 60), {})


def test_a_pdf_is_downloaded_and_never_shown(db, sit):
    row = waiting(kyc.person(kyc.company()), "PREMIUM")
    client = sit(Role.COMPLIANCE_OFFICER)
    answers = [client.get(address) for address in pictures(revealed(client, row))]
    (file,) = [one for one in answers if one["Content-Type"] == "application/octet-stream"]
    assert file["Content-Disposition"].startswith("attachment") and file.content == PDF
    assert len(answers) == 3


def test_an_address_is_of_one_person_and_one_document(row, sit):
    first, second = pictures(revealed(sit(Role.COMPLIANCE_OFFICER), row))
    manager = sit(Role.COMPLIANCE_MANAGER)
    swapped = f"{second.split('?')[0]}?{first.split('?')[1]}"
    assert [manager.get(one).status_code for one in (first, first.split("?")[0], swapped)] == [403] * 3
    assert sit(Role.COMPLIANCE_OFFICER).get(swapped).status_code == 403


def test_who_may_not_reveal_sees_masks(row, sit):
    client = sit(Role.AUDITOR)
    assert client.get(f"{page(row)}change/").status_code == 200
    assert revealed(client, row).status_code == 403
    assert "do-approve" not in text_of(client.get(f"{page(row)}change/"))


def test_an_officer_approves_in_one_step(row, sit):
    answer = do(sit(Role.COMPLIANCE_OFFICER), row, "approve")
    assert "Approved" in text_of(answer)
    assert (Verification.objects.get().status, Customer.objects.get().kyc_tier) == ("APPROVED", "ENHANCED")


def test_premium_is_proposed_by_one_and_approved_by_another(db, sit):
    row = waiting(kyc.person(kyc.company()), "PREMIUM")
    officer = sit(Role.COMPLIANCE_OFFICER)
    assert "Proposed" in text_of(do(officer, row, "approve"))
    assert "another person has to give it" in text_of(officer.get(f"{page(row)}change/"))
    assert "second person" not in text_of(officer.get(LIST)), "it waits for somebody else"
    assert "second person" in text_of(officer.get(f"{LIST}?queue=all"))
    do(sit(Role.COMPLIANCE_MANAGER), row, "approve")
    assert Verification.objects.get().status == "APPROVED"


def test_what_failed_stands_in_the_way_until_it_is_accepted(db, sit):
    row = waiting(kyc.person(kyc.company()), name="Grace Hopper")
    client = sit(Role.COMPLIANCE_OFFICER)
    assert "Decide first about identity document" in text_of(client.get(f"{page(row)}change/"))
    item = row.items.get(kind="IDENTITY_DOCUMENT")
    do(client, row, "accept_item", item_id=str(item.pk), reason="Her maiden name")
    do(client, row, "approve")
    assert Verification.objects.get().status == "APPROVED"


def test_a_stale_page_decides_nothing(row, sit):
    answer = sit(Role.COMPLIANCE_OFFICER).post(f"{page(row)}do/approve/", {"version": "old"})
    assert answer.status_code == 409
    assert Verification.objects.get().status == "IN_REVIEW"


def test_items_are_asked_again_and_verifications_refused(row, sit):
    client = sit(Role.COMPLIANCE_OFFICER)
    selfie = row.items.get(kind="SELFIE")
    do(client, row, "ask_again", item_ids=[str(selfie.pk)], ask_code="UNREADABLE", reason="Too dark to see")
    selfie.refresh_from_db()
    assert (selfie.status, selfie.ask_code) == ("ASKED_AGAIN", "UNREADABLE")
    do(client, row, "add_document", type="SELFIE", file=io.BytesIO(picture()))
    selfie.refresh_from_db()
    assert selfie.status == "PROVIDED"
    do(client, row, "refuse", reason_code="NOT_ELIGIBLE", reason="Somebody else's face")
    assert (Verification.objects.get().status, Verification.objects.get().reason_code) == ("REFUSED", "NOT_ELIGIBLE")


def test_other_requirements_are_asked_for_on_their_page(db, sit):
    row = RequirementSet.objects.get(level="ENHANCED", kind="PERSON")
    client = sit(Role.COMPLIANCE_OFFICER)
    address = f"/admin/compliance/requirementset/{row.public_id}/do/request_change/"
    version = re.search(r'name="version" value="(\w+)"', text_of(client.get(address)))[1]
    kinds = [each["kind"] for each in row.items if each["kind"] != "SELFIE"]
    client.post(address, {"version": version, "items": kinds, "valid_months": 24, "reason": "No selfies"})
    asked = Approval.objects.get(kind="compliance.requirement_change")
    assert [each["kind"] for each in asked.payload["items"]] == kinds
    assert RequirementSet.objects.count() == 6


def run(*words):
    out = io.StringIO()
    call_command("verifications", *words, stdout=out)
    return out.getvalue()


def test_the_command_does_what_the_page_does(db, staff_of, tmp_path):
    officer, customer = staff_of(Role.COMPLIANCE_OFFICER), kyc.person(kyc.company())
    who = ["--as", officer.email]
    run("open", customer.public_id, "--level", "ENHANCED", *who)
    row = Verification.objects.get()
    file = Path(tmp_path) / "passport.jpg"
    file.write_bytes(picture())
    for kind, more in (("PASSPORT", ["--zone", zone().replace("\n", "/")]), ("SELFIE", [])):
        run("add-document", row.public_id, "--type", kind, "--file", str(file), *more, *who)
    assert "in review" in run("submit", row.public_id, *who)
    assert row.public_id in run("list", *who)
    shown = run("show", row.public_id)
    assert "Check mrz.name" in shown and "Lovelace" not in shown
    selfie = row.items.get(kind="SELFIE").public_id
    run("ask-again", row.public_id, "--items", selfie, "--code", "UNREADABLE", "--reason", "Too dark to see", *who)
    run("add-document", row.public_id, "--type", "SELFIE", "--file", str(file), *who)
    run("submit", row.public_id, *who)
    assert "approved" in run("approve", row.public_id, *who)
    assert Customer.objects.get().kyc_tier == "ENHANCED"
    with pytest.raises(CommandError, match=r"state.illegal_move"):
        run("refuse", row.public_id, "--code", "NOT_ELIGIBLE", "--reason", "Too late", *who)


def test_the_command_refuses_who_may_not(row, staff_of):
    with pytest.raises(CommandError, match="compliance.decide_verification"):
        run("approve", row.public_id, "--as", staff_of(Role.AUDITOR).email)
    assert Verification.objects.get().status == "IN_REVIEW"
