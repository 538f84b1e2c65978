"""No payment is made twice, and none is forgotten: real workers lose their lives at every step, the provider its answers, and in the end
its ledger and ours agree to the cent.

FLOWLET_FAULT_PAYMENTS says how many payments (300). With 10,000 it takes a quarter of an hour, and shows how far it has come.
"""

import os
import sys
import time
from collections import Counter
from contextlib import suppress
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max, Sum

from accounts.choices import PartnerStatus
from accounts.models import Partner
from flowlet.core import clock
from flowlet.decisions.models import Verdict
from ledger.services import verification
from payments.choices import BatchStatus, PaymentKind, PaymentStatus, Rail
from payments.errors import NotInReview
from payments.models import Batch, Move, Payment
from payments.providers import nacha
from payments.services import files, gateways, payments
from payments.services.files import ach
from payments.tests import carrying
from payments.tests.standins.carrier import CarrierStandIn
from payments.tests.standins.server import running
from payments.tests.world import OTHER, STAFF, fresh_world
from wallets.models import Hold

S = PaymentStatus
MANY = int(os.environ.get("FLOWLET_FAULT_PAYMENTS", "300"))
pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800 + 2 * MANY)]
EVERY = 10 + MANY // 200  # steps of payments from one death to the next
OPEN = [S.CREATED, S.REVIEW, S.APPROVED, S.HELD, S.SUBMITTED, S.UNKNOWN]


@pytest.fixture(scope="module")
def crew(django_db_setup, tmp_path_factory):
    found = carrying.Crew(tmp_path_factory.mktemp("crew"))
    yield found
    found.stop()


@pytest.fixture
def world(transactional_db, crew, monkeypatch):
    made = fresh_world()
    made.partner = Partner.objects.get(name=made.partner.name, mode="LIVE")
    Partner.objects.filter(pk=made.partner.pk).update(status=PartnerStatus.ACTIVE)
    made.partner.refresh_from_db()
    monkeypatch.setitem(gateways._live, Rail.CARD, lambda: carrying.HttpGateway("http://127.0.0.1:1"))
    yield made
    crew.clear()


def charges(world, count):
    """Card payments of a few wallets, ready to be sent."""
    wallets = [world.wallet() for _ in range(min(count, 8))]
    cards = [world.card(wallet) for wallet in wallets]
    for start in range(0, count, 50):
        with transaction.atomic():
            for number in range(start, min(start + 50, count)):
                amount = f"{1 + number % 90}.{number % 100:02d}"
                which = number % len(wallets)
                world.pay(wallets[which], amount, kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=cards[which])


def time_passes():
    """Whoever waits to be asked for is due."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE payments_payment SET ask_at = now() WHERE id IN
               (SELECT id FROM payments_payment WHERE ask_at > now() FOR NO KEY UPDATE SKIP LOCKED)"""
        )


def until(condition, crew, *, seconds, meanwhile=lambda: None):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            stuck = Counter(Payment.objects.values_list("kind", "status"))
            pytest.fail(f"{stuck} {crew.complaints()} {(crew.folder / 'log').read_text()[-3000:]}")
        meanwhile()
        time.sleep(0.1)


class Progress:
    """A line every ten seconds: how many payments there are in which state, and who died."""

    def __init__(self, capfd, name):
        self.capfd, self.name, self.began, self.next = capfd, name, time.monotonic(), 0.0

    def show(self, victims, *, last=False):
        now = time.monotonic()
        if MANY <= 300 or (now < self.next and not last):
            return
        self.next = now + 10
        states = (
            Payment.objects.exclude(kind=PaymentKind.DEPOSIT, rail=Rail.ACH).values_list("kind", "status").annotate(Count("pk"))
        )
        found = ", ".join(f"{kind} {status} {count}" for kind, status, count in states.order_by("kind", "status"))
        with self.capfd.disabled():
            deaths = f"{victims.crew.kills} killed, {sum(victims.died.values())} died at a point"
            print(f"{self.name}, {now - self.began:.0f} s: {found or 'nothing yet'}; {deaths}", file=sys.stderr, flush=True)  # noqa: T201


