"""Micro-deposits and prenotes of live partners: sent once in files of their own, booked as the platform's cost, failed by a return."""

import contextlib
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.choices import Mode, PartnerStatus
from accounts.models import Partner
from flowlet.events.models import Event
from payments import errors
from payments.choices import AttemptStatus, BatchStatus, ExternalAccountStatus, InboundState, VerificationState
from payments.models import Batch, VerificationEntry
from payments.policies import calendars, cutoffs
from payments.policies.account_values import Correction
from payments.providers import nacha
from payments.selectors import payments as selectors
from payments.services import (
    batch_rows,
    external_accounts,
    files,
    gathering,
    inbound_files,
    micro_deposits,
    prenotes,
    settlement,
    verification_runs,
)
from payments.services.files import verification_entries
from payments.tests.world import KEY, OTHER, STAFF, books_are_sound, fresh_world

D, A = Decimal, AttemptStatus


@pytest.fixture
def world(db, settings, tmp_path):
    """A live partner just before a cut-off of ACH."""
    settings.PAYMENT_FILES_FOLDER = tmp_path
    made = fresh_world()
    made.partner = Partner.objects.get(name=made.partner.name, mode=Mode.LIVE)
    Partner.objects.filter(pk=made.partner.pk).update(status=PartnerStatus.ACTIVE)
    made.partner.refresh_from_db()
    return made


def own(world, **options):
    return world.bank(world.wallet(), relation="OWN", verified=False, owner_name="Ada Lovelace", **options)


def micro(world, account=None):
    account = account or own(world)
    return micro_deposits.start(external_account_id=account.pk, actor=KEY, at=world.at)


def prenote(world, account=None):
    account = account or own(world)
    return prenotes.start(external_account_id=account.pk, actor=KEY, at=world.at)


def run(world, *, at=None, early=False):
    done = settlement.run(at=at or cutoff(world), actor=STAFF, early=early)
    assert done.refusals == []
    return done


def cutoff(world):
    return cutoffs.next_cutoff("ach", world.at).cutoff_at + timedelta(minutes=1)


def settle_day(batch):
    """Noon in New York of the day on which the file's money moves."""
    from datetime import UTC, datetime, time

    return datetime.combine(batch.value_on, time(17), tzinfo=UTC)


def read(batch):
    return nacha.read(files.content_of(batch)).checked()


def came_back(world, batch, *answers):
    """A return file of the bank: (entry, code) each; how its items stand."""
    odfi = files.identity_of(rail="ach", partner_id=world.partner.pk)["odfi"]
    content = nacha.sandbox_write_returns(
        original=read(batch),
        answers=[nacha.SandboxReturn(trace=verification_entries.trace_of(odfi, entry), reason=code) for entry, code in answers],
        created_on=batch.value_on,
    )
    at = settle_day(batch)
    file = inbound_files.take(name="answer", content=content, actor=STAFF, at=at)
    inbound_files.handle(file_id=file.pk, actor=STAFF, at=at)
    return list(file.items.order_by("pk").values_list("state", flat=True))


def entries_of(attempt):
    return list(VerificationEntry.objects.filter(verification=attempt).order_by("ordinal"))


