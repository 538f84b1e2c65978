"""Collections taken back: by a reversal while the scheme allows one, by a credit transfer else; in one file each, once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from ledger.models import Journal
from ledger.services import bank_statements, reconciliation
from payments import errors
from payments.choices import BatchStatus, InboundState, PaymentKind, PaymentStatus, Rail, RefundMethod
from payments.models import Batch, Payment
from payments.policies import calendars
from payments.policies import reversals as policies
from payments.policies.account_values import Correction
from payments.providers.sandbox_statement import SandboxLine, sandbox_write_statement
from payments.services import external_accounts, files, outcomes, payments, settlement
from payments.tests.external.test_api import Caller
from payments.tests.test_deposits import OURS, declared, entry, heard, notice, part, states
from payments.tests.test_files import collect, found, sepa_mandate
from payments.tests.test_inbound_files import pain_002
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world

D, K, S, I, M = Decimal, PaymentKind, PaymentStatus, InboundState, RefundMethod  # noqa: E741
REVERSED, UNPAID = "PMNT-IDDT-PRDD", "PMNT-IDDT-UPDD"


@pytest.fixture
def world(db):
    return fresh_world()


def collected(world, *amounts, settled=True):
    """Collections of one file, on one wallet."""
    wallet = world.wallet(currency="EUR")
    made = []
    for amount in amounts or ("25.00",):
        account = world.bank(wallet, iban=True, relation="OWN")
        made.append(collect(world, wallet, amount, account, sepa_mandate(world, account)))
    settlement.run(at=world.at, actor=STAFF, early=True)
    for payment in made:
        if settled:
            world.act(outcomes.settle, payment)
        payment.refresh_from_db()
    return made


def refund(world, payment, **options):
    return payments.refund(payment_id=payment.pk, partner_id=world.partner.pk, **{"actor": KEY, "at": world.at} | options)


def run(world, **options):
    return settlement.run(**{"at": world.at, "actor": STAFF, "early": True} | options)


def reversed_(world, amount="25.00"):
    """A collection and its reversal, which has left."""
    [payment] = collected(world, amount)
    back = refund(world, payment)
    [batch] = run(world).built
    back.refresh_from_db()
    return payment, back, batch


def after_due(payment, days):
    """A moment, the morning of the banking day so many after the collection was due."""
    return calendars.add_banking_days(payment.value_on, days, calendar=calendars.Calendar.XECB)


# Which way


def test_a_whole_collection_goes_back_by_a_reversal_and_a_part_by_credit_transfer(world):
    whole, part_of = collected(world, "25.00", "30.00")
    back = refund(world, whole)
    assert (back.kind, back.rail, back.direction, back.status, back.mandate_id) == (K.REFUND, Rail.SEPA_DD, "OUT", S.HELD, None)
    assert refund(world, part_of, amount=Money("5.00", "EUR")).rail == Rail.SEPA_CT
    assert refund(world, part_of, amount=Money("25.00", "EUR")).rail == Rail.SEPA_CT  # the rest of it


def test_who_asks_may_say_which_way(world):
    one, other = collected(world, "25.00", "30.00")
    assert refund(world, one, method=M.CREDIT_TRANSFER).rail == Rail.SEPA_CT
    assert refund(world, other, method=M.REVERSAL).rail == Rail.SEPA_DD


def test_what_cannot_be_reversed_says_why_and_nothing_is_written(world):
    [payment] = collected(world)
    with pytest.raises(errors.NotReversible, match="whole"):
        refund(world, payment, method=M.REVERSAL, amount=Money("5.00", "EUR"))
    late = world.at + timedelta(days=30)
    with pytest.raises(errors.ReversalTooLate) as refused:
        refund(world, payment, method=M.REVERSAL, at=late)
    assert refused.value.details == {"until": str(policies.latest(payment))}
    ach = world.credit(world.wallet(), "10.00", name="C-1")
    for method in (M.REVERSAL, M.CREDIT_TRANSFER):
        with pytest.raises(Invalid):
            refund(world, ach, method=method)
    assert Payment.objects.filter(kind=K.REFUND).count() == 0
    assert refund(world, payment, at=late).rail == Rail.SEPA_CT


def test_the_last_reversal_is_settled_on_the_fifth_banking_day_after_the_collection_was_due(world):
    [payment] = collected(world)
    payment.value_on = payment.value_on.replace(year=2026, month=12, day=24)
    assert str(policies.latest(payment)) == "2027-01-04"  # 25 December, 1 January and weekends do not count


# The file


def test_a_reversal_file_takes_back_what_the_collection_said(world):
    payment, back, batch = reversed_(world)
    assert (batch.rail, batch.direction, batch.format, batch.status) == (Rail.SEPA_DD, "OUT", "pain.007.001.09", "DELIVERED")
    message, name, group, reference, mandate, amounts, own = found(
        batch, "OrgnlMsgId", "OrgnlMsgNmId", "OrgnlPmtInfId", "OrgnlEndToEndId", "MndtId", "RvsdInstdAmt", "RvslId"
    )
    assert message == [files.message_of(payment.batch)]
    assert (name, group) == (["pain.008.001.08"], [f"{payment.batch.number:010d}-1"])
    assert (reference, mandate, amounts, own) == (
        [payment.reference],
        [payment.mandate.reference],
        ["25.00"],
        [back.reference],
    )
    assert files.rebuild(batch).content == files.content_of(batch)
    assert (back.status, world.funds(payment.wallet)) == (S.SUBMITTED, (D(0), D(0)))
    assert run(world).built == []
    assert Batch.objects.filter(direction="OUT").count() == 1
    books_are_sound()


def test_a_reversal_is_built_again_the_same_after_the_account_was_corrected(world):
    payment, _, batch = reversed_(world)
    external_accounts.apply_correction(
        external_account_id=payment.external_account_id,
        correction=Correction(code="C04", owner_name="Grace Murray Hopper"),
        actor=STAFF,
        at=world.at,
    )
    assert files.rebuild(batch).content == files.content_of(batch)


def test_collections_of_two_files_are_reversed_in_two(world):
    first, second = collected(world, "10.00", "11.00")
    [other] = collected(world, "12.00")
    for payment in (first, other, second):
        refund(world, payment)
    built = run(world).built
    assert sorted(batch.count for batch in built) == [1, 2]
    for batch in built:
        [message] = found(batch, "OrgnlMsgId")[0]
        members = list(batch.payments.select_related("original__batch"))
        assert {files.message_of(one.original.batch) for one in members} == {message}
        assert files.rebuild(batch).content == files.content_of(batch)
    books_are_sound()


def test_a_settled_reversal_refunds_the_collection_and_money_moves_once(world):
    payment, back, _ = reversed_(world)
    for _ in range(2):
        world.act(outcomes.settle, back)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded, back.original_id) == (S.REFUNDED, D(25), payment.pk)
    assert world.lines() == {}
    books_are_sound()


def test_a_reversal_that_waited_too_long_fails_and_its_money_is_free(world):
    [payment] = collected(world)
    back = refund(world, payment)
    Payment.objects.filter(pk=back.pk).update(value_on=after_due(payment, 6))
    assert run(world).built == []
    back.refresh_from_db()
    assert (back.status, back.reason_code) == (S.FAILED, "payments.reversal_too_late")
    assert world.funds(payment.wallet) == (D(25), D(0))
    assert refund(world, payment, at=world.at + timedelta(days=30)).rail == Rail.SEPA_CT


def test_a_collection_that_came_back_meanwhile_is_not_reversed_as_well(world):
    [payment] = collected(world)
    back = refund(world, payment)
    world.act(outcomes.return_, payment, reason_code="MD06")
    assert run(world).built == []
    back.refresh_from_db()
    assert (back.status, back.reason_code) == (S.FAILED, "payments.not_reversible")
    books_are_sound()


def test_a_partner_reverses_a_collection_with_what_curl_can_do(world):
    payment, other = collected(world, "25.00", "30.00")
    caller = Caller(world.partner)
    made = caller.post(f"payments/{payment.public_id}/refunds", {"method": "REVERSAL", "description": "Collected twice"})
    assert (made.status_code, made.json()["rail"], made.json()["original_id"]) == (201, "sepa_dd", payment.public_id)
    refused = caller.post(
        f"payments/{other.public_id}/refunds", {"method": "REVERSAL", "amount": {"amount": "1.00", "currency": "EUR"}}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "payments.not_reversible")
    done = caller.post(f"simulations/payments/{made.json()['id']}/settle", {})
    assert (done.status_code, done.json()["status"]) == (200, "SETTLED")
    assert caller.get(f"payments/{payment.public_id}").json()["status"] == "REFUNDED"
    assert caller.get(f"payment_batches/{done.json()['batch_id']}").json()["format"] == "pain.007.001.09"


# The bank answers


def test_a_refused_reversal_gives_the_wallet_its_money_back(world):
    payment, back, batch = reversed_(world)
    told = pain_002(message=files.message_of(batch), payments=[(payment.reference, "RJCT", "AM05")])
    assert states(heard(world, told)) == [(I.HANDLED, "")]
    back.refresh_from_db()
    payment.refresh_from_db()
    assert (back.status, back.reason_code, payment.status) == (S.FAILED, "AM05", S.SETTLED)
    assert world.funds(payment.wallet) == (D(25), D(0))
    books_are_sound()


def test_a_refused_group_and_a_refused_file_of_reversals(world):
    payment, back, batch = reversed_(world)
    group = found(batch, "RvslPmtInfId")[0][0]
    assert states(heard(world, pain_002(message=files.message_of(batch), groups=[(group, "RJCT")]))) == [(I.HANDLED, "")]
    back.refresh_from_db()
    assert back.status == S.FAILED
    _, second, again = reversed_(world)
    assert states(heard(world, pain_002(message=files.message_of(again), status="RJCT"))) == [(I.HANDLED, "")]
    second.refresh_from_db()
    again.refresh_from_db()
    assert (second.status, again.status) == (S.FAILED, BatchStatus.REJECTED)
    assert payment.status == S.SETTLED


def debited(world, payment, *, code=REVERSED, cause="", name="BANK-9"):
    return notice(entry(world, payment.amount, part(e2e=payment.reference, code=cause), name=name, mark="DBIT", code=code))


@pytest.mark.parametrize(("code", "cause"), [(REVERSED, ""), (REVERSED, "MS02"), ("PMNT-IDDT-OTHR", "")])
def test_money_that_the_bank_takes_for_the_collection_is_our_reversal(world, code, cause):
    declared(world)
    payment, back, _ = reversed_(world)
    assert states(heard(world, debited(world, payment, code=code, cause=cause))) == [(I.HANDLED, "")]
    back.refresh_from_db()
    payment.refresh_from_db()
    assert (back.status, payment.status) == (S.SETTLED, S.REFUNDED)
    assert world.lines() == {}
    books_are_sound()


def test_what_the_debtors_bank_returns_beside_a_reversal_is_a_return(world):
    declared(world)
    payment, back, _ = reversed_(world)
    assert states(heard(world, debited(world, payment, code=UNPAID, cause="MD06"))) == [(I.HANDLED, "")]
    back.refresh_from_db()
    payment.refresh_from_db()
    assert (back.status, payment.status, payment.reason_code) == (S.SUBMITTED, S.RETURNED, "MD06")


def test_what_may_be_our_reversal_or_a_return_waits_for_a_person(world):
    declared(world)
    payment, back, _ = reversed_(world)
    told = debited(world, payment, code="PMNT-IDDT-OTHR", cause="MS03")
    assert states(heard(world, told)) == [(I.REFUSED, "payments.inbound_needs_person")]
    back.refresh_from_db()
    payment.refresh_from_db()
    assert (back.status, payment.status) == (S.SUBMITTED, S.SETTLED)


def test_a_collection_that_nobody_reversed_still_comes_back(world):
    declared(world)
    [payment] = collected(world)
    assert states(heard(world, debited(world, payment, code="PMNT-IDDT-OTHR"))) == [(I.HANDLED, "")]
    payment.refresh_from_db()
    assert payment.status == S.RETURNED


def test_the_statement_finds_collection_and_reversal_under_the_collections_reference(world):
    bank = declared(world)
    payment, back, _ = reversed_(world)
    world.act(outcomes.settle, back)
    back.refresh_from_db()
    metadata = Journal.objects.get(pk=back.journal_id).metadata
    assert (metadata["end_to_end_id"], metadata["reference"]) == (payment.reference, back.reference)
    lines = [
        SandboxLine(amount=amount, bank_reference=f"BANK-{number}", end_to_end_id=payment.reference)
        for number, amount in enumerate((D("25.00"), D("-25.00")), start=1)
    ]
    content = sandbox_write_statement(account=OURS, currency="EUR", sequence=1, day=world.at.date(), opening=D(0), lines=lines)
    bank_statements.take_in(content=content, name="day.xml", actor=STAFF, at=world.at)
    done = reconciliation.run(bank_account_id=bank.pk, actor=STAFF, at=world.at)
    assert (done.matched, done.opened) == ({"REFERENCE": 2}, 0)


def test_a_deposit_that_comes_by_itself_is_not_asked_for_by_a_payment_out(world):
    wallet = world.wallet(currency="EUR")
    account = world.bank(wallet, iban=True, relation="OWN")
    with pytest.raises(errors.KindNotOnRail) as refused:
        world.pay(wallet, "10.00", kind=K.DEPOSIT, rail=Rail.SEPA_CT, to=account)
    assert refused.value.details == {"rails": ["ach", "open_banking"]}
    assert Payment.objects.count() == 0
    for rail in (Rail.SEPA_CT, Rail.WIRE):  # whatever says otherwise, no file pays such money out
        with pytest.raises(errors.KindNotOnRail):
            files.build(Batch(rail=rail, direction="IN"), [])
