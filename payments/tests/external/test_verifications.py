"""Who holds an external account: micro-deposits, prenotes, payee verification, two officers."""

from datetime import date, timedelta

import pytest

from accounts.models import Partner
from accounts.services import customers
from flowlet.approvals.errors import MayNot
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.errors import FourEyesRequired, Invalid
from flowlet.core.money import Money
from flowlet.core.outbound import Unavailable
from flowlet.events.models import Event
from payments import errors, handlers, tasks
from payments.choices import VerificationMethod
from payments.models import AccountVerification
from payments.policies.account_values import Correction
from payments.providers import payee_verification
from payments.selectors import external_accounts as selectors
from payments.services import external_accounts, micro_deposits, payee_verifications, prenotes, verifications
from payments.tests.external.conftest import AT, IBAN, KEY, ROBOT

BY_KEY = {"actor": KEY, "at": AT}
BY_ROBOT = {"actor": ROBOT, "at": AT}


def usd(*texts):
    return [Money(text, "USD") for text in texts]


def start(account, **options):
    return micro_deposits.start(external_account_id=account.pk, **{**BY_KEY, **options})


def confirm(account, *texts, **options):
    return micro_deposits.confirm(external_account_id=account.pk, amounts=usd(*texts), **{**BY_KEY, **options})


@pytest.fixture
def live(world):
    """The same world with a LIVE partner, whose deposits have to be sent."""
    partner = Partner.objects.get(pk=world.partner.sibling_id)
    world.partner = partner
    world.person = world.customer(name="Ada Lovelace")
    world.told()
    return world


# Micro-deposits


def test_whoever_names_both_amounts_holds_the_account(world):
    account = world.add()
    world.told()
    attempt = start(account)
    assert (attempt.status, attempt.tries_left, attempt.expires_at) == ("PENDING", 3, AT + timedelta(days=14))
    done = confirm(account, "0.45", "0.32")
    account.refresh_from_db()
    assert (done.status, done.sealed) == ("VERIFIED", None)
    assert (account.status, account.verification, account.verified_at) == ("ACTIVE", "VERIFIED", AT)
    assert world.told() == [
        "external_account.verification_started",
        "external_account.verification_ended",
        "external_account.activated",
    ]


def test_three_wrong_answers_fail_it_and_each_of_them_counts(world):
    account = world.add()
    start(account)
    world.told()
    assert [confirm(account, "0.01", "0.02").tries_left for _ in range(2)] == [2, 1]
    failed = confirm(account, "0.32", "0.46")
    assert (failed.status, failed.tries_left, failed.sealed) == ("FAILED", 0, None)
    account.refresh_from_db()
    assert (account.status, account.verification) == ("PENDING", "FAILED")
    with pytest.raises(errors.NoVerificationUnderWay):
        confirm(account, "0.32", "0.45")
    tried = ["external_account.verification_tried"]
    assert world.told() == [*tried, *tried, "external_account.verification_ended"]


def test_the_amounts_stand_nowhere_in_plain(live):
    account = live.add()
    attempt = start(account)
    first, second = micro_deposits.amounts_of(verification_id=attempt.pk)
    texts = [str(each.before) + str(each.after) for each in Record.objects.all()] + [str(e.data) for e in Event.objects.all()]
    assert len(texts) > 3
    assert not any(str(first.amount) in text or str(second.amount) in text for text in texts)
    assert str(first.amount).encode() not in bytes(attempt.sealed)


def test_a_live_amount_is_drawn_and_named_only_after_it_was_sent(live):
    drawn = set()
    for number in range(20):
        account = live.add(account_number=f"10000{number}")
        attempt = start(account)
        amounts = micro_deposits.amounts_of(verification_id=attempt.pk)
        assert all(Money("0.01", "USD") <= amount <= Money("0.99", "USD") for amount in amounts)
        drawn.add(amounts)
    assert len(drawn) > 10
    texts = [f"{amount.amount:.2f}" for amount in amounts]
    with pytest.raises(errors.MicroDepositsNotSent):
        confirm(account, *texts)
    live.told()
    for _ in range(2):
        micro_deposits.mark_sent(verification_id=attempt.pk, reference="pay_1", **BY_ROBOT)
    assert live.told() == ["external_account.verification_sent"]
    assert confirm(account, *texts).status == "VERIFIED"