def test_deposits_and_prenotes_go_in_one_file_of_their_own_with_a_nacha_batch_for_each_kind(world):
    first, second = micro(world), prenote(world)
    business = micro(world, own(world, holder_kind="BUSINESS"))
    done = run(world)
    (batch,) = done.built
    assert (batch.is_verification, batch.count, batch.payments.count()) == (True, 5, 0)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.DELIVERED
    file = read(batch)
    assert [(one.sec, one.description, len(one.entries)) for one in file.batches] == [
        ("CCD", "ACCTVERIFY", 2),
        ("PPD", "ACCTVERIFY", 2),
        ("PPD", "PRENOTE", 1),
    ]
    assert [(entry.code, entry.amount.amount) for entry in file.batches[2].entries] == [("23", D("0"))]
    sent = sorted(entry.amount for entry in file.batches[1].entries)
    assert sent == sorted(micro_deposits.amounts_of(verification_id=first.pk))
    for attempt in (first, second, business):
        attempt.refresh_from_db()
        assert attempt.sent_at is not None and len(attempt.reference) == 15
    assert second.due_on == calendars.add_banking_days(batch.value_on, 3, calendar=calendars.Calendar.XFED)
    achlens = pytest.importorskip("achlens.core")
    with contextlib.redirect_stdout(io.StringIO()):
        report = achlens.validate(files.content_of(batch).decode(), min_severity="error")
    assert (report.valid, list(report.findings)) == (True, [])
    assert files.rebuild(batch).digest == batch.digest
    assert not selectors.batches(partner_id=world.partner.pk).exists(), "the sum is a hint to the amounts"
    with pytest.raises(errors.BatchNotFound):
        batch_rows.get(batch.pk, partner_id=world.partner.pk)
    assert not Event.objects.filter(partner_id=world.partner.pk, type__startswith="payments.batch").exists()
    books_are_sound()


def test_the_money_is_a_cost_on_its_way_and_then_gone_from_the_bank(world):
    attempt = micro(world)
    total = sum(amount.amount for amount in micro_deposits.amounts_of(verification_id=attempt.pk))
    (batch,) = run(world).built
    assert world.lines() == {"1120": -total, "5010": total}
    assert run(world, at=settle_day(batch)).settled == 2
    assert world.lines() == {"1010": -total, "5010": total}
    assert run(world, at=settle_day(batch)).settled == 0
    books_are_sound()
    attempt.refresh_from_db()
    amounts = micro_deposits.amounts_of(verification_id=attempt.pk)
    done = micro_deposits.confirm(
        external_account_id=attempt.external_account_id, amounts=amounts, actor=KEY, at=settle_day(batch)
    )
    assert done.status == A.VERIFIED
    attempt.external_account.refresh_from_db()
    assert attempt.external_account.status == ExternalAccountStatus.ACTIVE


def test_nothing_is_sent_before_a_cut_off_and_nothing_twice(world):
    attempt = micro(world)
    assert run(world, at=world.at - gathering.GRACE * 3).built == []
    assert entries_of(attempt) == []
    with pytest.raises(errors.MicroDepositsNotSent):
        micro_deposits.confirm(
            external_account_id=attempt.external_account_id,
            amounts=micro_deposits.amounts_of(verification_id=attempt.pk),
            actor=KEY,
            at=world.at,
        )
    (batch,) = run(world).built
    assert run(world).built == []
    assert run(world, early=True).built == []
    (one, two) = entries_of(attempt)
    with pytest.raises(IntegrityError), transaction.atomic():
        VerificationEntry.objects.create(verification=attempt, ordinal=1, batch=batch, trace="0000001", amount=D("0.10"))
    assert {one.batch_id, two.batch_id} == {batch.pk}


def test_a_run_that_dies_while_it_builds_leaves_nothing_sent(world, monkeypatch):
    attempt = micro(world)

    def dies(*args, **options):
        raise KeyboardInterrupt

    real = verification_entries.build
    monkeypatch.setattr(verification_entries, "build", dies)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        run(world)
    attempt.refresh_from_db()
    assert (attempt.sent_at, entries_of(attempt), world.lines()) == (None, [], {})
    monkeypatch.setattr(verification_entries, "build", real)
    assert len(run(world).built) == 1


def test_a_deposit_that_comes_back_fails_the_verification_and_the_money_is_ours_again(world):
    attempt = micro(world)
    (batch,) = run(world).built
    one, two = entries_of(attempt)
    assert came_back(world, batch, (one, "R03")) == [InboundState.HANDLED]
    attempt.refresh_from_db()
    assert (attempt.status, attempt.reason) == (A.FAILED, "The deposit came back with R03")
    assert attempt.external_account.verification == VerificationState.FAILED
    assert world.lines() == {"1120": -two.amount, "5010": two.amount}
    run(world, at=settle_day(batch))
    assert world.lines() == {"1010": -two.amount, "5010": two.amount}
    assert verification_runs.come_back(entry_id=two.pk, code="R03", actor=STAFF, at=world.at).returned_at is not None
    assert world.lines() == {}
    verification_runs.come_back(entry_id=two.pk, code="R03", actor=STAFF, at=world.at)
    assert world.lines() == {}
    books_are_sound()


