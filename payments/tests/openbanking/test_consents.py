"""Consents from the first question to their end, with real clients against stand-in banks and with the sandbox's own bank."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from moneyed import Money

from accounts.errors import CustomerClosed, CustomerNotFound, PartnerSuspended, PersonalDataErased
from accounts.models import Customer, Partner
from accounts.services import customers, partners
from flowlet.audit.models import Record
from flowlet.core import actors, clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid
from flowlet.core.outbound import OutboundError
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from flowlet.settings.open_banking import open_banks
from flowlet.vault.services import subjects
from payments import errors, tasks
from payments.choices import ConsentStatus
from payments.models import Consent
from payments.providers.openbanking import registry
from payments.providers.openbanking.vocabulary import NOBODY
from payments.selectors import consents as selectors
from payments.services import bank_data, consents
from payments.states import CONSENT_MOVES
from payments.tests.openbanking.conftest import VISITOR
from payments.tests.standins.server import Fault
from wallets.errors import SandboxOnly

KEY = Actor(kind=ActorKind.API_KEY, id="key_x", label="backend")
ROBOT = actors.system("tests")
AWAITING, AUTHORISED, REJECTED, REVOKED, EXPIRED = ConsentStatus


@dataclass
class World:
    """Short words for the services, for one partner, at one moment."""

    partner: Partner
    person: Customer
    at: datetime

    def create(self, bank="sandbox", scopes=("ACCOUNTS", "BALANCES", "TRANSACTIONS"), **more):
        options = {"customer_id": self.person.pk, "visitor": VISITOR, "at": self.at, **more}
        return consents.create(partner_id=self.partner.pk, bank=bank, scopes=scopes, actor=KEY, **options)

    def complete(self, consent, callback):
        return consents.complete(consent_id=consent.pk, partner_id=self.partner.pk, callback=callback, actor=KEY, at=self.at)

    def given(self, **more) -> Consent:
        asked = self.create(**more)
        back = consents.simulate_visit(consent_id=asked.consent.pk, partner_id=self.partner.pk, approves=True, at=self.at)
        return self.complete(asked.consent, back)

    def read(self, what, consent, **more):
        options = {"visitor": VISITOR, "actor": KEY, "at": self.at, **more}
        return getattr(bank_data, what)(consent_id=consent.pk, partner_id=self.partner.pk, **options)

    def revoke(self, consent, **more):
        return consents.revoke(consent_id=consent.pk, partner_id=self.partner.pk, actor=KEY, at=self.at, **more)

    def told(self) -> list[str]:
        return list(
            Event.objects.filter(partner_id=self.partner.pk, type__startswith="consent.")
            .order_by("id")
            .values_list("type", flat=True)
        )


def make_world(*, live=False) -> World:
    at = clock.now()
    pair = partners.create(name=f"Acme {Partner.objects.count()}", country="GB", actor=ROBOT, at=at)
    partner = pair.live if live else pair.sandbox
    person = customers.create(partner_id=partner.pk, kind="PERSON", name="Ada Lovelace", country="GB", actor=ROBOT, at=at)
    return World(partner, person, at)


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def live(db, open_banks):
    """A live partner with a bank of each standard."""
    world = make_world(live=True)
    world.uk, world.berlin = open_banks
    return world


def uk_given(live) -> Consent:
    asked = live.create("uk")
    return live.complete(asked.consent, live.uk.visit(asked.redirect_url))


# The sandbox


def test_a_consent_is_asked_for_given_and_read_in_the_sandbox(world):
    asked = world.create(external_id="c-1", metadata={"flow": "onboarding"})
    assert (asked.consent.status, asked.consent.expires_at) == (AWAITING, world.at + timedelta(days=180))
    assert asked.redirect_url.startswith("https://bank.sandbox.example/authorise?")
    back = consents.simulate_visit(consent_id=asked.consent.pk, partner_id=world.partner.pk, approves=True, at=world.at)
    given = world.complete(asked.consent, back)
    assert (given.status, given.authorised_at, given.reconfirm_by) == (AUTHORISED, world.at, world.at + timedelta(days=90))

    assert [row.id for row in world.read("accounts", given)] == ["current", "savings"]
    assert world.read("balances", given, account_id="current")[0].amount == Money("1230.00", "GBP")
    moved = world.read("transactions", given, account_id="current")
    assert moved and moved == world.read("transactions", given, account_id="current")
    assert all(row.booked_on <= world.at.date() for row in moved)
    assert world.read("transactions", given, account_id="savings") == []
    with pytest.raises(errors.NoSuchAccount):
        world.read("balances", given, account_id="other")
    assert world.told() == ["consent.created", "consent.authorised"]


def test_every_reading_is_in_the_audit_without_what_was_read(world):
    given = world.given()
    world.read("accounts", given)
    (record,) = Record.objects.filter(action="consent.read")
    assert (record.target, record.after) == (given.public_id, {"scope": "ACCOUNTS", "rows": 2})


def test_a_customer_who_says_no_rejects_the_consent(world):
    asked = world.create()
    back = consents.simulate_visit(consent_id=asked.consent.pk, partner_id=world.partner.pk, approves=False, at=world.at)
    ended = world.complete(asked.consent, back)
    assert (ended.status, ended.end_reason, ended.session, ended.is_told_to_bank) == (REJECTED, "access_denied", None, True)
    with pytest.raises(errors.ConsentEnded):
        world.read("accounts", ended)
    assert world.told() == ["consent.created", "consent.rejected"]


@pytest.mark.parametrize("spoil", [{"state": "x"}, {"code": "x"}, {"code": ""}])
def test_an_answer_that_is_another_consents_changes_nothing(world, spoil):
    asked = world.create()
    back = consents.simulate_visit(consent_id=asked.consent.pk, partner_id=world.partner.pk, approves=True, at=world.at)
    with pytest.raises(errors.CallbackRefused):
        world.complete(asked.consent, {**back, **spoil})
    assert Consent.objects.get().status == AWAITING
    assert world.told() == ["consent.created"]


def test_a_consent_is_given_once(world):
    asked = world.create()
    back = consents.simulate_visit(consent_id=asked.consent.pk, partner_id=world.partner.pk, approves=True, at=world.at)
    world.complete(asked.consent, back)
    with pytest.raises(IllegalMove):
        world.complete(asked.consent, back)
    assert world.told() == ["consent.created", "consent.authorised"]


def test_nothing_is_read_before_it_was_given(world):
    with pytest.raises(errors.ConsentNotGiven):
        world.read("accounts", world.create().consent)


def test_only_what_was_consented_is_read_and_accounts_always_are(world):
    given = world.given(scopes=["BALANCES"])
    assert given.scopes == ["ACCOUNTS", "BALANCES"]
    world.read("balances", given, account_id="current")
    with pytest.raises(errors.ScopeNotConsented):
        world.read("transactions", given, account_id="current")


def test_after_90_days_the_customer_has_to_say_so_again(world):
    given = world.given()
    later = world.at + timedelta(days=90)
    world.read("accounts", given, at=later - timedelta(seconds=1))
    with pytest.raises(errors.ConsentNotReconfirmed):
        world.read("accounts", given, at=later)
    again = consents.reconfirm(consent_id=given.pk, partner_id=world.partner.pk, actor=KEY, at=later)
    assert again.reconfirm_by == later + timedelta(days=90)
    assert len(world.read("accounts", given, at=later)) == 2
    assert world.told()[-1] == "consent.reconfirmed"


def test_a_consent_that_is_over_reads_nothing_even_before_the_sweep(world):
    given = world.given(expires_at=world.at + timedelta(days=10))
    with pytest.raises(errors.ConsentEnded):
        world.read("accounts", given, at=world.at + timedelta(days=10))


def test_revoking_destroys_what_was_kept_and_the_bank_is_told_by_itself(world):
    given = world.given()
    ended = world.revoke(given, reason="the customer asked")
    assert (ended.status, ended.session, ended.is_told_to_bank) == (REVOKED, None, False)
    with pytest.raises(errors.ConsentEnded):
        world.read("accounts", given)
    with pytest.raises(errors.ConsentEnded):
        world.revoke(given)
    assert consents.tell_banks(at=world.at) == 1
    assert consents.tell_banks(at=world.at) == 0
    assert world.told() == ["consent.created", "consent.authorised", "consent.revoked"]


def test_the_sweep_ends_what_is_over_and_nothing_else(world):
    unanswered, short, long = world.create(), world.given(expires_at=world.at + timedelta(days=1)), world.given()
    assert consents.sweep(at=world.at + timedelta(hours=23), actor=ROBOT) == 0
    assert consents.sweep(at=world.at + timedelta(days=1), actor=ROBOT) == 2
    assert consents.sweep(at=world.at + timedelta(days=1), actor=ROBOT) == 0
    states = dict(Consent.objects.values_list("pk", "status"))
    assert states == {unanswered.consent.pk: EXPIRED, short.pk: EXPIRED, long.pk: AUTHORISED}


def test_closing_a_customer_ends_their_consents_and_erasing_them_makes_the_tokens_unreadable(world):
    given, other = world.given(), world.given()
    subjects.erase(world.person.pk, at=world.at)
    with pytest.raises(PersonalDataErased):
        world.read("accounts", given)
    customers.close(customer_id=world.person.pk, reason="asked", actor=ROBOT, at=world.at)
    tasks.sweep_consents()
    assert set(Consent.objects.values_list("status", "is_told_to_bank")) == {(REVOKED, True)}
    assert other.pk


def test_what_is_kept_for_the_bank_is_sealed_under_the_customers_key_in_its_own_row(world):
    given, other = world.given(), world.given()
    session = selectors.session_of(given)
    for secret in (session.state, session.access_token):
        assert secret.encode() not in bytes(given.session)
    Consent.objects.filter(pk=other.pk).update(session=given.session)
    other.refresh_from_db()
    with pytest.raises(Exception, match="altered or belongs"):
        selectors.session_of(other)


def test_no_secret_of_a_consent_is_in_audit_or_events(world):
    asked = world.create()
    back = consents.simulate_visit(consent_id=asked.consent.pk, partner_id=world.partner.pk, approves=True, at=world.at)
    world.complete(asked.consent, back)
    written = json.dumps(
        [list(Event.objects.values_list("data", flat=True)), list(Record.objects.values_list("after", flat=True))]
    )
    assert [value for value in (back["code"], back["state"], asked.redirect_url) if value in written] == []


# Who may ask


def test_another_partners_consent_does_not_exist(world):
    given, stranger = world.given(), make_world()
    for deed in (
        lambda: stranger.read("accounts", given),
        lambda: stranger.revoke(given),
        lambda: stranger.complete(given, {}),
        lambda: consents.simulate_visit(consent_id=given.pk, partner_id=stranger.partner.pk, approves=True, at=world.at),
    ):
        with pytest.raises(errors.ConsentNotFound):
            deed()
    with pytest.raises(CustomerNotFound):
        stranger.create(customer_id=world.person.pk)
    assert Consent.objects.get().status == AUTHORISED


def test_each_mode_has_its_own_banks(world, live):
    with pytest.raises(errors.BankNotOffered):
        world.create("uk")
    with pytest.raises(errors.BankNotOffered):
        live.create("sandbox")
    assert [(bank.name, bank.label) for bank in registry.banks(sandbox=False)] == [
        ("berlin", "berlin"),
        ("uk", "A bank in Britain"),
    ]
    assert [bank.name for bank in registry.banks(sandbox=True)] == ["sandbox"]


def test_who_is_suspended_or_closed_asks_for_nothing(world):
    customers.close(customer_id=world.person.pk, reason="asked", actor=ROBOT, at=world.at)
    with pytest.raises(CustomerClosed):
        world.create()
    Partner.objects.filter(pk=world.partner.pk).update(status="SUSPENDED")
    with pytest.raises(PartnerSuspended):
        world.create()
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"scopes": []}, Invalid),
        ({"scopes": ["EVERYTHING"]}, Invalid),
        ({"days": 181}, errors.ConsentTooLong),
        ({"days": -1}, errors.ConsentTooLong),
        ({"external_id": " x"}, errors.MalformedExternalId),
    ],
)
def test_a_question_of_the_wrong_form_is_refused(world, change, refusal):
    days = change.pop("days", None)
    if days:
        change["expires_at"] = world.at + timedelta(days=days)
    with pytest.raises(refusal):
        world.create(**change)
    assert not Consent.objects.exists() and world.told() == []


def test_an_external_id_is_taken_once(world):
    first = world.create(external_id="c-1").consent
    with pytest.raises(errors.DuplicateExternalId) as refusal:
        world.create(external_id="c-1")
    assert refusal.value.details["id"] == first.public_id
    assert Consent.objects.count() == 1


# Real clients


def test_a_live_consent_at_a_uk_bank_is_given_renewed_read_and_revoked(live):
    given = uk_given(live)
    assert (given.status, given.reconfirm_by) == (AUTHORISED, live.at + timedelta(days=90))
    assert [row.id for row in live.read("accounts", given)] == ["22289", "31820"]

    before = selectors.session_of(given)
    consents.keep(given, before.having(token_expires_at=0.0), at=live.at)
    live.read("balances", given, account_id="22289")
    given.refresh_from_db()
    after = selectors.session_of(given)
    assert after.refresh_token != before.refresh_token and given.renewing_until is None

    live.revoke(given)
    assert len(live.uk.consents) == 1
    live.uk.faults.append(Fault("BREAK", given.reference.replace(":", "%3A"), times=9))
    assert consents.tell_banks(at=live.at) == 0
    live.uk.faults.clear()
    assert consents.tell_banks(at=live.at) == 1
    assert live.uk.consents == {}


def test_while_one_renews_the_others_come_again_and_nobody_spends_a_spent_token(live):
    given = uk_given(live)
    ended = selectors.session_of(given).having(token_expires_at=0.0)
    consents.keep(given, ended, at=live.at)
    Consent.objects.update(renewing_until=live.at + timedelta(seconds=30))
    with pytest.raises(errors.ConsentBusy):
        live.read("accounts", given)
    Consent.objects.update(renewing_until=live.at)  # whoever renewed was killed, and its time is over
    assert len(live.read("accounts", given)) == 2
    stale = Consent.objects.get()
    stale.session = b"what it was before"
    with pytest.raises(errors.ConsentBusy):
        bank_data._renewed(stale, consents.client_of(stale), ended, at=live.at)
    assert Consent.objects.get().status == AUTHORISED


def test_a_consent_withdrawn_at_the_bank_ends_ours_at_the_next_reading(live):
    given = uk_given(live)
    live.uk.move(given.reference, "CANC")
    with pytest.raises(errors.ConsentLapsed):
        live.read("accounts", given)
    ended = Consent.objects.get()
    assert (ended.status, ended.session, ended.is_told_to_bank) == (REVOKED, None, True)
    assert live.told()[-1] == "consent.revoked"


def test_a_consent_that_the_bank_no_longer_knows_ends_ours(live):
    given = uk_given(live)
    live.uk.consents.clear()
    with pytest.raises(errors.ConsentLapsed):
        live.read("accounts", given)
    assert Consent.objects.get().status == REVOKED


def test_a_bank_that_does_not_say_why_it_refuses_ends_nothing(live):
    given = uk_given(live)
    live.uk.move(given.reference, "CANC")
    live.uk.faults.append(Fault("BREAK", given.reference.replace(":", "%3A"), times=9))
    with pytest.raises(errors.ConsentLapsed):
        live.read("accounts", given)
    assert Consent.objects.get().status == AUTHORISED


def test_a_bank_that_cannot_be_told_keeps_no_other_from_being_told(live):
    deaf = live.create("berlin").consent
    live.revoke(deaf)
    live.revoke(uk_given(live))
    live.berlin.faults.append(Fault("BREAK", f"/consents/{deaf.reference}", times=9))
    later = live.at + timedelta(minutes=1)
    assert consents.tell_banks(at=later, limit=1) == 0
    assert consents.tell_banks(at=later, limit=1) == 1
    assert live.uk.consents == {} and not Consent.objects.get(pk=deaf.pk).is_told_to_bank


@pytest.mark.parametrize("bank", ["uk", "berlin"])
def test_a_bank_that_has_forgotten_the_consent_counts_as_told(live, bank):
    live.revoke(live.create(bank).consent)
    getattr(live, bank).consents.clear()
    assert consents.tell_banks(at=live.at) == 1


def test_a_bank_that_cannot_be_reached_ends_nothing(live):
    given = uk_given(live)
    live.uk.faults.append(Fault("BREAK", "/accounts", times=9))
    with pytest.raises(OutboundError):
        live.read("accounts", given)
    assert Consent.objects.get().status == AUTHORISED


def test_a_live_consent_at_a_berlin_group_bank_is_what_the_bank_says(live):
    asked = live.create("berlin")
    back = {name: values[0] for name, values in parse_qs(urlsplit(asked.redirect_url).query).items()}
    state = selectors.session_of(asked.consent).state
    assert back == {} and state.startswith(asked.consent.public_id)
    assert live.complete(asked.consent, {"state": state}).status == AWAITING  # the customer came back without having decided
    live.berlin.visit(asked.redirect_url)
    given = live.complete(asked.consent, {"state": state})
    assert (given.status, given.reconfirm_by) == (AUTHORISED, None)
    assert len(live.read("accounts", given)) == 2
    live.berlin.consents[given.reference]["consentStatus"] = "expired"
    with pytest.raises(errors.ConsentLapsed):
        live.read("accounts", given)
    assert Consent.objects.get().status == EXPIRED


def test_a_denied_consent_at_a_berlin_group_bank_is_rejected_whatever_the_browser_says(live):
    asked = live.create("berlin")
    live.berlin.visit(asked.redirect_url, decision="deny")
    ended = live.complete(asked.consent, {"state": selectors.session_of(asked.consent).state})
    assert ended.status == REJECTED


def test_a_live_consent_has_no_simulated_customer(live):
    asked = live.create("uk")
    with pytest.raises(SandboxOnly):
        consents.simulate_visit(consent_id=asked.consent.pk, partner_id=live.partner.pk, approves=True, at=live.at)


def test_without_the_customers_address_a_bank_that_wants_it_is_not_asked(live):
    with pytest.raises(Invalid):
        live.create("berlin", visitor=NOBODY)
    assert live.berlin.log == [] and not Consent.objects.exists()


def test_nothing_is_kept_of_a_question_that_the_bank_did_not_answer(live):
    live.uk.faults.append(Fault("BREAK", "/account-access-consents", times=9))
    with pytest.raises(OutboundError):
        live.create("uk")
    assert not Consent.objects.exists() and live.told() == []


# Rows and settings


def test_every_move_of_the_table_and_no_other_is_possible():
    assert {state for state, targets in CONSENT_MOVES.items() if targets} == {AWAITING, AUTHORISED}
    assert set(CONSENT_MOVES) == set(ConsentStatus)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"status": REVOKED}, "consent_keeps_no_session_after_its_end"),
        ({"session": None}, "consent_keeps_no_session_after_its_end"),
        ({"authorised_at": None}, "consent_was_authorised_once"),
        ({"scopes": []}, "consent_is_for_something"),
    ],
)
def test_the_database_refuses_a_consent_that_cannot_be(world, change, name):
    given = world.given()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Consent.objects.filter(pk=given.pk).update(**change)


@pytest.mark.parametrize("text", ["[]", "{", '{"sandbox": {}}', '{"A Bank": {}}', '{"a": 1}'])
def test_a_file_of_banks_that_is_none_is_refused_by_the_name_of_its_variable(monkeypatch, tmp_path, text):
    file = tmp_path / "banks.json"
    file.write_text(text)
    monkeypatch.setenv("FLOWLET_OPEN_BANKS_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match="FLOWLET_OPEN_BANKS_FILE"):
        open_banks()


def test_banks_are_read_from_their_file(monkeypatch, tmp_path):
    file = tmp_path / "banks.json"
    file.write_text('{"uk": {"standard": "UK_OB_4_0"}}')
    monkeypatch.setenv("FLOWLET_OPEN_BANKS_FILE", str(file))
    assert open_banks() == {"uk": {"standard": "UK_OB_4_0"}}
    monkeypatch.setenv("FLOWLET_OPEN_BANKS_FILE", "")
    assert open_banks() == {}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"standard": "X"}, "the standard is one of"),
        ({"standard": "BERLIN_1_3_11", "api_base": "https://bank.example"}, "redirect_uri missing"),
        ({"standard": "BERLIN_1_3_11", "api_base": "http://bank.example", "redirect_uri": "https://a"}, "https://"),
        (
            {
                "standard": "BERLIN_1_3_11",
                "api_base": "https://b",
                "redirect_uri": "https://a",
                "tls_certificate": "/none",
                "tls_key": "/none",
            },
            "FileNotFoundError",
        ),
    ],
)
def test_a_bank_that_is_not_whole_is_refused_by_its_name(settings, entry, told):
    settings.OPEN_BANKS = {"mybank": entry}
    with pytest.raises(ImproperlyConfigured, match="mybank.*" + told):
        registry.banks(sandbox=False)
