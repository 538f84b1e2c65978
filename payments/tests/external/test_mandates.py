"""Mandates: given, suspended, revoked, expired, and used one collection after the other."""

from datetime import date

import pytest
from django.db import connection

from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from payments import errors
from payments.models import Mandate, MandateUse
from payments.selectors import mandates as selectors
from payments.services import external_accounts, mandates
from payments.tests.external.conftest import AT, CARD, CREDITOR, IBAN, KEY, ROBOT, US_BANK

DAY = date(2026, 3, 5)


def take(mandate, reference, *, on=DAY, **options):
    return mandates.next_sequence(mandate_id=mandate.pk, reference=reference, on=on, actor=ROBOT, at=AT, **options)


def give_back(mandate, reference):
    return mandates.give_back(mandate_id=mandate.pk, reference=reference, actor=ROBOT, at=AT)


@pytest.fixture
def mandate(world):
    made = world.mandate(world.add(IBAN))
    world.told()
    return made


def test_a_sepa_mandate_has_a_reference_a_creditor_and_36_months(world):
    mandate = world.mandate(world.add(IBAN), reference="Rent/2026", external_id="mandate-1")
    assert (mandate.status, mandate.kind, mandate.reference) == ("ACTIVE", "RECURRENT", "Rent/2026")
    assert (mandate.creditor_id, mandate.expires_on) == (CREDITOR, date(2029, 2, 1))
    assert world.told() == ["external_account.added", "mandate.created"]


def test_a_reference_is_made_up_where_none_is_given(world):
    account = world.add(IBAN)
    made = {world.mandate(account).reference for _ in range(3)}
    assert len(made) == 3
    assert all(reference.isalnum() and reference.startswith("MDT") and len(reference) == 29 for reference in made)


def test_a_reference_is_taken_once_per_creditor_whatever_its_capitals(world):
    account = world.add(IBAN)
    world.mandate(account, reference="Rent-1")
    with pytest.raises(errors.DuplicateMandateReference):
        world.mandate(account, reference="RENT-1")
    world.mandate(account, reference="RENT-1", creditor_id="NL79ZZZ999999990000")
    assert Mandate.objects.count() == 2


def test_the_evidence_of_an_ach_authorization_lies_sealed(world):
    mandate = world.mandate(world.add(), evidence="Ada Lovelace ticked the box at 192.0.2.7")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(m::text, '') FROM payments_mandate m")
        dump = cursor.fetchone()[0]
    assert "Lovelace" not in dump and b"Lovelace".hex() not in dump
    assert selectors.evidence_of(mandate) == "Ada Lovelace ticked the box at 192.0.2.7"
    assert mandate.expires_on is None


BUSINESS = {"holder_kind": "BUSINESS"}


@pytest.mark.parametrize(
    ("account", "given", "error", "param"),
    [
        (IBAN, {"creditor_id": None}, errors.FieldMissing, "creditor_id"),
        (IBAN, {"creditor_id": "DE97ZZZ09999999999"}, errors.MalformedCreditorId, "creditor_id"),
        (IBAN, {"reference": "a b"}, errors.MalformedMandateReference, "reference"),
        (IBAN, {"evidence": "a signature on paper"}, errors.FieldNotForKind, "evidence"),
        (IBAN, {"authorization": "WEB"}, errors.FieldNotForKind, "authorization"),
        (IBAN, {"scheme": "SEPA_B2B"}, errors.MandateSchemeUnfit, "scheme"),
        (IBAN, {"scheme": "CHEQUE"}, Invalid, "scheme"),
        (IBAN, {"kind": "TWICE"}, Invalid, "kind"),
        (IBAN, {"signed_on": date(2026, 3, 4)}, errors.MandateDayOutOfRange, "signed_on"),
        (IBAN, {"signed_on": date(2023, 3, 2)}, errors.MandateDayOutOfRange, "signed_on"),
        ({**IBAN, "currency": "GBP"}, {}, errors.MandateSchemeUnfit, "scheme"),
        ({**IBAN, "iban": "SA0380000000608010167519"}, {}, errors.MandateSchemeUnfit, "scheme"),
        ({**IBAN, "relation": "THIRD_PARTY"}, {}, errors.NotDebitable, "external_account_id"),
        (CARD, {}, errors.MandateSchemeUnfit, "scheme"),
        (
            US_BANK,
            {"scheme": "SEPA_CORE", "creditor_id": CREDITOR, "authorization": None, "evidence": None},
            errors.MandateSchemeUnfit,
            "scheme",
        ),
        (US_BANK, {"authorization": "CCD"}, errors.MandateSchemeUnfit, "authorization"),
        ({**US_BANK, **BUSINESS}, {"authorization": "WEB"}, errors.MandateSchemeUnfit, "authorization"),
        (US_BANK, {"authorization": "BOC"}, Invalid, "authorization"),
        (US_BANK, {"evidence": None}, errors.EvidenceMissing, "evidence"),
        (US_BANK, {"evidence": "said yes"}, errors.EvidenceMissing, "evidence"),
        (US_BANK, {"creditor_id": CREDITOR}, errors.FieldNotForKind, "creditor_id"),
    ],
)
def test_a_mandate_that_no_scheme_takes_is_refused(world, account, given, error, param):
    added = world.add(account)
    world.told()
    with pytest.raises(error) as refusal:
        world.mandate(added, **given)
    assert refusal.value.param == param
    assert not Mandate.objects.exists()
    assert world.told() == []


def test_businesses_are_collected_from_by_b2b_and_ccd(world):
    assert world.mandate(world.add({**IBAN, **BUSINESS}), scheme="SEPA_B2B").scheme == "SEPA_B2B"
    assert world.mandate(world.add({**US_BANK, **BUSINESS}), authorization="CCD").authorization == "CCD"


