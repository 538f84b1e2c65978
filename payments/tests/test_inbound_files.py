"""What banks answer to our files: money back once, accounts corrected, and nothing that they say is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts.choices import Role
from accounts.errors import ReasonMissing
from accounts.models import User
from flowlet.audit.models import Record
from flowlet.core.errors import DomainError
from flowlet.core.states import IllegalMove
from flowlet.vault import columns
from ledger.models import Entry
from payments import errors
from payments.choices import (
    AttemptStatus,
    BatchStatus,
    ExternalAccountStatus,
    InboundState,
    MandateStatus,
    PaymentKind,
    PaymentStatus,
    Rail,
)
from payments.models import AccountVerification, ExternalAccount, InboundFile, InboundItem, Payment
from payments.providers import nacha
from payments.selectors.external_accounts import details_of
from payments.selectors.return_rates import ach_return_rates
from payments.services import bank_answers, files, inbound_files, outcomes, prenotes, settlement
from payments.states import INBOUND_ITEM_MOVES
from payments.tests.test_files import collect, paid_by, sepa_mandate
from payments.tests.world import STAFF, books_are_sound, fresh_world
from wallets.services import wallets

D, K, S = Decimal, PaymentKind, PaymentStatus
I = InboundState  # noqa: E741


@pytest.fixture
def world(db):
    return fresh_world()


def run(world):
    done = settlement.run(at=world.at, actor=STAFF, early=True)
    assert done.refusals == []
    return done.built


def take(world, content, **options):
    return inbound_files.take(name="answer", content=content, actor=STAFF, at=world.at, **options)


def handle(world, file):
    return inbound_files.handle(file_id=file.pk, actor=STAFF, at=world.at)


def heard(world, content):
    file = take(world, content)
    return handle(world, file)


def asked(batch):
    return nacha.read(files.content_of(batch)).checked()


def trace_of(payment):
    payment.refresh_from_db()
    return files.trace_of(files.identity_of(rail="ach", partner_id=payment.partner_id)["odfi"], payment)


def returns(world, batch, *answers, **options):
    """A return file: (payment, code) each."""
    return nacha.sandbox_write_returns(
        original=asked(batch),
        answers=[nacha.SandboxReturn(trace=trace_of(payment), reason=code) for payment, code in answers],
        created_on=world.at.date(),
        **options,
    )


def changes(world, batch, payment, **values):
    return nacha.sandbox_write_changes(
        original=asked(batch),
        answers=[nacha.SandboxChange(trace=trace_of(payment), correction=nacha.Correction(**values))],
        created_on=world.at.date(),
    )


def pain_002(*, message="", status="", groups=(), payments=()):
    """A status report; ``groups`` are (id, status), ``payments`` (reference, status, reason)."""
    parts = [
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>',
        "<GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-11-22T12:00:00Z</CreDtTm></GrpHdr>",
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>",
        f"<GrpSts>{status}</GrpSts>" if status else "",
        "<StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>" if status == "RJCT" else "",
        "</OrgnlGrpInfAndSts>",
    ]
    for name, said in groups:
        parts.append(f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{name}</OrgnlPmtInfId><PmtInfSts>{said}</PmtInfSts></OrgnlPmtInfAndSts>")
    if payments:
        parts.append("<OrgnlPmtInfAndSts><OrgnlPmtInfId>x</OrgnlPmtInfId>")
        for reference, said, reason in payments:
            parts.append(f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{said}</TxSts>")
            parts.append(f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf></TxInfAndSts>" if reason else "</TxInfAndSts>")
        parts.append("</OrgnlPmtInfAndSts>")
    return "".join([*parts, "</CstmrPmtStsRpt></Document>"]).encode()


def pacs_002(reference, status, *, reason=""):
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt><GrpHdr><MsgId>F-1</MsgId>'
        "<CreDtTm>2026-11-22T12:00:00Z</CreDtTm></GrpHdr><TxInfAndSts>"
        f"<OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>{why}</TxInfAndSts></FIToFIPmtStsRpt></Document>"
    ).encode()


def pacs_004(reference, amount, currency, reason):
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.10"><PmtRtr><GrpHdr><MsgId>F-2</MsgId>'
        "<CreDtTm>2026-11-22T12:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs></GrpHdr><TxInf><RtrId>R-1</RtrId>"
        f'<OrgnlEndToEndId>{reference}</OrgnlEndToEndId><RtrdIntrBkSttlmAmt Ccy="{currency}">{amount}</RtrdIntrBkSttlmAmt>'
        f"<RtrRsnInf><Rsn><Cd>{reason}</Cd></Rsn></RtrRsnInf></TxInf></PmtRtr></Document>"
    ).encode()


def items():
    return list(InboundItem.objects.order_by("file_id", "ordinal").values_list("state", "code", "reason_code"))


# ACH returns


def test_a_returned_payment_gives_the_wallet_its_money_back(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    [batch] = run(world)
    assert world.funds(wallet) == (D(70), D(0))
    assert heard(world, returns(world, batch, (payment, "R03"))) == inbound_files.Tally(handled=1)
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code, payment.reason) == (S.RETURNED, "R03", nacha.RETURN_CODES["R03"].title)
    assert world.funds(wallet) == (D(100), D(0))
    account = ExternalAccount.objects.get()
    assert (account.status, account.return_streak, account.last_return_code) == (ExternalAccountStatus.BLOCKED, 1, "R03")
    assert InboundItem.objects.get().payment == payment
    books_are_sound()


def test_a_return_of_insufficient_funds_counts_and_blocks_nothing(world):
    payment, account = ach_collection(world)
    [batch] = run(world)
    heard(world, returns(world, batch, (payment, "R01")))
    account.refresh_from_db()
    assert (account.status, account.return_streak) == (ExternalAccountStatus.ACTIVE, 1)
    payment.mandate.refresh_from_db()
    assert payment.mandate.status == MandateStatus.ACTIVE


def test_a_debit_that_was_not_authorized_ends_its_mandate(world):
    payment, account = ach_collection(world)
    [batch] = run(world)
    world.act(outcomes.settle, payment)
    assert world.funds(payment.wallet) == (D(12), D(0))
    heard(world, returns(world, batch, (payment, "R10")))
    payment.mandate.refresh_from_db()
    account.refresh_from_db()
    assert (payment.mandate.status, account.return_streak) == (MandateStatus.REVOKED, 1)
    assert world.funds(payment.wallet) == (D(0), D(0))
    books_are_sound()


def ach_collection(world, wallet=None, amount="12.00"):
    wallet = wallet or world.wallet()
    account = world.bank(wallet, relation="OWN", holder_kind="PERSON")
    made = world.pay(wallet, amount, kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk)
    return made, account


def test_a_return_of_what_was_spent_is_owed_by_the_customer(world):
    payment, _ = ach_collection(world)
    [batch] = run(world)
    world.act(outcomes.settle, payment)
    world.pay(payment.wallet, "10.00", to=world.bank(payment.wallet))
    run(world)
    heard(world, returns(world, batch, (payment, "R01")))
    assert world.funds(payment.wallet) == (D(0), D(0))
    move = payment.moves.order_by("-ordinal").first()
    assert D(move.details["owed"]) == D(10)
    books_are_sound()


def test_a_return_to_a_wallet_that_was_closed_goes_to_suspense(world):
    wallet = world.wallet("30.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    [batch] = run(world)
    wallets.close(wallet_id=wallet.pk, partner_id=world.partner.pk, reason="moved", actor=STAFF, at=world.at)
    assert heard(world, returns(world, batch, (payment, "R03"))).handled == 1
    payment.refresh_from_db()
    assert payment.status == S.RETURNED
    assert payment.moves.order_by("-ordinal").first().details == {"in_suspense": True}
    books_are_sound()


def test_of_a_thousand_items_one_bad_one_stops_nothing(world, monkeypatch):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    ours = [world.pay(wallet, "1.00", to=account) for _ in range(100)]
    [batch] = run(world)
    assert world.funds(wallet) == (D(0), D(0))
    file = take(world, with_strangers(returns(world, batch, *((payment, "R24") for payment in ours)), 900))
    bad, book = ours[50].pk, bank_answers.book

    def refuse_one(told, about, **options):
        if about.payment.pk == bad:
            raise DomainError("out of order")
        return book(told, about, **options)

    with monkeypatch.context() as patch:
        patch.setattr(bank_answers, "book", refuse_one)
        assert handle(world, file) == inbound_files.Tally(handled=99, refused=1, unmatched=900)
    assert world.funds(wallet) == (D(99), D(0))
    assert handle(world, file) == inbound_files.Tally(handled=100, unmatched=900)
    assert world.funds(wallet) == (D(100), D(0))
    assert Payment.objects.filter(status=S.RETURNED).count() == 100
    books_are_sound()


def with_strangers(content, count):
    """The return file with as many further returns, of entries that nobody here has sent."""
    file = nacha.read(content).checked()
    [batch] = file.batches
    last = batch.entries[-1]
    strangers = []
    for number in range(1, count + 1):
        trace = nacha.trace_number(odfi=last.trace[:8], number=int(last.trace[8:]) + number)
        said = replace(last.returned, original_trace=f"99999999{number:07d}", trace=trace)
        strangers.append(replace(last, trace=trace, addenda=(said,)))
    return nacha.compose(file=replace(file, batches=(replace(batch, entries=(*batch.entries, *strangers)),)))


def test_an_interrupted_run_is_finished_by_another(world, monkeypatch):
    wallet = world.wallet("100.00")
    made = [world.pay(wallet, "10.00", to=world.bank(wallet)) for _ in range(3)]
    [batch] = run(world)
    file = take(world, returns(world, batch, *((payment, "R03") for payment in made)))

    def die(told, about, **options):
        if about.payment.pk == made[1].pk:
            raise KeyboardInterrupt
        return book(told, about, **options)

    book = bank_answers.book
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(bank_answers, "book", die)
        handle(world, file)
    assert inbound_files.tally(file) == inbound_files.Tally(handled=1, pending=2)
    before = Entry.objects.count()
    assert handle(world, file) == inbound_files.Tally(handled=3)
    assert Entry.objects.count() == before + 2 * 2
    assert handle(world, file) == inbound_files.Tally(handled=3)
    assert Entry.objects.count() == before + 2 * 2


def test_the_same_file_is_taken_once(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    content = returns(world, batch, (payment, "R03"))
    file = take(world, content)
    with pytest.raises(errors.InboundFileKnown) as refusal:
        take(world, content)
    assert refusal.value.details["file"] == file.public_id
    assert InboundFile.objects.count() == 1


def test_a_return_told_by_two_files_is_booked_once_and_looked_at(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    heard(world, returns(world, batch, (payment, "R03")))
    assert heard(world, returns(world, batch, (payment, "R03"), modifier="B")).refused == 1
    assert items()[1] == (I.REFUSED, "R03", "payments.inbound_repeated")
    assert world.funds(wallet) == (D(100), D(0))
    assert ExternalAccount.objects.get().return_streak == 1


def test_what_officers_booked_before_the_file_came_is_handled_without_booking(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    world.act(outcomes.return_, payment, reason_code="R03")
    assert heard(world, returns(world, batch, (payment, "R03"))).handled == 1
    assert world.funds(wallet) == (D(100), D(0))


def test_a_trace_number_of_nobody_waits_and_is_found_when_it_is_known(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    content = returns(world, batch, (payment, "R03"))
    other = content.replace(trace_of(payment).encode(), b"99999999" + payment.trace.encode())
    assert other != content
    assert heard(world, other) == inbound_files.Tally(unmatched=1)
    assert items() == [(I.UNMATCHED, "R03", "payments.inbound_unmatched")]
    payment.refresh_from_db()
    assert payment.status == S.SUBMITTED


def test_a_return_of_another_amount_is_refused_and_books_nothing(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    content = (
        returns(world, batch, (payment, "R03")).replace(b"0000001000", b"0000000900").replace(b"000000001000", b"000000000900")
    )
    assert heard(world, content).refused == 1
    assert items() == [(I.REFUSED, "R03", "payments.amount_differs")]
    payment.refresh_from_db()
    assert payment.status == S.SUBMITTED
    assert ExternalAccount.objects.get().return_streak == 0


def test_a_file_that_breaks_the_rules_is_not_taken(world):
    with pytest.raises(nacha.FileRefused):
        take(world, b"101" + b"x" * 91 + b"\n")
    with pytest.raises(errors.InboundFileUnreadable):
        take(world, b"hello")
    assert not InboundFile.objects.exists()


def test_a_dishonored_return_takes_the_return_back_and_a_contested_one_waits_for_a_person(world):
    payment, _ = ach_collection(world)
    [batch] = run(world)
    world.act(outcomes.settle, payment)
    heard(world, returns(world, batch, (payment, "R03")))
    assert world.funds(payment.wallet) == (D(0), D(0))

    def answer(addenda, **options):
        original = nacha.read(returns(world, batch, (payment, "R03"), **options)).checked()
        [kept] = original.batches
        [entry] = kept.entries
        return nacha.compose(
            file=replace(original, batches=(replace(kept, entries=(replace(entry, addenda=(addenda(entry),)),)),))
        )

    def dishonored(entry):
        return nacha.DishonoredReturn(
            reason="R68",
            original_trace=entry.returned.original_trace,
            original_rdfi=entry.returned.original_rdfi,
            return_trace=entry.trace,
            return_settlement_date="326",
            return_reason="03",
            trace=entry.trace,
        )

    def contested(entry):
        said = dishonored(entry)
        return nacha.ContestedReturn(
            reason="R73",
            original_trace=said.original_trace,
            original_rdfi=said.original_rdfi,
            return_trace=said.return_trace,
            return_settlement_date="326",
            return_reason="03",
            dishonored_trace=entry.trace,
            dishonored_settlement_date="327",
            dishonored_reason="68",
            trace=entry.trace,
        )

    assert heard(world, answer(dishonored, modifier="C")).handled == 1
    assert world.funds(payment.wallet) == (D(12), D(0))
    assert heard(world, answer(contested, modifier="D")).refused == 1
    assert items()[-1] == (I.REFUSED, "R73", "payments.inbound_needs_person")
    assert world.funds(payment.wallet) == (D(12), D(0))
    books_are_sound()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_over_one_file_book_each_return_once(transactional_db):
    world = fresh_world()
    wallet = world.wallet("100.00")
    made = [world.pay(wallet, "5.00", to=world.bank(wallet)) for _ in range(6)]
    [batch] = run(world)
    file = take(world, returns(world, batch, *((payment, "R01") for payment in made)))
    before, gate = Entry.objects.count(), Barrier(2)

    def one_run(_):
        try:
            gate.wait()
            return handle(world, file)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert max(tally.handled for tally in pool.map(one_run, range(2))) == 6
    assert world.funds(wallet) == (D(100), D(0))
    assert Entry.objects.count() == before + 2 * 6
    assert sum(ExternalAccount.objects.values_list("return_streak", flat=True)) == 6
    books_are_sound()


# Notifications of change


def test_a_notification_of_change_corrects_the_account_and_moves_no_money(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    assert heard(world, changes(world, batch, payment, code="C01", account="998877665")).handled == 1
    account = ExternalAccount.objects.get()
    assert details_of([account])[account.pk].number == "998877665"
    payment.refresh_from_db()
    assert payment.status == S.SUBMITTED
    assert world.funds(wallet) == (D(90), D(0))
    with pytest.raises(errors.FileDiffers):
        files.rebuild(batch)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"code": "C13"}, "payments.inbound_needs_person"),
        ({"code": "C09", "identification": "4711"}, "payments.inbound_needs_person"),
        ({"code": "C05", "transaction_code": "42"}, "payments.correction_refused"),
    ],
)
def test_a_change_that_cannot_be_carried_out_waits_for_a_person(world, values, code):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    before = bytes(ExternalAccount.objects.get().personal)
    assert heard(world, changes(world, batch, payment, **values)).refused == 1
    assert items() == [(I.REFUSED, values["code"], code)]
    assert bytes(ExternalAccount.objects.get().personal) == before


def test_a_prenote_that_comes_back_fails_its_verification(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    [batch] = run(world)
    account = world.bank(wallet, relation="OWN", verified=False)
    attempt = prenotes.start(external_account_id=account.pk, actor=STAFF, at=world.at)
    AccountVerification.objects.filter(pk=attempt.pk).update(reference="123456789999999", sent_at=world.at)
    content = returns(world, batch, (payment, "R03")).replace(trace_of(payment).encode(), b"123456789999999")
    assert heard(world, content).handled == 1
    attempt.refresh_from_db()
    account.refresh_from_db()
    assert (attempt.status, account.status) == (AttemptStatus.FAILED, ExternalAccountStatus.PENDING)
    assert InboundItem.objects.get().verification == attempt


# ISO 20022


def sepa_batch(world, count=2):
    wallet = world.wallet("100.00", currency="EUR")
    made = [world.pay(wallet, "10.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True)) for _ in range(count)]
    [batch] = run(world)
    return wallet, made, batch


def test_a_rejected_file_gives_its_money_back_and_an_accepted_one_is_acknowledged(world):
    wallet, _, batch = sepa_batch(world)
    _, _, other = sepa_batch(world)
    assert heard(world, pain_002(message=f"FLW{batch.number:012d}", status="RJCT")).handled == 1
    assert heard(world, pain_002(message=f"FLW{other.number:012d}", status="ACCP")).handled == 1
    for row in (batch, other):
        row.refresh_from_db()
    assert (batch.status, other.status) == (BatchStatus.REJECTED, BatchStatus.ACKNOWLEDGED)
    assert batch.answer == "FF01: The file's form is wrong"
    assert world.funds(wallet) == (D(100), D(0))
    assert {payment.status for payment in batch.payments.all()} == {S.FAILED}
    books_are_sound()


def test_one_rejected_payment_fails_with_the_banks_reason_and_the_others_go_on(world):
    wallet, [first, second], batch = sepa_batch(world)
    content = pain_002(
        message=f"FLW{batch.number:012d}",
        status="PART",
        payments=[(first.reference, "RJCT", "AC04"), (second.reference, "ACSP", ""), ("FLW-NOBODY", "RJCT", "AC04")],
    )
    assert heard(world, content) == inbound_files.Tally(handled=3, unmatched=1)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.reason_code, first.reason) == (S.FAILED, "AC04", "The account is closed")
    assert second.status == S.SUBMITTED
    assert world.funds(wallet) == (D(90), D(0))
    first.external_account.refresh_from_db()
    assert first.external_account.status == ExternalAccountStatus.BLOCKED


def test_a_rejection_of_what_counts_as_settled_is_a_return(world):
    wallet, [payment], _ = sepa_batch(world, 1)
    world.act(outcomes.settle, payment)
    heard(world, pain_002(payments=[(payment.reference, "RJCT", "AC01")]))
    payment.refresh_from_db()
    assert payment.status == S.RETURNED
    assert world.funds(wallet) == (D(100), D(0))
    books_are_sound()


def test_a_rejected_group_of_collections_leaves_the_other_groups(world):
    wallet = world.wallet(currency="EUR")
    account = world.bank(wallet, iban=True, relation="OWN")
    often = sepa_mandate(world, account)
    first, second = (collect(world, wallet, "10.00", account, often) for _ in range(2))
    [batch] = run(world)
    assert heard(world, pain_002(message=f"FLW{batch.number:012d}", groups=[(f"{batch.number:010d}-1", "RJCT")])).handled == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (S.FAILED, S.SUBMITTED)
    assert heard(world, pain_002(message=f"FLW{batch.number:012d}", groups=[("unknown", "RJCT")])).unmatched == 1
    books_are_sound()


def test_a_status_in_no_table_is_nobodys_failure(world):
    _, [payment], batch = sepa_batch(world, 1)
    assert heard(world, pain_002(message=f"FLW{batch.number:012d}", payments=[(payment.reference, "WHAT", "")])).refused == 1
    payment.refresh_from_db()
    assert payment.status == S.SUBMITTED


def test_a_wire_is_settled_and_comes_back(world):
    payment, account = paid_by(world, Rail.WIRE)
    run(world)
    heard(world, pacs_002(payment.reference, "ACSC"))
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert heard(world, pacs_004(payment.reference, "11.00", "USD", "AC03")).refused == 1
    assert heard(world, pacs_004(payment.reference, "12.00", "USD", "AC03")).handled == 1
    payment.refresh_from_db()
    account.refresh_from_db()
    assert (payment.status, payment.reason_code, account.status) == (S.RETURNED, "AC03", ExternalAccountStatus.BLOCKED)
    assert world.funds(payment.wallet) == (D(100), D(0))
    books_are_sound()


def test_a_rejected_wire_fails(world):
    payment, _ = paid_by(world, Rail.WIRE)
    run(world)
    heard(world, pacs_002(payment.reference, "RJCT", reason="AC03"))
    payment.refresh_from_db()
    assert payment.status == S.FAILED
    assert world.funds(payment.wallet) == (D(100), D(0))


def test_a_returned_collection_ends_its_mandate(world):
    payment, _ = paid_by(world, Rail.SEPA_DD)
    run(world)
    world.act(outcomes.settle, payment)
    heard(world, pacs_004(payment.reference, "12.00", "EUR", "MD01"))
    payment.mandate.refresh_from_db()
    assert payment.mandate.status == MandateStatus.REVOKED
    assert world.funds(payment.wallet) == (D(0), D(0))
    books_are_sound()


# What is kept


def test_what_a_bank_said_cannot_be_changed_or_removed(world):
    _, [payment], batch = sepa_batch(world, 1)
    heard(world, pain_002(message=f"FLW{batch.number:012d}", payments=[(payment.reference, "RJCT", "AC04")]))
    for change in (
        lambda: InboundFile.objects.update(digest="0" * 64),
        lambda: InboundItem.objects.update(code="ACCP"),
        lambda: InboundItem.objects.update(state="PENDING", handled_at=None),
        lambda: InboundItem.objects.all()._raw_delete("default"),
        lambda: InboundFile.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(Exception, match="fixed|never removed|permission"), transaction.atomic():
            change()


def test_an_item_may_go_only_where_the_table_says(world):
    _, _, batch = sepa_batch(world, 1)
    assert set(INBOUND_ITEM_MOVES) == set(InboundState)
    heard(world, pain_002(message="FLW000000000000", status="ACCP"))
    item = InboundItem.objects.get()
    assert item.state == I.UNMATCHED
    with pytest.raises(ReasonMissing):
        inbound_files.close_item(item_id=item.pk, reason="", actor=STAFF, at=world.at)
    inbound_files.close_item(item_id=item.pk, reason="of another bank", actor=STAFF, at=world.at)
    with pytest.raises(IllegalMove):
        inbound_files.close_item(item_id=item.pk, reason="of another bank", actor=STAFF, at=world.at)
    item.refresh_from_db()
    assert (item.state, item.reason) == (I.CLOSED, "of another bank")
    batch.refresh_from_db()
    assert batch.status == BatchStatus.DELIVERED
    assert handle(world, item.file) == inbound_files.Tally(closed=1)


def test_the_content_is_sealed_and_reached_by_a_rotation_of_keys(world):
    content = pain_002(message="FLW000000000000", status="ACCP")
    file = take(world, content)
    assert b"FLW000000000000" not in bytes(InboundFile.objects.get().sealed)
    assert inbound_files.content_of(file) == content
    assert "payments_inboundfile.sealed" in {column.name for column in columns.registered()}


def test_an_item_knows_why_it_was_left_over(world):
    take(world, pain_002(message="FLW000000000000", status="ACCP"))
    with pytest.raises(IntegrityError, match="inbound_item_left_over_says_why"), transaction.atomic():
        InboundItem.objects.update(state="REFUSED", handled_at=world.at)


def test_the_return_rates_count_debits_and_returns_of_sixty_days(world):
    made = [ach_collection(world)[0] for _ in range(4)]
    wallet = world.wallet("10.00")
    out = world.pay(wallet, "5.00", to=world.bank(wallet))
    debits, credits = sorted(run(world), key=lambda batch: batch.direction)
    for payment in made:
        world.act(outcomes.settle, payment)
    heard(world, returns(world, debits, (made[0], "R10"), (made[1], "R03")))
    heard(world, returns(world, credits, (out, "R03")))
    figures = ach_return_rates(at=world.at, partner_id=world.partner.pk)
    assert [(one.level.name, one.returned, one.debits, one.is_exceeded) for one in figures] == [
        ("UNAUTHORIZED", 1, 4, True),
        ("ADMINISTRATIVE", 1, 4, True),
        ("OVERALL", 2, 4, True),
    ]
    later = ach_return_rates(at=world.at + timedelta(days=70), partner_id=world.partner.pk)
    assert [(one.returned, one.debits) for one in later] == [(0, 0)] * 3
    assert [one.debits for one in ach_return_rates(at=world.at)] == [0, 0, 0]


# The command


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_became_of_each_item(transactional_db, tmp_path, capsys):
    world = fresh_world()
    wallet = world.wallet("100.00")
    first, second = (world.pay(wallet, "10.00", to=world.bank(wallet)) for _ in range(2))
    [batch] = run(world)
    path = tmp_path / "returns.ach"
    path.write_bytes(returns(world, batch, (first, "R03"), (second, "R03")))
    call_command("import_bank_file", str(path), "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["handled"] == 2
    assert world.funds(wallet) == (D(80), D(0))
    assert not InboundFile.objects.exists()
    person = User.objects.create_user("ada@example.com", name="Ada", is_staff=True, roles=[Role.OPERATIONS])
    with pytest.raises(CommandError, match="no active member of staff"):
        call_command("import_bank_file", str(path), "--as", "nobody@example.com")
    assert not InboundFile.objects.exists()
    call_command("import_bank_file", str(path), "--json", "--as", person.email)
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["count"], told["handled"], told["left"]) == ("nacha", 2, 2, [])
    assert Record.objects.get(target=told["file"]).actor_id == person.public_id
    assert world.funds(wallet) == (D(100), D(0))
    with pytest.raises(CommandError, match=r"payments\.inbound_file_known"):
        call_command("import_bank_file", str(path))
    status = tmp_path / "status.xml"
    status.write_bytes(pain_002(message="FLW000000000000", status="ACCP"))
    for _ in range(2):  # what is left over is tried again
        with pytest.raises(SystemExit):
            call_command("import_bank_file", str(status))
        assert "1 unmatched" in capsys.readouterr().out
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_bank_file", str(tmp_path / "none"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM payments_inboundfile")
        assert cursor.fetchone() == (2,)
