"""Files to and from banks, statements and documents of breaks go when no law wants them: to the day, not under a hold, nothing but what they
said, and whoever asks for it is told so."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from compliance import events
from compliance.services import retention
from compliance.tests.alert_world import SYSTEM, person
from compliance.tests.test_retention import hold
from flowlet.audit.models import Record
from flowlet.core import clock, ids
from ledger import errors as ledger_errors
from ledger.choices import BreakState
from ledger.models import Book, Break, BreakDocument, StatementDetail, StatementFile, StatementLine
from ledger.services import bank_statements, break_documents
from ledger.tests.test_reconciliation import Bank
from payments import errors
from payments.choices import InboundState
from payments.models import Batch, InboundFile, Recall, SuspenseItem
from payments.services import file_comparison, inbound_content, inbound_files, recalls, settlement, suspense, suspense_rows
from payments.tests import standings
from payments.tests.test_deposits import declared, heard, received
from payments.tests.world import OTHER, STAFF, books_are_sound, fresh_world

DAY = timedelta(days=1)
PDF = b"%PDF-1.7\nAdvice for Ada Lovelace\n%%EOF"
PARTY = b"<RltdPties><Cdtr><Pty><Nm>Ada Lovelace</Nm></Pty></Cdtr></RltdPties></TxDtls>"


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def end(world):
    """The first moment of the day on which nothing wants them any more."""
    return world.at.replace(year=world.at.year + 5, hour=0, minute=0)


@pytest.fixture
def bank(world):
    """A statement that names somebody in each of its parts, with a break that has a document and was closed when the books followed."""
    made = Bank(Book.objects.get(partner=world.partner))
    state(made, ("-4.90", {"details": [("4.00", "E-1"), ("0.90", "E-2")]}), ("-1.00", {"name": "Ada Lovelace"}))
    attach(world)
    for number, amount in enumerate(("-4.90", "-1.00"), 1):
        made.post(amount, bank_reference=f"BANK-{number}")
    made.run()
    assert set(Break.objects.values_list("state", flat=True)) == {"CLOSED"}
    return made


@pytest.fixture
def papers(world, bank):
    """And a file of payments, and a wire for nobody that went back."""
    standings.settled(world)
    declared(world, currency="USD", identification="000123456789")
    heard(world, received(world, "who?"), name="wire.xml")
    suspense.send_back(item_id=SuspenseItem.objects.get().pk, code="AC01", note="No such account", actor=STAFF, at=world.at)
    assert recalls.deliver_due(at=world.at, actor=STAFF) == 1


def state(bank, *lines, name="s.xml"):
    content = bank.file(*lines).replace(b"</Amt></TxDtls>", b"</Amt>" + PARTY)
    made = bank_statements.take_in(content=content, name=name, actor=STAFF, at=clock.now(), bank_account_id=bank.account.pk)
    bank.sequence, bank.closing = bank.sequence + 1, made.statements[-1].closing
    bank.run()


def attach(world):
    row = Break.objects.latest("pk")
    return break_documents.attach(break_id=row.pk, name="ada-lovelace.pdf", content=PDF, actor=STAFF, at=world.at)


def purge(at, **more):
    return retention.purge(actor=SYSTEM, at=at, **more)


SEALED = {
    "payment_files": (Batch, "sealed"),
    "bank_files": (InboundFile, "sealed"),
    "recall_messages": (Recall, "sealed"),
    "payers": (SuspenseItem, "sealed"),
    "bank_statements": (StatementFile, "content"),
    "statement_lines": (StatementLine, "personal"),
    "statement_details": (StatementDetail, "personal"),
    "break_documents": (BreakDocument, "sealed"),
}
ALL = dict.fromkeys(SEALED, 1) | {"statement_details": 2}
NOTHING = dict.fromkeys(SEALED, 0)


def left():
    return {name: model.objects.exclude(**{column: None}).count() for name, (model, column) in SEALED.items()}


def rows():
    """All that the rows say but what was sealed, and the document's name."""
    hidden = {"sealed", "content", "personal", "name"}
    return {
        name: [{key: value for key, value in row.items() if key not in hidden} for row in model.objects.order_by("pk").values()]
        for name, (model, _) in SEALED.items()
    }


def test_what_the_files_said_goes_on_the_day_after_the_longest_clock_and_nothing_else(papers, end):
    before = rows()
    assert left() == ALL
    assert (purge(end - DAY).counts, left()) == ({}, ALL)
    dry = purge(end, dry_run=True)
    assert (dry.counts, left(), Record.objects.filter(action=events.DATA_DELETED).count()) == (ALL, ALL, 0)
    assert (purge(end).counts, left(), rows()) == (ALL, NOTHING, before)
    assert BreakDocument.objects.get().name == ""
    told = Record.objects.filter(action=events.DATA_DELETED)
    named = [model.objects.get().public_id for model in (Batch, InboundFile, Recall, SuspenseItem, StatementFile, BreakDocument)]
    assert sorted(record.target for record in told) == sorted(named)
    assert {record.reason for record in told} == {"No law wants the file kept any more."}
    assert (purge(end + DAY).counts, told.count()) == ({}, 6), "once"
    books_are_sound()
    call_command("verify_audit", stdout=StringIO())


