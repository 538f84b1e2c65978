"""Conversions: exact against fractions, in one journal, at a quote's price once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from moneyed import Money

from accounts import errors as people
from accounts.choices import Role
from accounts.services import customers, partners
from flowlet.approvals.errors import MayNot
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import clock, money
from flowlet.core.errors import FourEyesRequired
from flowlet.events.models import Event
from ledger import errors as ledger_errors
from ledger.models import Account, Book, Entry, Journal
from ledger.selectors import balances, fx_positions
from ledger.services import rates
from ledger.services.rates import NewRate
from wallets import errors
from wallets.models import Conversion, FxSpread, TierLimit
from wallets.selectors import transactions, words
from wallets.services import checks, conversions, quotes, spreads, wallets
from wallets.tests.conftest import KEY, ROBOT, World, footprint, new_partner
from wallets.tests.test_limits import person

# As the ECB published them on 30 October 2026; the dinar, which it does not quote, is our own.
PER_EURO = {
    "USD": "1.1172",
    "JPY": "175.68",
    "GBP": "0.8338",
    "KRW": "1491.76",
    "IDR": "20275.17",
    "CHF": "0.9194",
    "KWD": "0.34312",
}


def publish(day=None, per_euro=None):
    """The day's rates; and limits that are out of the way."""
    day = day or clock.now().date()
    given = [NewRate("EUR", quote, day, Decimal(rate)) for quote, rate in (per_euro or PER_EURO).items()]
    rates.add(rates=given, source="ECB", at=clock.now())
    for currency in ["EUR", *PER_EURO]:
        TierLimit.objects.update_or_create(
            tier="PREMIUM",
            currency=currency,
            defaults={"per_transaction": 10**12, "daily": 10**12, "monthly": 10**12, "updated_at": clock.now()},
        )


def spread(world, basis_points, pair=""):
    FxSpread.objects.update_or_create(
        partner=world.partner, pair=pair, defaults={"basis_points": basis_points, "updated_at": world.at}
    )


@pytest.fixture
def world(world):
    publish()
    spread(world, 0)
    return world


def pair(world, sell, buy, funds="1000000"):
    owner = world.customer()
    return world.wallet(funds, currency=sell, customer=owner), world.wallet(currency=buy, customer=owner)


def convert(world, source, target, amount=None, quote=None, **options):
    options = {"actor": KEY, "at": world.at} | options
    return conversions.execute(
        partner_id=world.partner.pk,
        source_id=source.pk,
        target_id=target.pk,
        amount=amount,
        quote_id=quote.pk if quote else None,
        **options,
    )


def ask(world, source, target, amount, **options):
    options = {"actor": KEY, "at": world.at} | options
    return quotes.create(
        partner_id=world.partner.pk,
        customer_id=source.customer_id,
        sell_currency=source.currency,
        buy_currency=target.currency,
        amount=amount,
        **options,
    )


def euro(code):
    return Fraction(PER_EURO.get(code, 1))


def legs_of(conversion):
    rows = Entry.objects.filter(journal_id=conversion.journal_id).order_by("ordinal")
    return [
        (row.account.code if not row.account.owner else row.account.owner, row.side, f"{row.amount.normalize():f}", row.currency)
        for row in rows.select_related("account")
    ]


