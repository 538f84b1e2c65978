"""How the things behind the example ids of payments are made; ``seeds`` brings them in."""

from itertools import count
from uuid import uuid4

from schwifty import IBAN

from accounts.api.authentication_serializers import FACTOR_ID
from accounts.tests.authentication_world import device
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from flowlet.core.money import Money
from payments.api import payment_examples as examples
from payments.choices import PaymentKind, Rail, VerificationMethod
from payments.models import ExternalAccount, Payment, Receivable, Recurring
from payments.providers.openbanking.vocabulary import Visitor
from payments.services import (
    authorisations,
    deposit_instructions,
    external_accounts,
    outcomes,
    payments,
    recalls,
    receipts,
    recurring,
    sandbox_bank,
    sending,
    settlement,
    verifications,
)
from wallets.models import Wallet
from wallets.services import wallets
from wallets.tests.seeds import KEY

_numbers = count(31_926_819)


def _who(tenant: Tenant) -> dict:
    return {"partner_id": tenant.partner_id, "actor": KEY, "at": tenant.at}


def _wallet(tenant: Tenant) -> Wallet:
    return Wallet.objects.get(pk=tenant.uuid(examples.WALLET_ID))


def _make(tenant: Tenant, amount: str = "25.00", **options: object) -> Payment:
    wallet = _wallet(tenant)
    return payments.create(
        **_who(tenant),
        **{
            "kind": PaymentKind.TRANSFER,
            "rail": Rail.ACH,
            "amount": Money(amount, "USD"),
            "wallet_id": wallet.pk,
            "external_account_id": tenant.uuid(examples.PAYEE_ID),
            "description": "Rent January",
        }
        | options,
    )


@seed(FACTOR_ID)
def factor(tenant: Tenant) -> str:
    """A factor of the customer whose wallet pays."""
    return device(_wallet(tenant).customer, tenant.at, "ED25519", actor=KEY).factor.public_id


@seed(examples.PAYEE_ID)
def payee(tenant: Tenant) -> str:
    """Somebody else's bank account, which can be paid."""
    return external_accounts.create(
        **_who(tenant),
        customer_id=_wallet(tenant).customer_id,
        kind="US_BANK",
        currency="USD",
        relation="THIRD_PARTY",
        owner_name="Grace Hopper",
        routing_number="011401533",
        account_number="4111222333",
        account_type="CHECKING",
    ).public_id


@seed(examples.PAYMENT_ID, fresh=True)
def payment(tenant: Tenant) -> str:
    """A payment that waits for its run."""
    return _make(tenant).public_id


@seed(examples.SENT_ID, fresh=True)
def sent(tenant: Tenant) -> str:
    """A payment that waits for its run."""
    return _make(tenant).public_id


@seed(examples.SETTLED_ID, fresh=True)
def settled(tenant: Tenant) -> str:
    """A payment that was settled."""
    made = _make(tenant)
    settlement.run(at=tenant.at, actor=KEY, partner_id=tenant.partner_id, early=True)
    return outcomes.settle(payment_id=made.pk, actor=KEY, at=tenant.at).public_id


@seed(example_id("dpi"))
def deposit_instruction(tenant: Tenant) -> str:
    """What to tell whoever pays into the wallet."""
    return deposit_instructions.issue(**_who(tenant), wallet_id=_wallet(tenant).pk).public_id


@seed(examples.BATCH_ID)
def batch(tenant: Tenant) -> str:
    """A delivered batch."""
    made = _make(tenant)
    settlement.run(at=tenant.at, actor=KEY, partner_id=tenant.partner_id, early=True)
    made.refresh_from_db()
    return made.batch.public_id


@seed(examples.REFUNDABLE_ID, fresh=True)
def refundable(tenant: Tenant) -> str:
    """A collection that was settled, with a small refund under way."""
    account = ExternalAccount.objects.get(pk=tenant.uuid(examples.PAYEE_ID))
    made = receipts.take_in(
        **_who(tenant),
        rail=Rail.ACH,
        amount=Money("25.00", "USD"),
        wallet_id=tenant.uuid(examples.WALLET_ID),
        external_account_id=account.pk,
        provider="bank",
        provider_reference=f"seed-{tenant.at.timestamp()}",
    )
    payments.refund(payment_id=made.pk, **_who(tenant), amount=Money("1.00", "USD"))
    return made.public_id


def _card_payment(tenant: Tenant, *, token: str = "", **options: object) -> Payment:
    wallet = _wallet(tenant)
    card = external_accounts.create(
        **_who(tenant),
        customer_id=wallet.customer_id,
        kind="CARD",
        currency="USD",
        owner_name="Ada Lovelace",
        card_token=token or f"tok_{tenant.at.timestamp()}",
        card_last_four="4242",
    )
    made = _make(tenant, kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, external_account_id=card.pk, **options)
    return sending.send(payment_id=made.pk, actor=KEY, at=tenant.at)


@seed(examples.CARD_ID, fresh=True)
def card_payment(tenant: Tenant) -> str:
    """A card payment that was settled."""
    return _card_payment(tenant).public_id


@seed(examples.CARDHOLDER_ID)
def cardholder_awaited(tenant: Tenant) -> str:
    """A card payment whose holder is waited for at their bank."""
    return _card_payment(tenant, token=sandbox_bank.NEEDS_PAYER, return_url="https://shop.example/back").public_id


