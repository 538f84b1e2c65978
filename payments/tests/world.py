"""A sandbox partner with wallets, bank accounts and cards outside, and short words for the services of payments."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.money import Money
from ledger.models import Entry
from ledger.services import verification
from payments.choices import ExternalAccountStatus, PaymentKind, Rail, VerificationMethod, VerificationState
from payments.models import ExternalAccount, Payment
from payments.services import external_accounts, mandates, outcomes, payments, receipts, sending
from wallets.tests.conftest import KEY, World, new_partner

STAFF = Actor(kind=ActorKind.STAFF, id="usr_x", label="officer")
OTHER = Actor(kind=ActorKind.STAFF, id="usr_y", label="another officer")
ROUTING, IBAN = "011401533", "DE89370400440532013000"


@dataclass
class PaymentWorld(World):
    """As the wallets' world, with the outside."""

    numbers: Any = field(default_factory=lambda: iter(range(100000001, 999999999)))

    def bank(self, wallet, *, relation="THIRD_PARTY", iban=False, verified=True, **options) -> ExternalAccount:
        number = str(next(self.numbers))
        values = (
            {"kind": "IBAN", "currency": "EUR", "iban": _iban(number) if iban is True else iban}
            if iban
            else {
                "kind": "US_BANK",
                "currency": "USD",
                "routing_number": ROUTING,
                "account_number": number,
                "account_type": "CHECKING",
            }
        )
        address = {"street": "Main Street", "building_number": "1", "postal_code": "10001", "town": "New York", "country": "US"}
        made = external_accounts.create(
            partner_id=self.partner.pk,
            customer_id=wallet.customer_id,
            relation=relation,
            actor=KEY,
            at=self.at,
            **{"owner_name": "Grace Hopper", "owner_address": address} | values | options,
        )
        if relation == "OWN" and verified:
            ExternalAccount.objects.filter(pk=made.pk).update(
                status=ExternalAccountStatus.ACTIVE,
                verification=VerificationState.VERIFIED,
                verification_method=VerificationMethod.MANUAL,
                verified_at=self.at,
            )
            made.refresh_from_db()
        return made

    def card(self, wallet) -> ExternalAccount:
        return external_accounts.create(
            partner_id=self.partner.pk,
            customer_id=wallet.customer_id,
            kind="CARD",
            currency=wallet.currency,
            owner_name="Ada Lovelace",
            card_token=f"tok_{next(self.numbers)}",
            card_brand="visa",
            card_last_four="4242",
            actor=KEY,
            at=self.at,
        )

    def ach_mandate(self, account):
        return mandates.create(
            partner_id=self.partner.pk,
            external_account_id=account.pk,
            scheme="ACH",
            signed_on=self.at.date(),
            authorization="WEB",
            evidence="ticked the box",
            actor=KEY,
            at=self.at,
        )

    def pay(self, wallet, amount, *, kind=PaymentKind.TRANSFER, rail=Rail.ACH, to=None, **options) -> Payment:
        options = {"actor": KEY, "at": self.at} | options
        return payments.create(
            partner_id=self.partner.pk,
            kind=kind,
            rail=rail,
            amount=Money(amount, wallet.currency),
            wallet_id=wallet.pk,
            external_account_id=to.pk if to is not None else None,
            **options,
        )

    def credit(self, wallet, amount, *, name, rail=Rail.ACH, currency="USD", **options) -> Payment:
        return receipts.take_in(
            partner_id=self.partner.pk,
            rail=rail,
            amount=Money(amount, currency),
            wallet_id=wallet.pk if wallet else None,
            provider="bank",
            provider_reference=name,
            **({"actor": STAFF, "at": self.at} | options),
        )

    def act(self, function, payment, **options) -> Payment:
        options = {"actor": STAFF, "at": self.at} | options
        return function(payment_id=payment.pk, **options)

    def let_go(self, payment, reason="known customer") -> Payment:
        """Two people let a payment in review go on."""
        self.act(payments.release, payment, reason=reason)
        return self.act(payments.approve, payment, actor=OTHER)

    def funds(self, wallet) -> tuple[Decimal, Decimal]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT posted, held::numeric FROM ledger_balance WHERE account_id = %s", [wallet.account_id])
            return cursor.fetchone()

    def lines(self) -> dict[str, Decimal]:
        """Debits less credits per chart line (customers' wallets together), without the zeros."""
        found: dict[str, Decimal] = {}
        for code, side, amount in Entry.objects.filter(account__book__partner=self.partner).values_list(
            "account__line__code", "side", "amount"
        ):
            found[code] = found.get(code, Decimal(0)) + (amount if side == "DEBIT" else -amount)
        return {code: amount for code, amount in sorted(found.items()) if amount}

    def path(self, payment) -> list[str]:
        return list(payment.moves.order_by("ordinal").values_list("went_to", flat=True))


def fresh_world() -> PaymentWorld:
    return PaymentWorld(partner=new_partner(), at=clock.now())


def books_are_sound() -> None:
    report = verification.verify()
    assert report.is_clean, report


def _iban(number: str) -> str:
    from schwifty import IBAN

    return str(IBAN.generate("DE", bank_code="37040044", account_code=number[:10].zfill(10)))


__all__ = [
    "IBAN",
    "KEY",
    "OTHER",
    "ROUTING",
    "STAFF",
    "PaymentWorld",
    "books_are_sound",
    "fresh_world",
    "datetime",
    "outcomes",
    "sending",
]
