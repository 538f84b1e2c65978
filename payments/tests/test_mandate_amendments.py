"""SEPA mandates over time: amended with the bank told once, a last collection, a debtor who is told in time."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from lxml import etree

from flowlet.core import xml
from flowlet.core.errors import Invalid
from payments import errors
from payments.choices import PaymentStatus, Sequence
from payments.models import Mandate, MandateAmendment
from payments.policies import mandates as policies
from payments.services import files, mandate_amendments, outcomes, settlement
from payments.tests.test_files import CREDITOR, collect, sepa_mandate
from payments.tests.world import KEY, STAFF, fresh_world

S = PaymentStatus
OTHER_CREDITOR = "NL79ZZZ999999990000"
SAME_BANK, OTHER_BANK = "DE62370400440532013001", "DE02120300000000202051"


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def wallet(world):
    return world.wallet(currency="EUR")


@pytest.fixture
def account(world, wallet):
    return world.bank(wallet, iban="DE89370400440532013000", relation="OWN")


@pytest.fixture
def mandate(world, account):
    return sepa_mandate(world, account)


def amend(world, mandate, **changes):
    return mandate_amendments.amend(mandate_id=mandate.pk, actor=KEY, at=world.at, **changes)


def sent(world, wallet, account, mandate, amount="10.00", **options):
    """A collection in its file, and the file's tree."""
    payment = collect(world, wallet, amount, account, mandate, **options)
    [batch] = settlement.run(at=world.at, actor=STAFF, early=True).built
    payment.refresh_from_db()
    content = files.content_of(batch)
    assert files.rebuild(batch).digest == batch.digest
    assert xml.validate(content, name="pain.008.001.08").is_valid
    return payment, etree.fromstring(content)


def told(tree):
    """What the file says of the amendment, as local paths and texts."""
    found = {}
    for element in tree.iter("{*}AmdmntInd", "{*}AmdmntInfDtls"):
        for leaf in element.iter():
            if not len(leaf):
                found[xml.path_of(leaf).rpartition("MndtRltdInf/")[2]] = leaf.text
    return found


def test_a_mandate_that_was_never_used_is_changed_and_no_bank_told(world, wallet, account, mandate):
    amend(world, mandate, reference="RENT-2")
    payment, tree = sent(world, wallet, account, Mandate.objects.get())
    assert told(tree) == {}
    assert tree.findtext(".//{*}MndtId") == "RENT-2"
    assert MandateAmendment.objects.get().is_for_bank is False


def test_reference_and_creditor_are_told_with_the_next_collection_and_once(world, wallet, account, mandate):
    sent(world, wallet, account, mandate)
    first = mandate.reference
    amend(world, mandate, reference="RENT-2")
    mandate = amend(world, mandate, reference="RENT-3", creditor_id=OTHER_CREDITOR)
    payment, tree = sent(world, wallet, account, mandate)
    assert told(tree) == {
        "AmdmntInd": "true",
        "AmdmntInfDtls/OrgnlMndtId": first,
        "AmdmntInfDtls/OrgnlCdtrSchmeId/Id/PrvtId/Othr/Id": CREDITOR,
        "AmdmntInfDtls/OrgnlCdtrSchmeId/Id/PrvtId/Othr/SchmeNm/Prtry": "SEPA",
    }
    assert (tree.findtext(".//{*}MndtId"), tree.findtext(".//{*}SeqTp")) == ("RENT-3", "RCUR")
    assert set(MandateAmendment.objects.values_list("carried_by", flat=True)) == {payment.public_id}
    _, tree = sent(world, wallet, account, mandate)
    assert told(tree) == {}


@pytest.mark.parametrize(
    ("iban", "path", "text"),
    [
        (SAME_BANK, "AmdmntInfDtls/OrgnlDbtrAcct/Id/IBAN", "DE89370400440532013000"),
        (OTHER_BANK, "AmdmntInfDtls/OrgnlDbtrAcct/Id/Othr/Id", "SMNDA"),
    ],
)
def test_a_new_account_is_told_by_iban_at_the_same_bank_and_by_smnda_at_another(
    world, wallet, account, mandate, iban, path, text
):
    sent(world, wallet, account, mandate)
    new = world.bank(wallet, iban=iban, relation="OWN")
    mandate = amend(world, mandate, external_account_id=new.pk)
    payment, tree = sent(world, wallet, new, mandate)
    assert told(tree) == {"AmdmntInd": "true", path: text}
    assert tree.findtext(".//{*}DbtrAcct/{*}Id/{*}IBAN") == iban
    assert payment.external_account == new