@pytest.mark.parametrize(
    ("sell", "amount", "buy", "bought"),
    [
        ("GBP", "0.01", "JPY", "2"),  # 2.1069…
        ("GBP", "0.02", "JPY", "4"),  # 4.2139…: from rounded pennies it would be 2 + 2 or, through euro cents, 3.5
        ("GBP", "1.00", "JPY", "210"),  # 210.698…
        ("KRW", "1000", "USD", "0.74"),  # 0.7489…
        ("KRW", "1", "IDR", "13.59"),  # 13.5914…
        ("IDR", "10000.00", "KRW", "735"),  # 735.757…
        ("IDR", "1000000.00", "KWD", "16.923"),  # 16.9231…
        ("KWD", "0.001", "JPY", "0"),
        ("KWD", "1.234", "GBP", "2.99"),  # 2.9986…
        ("EUR", "100.00", "USD", "111.72"),
        ("USD", "111.72", "EUR", "100.00"),
    ],
)
def test_what_is_bought_is_the_exact_amount_less_what_is_no_whole_unit(world, sell, amount, buy, bought):
    source, target = pair(world, sell, buy)
    exact = Fraction(amount) / euro(sell) * euro(buy)
    unit = Fraction(money.quantum(buy))
    assert Fraction(bought) == exact // unit * unit
    if bought == "0":
        with pytest.raises(errors.RoundsToZero):
            convert(world, source, target, Money(amount, sell))
        return
    made = convert(world, source, target, Money(amount, sell)).conversion
    assert (made.buy_amount, made.sell_amount) == (Decimal(bought), Decimal(amount))
    assert made.market_amount == round(exact / unit) * Decimal(money.quantum(buy))
    assert world.balance(target)[0] == f"{Decimal(bought).normalize():f}"


