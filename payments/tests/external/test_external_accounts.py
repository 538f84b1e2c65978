"""External accounts: added, sealed, found, corrected, returned, blocked, closed, forgotten."""

import pytest
from django.db import connection

from accounts import errors as people
from accounts.services import customers, partners
from flowlet.audit.models import Record
from flowlet.audit.selectors import records
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from flowlet.vault.services import subjects
from payments import errors
from payments.models import ExternalAccount
from payments.policies import external_accounts as policies
from payments.policies.account_values import Correction
from payments.selectors import external_accounts as selectors
from payments.services import account_returns, external_accounts
from payments.tests.external.conftest import AT, CARD, IBAN, KEY, ROBOT, STAFF, US_BANK


def refused(error, step, **expected):
    with pytest.raises(error) as refusal:
        step()
    for name, value in expected.items():
        found = refusal.value.param if name == "param" else refusal.value.details[name]
        assert found == value
    return refusal.value


def test_a_bank_account_of_ones_own_waits_for_its_verification(world):
    account = world.add(external_id="bank-1", metadata={"plan": "gold"}, bank_name="JPMorgan Chase")
    assert (account.status, account.verification) == ("PENDING", "UNVERIFIED")
    assert (account.country, account.holder_kind, account.last_four) == ("US", "PERSON", "6789")
    assert world.told() == ["external_account.added"]
    assert Event.objects.get(type="external_account.added").data == {
        "id": account.public_id,
        "customer_id": world.person.public_id,
        "kind": "US_BANK",
        "status": "PENDING",
        "verification": "UNVERIFIED",
        "external_id": "bank-1",
    }


@pytest.mark.parametrize("values", [{**US_BANK, "relation": "THIRD_PARTY"}, {**IBAN, "relation": "THIRD_PARTY"}, CARD])
def test_cards_and_accounts_of_others_can_be_used_at_once(world, values):
    account = world.add(values)
    assert (account.status, account.verification) == ("ACTIVE", "UNVERIFIED")
    policies.check_can_be_paid(account)


def test_what_is_personal_lies_sealed_and_nowhere_else(world):
    account = world.add(
        owner_address={"street": "Broadway", "building_number": "1", "postal_code": "10004", "town": "New York", "country": "US"}
    )
    tables = ["payments_externalaccount", "flowlet_audit_record", "flowlet_events_event"]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            dump = cursor.fetchone()[0]
            for secret in ("000123456789", "Lovelace", "Broadway", b"000123456789".hex(), b"Lovelace".hex()):
                assert secret not in dump, (table, secret)
    details = selectors.details_of([account])[account.pk]
    assert (details.owner_name, details.number, str(details.owner_address)) == (
        "Ada Lovelace",
        "000123456789",
        "Broadway 1, 10004 New York, United States",
    )
    assert selectors.masked_pairs(account) == [("Owner", "A•• L•••••••"), ("Account number", "••••6789"), ("Address", "••")]
    assert dict(selectors.plain_pairs(account))["Account number"] == "000123456789"


def test_a_short_number_does_not_show_more_than_half_of_itself(world):
    assert world.add(account_number="12345").last_four == "45"


def test_a_sealed_document_does_not_open_in_another_row(world):
    first, second = world.add(), world.add(account_number="987654321")
    ExternalAccount.objects.filter(pk=first.pk).update(personal=second.personal)
    first.refresh_from_db()
    with pytest.raises(Exception, match="altered or belongs to another place"):
        selectors.details_of([first])


def test_the_same_account_is_added_once_per_customer_in_any_spelling(world):
    first = world.add()
    refused(errors.ExternalAccountKnown, lambda: world.add(account_number="0001-2345-6789"), external_account=first.public_id)
    assert ExternalAccount.objects.count() == 1
    assert world.add(customer=world.customer()).fingerprint == first.fingerprint
    world.add(routing_number="011401533")
    external_accounts.close(external_account_id=first.pk, actor=KEY, at=AT)
    assert world.add().fingerprint == first.fingerprint


def test_accounts_are_found_by_number_and_by_words_of_the_owners_name(world):
    account, other = world.add(IBAN), world.add(owner_name="Grace Hopper")
    found = lambda **given: list(selectors.matching(partner_id=world.partner.pk, **given))  # noqa: E731
    assert found(number="de89 3704 0044 0532 0130 00") == [account]
    assert found(number="000123456789") == [other]
    assert found(owner_name="LOVELACE") == [account]
    assert found(owner_name="hopper grace") == [other]
    assert found(owner_name="Grace Lovelace") == []
    refused(errors.MalformedOwner, lambda: found(owner_name="--"), param="owner_name")
    assert list(selectors.matching(partner_id=world.partner.sibling.pk, number="000123456789")) == []


