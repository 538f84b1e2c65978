"""What payments by the customer's order rest on: a challenge for this amount and payee, or an exemption at its border."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts import errors as people
from accounts.choices import AuthenticationMeans as M
from accounts.models import LowValueCount
from accounts.services import authentication_challenges, customers
from accounts.services import authentication_proofs as proofs
from accounts.tests.authentication_world import device
from flowlet.backoffice import cells
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from flowlet.events.models import Event
from payments import errors
from payments.choices import PaymentKind, PaymentStatus, Rail
from payments.models import AuthenticationBasis, ExternalAccount, Occurrence, Payment
from payments.services import authentications, recurring
from payments.tests.world import KEY, STAFF, fresh_world
from wallets.tests.test_faults import at_once

D = Decimal


@pytest.fixture
def on(settings):
    settings.AUTHENTICATION_ABOVE = {"EUR": D(30), "USD": D(30), "GBP": D(25)}


class Payer:
    """A customer with a device, money in euros, and somebody to pay."""

    def __init__(self, world, kind="PERSON"):
        self.world, self.at = world, world.at
        self.customer = world.customer()
        if kind != "PERSON":
            made = {"kind": kind, "name": "Zuse KG", "country": "DE", "partner_id": world.partner.pk}
            business = customers.create(**made, actor=KEY, at=world.at)
            self.customer = customers.set_kyc_tier(
                customer_id=business.pk, kyc_tier="PREMIUM", reason="papers", actor=STAFF, at=world.at
            )
        self.wallet = world.wallet("1000.00", currency="EUR", customer=self.customer)
        self.shop = world.wallet(currency="EUR")
        self.held = device(self.customer, world.at, "ED25519", actor=KEY)

    def ask(self, amount, **options):
        options = {"target_wallet_id": self.shop.pk, "wallet_id": self.wallet.pk} | options
        row = authentications.ask(
            partner_id=self.world.partner.pk,
            factor_id=self.held.factor.pk,
            amount=Money(amount, "EUR"),
            actor=KEY,
            at=self.at,
            **options,
        )
        proof = self.held.proof(proofs.payment_message(row), at=self.at)
        return authentication_challenges.answer(challenge_id=row.pk, **proof, actor=KEY, at=self.at)

    def pay(self, amount, challenge=None, **options):
        options = {"kind": PaymentKind.TRANSFER, "rail": Rail.BOOK, "target_wallet_id": self.shop.pk} | options
        given = challenge.pk if challenge else None
        return self.world.pay(options.pop("wallet", self.wallet), amount, authentication_id=given, **options)

    def repeat(self, amount, challenge=None):
        return recurring.create(
            partner_id=self.world.partner.pk,
            kind=PaymentKind.TRANSFER,
            rail=Rail.BOOK,
            amount=Money(amount, "EUR"),
            wallet_id=self.wallet.pk,
            target_wallet_id=self.shop.pk,
            rule={"starts_on": self.at.date().isoformat(), "frequency": "DAILY"},
            authentication_id=challenge.pk if challenge else None,
            actor=KEY,
            at=self.at,
        )


@pytest.fixture
def payer(db):
    return Payer(fresh_world())


def basis(payment):
    row = AuthenticationBasis.objects.filter(payment=payment).first()
    return row and row.means


def refused(payer, amount, challenge=None, **options):
    """The refusal of a payment that leaves nothing behind."""
    told, made = Event.objects.count(), Payment.objects.count()
    with pytest.raises((people.AuthenticationRequired, people.AuthenticationUnfit)) as refusal, transaction.atomic():
        payer.pay(amount, challenge, **options)
    assert (Event.objects.count(), Payment.objects.count()) == (told, made)
    return refusal.value.details


def test_nothing_is_asked_unless_it_is_switched_on_but_a_named_challenge_is_used(payer):
    assert basis(payer.pay("500.00")) is None
    challenge = payer.ask("12.50")
    paid = payer.pay("12.50", challenge)
    assert (basis(paid), paid.authentication_basis.challenge) == (M.CHALLENGE, challenge)
    challenge.refresh_from_db()
    assert challenge.used_for == paid.public_id


def test_above_the_threshold_it_takes_a_challenge_which_is_used_once(payer, on):
    said = refused(payer, "30.01")
    assert said == {"amount": {"amount": "30.01", "currency": "EUR"}, "payee_id": payer.shop.public_id}
    challenge = payer.ask("30.01")
    assert payer.pay("30.01", challenge).status == PaymentStatus.SETTLED
    with pytest.raises(people.AuthenticationUnfit), transaction.atomic():
        payer.pay("30.01", challenge)
    assert AuthenticationBasis.objects.count() == Payment.objects.count() == 1


def test_another_cent_payee_payer_or_id_is_refused(payer, on):
    challenge = payer.ask("50.00", external_id="order-7")
    other = Payer(payer.world)
    assert refused(payer, "50.01", challenge, external_id="order-7")["unfit"] == "amount"
    assert refused(payer, "49.99", challenge, external_id="order-7")["unfit"] == "amount"
    assert refused(payer, "50.00", challenge, external_id="order-7", target_wallet_id=other.shop.pk)["unfit"] == "payee"
    assert refused(payer, "50.00", challenge, external_id="order-7", wallet=other.wallet)["unfit"] == "customer"
    assert refused(payer, "50.00", challenge, external_id="order-8")["unfit"] == "external_id"
    assert basis(payer.pay("50.00", challenge, external_id="order-7")) == M.CHALLENGE


def test_a_challenge_is_for_the_account_that_stood_behind_the_id(payer, on):
    account = payer.world.bank(payer.wallet, iban=True)
    row = payer.ask("50.00", external_account_id=account.pk, target_wallet_id=None)
    ExternalAccount.objects.filter(pk=account.pk).update(fingerprint="0" * 32)
    assert refused(payer, "50.00", row, rail=Rail.SEPA_CT, to=account, target_wallet_id=None)["unfit"] == "payee"
    ExternalAccount.objects.filter(pk=account.pk).update(fingerprint=account.fingerprint)
    paid = payer.pay("50.00", row, rail=Rail.SEPA_CT, to=account, target_wallet_id=None)
    assert (paid.status, basis(paid)) == (PaymentStatus.HELD, M.CHALLENGE)


def test_a_stranger_s_account_factor_or_two_payees_are_not_asked_for(payer):
    other = Payer(payer.world)
    account = payer.world.bank(other.wallet, iban=True)
    for options, refusal in (
        ({"external_account_id": account.pk, "target_wallet_id": None}, errors.ExternalAccountMissing),
        ({"external_account_id": account.pk}, errors.WalletMissing),
        ({"target_wallet_id": None}, errors.WalletMissing),
        ({"wallet_id": other.wallet.pk}, people.FactorNotFound),
    ):
        with pytest.raises(refusal):
            payer.ask("50.00", **options)


@pytest.mark.parametrize(
    ("amounts", "last"),
    [
        ([], "30.01"),  # the amount itself
        (["30.00", "30.00", "30.00", "10.00"], "0.01"),  # 100.00 together, and not a cent more
        (["1.00"] * 5, "1.00"),  # five in a row
    ],
)
def test_low_values_are_counted_to_their_borders_and_anew_after_a_challenge(payer, on, amounts, last):
    for number, amount in enumerate(amounts, 1):
        paid = payer.pay(amount)
        total = sum(map(D, amounts[:number]))
        assert basis(paid) == M.LOW_VALUE
        assert paid.authentication_basis.reason == f"Number {number} since the last authentication, {total:.2f} EUR together."
    refused(payer, last)
    payer.pay(last, payer.ask(last))
    assert list(LowValueCount.objects.values_list("total", "count")) in ([(0, 0)], [])
    assert basis(payer.pay("30.00")) == M.LOW_VALUE


def test_without_a_sum_for_the_currency_five_in_a_row_still_end(payer, on, settings):
    settings.AUTHENTICATION_LOW_VALUE_TOTAL = {}
    assert [basis(payer.pay("30.00")) for _ in range(5)] == [M.LOW_VALUE] * 5
    refused(payer, "30.00")


def test_between_own_wallets_nothing_is_asked_nor_counted(payer, on):
    own = payer.world.wallet(currency="EUR", customer=payer.customer)
    assert basis(payer.pay("500.00", target_wallet_id=own.pk)) == M.OWN_ACCOUNT
    assert not LowValueCount.objects.exists()


@pytest.mark.parametrize(
    ("kind", "agreed", "exempt"), [("BUSINESS", True, True), ("BUSINESS", False, False), ("PERSON", True, False)]
)
def test_only_businesses_are_exempt_as_corporate_and_only_where_that_was_agreed(db, on, settings, kind, agreed, exempt):
    settings.AUTHENTICATION_CORPORATE_EXEMPTION = agreed
    payer = Payer(fresh_world(), kind)
    if exempt:
        assert basis(payer.pay("500.00")) == M.CORPORATE
    else:
        refused(payer, "500.00")


def test_a_payee_who_was_trusted_is_paid_without_a_challenge_until_the_trust_ends(payer, on):
    payer.pay("50.00", payer.ask("50.00", trusts_payee=True))
    assert basis(payer.pay("900.00")) == M.TRUSTED_BENEFICIARY
    other = payer.world.wallet(currency="EUR", customer=payer.shop.customer)
    refused(payer, "40.00", target_wallet_id=other.pk)
    authentication_challenges.remove_trust(trusted_payee_id=payer.customer.trusted_payees.get().pk, actor=KEY, at=payer.at)
    refused(payer, "45.00")


def test_a_series_is_authenticated_once_however_small_and_its_payments_rest_on_that(payer, on):
    with pytest.raises(people.AuthenticationRequired), transaction.atomic():
        payer.repeat("5.00")
    row = payer.repeat("50.00", payer.ask("50.00"))
    for day in range(3):
        recurring.run_due(at=payer.at + timedelta(days=day), actor=STAFF)
    made = Payment.objects.filter(occurrence__recurring=row)
    assert [basis(one) for one in made] == [M.RECURRING] * 3
    assert row.authentication_basis.means == M.CHALLENGE


def test_a_series_from_before_it_was_switched_on_waits_for_its_customer(payer, settings):
    payer.repeat("50.00")
    settings.AUTHENTICATION_ABOVE = {"EUR": D(30)}
    recurring.run_due(at=payer.at, actor=STAFF)
    assert Occurrence.objects.get().refusal_code == "authentication.required"


def test_taking_money_out_is_asked_and_what_others_order_is_not(payer, on):
    world = payer.world
    dollars = world.wallet("500.00", customer=payer.customer)
    own = world.bank(dollars, relation="OWN")
    with pytest.raises(people.AuthenticationRequired), transaction.atomic():
        world.pay(dollars, "50.00", kind=PaymentKind.WITHDRAWAL, to=own)
    collected = {"kind": PaymentKind.COLLECTION, "to": own, "mandate_id": world.ach_mandate(own).pk}
    assert basis(world.pay(dollars, "50.00", **collected)) is None
    assert basis(payer.pay("50.00", kind=PaymentKind.FEE, target_wallet_id=None)) is None
    with pytest.raises(Invalid):
        world.pay(dollars, "50.00", **collected, authentication_id=payer.ask("50.00").pk)


def test_its_page_says_what_a_payment_rests_on(payer, on, sit):
    paid = payer.pay("12.50")
    page = sit("COMPLIANCE_OFFICER").get(cells.admin_url(paid)).content.decode()
    assert M.LOW_VALUE.label in page and "Number 1 since the last authentication, 12.50 EUR together." in page


def test_the_database_keeps_a_basis_as_it_was_written(payer, on):
    payer.pay("50.00", payer.ask("50.00"))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuthenticationBasis.objects.update(means=M.CORPORATE)
    with pytest.raises(IntegrityError, match="challenge_or_an_exemption"), transaction.atomic():
        AuthenticationBasis.objects.create(payment=Payment.objects.get(), means=M.CHALLENGE, reason="a lie", created_at=payer.at)


@pytest.mark.django_db(transaction=True)
def test_at_once_a_challenge_makes_one_payment_and_low_values_are_counted_exactly(transactional_db, settings):
    settings.AUTHENTICATION_ABOVE = {"EUR": D(30)}
    payer = Payer(fresh_world())
    challenge = payer.ask("50.00")
    assert at_once(4, lambda _: payer.pay("50.00", challenge)) == {"done": 1, "authentication.unfit": 3}
    assert at_once(6, lambda _: payer.pay("30.00")) == {"done": 3, "authentication.required": 3}
    assert list(LowValueCount.objects.values_list("total", "count")) == [(90, 3)]
    assert payer.world.funds(payer.wallet)[0] == D(860)