@pytest.mark.parametrize(("sell", "buy", "amount"), [("GBP", "JPY", "3"), ("JPY", "KWD", "0.001"), ("USD", "IDR", "0.01")])
def test_what_is_sold_for_a_fixed_purchase_is_rounded_up(world, sell, buy, amount):
    spread(world, 75)
    source, target = pair(world, sell, buy)
    exact = Fraction(amount) / (euro(buy) / euro(sell) * Fraction(9925, 10000))
    unit = Fraction(money.quantum(sell))
    made = convert(world, source, target, Money(amount, buy)).conversion
    assert Fraction(made.sell_amount) == -(-exact // unit) * unit
    assert (made.fixed_side, made.buy_amount) == ("BUY", Decimal(amount))


def test_a_conversion_is_one_journal_with_both_positions_their_cost_and_the_spread_apart(world):
    spread(world, 100)
    source, target = pair(world, "GBP", "JPY")
    done = convert(world, source, target, Money("100.00", "GBP"), description="Trip", external_id="c-1", metadata={"trip": "7"})
    made = done.conversion
    # 100 GBP are 21069.80… JPY, less one percent 20859.10…; they cost 133.988… USD.
    assert legs_of(made) == [
        (source.public_id, "DEBIT", "100", "GBP"),
        ("1900", "CREDIT", "100", "GBP"),
        ("1900", "DEBIT", "21070", "JPY"),
        ("1910.GBP", "DEBIT", "133.99", "USD"),
        ("1910.JPY", "CREDIT", "133.99", "USD"),
        (target.public_id, "CREDIT", "20859", "JPY"),
        ("4020", "CREDIT", "211", "JPY"),
    ]
    assert [(one.wallet_id, one.total, one.available) for one in done.balances] == [
        (source.pk, Money("999900", "GBP"), Money("999900", "GBP")),
        (target.pk, Money("20859", "JPY"), Money("20859", "JPY")),
    ]
    journal = Journal.objects.get(pk=made.journal_id)
    assert (journal.kind, journal.cause) == ("wallets.conversion", made.public_id)
    assert (journal.description, journal.metadata) == ("", {})
    assert words.of([journal])[journal.pk].metadata == {"trip": "7"}
    assert (made.market_amount, made.spread_amount, made.spread_basis_points) == (21070, 211, 100)
    assert made.market_rate == Decimal("210.698009114895658431") and made.client_rate == Decimal("208.591029023746701847")
    assert made.rate_via == [
        {"base": "EUR", "quote": "GBP", "rate": "0.8338", "valid_on": str(world.at.date()), "source": "ECB"},
        {"base": "EUR", "quote": "JPY", "rate": "175.68", "valid_on": str(world.at.date()), "source": "ECB"},
    ]
    record, event = Record.objects.get(target=made.public_id), Event.objects.get(subject=made.public_id)
    assert record.action == event.type == "conversion.completed"
    assert event.data == record.after == {
        "id": made.public_id,
        "customer_id": made.customer.public_id,
        "source_wallet_id": source.public_id,
        "target_wallet_id": target.public_id,
        "sell": {"amount": "100.00", "currency": "GBP"},
        "buy": {"amount": "20859", "currency": "JPY"},
        "quote_id": None,
        "external_id": "c-1",
    }  # fmt: skip


def test_both_legs_and_the_spread_stand_in_the_trial_balance(world):
    spread(world, 100)
    source, target = pair(world, "GBP", "JPY")
    convert(world, source, target, Money("0.01", "GBP"))
    convert(world, source, target, Money("100.00", "GBP"))
    book = Book.objects.get(partner=world.partner)
    lines = {
        (line.code, total.currency): total.debits - total.credits
        for total in balances.line_totals(book_id=book.pk)
        for line in [book.lines.get(pk=total.line_id)]
    }
    # The penny is worth 2.107 JPY, less one percent 2.086: two of each.
    assert lines == {
        ("1010", "GBP"): 1_000_000,
        ("1900", "GBP"): Decimal("-100.01"),
        ("1900", "JPY"): 21072,
        ("1910", "USD"): 0,
        ("2010", "GBP"): Decimal("-999899.99"),
        ("2010", "JPY"): -20861,
        ("4020", "JPY"): -211,
    }
    assert {one.currency: (one.amount.amount, one.cost.amount) for one in fx_positions.of_book(book, on=world.at.date())} == {
        "GBP": (Decimal("100.01"), Decimal("134.00")),
        "JPY": (-21072, Decimal("-134.00")),
    }


def test_into_the_reporting_currency_the_cost_is_what_it_is_worth(world):
    source, target = pair(world, "EUR", "USD")
    assert legs_of(convert(world, source, target, Money("100.00", "EUR")).conversion) == [
        (source.public_id, "DEBIT", "100", "EUR"),
        ("1900", "CREDIT", "100", "EUR"),
        ("1900", "DEBIT", "111.72", "USD"),
        ("1910.EUR", "DEBIT", "111.72", "USD"),
        ("1910.USD", "CREDIT", "111.72", "USD"),
        (target.public_id, "CREDIT", "111.72", "USD"),
    ]


def test_a_quote_holds_its_price_when_the_market_moves_and_is_used_once(world):
    spread(world, 50)
    source, target = pair(world, "EUR", "USD")
    quote = ask(world, source, target, Money("100.00", "EUR"))
    assert (quote.buy_amount, quote.market_amount, quote.expires_at) == (
        Decimal("111.16"),
        Decimal("111.72"),
        world.at + timedelta(minutes=5),
    )
    rates.add(rates=[NewRate("EUR", "USD", world.at.date(), Decimal("1.5"))], source="desk", at=world.at)
    assert ask(world, source, target, Money("100.00", "EUR")).buy_amount == Decimal("149.25")
    later = world.at + timedelta(seconds=299)
    made = convert(world, source, target, quote=quote, at=later).conversion
    assert (made.sell_amount, made.buy_amount, made.quote_id) == (100, Decimal("111.16"), quote.pk)
    before = footprint()
    with pytest.raises(errors.QuoteUsed) as refusal, transaction.atomic():
        convert(world, source, target, quote=quote, at=later)
    assert refusal.value.details["conversion_id"] == made.public_id
    assert footprint() == before


def test_a_quote_promises_and_moves_nothing(world):
    source, target = pair(world, "EUR", "USD", funds="1")
    before = footprint()
    quote = ask(world, source, target, Money("100.00", "EUR"), valid_seconds=60)
    after = footprint()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"wallets_fxquote", "flowlet_audit_record", "flowlet_events_event"}
    event = Event.objects.get(subject=quote.public_id)
    assert (event.type, event.data["buy"]) == ("fx_quote.created", {"amount": "111.72", "currency": "USD"})


