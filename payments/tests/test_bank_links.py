"""Customers' banks over Plaid: linked, verified by name, doubted, repaired, ended; and the balance asked before money is taken."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from accounts.choices import Mode, PartnerStatus
from accounts.models import Partner
from accounts.services import customers
from flowlet.core import actors, clock
from flowlet.core.money import Money
from flowlet.events.models import Event
from payments import errors, events
from payments.choices import (
    AttemptStatus,
    BalanceResult,
    BankLinkStatus,
    ExternalAccountStatus,
    InboundStatus,
    PayeeResult,
    PaymentKind,
    PaymentStatus,
    VerificationMethod,
    VerificationState,
)
from payments.models import BalanceCheck, BankLink, ExternalAccount, InboundEvent
from payments.providers.errors import ProviderNotConfigured
from payments.selectors import bank_links as selectors
from payments.services import balance_checks, bank_links, inbox, micro_deposits, settlement
from payments.tests.standins import contract
from payments.tests.standins.server import Fault
from payments.tests.test_plaid import SPEC
from payments.tests.world import KEY, STAFF, fresh_world

ROBOT = actors.system("tests")
S = BankLinkStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


@pytest.fixture
def live(world, plaid):
    """The same partner's live side, with the stand-in for Plaid."""
    world.partner = Partner.objects.get(name=world.partner.name, mode=Mode.LIVE)
    Partner.objects.filter(pk=world.partner.pk).update(status=PartnerStatus.ACTIVE)
    world.partner.refresh_from_db()
    return world


def person(world, name="Ada Lovelace"):
    return customers.create(partner_id=world.partner.pk, kind="PERSON", name=name, country="US", actor=KEY, at=world.at)


def connect(world, customer, token, **options):
    return bank_links.connect(
        partner_id=world.partner.pk, customer_id=customer.pk, public_token=token, actor=KEY, at=clock.now(), **options
    )


def accounts_of(link):
    return list(link.external_accounts.order_by("id"))


def deliver(plaid, kind="plaid"):
    """All events so far reach the inbox; each new one is handled. Answers how they stand."""

    def post(body, header):
        inbox.receive(provider=kind, body=body, headers={"plaid-verification": header}, at=clock.now())
        return 200

    plaid.send(post)
    plaid.sent.clear()
    for row in InboundEvent.objects.filter(status=InboundStatus.RECEIVED).order_by("received_at"):
        inbox.handle(inbound_id=row.pk, actor=ROBOT, at=clock.now())
    return list(InboundEvent.objects.order_by("received_at").values_list("status", flat=True))


def told(fact):
    return Event.objects.filter(type=fact).count()


# Linking


def test_a_link_adds_the_customer_s_accounts_verified_by_their_owner_s_name(live, plaid):
    ada = person(live)
    link = connect(live, ada, plaid.link(owner="ADA LOVELACE"), external_id="bank-1")
    assert (link.status, link.provider, link.problem) == (S.ACTIVE, "plaid", "")
    checking, savings = accounts_of(link)
    assert [(one.account_type, one.last_four, one.routing_number) for one in (checking, savings)] == [
        ("CHECKING", "0000", "011401533"),
        ("SAVINGS", "1111", "011401533"),
    ]
    for account in (checking, savings):
        assert (account.status, account.verification) == (ExternalAccountStatus.ACTIVE, VerificationState.VERIFIED)
        assert (account.verification_method, account.payee_result) == (VerificationMethod.PLAID, PayeeResult.MTCH)
        attempt = account.verifications.get()
        assert (attempt.status, attempt.result, attempt.reference) == (AttemptStatus.VERIFIED, PayeeResult.MTCH, link.public_id)
    access = next(iter(plaid.items))
    assert selectors.access_of(link) == access
    with connection.cursor() as cursor:
        cursor.execute("SELECT access FROM payments_banklink")
        assert access.encode() not in bytes(cursor.fetchone()[0])
    assert told(events.BANK_LINK_CREATED) == 1
    assert access not in json.dumps(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("owner", "result", "state", "status"),
    [
        ("Ada King Lovelace", PayeeResult.CMTC, VerificationState.VERIFIED, ExternalAccountStatus.ACTIVE),
        ("Grace Hopper", PayeeResult.NMTC, VerificationState.FAILED, ExternalAccountStatus.PENDING),
        ("", PayeeResult.NOAP, VerificationState.UNVERIFIED, ExternalAccountStatus.PENDING),
    ],
)
def test_the_bank_s_name_of_the_owner_decides_whether_the_account_is_verified(live, plaid, owner, result, state, status):
    link = connect(live, person(live), plaid.link(owner=owner))
    account = accounts_of(link)[0]
    assert (account.payee_result, account.verification, account.status) == (result, state, status)


