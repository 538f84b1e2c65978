"""What is due goes out: batches, files, release by two, delivery once, and a run that can be repeated."""

import json
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.choices import PartnerStatus, Role
from accounts.models import Partner, User
from flowlet.core import clock
from flowlet.core.errors import FourEyesRequired
from ledger.models import Account
from ledger.services import accounts
from payments import errors
from payments.choices import BatchStatus, PaymentStatus, Rail
from payments.models import Batch, Payment, SandboxOrder
from payments.providers import nacha
from payments.providers.delivery.folder import Folder
from payments.services import batch_rows, files, outcomes, settlement
from payments.tests.world import OTHER, STAFF, PaymentWorld, books_are_sound, fresh_world
from wallets.tests.conftest import new_partner

S = PaymentStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


def run(world, **options):
    return settlement.run(**{"at": world.at, "actor": STAFF, "early": True} | options)


def test_a_run_before_the_cutoff_sends_nothing(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    assert run(world, early=False).built == []
    assert run(world, early=False, at=payment.cutoff_at).built != []


def test_due_payments_go_into_one_file_that_says_what_they_say(world):
    wallet = world.wallet("100.00")
    made = [world.pay(wallet, amount, to=world.bank(wallet)) for amount in ("10.00", "20.00")]
    done = run(world)
    assert [(batch.count, batch.total) for batch in done.built] == [(2, Decimal(30))]
    batch = Batch.objects.get()
    assert batch.status == BatchStatus.DELIVERED
    reading = nacha.read(files.content_of(batch))
    assert not reading.problems
    assert sorted(entry.amount.amount for _, entry in reading.file.entries()) == [Decimal("10.00"), Decimal("20.00")]
    assert {payment.status for payment in Payment.objects.all()} == {S.SUBMITTED}
    assert SandboxOrder.objects.count() == len(made)
    assert files.rebuild(batch).content == files.content_of(batch)
    books_are_sound()


def test_a_run_says_of_the_files_it_built_what_became_of_them(world):
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet))
    done = run(world)
    assert [batch.status for batch in done.built] == [batch.status for batch in done.delivered] == [BatchStatus.DELIVERED]
    settlement.answer(batch_id=done.built[0].pk, accepted=True, actor=STAFF, at=world.at)
    assert [batch.status for batch in done.built] == [BatchStatus.ACKNOWLEDGED]


def test_a_second_run_sends_nothing_twice(world):
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet))
    run(world)
    again = run(world)
    assert (again.built, again.delivered) == ([], [])
    assert SandboxOrder.objects.get().times_told == 1


def test_rails_currencies_and_value_days_do_not_share_a_file(world):
    dollars, euros = world.wallet("100.00"), world.wallet("100.00", currency="EUR")
    world.pay(dollars, "10.00", to=world.bank(dollars))
    world.pay(dollars, "11.00", to=world.bank(dollars), same_day=True)
    world.pay(euros, "12.00", rail=Rail.SEPA_CT, to=world.bank(euros, iban=True))
    done = run(world)
    assert sorted((batch.rail, batch.total) for batch in done.built) == [
        ("ach", Decimal(10)),
        ("ach", Decimal(11)),
        ("sepa_ct", Decimal(12)),
    ]


def test_a_large_file_waits_for_another_person(world, settings):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal(5)}
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet))
    done = run(world)
    assert [batch.status for batch in done.waiting] == [BatchStatus.BUILT]
    batch = Batch.objects.get()
    with pytest.raises(FourEyesRequired):
        settlement.release(batch_id=batch.pk, actor=STAFF, at=world.at)
    with pytest.raises(IntegrityError, match="large_files_are_released_by_another"), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(released_by=str(STAFF))
    settlement.release(batch_id=batch.pk, actor=OTHER, at=world.at)
    assert settlement.deliver(batch_id=batch.pk, actor=OTHER, at=world.at).status == BatchStatus.DELIVERED


