"""On the day on which a customer's data go, no word that was planted about them is left in any column of the database but the audit's;
what is another customer's stays."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.services import customers
from compliance.services import retention
from flowlet.audit.models import Record
from flowlet.core import crypto
from flowlet.core.money import Money
from flowlet.events.services import relay
from flowlet.events.services import retention as events
from payments.choices import PaymentKind, Rail
from payments.models import Dispute, Mandate, Move, Recall
from payments.services import (
    deposit_instructions,
    disputes,
    mandate_amendments,
    mandates,
    outcomes,
    payments,
    recalls,
    recurring,
    sending,
    settlement,
)
from payments.services.traces import TRACES as OF_PAYMENTS
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world
from wallets.models import Conversion, Refund, TopUp, Transfer
from wallets.selectors import transactions
from wallets.services import refunds, top_ups, wallets
from wallets.services.traces import TRACES as OF_WALLETS
from wallets.tests.test_conversions import convert, publish, spread

pytestmark = pytest.mark.django_db

# Planted about her alone, about both, about him alone; her external ids; reasons that were given.
HERS, BOTH, HIS, IDS, WHY = "zebrafish", "okapi", "narwhal", "quagga", "ibex"
YEARS = timedelta(days=366 * 11)
_SEARCHED = """
SELECT c.table_name, c.column_name, c.udt_name FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.udt_name ~ '^_?(text|varchar|bpchar|jsonb?|bytea)$'"""

# What lies under a key, or was not written here: consents and links to banks are emptied as mandates are.
UNPLANTED = {
    *(f"payments_{table}.{name}" for table in ("consent", "banklink") for name in ("external_id", "metadata", "end_reason")),
    *(f"payments_{table}.sealed" for table in ("dispute", "suspenseitem", "recall")),
    "payments_depositinstruction.last_four",
    "payments_recall.answer_note",
}


def found(word):
    """The columns of the whole database in which the word stands."""
    places = set()
    with connection.cursor() as cursor:
        cursor.execute(_SEARCHED)
        for table, column, kind in cursor.fetchall():
            text = f"""encode("{column}", 'escape')""" if kind == "bytea" else f'"{column}"::text'
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {text} ILIKE %s)", [f"%{word}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                places.add(f"{table}.{column}")
    return places


def opened(row, aad):
    """Whether her word stands in what is sealed under the keyring."""
    return HERS.encode() in crypto.open_sealed(bytes(row.sealed), aad=aad(row))


@pytest.fixture
def world():
    world = fresh_world()
    publish()
    spread(world, 0)
    return world


@pytest.fixture
def ben(world):
    return world.customer(name="Ben Babbage", external_id=HIS)


@pytest.fixture
def ada(world):
    return world.customer(name="Ada Zebrafish", external_id=HERS, metadata={"note": HERS})


def noted(name, word=HERS):
    return {"description": f"for {word}", "external_id": f"{IDS}-{name}", "metadata": {"note": word}}


@pytest.fixture
def money(world, ada, ben):
    """Her wallets and his, and all that is written of what moved."""
    hers = world.wallet(customer=ada, name=f"{HERS} holiday", external_id=f"{IDS}-wallet", metadata={"note": HERS})
    euros = world.wallet(customer=ada, currency="EUR", name=HERS)
    his = world.wallet("50.00", customer=ben, name=HIS, metadata={"note": HIS})
    told = {"actor": KEY, "at": world.at}
    top_ups.simulate(
        partner_id=world.partner.pk,
        wallet_id=hers.pk,
        amount=Money("900.00", "USD"),
        external_id=f"{IDS}-top-up",
        metadata={"note": HERS},
        **told,
    )
    convert(world, hers, euros, Money("100.00", "USD"), **noted("conversion"))
    other = world.wallet(customer=ada)
    world.send(hers, other, "10.00", **noted("own"))
    sent = world.send(hers, his, "10.00", **(noted("both", BOTH) | {"external_id": f"{BOTH}-id"})).transfer
    refunds.make(
        partner_id=world.partner.pk,
        transfer_id=sent.pk,
        amount=Money("1.00", "USD"),
        reason=f"{WHY} {BOTH}",
        external_id=f"{BOTH}-refund",
        metadata={"note": BOTH},
        **told,
    )
    world.release(world.hold(hers, "5.00", **noted("hold")).hold)
    back = world.send(his, world.wallet(customer=ben), "1.00", description=HIS, metadata={"note": HIS}, external_id=HIS)
    assert back.transfer.description == HIS
    return hers, euros, other, his


@pytest.fixture
def paid(world, money):
    """Her payments, and what belongs to them."""
    hers, euros, _, his = money
    told = {"actor": KEY, "at": world.at}
    account = world.bank(hers, owner_name="Zebrafish Grace", external_id=f"{IDS}-account", metadata={"note": HERS})
    taken_back = world.pay(hers, "20.00", to=account, **noted("payment"))
    payments.cancel(payment_id=taken_back.pk, reason=f"{WHY} {HERS}", **told)
    world.pay(hers, "3.00", rail=Rail.BOOK, target_wallet_id=his.pk, **(noted("book", BOTH) | {"external_id": f"{BOTH}-book"}))
    world.pay(his, "2.00", to=world.bank(his, owner_name=HIS), description=HIS, metadata={"note": HIS})
    own = world.bank(euros, relation="OWN", iban=True)
    agreed = {"scheme": "SEPA_CORE", "signed_on": world.at.date(), "creditor_id": "DE98ZZZ09999999999"}
    mandate = mandates.create(
        partner_id=world.partner.pk,
        external_account_id=own.pk,
        reference="ZEBRAFISH-1",
        external_id=f"{IDS}-mandate",
        metadata={"note": HERS},
        **agreed,
        **told,
    )
    mandate_amendments.amend(mandate_id=mandate.pk, reference="ZEBRAFISH-2", **told)
    mandates.suspend(mandate_id=mandate.pk, reason=f"{WHY} {HERS}", **told)
    row = recurring.create(
        partner_id=world.partner.pk,
        kind=PaymentKind.TRANSFER,
        rail=Rail.ACH,
        amount=Money("1.00", "USD"),
        wallet_id=hers.pk,
        external_account_id=account.pk,
        rule={"starts_on": (world.at + timedelta(days=40)).date().isoformat(), "frequency": "MONTHLY"},
        **noted("series"),
        **told,
    )
    recurring.end(recurring_id=row.pk, **told)
    instruction = deposit_instructions.issue(wallet_id=hers.pk, partner_id=world.partner.pk, **told)
    deposit_instructions.assign_number(instruction_id=instruction.pk, number="DE89370400440532013000", actor=STAFF, at=world.at)
    card = world.pay(hers, "25.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(hers))
    sending.send(payment_id=card.pk, actor=STAFF, at=world.at)
    world.act(outcomes.dispute, card, reason_code="fraudulent")
    dispute = Dispute.objects.get(payment=card)
    disputes.answer(dispute_id=dispute.pk, evidence={"uncategorized_text": HERS}, **told)
    world.act(outcomes.dispute_lost, card)
    wire = world.pay(
        euros, "40.00", rail=Rail.SEPA_CT, to=world.bank(euros, iban=True, owner_name="Zebrafish Grace"), **noted("sepa")
    )
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, wire)
    recalls.request(payment_id=wire.pk, reason="DUPL", note=HERS, actor=STAFF, at=world.at)
    recalls.deliver_due(at=world.at, actor=STAFF)
    recalls.lapse_due(at=world.at + timedelta(days=90), actor=STAFF)


def leave(world, customer, at):
    """Empty and close the wallets, and then the customer."""
    bin_ = {code: world.wallet(currency=code) for code in ("USD", "EUR")}
    for wallet in customer.wallets.order_by("pk"):
        if (funds := world.funds(wallet)[0]) != Decimal(0):
            world.send(wallet, bin_[wallet.currency], str(funds))
        wallets.close(wallet_id=wallet.pk, actor=KEY, at=at)
    customers.close(customer_id=customer.pk, actor=KEY, at=at)


def moved(wallet):
    """What the wallet's transactions show."""
    return transactions.read(list(transactions.of_wallet(wallet)), wallet=wallet)


