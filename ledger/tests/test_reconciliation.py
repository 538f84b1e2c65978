"""A bank's statement against the books: taken in exactly once, matched by evidence, every difference named."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from moneyed import Money

from accounts.models import User
from accounts.tests.conftest import actor_for
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import clock
from flowlet.core.errors import Invalid, NotFound
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from ledger import errors
from ledger.choices import BreakState, BreakType, ItemState, MatchPass, MatchState
from ledger.models import BankStatement, Break, Entry, Journal, Match, ReconciliationItem, StatementFile, StatementLine
from ledger.selectors import balances
from ledger.selectors import reconciliation as questions
from ledger.services import (
    accounts,
    bank_accounts,
    bank_statements,
    breaks,
    charts,
    journals,
    matches,
    reconciliation,
    write_offs,
)
from ledger.services.journals import Leg
from ledger.tests import planted_books, planted_day
from ledger.tests import statement_files as files
from ledger.tests.conftest import ACTOR, cash

DAY = date(2026, 3, 2)
IBAN = "DE02120300000000202051"


@pytest.fixture
def at():
    return clock.now()


class Bank:
    """A bank account of one book, its statements day by day, and postings on it."""

    def __init__(self, book, **rules):
        self.book = book
        self.nostro = cash(book, "EUR")
        self.clearing = accounts.system_account(
            book_id=book.pk, line=charts.CLEARING_OUT, currency="EUR", actor=ACTOR, at=clock.now()
        )
        rules = {"tolerance_amount": Decimal("0.50"), **rules}
        self.account = bank_accounts.declare(
            code="main",
            account_ids=[self.nostro.pk],
            starts_on=DAY,
            identification=IBAN,
            actor=ACTOR,
            at=clock.now(),
            **rules,
        )
        self.sequence, self.closing = 0, Decimal(0)

    def post(self, amount, *, on=DAY, external_id="", cause="", **metadata):
        """Move money on the bank account in the books (positive: in)."""
        amount = Decimal(amount)
        sides = ("DEBIT", "CREDIT") if amount > 0 else ("CREDIT", "DEBIT")
        value = Money(abs(amount), "EUR")
        return journals.post(
            book_id=self.book.pk,
            kind="payout",
            actor=ACTOR,
            effective_on=on,
            external_id=external_id,
            cause=cause,
            metadata=metadata,
            legs=[Leg(self.nostro.pk, sides[0], value), Leg(self.clearing.pk, sides[1], value)],
        )

    def file(self, *entries, on=DAY, sequence=None, opening=None, closing=None):
        total = sum(Decimal(e[0]) for e in entries)
        opening = self.closing if opening is None else Decimal(opening)
        closing = opening + total if closing is None else Decimal(closing)
        rows = [
            files.entry(
                str(abs(Decimal(amount))),
                "CRDT" if Decimal(amount) > 0 else "DBIT",
                number=number,
                day=str(on),
                **(rest[0] if rest else {}),
            )
            for number, (amount, *rest) in enumerate(entries, 1)
        ]
        return files.camt053(
            opening=f"{opening:.2f}",
            closing=f"{closing:.2f}",
            entries=rows,
            day=str(on),
            sequence=self.sequence + 1 if sequence is None else sequence,
        )

    def statement(self, *entries, **kwargs):
        """Import a statement of these lines: (amount, {reference…})."""
        imported = bank_statements.take_in(
            content=self.file(*entries, **kwargs), name="s.xml", actor=ACTOR, at=clock.now(), bank_account_id=self.account.pk
        )
        self.sequence += 1
        self.closing = imported.statements[-1].closing
        return imported

    def run(self):
        return reconciliation.run(bank_account_id=self.account.pk, actor=ACTOR, at=clock.now())

    def states(self):
        """State by (side, amount), sorted."""
        return sorted(
            (item.side, f"{item.amount:.2f}", str(item.state))
            for item in ReconciliationItem.objects.filter(bank_account=self.account)
        )

    def live(self):
        return list(Match.objects.filter(bank_account=self.account, state=MatchState.LIVE).order_by("id"))


@pytest.fixture
def bank(book):
    return Bank(book)


def staff(email, *roles):
    user = User.objects.create_user(email, name=email, is_staff=True, roles=list(roles))
    return user, actor_for(user)


def published(kind):
    return list(Event.objects.filter(type=kind).order_by("id"))


# -- taking in ------------------------------------------------------------------------------------------------------------------


def test_a_statement_is_kept_with_its_file_and_its_lines(bank):
    imported = bank.statement(("100.00", {"e2e": "E-1", "name": "Ada Lovelace"}), ("-30.00", {"e2e": "E-2"}))
    file, statement = StatementFile.objects.get(), BankStatement.objects.get()
    assert bank_statements.content_of(file) == bank.file(
        ("100.00", {"e2e": "E-1", "name": "Ada Lovelace"}), ("-30.00", {"e2e": "E-2"}), opening="0", sequence=1
    )
    assert (imported.lines, statement.opening, statement.closing, statement.sequence) == (2, Decimal(0), Decimal("70.00"), 1)
    lines = list(StatementLine.objects.order_by("number"))
    assert [line.amount for line in lines] == [Decimal("100.00"), Decimal("-30.00")]
    assert lines[0].party_hint == "A•• L•••••••"
    assert bank_statements.reveal(line=lines[0])["Name"] == "Ada Lovelace"
    assert b"Ada" not in bytes(file.content) + bytes(lines[0].personal)
    assert [event.data["lines"] for event in published("ledger.statement.imported")] == [2]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"opening": "5"}, errors.StatementNotContinuous),
        ({"sequence": 3}, errors.StatementOutOfSequence),
        ({"sequence": 1}, errors.StatementOutOfSequence),
        ({"on": DAY - timedelta(days=1)}, errors.StatementOutOfSequence),
        ({"closing": "101"}, errors.StatementDoesNotAdd),
    ],
)
def test_a_statement_that_does_not_follow_or_add_up_is_refused_and_leaves_nothing(bank, change, refusal):
    bank.statement(("100.00",))
    with pytest.raises(refusal):
        bank.statement(("-10.00",), **{"on": DAY + timedelta(days=1), **change})
    assert StatementFile.objects.count() == BankStatement.objects.count() == StatementLine.objects.count() == 1
    assert len(published("ledger.statement.imported")) == 1


def test_the_same_bytes_come_in_once_and_a_dry_run_keeps_nothing(bank, at):
    content = bank.file(("100.00",))
    taken = {"content": content, "name": "s.xml", "actor": ACTOR, "at": at}
    tried = bank_statements.take_in(**taken, dry_run=True)
    assert (tried.lines, StatementFile.objects.count(), ReconciliationItem.objects.count()) == (1, 0, 0)
    bank_statements.take_in(**taken)  # finds its account by the IBAN
    with pytest.raises(errors.DuplicateStatementFile):
        bank_statements.take_in(**taken)
    assert StatementLine.objects.count() == 1


def test_a_statement_as_mt940_comes_in(bank, at):
    text = (
        f":20:START\r\n:25:{bank.account.identification}\r\n:28C:1/1\r\n:60F:C{DAY:%y%m%d}EUR0,00\r\n"
        f":61:{DAY:%y%m%d%m%d}C100,50NTRFPAY-9//BANK1\r\n:86:Invoice 5\r\n:62F:C{DAY:%y%m%d}EUR100,50\r\n-\r\n"
    )
    imported = bank_statements.take_in(content=text.encode(), name="day.sta", actor=ACTOR, at=at, bank_account_id=bank.account.pk)
    [statement] = BankStatement.objects.all()
    assert (imported.lines, statement.from_on, statement.to_on, statement.closing) == (1, DAY, DAY, Decimal("100.50"))
    line = StatementLine.objects.get()
    assert (line.booked_on, line.value_on, line.amount) == (DAY, DAY, Decimal("100.50"))


def test_a_statement_of_another_account_or_currency_is_refused(bank, at):
    taken = {"name": "s.xml", "actor": ACTOR, "at": at, "bank_account_id": bank.account.pk}
    other = files.camt053(opening="0.00", closing="0.00", entries=[], account="DE89370400440532013000")
    with pytest.raises(errors.StatementOfAnotherAccount):
        bank_statements.take_in(content=other, **taken)
    dollars = files.camt053(opening="0.00", closing="0.00", entries=[], currency="USD")
    with pytest.raises(errors.StatementOfAnotherAccount):
        bank_statements.take_in(content=dollars, **taken)
    with pytest.raises(errors.UnknownBankAccount):
        bank_statements.take_in(content=other, **{**taken, "bank_account_id": None})
    assert StatementFile.objects.count() == 0


def test_numbers_of_statements_begin_anew_with_the_year(book):
    bank = Bank(book)
    bank.statement(("1.00",), on=date(2026, 3, 31), sequence=90)
    bank.sequence = 0
    bank.statement(("1.00",), on=date(2027, 1, 4))
    assert BankStatement.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_a_bank_said_can_not_be_changed_nor_added_to(bank):
    bank.statement(("100.00",))
    statement = BankStatement.objects.get()
    for table in ("ledger_bankstatement", "ledger_statementline", "ledger_statementfile"):
        with (
            pytest.raises(Exception, match=r"append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")
    with pytest.raises(IntegrityError, match="comes with its statement"), transaction.atomic():
        StatementLine.objects.create(statement=statement, number=2, amount=1, booked_on=DAY)


def test_the_database_refuses_a_statement_that_does_not_add_up_and_a_match_whose_sides_differ(bank):
    bank.post("100.00", end_to_end_id="E-1")
    bank.statement(("100.00", {"e2e": "E-1"}), ("7.00",))
    bank.run()
    kept = BankStatement.objects.get()
    with pytest.raises(IntegrityError, match="does not lead"), transaction.atomic():
        BankStatement.objects.create(
            file=kept.file, bank_account=bank.account, previous=kept, format="x", from_on=DAY, to_on=DAY, opening=107, closing=108,
            is_proof=True, line_count=0, recorded_at=clock.now(),
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    other = ReconciliationItem.objects.get(amount=7)
    with pytest.raises(IntegrityError, match="two sides differ"), transaction.atomic():
        ReconciliationItem.objects.filter(pk=other.pk).update(match=bank.live()[0], state=ItemState.MATCHED)
    with pytest.raises(IntegrityError, match="is fixed"), transaction.atomic():
        ReconciliationItem.objects.filter(pk=other.pk).update(amount=8)


# -- matching -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["end_to_end_id", "trace_number", "reference", "external_id", "cause"])
def test_reference_and_amount_match_whatever_carries_the_reference(bank, name):
    bank.post("-100.00", **{name: "Pay-77"})
    bank.post("-100.00", end_to_end_id="other")
    bank.statement(("-100.00", {"e2e": "PAY-77"}))
    assert bank.run().matched == {MatchPass.REFERENCE: 1}
    assert bank.states() == [
        ("OURS", "-100.00", "MATCHED"),
        ("OURS", "-100.00", "UNMATCHED_OURS"),
        ("THEIRS", "-100.00", "MATCHED"),
    ]
    (event,) = published("ledger.entries_matched")
    matched = ReconciliationItem.objects.get(side="OURS", state="MATCHED")
    assert event.data["matches"][0]["journals"] == [Journal.objects.get(pk=matched.journal_id).public_id]


def test_a_reference_in_the_banks_text_is_found(bank):
    bank.post("25.00", reference="FLW-7K2Q")
    content = bank.file(("25.00", {"e2e": "NOTPROVIDED"})).replace(
        b"</TxDtls>", b"<RmtInf><Ustrd>my top-up flw-7k2q thanks</Ustrd></RmtInf></TxDtls>"
    )
    bank_statements.take_in(content=content, name="s.xml", actor=ACTOR, at=clock.now())
    assert bank.run().matched == {MatchPass.REFERENCE: 1}


def test_running_again_changes_nothing(bank):
    bank.post("-100.00", end_to_end_id="E-1")
    bank.post("-8.00"), bank.post("-8.00"), bank.post("-9.00", end_to_end_id="E-9")
    bank.statement(("-100.00", {"e2e": "E-1"}), ("-8.00",), ("-9.00", {"e2e": "E-8"}), ("-55.00",))
    first = bank.run()
    before = list(ReconciliationItem.objects.order_by("id").values_list()), list(Break.objects.order_by("id").values_list())
    events = Event.objects.count(), Record.objects.count()
    again = bank.run()
    assert first.has_changed and not again.has_changed and again.states == first.states
    assert (
        list(ReconciliationItem.objects.order_by("id").values_list()),
        list(Break.objects.order_by("id").values_list()),
    ) == before
    assert (Event.objects.count(), Record.objects.count()) == events


def test_twins_are_ambiguous_with_their_candidates_and_never_the_first_that_fits(bank):
    bank.post("-8.00"), bank.post("-8.00")
    bank.statement(("-8.00",))
    assert bank.run().matched == {}
    items = {item.pk: item for item in ReconciliationItem.objects.all()}
    assert {item.state for item in items.values()} == {ItemState.AMBIGUOUS}
    line = next(item for item in items.values() if item.side == "THEIRS")
    assert sorted(line.candidates) == sorted(pk for pk, item in items.items() if item.side == "OURS")
    assert Break.objects.get(item=line).type == BreakType.AMBIGUOUS


def test_a_difference_within_the_tolerance_is_booked_to_the_named_account(bank):
    bank.post("-100.00", end_to_end_id="E-1")
    bank.statement(("-100.30", {"e2e": "E-1"}))
    assert bank.run().matched == {MatchPass.TOLERANCE: 1}
    (match,) = bank.live()
    assert match.difference == Decimal("-0.30")
    assert bank.states() == [
        ("OURS", "-0.30", "MATCHED_WITH_DIFFERENCE"),
        ("OURS", "-100.00", "MATCHED_WITH_DIFFERENCE"),
        ("THEIRS", "-100.30", "MATCHED_WITH_DIFFERENCE"),
    ]
    costs = Entry.objects.get(journal_id=match.difference_journal_id, side="DEBIT")
    assert (costs.account.code, costs.amount, costs.effective_on) == (charts.PROVIDER_COSTS, Decimal("0.30"), DAY)
    proof = questions.proof(bank_account=bank.account, on=DAY)
    assert (proof.bank_balance, proof.books_balance, proof.is_proven) == (Decimal("-100.30"), Decimal("-100.30"), True)


def test_a_difference_beyond_the_tolerance_is_suggested_and_not_booked(bank):
    bank.post("-100.00", end_to_end_id="E-1")
    bank.statement(("-101.00", {"e2e": "E-1"}))
    assert bank.run().suggested == 1
    assert {state for *_, state in bank.states()} == {"SUGGESTED"}
    suggestion = Match.objects.get(state=MatchState.SUGGESTED)
    with pytest.raises(errors.SidesDiffer):
        matches.accept(match_id=suggestion.pk, actor=ACTOR, at=clock.now())
    assert Journal.objects.filter(kind="reconciliation_difference").count() == 0


def test_batches_split_lines_and_details_are_matched_as_wholes(bank):
    for amount in ("-10.00", "-20.00", "-30.00"):
        bank.post(amount, batch="B-1")
    bank.post("-99.00", end_to_end_id="SPLIT")
    for n, amount in enumerate(("5.00", "6.00"), 1):
        bank.post(amount, end_to_end_id=f"D-{n}")
    bank.statement(
        ("-60.00", {"batch": "B-1"}),
        ("-90.00", {"e2e": "SPLIT"}),
        ("-9.00", {"e2e": "SPLIT"}),
        ("11.00", {"details": [("5.00", "D-1"), ("6.00", "D-2")]}),
    )
    assert bank.run().matched == {MatchPass.BATCH: 1, MatchPass.REFERENCE_SUM: 1, MatchPass.DETAILS: 1}
    assert {state for *_, state in bank.states()} == {"MATCHED"}


def test_a_notice_lends_its_payments_to_the_line_of_the_statement(bank):
    bank.post("5.00", end_to_end_id="D-1"), bank.post("6.00", end_to_end_id="D-2")
    notice = files.camt053(
        kind="camt.054",
        opening="0",
        closing="0",
        entries=[files.entry("11.00", "CRDT", details=[("5.00", "D-1"), ("6.00", "D-2")])],
    )
    bank_statements.take_in(content=notice, name="n.xml", actor=ACTOR, at=clock.now())
    assert ReconciliationItem.objects.filter(side="THEIRS").count() == 0
    bank.statement(("11.00",))
    assert bank.run().matched == {MatchPass.DETAILS: 1}
    assert ReconciliationItem.objects.filter(side="THEIRS").count() == 1


def test_a_line_twice_is_matched_once_and_the_other_is_a_duplicate_for_good(bank):
    bank.post("-40.00", end_to_end_id="E-1")
    bank.post("-40.00")  # the duplicate must not swallow it
    bank.statement(("-40.00", {"e2e": "E-1"}), ("-40.00", {"e2e": "E-1"}))
    assert bank.run().matched == {MatchPass.REFERENCE: 1}
    assert Break.objects.get().type == BreakType.DUPLICATE_THEIRS
    assert not bank.run().has_changed
    bank.statement(("-40.00", {"e2e": "E-1"}), on=DAY + timedelta(days=1))
    bank.run()
    assert sorted(Break.objects.filter(side="THEIRS").values_list("type", flat=True)) == ["DUPLICATE_THEIRS"] * 2


def test_an_entry_is_in_transit_until_the_bank_should_have_shown_it(bank):
    bank.post("-40.00", end_to_end_id="E-1")
    bank.statement(("1.00",))
    bank.run()
    assert Break.objects.filter(side="OURS").count() == 0
    bank.statement(("1.00",), on=DAY + timedelta(days=3))
    bank.run()
    assert Break.objects.get(side="OURS").type == BreakType.MISSING_THEIRS
    bank.statement(("-40.00", {"e2e": "E-1"}), on=DAY + timedelta(days=4))
    bank.run()
    closed = Break.objects.get(side="OURS")
    assert (closed.state, closed.resolution) == (BreakState.CLOSED, ItemState.MATCHED)
    assert [event.data["resolution"] for event in published("ledger.break.closed")] == ["MATCHED"]


def test_a_reversal_that_the_bank_never_saw_cancels_its_original(bank):
    posted = bank.post("-40.00", end_to_end_id="E-1")
    journals.reverse(book_id=bank.book.pk, journal_id=posted.journal_id, actor=ACTOR, reason="void")
    bank.statement(("1.00",))
    assert bank.run().matched == {}
    bank.statement(("1.00",), on=DAY + timedelta(days=3))
    assert bank.run().matched == {MatchPass.REVERSAL: 1}


def test_two_books_on_one_bank_account_are_proven_by_their_sum(book):
    from ledger.services import books
    from ledger.tests.conftest import new_partner

    other = books.create(partner=new_partner("Other"), actor=ACTOR, at=clock.now(), opened_on=date(2020, 1, 1))
    bank = Bank(book)
    nostro = cash(other, "EUR")
    bank_accounts.add_member(bank_account_id=bank.account.pk, account_id=nostro.pk, actor=ACTOR, at=clock.now())
    bank.post("100.00", end_to_end_id="E-1")
    second = accounts.system_account(book_id=other.pk, line=charts.CLEARING_IN, currency="EUR", actor=ACTOR, at=clock.now())
    value = Money("50.00", "EUR")
    journals.post(
        book_id=other.pk, kind="deposit", actor=ACTOR, effective_on=DAY, metadata={"end_to_end_id": "E-2"},
        legs=[Leg(nostro.pk, "DEBIT", value), Leg(second.pk, "CREDIT", value)],
    )  # fmt: skip
    bank.statement(("100.00", {"e2e": "E-1"}), ("49.90", {"e2e": "E-2"}))
    bank.run()
    proof = questions.proof(bank_account=bank.account, on=DAY)
    assert (proof.bank_balance, proof.books_balance, proof.is_proven) == (Decimal("149.90"), Decimal("149.90"), True)
    assert balances.as_of(account_ids=[nostro.pk])[nostro.pk].natural("DEBIT") == Decimal("49.90")  # the difference is its book's
    with pytest.raises(errors.AccountAlreadyReconciled):
        bank_accounts.declare(code="x", account_ids=[nostro.pk], starts_on=DAY, actor=ACTOR, at=clock.now())


# -- the proof of a day ---------------------------------------------------------------------------------------------------------


def test_the_proof_names_what_is_missing_and_every_cent_of_the_difference(bank):
    bank.post("100.00", end_to_end_id="E-1"), bank.post("-7.00", end_to_end_id="E-7")
    assert questions.proof(bank_account=bank.account, on=DAY).missing == (f"There is no statement for {DAY}.", "unexplained")[:1]
    bank.statement(("100.00", {"e2e": "E-1"}), ("3.00", {"e2e": "X"}))
    assert any("have not been reconciled" in text for text in questions.proof(bank_account=bank.account, on=DAY).missing)
    bank.run()
    proof = questions.proof(bank_account=bank.account, on=DAY)
    assert (proof.bank_balance, proof.books_balance, proof.difference) == (Decimal("103.00"), Decimal("93.00"), Decimal("10.00"))
    assert (proof.open_theirs, proof.open_ours, proof.unexplained) == (Decimal("3.00"), Decimal("-7.00"), Decimal(0))
    assert proof.missing == ("1 break has no owner.",)
    user, person = staff("ada@example.com", "FINANCE")
    breaks.take(break_id=Break.objects.get().pk, actor=person, at=clock.now())
    assert questions.proof(bank_account=bank.account, on=DAY).is_proven
    # A posting into the proven day takes the proof away until it is reconciled.
    bank.post("1.00", end_to_end_id="E-2")
    assert not questions.proof(bank_account=bank.account, on=DAY).is_proven
    bank.run()
    assert questions.proof(bank_account=bank.account, on=DAY).is_proven


def test_a_past_day_is_proven_as_it_was_then(bank):
    bank.post("-7.00", end_to_end_id="E-7")
    bank.statement(("3.00", {"e2e": "X"}))
    bank.run()
    next_day = DAY + timedelta(days=1)
    bank.post("3.00", on=next_day, end_to_end_id="X")
    bank.statement(("-7.00", {"e2e": "E-7"}), on=next_day)
    bank.run()
    assert {state for *_, state in bank.states()} == {"MATCHED"}
    then, now = (questions.proof(bank_account=bank.account, on=day) for day in (DAY, next_day))
    assert (then.difference, then.open_theirs, then.open_ours, then.unexplained) == (
        Decimal("10.00"),
        Decimal("3.00"),
        Decimal("-7.00"),
        Decimal(0),
    )
    assert (now.difference, now.open_theirs, now.open_ours, now.is_proven) == (Decimal(0), Decimal(0), Decimal(0), True)


def test_weekends_need_no_statement_and_days_between_two_statements_are_covered(bank):
    friday, saturday, monday = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 9)
    bank.statement(on=friday, sequence=1)
    assert questions.proof(bank_account=bank.account, on=friday).is_proven
    assert questions.proof(bank_account=bank.account, on=saturday).is_proven
    assert not questions.proof(bank_account=bank.account, on=saturday, is_banking_day=True).is_proven
    assert not questions.proof(bank_account=bank.account, on=monday).is_proven
    assert questions.proof(bank_account=bank.account, on=monday, is_banking_day=False).is_proven
    bank.statement(on=monday)
    assert questions.proof(bank_account=bank.account, on=saturday, is_banking_day=True).is_proven


@pytest.mark.django_db(transaction=True)
def test_money_from_before_the_first_statement_is_a_break_of_its_own(book):
    nostro = cash(book, "EUR")
    clearing = accounts.system_account(book_id=book.pk, line=charts.CLEARING_OUT, currency="EUR", actor=ACTOR, at=clock.now())
    value = Money("500.00", "EUR")
    journals.post(
        book_id=book.pk,
        kind="old",
        actor=ACTOR,
        effective_on=DAY - timedelta(days=9),
        legs=[Leg(nostro.pk, "DEBIT", value), Leg(clearing.pk, "CREDIT", value)],
    )
    bank = Bank(book)
    bank.statement(opening="512.00")
    bank.run()
    opened = Break.objects.get()
    assert (opened.type, opened.amount) == (BreakType.OPENING_DIFFERENCE, Decimal("12.00"))
    proof = questions.proof(bank_account=bank.account, on=DAY)
    assert (proof.difference, proof.opening_difference, proof.unexplained) == (Decimal("12.00"), Decimal("12.00"), Decimal(0))
    # What is booked into the time before is no part of the opening: it is reconciled like anything else.
    journals.post(
        book_id=book.pk,
        kind="late",
        actor=ACTOR,
        effective_on=DAY - timedelta(days=9),
        legs=[Leg(nostro.pk, "DEBIT", value), Leg(clearing.pk, "CREDIT", value)],
    )
    bank.run()
    assert ReconciliationItem.objects.get().dated_on == DAY - timedelta(days=9)
    assert questions.proof(bank_account=bank.account, on=DAY).unexplained == 0
    with pytest.raises(errors.ItemNotOpen):
        write_offs.submit(break_id=opened.pk, reason="old", actor=ACTOR, at=clock.now())


# -- people ---------------------------------------------------------------------------------------------------------------------


def items(**where):
    return list(ReconciliationItem.objects.filter(**where).order_by("id").values_list("pk", flat=True))


def test_a_person_matches_what_is_ambiguous_and_can_take_it_back(bank, at):
    bank.post("-8.00"), bank.post("-8.00")
    bank.statement(("-8.00",))
    bank.run()
    (line,) = items(side="THEIRS")
    match = matches.make(
        bank_account_id=bank.account.pk, item_ids=[line, items(side="OURS")[0]], reason="paper", actor=ACTOR, at=at
    )
    assert (match.found_by, match.reason) == (MatchPass.MANUAL, "paper")
    bank.run()
    assert sorted(state for *_, state in bank.states()) == ["MATCHED", "MATCHED", "UNMATCHED_OURS"]
    with pytest.raises(errors.ItemNotOpen):
        matches.make(bank_account_id=bank.account.pk, item_ids=[line, items(side="OURS")[1]], reason="again", actor=ACTOR, at=at)
    undone = matches.undo(match_id=match.pk, reason="wrong one", actor=ACTOR, at=at)
    assert (undone.state, undone.undone_reason) == (MatchState.UNDONE, "wrong one")
    assert len(published("ledger.entries_unmatched")) == 1
    with pytest.raises(IllegalMove):
        matches.undo(match_id=match.pk, reason="again", actor=ACTOR, at=at)


def test_what_a_person_has_taken_back_is_not_matched_again_by_the_next_run(bank, at):
    bank.post("-40.00", end_to_end_id="E-1")
    bank.statement(("-40.20", {"e2e": "E-1"}))
    bank.run()
    undone = matches.undo(match_id=bank.live()[0].pk, reason="not ours", actor=ACTOR, at=at)
    # The booked difference is taken back, and the two cancel each other out.
    assert balances.as_of(account_ids=[bank.nostro.pk])[bank.nostro.pk].natural("DEBIT") == Decimal("-40.00")
    assert undone.difference_journal_id and Journal.objects.filter(reverses_id=undone.difference_journal_id).count() == 1
    bank.run()
    assert sorted(bank.states()) == [
        ("OURS", "-0.20", "MATCHED"),
        ("OURS", "-40.00", "UNMATCHED_OURS"),
        ("OURS", "0.20", "MATCHED"),
        ("THEIRS", "-40.20", "UNMATCHED_THEIRS"),
    ]
    assert questions.proof(bank_account=bank.account, on=DAY).unexplained == 0


def test_sides_that_differ_are_refused_by_hand_too_and_one_side_may_cancel_itself_out(bank, at):
    bank.post("-8.00", end_to_end_id="A")
    bank.statement(("-9.00", {"e2e": "B"}), ("9.00", {"e2e": "C"}))
    bank.run()
    minus, plus = items(side="THEIRS")
    make = {"bank_account_id": bank.account.pk, "actor": ACTOR, "at": at}
    with pytest.raises(errors.SidesDiffer):
        matches.make(item_ids=[minus, *items(side="OURS")], reason="no", **make)
    with pytest.raises(Invalid):
        matches.make(item_ids=[minus, plus], reason=" ", **make)
    matches.make(item_ids=[minus, plus], reason="the bank took it back", **make)
    assert Break.objects.filter(side="THEIRS", state="CLOSED").count() == 2


def test_a_break_is_owned_remarked_explained_reopened(bank, at):
    user, person = staff("ada@example.com", "FINANCE")
    bank.statement(("-9.00", {"e2e": "B"}))
    bank.run()
    row = Break.objects.get()
    breaks.remark(break_id=row.pk, text="asked the bank", actor=person, at=at)
    with pytest.raises(Invalid):
        breaks.take(break_id=row.pk, actor=ACTOR, at=at)
    with pytest.raises(Invalid):
        breaks.explain(break_id=row.pk, reason="  ", actor=person, at=at)
    explained = breaks.explain(break_id=row.pk, reason="fee, invoice follows", actor=person, at=at)
    assert (explained.state, explained.owner, explained.item.amount) == (BreakState.EXPLAINED, user, Decimal("-9.00"))
    bank.run()
    assert bank.states() == [("THEIRS", "-9.00", "EXPLAINED")]
    assert questions.proof(bank_account=bank.account, on=DAY).is_proven
    breaks.reopen(break_id=row.pk, reason="it does not", actor=person, at=at)
    assert bank.states() == [("THEIRS", "-9.00", "UNMATCHED_THEIRS")]
    breaks.explain(break_id=row.pk, reason="it does", actor=person, at=at)
    bank.post("-9.00", end_to_end_id="B")
    bank.run()
    row.refresh_from_db()
    assert (row.state, row.resolution) == (BreakState.CLOSED, ItemState.MATCHED)
    with pytest.raises(IllegalMove):
        breaks.assign(break_id=row.pk, owner=user, actor=person, at=at)
    actions = list(Record.objects.filter(target=row.public_id).order_by("id").values_list("action", flat=True))
    assert actions == [
        "ledger.break.opened",
        "ledger.break.remarked",
        "ledger.break.explained",
        "ledger.break.reopened",
        "ledger.break.explained",
        "ledger.break.closed",
    ]


@pytest.mark.parametrize(("amount", "side"), [("-9.00", "THEIRS"), ("9.00", "THEIRS"), ("-9.00", "OURS"), ("9.00", "OURS")])
def test_a_write_off_takes_two_people_and_puts_books_and_bank_in_line(bank, at, amount, side):
    _, maker = staff("ada@example.com", "OPERATIONS")
    _, checker = staff("bob@example.com", "FINANCE")
    if side == "THEIRS":
        bank.statement((amount, {"e2e": "B"}), on=DAY)
    else:
        bank.post(amount, end_to_end_id="B")
        bank.statement(on=DAY + timedelta(days=5))
    bank.run()
    row = Break.objects.get()
    approval = write_offs.submit(break_id=row.pk, reason="too small to chase", actor=maker, at=at)
    assert bank.live() == []
    with pytest.raises(Exception, match="another"):
        requests.approve(approval_id=approval.pk, actor=maker, at=at)
    requests.approve(approval_id=approval.pk, actor=checker, at=at)
    row.refresh_from_db()
    assert (row.state, row.resolution, row.reason) == (BreakState.CLOSED, ItemState.WRITTEN_OFF, "too small to chase")
    assert {state for *_, state in bank.states()} == {"WRITTEN_OFF"}
    today = clock.day_of(clock.now(), zone="UTC")
    assert questions.proof(bank_account=bank.account, on=today, is_banking_day=False).difference == 0
    (match,) = bank.live()
    with pytest.raises(errors.MatchNotUndoable):
        matches.undo(match_id=match.pk, reason="no", actor=checker, at=at)
    with pytest.raises(NotFound):
        matches.accept(match_id=match.pk, actor=checker, at=at)


def test_a_write_off_of_what_was_matched_meanwhile_ends_without_effect(bank, at):
    _, maker = staff("ada@example.com", "OPERATIONS")
    _, checker = staff("bob@example.com", "FINANCE")
    bank.statement(("-9.00", {"e2e": "B"}))
    bank.run()
    approval = write_offs.submit(break_id=Break.objects.get().pk, reason="small", actor=maker, at=at)
    bank.post("-9.00", end_to_end_id="B")
    bank.run()
    assert requests.approve(approval_id=approval.pk, actor=checker, at=at).status == "FAILED"
    assert Journal.objects.filter(kind="write_off").count() == 0


def test_a_suggestion_is_accepted(bank, at):
    bank.post("-9.00", end_to_end_id="A", on=DAY)
    bank.statement(("-9.00", {"e2e": "B"}))
    assert bank.run().suggested == 1
    suggestion = Match.objects.get()
    made = matches.accept(match_id=suggestion.pk, actor=ACTOR, at=at)
    assert {state for *_, state in bank.states()} == {"MATCHED"}
    assert made.reason == suggestion.reason and not Match.objects.filter(state=MatchState.SUGGESTED).exists()


def test_a_bank_account_is_declared_with_rules_that_make_sense(bank, at):
    declared = {"account_ids": [bank.clearing.pk], "starts_on": DAY, "actor": ACTOR, "at": at}
    for wrong, refusal in [
        ({"code": "main"}, errors.BankAccountCodeTaken),
        ({"code": "b", "identification": "DE02 1203 0000 0000 2020 51"}, errors.BankAccountCodeTaken),
        ({"code": ""}, Invalid),
        ({"code": "b", "tolerance_amount": Decimal("0.001")}, Invalid),
        ({"code": "b", "tolerance_percent": Decimal(101)}, Invalid),
        ({"code": "b", "window_days": 61}, Invalid),
        ({"code": "b", "tolerance_line": "9999"}, errors.UnknownChartLine),
        ({"code": "b", "account_ids": []}, errors.AccountNotFound),
        ({"code": "b", "account_ids": [bank.clearing.pk, cash(bank.book, "USD").pk]}, errors.CurrencyMismatch),
    ]:
        with pytest.raises(refusal):
            bank_accounts.declare(**{**declared, **wrong})
    rules = {
        name: getattr(bank.account, name)
        for name in ("window_days", "transit_days", "tolerance_amount", "tolerance_percent", "tolerance_line", "write_off_line")
    }
    changed = bank_accounts.change(
        bank_account_id=bank.account.pk, **{**rules, "transit_days": 5}, has_weekend_statements=True, actor=ACTOR, at=at
    )
    assert (changed.transit_days, changed.has_weekend_statements) == (5, True)


# -- a whole day ----------------------------------------------------------------------------------------------------------------


def test_a_planted_day_is_classified_whole_through_file_and_database_and_proven(bank):
    day = planted_day.planted(300, seed=7)
    planted_books.post(day, nostro=bank.nostro, against=bank.clearing)
    content = planted_books.file(day, account=IBAN)
    bank_statements.take_in(content=content, name="day.xml", actor=ACTOR, at=clock.now())
    bank.run()
    assert planted_books.wrong(day, bank_account=bank.account) == []
    assert not bank.run().has_changed
    proof = questions.proof(bank_account=bank.account, on=DAY)
    assert (proof.unexplained, proof.breaks_open) == (Decimal(0), proof.breaks_without_owner)
    states = questions.states_of_day(bank_account=bank.account, first=DAY, last=DAY)
    assert sum(states.values()) == ReconciliationItem.objects.count()


def test_a_partner_sees_bank_accounts_that_are_its_own_and_none_that_it_shares(bank):
    from ledger.services import books
    from ledger.tests.conftest import new_partner

    assert list(questions.owned_by_book(book_id=bank.book.pk)) == [bank.account]
    other = books.create(partner=new_partner("Other"), actor=ACTOR, at=clock.now(), opened_on=date(2020, 1, 1))
    assert list(questions.owned_by_book(book_id=other.pk)) == []
    bank_accounts.add_member(bank_account_id=bank.account.pk, account_id=cash(other, "EUR").pk, actor=ACTOR, at=clock.now())
    assert list(questions.owned_by_book(book_id=bank.book.pk)) == list(questions.owned_by_book(book_id=other.pk)) == []
    assert list(questions.of_book(book_id=other.pk)) == [bank.account]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_match_once(bank):
    bank.post("-40.00", end_to_end_id="E-1")
    bank.statement(("-40.00", {"e2e": "E-1"}), ("-9.00", {"e2e": "B"}))

    def run(_):
        try:
            return sum(bank.run().matched.values())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == [0, 0, 0, 1]
    assert (Match.objects.count(), Break.objects.count()) == (1, 1)
    assert len(published("ledger.entries_matched")) == 1