@pytest.mark.parametrize(
    ("base", "changes", "error", "param"),
    [
        (US_BANK, {"routing_number": "021000022"}, errors.MalformedRoutingNumber, "routing_number"),
        (US_BANK, {"account_number": "12"}, errors.MalformedAccountNumber, "account_number"),
        (US_BANK, {"account_type": "GOLD"}, Invalid, "account_type"),
        (US_BANK, {"account_type": ...}, errors.FieldMissing, "account_type"),
        (US_BANK, {"currency": "EUR"}, errors.CurrencyNotForKind, "currency"),
        (US_BANK, {"iban": "DE89370400440532013000"}, errors.FieldNotForKind, "iban"),
        (US_BANK, {"owner_name": "123"}, errors.MalformedOwner, "owner_name"),
        (US_BANK, {"owner_address": {"town": "Berlin"}}, Invalid, "owner_address.country"),
        (US_BANK, {"kind": "PAYPAL"}, Invalid, "kind"),
        (US_BANK, {"relation": "ENEMY"}, Invalid, "relation"),
        (US_BANK, {"holder_kind": "ROBOT"}, Invalid, "holder_kind"),
        (US_BANK, {"external_id": " x"}, errors.MalformedExternalId, "external_id"),
        (IBAN, {"iban": "DE88370400440532013000"}, errors.MalformedIban, "iban"),
        (IBAN, {"bic": "NOBIC"}, errors.MalformedBic, "bic"),
        (IBAN, {"bic": "NWBKGB2LXXX"}, errors.MalformedBic, "bic"),
        (IBAN, {"routing_number": "021000021"}, errors.FieldNotForKind, "routing_number"),
        (CARD, {"card_token": "4242424242424242"}, errors.CardNumberRefused, "card_token"),
        (CARD, {"card_last_four": "424"}, errors.MalformedCardToken, "card_last_four"),
        (CARD, {"card_expires": "2026-02"}, errors.CardExpired, "card_expires"),
        (CARD, {"bic": "COBADEFF"}, errors.FieldNotForKind, "bic"),
    ],
)
def test_a_value_of_wrong_form_is_refused_by_its_name(world, base, changes, error, param):
    refused(error, lambda: world.add(base, **changes), param=param)
    assert not ExternalAccount.objects.exists()
    assert world.told() == []


def test_whoever_cannot_be_served_adds_no_account(world):
    refused(people.CustomerNotFound, lambda: world.add(partner_id=world.partner.sibling.pk))
    frozen = world.customer()
    customers.freeze(customer_id=frozen.pk, reason="stolen phone", actor=ROBOT, at=AT)
    refused(people.CustomerFrozen, lambda: world.add(customer=frozen))
    closed = world.customer()
    customers.close(customer_id=closed.pk, actor=ROBOT, at=AT)
    refused(people.CustomerClosed, lambda: world.add(customer=closed))
    partners.suspend(partner_id=world.partner.pk, reason="contract ended", actor=ROBOT, at=AT)
    refused(people.PartnerSuspended, world.add)
    assert not ExternalAccount.objects.exists()


def test_an_external_id_is_taken_once(world):
    first = world.add(external_id="bank-1")
    refused(errors.DuplicateExternalId, lambda: world.add(IBAN, external_id="bank-1"), param="external_id", id=first.public_id)


def test_a_notification_of_change_is_applied_and_the_old_number_stays_sealed_in_the_audit(world):
    account = world.add()
    world.told()
    correction = Correction(code="C03", routing_number="011401533", account_number="555566667777")
    changed = external_accounts.apply_correction(
        external_account_id=account.pk, correction=correction, reference="trace 021000020000001", actor=ROBOT, at=AT
    )
    assert (changed.routing_number, changed.last_four) == ("011401533", "7777")
    assert world.told() == ["external_account.corrected"]
    record = Record.objects.get(action="external_account.corrected")
    assert record.before == {"routing_number": "021000021"}
    assert record.after == {"code": "C03", "routing_number": "011401533"}
    assert record.reason == "C03 trace 021000020000001"
    personal = records.personal_of(record)
    assert (personal["before"]["number"], personal["after"]["number"]) == ("000123456789", "555566667777")
    assert list(selectors.matching(number="000123456789")) == []
    assert list(selectors.matching(number="555566667777")) == [changed]


def test_the_same_notification_twice_changes_nothing_the_second_time(world):
    account = world.add()
    for correction in (Correction(code="C05", account_type="SAVINGS"), Correction(code="C04", owner_name="Ada King")):
        step = {"external_account_id": account.pk, "correction": correction, "actor": ROBOT, "at": AT}
        external_accounts.apply_correction(**step)
        world.told()
        external_accounts.apply_correction(**step)
        assert world.told() == []
    account.refresh_from_db()
    assert account.account_type == "SAVINGS"
    assert selectors.details_of([account])[account.pk].owner_name == "Ada King"


