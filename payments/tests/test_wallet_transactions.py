"""Payments in the transactions and statements of wallets: by name, found by type and external id, linked to what caused them."""

import csv
import io

import pytest

from ledger.models import Journal, StatementLine
from ledger.services import bank_statements
from payments.choices import Rail
from payments.services import outcomes, recipes, sandbox_statements
from payments.tests.standings import sent
from payments.tests.world import STAFF, books_are_sound, fresh_world
from wallets.admin import wallets as pages
from wallets.api import rendering
from wallets.choices import TransactionType
from wallets.selectors import causes, transactions
from wallets.services import statements


@pytest.fixture
def world(db):
    return fresh_world()


def told(wallet, **filters):
    entries = transactions.of_wallet(wallet, **filters).order_by("id")
    return [(str(one.type), one.label, one.signed.amount) for one in transactions.read(list(entries), wallet=wallet)]


def test_each_journal_of_a_payment_is_called_by_its_name(world):
    wallet = world.wallet("100.00")
    payment = sent(world, wallet)
    world.act(outcomes.settle, payment)
    world.act(outcomes.return_, payment, reason_code="R01")
    assert told(wallet)[1:] == [("PAYMENT", "Payment sent", -10), ("PAYMENT", "Payment returned", 10)]
    assert told(wallet, type=TransactionType.PAYMENT) == told(wallet)[1:]
    assert told(wallet, type=TransactionType.OTHER) == []
    books_are_sound()


def test_every_recipe_is_known_to_wallets():
    assert {kind: causes.label(kind) for kind in recipes.RECIPES} == {kind: one.label for kind, one in recipes.RECIPES.items()}


def test_a_payment_is_found_by_its_external_id_and_says_it(world):
    wallet, other = world.wallet("100.00"), world.wallet()
    sent(world, wallet, external_id="rent-7")
    sent(world, wallet)
    [entry] = transactions.of_wallet(wallet, external_id="rent-7")
    [one] = transactions.read([entry], wallet=wallet)
    assert (one.external_id, one.label) == ("rent-7", "Payment sent")
    assert not transactions.of_wallet(other, external_id="rent-7").exists()
    said = rendering.transaction(one)
    assert (said["type"], said["label"], said["cause_id"]) == ("PAYMENT", "Payment sent", one.cause)


def test_a_payments_words_are_shown_and_found_though_its_journals_say_none_of_them(world):
    wallet, other = world.wallet("100.00"), world.wallet()
    payment = sent(world, wallet, description="Rent of May", metadata={"flat": "7"})
    world.act(outcomes.settle, payment)
    world.act(outcomes.return_, payment, reason_code="R01")
    sent(world, wallet, metadata={"flat": "8"})
    rows = transactions.read(list(transactions.of_wallet(wallet, metadata={"flat": "7"}).order_by("id")), wallet=wallet)
    assert [(one.label, one.description, one.metadata) for one in rows] == [
        ("Payment sent", "Rent of May", {"flat": "7"}),
        ("Payment returned", "Rent of May", {"flat": "7"}),
    ]
    booked = Journal.objects.filter(cause=payment.public_id)
    assert [(journal.description, "flat" in journal.metadata) for journal in booked] == [("", False)] * 3
    assert not transactions.of_wallet(other, metadata={"flat": "7"}).exists()
    assert not transactions.of_wallet(
        wallet, metadata={"reference": payment.reference}
    ).exists()  # ours, and of its journals only


def test_the_sandbox_bank_writes_the_words_of_the_payment_into_its_statement(world):
    wallet = world.wallet("100.00")
    world.act(outcomes.settle, sent(world, wallet, description="Rent of May"))
    sandbox_statements.state(partner_id=world.partner.pk, currency="USD", actor=STAFF, at=world.at)
    lines = StatementLine.objects.order_by("number")
    texts = [bank_statements.opened_party(token=line.personal, line_id=line.pk)[1] for line in lines]
    assert texts == ["Simulated payment from outside", "Rent of May"]


def test_a_payment_inside_the_book_names_the_other_wallet(world):
    source, target = world.wallet("10.00"), world.wallet()
    world.pay(source, "4.00", rail=Rail.BOOK, target_wallet_id=target.pk)
    [entry] = transactions.of_wallet(target)
    [one] = transactions.read([entry], wallet=target)
    assert (one.label, one.counterparty) == ("Payment inside the book", source.public_id)


def test_the_page_of_a_wallet_leads_to_the_payment(world):
    wallet = world.wallet("100.00")
    payment = sent(world, wallet)
    newest = pages.moved(wallet)[0]
    assert "Payment sent" in newest[2]
    assert f"/payments/payment/{payment.public_id}/" in newest[2]


def test_the_statement_as_csv_calls_each_payment_as_the_api_does(world):
    wallet = world.wallet("100.00")
    payment = sent(world, wallet)
    world.act(outcomes.settle, payment)
    world.act(outcomes.return_, payment, reason_code="R01")
    found = statements.of_month(wallet, month=world.at.date(), at=world.at)
    rows = list(csv.DictReader(io.StringIO(statements.as_csv(found).decode())))
    assert [(row["type"], row["label"]) for row in rows if row["type"] != "TOP_UP"] == [
        ("OPENING", "Opening balance"),
        ("PAYMENT", "Payment sent"),
        ("PAYMENT", "Payment returned"),
        ("CLOSING", "Closing balance"),
    ]
    assert [row["label"] for row in rows[1:-1]] == [line["label"] for line in rendering.statement(found)["lines"]]