@pytest.mark.parametrize(
    ("case", "refusal"),
    [
        ("poor", errors.InsufficientFunds),
        ("same wallet", errors.SameWallet),
        ("same currency", errors.SameCurrency),
        ("another customer's", errors.DifferentCustomers),
        ("another partner's", errors.WalletNotFound),
        ("third currency", errors.CurrencyMismatch),
        ("source frozen", errors.WalletFrozen),
        ("target frozen", errors.WalletFrozen),
        ("target closed", errors.WalletClosed),
        ("customer frozen", people.CustomerFrozen),
        ("suspended", people.PartnerSuspended),
        ("limit", errors.LimitExceeded),
        ("no rate", ledger_errors.NoRate),
        ("stale", ledger_errors.StaleRate),
        ("neither", errors.QuoteOrAmount),
        ("both", errors.QuoteOrAmount),
        ("expired", errors.QuoteExpired),
        ("another's quote", errors.QuoteMismatch),
        ("other way round", errors.QuoteMismatch),
        ("another partner's quote", errors.QuoteNotFound),
        ("name taken", errors.DuplicateExternalId),
        ("too large", money.AmountTooLarge),
    ],
)
def test_refuses_and_leaves_nothing(world, case, refusal):
    source, target = pair(world, "EUR", "USD", funds="1000")
    amount, quote, options = Money("10.00", "EUR"), None, {}
    if case == "poor":
        amount = Money("1000.01", "EUR")
    elif case == "same wallet":
        target = source
    elif case == "same currency":
        target = world.wallet(currency="EUR", customer=source.customer)
    elif case == "another customer's":
        target = world.wallet(currency="USD")
    elif case == "another partner's":
        target = World(new_partner("Other"), world.at).wallet(currency="USD")
    elif case == "third currency":
        amount = Money("10", "JPY")
    elif case.endswith("frozen") and case != "customer frozen":
        frozen = source if case == "source frozen" else target
        wallets.freeze(wallet_id=frozen.pk, reason="looked at", actor=ROBOT, at=world.at)
    elif case == "target closed":
        wallets.close(wallet_id=target.pk, actor=ROBOT, at=world.at)
    elif case == "customer frozen":
        customers.freeze(customer_id=source.customer_id, reason="looked at", actor=ROBOT, at=world.at)
    elif case == "suspended":
        partners.suspend(partner_id=world.partner.pk, reason="unpaid", actor=ROBOT, at=world.at)
    elif case == "limit":
        TierLimit.objects.filter(tier="PREMIUM", currency="EUR").update(per_transaction=5)
    elif case == "no rate":
        options["at"] = world.at + timedelta(days=60)
    elif case == "stale":
        options["at"] = world.at + timedelta(days=9)
    elif case == "neither":
        amount = None
    elif case == "both":
        quote = ask(world, source, target, amount)
    elif case == "expired":
        amount, quote = None, ask(world, source, target, amount)
        options["at"] = quote.expires_at
    elif case == "another's quote":
        other, _ = pair(world, "EUR", "USD")
        amount, quote = None, ask(world, other, target, amount)
    elif case == "other way round":
        amount, quote = None, ask(world, target, source, amount)
    elif case == "another partner's quote":
        stranger = World(new_partner("Other"), world.at)
        amount, quote = None, ask(stranger, *pair(stranger, "EUR", "USD"), amount)
    elif case == "name taken":
        convert(world, source, target, amount, external_id="c-1")
        options["external_id"] = "c-1"
    elif case == "too large":
        target = world.wallet(currency="IDR", customer=source.customer)
        amount = Money("999999999999.00", "EUR")
    before = footprint()
    with pytest.raises(refusal), transaction.atomic():
        convert(world, source, target, amount, quote, **options)
    assert footprint() == before