def purge(at):
    relay.run(now=lambda: at)
    done = retention.purge(actor=STAFF, at=at)
    relay.run(now=lambda: at)
    list(events.prune(at=at))  # they live thirty days
    return done.deleted


# Records of the audit are hashed and never change.
TOLD = {f"flowlet_audit_record.{name}" for name in ("before", "after", "reason")}
EVENTS = {"flowlet_events_event.data"}


def test_no_journal_says_what_was_written(money, paid):
    for word in (HERS, BOTH, HIS, IDS, WHY):
        assert [place for place in found(word) if place.startswith("ledger_")] == []
    assert {one.description for one in moved(money[0])} >= {f"for {HERS}", f"for {BOTH}", f"{WHY} {BOTH}"}


def test_no_planted_word_is_left_after_the_deletion_and_the_other_customers_stay(world, ada, ben, money, paid):
    written = {f"{trace.model._meta.db_table}.{name}" for trace in (*OF_WALLETS, *OF_PAYMENTS) for name in trace.blank}
    assert written & (found(HERS) | found(IDS) | found(BOTH)) == written - UNPLANTED
    his, shared = found(HIS), found(BOTH)
    dispute, recall = Dispute.objects.get(), Recall.objects.get()
    assert opened(dispute, disputes.aad) and opened(recall, recalls.aad)
    leave(world, ada, world.at + timedelta(hours=1))
    assert purge(world.at + YEARS) == 1
    assert (found(HERS) - TOLD, found(IDS) - TOLD) == (set(), set())
    assert (found(HIS) | EVENTS, found(BOTH) | EVENTS) == (his | EVENTS, shared | EVENTS)
    assert {one.description for one in moved(money[0])} == {"", "Simulated payment from outside", f"for {BOTH}", f"{WHY} {BOTH}"}
    for row in (dispute, recall):
        row.refresh_from_db()
    assert (dispute.sealed, recall.sealed, recall.note) == (None, None, "")
    assert len(recall.digest) == 64
    mandate = Mandate.objects.get()
    assert (mandate.reference, mandate.reference_key) == (mandate.pk.hex, mandate.pk.hex.upper())
    assert mandate.amendments.get().former_reference == mandate.pk.hex
    assert Record.objects.get(action="wallets.forgotten").after == {
        "forgotten": {"wallets": 2, "holds": 1, "transfers": 1, "conversions": 1, "top_ups": 1}
    }
    assert Record.objects.get(action="payments.forgotten").target == ada.public_id
    books_are_sound()
    call_command("verify_audit", stdout=StringIO())


