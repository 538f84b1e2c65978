"""Verifications through the partner API: what partners do, and what they never learn."""

from uuid import uuid4

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.choices import Mode, Scope
from accounts.models import Customer
from accounts.services import api_keys
from compliance import errors
from compliance.models import Document, Verification
from compliance.services import verification_decisions, verification_simulations, verifications
from compliance.tests import kyc
from compliance.tests.kyc_papers import EICAR, picture, zone
from flowlet.core import clock
from flowlet.events.models import Event


@pytest.fixture
def partner(db):
    return kyc.company(mode=Mode.SANDBOX)


@pytest.fixture
def ask(partner):
    issued = api_keys.issue(partner_id=partner.pk, name="tests", scopes=list(Scope.values), actor=kyc.SYSTEM, at=clock.now())

    def send(method, path, body=None, *, file=None, key=None):
        headers = {"Authorization": f"Bearer {issued.secret}", "Idempotency-Key": key or str(uuid4())}
        kind, raw = ("application/json", orjson.dumps(body)) if body is not None else ("", b"")
        if file is not None:
            kind, raw = MULTIPART_CONTENT, encode_multipart(BOUNDARY, {**body, "file": SimpleUploadedFile("a.jpg", file)})
        return Client().generic(method, f"/v1/{path}", raw, content_type=kind, headers=headers)

    return send


def opened(ask, partner, level="ENHANCED", **more):
    customer = kyc.person(partner, **more)
    return ask("POST", "verifications", {"customer_id": customer.public_id, "level": level}).json()


def missing(shown):
    return {one["kind"] for one in shown["items"] if one["status"] in {"MISSING", "ASKED_AGAIN"}}


def test_a_customer_is_verified_from_the_first_call_to_the_event(ask, partner):
    shown = opened(ask, partner)
    where = f"verifications/{shown['id']}"
    assert missing(shown) == {"IDENTITY_DOCUMENT", "SELFIE"}
    refused = ask("POST", f"{where}/submit", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "verification.incomplete")
    assert {one["kind"] for one in refused.json()["details"]["items"]} == missing(shown)
    for fields in ({"type": "PASSPORT", "zone": zone()}, {"type": "SELFIE"}):
        assert ask("POST", f"{where}/documents", fields, file=picture()).status_code == 201
    assert ask("POST", f"{where}/submit", {}).json()["status"] == "IN_REVIEW"
    again = ask("POST", f"simulations/{where}/decide", {"decision": "ASK_AGAIN", "ask_code": "UNREADABLE", "item_ids": [
        one["id"] for one in shown["items"] if one["kind"] == "SELFIE"
    ]}).json()  # fmt: skip
    assert (again["status"], missing(again)) == ("COLLECTING", {"SELFIE"})
    ask("POST", f"{where}/documents", {"type": "SELFIE"}, file=picture())
    ask("POST", f"{where}/submit", {})
    done = ask("POST", f"simulations/{where}/decide", {"decision": "APPROVE"}).json()
    assert (done["status"], {one["status"] for one in done["items"]}) == ("APPROVED", {"ACCEPTED"})
    assert Customer.objects.get().kyc_tier == "ENHANCED"
    told = Event.objects.filter(partner_id=partner.pk, subject=shown["id"]).order_by("id").values_list("type", flat=True)
    words = ["opened", "collecting", "submitted", "collecting", "submitted", "approved"]
    assert list(told) == [f"compliance.verification.{word}" for word in words]


def test_partners_learn_nothing_of_checks_duplicates_officers_and_reasons(ask, partner, actor):
    kyc.submitted(kyc.person(partner))
    shown = opened(ask, partner, level="BASIC", email="ada@example.com")
    row = verifications.submit(verification_id=Verification.key(shown["id"]), actor=kyc.SYSTEM, at=kyc.AT)
    duplicate = row.items.get(kind="DUPLICATE")
    verification_decisions.accept_item(verification_id=row.pk, item_id=duplicate.pk, reason="Twins", actor=actor, at=kyc.AT)
    name = row.items.get(kind="NAME")
    verification_decisions.accept_item(verification_id=row.pk, item_id=name.pk, reason="Looked up", actor=actor, at=kyc.AT)
    seen = ask("GET", f"verifications/{shown['id']}").json()
    assert {one["kind"]: one["status"] for one in seen["items"]} == dict.fromkeys(
        ["NAME", "BIRTH_DATE", "ADDRESS", "CONTACT"], "PROVIDED"
    )
    verification_decisions.refuse(
        verification_id=row.pk, reason_code="NOT_ELIGIBLE", reason="Wanted by Interpol", actor=actor, at=kyc.AT
    )
    everything = ask("GET", "verifications").content + ask("GET", f"verifications/{shown['id']}").content
    everything += ask("GET", "events?type=compliance.verification.*").content + ask("GET", "documents").content
    for word in (b"DUPLICATE", b"Interpol", b"Twins", b"duplicate", b"check", b"usr_", b"proposed", b"round"):
        assert word not in everything
    assert seen["reason_code"] is None
    assert ask("GET", f"verifications/{shown['id']}").json()["reason_code"] == "NOT_ELIGIBLE"


def test_an_unsafe_file_is_answered_as_refused_and_the_item_stays_missing(ask, partner):
    shown = opened(ask, partner)
    answer = ask("POST", f"verifications/{shown['id']}/documents", {"type": "PASSPORT"}, file=picture() + EICAR)
    assert (answer.status_code, answer.json()["status"]) == (201, "REFUSED")
    assert "IDENTITY_DOCUMENT" in missing(ask("GET", f"verifications/{shown['id']}").json())
    assert b"icar" not in answer.content


def test_an_upload_that_is_sent_again_is_kept_once(ask, partner):
    shown = opened(ask, partner)
    where, content = f"verifications/{shown['id']}/documents", picture()
    first = ask("POST", where, {"type": "PASSPORT"}, file=content, key="same")
    again = ask("POST", where, {"type": "PASSPORT"}, file=content, key="same")
    assert (first.content, again["Idempotency-Replayed"], Document.objects.count()) == (again.content, "true", 1)
    other = ask("POST", where, {"type": "PASSPORT"}, file=picture("PNG"), key="same")
    assert other.json()["code"] == "idempotency.key_reused"


def test_two_people_of_the_sandbox_approve_premium(ask, partner):
    shown = opened(ask, partner, "PREMIUM")
    where = f"verifications/{shown['id']}"
    for kind in ("PASSPORT", "SELFIE", "PROOF_OF_ADDRESS"):
        ask("POST", f"{where}/documents", {"type": kind, "issued_on": "2020-01-01"}, file=picture())
    ask("POST", f"{where}/submit", {})
    assert ask("POST", f"simulations/{where}/decide", {"decision": "APPROVE"}).json()["status"] == "APPROVED"
    row = Verification.objects.get()
    assert (row.proposed_by, row.decided_by.startswith("api_key:")) == ("system:sandbox.officer", True)


@pytest.mark.django_db
def test_nothing_is_simulated_live():
    row = kyc.submitted(kyc.person(kyc.company()))

    with pytest.raises(errors.VerificationSandboxOnly):
        verification_simulations.decide(
            verification_id=row.pk, partner_id=row.partner_id, decision="APPROVE", actor=kyc.SYSTEM, at=kyc.AT
        )
    assert Verification.objects.get().status == "IN_REVIEW"
