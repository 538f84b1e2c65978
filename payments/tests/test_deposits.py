"""Money that comes by itself: each booking of a bank is one deposit, on the wallet that is named, or in suspense."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.choices import Role
from accounts.models import User
from flowlet.audit.models import Record
from flowlet.core import clock
from flowlet.core.money import Money
from flowlet.vault.services import subjects
from ledger.models import BankAccount, Entry
from ledger.services import accounts, bank_accounts, bank_statements, charts, reconciliation
from payments import errors
from payments.choices import InboundState, PaymentKind, PaymentStatus, Rail
from payments.models import DepositInstruction, InboundItem, Payment
from payments.policies import references
from payments.providers.iso20022 import wires
from payments.providers.iso20022.parts import Account, Agent, Remittance
from payments.providers.sandbox_statement import SandboxLine, sandbox_write_statement
from payments.services import deposit_instructions, files, inbound_files, outcomes, postings, settlement
from payments.services.deposit_instructions import references_in
from payments.tests.messages import wire
from payments.tests.test_files import collect, sepa_mandate
from payments.tests.world import KEY, STAFF, PaymentWorld, books_are_sound, fresh_world
from wallets.services import wallets
from wallets.tests.conftest import new_partner

D, K, S, I = Decimal, PaymentKind, PaymentStatus, InboundState  # noqa: E741
OURS = "DE02120300000000202051"
SEPA = "PMNT-RCDT-ESCT"


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def wallet(world):
    return world.wallet(currency="EUR")


def another():
    """Another partner."""
    return PaymentWorld(partner=new_partner(name="Other"), at=clock.now())


def declared(*worlds, currency="EUR", identification=OURS) -> BankAccount:
    """One account at a bank on which money of all these partners lies."""
    nostros = [
        accounts.system_account(
            book_id=postings.book_of(one.partner.pk), line=charts.SAFEGUARDING, currency=currency, actor=STAFF, at=one.at
        )
        for one in worlds
    ]
    return bank_accounts.declare(
        code=f"BANK-{currency}",
        identification=identification,
        account_ids=[nostro.pk for nostro in nostros],
        starts_on=max(one.partner.book.opened_on for one in worlds),
        has_weekend_statements=True,
        actor=STAFF,
        at=worlds[0].at,
    )


def instruction(world, wallet):
    return deposit_instructions.issue(wallet_id=wallet.pk, partner_id=world.partner.pk, actor=KEY, at=world.at)


def part(amount="", *, name="", e2e="", uetr="", text="", reference="", paid_to="", code="", mark="", currency="EUR", group=""):
    """One TxDtls."""
    refs = "".join(
        f"<{tag}>{value}</{tag}>"
        for tag, value in (("AcctSvcrRef", name), ("PmtInfId", group), ("EndToEndId", e2e), ("UETR", uetr))
        if value
    )
    money = f'<Amt Ccy="{currency}">{amount}</Amt>' if amount else ""
    mark = f"<CdtDbtInd>{mark}</CdtDbtInd>" if mark else ""
    parties = f"<RltdPties><CdtrAcct><Id><IBAN>{paid_to}</IBAN></Id></CdtrAcct></RltdPties>" if paid_to else ""
    note = f"<Ustrd>{text}</Ustrd>" if text else ""
    note += f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else ""
    back = f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>" if code else ""
    note = f"<RmtInf>{note}</RmtInf>" if note else ""
    return f"<TxDtls><Refs>{refs}</Refs>{money}{mark}{parties}{note}{back}</TxDtls>"


def entry(world, amount, *parts, name="BANK-1", mark="CRDT", status="BOOK", currency="EUR", code=SEPA, reversal=False, day=None):
    on = (day or world.at.date()).isoformat()
    domain, family, sub = code.split("-")
    ref = f"<AcctSvcrRef>{name}</AcctSvcrRef>" if name else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'
        f"{'<RvslInd>true</RvslInd>' if reversal else ''}<Sts><Cd>{status}</Cd></Sts>"
        f"<BookgDt><Dt>{on}</Dt></BookgDt><ValDt><Dt>{on}</Dt></ValDt>{ref}"
        f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls>{''.join(parts)}</NtryDtls></Ntry>"
    )


def notice(*entries, number=1, account=OURS, currency="EUR", message="camt.054.001.08"):
    """A camt.054 (or camt.052) of one account."""
    root, inner = ("BkToCstmrAcctRpt", "Rpt") if "052" in message else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}"><{root}>'
        f"<GrpHdr><MsgId>N-{number}</MsgId><CreDtTm>2026-11-22T12:00:00Z</CreDtTm></GrpHdr>"
        f"<{inner}><Id>N-{number}</Id><CreDtTm>2026-11-22T12:00:00Z</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{''.join(entries)}</{inner}></{root}></Document>"
    ).encode()


def heard(world, content, *, name="notice.xml"):
    file = inbound_files.take(name=name, content=content, actor=STAFF, at=world.at)
    inbound_files.handle(file_id=file.pk, actor=STAFF, at=world.at)
    return list(InboundItem.objects.filter(file=file).order_by("ordinal"))


def states(items):
    return [(item.state, item.reason_code) for item in items]


def deposits():
    return list(Payment.objects.filter(kind=K.DEPOSIT).order_by("pk"))


# Which wallet


def test_a_credit_with_the_wallets_reference_is_on_the_wallet(world, wallet):
    bank, told = declared(world), instruction(world, wallet)
    text = f"Invoice 12, {told.reference.lower().replace('-', ' ')} thanks"
    [item] = heard(world, notice(entry(world, "120.50", part(e2e="PAYER-7", text=text, name="TX-9"))))
    [deposit] = deposits()
    assert (item.state, item.reason, item.payment) == (I.HANDLED, "Booked to its wallet.", deposit)
    assert (deposit.wallet, deposit.status, deposit.rail, deposit.amount) == (wallet, S.SETTLED, Rail.SEPA_CT, D("120.50"))
    assert (deposit.provider, deposit.provider_reference) == ("bank", f"{bank.public_id}:BANK-1")
    assert (deposit.value_on, deposit.description) == (world.at.date(), text)
    assert world.funds(wallet) == (D("120.50"), D(0))
    assert item.names == ["BANK-1", "PAYER-7"]
    books_are_sound()


def test_a_virtual_account_says_more_than_what_the_payer_wrote(world, wallet):
    declared(world)
    other = world.wallet(currency="EUR")
    mine, others = instruction(world, wallet), instruction(world, other)
    deposit_instructions.assign_number(instruction_id=mine.pk, number="DE89 3704 0044 0532 0130 00", actor=STAFF, at=world.at)
    details = part(paid_to="DE89370400440532013000", text=others.reference)
    assert states(heard(world, notice(entry(world, "10.00", details)))) == [(I.HANDLED, "")]
    assert [deposit.wallet for deposit in deposits()] == [wallet]


@pytest.mark.parametrize("text", ["", "Rent November", "FLW-0000-0000-0000-1", "{one} {two}"])
def test_a_credit_that_names_no_wallet_or_two_goes_to_suspense(world, wallet, text):
    declared(world)
    named = {"one": instruction(world, wallet).reference, "two": instruction(world, world.wallet(currency="EUR")).reference}
    [item] = heard(world, notice(entry(world, "120.50", part(text=text.format(**named)))))
    [deposit] = deposits()
    assert (item.state, item.reason) == (I.HANDLED, "Booked to suspense: nothing names one wallet.")
    assert (deposit.wallet, deposit.status, deposit.customer) == (None, S.SETTLED, None)
    assert world.lines() == {"1010": D("120.50"), "2900": D("-120.50")}
    books_are_sound()


def test_money_on_an_account_of_many_partners_that_names_no_wallet_waits_for_a_person(world, wallet):
    other = another()
    other.wallet(currency="EUR")
    declared(world, other)
    [item] = heard(world, notice(entry(world, "120.50", part(text="who?"))))
    assert (item.state, item.reason_code, deposits()) == (I.UNMATCHED, "payments.inbound_unmatched", [])
    assert Entry.objects.count() == 0


def test_a_wallet_whose_book_has_no_money_on_the_account_is_not_credited_with_it(world, wallet):
    stranger = another()
    theirs = instruction(stranger, stranger.wallet(currency="EUR"))
    declared(world)
    heard(world, notice(entry(world, "120.50", part(text=theirs.reference))))
    [deposit] = deposits()
    assert (deposit.partner_id, deposit.wallet) == (world.partner.pk, None)
    assert stranger.lines() == {}


def test_a_notice_of_an_account_that_is_not_declared_books_nothing(world, wallet):
    told = instruction(world, wallet)
    assert states(heard(world, notice(entry(world, "120.50", part(text=told.reference))))) == [
        (I.UNMATCHED, "payments.inbound_unmatched")
    ]
    assert deposits() == []


# Once


def test_the_same_booking_in_another_notice_is_not_booked_again(world, wallet):
    declared(world)
    told = instruction(world, wallet)
    one = entry(world, "120.50", part(text=told.reference))
    heard(world, notice(one))
    [item] = heard(world, notice(one, number=2))
    assert (item.state, item.reason, item.payment) == (I.HANDLED, "It was booked already.", deposits()[0])
    assert (len(deposits()), world.funds(wallet)[0]) == (1, D("120.50"))
    with pytest.raises(errors.InboundFileKnown):
        inbound_files.take(name="again", content=notice(one), actor=STAFF, at=world.at)


@pytest.mark.parametrize(
    ("change", "code"), [({"amount": "120.51"}, "payments.amount_differs"), ({"day": 1}, "payments.inbound_needs_person")]
)
def test_a_name_that_the_bank_uses_for_other_money_waits_for_a_person(world, wallet, change, code):
    declared(world)
    told = instruction(world, wallet)
    heard(world, notice(entry(world, "120.50", part(text=told.reference))))
    day = world.at.date() + timedelta(days=change.get("day", 0))
    again = entry(world, change.get("amount", "120.50"), part(text=told.reference), day=day)
    assert states(heard(world, notice(again, number=2))) == [(I.REFUSED, code)]
    assert len(deposits()) == 1


def test_a_credit_without_a_name_of_the_banks_waits_for_a_person(world, wallet):
    declared(world)
    told = instruction(world, wallet)
    unnamed = entry(world, "120.50", part(text=told.reference, e2e="PAYER-7"), name="")
    assert states(heard(world, notice(unnamed))) == [(I.REFUSED, "payments.inbound_needs_person")]
    assert deposits() == []


def test_the_payments_of_a_bundle_are_deposits_of_their_own(world, wallet):
    declared(world)
    other = world.wallet(currency="EUR")
    one, two = instruction(world, wallet), instruction(world, other)
    bundle = entry(
        world, "30.00", part("10.00", name="T-1", text=one.reference), part("20.00", name="T-2", text=two.reference), name="SUM"
    )
    assert states(heard(world, notice(bundle))) == [(I.HANDLED, ""), (I.HANDLED, "")]
    assert [(deposit.wallet, deposit.amount) for deposit in deposits()] == [(wallet, D(10)), (other, D(20))]
    unnamed = entry(world, "3.00", part("1.00", text=one.reference), part("2.00", text=one.reference), name="SUM-2")
    heard(world, notice(unnamed, number=2))
    heard(world, notice(unnamed, number=3))
    assert [deposit.provider_reference.partition(":")[2] for deposit in deposits()] == ["T-1", "T-2", "SUM-2#1", "SUM-2#2"]
    books_are_sound()


def test_a_bundle_whose_parts_do_not_add_up_is_one_credit_in_suspense(world, wallet):
    declared(world)
    told = instruction(world, wallet)
    bundle = entry(world, "30.00", part("10.00", text=told.reference), part("10.00", text=told.reference))
    [item] = heard(world, notice(bundle))
    assert [(deposit.wallet, deposit.amount) for deposit in deposits()] == [(None, D(30))]


@pytest.mark.parametrize("status", ["PDNG", "INFO"])
def test_what_is_only_announced_is_not_booked(world, wallet, status):
    declared(world)
    told = instruction(world, wallet)
    announced = entry(world, "120.50", part(text=told.reference), status=status)
    [item] = heard(world, notice(announced))
    assert (item.state, item.kind, deposits()) == (I.HANDLED, "ANNOUNCED", [])


def test_a_report_of_the_day_never_books(world, wallet):
    declared(world)
    told = instruction(world, wallet)
    [item] = heard(world, notice(entry(world, "120.50", part(text=told.reference)), message="camt.052.001.08"))
    assert (item.state, item.kind, item.reason) == (I.HANDLED, "ANNOUNCED", "Announced only; nothing is booked.")
    assert (deposits(), Entry.objects.count()) == ([], 0)


def test_the_statement_matches_what_the_notice_booked(world, wallet):
    bank, told = declared(world), instruction(world, wallet)
    heard(world, notice(entry(world, "120.50", part(text=told.reference, e2e="PAYER-7"))))
    day = world.at.date()
    line = SandboxLine(amount=D("120.50"), bank_reference="BANK-1", end_to_end_id="PAYER-7", text="Invoice 12")
    content = sandbox_write_statement(account=OURS, currency="EUR", sequence=1, day=day, opening=D(0), lines=[line])
    bank_statements.take_in(content=content, name="day.xml", actor=STAFF, at=world.at)
    found = reconciliation.run(bank_account_id=bank.pk, actor=STAFF, at=world.at)
    assert (found.matched, found.opened, len(deposits())) == ({"REFERENCE": 1}, 0, 1)


# What is not a deposit


def test_a_payment_of_ours_that_comes_back_is_returned_once(world, wallet):
    declared(world)
    heard(world, notice(entry(world, "500.00", part(text=instruction(world, wallet).reference))))
    payment = world.pay(wallet, "100.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True))
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, payment)
    back = part(e2e=payment.reference, code="AC04")
    [item] = heard(world, notice(entry(world, "100.00", back, name="R-1", code="PMNT-RCDT-RRTN"), number=2))
    payment.refresh_from_db()
    assert (item.state, item.payment, payment.status, payment.reason_code) == (I.HANDLED, payment, S.RETURNED, "AC04")
    assert world.funds(wallet)[0] == D("500.00")
    assert states(heard(world, notice(entry(world, "100.00", back, name="R-1", code="PMNT-RCDT-RRTN"), number=3))) == [
        (I.HANDLED, "")
    ]
    twice = heard(world, notice(entry(world, "100.00", back, name="R-2", code="PMNT-RCDT-RRTN"), number=4))
    assert states(twice) == [(I.REFUSED, "payments.inbound_repeated")]
    assert (len(deposits()), world.funds(wallet)[0]) == (1, D("500.00"))
    books_are_sound()


def test_money_that_came_back_of_a_payment_nobody_knows_is_no_deposit(world, wallet):
    declared(world)
    text = instruction(world, wallet).reference
    assert states(heard(world, notice(entry(world, "100.00", part(e2e="OLD-1", text=text, code="AC04"))))) == [
        (I.REFUSED, "payments.inbound_needs_person")
    ]
    assert deposits() == []


def test_a_debit_says_that_our_payment_was_executed(world, wallet):
    declared(world)
    heard(world, notice(entry(world, "500.00", part(text=instruction(world, wallet).reference))))
    payment = world.pay(wallet, "100.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True))
    settlement.run(at=world.at, actor=STAFF, early=True)
    out = entry(world, "100.00", part(e2e=payment.reference), name="O-1", mark="DBIT", code="PMNT-ICDT-ESCT")
    assert states(heard(world, notice(out, number=2))) == [(I.HANDLED, "")]
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    wrong = entry(world, "99.00", part(e2e=payment.reference), name="O-2", mark="DBIT", code="PMNT-ICDT-ESCT")
    other = world.pay(wallet, "50.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True))
    settlement.run(at=world.at, actor=STAFF, early=True)
    short = entry(world, "49.00", part(e2e=other.reference), name="O-3", mark="DBIT", code="PMNT-ICDT-ESCT")
    assert states(heard(world, notice(wrong, short, number=3))) == [
        (I.REFUSED, "payments.amount_differs"),
        (I.REFUSED, "payments.amount_differs"),
    ]
    twice = entry(world, "100.00", part(e2e=payment.reference), name="O-4", mark="DBIT", code="PMNT-ICDT-ESCT")
    assert states(heard(world, notice(out, twice, number=4))) == [(I.HANDLED, ""), (I.REFUSED, "payments.inbound_repeated")]
    books_are_sound()


def test_a_credit_that_only_borrows_our_reference_is_no_return(world, wallet):
    declared(world)
    heard(world, notice(entry(world, "500.00", part(text=instruction(world, wallet).reference))))
    payment = world.pay(wallet, "100.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True))
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, payment)
    borrowed = entry(world, "100.00", part(e2e=payment.reference), name="B-1")
    assert states(heard(world, notice(borrowed, number=2))) == [(I.REFUSED, "payments.inbound_needs_person")]
    payment.refresh_from_db()
    assert (payment.status, world.funds(wallet)[0]) == (S.SETTLED, D("400.00"))


def test_a_wallet_that_takes_no_money_is_said_so(world, wallet):
    declared(world)
    told = instruction(world, wallet)
    wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)
    [item] = heard(world, notice(entry(world, "5.00", part(text=told.reference))))
    assert (item.state, item.reason) == (I.HANDLED, "Booked to suspense: its wallet takes no money.")


def test_a_collection_that_is_taken_back_is_returned_and_owed(world, wallet):
    declared(world)
    account = world.bank(wallet, iban=True, relation="OWN")
    collected = collect(world, wallet, "40.00", account, sepa_mandate(world, account))
    settlement.run(at=world.at, actor=STAFF, early=True)
    paid = entry(world, "40.00", part(e2e=collected.reference), name="C-1", code="PMNT-RDDT-ESDD")
    back = entry(world, "40.00", part(e2e=collected.reference, code="MD06"), name="C-2", mark="DBIT", code="PMNT-RDDT-UPDD")
    assert states(heard(world, notice(paid, back))) == [(I.HANDLED, ""), (I.HANDLED, "")]
    collected.refresh_from_db()
    assert (collected.status, collected.reason_code, world.path(collected)[-2:]) == (S.RETURNED, "MD06", ["SETTLED", "RETURNED"])
    assert world.funds(wallet) == (D(0), D(0))
    books_are_sound()


def test_a_file_that_is_booked_in_one_sum_is_settled(world, wallet):
    declared(world)
    heard(world, notice(entry(world, "500.00", part(text=instruction(world, wallet).reference))))
    paid = [world.pay(wallet, amount, rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True)) for amount in ("10.00", "15.00")]
    [batch] = settlement.run(at=world.at, actor=STAFF, early=True).built
    group = f"{batch.number:010d}-1"
    short = entry(world, "24.00", part(group=group), name="F-1", mark="DBIT", code="PMNT-ICDT-ESCT")
    whole = entry(world, "25.00", part(group=group), name="F-2", mark="DBIT", code="PMNT-ICDT-ESCT")
    assert states(heard(world, notice(short, whole, number=2))) == [(I.REFUSED, "payments.amount_differs"), (I.HANDLED, "")]
    assert {Payment.objects.get(pk=one.pk).status for one in paid} == {S.SETTLED}
    books_are_sound()


@pytest.mark.parametrize(
    ("mark", "reversal", "state", "code"),
    [
        ("DBIT", False, I.UNMATCHED, "payments.inbound_unmatched"),
        ("DBIT", True, I.REFUSED, "payments.inbound_needs_person"),
        ("CRDT", True, I.REFUSED, "payments.inbound_needs_person"),
    ],
)
def test_what_nobody_can_explain_waits_for_a_person(world, wallet, mark, reversal, state, code):
    declared(world)
    text = instruction(world, wallet).reference
    odd = entry(world, "7.00", part(text=text), mark=mark, reversal=reversal)
    assert states(heard(world, notice(odd))) == [(state, code)]
    assert (deposits(), Entry.objects.count()) == ([], 0)


# Wires


def received(world, wallet_reference, *, uetr="8a562c67-ca16-48ba-b074-65581be6f011", amount="510000.74", aba="123456780"):
    sent = wire(
        uetr=uetr,
        amount=Money(amount, "USD"),
        settle_on=world.at.date(),
        receiver=Agent(aba=aba),
        creditor_account=Account(number="000123456789"),
        remittance=Remittance(text=wallet_reference),
    )
    return wires.write(wire=sent, message_id="20261123B1QDRCQR000001", created_at=world.at).content


def test_a_wire_is_a_deposit_once_also_when_the_bank_tells_of_it_too(world):
    wallet = world.wallet()
    declared(world, currency="USD", identification="000123456789")
    told = instruction(world, wallet)
    [item] = heard(world, received(world, told.reference), name="wire.xml")
    [deposit] = deposits()
    assert (item.state, item.payment, deposit.wallet, deposit.rail) == (I.HANDLED, deposit, wallet, Rail.WIRE)
    assert (deposit.amount, deposit.provider_reference) == (D("510000.74"), "8a562c67-ca16-48ba-b074-65581be6f011")
    same = entry(world, "510000.74", part(uetr=deposit.provider_reference, text=told.reference), currency="USD")
    again = notice(same, account="000123456789", currency="USD")
    [item] = heard(world, again.replace(b"<IBAN>000123456789</IBAN>", b"<Othr><Id>000123456789</Id></Othr>"))
    assert (item.state, item.reason, item.payment) == (I.HANDLED, "It was booked already.", deposit)
    assert world.funds(wallet)[0] == D("510000.74")
    books_are_sound()


@pytest.mark.parametrize("is_virtual", [True, False])
def test_a_wire_to_an_account_that_is_not_declared_is_booked_for_its_virtual_account_only(world, is_virtual):
    wallet = world.wallet()
    told = instruction(world, wallet)
    if is_virtual:
        deposit_instructions.assign_number(instruction_id=told.pk, number="000123456789", actor=STAFF, at=world.at)
    [item] = heard(world, received(world, told.reference), name="wire.xml")
    assert item.state == (I.HANDLED if is_virtual else I.UNMATCHED)
    assert [deposit.wallet for deposit in deposits()] == ([wallet] if is_virtual else [])


def test_a_wire_for_another_bank_is_not_booked(world):
    wallet = world.wallet()
    declared(world, currency="USD", identification="000123456789")
    lost = received(world, instruction(world, wallet).reference, aba="021040078")
    assert states(heard(world, lost)) == [(I.REFUSED, "payments.inbound_needs_person")]
    assert deposits() == []


FEDWIRE = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt><GrpHdr><MsgId>20250310QMGFNP31000001</MsgId>'
    "<CreDtTm>2025-03-10T09:00:02-04:00</CreDtTm></GrpHdr><TxInfAndSts><OrgnlGrpInf><OrgnlMsgId>{imad}</OrgnlMsgId>"
    "<OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf><OrgnlUETR>{uetr}</OrgnlUETR><TxSts>{status}</TxSts>"
    "</TxInfAndSts></FIToFIPmtStsRpt></Document>"
)


@pytest.mark.parametrize(("status", "ends"), [("ACSC", S.SETTLED), ("RJCT", S.FAILED)])
def test_fedwires_own_answer_repeats_the_imad_and_finds_its_wire(world, status, ends):
    wallet = world.wallet("500.00")
    sent = world.pay(wallet, "100.00", rail=Rail.WIRE, to=world.bank(wallet))
    [batch] = settlement.run(at=world.at, actor=STAFF, early=True).built
    imad, uetr = files.message_of(batch), files.uetr_of(sent)
    wrong = FEDWIRE.format(imad=imad, uetr="8a562c67-ca16-48ba-b074-65581be6f011", status=status)
    assert states(heard(world, wrong.encode())) == [(I.UNMATCHED, "payments.inbound_unmatched")]
    assert states(heard(world, FEDWIRE.format(imad=imad, uetr=uetr, status=status).encode())) == [(I.HANDLED, "")]
    sent.refresh_from_db()
    assert sent.status == ends


# Instructions


def test_a_wallet_has_one_instruction_that_people_can_type(world, wallet):
    told = instruction(world, wallet)
    assert instruction(world, wallet) == told
    assert references.is_reference(told.reference)
    assert deposit_instructions.pay_to(told) == {
        "name": "Flowlet Sandbox",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
    }
    with pytest.raises(errors.DepositsNotTaken):
        instruction(world, world.wallet(currency="JPY"))


def test_a_virtual_account_is_sealed_and_stays_with_its_wallet(world, wallet):
    told, others = instruction(world, wallet), instruction(world, world.wallet(currency="EUR"))
    give = deposit_instructions.assign_number
    told = give(instruction_id=told.pk, number="de89 3704 0044 0532 0130 00", actor=STAFF, at=world.at)
    assert (deposit_instructions.number_of(told), told.last_four) == ("DE89370400440532013000", "3000")
    assert b"DE8937040044" not in bytes(told.personal)
    with pytest.raises(errors.VirtualAccountTaken):
        give(instruction_id=others.pk, number="DE89370400440532013000", actor=STAFF, at=world.at)
    with pytest.raises(errors.VirtualAccountGiven):
        give(instruction_id=told.pk, number="DE02120300000000202051", actor=STAFF, at=world.at)
    for number in ("", "12", "DE89!", "1" * 35):
        with pytest.raises(errors.MalformedVirtualAccount):
            give(instruction_id=others.pk, number=number, actor=STAFF, at=world.at)
    with pytest.raises(IntegrityError, match="stay with their wallet"), transaction.atomic():
        DepositInstruction.objects.filter(pk=told.pk).update(reference="FLW-1")
    subjects.erase(wallet.customer_id, at=world.at)
    assert deposit_instructions.number_of(told) == ""


def test_the_command_gives_a_wallet_its_virtual_account(world, wallet, capsys):
    call_command("assign_virtual_account", wallet.public_id, "DE89 3704 0044 0532 0130 00")
    told = instruction(world, wallet)
    assert capsys.readouterr().out == f"{wallet.public_id}  {told.reference}  virtual account ending in 3000\n"
    with pytest.raises(CommandError, match="payments.virtual_account_given"):
        call_command("assign_virtual_account", wallet.public_id, "DE02120300000000202051")
    ada = User.objects.create_user("ada@flowlet.test", name="Ada", is_staff=True, roles=[Role.OPERATIONS])
    other = world.wallet()
    call_command("assign_virtual_account", other.public_id, "DE02120300000000202051", "--as", ada.email)
    done = Record.objects.filter(target=instruction(world, other).public_id)
    assert {str(one.actor_id) for one in done} == {ada.public_id}
    with pytest.raises(CommandError):
        call_command("assign_virtual_account", "wal_x", "DE02120300000000202051")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{0}", 1),
        ("inv 7 {0}.", 1),
        ("{0} {1}", 2),
        ("{0}/{0}", 1),
        ("{0}7", 0),
        ("PAY FLW 0000 0000 0000 1", 0),
        ("a" * 2000, 0),
    ],
)
def test_references_are_found_in_what_payers_write(text, found):
    given = [references.new(), references.new()]
    for form in (text, text.lower()):
        for shown in (given, [one.replace("-", "") for one in given], [one.replace("-", " ")[4:] for one in given]):
            assert len(references_in(form.format(*shown))) == found, form