def test_any_legal_hold_that_stands_keeps_all_of_them(papers, world, end):
    hold(world.customer(), person("ada"), person("boss", "COMPLIANCE_MANAGER"), until=(end + 9 * DAY).date())
    assert (purge(end).counts, left()) == ({}, ALL)
    assert (purge(end + 9 * DAY).counts, left()) == (ALL, NOTHING)


def test_who_asks_for_what_was_deleted_is_told_so(papers, world, end):
    purge(end)
    told = {"actor": STAFF, "at": end}
    for look in (
        lambda: file_comparison.compare(batch_id=Batch.objects.get().pk, **told),
        lambda: file_comparison.download(batch_id=Batch.objects.get().pk, reason="look at it", **told),
        lambda: inbound_content.content_of(InboundFile.objects.get()),
        lambda: inbound_files.handle(file_id=InboundFile.objects.get().pk, **told),
        lambda: recalls.content_of(Recall.objects.get()),
    ):
        with pytest.raises(errors.FileDeleted) as refusal:
            look()
        assert refusal.value.status == 410
    for look in (
        lambda: bank_statements.content_of(StatementFile.objects.get()),
        lambda: bank_statements.reveal(line=StatementLine.objects.get(amount=-1)),
        lambda: break_documents.take_out(document_id=BreakDocument.objects.get().pk, reason="look at it", **told),
    ):
        with pytest.raises(ledger_errors.ContentDeleted):
            look()
    assert not suspense_rows.payer_of(SuspenseItem.objects.get())


def test_what_something_waits_for_stays_until_it_is_done(world, bank, end, settings):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal("1.00")}
    wallet = world.wallet("50.00")
    batch = standings.sent(world, wallet).batch
    [item] = heard(world, received(world, "who?"), name="wire.xml")
    state(bank, ("-7.00", {"name": "Ada Lovelace"}), name="second.xml")
    attach(world)
    assert (batch.status, item.state, Break.objects.latest("pk").state) == ("BUILT", InboundState.UNMATCHED, BreakState.OPEN)
    kept = {
        "payment_files": 1,
        "bank_files": 1,
        "bank_statements": 1,
        "statement_lines": 1,
        "break_documents": 1,
    }
    done = {"bank_statements": 1, "statement_lines": 1, "statement_details": 2, "break_documents": 1}
    assert (purge(end).counts, left()) == (done, NOTHING | kept)
    settlement.release(batch_id=batch.pk, actor=OTHER, at=world.at)
    settlement.deliver(batch_id=batch.pk, actor=OTHER, at=world.at)
    inbound_files.close_item(item_id=item.pk, reason="asked the bank", actor=STAFF, at=world.at)
    bank.post("-7.00", bank_reference="BANK-1")
    bank.run()
    assert (purge(end).counts, left()) == (kept, NOTHING)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (StatementFile, {"content": b"other"}),
        (StatementFile, {"content": None, "size": 1}),
        (StatementLine, {"personal": b"other"}),
        (StatementLine, {"personal": None, "amount": 1}),
        (StatementDetail, {"personal": None, "number": 9}),
        (BreakDocument, {"name": ""}),
        (BreakDocument, {"sealed": None, "name": "other.pdf"}),
        (BreakDocument, {"sealed": None, "digest": "0" * 64}),
        (InboundFile, {"sealed": None, "digest": "0" * 64}),
        (Batch, {"sealed": None, "digest": "0" * 64}),
        (Recall, {"sealed": None, "digest": "0" * 64}),
    ],
)
def test_the_database_lets_what_was_said_go_and_nothing_else(papers, model, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(**change)


def test_what_was_deleted_does_not_come_back(papers, end):
    purge(end)
    for name, (model, column) in SEALED.items():
        if name != "payers":
            with pytest.raises(DatabaseError), transaction.atomic():
                model.objects.update(**{column: b"again"})


def test_the_database_deletes_nothing_that_something_waits_for(world, bank, settings):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal("1.00")}
    standings.sent(world)
    heard(world, received(world, "who?"), name="wire.xml")
    state(bank, ("-7.00", {"name": "Ada Lovelace"}), name="second.xml")
    attach(world)
    for model, column in SEALED.values():
        if model not in (Recall, SuspenseItem, StatementDetail):
            with pytest.raises(DatabaseError), transaction.atomic():
                model.objects.filter(pk=model.objects.latest("pk").pk).update(**{column: None})


@pytest.mark.parametrize("model", [StatementFile, InboundFile, BreakDocument])
def test_nothing_is_taken_in_without_what_it_says(papers, model):
    row = model.objects.get()
    row.pk, row.digest, row.sha256 = ids.uuid7(), "0" * 64, "0" * 64
    row.sealed = row.content = None
    with pytest.raises(DatabaseError, match="it comes with its content"), transaction.atomic():
        row.save(force_insert=True)