def test_what_is_sold_counts_against_the_limits_of_its_currency(world):
    source, target = pair(world, "EUR", "USD")
    convert(world, source, target, Money("10.00", "EUR"))
    convert(world, source, target, Money("11.17", "USD"))  # 9.9982… EUR
    assert list(source.usage.values_list("day", "used")) == [(world.at.date(), Decimal("20.00"))]
    assert not target.usage.exists()


def test_the_spread_of_the_pair_comes_before_that_of_all_pairs_and_that_before_the_platforms(world, settings):
    settings.FX_SPREAD_BASIS_POINTS = 30
    source, target = pair(world, "EUR", "USD")
    FxSpread.objects.all().delete()
    found = []
    for change in (lambda: None, lambda: spread(world, 20), lambda: spread(world, 10, "EURUSD")):
        change()
        found.append(convert(world, source, target, Money("10", "USD")).conversion.spread_basis_points)
    assert found == [30, 20, 10]


@pytest.mark.parametrize("seconds", [9, 3601])
def test_a_quote_is_given_for_a_decent_time_only(world, seconds):
    source, target = pair(world, "EUR", "USD")
    with pytest.raises(errors.LockOutOfRange):
        ask(world, source, target, Money("10.00", "EUR"), valid_seconds=seconds)


def test_fridays_rate_counts_over_the_weekend_and_one_missed_publication(world, settings):
    source, target = pair(world, "EUR", "CHF")
    rates.add(rates=[NewRate("EUR", "NOK", date(2026, 11, 20), Decimal("11"))], source="ECB", at=world.at)  # a Friday
    from ledger.selectors import rates as selectors

    assert selectors.dealing(base="EUR", quote="NOK", on=date(2026, 11, 24)).value == 11
    with pytest.raises(ledger_errors.StaleRate):
        selectors.dealing(base="EUR", quote="NOK", on=date(2026, 11, 25))
    settings.FX_MAX_AGE_BANK_DAYS = 3
    assert selectors.dealing(base="EUR", quote="NOK", on=date(2026, 11, 25)).value == 11
    assert (source.currency, target.currency) == ("EUR", "CHF")


def test_a_wallets_transactions_show_the_conversion_on_both_sides(world):
    source, target = pair(world, "EUR", "USD")
    made = convert(world, source, target, Money("10.00", "EUR"), external_id="c-1").conversion
    for wallet, other, direction, amount in ((source, target, "OUT", "10.00"), (target, source, "IN", "11.17")):
        found = transactions.of_wallet(wallet, type="CONVERSION", external_id="c-1", counterparty_id=other.pk)
        (one,) = transactions.read(list(found), wallet=wallet)
        assert (one.type, one.direction, one.counterparty, one.cause, one.external_id) == (
            "CONVERSION",
            direction,
            other.public_id,
            made.public_id,
            "c-1",
        )
        assert one.amount == Money(amount, wallet.currency)


def test_the_database_refuses_a_conversion_that_is_not_what_its_quote_promised(world):
    source, target = pair(world, "EUR", "USD")
    quote = ask(world, source, target, Money("10.00", "EUR"))
    made = convert(world, source, target, Money("10.00", "EUR")).conversion
    lies = {
        "amounts": {"quote_id": quote.pk, "sell_amount": Decimal(9)},
        "in time": {"quote_id": quote.pk, "created_at": quote.expires_at},
        "wallets": {"target_id": source.pk, "source_id": target.pk},
        "earning": {"market_amount": Decimal("11.16")},
    }
    convert(world, source, target, quote=quote)
    lies["once"] = {"quote_id": quote.pk}
    for change in lies.values():
        fake = Conversion.objects.get(pk=made.pk)
        fake.pk, fake.journal_id = world.partner.pk, source.pk
        for name, value in change.items():
            setattr(fake, name, value)
        with pytest.raises(DatabaseError), transaction.atomic():
            fake.save(force_insert=True)
    for row in (made, quote):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(spread_basis_points=1)
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()