def sources(world, count, *, rail, funds=""):
    """Wallets with an account outside, for payments of the rail."""
    found = []
    for number in range(count):
        wallet = world.wallet()
        account = world.card(wallet) if rail == Rail.CARD else world.bank(wallet)
        if funds:
            world.credit(wallet, funds, name=f"funds-{time.time_ns()}-{number}")
        found.append([str(wallet.pk), str(account.pk)])
    return found


def steps_taken():
    return Move.objects.aggregate(last=Max("pk"))["last"] or 0


def is_done():
    return not Payment.objects.filter(status__in=OPEN).exists()


def look_first():
    """Two people release what nobody had the time to decide on a starved machine; for nothing else does a payment of the trial wait."""
    for payment in Payment.objects.filter(status=S.REVIEW):
        assert {reason["code"] for reason in Verdict.objects.get(subject=payment.public_id).reasons} == {"decision.out_of_time"}
        with suppress(NotInReview), transaction.atomic():  # it was canceled meanwhile
            payments.release(payment_id=payment.pk, reason="Looked at", actor=STAFF, at=clock.now())
            payments.approve(payment_id=payment.pk, actor=OTHER, at=clock.now())


def agree(world, carrier, crew):
    """The provider's ledger and ours."""
    assert crew.complaints() == ""
    assert carrier.breaches == []
    ours = {payment.public_id: payment for payment in Payment.objects.filter(rail=Rail.CARD)}
    assert max(Counter(reference for reference, _, _ in carrier.paid).values()) == 1  # each at most once
    theirs = {(reference, direction, Decimal(amount)) for reference, direction, amount in carrier.paid}
    settled = {(key, one.direction, one.amount) for key, one in ours.items() if one.status in {S.SETTLED, S.REFUNDED}}
    assert settled == theirs
    for key, payment in ours.items():
        order = carrier.orders.get(key)
        if payment.status == S.FAILED:
            assert order is None or order["state"] == "REFUSED", (key, order)
        elif payment.status == S.CANCELED:
            assert order is None, (key, order)
        else:
            assert payment.status in {S.SETTLED, S.REFUNDED} and order["state"] == "PAID", (key, payment.status, order)
            assert payment.provider_reference == order["id"]
    net = sum((amount if direction == "IN" else -amount for _, direction, amount in theirs), Decimal(0))
    lines = world.lines()
    assert lines == {name: value for name, value in {"1110": net, "2010": -net}.items() if value}
    assert not Hold.objects.filter(status="OPEN").exists()
    assert verification.verify().findings == []


def test_a_worker_that_is_killed_at_any_point_of_a_payment_leaves_it_paid_once(world, crew):
    with running(CarrierStandIn) as carrier:
        for name, point in carrying.POINTS.items():
            charges(world, 4)
            carrier.fate = {"answer booked": "PAID", "failure booked": "REFUSED"}.get(name.partition(" and ")[0], "")
            if name.startswith(("about to ask", "asked")):
                # Somebody died before the call, so that there is something to ask for.
                assert crew.wait(crew.start("send", die=carrying.POINTS["committed and not called"], url=carrier.url)), name
                time_passes()
                victim = crew.start("ask", die=point, url=carrier.url)
            else:
                victim = crew.start("send", die=point, url=carrier.url)
            assert crew.wait(victim), f"nobody came to the point {name!r}: {crew.complaints()}"
            others = [crew.start(work, url=carrier.url) for work in ("send", "ask")]
            until(is_done, crew, seconds=240, meanwhile=time_passes)
            for pid in others:
                crew.kill(pid)
        charged = Payment.objects.count()
        assert charged == 4 * len(carrying.POINTS)
        agree(world, carrier, crew)