def test_a_run_that_dies_while_building_leaves_the_payments_where_they_were(world, monkeypatch):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))

    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files, "build", die)
        run(world)
    payment.refresh_from_db()
    assert (payment.status, payment.batch_id) == (S.HELD, None)
    assert world.funds(wallet) == (Decimal(100), Decimal(10))
    assert not Batch.objects.exists()
    assert len(run(world).built) == 1


def test_a_run_that_dies_after_delivery_delivers_the_same_file_again_without_harm(world, monkeypatch):
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet))
    told = batch_rows.tell

    def die(batch, fact, **options):
        if fact == "payments.batch.delivered":
            raise KeyboardInterrupt
        told(batch, fact, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(batch_rows, "tell", die)
        run(world)
    assert Batch.objects.get().status == BatchStatus.RELEASED
    run(world)
    assert Batch.objects.get().status == BatchStatus.DELIVERED
    assert SandboxOrder.objects.count() == 1


def test_a_rejected_file_gives_all_money_back(world):
    wallet = world.wallet("100.00")
    payments = [world.pay(wallet, "10.00", to=world.bank(wallet)) for _ in range(3)]
    run(world)
    settlement.answer(batch_id=Batch.objects.get().pk, accepted=False, text="bad header", actor=STAFF, at=world.at)
    assert {Payment.objects.get(pk=payment.pk).status for payment in payments} == {S.FAILED}
    assert world.funds(wallet) == (Decimal(100), Decimal(0))
    books_are_sound()


@pytest.fixture
def live(transactional_db, settings, tmp_path):
    """Live partners, whose files lie in a folder."""
    settings.PAYMENT_FILES_FOLDER = tmp_path
    return live_world


def live_world(name):
    partner = Partner.objects.get(name=new_partner(name).name, mode="LIVE")
    Partner.objects.filter(pk=partner.pk).update(status=PartnerStatus.ACTIVE)
    return PaymentWorld(partner=partner, at=clock.now())


def paid_out(world, rail=Rail.ACH):
    wallet = world.wallet()
    world.credit(wallet, "100.00", name=f"credit-{wallet.pk}")
    return world.pay(wallet, "10.00", rail=rail, to=world.bank(wallet))


def midnight(day, zone="America/New_York"):
    return datetime.combine(day, time(0), tzinfo=ZoneInfo(zone))


def test_a_file_settles_when_its_value_day_has_come_where_its_rail_is(live):
    world = live("Acme")
    payment = paid_out(world)
    run(world)
    payment.refresh_from_db()
    morning = midnight(payment.value_on)
    for at, settled in ((morning - timedelta(minutes=1), 0), (morning, 1), (morning, 0)):
        assert run(world, at=at, early=False).settled == settled


@pytest.mark.parametrize("rail", [Rail.ACH, Rail.WIRE])
def test_a_file_that_is_rejected_after_its_value_day_gives_all_money_back(live, rail):
    world = live("Acme")
    payment = paid_out(world, rail)
    first = run(world)  # a wire of today settles with it
    payment.refresh_from_db()
    assert first.settled + run(world, at=midnight(payment.value_on), early=False).settled == 1
    settlement.answer(batch_id=payment.batch_id, accepted=False, text="bad header", actor=STAFF, at=world.at)
    payment.refresh_from_db()
    payment.external_account.refresh_from_db()
    assert (payment.status, payment.reason_code) == (S.RETURNED, "file.rejected")
    assert world.funds(payment.wallet) == (Decimal(100), Decimal(0))
    assert payment.external_account.return_streak == 0  # the fault was the file's
    books_are_sound()


def test_books_that_take_nothing_hold_up_no_other_partner(live):
    worlds = [live("Acme"), live("Zenith")]
    made = [paid_out(world) for world in worlds]
    run(worlds[0])
    frozen, free = sorted((Payment.objects.get(pk=one.pk) for one in made), key=lambda one: one.batch_id)
    clearing = Account.objects.get(book__partner_id=frozen.partner_id, line__code="1120", currency="USD")
    accounts.freeze(account_id=clearing.pk, actor=STAFF, at=worlds[0].at, reason="a question")
    done = run(worlds[0], at=midnight(frozen.value_on), early=False)
    assert (done.settled, [refusal["batch"] for refusal in done.refusals]) == (1, [frozen.batch.public_id])
    assert [Payment.objects.get(pk=one.pk).status for one in (frozen, free)] == [S.SUBMITTED, S.SETTLED]


def test_many_settle_in_one_go_and_once(world):
    wallet = world.wallet("100.00")
    keys = [world.pay(wallet, "1.00", to=world.bank(wallet)).pk for _ in range(5)]
    run(world)
    assert outcomes.settle_many(payment_ids=keys, actor=STAFF, at=world.at) == 5
    assert outcomes.settle_many(payment_ids=keys, actor=STAFF, at=world.at) == 0
    assert world.lines() == {"1010": Decimal(95), "2010": Decimal(-95)}
    books_are_sound()


def test_a_folder_takes_a_name_once_with_one_content(tmp_path):
    folder = Folder(tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".a.ach.77.part").write_bytes(b"left by a writer that was killed")
    assert folder.put(name="a.ach", content=b"one") == "folder:a.ach"
    assert folder.put(name="a.ach", content=b"one") == "folder:a.ach"
    with pytest.raises(errors.FileDiffers):
        folder.put(name="a.ach", content=b"two")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.ach"]
    assert (tmp_path / "out" / "a.ach").read_bytes() == b"one"


def test_scheduled_payments_are_decided_by_the_run_of_their_day(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet), scheduled_on=(world.at + timedelta(days=2)).date())
    done = settlement.run(at=clock.now() + timedelta(days=2), actor=STAFF)
    assert done.decided == 1
    payment.refresh_from_db()
    assert payment.status == S.HELD