@pytest.mark.django_db(transaction=True)
def test_of_conversions_that_take_one_quote_at_once_exactly_one_gets_it():
    world = World(new_partner(), clock.now())
    publish()
    spread(world, 0)
    source, target = pair(world, "EUR", "USD")
    twins = [world.wallet("50", currency="EUR", customer=source.customer) for _ in range(3)]
    for _ in range(3):
        quote = ask(world, source, target, Money("10.00", "EUR"))
        start = Barrier(8)

        def take(number, quote=quote, start=start):
            try:
                start.wait()
                return convert(world, [source, *twins][number % 4], target, quote=quote).conversion.pk
            except errors.QuoteUsed:
                return None
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            taken = [key for key in pool.map(take, range(8)) if key is not None]
        assert taken == [Conversion.objects.get(quote=quote).pk]
    assert world.balance(target)[0] == "33.51"
    assert list(checks.conversions_moved()) == []


@pytest.mark.django_db(transaction=True)
def test_a_conversion_that_moved_something_else_is_found(superuser_connection):
    world = World(new_partner(), clock.now())
    publish()
    source, target = pair(world, "EUR", "USD")
    made = convert(world, source, target, Money("10.00", "EUR")).conversion
    assert list(checks.conversions_moved()) == []
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE wallets_conversion SET sell_amount = 11")
    said = "11.0000 was sold and 11.1100 bought, its journal moved 10.0000 and 11.1100"
    assert list(checks.conversions_moved()) == [(made.public_id, said)]


moves = st.lists(
    st.tuples(st.sampled_from(sorted(PER_EURO)), st.sampled_from(sorted(PER_EURO)), st.integers(1, 10**6), st.booleans()),
    min_size=1,
    max_size=8,
)


class Properties(TestCase):
    @examples(max_examples=25, deadline=None)
    @given(moves, st.sampled_from([0, 1, 50, 1000]))
    def test_in_every_currency_clients_position_and_spread_balance_and_nobody_gains_by_going_round(self, moves, basis_points):
        world = World(new_partner(), clock.now())
        publish()
        spread(world, basis_points)
        owner = world.customer()
        purses = {code: world.wallet("1000000", currency=code, customer=owner) for code in PER_EURO}
        for sell, buy, units, is_sale in moves:
            amount = Money(Decimal(units) * money.quantum(sell if is_sale else buy), sell if is_sale else buy)
            if sell != buy:
                try:
                    with transaction.atomic():
                        convert(world, purses[sell], purses[buy], amount)
                except (errors.RoundsToZero, errors.InsufficientFunds):
                    continue
        book = Book.objects.get(partner=world.partner)
        totals = {
            (total.line_id, total.currency): total.credits - total.debits for total in balances.line_totals(book_id=book.pk)
        }
        line = {row.code: row.pk for row in book.lines.all()}
        for code in PER_EURO:
            moved = [totals.get((line[name], code), Decimal(0)) for name in ("2010", "1900", "4020", "1010")]
            assert sum(moved) == 0, code
        assert totals.get((line["1910"], "USD"), 0) == 0
        # What all purses are worth together at the market's rate has not grown.
        worth = {code: Fraction(totals[line["2010"], code]) / euro(code) for code in PER_EURO}
        assert sum(worth.values()) <= sum(1_000_000 / euro(code) for code in PER_EURO)
        earned = sum(Fraction(totals.get((line["4020"], code), 0)) for code in PER_EURO)
        assert earned >= 0
        journals = Journal.objects.filter(kind="wallets.conversion", book=book).count()
        assert Conversion.objects.filter(partner=world.partner).count() == journals


def test_a_thousand_prices_are_those_of_the_decimal_calculation(world):
    dice = random.Random(7)  # noqa: S311
    from wallets.services import prices

    codes = ["EUR", *PER_EURO]
    for _ in range(1000):
        sell, buy = dice.sample(codes, 2)
        amount = Money(Decimal(dice.randrange(1, 10**9)) * money.quantum(sell), sell)
        exact = Fraction(amount.amount) / euro(sell) * euro(buy)
        unit = Fraction(money.quantum(buy))
        try:
            found = prices.price(
                partner_id=world.partner.pk, sell_currency=sell, buy_currency=buy, amount=amount, on=world.at.date()
            )
        except errors.RoundsToZero:
            assert exact < unit
            continue
        assert Fraction(found.buy.amount) == exact // unit * unit
        assert found.sell == amount


