"""The vocabulary of the tests: payments of a customer, with a fact of every type and rows of every type beside them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from moneyed import Money

from flowlet.rules import windows
from flowlet.rules.engine import compile_rule
from flowlet.rules.kinds import Kind
from flowlet.rules.vocabulary import Fact, NamedList, Source, Vocabulary

AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # when Berlin's clocks jump
ROWS = []
ASKED = []  # names of sources, once for each window that was folded
RISKY = {"values": frozenset({"IR", "KP"})}


def _rows(source, facts, since, until):
    ASKED.append(source.name)
    return [row for row in ROWS if row["customer"] == facts["customer"]]


ANSWER = windows.over(_rows)  # how windows are answered live


def _live(window, facts):
    return ANSWER(window, facts)


PAYMENTS = Source(
    "customer.payments",
    label="Payments of the customer",
    relation="rule_row AS s",
    same="s.customer = {customer}",
    happened="s.happened",
    fields=(
        Fact("amount", Kind.MONEY, label="Amount", sql=("s.amount", "s.amount_currency")),
        Fact("fee", Kind.MONEY, label="Fee", unit="USD", sql=("s.fee", "'USD'")),
        Fact("score", Kind.DECIMAL, label="Score", sql="s.score"),
        Fact("items", Kind.INTEGER, label="Items", sql="s.items"),
        Fact("party", Kind.TEXT, label="Counterparty", sql="s.party"),
        Fact("on", Kind.DATE, label="Day", sql="s.day"),
        Fact("seen", Kind.MOMENT, label="Seen", sql="s.seen"),
        Fact("tags", Kind.SET, label="Tags", sql="s.tags"),
        Fact("is_cash", Kind.BOOLEAN, label="Cash", sql="s.is_cash"),
    ),
    live=_live,
    cost=50,
)
SHOP = Vocabulary(
    "tests.payment",
    label="A payment",
    relation="rule_thing AS t",
    key="t.key",
    clock="at",
    facts=(
        Fact("at", Kind.MOMENT, label="Moment", sql="t.at"),
        Fact("customer", Kind.INTEGER, label="Customer", sql="t.customer"),
        Fact("amount", Kind.MONEY, label="Amount", sql=("t.amount", "t.amount_currency")),
        Fact("limit", Kind.MONEY, label="Limit", sql=("t.ceiling", "t.ceiling_currency")),
        Fact("fee", Kind.MONEY, label="Fee", unit="USD", sql=("t.fee", "'USD'")),
        Fact("score", Kind.DECIMAL, label="Score", sql="t.score"),
        Fact("expected", Kind.DECIMAL, label="Expected score", sql="t.expected"),
        Fact("share", Kind.DECIMAL, label="Share", unit="%", sql="t.share"),
        Fact("days", Kind.INTEGER, label="Days since opening", unit="days", sql="t.days"),
        Fact("items", Kind.INTEGER, label="Items", sql="t.items"),
        Fact("country", Kind.TEXT, label="Country", sql="t.country"),
        Fact("remark", Kind.TEXT, label="Remark", sql="t.remark"),
        Fact("is_new", Kind.BOOLEAN, label="New customer", sql="t.is_new"),
        Fact("born", Kind.DATE, label="Date of birth", sql="t.born", is_personal=True),
        Fact("opened", Kind.MOMENT, label="Opening of the account", sql="t.opened"),
        Fact("flags", Kind.SET, label="Flags", sql="t.flags"),
    ),
    lists=(
        NamedList("risky", label="High-risk countries", values=lambda: RISKY["values"]),
        NamedList("nobody", label="Nobody", values=frozenset),
    ),
    sources=(PAYMENTS,),
)


def fact(name):
    return {"fact": name}


def value(literal, unit=None):
    return {"value": literal} | ({"unit": unit} if unit else {})


def usd(amount):
    return {"value": {"amount": amount, "currency": "USD"}}


def compare(operator, left, right):
    return {"op": operator, "left": left, "right": right}


def window(aggregate, **more):
    return {"window": {"source": "customer.payments", "aggregate": aggregate, **more}}


def sheet(**values):
    return SHOP.sheet({"at": AT, "customer": 1, **values})


def rule(document):
    return compile_rule(document, SHOP)


def decide(document, **values):
    """The answer about these facts; the explanation has to give the same."""
    found = rule(document)
    answer = found.decide(sheet(**values))
    assert found.explain(sheet(**values)).outcome is answer
    return answer


def row(*, before=timedelta(0), customer=1, **fields):
    return {"customer": customer, "happened": AT - before, **fields}


def dollars(amount):
    return Money(Decimal(amount), "USD")