def test_what_missed_its_cutoff_goes_with_the_next(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    missed = payment.cutoff_at
    assert run(world, early=False, at=missed + timedelta(hours=2)).built == []
    payment.refresh_from_db()
    assert payment.cutoff_at > missed + timedelta(hours=2)
    assert len(run(world, early=False, at=payment.cutoff_at).built) == 1


def test_the_command_says_what_it_sent_and_what_was_held_up(world, capsys, monkeypatch):
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet))
    call_command("run_settlement", "--early", "--dry-run", "--json")
    assert [group["rail"] for group in json.loads(capsys.readouterr().out)["ready"]] == ["ach"]
    assert not Batch.objects.exists()

    def refuse(*args):
        raise errors.RailNotConfigured("not set up")

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(files, "build", refuse)
        call_command("run_settlement", "--early", "--json")
    assert [refusal["code"] for refusal in json.loads(capsys.readouterr().out)["refusals"]] == ["payments.rail_not_configured"]
    call_command("run_settlement", "--early", "--json", "--partner", world.partner.public_id, "--rail", "ach")
    told = json.loads(capsys.readouterr().out)
    assert [(line["count"], line["total"]) for line in told["delivered"]] == [(1, "10.00 USD")]
    call_command("run_settlement", "--early")
    assert "0 batches built" in capsys.readouterr().out


def test_what_a_person_builds_by_command_is_theirs_and_another_releases_it(world, settings):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal(1)}
    ada, ben = (
        User.objects.create_user(f"{name}@example.com", name=name, is_staff=True, roles=[Role.OPERATIONS])
        for name in ("ada", "ben")
    )
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet))
    with pytest.raises(CommandError, match="no active member of staff"):
        call_command("run_settlement", "--early", "--as", "nobody@example.com")
    assert not Batch.objects.exists()
    call_command("run_settlement", "--early", "--as", ada.email)
    batch = Batch.objects.get()
    assert (batch.status, batch.built_by) == (BatchStatus.BUILT, f"staff:{ada.public_id}")
    with pytest.raises(CommandError, match="four_eyes"):
        call_command("payment_files", "release", batch.public_id, "--as", ada.email)
    call_command("payment_files", "release", batch.public_id, "--as", ben.email)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.RELEASED