def test_a_deposit_that_comes_back_fails_it(live):
    account = live.add()
    attempt = start(account)
    micro_deposits.mark_sent(verification_id=attempt.pk, reference="pay_1", **BY_ROBOT)
    failed = micro_deposits.come_back(verification_id=attempt.pk, code="R03", **BY_ROBOT)
    assert (failed.status, failed.reason) == ("FAILED", "The deposit came back with R03")


@pytest.mark.parametrize("texts", [("0.32",), ("0.32", "0.45", "0.01"), ("0.00", "0.45"), ("1.00", "0.45")])
def test_amounts_that_no_deposit_can_have_cost_no_try(world, texts):
    account = world.add()
    attempt = start(account)
    with pytest.raises(Invalid):
        confirm(account, *texts)
    attempt.refresh_from_db()
    assert attempt.tries_left == 3
    with pytest.raises(Invalid):
        micro_deposits.confirm(external_account_id=account.pk, amounts=[Money("0.32", "EUR"), Money("0.45", "EUR")], **BY_KEY)


def test_the_time_to_name_them_ends(world):
    account = world.add()
    start(account)
    late = {"at": AT + timedelta(days=14)}
    with pytest.raises(errors.MicroDepositsExpired):
        confirm(account, "0.32", "0.45", **late)
    assert [verifications.expire_due(actor=ROBOT, **late) for _ in range(2)] == [1, 0]
    account.refresh_from_db()
    assert (account.status, account.verification) == ("PENDING", "UNVERIFIED")


def test_nobody_guesses_on_by_adding_the_account_again(world):
    for _ in range(3):
        account = world.add()
        start(account)
        for _ in range(3):
            confirm(account, "0.01", "0.02")
        external_accounts.close(external_account_id=account.pk, **BY_KEY)
    again = world.add(customer=world.customer())
    with pytest.raises(errors.TooManyVerifications):
        start(again)
    assert start(world.add(account_number="55555")).status == "PENDING"


def test_nobody_guesses_on_by_adding_the_account_to_many_customers_at_once(world):
    accounts = [world.add(customer=world.customer()) for _ in range(4)]
    for account in accounts[:3]:
        start(account)
    with pytest.raises(errors.TooManyVerifications):
        start(accounts[3])
    with pytest.raises(errors.VerificationUnderWay):
        start(accounts[0])


def test_one_attempt_is_under_way_at_most_and_a_verified_account_needs_none(world):
    account = world.add()
    attempt = start(account)
    with pytest.raises(errors.VerificationUnderWay) as refusal:
        prenotes.start(external_account_id=account.pk, **BY_KEY)
    assert refusal.value.details == {"verification": attempt.public_id, "method": "MICRO_DEPOSITS"}
    confirm(account, "0.32", "0.45")
    with pytest.raises(errors.AlreadyVerified):
        start(account)


def test_a_method_that_does_not_suit_the_account_is_refused(world):
    with pytest.raises(errors.MethodNotForAccount):
        prenotes.start(external_account_id=world.add(IBAN).pk, **BY_KEY)
    with pytest.raises(errors.MethodNotForAccount):
        payee_verifications.start(external_account_id=world.add().pk, **BY_KEY)
    with pytest.raises(errors.MethodNotForAccount):
        start(world.add(relation="THIRD_PARTY", account_number="55555"))


