"""Live open banking deposits, from the payer's bank to the books: nothing is initiated or submitted twice, whatever gets lost."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.choices import Mode, PartnerStatus
from accounts.models import Partner
from flowlet.core import actors, clock
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from payments import errors, events
from payments.choices import AuthorisationStatus, PaymentKind, PaymentStatus, Rail
from payments.models import Authorisation, Payment
from payments.providers.openbanking import registry
from payments.providers.openbanking.gateway import OpenBankingGateway
from payments.providers.openbanking.vocabulary import Visitor
from payments.services import authorisations, sending
from payments.tests.standins.server import Fault
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world

ROBOT = actors.system("tests")
S, A = PaymentStatus, AuthorisationStatus
VISITOR = Visitor(ip="198.51.100.7", user_agent="Firefox")
UK_OWN = "GB29NWBK60161331926819"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


@pytest.fixture
def live(world, settings, open_banks):
    """A live partner, a bank of each standard that customers pay from, and one that is only read."""
    banks = settings.OPEN_BANKS
    paid = {"uk": "20000055779911", "berlin": "DE89370400440532013000"}
    settings.OPEN_BANKS = {
        **{
            name: {**banks[name], "creditor_name": "Flowlet Safeguarding", "creditor_number": number}
            for name, number in paid.items()
        },
        "reading-only": banks["berlin"],
    }
    world.partner = Partner.objects.get(name=world.partner.name, mode=Mode.LIVE)
    Partner.objects.filter(pk=world.partner.pk).update(status=PartnerStatus.ACTIVE)
    world.partner.refresh_from_db()
    world.uk, world.berlin = open_banks
    return world


def deposit(world, at_bank="uk", amount="25.00", **options):
    currency = "EUR" if at_bank in {"berlin", "reading-only"} else "GBP"
    wallet = world.wallet(currency=currency)
    account = world.bank(
        wallet,
        relation="OWN",
        iban=True if currency == "EUR" else UK_OWN,
        currency=currency,
        owner_name="Ada Lovelace",
        owner_address=None,
    )
    options = {"bank": at_bank, "visitor": VISITOR} | options
    return wallet, world.pay(wallet, amount, kind=PaymentKind.DEPOSIT, rail=Rail.OPEN_BANKING, to=account, **options)


def send(payment):
    return sending.send(payment_id=payment.pk, actor=STAFF, at=clock.now())


def ask(payment, *, later=timedelta()):
    return sending.ask(payment_id=payment.pk, actor=STAFF, at=clock.now() + later)


def row_of(payment):
    return Authorisation.objects.get(payment_id=payment.pk)


def redirect_of(payment):
    return authorisations.redirect_of(row_of(payment))


def come_back(payment, callback):
    return authorisations.complete(payment_id=payment.pk, callback=callback, actor=KEY, at=clock.now())


def callback_of(address):
    from urllib.parse import parse_qsl, urlsplit

    return dict(parse_qsl(urlsplit(address).query))


def stand(payment):
    payment.refresh_from_db()
    return payment.status, payment.reason_code


# The UK


def test_a_deposit_goes_from_the_payer_s_bank_into_the_books(live):
    wallet, payment = deposit(live)
    assert payment.status == S.APPROVED
    assert send(payment).status == S.SUBMITTED
    row = row_of(payment)
    assert (row.status, row.bank, row.is_asked) == (A.AWAITING, "uk", True)
    assert Event.objects.filter(type=events.AUTHORISATION_NEEDED, subject=payment.public_id).count() == 1
    assert ask(payment).status == S.SUBMITTED, "the payer has not been there"
    assert live.uk.payments == {}

    done = come_back(payment, live.uk.visit(redirect_of(payment)))
    assert (done.status, row_of(payment).status) == (S.SUBMITTED, A.AUTHORISED)
    assert live.uk.payments == {}, "submitted in the background"
    assert done.ask_at <= clock.now(), "the janitor would do it"
    ask(payment)
    (reference,) = live.uk.payments
    assert stand(payment)[0] == S.SUBMITTED
    assert payment.provider_reference == reference
    live.uk.payments[reference]["Data"]["Status"] = "ACSC"
    assert ask(payment).status == S.SETTLED
    assert live.funds(wallet)[0] == 25
    assert row_of(payment).sealed is None, "nothing is kept when it has ended"
    assert len(live.uk.payments) == 1
    books_are_sound()


def test_what_is_kept_in_between_is_sealed(live):
    _, payment = deposit(live)
    send(payment)
    come_back(payment, live.uk.visit(redirect_of(payment)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM payments_authorisation")
        sealed = bytes(cursor.fetchone()[0])
    assert b"access_token" not in sealed and b"198.51.100.7" not in sealed
    told = str(list(Event.objects.values_list("data", flat=True)))
    assert "authorize?" not in told and "token" not in told


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "LOSE_REQUEST", "BREAK"])
def test_a_lost_initiation_is_initiated_again_under_the_same_key(live, fault):
    _, payment = deposit(live)
    live.uk.faults.append(Fault(fault, "/domestic-payment-consents", times=4, method="POST"))
    assert send(payment).status == S.UNKNOWN
    assert redirect_of(payment) == ""
    live.uk.faults.clear()
    assert ask(payment).status == S.SUBMITTED
    assert len(live.uk.consents) == 1
    assert redirect_of(payment)


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "LOSE_REQUEST", "BREAK"])
def test_a_lost_submission_is_submitted_again_and_made_once(live, fault):
    wallet, payment = deposit(live)
    send(payment)
    come_back(payment, live.uk.visit(redirect_of(payment)))
    live.uk.faults.append(Fault(fault, "/domestic-payments", times=4, method="POST"))
    assert ask(payment).status == S.UNKNOWN
    live.uk.faults.clear()
    assert ask(payment).status == S.SUBMITTED
    (reference,) = live.uk.payments
    live.uk.payments[reference]["Data"]["Status"] = "ACCC"
    assert ask(payment).status == S.SETTLED
    assert (len(live.uk.payments), live.funds(wallet)[0]) == (1, 25)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("place", ["before the bank", "after the bank"])
@pytest.mark.parametrize("step", ["submit", "find"])
def test_a_worker_killed_at_any_step_leaves_one_payment(live, monkeypatch, place, step):
    """``submit`` is the initiation, ``find`` with an authorised session the submission."""
    wallet, payment = deposit(live)
    real = getattr(OpenBankingGateway, step)

    def killed(self, instruction):
        if place == "after the bank":
            real(self, instruction)
        raise Killed

    def first_send():
        send(payment)
        come_back(payment, live.uk.visit(redirect_of(payment)))

    if step == "find":
        first_send()
    monkeypatch.setattr(OpenBankingGateway, step, killed)
    with pytest.raises(Killed):
        send(payment) if step == "submit" else ask(payment)
    monkeypatch.setattr(OpenBankingGateway, step, real)
    assert stand(payment)[0] == S.SUBMITTED
    assert sending.ask_due(at=clock.now() + timedelta(minutes=6), actor=ROBOT) == 1, "the janitor finds it"
    if step == "submit":
        come_back(payment, live.uk.visit(redirect_of(payment)))
        ask(payment)
    (reference,) = live.uk.payments
    live.uk.payments[reference]["Data"]["Status"] = "ACSC"
    assert ask(payment).status == S.SETTLED
    assert (len(live.uk.consents), len(live.uk.payments), live.funds(wallet)[0]) == (1, 1, 25)
    books_are_sound()


def test_who_says_no_at_the_bank_pays_nothing(live):
    wallet, payment = deposit(live)
    send(payment)
    done = come_back(payment, live.uk.visit(redirect_of(payment), decision="deny"))
    assert (done.status, done.reason_code) == (S.FAILED, "open_banking.rejected")
    assert (row_of(payment).status, row_of(payment).sealed) == (A.REJECTED, None)
    assert (live.uk.payments, live.lines()) == ({}, {})
    with pytest.raises(errors.NotAuthorisedThere):
        come_back(payment, {"state": "x"})
    assert wallet.pk


def test_another_s_callback_is_refused_and_the_payment_goes_on_waiting(live):
    _, payment = deposit(live)
    send(payment)
    with pytest.raises(errors.CallbackRefused):
        come_back(payment, {"code": "c", "state": "of-somebody-else"})
    assert row_of(payment).status == A.AWAITING
    callback = live.uk.visit(redirect_of(payment))
    come_back(payment, callback)
    with pytest.raises(IllegalMove):
        come_back(payment, callback)


def test_a_payer_who_never_goes_there_lets_the_payment_fail_after_a_day(live, monkeypatch):
    _, payment = deposit(live)
    send(payment)
    assert ask(payment).status == S.SUBMITTED
    monkeypatch.setattr("payments.providers.openbanking.gateway.AUTHORISED_WITHIN", -timedelta(seconds=1))
    ask(payment)
    assert stand(payment) == (S.FAILED, "open_banking.not_authorised")


def test_a_bank_that_ends_the_consent_ends_the_payment(live):
    _, payment = deposit(live)
    send(payment)
    live.uk.move(next(iter(live.uk.consents)), "RJCT")
    ask(payment)
    assert stand(payment) == (S.FAILED, "open_banking.rejected")


def test_a_refusal_after_a_lost_answer_is_no_failure_while_the_bank_may_have_paid(live):
    """The bank has forgotten our key after a day, and refuses a consent that is used up: the payment exists, and stays unknown."""
    _, payment = deposit(live)
    send(payment)
    come_back(payment, live.uk.visit(redirect_of(payment)))
    live.uk.faults.append(Fault("LOSE_ANSWER", "/domestic-payments", times=4, method="POST"))
    ask(payment)
    live.uk.faults.clear()
    live.uk.idempotent.clear()
    ask(payment)
    assert stand(payment)[0] == S.UNKNOWN
    assert len(live.uk.payments) == 1


def test_a_bank_s_word_that_nobody_knows_is_unknown(live):
    _, payment = deposit(live)
    send(payment)
    come_back(payment, live.uk.visit(redirect_of(payment)))
    ask(payment)
    (reference,) = live.uk.payments
    live.uk.payments[reference]["Data"]["Status"] = "BLCK"
    assert ask(payment).status == S.UNKNOWN
    live.uk.payments[reference]["Data"]["Status"] = "ACSC"
    assert ask(payment).status == S.SETTLED


# Berlin Group


def test_a_berlin_deposit_is_made_by_the_payer_s_authorisation(live):
    wallet, payment = deposit(live, "berlin")
    send(payment)
    (key,) = live.berlin.payments
    assert payment_reference(payment) == f"sepa-credit-transfers/{key}"
    come_back(payment, callback_of(live.berlin.visit(redirect_of(payment))))
    assert ask(payment).status == S.SUBMITTED
    live.berlin.payments[key]["transactionStatus"] = "ACSC"
    assert ask(payment).status == S.SETTLED
    assert (len(live.berlin.payments), live.funds(wallet)[0]) == (1, 25)


def payment_reference(payment):
    payment.refresh_from_db()
    return payment.provider_reference


def test_a_berlin_initiation_whose_answer_was_lost_is_never_made_again(live):
    _, payment = deposit(live, "berlin")
    live.berlin.faults.append(Fault("LOSE_ANSWER", "/sepa-credit-transfers", method="POST"))
    assert send(payment).status == S.UNKNOWN
    for _ in range(3):
        ask(payment)
    assert stand(payment)[0] == S.UNKNOWN
    assert len(live.berlin.payments) == 1


def test_a_berlin_payer_who_does_not_come_is_waited_for_until_the_bank_says_no(live, monkeypatch):
    """They may authorise without us: only the bank knows that they did not."""
    _, payment = deposit(live, "berlin")
    send(payment)
    monkeypatch.setattr("payments.providers.openbanking.gateway.AUTHORISED_WITHIN", -timedelta(seconds=1))
    ask(payment)
    assert stand(payment)[0] == S.SUBMITTED
    live.berlin.visit(redirect_of(payment), decision="deny")
    ask(payment)
    assert stand(payment) == (S.FAILED, "open_banking.rejected")


# What is refused


def test_a_live_deposit_names_a_bank_that_takes_it(live):
    with pytest.raises(Invalid) as caught:
        deposit(live, "uk", bank="", visitor=None)
    assert caught.value.param == "bank"
    with pytest.raises(Invalid) as caught:
        deposit(live, "uk", visitor=None)
    assert caught.value.param == "visitor"
    with pytest.raises(errors.BankNotOffered):
        deposit(live, "uk", bank="nobody")
    with pytest.raises(errors.RailNotConfigured):
        deposit(live, "reading-only")
    with pytest.raises(errors.CurrencyNotOnRail):
        deposit(live, "uk", bank="berlin")
    wallet = live.wallet()
    with pytest.raises(Invalid) as caught:
        live.pay(wallet, "5.00", to=live.bank(wallet), bank="uk")
    assert caught.value.param == "bank"
    assert Payment.objects.count() == 0


def test_a_creditor_without_its_name_is_an_error_of_the_settings(live, settings):
    from django.core.exceptions import ImproperlyConfigured

    settings.OPEN_BANKS = {"berlin": {**settings.OPEN_BANKS["berlin"], "creditor_name": ""}}
    with pytest.raises(ImproperlyConfigured):
        registry.banks(sandbox=False)


# The sandbox


@pytest.mark.parametrize(
    ("amount", "status"), [("25.00", S.SETTLED), ("25.01", S.FAILED), ("25.02", S.SUBMITTED), ("25.03", S.UNKNOWN)]
)
def test_the_sandbox_s_bank_does_what_the_amount_says(world, amount, status):
    _, payment = deposit(world, "sandbox", amount)
    send(payment)
    back = authorisations.simulate_visit(payment_id=payment.pk, partner_id=world.partner.pk, approves=True)
    come_back(payment, back)
    assert ask(payment).status == status
    books_are_sound()


def test_the_sandbox_s_payer_may_say_no(world):
    _, payment = deposit(world, "sandbox")
    send(payment)
    back = authorisations.simulate_visit(payment_id=payment.pk, partner_id=world.partner.pk, approves=False)
    assert come_back(payment, back).status == S.FAILED


def test_in_the_sandbox_a_deposit_without_a_bank_asks_nobody(world):
    _, payment = deposit(world, "sandbox", bank="", visitor=None)
    assert send(payment).status == S.SUBMITTED
    assert authorisations.of(payment) is None
    with pytest.raises(errors.NotAuthorisedThere):
        come_back(payment, {"state": "x"})
