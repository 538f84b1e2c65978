"""The pages of recurring payments: rule, times and days to come in words; paused, resumed and ended with a reason."""

from datetime import timedelta

import pytest

from accounts.choices import Role
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press
from payments.choices import RecurringStatus
from payments.models import Recurring
from payments.tests.test_recurring import run, standing_order
from payments.tests.world import fresh_world

R = RecurringStatus
REASON = "the customer asked for it"


@pytest.fixture
def world(db):
    return fresh_world()


def page_of(client, row):
    answer = client.get(cells.admin_url(row))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_page_shows_each_time_with_its_payment_or_its_refusal_and_the_days_to_come(sit, world):
    row = standing_order(world, world.wallet("15.00"))
    run(world, days=1)
    client = sit(Role.OPERATIONS)
    shown = page_of(client, row)
    paid, refused = row.occurrences.order_by("on")
    assert paid.payment.public_id in shown and refused.refusal_code in shown
    assert "Every day, from" in shown
    for days in (2, 3, 7):
        assert str(world.at.date() + timedelta(days=days)) in shown
    with at_most(site._registry[Recurring].page_budget):
        page_of(client, row)


def test_it_is_paused_resumed_and_ended_with_a_reason(sit, world):
    row, client = standing_order(world, world.wallet("100.00")), sit(Role.OPERATIONS)
    buttons = lambda: {b["transition"].name for b in client.get(cells.admin_url(row)).context["buttons"]}  # noqa: E731
    assert buttons() == {"pause", "end"}
    assert press(client, row, "pause").status_code == 400
    for button, state, word, offers in (
        ("pause", R.PAUSED, "paused", {"resume", "end"}),
        ("resume", R.ACTIVE, "resumed", {"pause", "end"}),
        ("end", R.ENDED, "ended", set()),
    ):
        press(client, row, button, reason=REASON)
        row.refresh_from_db()
        record = Record.objects.get(action=f"payments.recurring.{word}")
        assert (row.status, record.reason, record.actor_id) == (state, REASON, client.actor.id)
        assert buttons() == offers


def test_who_may_not_sees_no_button(sit, world):
    row = standing_order(world, world.wallet("100.00"))
    assert press(sit(Role.FINANCE), row, "pause", reason=REASON).status_code == 403
    row.refresh_from_db()
    assert row.status == R.ACTIVE


def test_the_list_finds_by_the_wallet_and_says_how_often(sit, world):
    row = standing_order(world, world.wallet("100.00"))
    client = sit(Role.AUDITOR)
    url = cells.admin_url(Recurring, "changelist")
    for term, found in ((row.wallet.public_id, [row]), (row.public_id, [row]), ("wal_nonsense", []), ("nothing", [])):
        assert list(client.get(url, {"q": term}).context["cl"].result_list) == found, term
    assert "every day" in client.get(url).content.decode()
