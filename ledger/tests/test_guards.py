"""The guards take what is right and nothing else, whoever writes it: compared with the rules said in Python."""

import json
from datetime import timedelta
from decimal import Decimal

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moneyed import Money

from flowlet.core import clock, ids
from ledger.models import Account, Book, Entry
from ledger.services import accounts, books, journals
from ledger.services.journals import Leg
from ledger.tests.conftest import ACTOR, cash, move, new_partner, open_wallet

WRITE = """WITH j AS (
    INSERT INTO ledger_journal (id, book_id, kind, effective_on, posted_at, posted_xid, leg_count, reverses_id, external_id, description, cause,
                                actor, metadata)
    SELECT x.id, %(book)s, 'raw', current_date + x.day, %(at)s, txid_current() + x.late, x.legs, x.reverses, '', '', '', 'raw', '{}'
      FROM jsonb_to_recordset(%(journals)s::jsonb) AS x (id uuid, day int, late int, legs smallint, reverses uuid))
INSERT INTO ledger_entry (id, ordinal, side, amount, currency, effective_on, posted_at, posted_xid, seq, balance_after, account_id, journal_id)
SELECT nextval('ledger_entry_id_seq'), y.ordinal, y.side, y.amount, y.currency, current_date + y.day, %(at)s + y.later * interval '1 second',
       txid_current() + y.late, y.seq, y.after, y.account, y.journal
  FROM jsonb_to_recordset(%(legs)s::jsonb) AS y (ordinal smallint, side text, amount numeric, currency text, day int, later int, late int,
                                                 seq bigint, after numeric, account bigint, journal uuid)"""
LEG_CHANGES = {
    "side": ["DEBIT", "CREDIT", "OTHER"],
    "amount": ["-5", "0", "0.01", "5", "NaN"],
    "currency": ["USD", "EUR"],
    "day": [-40, -1],
    "later": [-1, 1],
    "late": [-1, 1],
    "seq": [None, 7],
    "after": [None, "1"],
    "ordinal": [-1, 0, 1, 2, 3, 9],
}
JOURNAL_CHANGES = {"day": [-40, -1], "late": [-1], "legs": [1, 2, 3, 4]}
CLOSED_DAYS = 30


@pytest.fixture
def scene(transactional_db):
    """A book with closed days, its accounts of every kind and one of another book, and a journal that can be reversed."""
    today = clock.now().date()
    book, other = [
        books.create(partner=new_partner(name), actor=ACTOR, at=clock.now(), opened_on=today - timedelta(days=400))
        for name in ("Acme", "Other")
    ]
    a, b, frozen = open_wallet(book, funds="50.00"), open_wallet(book), open_wallet(book)
    accounts.freeze(account_id=frozen.pk, actor=ACTOR, at=clock.now(), reason="check")
    pool = [a, b, cash(book), open_wallet(book, "EUR"), cash(book, "EUR"), frozen, open_wallet(other)]
    original = move(a, b, "5.00").journal_id
    Book.objects.filter(pk=book.pk).update(closed_through=today - timedelta(days=CLOSED_DAYS))
    return book, {account.pk: account for account in Account.objects.filter(pk__in=[p.pk for p in pool])}, original


def leg(side, amount, account):
    strict = account.mode == "STRICT"
    return {
        "side": side, "amount": amount, "account": account.pk, "currency": account.currency, "day": 0, "later": 0, "late": 0,
        "seq": 7 if strict else None, "after": "1" if strict else None,
    }  # fmt: skip


