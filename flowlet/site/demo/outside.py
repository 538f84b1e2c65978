"""A business day with the banks, in a company's sandbox: money that comes by itself, payouts in files, collections, cards, a statement.

One of each thing that a person has to look at is left behind: a credit that nobody can be named for, a returned payout, a collection that
came back, a dispute, a payment that no bank answers for, one that waits for a second person and a file that does (where there are
thresholds), and a break in the bank's statement with its owner.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from schwifty import IBAN

from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.site.demo import listed
from flowlet.site.demo.companies import Side
from flowlet.site.demo.people import Cast
from flowlet.site.demo.purses import Purse, price
from ledger.models import Break
from ledger.services import breaks
from payments.choices import PaymentKind, Rail
from payments.models import ExternalAccount, Mandate, Payment
from payments.services import (
    external_accounts,
    mandates,
    micro_deposits,
    outcomes,
    payments,
    sandbox_statements,
    sending,
    settlement,
    simulations,
)
from payments.services.sandbox_bank import misbehave
from wallets.services import conversions

K = PaymentKind
# By currency: how money comes by itself, how it is paid out, how it is collected, and what a bank says when it sends it back.
RAILS: Final = {
    "USD": (Rail.ACH, Rail.ACH, Rail.ACH, "R03", "R01"),
    "EUR": (Rail.SEPA_CT, Rail.SEPA_CT, Rail.SEPA_DD, "AC04", "AM04"),
    "GBP": (Rail.OPEN_BANKING, None, None, "", ""),
}
CREDITS: Final = (
    (1_840, "Takings of the week"),
    (962.4, "Invoice 20418"),
    (2_315.75, "Payout of the card terminal"),
    (418, "Invoice 20433"),
)
SUPPLIERS: Final = (
    ("Northway Wholesale", "Invoice 7731", 312.5),
    ("Delacroix Packaging", "Boxes and labels", 148.2),
    ("Harper and Lowe", "Rent of the shop", 640),
    ("Castell Cleaning", "Cleaning, four weeks", 95),
)
ROUTING_NUMBERS: Final = ("011401533", "110000000")
CREDITOR: Final = "DE98ZZZ09999999999"


@dataclass(slots=True)
class Outside:
    """The day at the banks of one sandbox partner, as its ``backend`` lives it; ``officer`` takes the break, ``approver`` approves."""

    side: Side
    cast: Cast
    officer: Actor
    approver: Actor
    at: datetime
    numbers: Any = field(default_factory=lambda: count(52_204_117, 7_919))

    def live(self) -> None:
        """The whole day, in every currency that the partner's merchants and the banks have."""
        stalls = [stall for _, stall in self.cast.merchants]
        currencies = [currency for currency in RAILS if currency in stalls[0]]
        for currency in currencies:
            self._yesterday(currency)
        for currency in currencies:
            purses = [stall[currency] for stall in stalls]
            self._credits(purses, currency)
            if RAILS[currency][1]:
                self._payouts(purses, currency)
                self._collection(purses[-1], currency)
        self._cards(stalls[0][currencies[0]])
        self._unanswered(stalls[0][currencies[0]])
        self._exchange(*(stalls[0][currency] for currency in currencies[:2]))
        self._large(stalls[1], currencies)
        self._listed(stalls[0], currencies)
        for number, currency in enumerate(currencies):
            self._statement(currency, planted=number == 0)

    def _yesterday(self, currency: str) -> None:
        """The bank's account was opened, and nothing has moved on it: the day before can be closed as well."""
        at = self._moment(310)
        before = at.astimezone(ZoneInfo(self.side.book.time_zone)).date() - timedelta(days=1)
        sandbox_statements.state(partner_id=self.side.partner.pk, currency=currency, on=before, actor=self.side.backend, at=at)

    def _exchange(self, sold: Purse, bought: Purse) -> None:
        """A merchant takes a part of the week's takings into another currency."""
        conversions.execute(
            partner_id=self.side.partner.pk,
            source_id=sold.wallet_id,
            target_id=bought.wallet_id,
            amount=Money(price(150, sold.currency), sold.currency),
            description="For the next delivery",
            actor=self.side.backend,
            at=self._moment(150),
        )

    def _credits(self, purses: list[Purse], currency: str) -> None:
        """What comes by itself in the morning; nobody knows whose the last one is."""
        for number, (dollars, text) in enumerate(CREDITS):
            self._credit(purses[number % len(purses)], dollars, text, currency=currency, ago=300 - number)
        self._credit(None, 77.3, "no reference given", currency=currency, ago=290)

    def _credit(self, purse: Purse | None, dollars: float, text: str, *, currency: str, ago: int) -> None:
        simulations.credit(
            partner_id=self.side.partner.pk,
            rail=RAILS[currency][0],
            amount=Money(price(dollars, currency), currency),
            bank_reference=f"{currency}-{text}-{dollars}",
            wallet_id=purse.wallet_id if purse else None,
            description=text,
            actor=self.side.backend,
            at=self._moment(ago),
        )

    def _payouts(self, purses: list[Purse], currency: str) -> None:
        """Suppliers are paid and takings withdrawn, in one file, which the bank does; but one account is gone, and one has not arrived."""
        _, rail, _, gone, _ = RAILS[currency]
        made = []
        for number, (name, text, dollars) in enumerate(SUPPLIERS):
            purse = purses[number % len(CREDITS)]
            supplier = self._account(purse, name, currency, relation="THIRD_PARTY")
            made.append(self._pay(purse, dollars, rail=rail, account=supplier, description=text, ago=240 - number))
        own = self._own_account(purses[0], currency)
        made.append(self._pay(purses[0], 500, kind=K.WITHDRAWAL, rail=rail, account=own, description="Takings", ago=230))
        simulations.run(partner_id=self.side.partner.pk, actor=self.side.backend, at=self._moment(120))
        who = {"partner_id": self.side.partner.pk, "actor": self.side.backend}
        for payment in made[:-1]:
            simulations.settle(payment_id=payment.pk, at=self._moment(60), **who)
        simulations.return_(payment_id=made[1].pk, reason_code=gone, at=self._moment(20), **who)

    def _collection(self, purse: Purse, currency: str) -> None:
        """Two collections on one mandate; the second comes back for want of money."""
        _, _, rail, _, short = RAILS[currency]
        account = self._own_account(purse, currency)
        mandate = self._mandate(account, currency)
        who = {"partner_id": self.side.partner.pk, "actor": self.side.backend}
        made = [
            self._pay(purse, dollars, kind=K.COLLECTION, rail=rail, account=account, mandate=mandate, description=text, ago=200)
            for dollars, text in ((120, "Membership"), (125, "Course fee"))
        ]
        for payment in made:
            simulations.settle(payment_id=payment.pk, at=self._moment(50), **who)
        simulations.return_(payment_id=made[1].pk, reason_code=short, at=self._moment(15), **who)

    def _cards(self, purse: Purse) -> None:
        """Two card payments: one stays, one is disputed."""
        card = self._card(purse)
        stays, disputed = (
            self._pay(purse, dollars, kind=K.CARD_PAYMENT, rail=Rail.CARD, account=card, description=text, ago=170)
            for dollars, text in ((64.9, "Order 3318"), (129, "Order 3321"))
        )
        for payment in (stays, disputed):
            self._do(sending.send, payment, 169)
        self._do(outcomes.dispute, disputed, 30, reason_code="fraudulent", reason="The cardholder does not know the payment")

    def _unanswered(self, purse: Purse) -> None:
        """A card payment for which the acquirer gives no answer, however often it is asked."""
        unknown = self._pay(
            purse, 38.5, kind=K.CARD_PAYMENT, rail=Rail.CARD, account=self._card(purse), description="Order 3325", ago=170
        )
        asked = (165, 159, 90)  # sent, and asked again after five minutes and after an hour; the next time is in a day
        misbehave(partner_id=self.side.partner.pk, fault="LOSE_ORDER", times=len(asked), at=self._moment(166))
        for ago, what in zip(asked, (sending.send, sending.ask, sending.ask), strict=True):
            self._do(what, unknown, ago)

    def _card(self, purse: Purse) -> ExternalAccount:
        return external_accounts.create(
            partner_id=self.side.partner.pk,
            customer_id=purse.sender.customer_id,
            kind="CARD",
            currency=purse.currency,
            owner_name="Jordan Blake",
            card_token=f"tok_demo_{next(self.numbers)}",
            card_brand="visa",
            card_last_four="4242",
            actor=self.side.backend,
            at=self._moment(180),
        )

    def _large(self, stalls: dict[str, Purse], currencies: list[str]) -> None:
        """Two payouts that are more than one person may decide, where there is such a threshold: one was approved, and its file waits for
        somebody else than who built it; the other waits for approval.
        """
        for currency in currencies:
            threshold, rail = settings.PAYMENT_APPROVAL_ABOVE.get(currency), RAILS[currency][1]
            if threshold is None or rail is None:
                continue
            amount = Money(threshold + Decimal(2_350), currency)
            purse = stalls[currency]
            simulations.credit(
                partner_id=self.side.partner.pk,
                rail=RAILS[currency][0],
                amount=amount * 2,
                bank_reference=f"{currency}-equipment",
                wallet_id=purse.wallet_id,
                description="Loan for equipment",
                actor=self.side.backend,
                at=self._moment(100),
            )
            maker = self._account(purse, "Ostrander Ovens", currency, relation="THIRD_PARTY")
            first, _ = (
                self._pay(purse, None, amount=amount, rail=rail, account=maker, description=text, ago=ago)
                for text, ago in (("Two deck ovens", 60), ("Cold store", 40))
            )
            payments.approve(payment_id=first.pk, reason="On the signed order", actor=self.approver, at=self._moment(50))
            settlement.run(at=self._moment(45), actor=self.officer, partner_id=self.side.partner.pk, early=True)
            return

    def _listed(self, stalls: dict[str, Purse], currencies: list[str]) -> None:
        """A payment to somebody who may be on a list: it waits for an officer."""
        currency = next(one for one in currencies if RAILS[one][1])
        payee = self._account(stalls[currency], listed.PAYEE, currency, relation="THIRD_PARTY")
        self._pay(stalls[currency], 187, rail=RAILS[currency][1], account=payee, description="Freight, third part", ago=20)

    def _statement(self, currency: str, *, planted: bool) -> None:
        """The bank states the day. In one currency it took charges that the books do not know: a break, which operations take."""
        charges = [(Money(-price(12.5, currency), currency), "Charges for returned items")]
        stated = sandbox_statements.state(
            partner_id=self.side.partner.pk,
            currency=currency,
            extra=charges if planted else [],
            actor=self.side.backend,
            at=self._moment(2),
        )
        for found in Break.objects.filter(bank_account=stated.statement.bank_account, owner=None).order_by("pk"):
            breaks.take(break_id=found.pk, actor=self.officer, at=self._moment(1))
            breaks.remark(
                break_id=found.pk,
                text="Asked the bank for its invoice; it books charges once a day.",
                actor=self.officer,
                at=self.at,
            )

    def _pay(
        self,
        purse: Purse,
        dollars: float | None,
        *,
        kind: PaymentKind = K.TRANSFER,
        rail: Rail,
        account: ExternalAccount,
        mandate: Mandate | None = None,
        amount: Money | None = None,
        description: str,
        ago: int,
    ) -> Payment:
        return payments.create(
            partner_id=self.side.partner.pk,
            kind=kind,
            rail=rail,
            amount=amount or Money(price(dollars or 0, purse.currency), purse.currency),
            wallet_id=purse.wallet_id,
            external_account_id=account.pk,
            mandate_id=mandate.pk if mandate else None,
            description=description,
            actor=self.side.backend,
            at=self._moment(ago),
        )

    def _account(self, purse: Purse, name: str, currency: str, *, relation: str) -> ExternalAccount:
        number = next(self.numbers)
        values = {"kind": "IBAN", "iban": str(IBAN.generate("DE", bank_code="37040044", account_code=str(number)))}
        if currency == "USD":
            routing = ROUTING_NUMBERS[number % len(ROUTING_NUMBERS)]
            values = {
                "kind": "US_BANK",
                "routing_number": routing,
                "account_number": str(number),
                "account_type": "CHECKING",
            }
        return external_accounts.create(
            partner_id=self.side.partner.pk,
            customer_id=purse.sender.customer_id,
            currency=currency,
            owner_name=name,
            owner_address={
                "street": "Mill Lane",
                "building_number": "12",
                "postal_code": "10115",
                "town": "Berlin",
                "country": "DE",
            },
            relation=relation,
            actor=self.side.backend,
            at=self._moment(280),
            **values,
        )

    def _own_account(self, purse: Purse, currency: str) -> ExternalAccount:
        """The merchant's own account, verified by two small deposits."""
        account = self._account(purse, purse.sender.name, currency, relation="OWN")
        who = {"external_account_id": account.pk, "actor": self.side.backend}
        attempt = micro_deposits.start(at=self._moment(270), **who)
        amounts = micro_deposits.amounts_of(verification_id=attempt.pk)
        micro_deposits.confirm(amounts=amounts, at=self._moment(250), **who)
        account.refresh_from_db()
        return account

    def _mandate(self, account: ExternalAccount, currency: str) -> Mandate:
        signed = self._moment(210)
        terms: dict[str, str] = {"scheme": "SEPA_CORE", "creditor_id": CREDITOR}
        if currency == "USD":
            terms = {"scheme": "ACH", "authorization": "CCD", "evidence": "Signed the framework agreement at the counter"}
        return mandates.create(
            partner_id=self.side.partner.pk,
            external_account_id=account.pk,
            signed_on=signed.date(),
            actor=self.side.backend,
            at=signed,
            **terms,
        )

    def _do(self, service: Callable[..., Payment], payment: Payment, ago: int, **options: Any) -> None:
        key: UUID = payment.pk
        service(payment_id=key, actor=self.side.backend, at=self._moment(ago), **options)

    def _moment(self, ago: int) -> datetime:
        """So many minutes ago, but not yesterday: what is booked counts for today."""
        today = self.at.astimezone(ZoneInfo(self.side.book.time_zone)).date()
        midnight = datetime.combine(today, time.min, tzinfo=ZoneInfo(self.side.book.time_zone))
        return max(self.at - timedelta(minutes=ago), midnight)