def test_a_bank_without_owners_names_leaves_the_account_unverified(live, plaid):
    link = connect(live, person(live), plaid.link(products=("auth",)))
    account = accounts_of(link)[0]
    assert (account.payee_result, account.verification) == (PayeeResult.NOAP, VerificationState.UNVERIFIED)


def test_a_public_token_works_once_and_leaves_one_link(live, plaid):
    ada, token = person(live), plaid.link(owner="Ada Lovelace")
    connect(live, ada, token)
    with pytest.raises(errors.PublicTokenRefused) as caught:
        connect(live, ada, token)
    assert caught.value.details["provider_code"] == "INVALID_PUBLIC_TOKEN"
    assert BankLink.objects.count() == 1


def test_what_was_exchanged_is_kept_when_the_accounts_cannot_be_read_and_read_later(live, plaid):
    plaid.faults.append(Fault("ERROR", path="/auth/get", times=9))
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    assert (link.status, link.problem, link.read_at, accounts_of(link)) == (S.ACTIVE, "provider.unavailable", None, [])
    plaid.faults.clear()
    assert bank_links.read_unread(at=clock.now(), actor=ROBOT) == 0, "not at once"
    assert bank_links.read_unread(at=clock.now() + timedelta(minutes=6), actor=ROBOT) == 1
    assert [account.status for account in accounts_of(link)] == [ExternalAccountStatus.ACTIVE] * 2
    assert bank_links.read_unread(at=clock.now() + timedelta(hours=1), actor=ROBOT) == 0


def test_the_same_account_is_linked_again_and_added_once(live, plaid):
    ada = person(live)
    first = connect(live, ada, plaid.link(owner="Ada Lovelace"))
    second = connect(live, ada, plaid.link(owner="Ada Lovelace"))
    assert ExternalAccount.objects.count() == 2
    assert accounts_of(first) == [] and len(accounts_of(second)) == 2


def test_an_account_that_was_typed_in_is_taken_over_and_its_own_verification_canceled(live, plaid):
    ada = person(live)
    from payments.services import external_accounts

    typed = external_accounts.create(
        partner_id=live.partner.pk,
        customer_id=ada.pk,
        kind="US_BANK",
        currency="USD",
        owner_name="Ada Lovelace",
        routing_number="011401533",
        account_number="111122223330000",
        account_type="CHECKING",
        actor=KEY,
        at=live.at,
    )
    micro_deposits.start(external_account_id=typed.pk, actor=KEY, at=live.at)
    link = connect(live, ada, plaid.link(owner="Ada Lovelace"))
    typed.refresh_from_db()
    assert (typed.bank_link_id, typed.status) == (link.pk, ExternalAccountStatus.ACTIVE)
    assert list(typed.verifications.order_by("id").values_list("method", "status")) == [
        ("MICRO_DEPOSITS", "CANCELED"),
        ("PLAID", "VERIFIED"),
    ]