def test_blocked_is_blocked_even_when_verified(world):
    account = world.add()
    start(account)
    external_accounts.block(external_account_id=account.pk, reason="lost trust", **BY_KEY)
    confirm(account, "0.32", "0.45")
    account.refresh_from_db()
    assert (account.status, account.verification) == ("BLOCKED", "VERIFIED")
    assert external_accounts.unblock(external_account_id=account.pk, reason="found", **BY_KEY).status == "ACTIVE"


def test_closing_the_account_cancels_the_attempt(world):
    account = world.add()
    attempt = start(account)
    external_accounts.close(external_account_id=account.pk, **BY_KEY)
    attempt.refresh_from_db()
    assert attempt.status == "CANCELED"


# Prenotes


def test_a_prenote_that_does_not_come_back_for_three_banking_days_is_accepted(live):
    account = live.add()
    attempt = prenotes.start(external_account_id=account.pk, **BY_KEY)
    assert list(prenotes.to_send(partner_id=live.partner.pk)) == [attempt]
    sent = prenotes.mark_sent(verification_id=attempt.pk, settles_on=date(2026, 7, 1), reference="021000020000001", **BY_ROBOT)
    # Friday 3 July 2026 is a public holiday, but no holiday of the Federal Reserve; the weekend does not count.
    assert sent.due_on == date(2026, 7, 6)
    assert list(prenotes.to_send(partner_id=live.partner.pk)) == []
    before = {"actor": ROBOT, "at": AT.replace(month=7, day=6, hour=3)}  # still 5 July in New York
    assert prenotes.accept_due(**before) == 0
    assert [prenotes.accept_due(actor=ROBOT, at=before["at"].replace(hour=12)) for _ in range(2)] == [1, 0]
    account.refresh_from_db()
    assert (account.status, account.verification, account.verification_method) == ("ACTIVE", "VERIFIED", "PRENOTE")


def test_a_prenote_that_comes_back_fails_it(live):
    account = live.add()
    attempt = prenotes.start(external_account_id=account.pk, **BY_KEY)
    prenotes.mark_sent(verification_id=attempt.pk, settles_on=date(2026, 3, 3), reference="1", **BY_ROBOT)
    failed = prenotes.come_back(verification_id=attempt.pk, code="R04", **BY_ROBOT)
    assert (failed.status, failed.reason) == ("FAILED", "The prenote came back with R04")
    account.refresh_from_db()
    assert (account.status, account.verification) == ("PENDING", "FAILED")
    assert prenotes.accept_due(actor=ROBOT, at=AT + timedelta(days=30)) == 0
    assert prenotes.start(external_account_id=account.pk, **BY_KEY).status == "PENDING"  # a corrected number may be tried again


def test_in_the_sandbox_the_next_sweep_accepts_a_prenote(world):
    account = world.add()
    prenotes.start(external_account_id=account.pk, **BY_KEY)
    assert list(prenotes.to_send(partner_id=world.partner.pk)) == []
    assert prenotes.accept_due(**BY_ROBOT) == 1


# Verification of payee


def asked(world, name, base=IBAN, **options):
    account = world.add(base, owner_name=name, **options)
    attempt = payee_verifications.start(external_account_id=account.pk, **BY_KEY)
    done = payee_verifications.ask(verification_id=attempt.pk, **BY_ROBOT)
    account.refresh_from_db()
    return account, done


@pytest.mark.parametrize(
    ("name", "result", "attempt_status", "verification", "status"),
    [
        ("Ada Lovelace", "MTCH", "VERIFIED", "VERIFIED", "ACTIVE"),
        ("Ada Nearly Lovelace", "CMTC", "INCONCLUSIVE", "UNVERIFIED", "PENDING"),
        ("Mismatch Lovelace", "NMTC", "FAILED", "FAILED", "PENDING"),
        ("Unreachable Lovelace", "NOAP", "INCONCLUSIVE", "UNVERIFIED", "PENDING"),
    ],
)
def test_the_four_answers_of_a_payees_bank(world, name, result, attempt_status, verification, status):
    account, done = asked(world, name)
    assert (done.result, done.status) == (result, attempt_status)
    assert (account.payee_result, account.verification, account.status) == (result, verification, status)