def test_books_accounts_are_opened_once_and_deferred(world):
    source, target = pair(world, "EUR", "USD")
    for _ in range(2):
        convert(world, source, target, Money("10.00", "EUR"))
    found = Account.objects.filter(book__partner=world.partner, owner="", line__code__in=["1900", "1910"])
    assert sorted(found.values_list("code", "currency", "mode")) == [
        ("1900", "EUR", "DEFERRED"),
        ("1900", "USD", "DEFERRED"),
        ("1910.EUR", "USD", "DEFERRED"),
        ("1910.USD", "USD", "DEFERRED"),
    ]


def test_a_spread_changes_by_two_people_and_quotes_that_were_given_keep_theirs(world):
    source, target = pair(world, "EUR", "USD")
    spread(world, 20)
    given = ask(world, source, target, Money("100.00", "EUR"))
    maker, checker = person("maker", Role.OPERATIONS), person("checker", Role.FINANCE)
    wish = {"partner_id": world.partner.pk, "reason": "new contract", "at": world.at}
    with pytest.raises(MayNot):
        spreads.request_change(currencies=("USD", "EUR"), basis_points=80, actor=checker, **wish)
    asked = spreads.request_change(currencies=("USD", "EUR"), basis_points=80, actor=maker, **wish)
    assert spreads.describe_change(asked) == {
        "Partner": str(world.partner),
        "Currencies": "EUR/USD",
        "Spread": "0.20 % (as all other pairs) → 0.80 %",
    }
    assert ask(world, source, target, Money("100.00", "EUR")).spread_basis_points == 20
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=maker, at=world.at)
    requests.approve(approval_id=asked.pk, actor=checker, at=world.at)
    record = Record.objects.get(action="wallets.spread_changed")
    assert (record.before, record.after["basis_points"], record.actor_id) == (None, 80, checker.id)
    assert ask(world, source, target, Money("100.00", "EUR")).spread_basis_points == 80
    assert ask(world, target, source, Money("100.00", "EUR")).spread_basis_points == 80
    assert convert(world, source, target, quote=given).conversion.spread_basis_points == 20


@pytest.mark.parametrize(
    ("currencies", "basis_points", "refusal"),
    [
        (("USD", "USD"), 10, errors.MalformedSpread),
        (("USD", "usd"), 10, money.UnknownCurrency),
        (None, -1, errors.MalformedSpread),
        (None, 1001, errors.MalformedSpread),
        (None, 0, errors.SpreadUnchanged),
    ],
)
def test_a_spread_that_makes_no_sense_is_not_asked_for(world, currencies, basis_points, refusal):
    with pytest.raises(refusal):
        spreads.request_change(
            partner_id=world.partner.pk,
            currencies=currencies,
            basis_points=basis_points,
            reason="x",
            actor=person("maker", Role.OPERATIONS),
            at=world.at,
        )
    assert not Approval.objects.exists()


def test_a_price_can_be_asked_for_before_there_is_a_book(db):
    publish()
    at = clock.now()
    partner = partners.create(name="New", country="DE", actor=ROBOT, at=at).sandbox
    customer = customers.create(partner_id=partner.pk, kind="PERSON", name="Ada Lovelace", country="GB", actor=ROBOT, at=at)
    quote = quotes.create(
        partner_id=partner.pk,
        customer_id=customer.pk,
        sell_currency="EUR",
        buy_currency="USD",
        amount=Money("100", "EUR"),
        actor=KEY,
        at=at,
    )
    assert (quote.spread_basis_points, quote.buy_amount) == (50, Decimal("111.16"))