def test_no_mandate_is_given_on_an_account_that_is_blocked_or_closed(world):
    account = world.add(IBAN)
    external_accounts.block(external_account_id=account.pk, reason="lost trust", actor=KEY, at=AT)
    with pytest.raises(errors.ExternalAccountBlocked):
        world.mandate(account)
    external_accounts.close(external_account_id=account.pk, actor=KEY, at=AT)
    with pytest.raises(errors.ExternalAccountClosed):
        world.mandate(account)
    with pytest.raises(errors.ExternalAccountNotFound):
        world.mandate(account, partner_id=world.partner.sibling.pk)


def test_the_first_collection_is_frst_those_after_it_rcur_and_the_final_one_fnal(mandate, world):
    assert [take(mandate, f"pay_{number}") for number in range(3)] == ["FRST", "RCUR", "RCUR"]
    assert take(mandate, "pay_3", is_final=True) == "FNAL"
    with pytest.raises(errors.MandateNotActive) as refusal:
        take(mandate, "pay_4")
    assert refusal.value.details == {"mandate": mandate.public_id, "status": "USED_UP"}
    assert world.told() == ["mandate.used"] * 4
    assert MandateUse.objects.count() == 4


def test_a_one_off_mandate_is_used_once(world):
    mandate = world.mandate(world.add(IBAN), kind="ONE_OFF")
    assert take(mandate, "pay_1") == "OOFF"
    with pytest.raises(errors.MandateNotActive):
        take(mandate, "pay_2")


def test_asked_again_for_the_same_collection_the_place_is_the_same(mandate, world):
    assert [take(mandate, "pay_1") for _ in range(3)] == ["FRST"] * 3
    assert world.told() == ["mandate.used"]
    mandate.refresh_from_db()
    assert mandate.uses == 1


def test_after_a_rejected_first_collection_comes_a_first_one_again(mandate, world):
    assert take(mandate, "pay_1") == "FRST"
    assert (give_back(mandate, "pay_1").uses, give_back(mandate, "pay_1").uses) == (0, 0)
    assert world.told() == ["mandate.used", "mandate.use_rejected"]
    assert take(mandate, "pay_2") == "FRST"
    assert take(mandate, "pay_3") == "RCUR"
    with pytest.raises(errors.MandateUseRejected):
        take(mandate, "pay_1")


def test_a_rejected_final_collection_opens_the_mandate_again(mandate):
    take(mandate, "pay_1")
    take(mandate, "pay_2", is_final=True)
    give_back(mandate, "pay_2")
    assert take(mandate, "pay_3") == "RCUR"


def test_each_collection_gives_the_mandate_36_months_even_a_rejected_one(mandate):
    take(mandate, "pay_1", on=date(2027, 5, 31))
    give_back(mandate, "pay_1")
    mandate.refresh_from_db()
    assert (mandate.expires_on, mandate.last_used_on) == (date(2030, 5, 31), None)


def test_unused_for_36_months_it_expires_and_is_refused_before_the_sweep_too(mandate, world):
    assert take(mandate, "pay_1", on=date(2026, 3, 31)) == "FRST"
    world.told()
    with pytest.raises(errors.MandateNotActive) as refusal:
        take(mandate, "pay_2", on=date(2029, 3, 31))
    assert refusal.value.details["status"] == "EXPIRED"
    sweep = {"actor": ROBOT, "at": AT}
    assert mandates.expire_unused(on=date(2029, 3, 30), **sweep) == 0
    assert [mandates.expire_unused(on=date(2029, 3, 31), **sweep) for _ in range(2)] == [1, 0]
    assert world.told() == ["mandate.expired"]
    mandate.refresh_from_db()
    assert (mandate.status, mandate.ended_at) == ("EXPIRED", AT)


def test_ach_authorizations_do_not_expire(world):
    mandate = world.mandate(world.add(), signed_on=date(2015, 1, 1))
    assert mandates.expire_unused(on=date(2099, 1, 1), actor=ROBOT, at=AT) == 0
    assert take(mandate, "pay_1", on=date(2098, 1, 1)) == "FRST"


def test_a_suspended_mandate_waits_and_a_revoked_one_has_ended(mandate, world):
    act = {"mandate_id": mandate.pk, "actor": KEY, "at": AT}
    mandates.suspend(**act, reason="three returns")
    with pytest.raises(errors.MandateNotActive):
        take(mandate, "pay_1")
    with pytest.raises(IllegalMove):
        mandates.suspend(**act, reason="again")
    mandates.resume(**act, reason="the customer called")
    assert take(mandate, "pay_1") == "FRST"
    revoked = mandates.revoke(**act, partner_id=world.partner.pk)
    assert (revoked.status, revoked.ended_at) == ("REVOKED", AT)
    for step in (mandates.revoke, mandates.suspend, mandates.resume):
        with pytest.raises(errors.MandateEnded):
            step(**act, reason="too late")
    with pytest.raises(errors.MandateNotActive):
        take(mandate, "pay_2")
    assert world.told() == ["mandate.suspended", "mandate.resumed", "mandate.used", "mandate.revoked"]


def test_a_mandate_of_somebody_else_is_not_found(mandate, world):
    for step in (
        lambda: mandates.revoke(mandate_id=mandate.pk, partner_id=world.partner.sibling.pk, actor=KEY, at=AT),
        lambda: take(mandate, "pay_1", partner_id=world.partner.sibling.pk),
    ):
        with pytest.raises(errors.MandateNotFound):
            step()