def test_a_collection_that_was_rejected_told_nothing(world, wallet, account, mandate):
    sent(world, wallet, account, mandate)
    mandate = amend(world, mandate, reference="RENT-2")
    payment, _ = sent(world, wallet, account, mandate)
    world.act(outcomes.fail, payment, reason_code="AC01")
    account.refresh_from_db()
    assert set(MandateAmendment.objects.values_list("carried_by", flat=True)) == {""}


def test_a_collection_of_the_old_account_does_not_leave_after_the_change(world, wallet, account, mandate):
    waiting = collect(world, wallet, "10.00", account, mandate)
    amend(world, mandate, external_account_id=world.bank(wallet, iban=OTHER_BANK, relation="OWN").pk)
    settlement.run(at=world.at, actor=STAFF, early=True)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason_code) == (S.FAILED, "payments.mandate_missing")


def test_what_cannot_be_amended_is_refused_and_nothing_changes(world, wallet, account, mandate):
    stranger = world.bank(world.wallet(currency="EUR"), iban=OTHER_BANK, relation="OWN")
    twin = sepa_mandate(world, account)
    for changes, refusal in (
        ({}, errors.MandateNotAmendable),
        ({"reference": mandate.reference}, errors.MandateNotAmendable),
        ({"reference": "a b"}, errors.MalformedMandateReference),
        ({"reference": twin.reference}, errors.DuplicateMandateReference),
        ({"creditor_id": "DE00ZZZ09999999999"}, errors.MalformedCreditorId),
        ({"external_account_id": stranger.pk}, errors.ExternalAccountNotFound),
        ({"external_account_id": world.bank(wallet, iban=SAME_BANK).pk}, errors.NotDebitable),
    ):
        with pytest.raises(refusal), transaction.atomic():
            amend(world, mandate, **changes)
    dollars = world.wallet()
    ach = world.ach_mandate(world.bank(dollars, relation="OWN"))
    with pytest.raises(errors.MandateNotAmendable):
        amend(world, ach, reference="X")
    assert MandateAmendment.objects.count() == 0


def test_the_database_changes_a_mandate_by_an_amendment_only(world, mandate):
    with pytest.raises(IntegrityError, match="what was signed is fixed"), transaction.atomic():
        Mandate.objects.filter(pk=mandate.pk).update(reference="OTHER")
    mandate = amend(world, mandate, reference="RENT-2")
    with pytest.raises(IntegrityError, match="what was signed is fixed"), transaction.atomic():
        Mandate.objects.filter(pk=mandate.pk).update(creditor_id=OTHER_CREDITOR)
    with pytest.raises(IntegrityError, match="what was so before is fixed"), transaction.atomic():
        MandateAmendment.objects.update(former_reference="ELSE")


# The last collection


def test_a_final_collection_uses_the_mandate_up(world, wallet, account, mandate):
    sent(world, wallet, account, mandate)
    payment, tree = sent(world, wallet, account, mandate, is_final=True)
    mandate.refresh_from_db()
    assert (tree.findtext(".//{*}SeqTp"), mandate.last_sequence, policies.is_used_up(mandate)) == ("FNAL", Sequence.FNAL, True)
    with pytest.raises(errors.MandateNotActive):
        collect(world, wallet, "1.00", account, mandate)


def test_only_a_collection_is_final_or_announced(world, wallet, account):
    rich = world.wallet("10.00")
    for options in ({"is_final": True}, {"notified_on": world.at.date()}):
        with pytest.raises(Invalid):
            world.pay(rich, "1.00", to=world.bank(rich), **options)


# The debtor is told


def test_a_debtor_is_told_as_agreed_or_fourteen_days_ahead(world, wallet, account):
    today = world.at.date()
    agreed = sepa_mandate(world, account, notice_days=2)
    with pytest.raises(errors.NoticeMissing) as missing:
        collect(world, wallet, "1.00", account, agreed)
    assert missing.value.details == {"notice_days": 2}
    assert collect(world, wallet, "1.00", account, agreed, notified_on=today - timedelta(days=5)).status == S.APPROVED
    with pytest.raises(Invalid):
        collect(world, wallet, "1.00", account, agreed, notified_on=today + timedelta(days=1))
    usual = sepa_mandate(world, account)
    told_on = today - timedelta(days=3)
    with pytest.raises(errors.NoticeTooShort) as short:
        collect(world, wallet, "1.00", account, usual, notified_on=told_on)
    assert short.value.details == {"earliest": str(told_on + timedelta(days=14))}
    collect(world, wallet, "1.00", account, usual, notified_on=told_on, scheduled_on=today + timedelta(days=14))
    assert collect(world, wallet, "1.00", account, usual).status == S.APPROVED


@pytest.mark.parametrize("days", [-1, 91])
def test_a_notice_has_its_limits_and_is_sepas(world, wallet, account, days):
    with pytest.raises(Invalid):
        sepa_mandate(world, account, notice_days=days)
