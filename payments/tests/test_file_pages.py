"""The pages of files, of the day's flow and of business days, and what payments put on the first page."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.choices import Mode, Role
from accounts.models import Partner
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press
from flowlet.core import clock
from flowlet.core.money import Money
from ledger.models import Book
from payments.choices import BatchStatus, PaymentStatus
from payments.models import Batch, BusinessDay, Payment
from payments.selectors import flows
from payments.services import closings, days, file_comparison, files, outcomes, settlement
from payments.tests import standings
from payments.tests.standings import card_payment
from payments.tests.world import STAFF, fresh_world

REASON = "the bank asks for it again"
S = PaymentStatus


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def large(settings):
    """Every file needs two people."""
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal(1)}


def built(world, actor=STAFF):
    wallet = world.wallet("100.00")
    for _ in range(2):
        world.pay(wallet, "10.00", to=world.bank(wallet))
    settlement.run(at=world.at, actor=actor, early=True, partner_id=world.partner.pk)
    return Batch.objects.get()


def page_of(client, obj):
    answer = client.get(cells.admin_url(obj))
    assert answer.status_code == 200
    return answer.content.decode()


def buttons(client, obj):
    answer = client.get(cells.admin_url(obj))
    return {button["transition"].name: button["refusal"] for button in answer.context["buttons"]}


# Files


def test_a_file_shows_its_digest_and_who_did_what_and_no_account_number(sit, world):
    batch = built(world)
    page = page_of(sit(Role.AUDITOR), batch)
    for shown in (batch.digest, batch.file_name, "20.00", "Delivered", *[one.public_id for one in batch.payments.all()]):
        assert shown in page, shown
    assert "Hopper" not in page
    assert buttons(sit(Role.AUDITOR), batch) == {}


def test_a_large_file_is_released_by_another_delivered_and_answered(sit, world, large):
    builder, other = sit(Role.OPERATIONS, "one@flowlet.test"), sit(Role.OPERATIONS, "two@flowlet.test")
    batch = built(world, builder.actor)
    assert batch.status == BatchStatus.BUILT
    assert buttons(builder, batch)["release"].startswith("A file above the threshold")
    assert press(builder, batch, "release").status_code == 403
    press(other, batch, "release")
    press(builder, batch, "deliver")
    press(builder, batch, "acknowledge", text="ACK 1")
    batch.refresh_from_db()
    assert (batch.status, batch.released_by, batch.answer) == (BatchStatus.ACKNOWLEDGED, str(other.actor), "ACK 1")


def test_a_refused_file_gives_the_money_back(sit, world):
    batch = built(world)
    press(sit(Role.OPERATIONS), batch, "reject", reason="wrong cut-off")
    batch.refresh_from_db()
    assert (batch.status, batch.answer) == (BatchStatus.REJECTED, "wrong cut-off")
    assert {one.status for one in batch.payments.all()} == {S.FAILED}


def test_a_file_that_is_built_again_is_byte_identical_and_a_changed_one_is_named_by_its_lines(sit, world, settings):
    batch = built(world)
    client = sit(Role.OPERATIONS)
    press(client, batch, "compare")
    assert f"Byte-identical: {batch.digest}." in page_of(client, batch)
    settings.SANDBOX_IDENTITY = settings.SANDBOX_IDENTITY | {"ach": settings.SANDBOX_IDENTITY["ach"] | {"company_name": "OTHER"}}
    found = file_comparison.compare(batch_id=batch.pk, actor=STAFF, at=world.at)
    assert (found.is_identical, found.lines) == (False, (2,))
    press(client, batch, "compare")
    assert "it differs in line 2:" in page_of(client, batch)
    assert Record.objects.filter(action="payments.batch.file_compared").count() == 3


def test_a_download_wants_the_right_and_a_reason_and_is_audited(sit, world):
    batch = built(world)
    assert press(sit(Role.AUDITOR), batch, "download", reason=REASON).status_code == 403
    client = sit(Role.FINANCE)
    assert press(client, batch, "download").status_code == 400
    assert not Record.objects.filter(action="payments.batch.file_downloaded").exists()
    answer = press(client, batch, "download", reason=REASON)
    assert answer.content == files.content_of(batch)
    assert batch.file_name in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    record = Record.objects.get(action="payments.batch.file_downloaded")
    assert (record.reason, record.target, record.actor_id) == (REASON, batch.public_id, client.actor.id)


def test_the_settlement_is_run_from_the_list(sit, world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    Payment.objects.filter(pk=payment.pk).update(cutoff_at=world.at - timedelta(minutes=1))
    url = f"{cells.admin_url(Batch, 'changelist')}do/run/"
    assert sit(Role.AUDITOR).post(url, {"version": ""}).status_code == 403
    answer = sit(Role.OPERATIONS).post(url, {"version": ""}, follow=True)
    assert "Files built: 1, waiting for a second person: 0, delivered: 1, payments settled: 0." in answer.content.decode()
    assert Batch.objects.get().status == BatchStatus.DELIVERED


# The flow of the day


def test_the_flow_counts_what_ended_on_the_day_once(sit, world):
    today = clock.now().date()
    done, failed, back = standings.settled(world), standings.make(world, S.FAILED), standings.make(world, S.RETURNED)
    outcomes.redeem(payment_id=back.pk, reason="dishonored", actor=STAFF, at=world.at)
    world.credit(world.wallet(), "7.00", name="c-1")
    card_payment(world)
    part = Money(Decimal(20), "USD")
    outcomes.dispute(payment_id=card_payment(world).pk, reason_code="fraudulent", amount=part, actor=STAFF, at=world.at)
    found = {
        flow.rail: {name: (part.count, part.amount) for name, part in flow.parts.items()}
        for flow in flows.of_day(today, modes=[Mode.SANDBOX])
    }
    assert (done.amount, back.amount, failed.amount) == (Decimal(10), Decimal(10), Decimal(25))
    nothing = (0, Decimal(0))
    assert found == {
        "ach": {
            "in": (1, Decimal(7)),
            "out": (2, Decimal(20)),
            "failed": nothing,
            "returned": (1, Decimal(10)),
            "disputed": nothing,
        },
        "card": {
            "in": (2, Decimal(50)),
            "out": nothing,
            "failed": (1, Decimal(25)),
            "returned": nothing,
            "disputed": (1, Decimal(20)),
        },
    }
    assert flows.of_day(today, modes=[Mode.LIVE]) == []
    assert flows.of_day(today - timedelta(days=1), modes=[Mode.SANDBOX]) == []
    page = sit(Role.FINANCE).get(cells.admin_url(Payment, "flow"), {"mode": "SANDBOX", "day": str(today)}).content.decode()
    assert "ACH · USD" in page and "20.00" in page and "width: 100.0%" in page


def test_the_flow_shows_the_shares_of_debits_that_came_back_against_their_levels(sit, world):
    made = standings.collection(world)
    settlement.run(at=world.at, actor=STAFF, early=True, partner_id=world.partner.pk)
    outcomes.settle(payment_id=made.pk, actor=STAFF, at=world.at)
    outcomes.return_(payment_id=made.pk, reason_code="R10", actor=STAFF, at=world.at)
    client, url = sit(Role.FINANCE), cells.admin_url(Payment, "flow")
    rates = client.get(url).context["rates"]
    assert [(rate["label"], rate["value"], rate["tone"]) for rate in rates][0] == ("Unauthorized returns", "0.00%", "good")
    Partner.objects.filter(pk=world.partner.pk).update(mode="LIVE", name="Another")
    rate = client.get(url).context["rates"][0]
    assert (rate["value"], rate["text"], rate["tone"]) == ("100.00%", "1 of 1 debits; questions above 0.5%", "bad")
    assert client.get(url, {"mode": "SANDBOX"}).context["rates"] == ()


@pytest.mark.parametrize(("role", "expected"), [(Role.AUDITOR, 200), (Role.ADMINISTRATOR, 403), (Role.PARTNER_DEVELOPER, 403)])
def test_the_flow_opens_for_those_who_see_payments(sit, role, expected):
    assert sit(role).get(cells.admin_url(Payment, "flow")).status_code == expected


@pytest.mark.parametrize("day", ["tomorrow", "1066-10-14", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_is_not_found(sit, day):
    assert sit(Role.AUDITOR).get(cells.admin_url(Payment, "flow"), {"day": day}).status_code == 404


# Business days


def test_a_day_that_lacks_something_says_what_and_is_closed_when_it_is_there(sit, world, large):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    cutoff = world.at - timedelta(days=1)
    Payment.objects.filter(pk=payment.pk).update(cutoff_at=cutoff)
    settlement.run(at=cutoff, actor=STAFF, partner_id=world.partner.pk)  # its file was built then, and nobody has released it
    book = Book.objects.get(partner=world.partner)
    yesterday = clock.now().date() - timedelta(days=1)
    client = sit(Role.FINANCE)
    url = f"{cells.admin_url(BusinessDay, 'changelist')}do/close/"
    answer = client.post(url, {"version": "", "book": book.pk, "day": str(yesterday)})
    row = BusinessDay.objects.get()
    assert answer["Location"] == cells.admin_url(row)
    assert "Waits for the worker" in page_of(client, row)
    assert "data-fl-again" in page_of(client, row)
    assert buttons(client, row) == {"close_again": "The day is being closed"}
    assert press(client, row, "close_again").status_code == 409
    closings.run(day_id=row.pk, claim="task", at=clock.now())
    page = page_of(client, row)
    assert "data-fl-again" not in page
    row.refresh_from_db()
    assert (row.status, row.closing) == ("OPEN", "MISSING")
    assert "Something is missing" in page
    assert page.count("Files that wait for a second person to release them: 1.") == 2
    assert set(buttons(client, row)) == {"close_again"}
    press(sit(Role.OPERATIONS), Batch.objects.get(), "release")
    press(client, row, "close_again")
    closings.run(day_id=row.pk, claim="task", at=clock.now())
    row.refresh_from_db()
    assert (row.status, row.runs, row.closed_by) == ("CLOSED", 2, str(client.actor))
    assert [step["step"] for step in row.steps] == [name for name, _ in days.STEPS]


def test_a_day_that_is_not_over_is_refused(sit, world):
    book = Book.objects.get(partner=world.partner)
    url = f"{cells.admin_url(BusinessDay, 'changelist')}do/close/"
    data = {"version": "", "book": book.pk, "day": str(clock.now().date())}
    assert sit(Role.FINANCE).post(url, data).status_code == 400
    assert sit(Role.AUDITOR).post(url, data).status_code == 403
    assert not BusinessDay.objects.exists()


def test_a_closed_day_is_reopened_by_two_people(sit, world):
    book = Book.objects.get(partner=world.partner)
    yesterday = clock.now().date() - timedelta(days=1)
    row = days.close(book_id=book.pk, day=yesterday, actor=STAFF, at=world.at)
    assert row.status == "CLOSED"
    assert set(buttons(sit(Role.OPERATIONS), row)) == {"request_reopening"}
    press(sit(Role.OPERATIONS), row, "request_reopening", reason="a statement came late")
    assert (Approval.objects.get().subject, BusinessDay.objects.get().status) == (row.public_id, "CLOSED")


# The first page


def shown(client):
    answer = client.get("/admin/")
    assert "Not available at the moment" not in answer.content.decode()
    return {found.panel.name: found.data for area in answer.context["areas"].values() for found in area}


def test_the_first_page_counts_live_queues_with_their_age_and_no_sandbox(sit, world, large):
    made = [standings.make(world, state) for state in (S.REVIEW, S.UNKNOWN, S.DISPUTED)]
    built(world)
    client = sit(Role.OPERATIONS)
    assert not {"payments.unknown", "payments.disputes", "payments.files"} & set(shown(client))
    Partner.objects.filter(pk=world.partner.pk).update(mode="LIVE", name="Another")
    seen = shown(client)
    assert [seen[f"payments.{name}"].count for name in ("unknown", "disputes", "files")] == [1, 1, 1]
    assert seen["payments.unknown"].oldest_at == made[1].updated_at
    assert "payments.review" not in seen  # operations decide nothing
    assert shown(sit(Role.COMPLIANCE_OFFICER))["payments.review"].count == 1
    assert [one.status_code for one in [client.get(seen["payments.unknown"].url)]] == [200]


def test_a_file_waits_for_others_than_who_built_it(sit, world, large):
    builder, other = sit(Role.OPERATIONS, "one@flowlet.test"), sit(Role.OPERATIONS, "two@flowlet.test")
    built(world, builder.actor)
    Partner.objects.filter(pk=world.partner.pk).update(mode="LIVE", name="Another")
    assert "payments.files" not in shown(builder)
    assert shown(other)["payments.files"].count == 1