@seed(examples.ENDING_ID, fresh=True)
def disputed(tenant: Tenant) -> str:
    """A card payment in dispute."""
    made = _card_payment(tenant)
    return outcomes.dispute(payment_id=made.pk, reason_code="fraudulent", actor=KEY, at=tenant.at).public_id


def _wire_out(tenant: Tenant) -> Payment:
    account = external_accounts.create(
        **_who(tenant),
        customer_id=_wallet(tenant).customer_id,
        kind="US_BANK",
        currency="USD",
        relation="THIRD_PARTY",
        owner_name="Grace Hopper",
        owner_address={"street": "Main Street", "building_number": "1", "town": "New York", "country": "US"},
        routing_number="011401533",
        account_number=str(uuid4().int)[:10],
        account_type="CHECKING",
    )
    made = _make(tenant, rail=Rail.WIRE, external_account_id=account.pk)
    settlement.run(at=tenant.at, actor=KEY, partner_id=tenant.partner_id, early=True)
    return outcomes.settle(payment_id=made.pk, actor=KEY, at=tenant.at)


@seed(example_id("pay", 9), fresh=True)
def recallable(tenant: Tenant) -> str:
    """A wire that has left."""
    return _wire_out(tenant).public_id


@seed(example_id("rcl"))
def recall(tenant: Tenant) -> str:
    """A wire that is asked back."""
    return recalls.request(payment_id=_wire_out(tenant).pk, reason="DUPL", note="Sent twice", actor=KEY, at=tenant.at).public_id


@seed(example_id("rcl", 2), fresh=True)
def recall_to_answer(tenant: Tenant) -> str:
    """A wire that is asked back, and nobody has answered."""
    return recalls.request(payment_id=_wire_out(tenant).pk, reason="DUPL", note="Sent twice", actor=KEY, at=tenant.at).public_id


@seed(example_id("dsp"), fresh=True)
def dispute(tenant: Tenant) -> str:
    """A dispute that waits for its answer."""
    made = _card_payment(tenant)
    outcomes.dispute(payment_id=made.pk, reason_code="fraudulent", actor=KEY, at=tenant.at)
    return made.disputes.get().public_id


@seed(example_id("rcv"))
def receivable(tenant: Tenant) -> str:
    """What a customer owes: a credit was taken back after its wallet was frozen."""
    wallet = wallets.create(**_who(tenant), customer_id=_wallet(tenant).customer_id, currency="USD")
    made = receipts.take_in(
        **_who(tenant),
        rail=Rail.ACH,
        amount=Money("25.00", "USD"),
        wallet_id=wallet.pk,
        provider="bank",
        provider_reference=f"owed-{tenant.at.timestamp()}",
    )
    wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=KEY, at=tenant.at)
    outcomes.return_(payment_id=made.pk, reason_code="R06", actor=KEY, at=tenant.at)
    return Receivable.objects.get(customer_id=wallet.customer_id).public_id


def _recurring(tenant: Tenant) -> Recurring:
    return recurring.create(
        **_who(tenant),
        kind=PaymentKind.TRANSFER,
        rail=Rail.ACH,
        amount=Money("25.00", "USD"),
        wallet_id=_wallet(tenant).pk,
        external_account_id=tenant.uuid(examples.PAYEE_ID),
        rule={"starts_on": "2099-01-31", "frequency": "MONTHLY", "day": 31, "count": 12, "skipped_day": "NEXT_SAME_MONTH"},
        description="Rent",
    )


@seed(example_id("rec"), fresh=True)
def recurs(tenant: Tenant) -> str:
    """A recurring payment."""
    return _recurring(tenant).public_id


@seed(example_id("rec", 2), fresh=True)
def paused(tenant: Tenant) -> str:
    """One that is paused."""
    return recurring.pause(recurring_id=_recurring(tenant).pk, actor=KEY, at=tenant.at).public_id


@seed(examples.PAYER_ID, fresh=True)
def payer_awaited(tenant: Tenant) -> str:
    """A deposit that waits for its payer at their bank."""
    wallet = wallets.create(**_who(tenant), customer_id=_wallet(tenant).customer_id, currency="GBP")
    account = external_accounts.create(
        **_who(tenant),
        customer_id=wallet.customer_id,
        kind="IBAN",
        currency="GBP",
        owner_name="Ada Lovelace",
        iban=str(IBAN.generate("GB", bank_code="NWBK", branch_code="601613", account_code=f"{next(_numbers):08d}")),
    )
    verifications.pass_elsewhere(
        external_account_id=account.pk, method=VerificationMethod.PLAID, reference="example", actor=KEY, at=tenant.at
    )
    made = payments.create(
        **_who(tenant),
        kind=PaymentKind.DEPOSIT,
        rail=Rail.OPEN_BANKING,
        amount=Money("25.00", "GBP"),
        wallet_id=wallet.pk,
        external_account_id=account.pk,
        bank="sandbox",
        visitor=Visitor(ip="198.51.100.7"),
        description="Rent January",
    )
    return sending.send(payment_id=made.pk, actor=KEY, at=tenant.at).public_id


def _visited(tenant: Tenant) -> dict[str, str]:
    return authorisations.simulate_visit(payment_id=tenant.uuid(examples.PAYER_ID), partner_id=tenant.partner_id, approves=True)


@seed(examples.PAYER_STATE, fresh=True)
def payer_state(tenant: Tenant) -> str:
    """What the payer brings back with them."""
    return _visited(tenant)["state"]


@seed(examples.PAYER_CODE, fresh=True)
def payer_code(tenant: Tenant) -> str:
    """What the bank gave them."""
    return _visited(tenant)["code"]
