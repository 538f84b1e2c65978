"""What the database itself refuses about external accounts and mandates."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.services import customers, partners
from flowlet.core import actors
from payments.models import AccountVerification, ExternalAccount, Mandate, MandateUse

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROBOT = actors.system("tests")


@pytest.fixture
def customer(db):
    partner = partners.create(name="Acme", country="US", actor=ROBOT, at=AT).sandbox
    return customers.create(partner_id=partner.pk, kind="PERSON", name="Ada Lovelace", country="US", actor=ROBOT, at=AT)


def row(customer, **changes):
    values = {
        "partner_id": customer.partner_id,
        "customer": customer,
        "kind": "US_BANK",
        "relation": "OWN",
        "holder_kind": "PERSON",
        "currency": "USD",
        "country": "US",
        "account_type": "CHECKING",
        "routing_number": "021000021",
        "personal": b"sealed",
        "fingerprint": "0" * 32,
        "created_at": AT,
        "updated_at": AT,
        **changes,
    }
    return ExternalAccount(**values)


def mandate(account, **changes):
    values = {
        "partner_id": account.partner_id,
        "customer_id": account.customer_id,
        "external_account": account,
        "scheme": "ACH",
        "kind": "RECURRENT",
        "reference": "M-1",
        "reference_key": "M-1",
        "authorization": "WEB",
        "signed_on": date(2026, 3, 1),
        "created_at": AT,
        "updated_at": AT,
        **changes,
    }
    return Mandate(**values)


def refused(step, name):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        step()
    assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"status": "ACTIVE"}, "external_account_of_ones_own_is_active_when_verified"),
        ({"verification": "VERIFIED"}, "external_account_is_verified_somehow"),
        ({"status": "BLOCKED"}, "external_account_is_blocked_for_a_reason"),
        ({"block_reason": "because"}, "external_account_is_blocked_for_a_reason"),
        ({"status": "CLOSED"}, "external_account_knows_when_it_was_closed"),
        ({"account_type": ""}, "external_account_has_what_its_kind_needs"),
        ({"routing_number": "02100002"}, "external_account_has_what_its_kind_needs"),
        ({"kind": "IBAN", "country": "DE", "currency": "EUR"}, "external_account_has_what_its_kind_needs"),
        ({"kind": "IBAN", "country": "", "routing_number": "", "account_type": ""}, "external_account_country_is_two_capitals"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(customer, changes, name):
    refused(lambda: row(customer, **changes).save(), name)
    assert not ExternalAccount.objects.exists()


def test_the_same_account_stands_once_per_customer_until_it_is_closed(customer):
    first = row(customer)
    first.save()
    refused(lambda: row(customer).save(), "external_account_is_added_once_per_customer")
    first.status, first.closed_at = "CLOSED", AT
    first.save()
    row(customer).save()
    assert ExternalAccount.objects.count() == 2


def test_fixed_is_fixed_closed_is_closed_and_verified_is_verified(customer):
    account = row(customer, status="ACTIVE", verification="VERIFIED", verification_method="MANUAL", verified_at=AT)
    account.save()
    rows = ExternalAccount.objects.filter(pk=account.pk)
    sentence = "customer, kind and currency are fixed"
    refused(lambda: rows.update(relation="THIRD_PARTY"), sentence)
    refused(lambda: rows.update(status="PENDING", verification="UNVERIFIED", verified_at=None), sentence)
    rows.update(status="CLOSED", closed_at=AT)
    refused(lambda: rows.update(status="ACTIVE", closed_at=None), sentence)


def test_nothing_is_removed(customer):
    account = row(customer)
    account.save()
    refused(account.delete, "rows of payments_externalaccount are never removed")


def test_one_verification_is_under_way_and_what_ended_stays_ended(customer):
    account = row(customer)
    account.save()
    common = {"partner_id": account.partner_id, "external_account": account, "method": "MICRO_DEPOSITS"}
    attempt = AccountVerification.objects.create(**common, tries_left=3, created_at=AT)
    refused(lambda: AccountVerification.objects.create(**common), "external_account_has_one_verification_under_way")
    rows = AccountVerification.objects.filter(pk=attempt.pk)
    rows.update(tries_left=2)
    refused(lambda: rows.update(tries_left=3), "tries are never given back")
    rows.update(status="FAILED", ended_at=AT)
    refused(lambda: rows.update(status="VERIFIED"), "what has ended has ended")


def test_a_mandate_needs_a_bank_account_of_the_customers_own(customer):
    account = row(customer, relation="THIRD_PARTY")
    account.save()
    refused(lambda: mandate(account).save(), "is not a bank account of the customer's own")
    own = row(customer, fingerprint="1" * 32)
    own.save()
    stranger = customers.create(
        partner_id=customer.partner_id, kind="PERSON", name="Grace Hopper", country="US", actor=ROBOT, at=AT
    )
    refused(lambda: mandate(own, customer_id=stranger.pk).save(), "is not a bank account of the customer's own")
    refused(
        lambda: mandate(
            own, scheme="SEPA_CORE", creditor_id="DE98ZZZ09999999999", authorization="", expires_on=date(2029, 3, 1)
        ).save(),
        "is not a bank account of the customer's own",
    )
    mandate(own).save()


def test_what_was_signed_is_fixed_and_a_place_is_given_back_once(customer):
    account = row(customer)
    account.save()
    signed = mandate(account)
    signed.save()
    refused(lambda: mandate(account).save(), "mandate_reference_is_unique_per_creditor")
    rows = Mandate.objects.filter(pk=signed.pk)
    refused(lambda: rows.update(signed_on=date(2020, 1, 1)), "what was signed is fixed")
    used = MandateUse.objects.create(mandate=signed, reference="pay_1", sequence="FNAL", used_on=AT.date(), created_at=AT)
    refused(
        lambda: MandateUse.objects.create(mandate=signed, reference="pay_2", sequence="OOFF", used_on=AT.date(), created_at=AT),
        "mandate_has_one_last_collection",
    )
    uses = MandateUse.objects.filter(pk=used.pk)
    refused(lambda: uses.update(sequence="RCUR"), "its place is fixed")
    uses.update(rejected_at=AT)
    refused(lambda: uses.update(rejected_at=None), "is given back once")
    rows.update(status="REVOKED", ended_at=AT)
    refused(lambda: rows.update(status="ACTIVE", ended_at=None), "what has ended has ended")