def drawn(data, book, pool, original):
    """Journals and legs of one statement: right ones, then up to two of their values changed."""
    written, legs = [], []
    for number in range(data.draw(st.sampled_from([1, 1, 1, 2]))):
        journal = {"id": str(ids.uuid7()), "day": 0, "late": 0, "reverses": None}
        mine = []
        if number == 0 and data.draw(st.sampled_from([False, False, False, True])):
            journal["reverses"] = str(original)
            for entry in Entry.objects.filter(journal_id=original).order_by("ordinal"):
                mine.append(leg("CREDIT" if entry.side == "DEBIT" else "DEBIT", str(entry.amount), pool[entry.account_id]))
        else:
            for currency in data.draw(st.sampled_from([["USD"], ["USD"], ["EUR"], ["USD", "EUR"]])):
                fit = [x for x in pool.values() if (x.book_id, x.status, x.currency) == (book.pk, "OPEN", currency)]
                for side, amount in data.draw(
                    st.sampled_from([(("DEBIT", "5"), ("CREDIT", "5")), (("CREDIT", "2"), ("DEBIT", "5"), ("CREDIT", "3"))])
                ):
                    mine.append(leg(side, amount, data.draw(st.sampled_from(fit))))
        for ordinal, one in enumerate(mine, 1):
            one |= {"ordinal": ordinal, "journal": journal["id"]}
        journal["legs"] = len(mine)
        written.append(journal)
        legs += mine
    for _ in range(data.draw(st.sampled_from([0, 1, 1, 2]))):
        kind = data.draw(st.sampled_from(["leg"] * 6 + ["journal"] * 3 + ["account"] * 2 + ["missing", "foreign"]))
        one, journal = data.draw(st.sampled_from(legs)), data.draw(st.sampled_from(written))
        if kind == "leg":
            name = data.draw(st.sampled_from(sorted(LEG_CHANGES)))
            one[name] = data.draw(st.sampled_from(LEG_CHANGES[name]))
        elif kind == "journal":
            name = data.draw(st.sampled_from(sorted(JOURNAL_CHANGES)))
            journal[name] = data.draw(st.sampled_from(JOURNAL_CHANGES[name]))
            if name == "day" and data.draw(st.booleans()):
                for mine in legs:
                    mine["day"] = journal["day"] if mine["journal"] == journal["id"] else mine["day"]
        elif kind == "account":
            one["account"] = data.draw(st.sampled_from(sorted(pool)))
        elif kind == "missing" and len(legs) > 1:
            legs.remove(one)
        elif kind == "foreign":
            one["journal"] = data.draw(st.sampled_from([str(original), str(ids.uuid7()), written[0]["id"]]))
    return written, legs


def leg_is_right(one, journal, account, book):
    numbered = one["seq"] is not None and one["after"] is not None
    return (
        one["side"] in ("DEBIT", "CREDIT")
        and Decimal(one["amount"]) > 0
        and (one["day"], one["later"], one["late"]) == (journal["day"], 0, 0)
        and (account.book_id, account.currency, account.status) == (book.pk, one["currency"], "OPEN")
        and (account.mode == "STRICT") == numbered
    )


def is_right(journal, legs, book, pool, original):
    mine = [one for one in legs if one["journal"] == journal["id"]]
    ordinals = {one["ordinal"] for one in mine}
    if journal["late"] or journal["legs"] < 2 or -journal["day"] >= CLOSED_DAYS or any(one["amount"] == "NaN" for one in mine):
        return False
    if len(mine) != journal["legs"] or len(ordinals) != len(mine) or not ordinals <= set(range(1, journal["legs"] + 1)):
        return False
    if not all(leg_is_right(one, journal, pool[one["account"]], book) for one in mine):
        return False
    for currency in {one["currency"] for one in mine}:
        if sum(Decimal(x["amount"]) * (1 if x["side"] == "DEBIT" else -1) for x in mine if x["currency"] == currency):
            return False
    if journal["reverses"]:
        turned = {"DEBIT": "CREDIT", "CREDIT": "DEBIT"}
        entries = Entry.objects.filter(journal_id=original).values_list("account_id", "ordinal", "side", "amount")
        wanted = {(account, ordinal, turned[side], amount) for account, ordinal, side, amount in entries}
        return {(x["account"], x["ordinal"], x["side"], Decimal(x["amount"])) for x in mine} == wanted
    return True


def attempt(connection, book, written, legs, before="SELECT 1"):
    """The error of a statement that writes this, or None if it is taken; rolled back."""
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute(before)
            cursor.execute(WRITE, {"book": book.pk, "at": clock.now(), "journals": json.dumps(written), "legs": json.dumps(legs)})
            assert cursor.rowcount == len(legs)
    except psycopg2.Error as error:
        return error
    finally:
        connection.rollback()
        connection.autocommit = True


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_the_guards_take_a_statement_exactly_when_all_that_it_writes_is_right(scene, owner_connection, data):
    book, pool, original = scene
    written, legs = drawn(data, book, pool, original)
    known = {journal["id"] for journal in written}
    expected = all(is_right(journal, legs, book, pool, original) for journal in written) and all(
        x["journal"] in known for x in legs
    )
    refused = attempt(owner_connection, book, written, legs)
    assert refused is None or refused.pgcode.startswith("FL") or refused.pgcode in ("23001", "23505"), refused
    assert (refused is None) == expected, refused