def test_a_prenote_is_accepted_on_the_third_banking_day_unless_it_comes_back(world):
    good, bad = prenote(world), prenote(world)
    (batch,) = run(world).built
    assert world.lines() == {}
    assert came_back(world, batch, (entries_of(bad)[0], "R04")) == [InboundState.HANDLED]
    bad.refresh_from_db()
    assert (bad.status, bad.reason) == (A.FAILED, "The prenote came back with R04")
    good.refresh_from_db()
    before = settle_day(batch)
    assert prenotes.accept_due(actor=STAFF, at=before) == 0
    due = before.replace(year=good.due_on.year, month=good.due_on.month, day=good.due_on.day)
    assert prenotes.accept_due(actor=STAFF, at=due - timedelta(days=1)) == 0
    assert prenotes.accept_due(actor=STAFF, at=due) == 1
    good.refresh_from_db()
    assert good.status == A.VERIFIED
    books_are_sound()


def test_a_deposit_that_comes_back_after_all_is_counted_against_the_verified_account(world):
    attempt = micro(world)
    (batch,) = run(world).built
    run(world, at=settle_day(batch))
    amounts = micro_deposits.amounts_of(verification_id=attempt.pk)
    micro_deposits.confirm(external_account_id=attempt.external_account_id, amounts=amounts, actor=KEY, at=settle_day(batch))
    assert came_back(world, batch, (entries_of(attempt)[0], "R02")) == [InboundState.HANDLED]
    attempt.refresh_from_db()
    account = attempt.external_account
    account.refresh_from_db()
    assert (attempt.status, account.status, account.last_return_code) == (A.VERIFIED, ExternalAccountStatus.BLOCKED, "R02")
    books_are_sound()


def test_an_entry_is_found_by_its_trace_among_namesakes_by_one_query(world, django_assert_num_queries):
    for _ in range(4):  # a file each
        attempt = prenote(world)
        run(world)
    VerificationEntry.objects.update(trace="0000042")
    entry = entries_of(attempt)[0]
    trace = verification_entries.trace_of(files.me(entry.batch)["odfi"], entry)
    with django_assert_num_queries(1):
        assert verification_runs.find("99999999" + trace[8:]) is None
    with django_assert_num_queries(1):
        assert verification_runs.find(trace).trace == "0000042"


def test_a_file_that_the_bank_refuses_fails_what_it_carried(world):
    attempt, other = micro(world), prenote(world)
    (batch,) = run(world).built
    settlement.answer(batch_id=batch.pk, accepted=False, text="no such origin", actor=OTHER, at=world.at)
    attempt.refresh_from_db()
    other.refresh_from_db()
    assert (attempt.status, other.status) == (A.FAILED, A.FAILED)
    assert world.lines() == {}
    books_are_sound()


def test_what_no_file_can_carry_ends_and_does_not_hold_up_the_others(world):
    nameless, blocked, good = micro(world), micro(world), micro(world)
    external_accounts.apply_correction(
        external_account_id=nameless.external_account_id,
        correction=Correction(code="C04", owner_name="王小明"),
        actor=STAFF,
        at=world.at,
    )
    external_accounts.block(external_account_id=blocked.external_account_id, reason="lost", actor=KEY, at=world.at)
    (batch,) = run(world).built
    assert batch.count == 2
    for attempt in (nameless, blocked, good):
        attempt.refresh_from_db()
    assert [attempt.status for attempt in (nameless, blocked, good)] == [A.INCONCLUSIVE, A.INCONCLUSIVE, A.PENDING]


def test_the_sandbox_sends_nothing(db):
    sandbox = fresh_world()
    micro(sandbox)
    assert verification_runs.gather_due(at=sandbox.at, actor=STAFF, grace=timedelta(minutes=30), early=True) == []
    assert Batch.objects.count() == 0