@pytest.mark.parametrize(
    ("correction", "param"),
    [
        (Correction(code="C02", routing_number="021000022"), "routing_number"),
        (Correction(code="C01", account_number="1"), "account_number"),
        (Correction(code="C05", account_type="38"), "account_type"),
        (Correction(code="C01", iban="DE89370400440532013000"), "iban"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused(world, correction, param):
    account = world.add()
    world.told()
    step = {"external_account_id": account.pk, "correction": correction, "actor": ROBOT, "at": AT}
    refused(errors.CorrectionRefused, lambda: external_accounts.apply_correction(**step), param=param)
    assert world.told() == []


def test_a_correction_to_an_account_that_the_customer_has_already_is_refused(world):
    account, twin = world.add(), world.add(account_number="9999")
    correction = Correction(code="C01", account_number="9999")
    refused(
        errors.ExternalAccountKnown,
        lambda: external_accounts.apply_correction(external_account_id=account.pk, correction=correction, actor=ROBOT, at=AT),
        external_account=twin.public_id,
    )
    account.refresh_from_db()
    assert account.last_four == "6789"


def count(account, code, *, final=False):
    return account_returns.count_return(external_account_id=account.pk, code=code, is_final=final, actor=ROBOT, at=AT)


def test_a_final_return_blocks_the_account_at_once(world):
    account = world.add(relation="THIRD_PARTY")
    world.told()
    blocked = count(account, "R02", final=True)
    assert (blocked.status, blocked.block_origin, blocked.block_reason) == ("BLOCKED", "RAIL", "Returned with R02")
    assert world.told() == ["external_account.payment_returned", "external_account.blocked"]
    refused(errors.ExternalAccountBlocked, lambda: policies.check_can_be_paid(blocked))


def test_three_returns_in_a_row_block_the_account(world):
    account = world.add(relation="THIRD_PARTY")
    assert [count(account, "R01").status for _ in range(3)] == ["ACTIVE", "ACTIVE", "BLOCKED"]
    account.refresh_from_db()
    assert account.block_reason == "3 returns in a row, the last with R01"
    again = external_accounts.unblock(external_account_id=account.pk, reason="the bank erred", actor=STAFF, at=AT)
    assert (again.status, again.return_streak) == ("ACTIVE", 0)


def test_a_return_after_the_end_only_counts(world):
    account = external_accounts.close(external_account_id=world.add().pk, actor=KEY, at=AT)
    assert count(account, "R02", final=True).status == "CLOSED"


def test_a_block_is_lifted_by_those_who_may(world):
    account = world.add()
    act = {"external_account_id": account.pk, "partner_id": world.partner.pk, "at": AT}
    external_accounts.block(**act, reason="lost trust", actor=KEY)
    refused(IllegalMove, lambda: external_accounts.block(**act, reason="again", actor=KEY))
    assert external_accounts.unblock(**act, reason="found it", actor=KEY).status == "PENDING"
    external_accounts.block(**act, reason="lost trust", actor=KEY)
    external_accounts.block(**act, reason="fraud", actor=STAFF)
    refused(errors.BlockNotYours, lambda: external_accounts.unblock(**act, reason="please", actor=KEY))
    account.refresh_from_db()
    assert (account.status, account.block_origin) == ("BLOCKED", "PLATFORM")
    refused(people.ReasonMissing, lambda: external_accounts.unblock(**act, reason=" ", actor=STAFF))


def test_what_is_somebody_elses_is_never_debited(world):
    refused(errors.NotDebitable, lambda: policies.check_can_be_debited(world.add(relation="THIRD_PARTY")))
    policies.check_can_be_debited(world.add(CARD))
    refused(errors.ExternalAccountPending, lambda: policies.check_can_be_debited(world.add(IBAN)))


def test_closing_revokes_the_mandates_and_happens_once(world):
    account = world.add()
    mandate = world.mandate(account)
    world.told()
    act = {"external_account_id": account.pk, "partner_id": world.partner.pk, "actor": KEY, "at": AT}
    closed = external_accounts.close(**act, reason="moved")
    assert (closed.status, closed.closed_at) == ("CLOSED", AT)
    assert world.told() == ["mandate.revoked", "external_account.closed"]
    mandate.refresh_from_db()
    assert (mandate.status, mandate.status_reason) == ("REVOKED", "moved")
    refused(errors.ExternalAccountClosed, lambda: external_accounts.close(**act))
    refused(errors.ExternalAccountClosed, lambda: external_accounts.block(**act, reason="late"))
    refused(errors.ExternalAccountNotFound, lambda: external_accounts.close(**{**act, "partner_id": world.partner.sibling.pk}))


def test_an_erased_customer_leaves_nothing_to_be_found_by(world):
    account = world.add()
    who = {"customer_id": world.person.pk, "actor": ROBOT, "at": AT}
    assert external_accounts.close_all(**who, reason="the customer was closed") == 1
    customers.close(**who)
    customers.erase(**who, reason="asked to be forgotten")
    world.told()
    assert external_accounts.forget(**who) == 1
    assert world.told() == ["external_account.erased"]
    assert external_accounts.forget(**who) == 0
    account.refresh_from_db()
    assert (account.fingerprint, account.number_index, account.last_four, account.owner_indexes) == ("", "", "", [])
    assert selectors.details_of([account]) == {account.pk: None}
    assert selectors.plain_pairs(account) == [("Owner and number", "erased for good")]
    assert subjects.is_erased(world.person.pk)