def numbered(*legs, **journal):
    """One journal with its legs, numbered."""
    journal = {"id": str(ids.uuid7()), "day": 0, "late": 0, "reverses": None, "legs": len(legs)} | journal
    return journal, [{"ordinal": ordinal, "journal": journal["id"]} | one for ordinal, one in enumerate(legs, 1)]


def ranked(pool, book, currency, mode, status="OPEN"):
    found = [x for x in pool.values() if (x.book_id, x.currency, x.mode, x.status) == (book.pk, currency, mode, status)]
    return sorted(found, key=lambda account: account.pk)


def mirror(journal_id, pool):
    turned = {"DEBIT": "CREDIT", "CREDIT": "DEBIT"}
    entries = Entry.objects.filter(journal_id=journal_id).order_by("ordinal")
    return numbered(*[leg(turned[e.side], str(e.amount), pool[e.account_id]) for e in entries], reverses=str(journal_id))


@pytest.fixture
def right(scene):
    """Functions that make right journals, on each way through the guards: one currency, two, a reversal."""
    book, pool, _ = scene
    a, b = ranked(pool, book, "USD", "STRICT")
    [cash_usd], [euro], [cash_eur] = [
        ranked(pool, book, *of) for of in (("USD", "DEFERRED"), ("EUR", "STRICT"), ("EUR", "DEFERRED"))
    ]
    five = Money("5.00", "USD")
    four_legs = [Leg(a.pk, "DEBIT", five), Leg(b.pk, "CREDIT", five), Leg(a.pk, "DEBIT", five), Leg(b.pk, "CREDIT", five)]
    long = journals.post(book_id=book.pk, kind="long", actor=ACTOR, legs=four_legs).journal_id
    return {
        "one": lambda: numbered(leg("DEBIT", "5", a), leg("CREDIT", "5", b)),
        "deferred": lambda: numbered(leg("DEBIT", "5", cash_usd), leg("CREDIT", "5", b)),
        "two": lambda: numbered(
            leg("DEBIT", "5", a), leg("CREDIT", "5", cash_usd), leg("DEBIT", "5", cash_eur), leg("CREDIT", "5", euro)
        ),
        "reversal": lambda: mirror(long, pool),
    }


def everywhere(name, values):
    return lambda journal, legs, strangers: [one.update({name: value}) for one, value in zip(legs, values, strict=False)]


def at(number, **values):
    return lambda journal, legs, strangers: legs[number].update(values)


def announced(**values):
    return lambda journal, legs, strangers: journal.update(values)


def on_day(day):
    return lambda journal, legs, strangers: [one.update(day=day) for one in (journal, *legs)]


def emptied(journal, legs, strangers):
    legs.clear()
    journal["legs"] = 0


def halved(journal, legs, strangers):
    del legs[2:]
    journal["legs"] = 2


def unsided(journal, legs, strangers):
    next(one for one in legs if one["side"] == "CREDIT")["side"] = "OTHER"


def onto(name):
    return lambda journal, legs, strangers: legs[0].update(account=strangers[name].pk, seq=7, after="1")


