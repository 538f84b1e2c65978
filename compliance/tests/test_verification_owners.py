"""Owners of a business told by an officer, one by one: on the page of the verification and from the command line, screened as the API's."""

import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.choices import Role
from compliance import errors
from compliance.handlers.risk import rate_after_hit
from compliance.models import Alert, BeneficialOwner, CustomerRisk, Hit
from compliance.selectors import verifications as selectors
from compliance.services import documents, screening, verification_decisions, verification_owners, verifications
from compliance.tasks import screening as screening_tasks
from compliance.tests import kyc
from compliance.tests.kyc import AT, SYSTEM
from compliance.tests.kyc_papers import PDF, picture
from compliance.tests.screening_world import BRANNIKOV, sanctions
from compliance.tests.test_verification_pages import do, page, revealed, text_of
from flowlet.audit.models import Record
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db
BY = {"actor": SYSTEM, "at": AT}
FORM = {"name": "Charles Babbage", "born_on": "1971-12-26", "country": "GB", "share": "60"}
SECOND = kyc.OWNER | {"name": "Luigi Menabrea", "share": Decimal("30")}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path / "documents"


@pytest.fixture
def row():
    return kyc.opened(kyc.business(kyc.company()), "PREMIUM")


def told(row):
    box = subjects.key_for(row.customer_id)
    return [(selectors.owner_values(one, box)["name"], one.share) for one in row.owners.order_by("pk")]


def state(row, kind="OWNERS"):
    return list(row.items.filter(kind=kind).order_by("pk").values_list("status", flat=True))


def test_an_officer_tells_corrects_and_removes_owners_on_the_page(row, sit):
    client = sit(Role.COMPLIANCE_OFFICER)
    do(client, row, "add_owner", **FORM)
    do(client, row, "add_owner", **FORM | {"name": "Luigi Menabrea", "share": "30.5"})
    assert told(row) == [("Charles Babbage", Decimal(60)), ("Luigi Menabrea", Decimal("30.5"))]
    assert (state(row), state(row, "OWNER_IDENTITY")) == (["PROVIDED"], ["MISSING"] * 2)
    shown = text_of(client.get(f"{page(row)}change/"))
    assert "Identity document of an owner: Owner 2, 30.5 %" in shown and "Menabrea" not in shown
    assert "Luigi Menabrea, 1971-12-26" in text_of(revealed(client, row))
    first, second = row.owners.order_by("pk")
    do(client, row, "correct_owner", owner_id=str(second.pk), name="Luigi Federico Menabrea", reason="As in the register")
    do(client, row, "remove_owner", owner_id=str(first.pk), reason="Sold his share")
    assert told(row) == [("Luigi Federico Menabrea", Decimal("30.5"))]
    records = Record.objects.filter(action="compliance.verification.owners_given").order_by("pk")
    assert [one.reason for one in records] == ["", "", "As in the register", "Sold his share"]
    assert records[2].after == {"corrected": second.public_id, "changed": ["name"]}
    assert "Menabrea" not in str([(one.before, one.after) for one in records])
    do(client, row, "no_owners", reason="The register names nobody")
    assert (told(row), state(row), state(row, "OWNER_IDENTITY")) == ([], ["PROVIDED"], [])


@pytest.mark.parametrize(
    ("form", "says"),
    [({"share": "40.01"}, "100 % together"), ({"country": "XX"}, "valid choice"), ({"born_on": "2090-01-01"}, "2090")],
)
def test_the_page_refuses_what_the_api_refuses(row, sit, form, says):
    verification_owners.give(verification_id=row.pk, owners=[kyc.OWNER], **BY)
    answer = do(sit(Role.COMPLIANCE_OFFICER), row, "add_owner", **FORM | {"share": "30"} | form)
    assert says in text_of(answer)
    assert told(row) == [("Charles Babbage", Decimal(60))]


def test_who_may_not_decide_tells_of_nobody_and_persons_have_no_owners(row, sit):
    assert "do-add_owner" not in text_of(sit(Role.AUDITOR).get(f"{page(row)}change/"))
    officer = sit(Role.COMPLIANCE_OFFICER)
    shown = text_of(officer.get(f"{page(row)}change/"))
    assert "do-add_owner" in shown and "do-remove_owner" not in shown
    of_person = kyc.opened(kyc.person(row.partner))
    assert "do-add_owner" not in text_of(officer.get(f"{page(of_person)}change/"))
    with pytest.raises(errors.OwnersNotAsked):
        verification_owners.add(verification_id=of_person.pk, **kyc.OWNER, **BY)