def test_the_name_that_a_close_match_brings_is_kept_sealed(world):
    account, done = asked(world, "Ada Nearly Lovelace")
    assert b"Lovelace" not in bytes(done.sealed)
    assert payee_verifications.name_returned(account, done) == "Ada Lovelace"


def test_the_question_is_asked_when_its_event_arrives(world, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.ask_payee, "delay", lambda **given: sent.append(given))
    for base, begin in ((IBAN, payee_verifications.start), ({}, prenotes.start)):
        account = world.add(**({"base": base} if base else {}))
        begin(external_account_id=account.pk, **BY_KEY)
    for event in Event.objects.filter(type="external_account.verification_started"):
        handlers.ask_payee(event)
    assert len(sent) == 1
    tasks.ask_payee(**sent[0])
    tasks.ask_payee(**sent[0])  # may run twice
    assert AccountVerification.objects.get(method="PAYEE_VERIFICATION").status == "VERIFIED"


def test_without_a_provider_the_answer_is_that_nobody_can_tell_and_why(live, settings):
    settings.PAYEE_VERIFICATION = {}
    account, done = asked(live, "Ada Lovelace")
    assert (done.result, done.reason) == ("NOAP", "No provider of payee verification is configured")
    assert account.status == "PENDING"


def test_an_answer_about_a_number_that_was_corrected_meanwhile_verifies_nothing(world, monkeypatch):
    account = world.add(IBAN)
    attempt = payee_verifications.start(external_account_id=account.pk, **BY_KEY)

    class Slow(payee_verification.Sandbox):
        def ask(self, **given):
            correction = Correction(code="C01", iban="NL91ABNA0417164300")
            external_accounts.apply_correction(external_account_id=account.pk, correction=correction, **BY_ROBOT)
            return super().ask(**given)

    monkeypatch.setattr(payee_verification, "provider", lambda mode: Slow())
    done = payee_verifications.ask(verification_id=attempt.pk, **BY_ROBOT)
    account.refresh_from_db()
    assert (done.status, done.result) == ("INCONCLUSIVE", "")
    assert (account.verification, account.payee_result, account.country) == ("UNVERIFIED", "", "NL")


def test_a_verified_account_can_be_asked_about_again_and_stays_verified(world):
    account, _ = asked(world, "Ada Lovelace")
    correction = Correction(code="C04", owner_name="Mismatch Lovelace")
    external_accounts.apply_correction(external_account_id=account.pk, correction=correction, **BY_ROBOT)
    attempt = payee_verifications.start(external_account_id=account.pk, again=True, **BY_KEY)
    done = payee_verifications.ask(verification_id=attempt.pk, **BY_ROBOT)
    account.refresh_from_db()
    assert (done.result, account.payee_result, account.verification) == ("NMTC", "NMTC", "VERIFIED")


def test_a_provider_that_is_away_leaves_the_question_open(world, monkeypatch, caplog):
    attempt = payee_verifications.start(external_account_id=world.add(IBAN).pk, **BY_KEY)

    class Away:
        def ask(self, **given):
            raise Unavailable("time-out")

    monkeypatch.setattr(payee_verification, "provider", lambda mode: Away())
    tasks.ask_payee(verification_id=attempt.public_id)
    attempt.refresh_from_db()
    assert attempt.status == "PENDING"
    assert f"{attempt.public_id}: no answer about the payee" in caplog.text
    assert "Lovelace" not in caplog.text