def test_without_settings_nothing_is_offered_to_live_partners(live, settings):
    settings.PLAID_SECRET = ""
    with pytest.raises(ProviderNotConfigured):
        bank_links.token(partner_id=live.partner.pk, customer_id=person(live).pk, at=clock.now())


def test_another_customer_s_link_is_not_repaired_for_this_one(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    with pytest.raises(errors.BankLinkNotFound):
        bank_links.token(
            partner_id=live.partner.pk, customer_id=person(live, "Grace Hopper").pk, bank_link_id=link.pk, at=clock.now()
        )


# What the bank says later


def test_a_login_that_is_over_asks_for_verification_again_and_a_repair_gives_it(live, plaid):
    wallet = live.wallet()
    live.credit(wallet, "100.00", name="salary")
    ada = wallet.customer
    link = connect(live, ada, plaid.link(owner=name_of(ada)))
    access, account = next(iter(plaid.items)), accounts_of(link)[0]
    mandate = live.ach_mandate(account)
    plaid.items[access]["login_ok"] = False
    plaid.tell(access, "ERROR")
    assert deliver(plaid) == [InboundStatus.HANDLED]
    link.refresh_from_db()
    account.refresh_from_db()
    assert (link.status, account.status, account.verification) == (S.LOGIN_REQUIRED, "ACTIVE", "VERIFIED")
    assert account.reverify_since is not None
    with pytest.raises(errors.ReverificationNeeded):
        live.pay(wallet, "5.00", kind=PaymentKind.COLLECTION, to=account, mandate_id=mandate.pk)
    assert live.pay(wallet, "5.00", kind=PaymentKind.WITHDRAWAL, to=account).status == PaymentStatus.HELD
    token = bank_links.token(partner_id=live.partner.pk, customer_id=ada.pk, bank_link_id=link.pk, at=clock.now())
    assert token.token.startswith("link-") and plaid.log[-1][0].json["access_token"] == access
    still = bank_links.refresh(bank_link_id=link.pk, actor=KEY, at=clock.now())
    assert (still.status, still.problem) == (S.LOGIN_REQUIRED, "ITEM_LOGIN_REQUIRED")
    plaid.items[access]["login_ok"] = True
    assert bank_links.refresh(bank_link_id=link.pk, actor=KEY, at=clock.now()).status == S.ACTIVE
    account.refresh_from_db()
    assert account.reverify_since is None
    made = live.pay(wallet, "5.00", kind=PaymentKind.COLLECTION, to=account, mandate_id=mandate.pk)
    assert made.status == PaymentStatus.APPROVED
    assert [told(fact) for fact in (events.BANK_LINK_LOGIN_REQUIRED, events.BANK_LINK_REPAIRED)] == [1, 1]
    assert [told(fact) for fact in (events.REVERIFICATION_NEEDED, events.REVERIFIED)] == [2, 2]


def name_of(customer):
    from accounts.selectors import customers as selectors

    return selectors.personal_of([customer])[customer.pk].name


def test_an_event_that_is_late_changes_nothing(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    plaid.tell(next(iter(plaid.items)), "ERROR")  # the customer has signed in again meanwhile
    assert deliver(plaid) == [InboundStatus.HANDLED]
    link.refresh_from_db()
    assert link.status == S.ACTIVE
    assert told(events.REVERIFICATION_NEEDED) == 0


def test_an_event_is_handled_later_when_the_aggregator_does_not_answer(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    plaid.items[next(iter(plaid.items))]["login_ok"] = False
    plaid.tell(next(iter(plaid.items)), "ERROR")
    plaid.faults.append(Fault("ERROR", path="/auth/get", times=4))
    assert deliver(plaid) == [InboundStatus.RECEIVED]
    inbox.sweep(actor=ROBOT, at=clock.now() + timedelta(minutes=1))
    link.refresh_from_db()
    assert link.status == S.LOGIN_REQUIRED


def test_a_permission_taken_back_ends_the_link_and_its_accounts_have_to_be_verified_again(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    access = next(iter(plaid.items))
    plaid.items[access].update(login_ok=False, why_not="USER_PERMISSION_REVOKED")
    plaid.tell(access, "USER_PERMISSION_REVOKED")
    assert deliver(plaid) == [InboundStatus.HANDLED]
    link.refresh_from_db()
    assert (link.status, link.end_reason) == (S.ENDED, "USER_PERMISSION_REVOKED")
    assert all(account.reverify_since for account in accounts_of(link))
    with pytest.raises(errors.BankLinkEnded):
        bank_links.refresh(bank_link_id=link.pk, actor=KEY, at=clock.now())
    account = accounts_of(link)[0]
    attempt = micro_deposits.start(external_account_id=account.pk, actor=KEY, at=clock.now())
    amounts = micro_deposits.amounts_of(verification_id=attempt.pk)
    micro_deposits.mark_sent(verification_id=attempt.pk, reference="file", actor=ROBOT, at=clock.now())
    micro_deposits.confirm(external_account_id=account.pk, amounts=amounts, actor=KEY, at=clock.now())
    account.refresh_from_db()
    assert (account.reverify_since, account.verification_method) == (None, VerificationMethod.MICRO_DEPOSITS)


def test_one_account_taken_out_is_the_only_one_to_be_verified_again(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    access = next(iter(plaid.items))
    plaid.tell(access, "USER_ACCOUNT_REVOKED", account_id=plaid.items[access]["accounts"][1]["account_id"])
    deliver(plaid)
    assert [account.reverify_since is not None for account in accounts_of(link)] == [False, True]


def test_new_numbers_become_another_account_and_the_old_one_is_doubted(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    access, old = next(iter(plaid.items)), accounts_of(link)[0]
    moved = plaid.items[access]["accounts"][0]["account_id"]
    plaid.items[access]["numbers"][moved] = "999900001234"
    plaid.tell(
        access,
        "DEFAULT_UPDATE",
        webhook_type="AUTH",
        error=None,
        account_ids_with_new_auth=[],
        account_ids_with_updated_auth={moved: ["ACCOUNT_NUMBER"]},
    )
    assert deliver(plaid) == [InboundStatus.HANDLED]
    old.refresh_from_db()
    assert old.reverify_since is not None and old.bank_link_id is None
    new = link.external_accounts.get(link_account=moved)
    assert (new.last_four, new.verification) == ("1234", "VERIFIED")


def test_a_coming_end_is_told_once(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    access, ends = next(iter(plaid.items)), "2026-12-24T13:25:17.766Z"
    plaid.tell(access, "PENDING_EXPIRATION", consent_expiration_time=ends)
    deliver(plaid)
    plaid.tell(access, "PENDING_DISCONNECT", disconnect_time=ends, reason="INSTITUTION_MIGRATION")
    deliver(plaid)
    link.refresh_from_db()
    assert link.ends_at.isoformat() == "2026-12-24T13:25:17.766000+00:00"
    assert told(events.BANK_LINK_EXPIRING) == 1
    assert link.status == S.ACTIVE


def test_events_of_strangers_and_of_ended_links_are_nothing_to_us(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    access = next(iter(plaid.items))
    bank_links.end(bank_link_id=link.pk, actor=KEY, at=clock.now())
    asked = len(plaid.log)
    plaid.tell(access, "ERROR")
    plaid.items["access-of-nobody"] = {**plaid.items[access], "item_id": "item-of-nobody"}
    plaid.tell("access-of-nobody", "ERROR")
    deliver(plaid)
    assert {asked.path for asked, _ in plaid.log[asked:]} <= {"/webhook_verification_key/get"}


# The end


def test_an_end_is_told_to_the_aggregator_until_it_knows_and_the_token_goes_with_it(live, plaid):
    link = connect(live, person(live), plaid.link(owner="Ada Lovelace"))
    bank_links.end(bank_link_id=link.pk, partner_id=live.partner.pk, reason="moved", actor=KEY, at=clock.now())
    with pytest.raises(errors.BankLinkEnded):
        bank_links.end(bank_link_id=link.pk, actor=KEY, at=clock.now())
    plaid.faults.append(Fault("ERROR", path="/item/remove", times=4))
    assert bank_links.tell_providers(at=clock.now()) == 0
    link.refresh_from_db()
    assert link.access is not None
    assert bank_links.tell_providers(at=clock.now()) == 1
    link.refresh_from_db()
    assert (link.access, plaid.items) == (None, {})
    assert bank_links.tell_providers(at=clock.now()) == 0
    assert accounts_of(link)[0].reverify_since is None


def test_the_links_of_a_closed_customer_end(live, plaid):
    ada = person(live)
    connect(live, ada, plaid.link(owner="Ada Lovelace"))
    assert bank_links.end_all(customer_id=ada.pk, reason="The customer was closed", actor=ROBOT, at=clock.now()) == 1
    assert bank_links.end_all(customer_id=ada.pk, reason="The customer was closed", actor=ROBOT, at=clock.now()) == 0
    assert BankLink.objects.get().status == S.ENDED


# The balance before money is taken


def collection(world, amount):
    wallet = world.wallet()
    token = f"public-sandbox-{name_of(wallet.customer).replace(' ', '_')}"
    link = connect(world, wallet.customer, token)
    account = accounts_of(link)[0]
    return link, world.pay(wallet, amount, kind=PaymentKind.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk)


def check(payment):
    return balance_checks.check(payment_id=payment.pk, actor=ROBOT, at=clock.now())


@pytest.mark.parametrize(("amount", "result"), [("1000.00", BalanceResult.ENOUGH), ("1000.01", BalanceResult.SHORT)])
def test_the_balance_is_asked_before_a_collection_and_recorded_as_advice(world, amount, result):
    _, payment = collection(world, amount)
    assert check(payment).result == result
    assert check(payment) is None, "asked once"
    settlement.run(at=clock.now(), actor=STAFF, partner_id=world.partner.pk, early=True)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.SUBMITTED


def test_where_the_setting_says_so_what_the_account_cannot_carry_fails_before_it_leaves(world, settings):
    settings.BALANCE_CHECK = "refuse"
    _, short = collection(world, "1000.01")
    other = world.pay(short.wallet, "10.00", kind=PaymentKind.COLLECTION, to=short.external_account, mandate_id=short.mandate_id)
    check(short)
    check(other)
    settlement.run(at=clock.now(), actor=STAFF, partner_id=world.partner.pk, early=True)
    short.refresh_from_db()
    other.refresh_from_db()
    assert (short.status, short.reason_code) == (PaymentStatus.FAILED, "payments.balance_too_small")
    assert other.status == PaymentStatus.SUBMITTED


def test_a_bank_that_does_not_say_holds_nothing_up(world, settings):
    settings.BALANCE_CHECK = "refuse"
    link, payment = collection(world, "5000.00")
    bank_links.simulate_login_over(bank_link_id=link.pk, partner_id=world.partner.pk, actor=KEY, at=clock.now())
    found = check(payment)
    assert (found.result, found.problem) == (BalanceResult.UNCLEAR, "LOGIN_REQUIRED")


def test_a_live_balance_is_plaid_s_and_a_login_over_is_learned_from_it(live, plaid):
    wallet = live.wallet()
    link = connect(live, wallet.customer, plaid.link(owner=name_of(wallet.customer)))
    account = accounts_of(link)[0]
    mandate = live.ach_mandate(account)
    short, again = (
        live.pay(wallet, amount, kind=PaymentKind.COLLECTION, to=account, mandate_id=mandate.pk) for amount in ("100.01", "1")
    )
    assert check(short).result == BalanceResult.SHORT
    sent = plaid.log[-1][0]
    assert (sent.path, sent.json["options"]) == ("/accounts/balance/get", {"account_ids": [account.link_account]})
    plaid.items[next(iter(plaid.items))]["login_ok"] = False
    found = check(again)
    assert (found.result, found.problem) == (BalanceResult.UNCLEAR, "ITEM_LOGIN_REQUIRED")
    link.refresh_from_db()
    assert link.status == S.LOGIN_REQUIRED


@pytest.mark.parametrize(("available", "result"), [("0.00", BalanceResult.SHORT), (None, BalanceResult.ENOUGH)])
def test_nothing_available_is_an_answer_and_not_a_reason_to_look_at_the_booked_balance(world, monkeypatch, available, result):
    _, payment = collection(world, "100.00")
    real = bank_links.aggregator_of(payment.external_account.bank_link)

    class Spent:
        def balances(self, access, *, account_ids):
            found = real.balances(access, account_ids=account_ids)
            return [replace(one, available=None if available is None else Money(available, "USD")) for one in found]

    monkeypatch.setattr(bank_links, "aggregator_of", lambda link: Spent())
    assert check(payment).result == result


def test_money_that_goes_out_and_accounts_without_a_link_are_not_asked_about(world):
    wallet = world.wallet("50.00")
    out = world.pay(wallet, "5.00", to=world.bank(wallet))
    assert check(out) is None
    assert BalanceCheck.objects.count() == 0


# Plaid's own description


def test_every_message_of_a_link_s_life_is_as_plaid_describes_it(live, plaid):
    ada = person(live)
    bank_links.token(partner_id=live.partner.pk, customer_id=ada.pk, countries=("US", "DE"), language="de", at=clock.now())
    link = connect(live, ada, plaid.link(owner="Ada Lovelace"))
    access = next(iter(plaid.items))
    bank_links.token(partner_id=live.partner.pk, customer_id=ada.pk, bank_link_id=link.pk, at=clock.now())
    moved = plaid.items[access]["accounts"][0]["account_id"]
    wanted = contract.of(SPEC)
    for schema, code, fields in (
        ("PendingExpirationWebhook", "PENDING_EXPIRATION", {"consent_expiration_time": "2026-12-24T13:25:17.766Z"}),
        (
            "PendingDisconnectWebhook",
            "PENDING_DISCONNECT",
            {"disconnect_time": "2026-12-24T13:25:17.766Z", "reason": "INSTITUTION_MIGRATION"},
        ),
        ("ItemLoginRepairedWebhook", "LOGIN_REPAIRED", {}),
        ("UserAccountRevokedWebhook", "USER_ACCOUNT_REVOKED", {"account_id": moved}),
        (
            "AuthDefaultUpdateWebhook",
            "DEFAULT_UPDATE",
            {
                "webhook_type": "AUTH",
                "error": None,
                "account_ids_with_new_auth": [],
                "account_ids_with_updated_auth": {moved: ["ACCOUNT_NUMBER"]},
            },
        ),
        ("ItemErrorWebhook", "ERROR", {}),
        ("UserPermissionRevokedWebhook", "USER_PERMISSION_REVOKED", {}),
    ):
        event = plaid.tell(access, code, **fields)
        assert wanted.schema_problems(schema, event) == [], code
    assert set(deliver(plaid)) == {InboundStatus.HANDLED}
    plaid.items[access]["login_ok"] = False
    bank_links.refresh(bank_link_id=link.pk, actor=KEY, at=clock.now())
    plaid.items[access]["login_ok"] = True
    bank_links.end(bank_link_id=link.pk, actor=KEY, at=clock.now())
    bank_links.tell_providers(at=clock.now())
    assert [text for asked, reply in plaid.log for text in wanted.problems(asked, reply)] == []
    assert {asked.path for asked, _ in plaid.log} >= {"/link/token/create", "/auth/get", "/identity/get", "/item/remove"}