def test_without_any_owner_left_the_item_is_missing_until_it_is_said_that_there_is_none(row):
    verification_owners.add(verification_id=row.pk, **kyc.OWNER, **BY)
    with pytest.raises(errors.MalformedOwners, match="Nothing would change"):
        verification_owners.correct(
            verification_id=row.pk, owner_id=row.owners.get().pk, share=Decimal(60), reason="by mistake", **BY
        )
    verification_owners.remove(verification_id=row.pk, owner_id=row.owners.get().pk, reason="by mistake", **BY)
    assert state(row) == ["MISSING"]
    with pytest.raises(errors.VerificationIncomplete):
        verifications.submit(verification_id=row.pk, **BY)
    with pytest.raises(errors.OwnerNotFound):
        verification_owners.remove(verification_id=row.pk, owner_id=row.pk, reason="by mistake", **BY)


def submitted(row):
    """With all papers, each owner's at the owner's item."""
    papers = {"COMPANY_REGISTER": PDF, "PROOF_OF_ADDRESS": PDF, "PASSPORT": picture()}
    for item in row.items.exclude(any_of=[]):
        kind = next(one for one in papers if one in item.any_of)
        documents.take(verification_id=row.pk, item_id=item.pk, type=kind, content=papers[kind], issued_on=AT.date(), **BY)
    return verifications.submit(verification_id=row.pk, **BY)


def test_a_correction_keeps_the_others_papers_and_undoes_what_was_accepted_of_the_one(row, actor):
    verification_owners.add(verification_id=row.pk, **kyc.OWNER, **BY)
    verification_owners.add(verification_id=row.pk, **SECOND, **BY)
    submitted(row)
    with pytest.raises(IllegalMove):
        verification_owners.add(verification_id=row.pk, **SECOND, **BY)
    first, second = row.items.filter(kind="OWNER_IDENTITY").order_by("pk")
    said = {"verification_id": row.pk, "actor": actor, "at": AT}
    verification_decisions.accept_item(item_id=first.pk, reason="his own", **said)
    verification_decisions.accept_item(item_id=second.pk, reason="his married name", **said)
    owners = row.items.get(kind="OWNERS")
    verification_decisions.ask_again(item_ids=[owners.pk], ask_code="DATA_MISMATCH", **said)
    verification_owners.correct(owner_id=second.owner_id, name="Count Menabrea", reason="As in the register", **said)
    assert state(row, "OWNER_IDENTITY") == ["ACCEPTED", "PROVIDED"]
    assert set(documents.newest(row)) >= {first.pk, second.pk}


def test_owners_told_by_an_officer_are_screened_and_count_for_the_rating(row):
    sanctions(BRANNIKOV)
    screening.screen_customer(customer=row.customer, **BY)
    verification_owners.add(verification_id=row.pk, **kyc.OWNER | {"name": "Fyodor Brannikov"}, **BY)
    submitted(row)
    screening_tasks.screen_owners(customer_id=row.customer.public_id)
    hit = Hit.objects.get()
    assert (hit.subject.kind, hit.entry, Alert.objects.filter(kind="SCREENING").count()) == ("OWNER", "ofac-101", 1)
    rate_after_hit(Event.objects.get(type="compliance.hit.opened"))
    rating = CustomerRisk.objects.get(customer=row.customer).rating
    assert {"OPEN"} == {part["value"] for part in rating.parts if part["factor"] == "SCREENING"}


def test_the_command_tells_corrects_and_removes_owners(row, staff_of):
    who = ["--as", staff_of(Role.COMPLIANCE_OFFICER).email]

    def run(word, *more):
        out = io.StringIO()
        call_command("verifications", word, row.public_id, *more, stdout=out)
        return out.getvalue()

    values = ["--name", "Charles Babbage", "--born-on", "1971-12-26", "--country", "GB", "--share", "60"]
    run("add-owner", *values, *who)
    owner = BeneficialOwner.objects.get().public_id
    assert owner in run("show") and "Babbage" not in run("show")
    run("correct-owner", "--owner", owner, "--share", "55.25", "--reason", "New register", *who)
    assert told(row) == [("Charles Babbage", Decimal("55.25"))]
    with pytest.raises(CommandError, match=r"verification.malformed_owners"):
        run("add-owner", *values, *who)
    run("remove-owner", "--owner", owner, "--reason", "Sold the share", *who)
    run("no-owners", "--reason", "New register", *who)
    assert (told(row), state(row)) == ([], ["PROVIDED"])