def test_workers_killed_at_random_and_a_provider_that_cannot_be_relied_on_pay_each_once(world, crew, capfd):
    charges = {"kind": "CARD_PAYMENT", "rail": "card", "count": MANY // 2, "sources": sources(world, 20, rail=Rail.CARD)}
    began, progress = time.monotonic(), Progress(capfd, "card")
    with running(lambda: CarrierStandIn(seed=MANY, trouble=0.25)) as carrier:
        works = ["create", "create", "send", "send", "ask", "listen", "change"]
        team = [{"work": work, "url": carrier.url, **(charges if work == "create" else {})} for work in works]
        points = [("ask" if "ask" in name else "send", name) for name in carrying.POINTS]
        points += [("create", "decided and not committed"), ("change", "held and not committed")]
        victims = carrying.Victims(crew, team, points, seed=MANY, every=EVERY)
        next_question = time.monotonic() + 1

        def trouble():
            nonlocal next_question
            if time.monotonic() > next_question:
                time_passes()
                next_question = time.monotonic() + min(1 + MANY / 2000, 3)
            victims.haunt(steps_taken())
            look_first()
            progress.show(victims)

        def nothing_left():
            if Payment.objects.filter(kind=PaymentKind.CARD_PAYMENT).count() < MANY // 2 or not is_done():
                return False
            unrefunded = Payment.objects.filter(kind=PaymentKind.CARD_PAYMENT, status=S.SETTLED, refunds=None)
            return not unrefunded.exists() and is_done()

        until(nothing_left, crew, seconds=900 + MANY, meanwhile=trouble)
        progress.show(victims, last=True)
        kills = crew.kills
        crew.clear()
        until(is_done, crew, seconds=60, meanwhile=look_first)
        assert kills >= 5
        assert set(victims.died) == {name for _, name in points} or MANY < 1000
        assert set(carrier.met) == {"LOST", "SILENT", "BROKEN", "SLOW", "LATE"}
        assert max(carrier.told.values()) > 1
        agree(world, carrier, crew)
        states = dict(Counter(Payment.objects.values_list("kind", "status")))
        print(  # noqa: T201
            f"\n{Payment.objects.count()} payments {states}; {len(carrier.paid)} paid by the provider, {kills} workers killed, "
            f"{sum(victims.died.values())} dead at a point, troubles {carrier.met}, told more than once: "
            f"{sum(times > 1 for times in carrier.told.values())}; in {time.monotonic() - began:.0f} s"
        )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


def transfers(world, count):
    """ACH payments of a few wallets, held."""
    wallets = [world.wallet() for _ in range(4)]
    banks = [world.bank(wallet) for wallet in wallets]
    for number, wallet in enumerate(wallets):
        world.credit(wallet, "900000.00", name=f"funds-{time.time_ns()}-{number}")
    for start in range(0, count, 50):
        with transaction.atomic():
            for number in range(start, min(start + 50, count)):
                which = number % len(wallets)
                world.pay(wallets[which], f"{1 + number % 90}.{number % 100:02d}", to=banks[which])


def carried(folder):
    """(trace, amount) of every entry of every file that was delivered, and the digests."""
    import hashlib

    entries, digests = [], set()
    for path in sorted((folder / "ach").glob("[!.]*")):
        content = path.read_bytes()
        digests.add(hashlib.sha256(content).hexdigest())
        reading = nacha.read(content)
        assert not reading.problems, path.name
        entries += [(entry.trace, entry.amount.amount) for _, entry in reading.file.entries()]
    return entries, digests


def files_agree(world, crew, folder):
    """Each payment stands in exactly one file, and every file is what its batch says."""
    assert crew.complaints() == ""
    entries, digests = carried(folder)
    sent = list(Payment.objects.filter(rail=Rail.ACH, direction="OUT").exclude(batch=None))
    odfi = settings.RAIL_IDENTITY["ach"]["odfi"]
    assert sorted(entries) == sorted((ach.trace_of(odfi, payment), payment.amount) for payment in sent)
    assert len({trace for trace, _ in entries}) == len(entries) == Payment.objects.filter(direction="OUT").count()
    batches = list(Batch.objects.all())
    assert {batch.status for batch in batches} == {BatchStatus.DELIVERED}
    assert {batch.digest for batch in batches} == digests
    assert len(batches) == len(digests)
    for batch in batches[:10]:
        assert files.rebuild(batch).content == files.content_of(batch)
    assert not Hold.objects.filter(status="OPEN").exists()
    assert verification.verify().findings == []
    return sum(amount for _, amount in entries)


def all_delivered():
    # In this order: what is gathered while the batches are looked at is seen by nobody.
    if Payment.objects.filter(direction="OUT").exclude(status__in=[S.SUBMITTED, S.SETTLED]).exists():
        return False
    return not Batch.objects.exclude(status=BatchStatus.DELIVERED).exists()


def all_settled():
    return not Payment.objects.filter(direction="OUT").exclude(status=S.SETTLED).exists()


def test_a_run_that_is_killed_at_any_point_puts_each_payment_into_one_file(world, crew, folder):
    options = {"files": str(folder), "largest_batch": 3}
    for name, point in carrying.FILE_POINTS.items():
        transfers(world, 5)
        days = 9 if name.endswith(("settled", "settled and not committed")) else 0
        victim = crew.start("settle", die=point, days_later=days, **options)
        assert crew.wait(victim), f"nobody came to the point {name!r}: {crew.complaints()}"
        survivor = crew.start("settle", **options)
        until(all_delivered, crew, seconds=240)
        crew.kill(survivor)
    total = files_agree(world, crew, folder)
    done = Payment.objects.filter(status=S.SETTLED, direction="OUT").aggregate(total=Sum("amount"))["total"]
    assert world.lines()["1120"] == done - total
    crew.start("settle", days_later=20, **options)  # what runs nine days ahead took with them has a later value day
    until(all_settled, crew, seconds=240)
    assert "1120" not in world.lines()
    assert files_agree(world, crew, folder) == total


def test_runs_killed_at_random_with_several_at_once_put_each_payment_into_one_file(world, crew, folder, capfd):
    funded = sources(world, 20, rail=Rail.ACH, funds="90000.00")
    transfers = {"kind": "TRANSFER", "rail": "ach", "count": MANY // 2, "sources": funded}
    options = {"files": str(folder), "largest_batch": min(max(5, MANY // 20), 100)}
    whole, progress = world.lines()["2010"], Progress(capfd, "files")

    def go(works, points, *, days, end):
        team = [{"work": work, **(transfers if work == "create" else {"days_later": days, **options})} for work in works]
        victims = carrying.Victims(crew, team, points, seed=MANY, every=EVERY)

        def trouble():
            victims.haunt(steps_taken())
            progress.show(victims)

        until(end, crew, seconds=300 + MANY, meanwhile=trouble)
        progress.show(victims, last=True)
        assert crew.kills >= (3 if MANY >= 1000 else 1)  # few payments are soon settled
        crew.clear()
        return set(victims.died)

    def all_made_and_delivered():
        return Payment.objects.filter(direction="OUT").count() == MANY // 2 and all_delivered()

    sending = [("settle", name) for name in carrying.FILE_POINTS if "settled" not in name]
    making = [("create", name) for name in carrying.MAKING_POINTS]
    died = go(["create", "create", "settle", "settle", "settle"], [*making, *sending], days=0, end=all_made_and_delivered)
    assert died == {name for _, name in [*making, *sending]} or MANY < 1000
    total = files_agree(world, crew, folder)
    assert world.lines() == {"1010": -whole, "1120": -total, "2010": whole + total}

    settling = [("settle", name) for name in carrying.FILE_POINTS if "settled" in name]
    go(["settle"] * 3, settling, days=9, end=all_settled)
    assert files_agree(world, crew, folder) == total
    assert world.lines() == {"1010": -whole - total, "2010": whole + total}