def test_words_about_two_customers_go_with_the_second_of_them(world, ada, ben, money, paid):
    for customer in (ada, ben):
        leave(world, customer, world.at + timedelta(hours=1))
    assert purge(world.at + YEARS) == 2
    assert (found(BOTH) - TOLD, found(HIS) - TOLD) == (set(), set())
    assert Transfer.objects.exclude(description="").count() == 0
    books_are_sound()


def test_the_database_empties_nothing_of_a_customer_who_was_not_erased_and_changes_nothing_else(world, ada, ben, money, paid):
    blanks = {
        Refund: {"reason": "", "external_id": "", "metadata": {}},
        TopUp: {"external_id": "", "metadata": {}},
        Conversion: {"description": "", "external_id": "", "metadata": {}},
        Move: {"reason": ""},
        Transfer: {"external_id": ""},
        Mandate: {"reference": Mandate.objects.get().pk.hex},
        Recall: {"sealed": None},
    }
    for model, blank in blanks.items():
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**blank)
    leave(world, ada, world.at + timedelta(hours=1))
    customers.erase(customer_id=ada.pk, reason="test", actor=STAFF, at=world.at + YEARS)
    for model, change in {
        TopUp: {"metadata": {"note": "other"}},
        Conversion: {"description": "other"},
        Move: {"reason": "other"},
    }.items():
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund.objects.update(**blanks[Refund])  # the other customer of the transfer was not erased
    assert Refund.objects.get().reason == f"{WHY} {BOTH}"