ANY = ("one", "two", "reversal")
# Each breaks one rule, in journals of the kinds named, and is refused with this code.
BROKEN = {
    "one leg more": (ANY, at(0, amount="6"), "FL006"),
    "one currency's gap fills the other's": (("two",), everywhere("amount", ["6", "5", "5", "6"]), "FL006"),
    "no amounts": (ANY, everywhere("amount", ["0"] * 4), "23001"),
    "negative amounts": (ANY, everywhere("amount", ["-5"] * 4), "23001"),
    "no number": (ANY, at(0, amount="NaN"), "FL006"),
    "no numbers": (ANY, everywhere("amount", ["NaN"] * 4), "FL006"),
    "neither debit nor credit": (ANY, unsided, "23001"),
    "legs of another day": (ANY, everywhere("day", [-1] * 4), "23001"),
    "legs of a later moment": (ANY, everywhere("later", [1] * 4), "23001"),
    "legs of an earlier transaction": (ANY, everywhere("late", [-1] * 4), "23001"),
    "the journal of an earlier transaction": (ANY, announced(late=-1), "23001"),
    "another book's account": (ANY, onto("elsewhere"), "FL004"),
    "a frozen account": (ANY, onto("frozen"), "FL002"),
    "currencies of other accounts": (("one",), everywhere("currency", ["EUR", "EUR"]), "FL005"),
    "currencies exchanged": (("two",), everywhere("currency", ["EUR", "EUR", "USD", "USD"]), "FL005"),
    "STRICT without movement": (ANY, at(0, seq=None, after=None), "FL001"),
    "STRICT without number": (ANY, at(0, seq=None), "FL001"),
    "STRICT without balance": (ANY, at(0, after=None), "23001"),
    "DEFERRED with movement": (("deferred",), at(0, seq=7, after="1"), "23001"),
    "DEFERRED with movement among two currencies": (("two",), at(1, seq=7, after="1"), "23001"),
    "fewer legs than announced": (("one",), announced(legs=3), "23001"),
    "fewer legs than announced in two currencies": (("two", "reversal"), announced(legs=5), "23001"),
    "more legs than announced": (("two", "reversal"), announced(legs=3), "23001"),
    "no legs": (ANY, emptied, "23001"),
    "ordinals from zero": (ANY, everywhere("ordinal", [0, 1, 2, 3]), "23001"),
    "ordinals with a gap": (ANY, everywhere("ordinal", [5, 1, 2, 3]), "23001"),
    "an ordinal twice": (ANY, everywhere("ordinal", [1, 1]), "23505"),
    "the last closed day": (ANY, on_day(-CLOSED_DAYS), "FL008"),
    "a closed day": (ANY, on_day(-CLOSED_DAYS - 10), "FL008"),
    "not turned": (("reversal",), everywhere("side", ["DEBIT", "CREDIT"] * 2), "23001"),
    "another amount": (("reversal",), everywhere("amount", ["6"] * 4), "23001"),
    "another account": (("reversal",), onto("third"), "23001"),
    "another order": (("reversal",), everywhere("ordinal", [3, 4, 2, 1]), "23001"),
    "half of it": (("reversal",), halved, "23001"),
}


def broken(scene, right):
    """Statements that break one rule each: (what, journals, legs, code)."""
    book, pool, original = scene
    strangers = {
        "frozen": ranked(pool, book, "USD", "STRICT", "FROZEN")[0],
        "elsewhere": next(account for account in pool.values() if account.book_id != book.pk),
        "third": open_wallet(book),
    }
    for what, (kinds, change, code) in BROKEN.items():
        for kind in kinds:
            journal, legs = right[kind]()
            change(journal, legs, strangers)
            yield f"{what}: {kind}", [journal], legs, code
            beside, its = right["one"]()
            yield f"{what}: {kind}, beside a right one", [beside, journal], its + legs, code
    for what, stranger in (("no journal", str(ids.uuid7())), ("a journal of before", str(original))):
        journal, legs = right["one"]()
        yield f"a leg of {what}", [journal], [*legs, {**legs[0], "journal": stranger, "ordinal": 3}], "23001"


def test_each_broken_rule_is_refused_on_each_way_through_the_guards(scene, right, owner_connection):
    book, pool, _ = scene
    for kind, make in right.items():
        journal, legs = make()
        assert attempt(owner_connection, book, [journal], legs) is None, kind
        on_day(1 - CLOSED_DAYS)(journal, legs, {})
        assert attempt(owner_connection, book, [journal], legs) is None, kind
    for what, written, legs, code in broken(scene, right):
        error = attempt(owner_connection, book, written, legs)
        assert error is not None and error.pgcode == code, (what, error)


def test_a_reversal_is_not_reversed_whoever_writes_it(scene, owner_connection):
    book, pool, original = scene
    undone = journals.reverse(book_id=book.pk, journal_id=original, actor=ACTOR, reason="typo").journal_id
    journal, legs = mirror(undone, pool)
    assert attempt(owner_connection, book, [journal], legs).pgcode == "23001"


def test_what_is_right_is_not_looked_at_one_rule_after_the_other(scene, right, owner_connection):
    """The slow diagnosis is for refusals: journals in two currencies and reversals are cleared before it as well."""
    book, _, _ = scene
    asked = """CREATE OR REPLACE FUNCTION ledger_refuse_journals(p_journals uuid[]) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'asked'; END $$"""
    written, legs = zip(*[make() for make in right.values()], strict=True)
    assert attempt(owner_connection, book, written, sum(legs, []), before=asked) is None
    legs[0][0]["amount"] = "6"
    assert "asked" in str(attempt(owner_connection, book, written, sum(legs, []), before=asked))