def test_what_nobody_answered_is_asked_again_and_ends_after_a_day(world, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.ask_payee, "delay", lambda **given: sent.append(given))
    attempt = payee_verifications.start(external_account_id=world.add(IBAN).pk, **BY_KEY)
    monkeypatch.setattr("flowlet.core.clock.now", lambda: AT + timedelta(minutes=4))
    tasks.sweep_verifications()
    assert sent == []
    monkeypatch.setattr("flowlet.core.clock.now", lambda: AT + timedelta(minutes=6))
    tasks.sweep_verifications()
    assert sent == [{"verification_id": attempt.public_id}]
    monkeypatch.setattr("flowlet.core.clock.now", lambda: AT + timedelta(days=1))
    tasks.sweep_verifications()
    attempt.refresh_from_db()
    assert attempt.status == "EXPIRED"


# Elsewhere and by hand


def test_what_plaid_found_out_verifies_the_account_and_cancels_what_was_under_way(world):
    account = world.add()
    first = start(account)
    done = verifications.pass_elsewhere(
        external_account_id=account.pk, method=VerificationMethod.PLAID, reference="item-1", **BY_ROBOT
    )
    first.refresh_from_db()
    account.refresh_from_db()
    assert (first.status, done.status, done.reference) == ("CANCELED", "VERIFIED", "item-1")
    assert (account.status, account.verification_method) == ("ACTIVE", "PLAID")


def test_two_officers_verify_an_account_by_its_papers(world, staff):
    account = world.add()
    maker, checker = staff("OPERATIONS"), staff("COMPLIANCE_MANAGER")
    asked_for = verifications.request_manual(external_account_id=account.pk, reason="bank letter of 1 March", actor=maker, at=AT)
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked_for.pk, actor=maker, at=AT)
    account.refresh_from_db()
    assert account.status == "PENDING"
    requests.approve(approval_id=asked_for.pk, actor=checker, at=AT)
    account.refresh_from_db()
    assert (account.status, account.verification_method) == ("ACTIVE", "MANUAL")
    attempt = selectors.attempts_of(account.pk).get()
    assert (attempt.reference, attempt.reason) == (asked_for.public_id, "bank letter of 1 March")
    assert "000123456789" not in str(verifications.describe_manual(asked_for))


def test_an_analyst_cannot_ask_for_it(world, staff):
    with pytest.raises(MayNot):
        verifications.request_manual(
            external_account_id=world.add().pk, reason="bank letter", actor=staff("FRAUD_ANALYST"), at=AT
        )


@pytest.mark.parametrize("change", ["close", "correct", "verify"])
def test_an_approval_that_came_too_late_does_nothing(world, staff, change):
    account = world.add()
    maker, checker = staff("OPERATIONS"), staff("COMPLIANCE_MANAGER")
    asked_for = verifications.request_manual(external_account_id=account.pk, reason="bank letter", actor=maker, at=AT)
    if change == "close":
        external_accounts.close(external_account_id=account.pk, **BY_KEY)
    elif change == "correct":
        correction = Correction(code="C01", account_number="999988887777")
        external_accounts.apply_correction(external_account_id=account.pk, correction=correction, **BY_ROBOT)
    else:
        start(account)
        confirm(account, "0.32", "0.45")
    decided = requests.approve(approval_id=asked_for.pk, actor=checker, at=AT)
    assert decided.status == "FAILED"
    assert not AccountVerification.objects.filter(method="MANUAL").exists()


# Customers who leave


def test_accounts_close_with_their_customer_and_are_forgotten_with_them(world):
    account = world.add()
    customers.close(customer_id=world.person.pk, **BY_ROBOT)
    for _ in range(2):
        handlers.close_external_accounts(Event.objects.get(type="customer.closed"))
    account.refresh_from_db()
    assert account.status == "CLOSED"
    customers.erase(customer_id=world.person.pk, reason="asked to be forgotten", **BY_ROBOT)
    for _ in range(2):
        handlers.forget_external_accounts(Event.objects.get(type="customer.erased"))
    account.refresh_from_db()
    assert (account.fingerprint, account.last_four) == ("", "")
