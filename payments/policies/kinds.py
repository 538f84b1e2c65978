"""Which kind of payment goes over which rail, in which currency and direction, and up to which amount."""

from dataclasses import dataclass
from decimal import Decimal

from flowlet.core.money import Money
from payments import errors
from payments.choices import Direction, ExternalAccountKind, PaymentKind, Rail

K, R = PaymentKind, Rail
IN, OUT = Direction.IN, Direction.OUT

# A refund takes the rail and the way back of what it refunds.
ROUTES: dict[PaymentKind, dict[Rail, Direction]] = {
    K.DEPOSIT: {R.ACH: IN, R.SEPA_CT: IN, R.WIRE: IN, R.OPEN_BANKING: IN},
    K.WITHDRAWAL: {R.ACH: OUT, R.SEPA_CT: OUT, R.WIRE: OUT},
    K.TRANSFER: {R.BOOK: OUT, R.ACH: OUT, R.SEPA_CT: OUT, R.WIRE: OUT},
    K.COLLECTION: {R.ACH: IN, R.SEPA_DD: IN},
    K.CARD_PAYMENT: {R.CARD: IN},
    K.REFUND: {R.CARD: OUT, R.ACH: OUT, R.SEPA_CT: OUT, R.SEPA_DD: OUT, R.WIRE: OUT},
    K.FEE: {R.BOOK: OUT},
}
# Over these a deposit is asked for; over the others it comes by itself.
DRAWN = (R.ACH, R.OPEN_BANKING)


@dataclass(frozen=True, slots=True)
class RailRules:
    """``currencies`` empty means all; ``largest`` is the rail's own limit for one payment; ``reaches`` are kinds of external accounts."""

    currencies: frozenset[str]
    largest: Decimal | None
    reaches: frozenset[ExternalAccountKind]
    has_files: bool
    source: str


_BANK = frozenset({ExternalAccountKind.US_BANK, ExternalAccountKind.IBAN})
RAILS: dict[Rail, RailRules] = {
    R.BOOK: RailRules(frozenset(), None, frozenset(), False, "no rail: two wallets of one book"),
    R.ACH: RailRules(
        frozenset({"USD"}),
        Decimal("99999999.99"),
        frozenset({ExternalAccountKind.US_BANK}),
        True,
        "Nacha, entry detail, amount: 10 digits",
    ),
    R.SEPA_CT: RailRules(
        frozenset({"EUR"}), Decimal("999999999.99"), frozenset({ExternalAccountKind.IBAN}), True, "EPC132-08, AT-T002"
    ),
    R.SEPA_DD: RailRules(
        frozenset({"EUR"}), Decimal("999999999.99"), frozenset({ExternalAccountKind.IBAN}), True, "EPC130-08, AT-T002"
    ),
    R.WIRE: RailRules(frozenset({"USD"}), Decimal("9999999999.99"), _BANK, True, "Fedwire, amount"),
    R.CARD: RailRules(
        frozenset(), Decimal("999999.99"), frozenset({ExternalAccountKind.CARD}), False, "Stripe, amount: 8 digits"
    ),
    R.OPEN_BANKING: RailRules(frozenset({"GBP", "EUR"}), Decimal("1000000"), _BANK, False, "Faster Payments scheme limit"),
}
SAME_DAY_ACH_LARGEST = Decimal("1000000.00")  # Nacha, since March 2022


def direction_of(kind: PaymentKind, rail: Rail) -> Direction:
    """Which way the money goes. Raises KindNotOnRail."""
    found = ROUTES[kind].get(rail)
    if found is None:
        rails = [one.value for one in ROUTES[kind]]
        raise errors.KindNotOnRail(f"A {kind.label.lower()} goes over {', '.join(rails)}.", param="rail", rails=rails)
    return found


def check_can_be_asked_for(kind: PaymentKind, rail: Rail) -> None:
    """Raises KindNotOnRail for money that comes by itself only: nobody can be told to send it."""
    if kind == K.DEPOSIT and rail not in DRAWN:
        raise errors.KindNotOnRail(
            f"Deposits over {rail.label} come by themselves: give the payer the wallet's deposit instruction.",
            param="rail",
            rails=[one.value for one in DRAWN],
        )


def check_amount(rail: Rail, amount: Money, *, same_day: bool = False) -> None:
    """Raises CurrencyNotOnRail, AmountOutsideRail."""
    rules, code = RAILS[rail], amount.currency.code
    if rules.currencies and code not in rules.currencies:
        currencies = sorted(rules.currencies)
        raise errors.CurrencyNotOnRail(
            f"{Rail(rail).label} carries {', '.join(currencies)}.", param="amount.currency", currencies=currencies
        )
    largest = rules.largest
    if same_day:
        largest = min(largest or SAME_DAY_ACH_LARGEST, SAME_DAY_ACH_LARGEST)
    if largest is not None and amount.amount > largest:
        raise errors.AmountOutsideRail(
            f"{Rail(rail).label} carries at most {largest} {code}.",
            param="amount",
            largest={"amount": str(largest), "currency": code},
        )
